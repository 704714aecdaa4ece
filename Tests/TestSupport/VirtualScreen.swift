/// What a terminal shows after the bytes that a program wrote to it: enough of ECMA-48 and xterm for a line editor. The
/// only attributes kept are a character's foreground color and whether it is swapped with the background's. An unknown
/// sequence shows as text, so that a test sees it.
package struct VirtualScreen {
    /// A cell of the screen; the right half of a wide character is empty text.
    private struct Cell: Equatable, ExpressibleByStringLiteral {
        var text: String
        /// The SGR parameter; nil for the terminal's own.
        var color: Int?
        var isInverse = false
        /// Hints look like this.
        var isGray: Bool { color == 90 }

        init(stringLiteral text: String) {
            self.text = text
        }
    }

    private enum State {
        case ground
        case escape
        case controlSequence(String)
        /// Lasts until BEL or ST, as for a window title.
        case operatingSystemCommand(endsWithBackslash: Bool)
    }

    package private(set) var columns: Int
    /// The cursor's row, counted from the top of the screen.
    package private(set) var row = 0
    /// The cursor's column. It stays at the last one after a character was written there; the next character wraps.
    package private(set) var column = 0
    /// How often the bell rang.
    package private(set) var bells = 0
    /// How often the whole screen was erased at once.
    package private(set) var erasures = 0
    private var cells: [[Cell]]
    /// For each row, whether its text continues in the next one because it was wrapped there.
    private var wraps: [Bool]
    private var isWrapDue = false
    private var color: Int?
    private var isInverse = false
    private var saved = (row: 0, column: 0)
    private var state = State.ground
    private var decoder = UTF8Bytes()

    package init(columns: Int = 80, rows: Int = 24) {
        self.columns = columns
        cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
        wraps = Array(repeating: false, count: rows)
    }

    package var rows: Int { cells.count }

    /// The rows from the top, without trailing blanks and without the blank rows at the end of the screen.
    package var lines: [String] {
        var lines = cells.map { Self.trimmed($0).map(\.text).joined() }
        while lines.last == "" { lines.removeLast() }
        return lines
    }

    /// The text of the rows, one per line.
    package var text: String { lines.joined(separator: "\n") }

    /// The row of the cursor, without trailing blanks.
    package var cursorLine: String { Self.trimmed(cells[row]).map(\.text).joined() }

    /// The parts of that row that are not gray and that are, without trailing blanks.
    package var cursorLineAndHint: (line: String, hint: String) {
        func text(_ cells: some Sequence<Cell>) -> String { Self.trimmed(Array(cells)).map(\.text).joined() }
        return (text(cells[row].prefix { !$0.isGray }), text(cells[row].filter(\.isGray)))
    }

    /// The colors of the cells up to the cursor, in order, without adjacent repeats.
    package var colorsBeforeCursor: [Int?] {
        cells[row][..<column].map(\.color).reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    /// The words in the cursor's row that have a color other than gray, with their color's SGR parameter.
    package var coloredWords: [String] {
        var words: [(text: String, color: Int)] = []
        var last: Int?
        for cell in cells[row] {
            if let color = cell.color, !cell.isGray {
                if color == last { words[words.count - 1].text += cell.text } else { words.append((cell.text, color)) }
            }
            last = cell.color
        }
        return words.map { "\($0.text):\($0.color)" }
    }

    /// The text that is shown in swapped colors.
    package var inverseText: String { cells.joined().filter(\.isInverse).map(\.text).joined() }

    package mutating func feed(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            for scalar in decoder.feed(byte) { take(scalar) }
        }
    }

    /// Changes the size and rewraps the text, as most terminals do today.
    package mutating func resize(columns newColumns: Int, rows newRows: Int) {
        var screen = VirtualScreen(columns: newColumns, rows: newRows)
        var lastRow = max(row, cells.lastIndex { !Self.trimmed($0).isEmpty } ?? 0)
        if row == lastRow, isWrapDue { lastRow = row }
        var cursor = (row: 0, column: 0)
        for index in 0...lastRow {
            let line = wraps[index] ? cells[index] : Self.trimmed(cells[index])
            for place in 0..<max(line.count, index == row ? column + 1 : 0) {
                if index == row, place == column { cursor = screen.placeOfNext }
                let cell = place < line.count ? line[place] : nil
                if let cell, cell.text != "" { for scalar in cell.text.unicodeScalars { screen.put(scalar) } }
                if cell == nil, place < column { screen.put(" ") }
            }
            if !wraps[index], index < lastRow { screen.newLine() }
        }
        (screen.row, screen.column) = cursor
        screen.isWrapDue = false
        (screen.bells, screen.state, screen.decoder) = (bells, state, decoder)
        self = screen
    }

    private static func trimmed(_ row: [Cell]) -> [Cell] {
        Array(row.reversed().drop { $0.text == " " }.reversed())
    }

    /// Where the next character goes.
    private var placeOfNext: (row: Int, column: Int) {
        isWrapDue ? (row + 1, 0) : (row, column)
    }

    // MARK: Characters

    private mutating func take(_ scalar: Unicode.Scalar) {
        switch state {
        case .ground: takePlain(scalar)
        case .escape: takeEscaped(scalar)
        case .controlSequence(let begin):
            if 0x40...0x7e ~= scalar.value {
                state = .ground
                execute(begin, Character(scalar))
            } else {
                state = .controlSequence(begin + String(scalar))
            }
        case .operatingSystemCommand(let endsWithBackslash):
            let isEnd = scalar == "\u{7}" || (endsWithBackslash && scalar == "\\")
            state = isEnd ? .ground : .operatingSystemCommand(endsWithBackslash: scalar == "\u{1b}")
        }
    }

    private mutating func takePlain(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\u{1b}": state = .escape
        case "\u{7}": bells += 1
        case "\u{8}": moveTo(row, column - 1)
        case "\t": moveTo(row, column + 8 - column % 8)
        case "\n": lineFeed()
        case "\r": moveTo(row, 0)
        case "\0"..."\u{1f}", "\u{7f}": for shown in "<\(scalar.value)>".unicodeScalars { put(shown) }
        default: put(scalar)
        }
    }

    private mutating func takeEscaped(_ scalar: Unicode.Scalar) {
        state = .ground
        switch scalar {
        case "[": state = .controlSequence("")
        case "]": state = .operatingSystemCommand(endsWithBackslash: false)
        case "7": saved = (row, column)
        case "8": moveTo(saved.row, saved.column)
        case "=", ">": break  // keypad modes
        default: for shown in "<ESC \(scalar)>".unicodeScalars { put(shown) }
        }
    }

    private mutating func put(_ scalar: Unicode.Scalar) {
        let width = Self.width(of: scalar)
        if width == 0 {
            let place = isWrapDue ? column : max(0, column - 1)
            cells[row][place].text.unicodeScalars.append(scalar)
            return
        }
        if isWrapDue || column + width > columns {
            wraps[row] = true
            newLine()
        }
        cells[row][column].text = String(scalar)
        cells[row][column].color = color
        cells[row][column].isInverse = isInverse
        if width == 2 { cells[row][column + 1] = "" }
        isWrapDue = column + width == columns
        column = min(column + width, columns - 1)
    }

    private mutating func newLine() {
        moveTo(row, 0)
        lineFeed()
    }

    private mutating func lineFeed() {
        isWrapDue = false
        if row + 1 < rows {
            row += 1
        } else {
            cells.removeFirst()
            cells.append(Array(repeating: " ", count: columns))
            wraps.removeFirst()
            wraps.append(false)
        }
    }

    private mutating func moveTo(_ row: Int, _ column: Int) {
        isWrapDue = false
        self.row = min(max(row, 0), rows - 1)
        self.column = min(max(column, 0), columns - 1)
    }

    // MARK: Control sequences

    private mutating func execute(_ text: String, _ final: Character) {
        let numbers = text.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) }
        let first = numbers.first ?? nil
        let count = max(first ?? 1, 1)
        switch final {
        case "A": moveTo(row - count, column)
        case "B": moveTo(row + count, column)
        case "C": moveTo(row, column + count)
        case "D": moveTo(row, column - count)
        case "G": moveTo(row, count - 1)
        case "d": moveTo(count - 1, column)
        case "H": moveTo(count - 1, max((numbers.count > 1 ? numbers[1] : nil) ?? 1, 1) - 1)
        case "J" where first ?? 0 == 0:
            erase(column..<columns)
            for below in (row + 1)..<max(rows, row + 1) { eraseRow(below) }
        case "J" where first == 2:
            for index in 0..<rows { eraseRow(index) }
            erasures += 1
        case "K" where first ?? 0 == 0: erase(column..<columns)
        case "K" where first == 1: erase(0..<(column + 1))
        case "K" where first == 2: eraseRow(row)
        case "X": erase(column..<min(column + count, columns))
        case "P":
            cells[row].removeSubrange(column..<min(column + count, columns))
            cells[row] += Array(repeating: " ", count: columns - cells[row].count)
        case "@":
            cells[row].insert(contentsOf: Array(repeating: " ", count: count), at: column)
            cells[row].removeLast(cells[row].count - columns)
        case "m":
            color = numbers.compactMap(\.self).last { 30...37 ~= $0 || 90...97 ~= $0 }
            isInverse = numbers.contains(7)
        case "h" where text.hasPrefix("?"), "l" where text.hasPrefix("?"): break  // modes of the terminal
        default: for shown in "<CSI \(text)\(final)>".unicodeScalars { put(shown) }
        }
    }

    private mutating func erase(_ range: Range<Int>) {
        for index in range { cells[row][index] = " " }
        if range.upperBound == columns { wraps[row] = false }
        isWrapDue = false
    }

    private mutating func eraseRow(_ index: Int) {
        cells[index] = Array(repeating: " ", count: columns)
        wraps[index] = false
    }

    /// The width of a character in columns: 0 for a combining mark, 2 for CJK and emoji.
    private static func width(of scalar: Unicode.Scalar) -> Int {
        if [.nonspacingMark, .enclosingMark, .format].contains(scalar.properties.generalCategory) { return 0 }
        return switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
            0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f900...0x1f9ff, 0x20000...0x3fffd:
            2
        default: 1
        }
    }
}

/// Assembles the bytes of a character; anything that is not UTF-8 becomes U+FFFD.
private struct UTF8Bytes {
    private var pending: [UInt8] = []

    mutating func feed(_ byte: UInt8) -> [Unicode.Scalar] {
        pending.append(byte)
        let length = pending[0] < 0xc0 ? 1 : pending[0] < 0xe0 ? 2 : pending[0] < 0xf0 ? 3 : 4
        guard pending.count >= length || (pending.count > 1 && byte & 0xc0 != 0x80) else { return [] }
        defer { pending = [] }
        return Array(String(decoding: pending, as: UTF8.self).unicodeScalars)
    }
}
