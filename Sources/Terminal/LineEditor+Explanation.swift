import Glibc
import RESP

/// Alt-H, and F1.
extension LineEditor {
    /// Shows below the line what is known about its command, until a key comes that does something else. What does not
    /// fit can be scrolled to.
    func explain() -> Bool {
        guard let context else { return false }
        let text = context + WideText(line).bytes
        guard !assistant.explanation(of: text, columns: window.columns).isEmpty else { return false }
        var top = 0
        // How many lines fitted.
        var page = 1
        defer { rowsBelow = nil }
        while true {
            rowsBelow = { [assistant] columns, rows in
                let lines = assistant.explanation(of: text, columns: columns).split(whereSeparator: \.isNewline)
                let isCut = lines.count > rows
                page = isCut ? max(1, rows - 1) : rows
                top = max(0, min(top, lines.count - page))
                let shown = lines[top..<min(lines.count, top + page)]
                var below = shown.map { [(text: Self.cut(String($0), toColumns: columns), look: "")] }
                if isCut, rows > 1 {
                    let place = "\(top + 1) to \(shown.endIndex) of \(lines.count) lines; arrows scroll"
                    below.append([(Self.cut(place, toColumns: columns), assistant.hintStyle)])
                }
                return below
            }
            guard let key = nextCharacter() else { return true }
            let sequence = key == 0x1b ? restOfSequence() : []
            switch String(decoding: sequence.compactMap { UInt8(exactly: $0) }, as: UTF8.self) {
            case "[A", "OA": top -= 1
            case "[B", "OB": top += 1
            case "[5", "[6":
                // The tilde after them arrives separately.
                _ = nextCharacter()
                top += sequence[1] == 0x35 ? -page : page
            default:
                // Escape alone only closes.
                for key in sequence.reversed() { unread(key) }
                if key != 0x1b || !sequence.isEmpty { unread(key) }
                return true
            }
        }
    }

    /// What has arrived with an escape character.
    private func restOfSequence() -> [wchar_t] {
        var sequence: [wchar_t] = []
        while let next = nextOfSequence() { sequence.append(next) }
        return sequence
    }
}
