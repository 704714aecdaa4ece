import RESP

/// Text as the rows of a window of a given width, so that part of it can be shown.
package struct ScreenText {
    /// Without line feeds; escape sequences take no room.
    package let rows: [[UInt8]]

    /// - Parameter bytes: text with line feeds, the last of which ends the last row.
    package init(_ bytes: [UInt8], columns: Int) {
        var rows: [[UInt8]] = []
        var row: [UInt8] = []
        var column = 0
        var isInSequence = false
        var decoder = WideDecoder()
        /// The bytes of the incomplete character.
        var pending = 0
        for byte in bytes {
            if byte == 0x0a, !isInSequence {
                _ = decoder.finish()
                rows.append(row)
                (row, column, pending) = ([], 0, 0)
                continue
            }
            row.append(byte)
            if isInSequence {
                isInSequence = byte == UInt8(ascii: "[") || !(0x40...0x7e ~= byte)
                continue
            }
            if byte == 0x1b {
                isInSequence = true
                continue
            }
            pending += 1
            for character in decoder.feed(byte) {
                let width = Terminal.columns(of: character)
                if column + width > columns, row.count > pending {
                    rows.append(Array(row.dropLast(pending)))
                    row = Array(row.suffix(pending))
                    column = 0
                }
                column += width
                pending = 0
            }
        }
        self.rows = row.isEmpty ? rows : rows + [row]
    }

    /// Wraps lines between words where a window is narrower than they are. The rest of a line keeps its indent.
    package static func wrapped(_ text: String, at columns: Int) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.count > columns ? wrapped(line: $0, at: columns) : String($0) }.joined(separator: "\n")
    }

    private static func wrapped(line: Substring, at columns: Int) -> String {
        let indent = line.prefix { $0 == " " }
        var rows: [String] = []
        // Runs of spaces are kept: they may be part of a key.
        for word in line.dropFirst(indent.count).split(separator: " ", omittingEmptySubsequences: false) {
            if let row = rows.last, row.count + 1 + word.count <= columns {
                rows[rows.count - 1] += " \(word)"
            } else {
                rows.append("\(indent)\(word)")
            }
        }
        return rows.joined(separator: "\n")
    }
}
