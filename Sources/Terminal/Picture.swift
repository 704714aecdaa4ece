import CLibedit
import Glibc

/// What the editor wants to appear in the window, from the start of the prompt, wrapped the way a terminal wraps it.
struct Picture {
    struct Cell: Equatable {
        let character: wchar_t
        /// The escape sequence that it is shown in; empty for none.
        let look: String
        /// Columns: 0 for a combining mark and for a line end.
        let width: Int

        static let lineEnd = Cell(character: 0x0a, look: "", width: 0)

        var isLineEnd: Bool { character == 0x0a }
        /// It is shown in the cell before it.
        var isMark: Bool { width == 0 && !isLineEnd }
    }

    let columns: Int
    private(set) var cells: [Cell] = []
    /// The position after the last cell.
    private(set) var end: ScreenPosition
    /// The first cell of each row.
    private var rowStarts = [0]
    /// The number of cells before the cursor, and its row.
    private(set) var cursor = 0
    private var cursorRow = 0

    init(columns: Int) {
        self.columns = columns
        end = ScreenPosition(columns: columns)
    }

    var rowCount: Int { rowStarts.count }

    /// The columns left in the row, except the last: a terminal may start a new row after it.
    var room: Int { columns - end.column - 1 }

    /// Puts the cursor where the next character goes.
    mutating func placeCursor() {
        cursor = cells.count
        cursorRow = end.row
    }

    /// Control characters are shown as `^X`, others that cannot be printed as `\U+12AB`.
    mutating func put(_ character: wchar_t, _ look: String = "") {
        switch character {
        case 0x20...0x7e: add(Cell(character: character, look: look, width: 1))
        case 0x0a: endRow()
        case 0x09:
            repeat { add(Cell(character: 0x20, look: look, width: 1)) } while !end.column.isMultiple(of: 8)
        case 0x00...0x1f, 0x7f:
            put("^", look)
            add(Cell(character: character ^ 0x40, look: look, width: 1))
        default:
            let width = Int(cle_width(character))
            if width < 0 {
                let number = String(character, radix: 16, uppercase: true)
                put("\\U+\(String(repeating: "0", count: max(0, 4 - number.count)))\(number)", look)
            } else {
                add(Cell(character: character, look: look, width: width))
            }
        }
    }

    mutating func put(_ text: some StringProtocol, _ look: String = "") {
        for scalar in text.unicodeScalars { put(wchar_t(scalar.value), look) }
    }

    /// Moves to the next row. After a full row, that has already begun.
    mutating func endRow() {
        guard end.column > 0 || cells.last?.isLineEnd ?? true else { return }
        add(.lineEnd)
    }

    private mutating func add(_ cell: Cell) {
        // A wide character that would stick out moves to the next row.
        if cell.width > 1, end.column + cell.width > columns {
            while end.column > 0 { add(Cell(character: 0x20, look: "", width: 1)) }
        }
        cells.append(cell)
        let row = end.row
        end.advance(over: cell)
        if end.row > row { rowStarts.append(cells.count) }
    }

    /// The part around the cursor that fits a window.
    func cut(toRows rows: Int) -> Picture {
        guard rowCount > rows, rows > 0 else { return self }
        let top = max(0, min(cursorRow - rows / 2, rowCount - rows))
        let bottom = top + rows
        var part = Picture(columns: columns)
        let start = rowStarts[top]
        // After the last column of the last row the window would scroll.
        let stop = bottom < rowCount ? rowStarts[bottom] - 1 : cells.count
        for place in start...stop {
            if place == cursor { part.placeCursor() }
            if place < stop { part.add(cells[place]) }
        }
        if cursor > stop { part.placeCursor() }
        return part
    }
}

/// A position in the window, counted from the start of the prompt.
struct ScreenPosition {
    let columns: Int
    private(set) var row = 0
    private(set) var column = 0

    init(columns: Int) {
        self.columns = columns
    }

    mutating func advance(over cell: Picture.Cell) {
        column += cell.width
        if cell.isLineEnd || column >= columns {
            row += 1
            column = 0
        }
    }
}
