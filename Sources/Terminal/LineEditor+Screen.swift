import CLibedit
import Glibc

/// What the editor draws beside libedit, and where.
extension LineEditor {
    /// True while libedit has a line on the screen that it redraws itself.
    var isDrawn: Bool {
        prompt != nil && cle_is_editing(libedit) != 0
    }

    /// The width of the window now.
    var columns: Int { Terminal.size(of: STDOUT_FILENO)?.columns ?? 80 }

    /// Draws the line for the new width. The terminal has wrapped it anew already.
    func redrawResized() {
        guard isDrawn, Terminal.hasDrawableWindow else { return }
        erase()
        drawnColumns = columns
        el_resize(libedit)
        cle_refresh(libedit)
    }

    /// Puts the cursor on the character it stands for. libedit leaves it one column too far when text is put in front of
    /// a wide character.
    func correctCursor() {
        guard let line = el_wline(libedit)?.pointee, line.cursor < line.lastchar, cle_width(line.cursor.pointee) > 1
        else { return }
        emit("\r" + move(positions.cursor.column, "C"))
    }

    /// Goes from the cursor to the place behind the last character.
    func moveToEnd() {
        let (cursor, end) = positions
        emit("\r" + move(end.row - cursor.row, "B") + move(end.column, "C"))
    }

    /// The column behind the last character of the line.
    var endColumn: Int { positions.end.column }

    /// Rows from the begin of the prompt to the end of the line.
    var rowCount: Int { positions.end.row + 1 }

    func emit(_ text: String) {
        write(STDOUT_FILENO, text, text.utf8.count)
    }

    /// Clears prompt and line, and goes to where the prompt began.
    func erase() {
        emit("\r" + move(positions.cursor.row, "A") + "\u{1b}[J")
    }

    /// CUU, CUD, CUF or CUB of ECMA-48; nothing for no step.
    private func move(_ steps: Int, _ direction: Character) -> String {
        steps > 0 ? "\u{1b}[\(steps)\(direction)" : ""
    }

    /// Where the cursor and the end of the line are, counted from the begin of the prompt.
    private var positions: (cursor: ScreenPosition, end: ScreenPosition) {
        var position = ScreenPosition(columns: columns)
        var isShown = true
        for character in prompt?.dropLast() ?? [] {
            if character == cle_literal {
                isShown.toggle()
            } else if isShown {
                position.advance(over: character)
            }
        }
        guard let line = el_wline(libedit)?.pointee else { return (position, position) }
        var next = line.buffer
        while let character = next, character < line.cursor {
            position.advance(over: character.pointee)
            next = character + 1
        }
        var cursor = position
        if let character = next, character < line.lastchar { cursor.makeRoom(for: character.pointee) }
        while let character = next, character < line.lastchar {
            position.advance(over: character.pointee)
            next = character + 1
        }
        return (cursor, position)
    }
}

/// A place on the screen, found by libedit's rules of how characters look and lines wrap.
struct ScreenPosition {
    let columns: Int
    private(set) var row = 0
    private(set) var column = 0

    init(columns: Int) {
        self.columns = columns
    }

    mutating func advance(over character: wchar_t) {
        switch character {
        case 0x0a: startRow()
        case 0x09: column += 8 - column % 8
        default:
            makeRoom(for: character)
            column += Self.width(of: character)
        }
        if column >= columns { startRow() }
    }

    /// Goes to the next row if a wide character would stick out of this one.
    mutating func makeRoom(for character: wchar_t) {
        if cle_width(character) > 1, column + Int(cle_width(character)) > columns { startRow() }
    }

    private mutating func startRow() {
        row += 1
        column = 0
    }

    /// Control characters show as `^X`, others that cannot be printed as `\U+12AB` or `\U+12ABC`.
    private static func width(of character: wchar_t) -> Int {
        switch (character, cle_width(character)) {
        case (0x00...0x1f, _), (0x7f...0x9f, _): 2
        case (0x1_0000..., -1): 8
        case (_, -1): 7
        case (_, let width): Int(width)
        }
    }
}
