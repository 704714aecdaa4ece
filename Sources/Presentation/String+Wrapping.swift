extension String {
    /// Lines of at most so many columns, broken at spaces. Several spaces in a row stay, since they may belong to a key.
    ///
    /// - Parameter indent: spaces in front of all lines but the first, whose begin is the caller's.
    package func wrapped(at columns: Int = 80, indent: Int = 0) -> [String] {
        var lines: [String] = []
        let margin = String(repeating: " ", count: indent)
        for word in split(omittingEmptySubsequences: false, whereSeparator: \.isWhitespace) {
            let width = (lines.last?.count ?? 0) + (lines.count == 1 ? indent : 0)
            if let line = lines.last, width + 1 + word.count <= columns {
                lines[lines.count - 1] = "\(line) \(word)"
            } else {
                lines.append((lines.isEmpty ? "" : margin) + word)
            }
        }
        return lines
    }

    /// The text in a column of its own behind its name; below the name where that is too long, or the window too narrow for
    /// two columns. It ends with a line end.
    ///
    /// - Parameters:
    ///   - column: where the text begins.
    ///   - width: of all.
    package func named(_ name: String, at column: Int, in width: Int) -> String {
        let column = width - column < Self.leastColumn ? 4 : column
        let lines = wrapped(at: width, indent: column).joined(separator: "\n")
        let isLong = 2 + name.count > width
        let first = "  " + (isLong ? name.wrapped(at: width, indent: 4).joined(separator: "\n") : name)
        if first.count + 2 > column { return "\(first)\n\(String(repeating: " ", count: column))\(lines)\n" }
        return "\(first.padded(to: column))\(lines)\n"
    }

    /// Columns that are worth their own column.
    private static let leastColumn = 18
}
