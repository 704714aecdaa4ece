import Glibc

/// What the editor has drawn, and the least that turns it into something else.
///
/// Only steps sideways, up and down are used, and a row that continues is left to the terminal to wrap, which can then
/// rewrap it when its window changes.
struct Screen {
    private var cells: [Picture.Cell] = []
    /// The number of cells before the cursor.
    private var cursor = 0
    private var columns = 0

    /// The bytes that make the window show the picture.
    mutating func show(_ picture: Picture) -> String {
        var text = columns == picture.columns || cells.isEmpty ? "" : erase(columns: picture.columns)
        let start = firstDifference(from: picture.cells)
        var position = place(of: cursor, in: cells, columns: picture.columns)
        if start < max(cells.count, picture.cells.count) {
            let first = place(of: start, in: picture.cells, columns: picture.columns)
            text += Self.move(from: position, to: first)
            position = first
            text += Self.text(of: picture.cells[start...], at: &position, overOthers: start < cells.count)
        }
        text += Self.move(from: position, to: place(of: picture.cursor, in: picture.cells, columns: picture.columns))
        (cells, cursor, columns) = (picture.cells, picture.cursor, picture.columns)
        return text
    }

    /// The bytes that remove all of it and move to where the prompt began.
    ///
    /// - Parameter columns: those of the current window, for which the terminal has rewrapped the rows.
    mutating func erase(columns: Int) -> String {
        let row = place(of: cursor, in: cells, columns: columns).row
        forget()
        return "\r" + Self.steps(row, "A") + "\u{1b}[J"
    }

    /// The bytes that move to the start of a row: the next one if a program has left text without a line end in this one.
    /// Only then do as many blanks as there are columns run over its edge.
    static func freshRow(columns: Int) -> String {
        String(repeating: " ", count: columns) + "\r\u{1b}[K"
    }

    /// What is drawn next starts at the cursor.
    mutating func forget() {
        (cells, cursor, columns) = ([], 0, 0)
    }

    private func firstDifference(from others: [Picture.Cell]) -> Int {
        let most = min(cells.count, others.count)
        var place = 0
        while place < most, cells[place] == others[place] { place += 1 }
        // A mark goes with the character that it is shown on.
        while place > 0,
            place < cells.count && cells[place].isMark || place < others.count && others[place].isMark
        {
            place -= 1
        }
        return place
    }

    private func place(of index: Int, in cells: [Picture.Cell], columns: Int) -> ScreenPosition {
        var position = ScreenPosition(columns: columns)
        for cell in cells[..<index] { position.advance(over: cell) }
        return position
    }

    /// - Parameter overOthers: true when something else is there already.
    private static func text(
        of cells: ArraySlice<Picture.Cell>, at position: inout ScreenPosition, overOthers: Bool
    ) -> String {
        var text = ""
        var look = ""
        // True while the cursor hangs past the last column: the next character goes to the next row.
        var isWrapDue = false
        func wear(_ next: String) {
            guard next != look else { return }
            if !look.isEmpty { text += "\u{1b}[0m" }
            text += next
            look = next
        }
        for cell in cells {
            let row = position.row
            position.advance(over: cell)
            if cell.isLineEnd {
                wear("")
                text += overOthers ? "\u{1b}[K\r\n" : "\r\n"
                isWrapDue = false
            } else {
                wear(cell.look)
                if let scalar = Unicode.Scalar(UInt32(bitPattern: cell.character)) {
                    text.unicodeScalars.append(scalar)
                }
                if cell.width > 0 { isWrapDue = position.row > row }
            }
        }
        wear("")
        if isWrapDue { text += " \r" }
        return overOthers ? text + "\u{1b}[J" : text
    }

    /// CUU, CUD, CUF and CUB of ECMA-48.
    private static func move(from start: ScreenPosition, to end: ScreenPosition) -> String {
        let rows = end.row - start.row
        let columns = end.column - start.column
        let sideways = end.column == 0 && columns < 0 ? "\r" : steps(columns, "C") + steps(-columns, "D")
        return steps(-rows, "A") + steps(rows, "B") + sideways
    }

    private static func steps(_ count: Int, _ direction: Character) -> String {
        count > 0 ? "\u{1b}[\(count)\(direction)" : ""
    }
}
