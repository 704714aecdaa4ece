extension String {
    /// Lines of at most `columns` columns, broken at spaces. Runs of spaces are kept, since they may be part of a key.
    ///
    /// - Parameter indent: spaces before all lines but the first, whose start the caller provides.
    package func wrapped(at columns: Int, indent: Int = 0) -> [String] {
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

    /// The text in its own column after its name; below the name if that is too long, or if the window is too narrow
    /// for two columns. It ends with a newline.
    ///
    /// - Parameters:
    ///   - column: where the text starts.
    ///   - width: the total width.
    package func named(_ name: String, at column: Int, in width: Int) -> String {
        let column = width - column < Self.leastColumn ? 4 : column
        let lines = wrapped(at: width, indent: column).joined(separator: "\n")
        let isLong = 2 + name.count > width
        let first = "  " + (isLong ? name.wrapped(at: width, indent: 4).joined(separator: "\n") : name)
        if first.count + 2 > column { return "\(first)\n\(String(repeating: " ", count: column))\(lines)\n" }
        return "\(first.padded(to: column))\(lines)\n"
    }

    /// The narrowest text column worth having.
    private static let leastColumn = 18
}
