extension String {
    /// Lines of at most so many columns, broken at spaces.
    ///
    /// - Parameter indent: spaces in front of all lines but the first, whose begin is the caller's.
    package func wrapped(at columns: Int = 80, indent: Int = 0) -> [String] {
        var lines: [String] = []
        let margin = String(repeating: " ", count: indent)
        for word in split(whereSeparator: \.isWhitespace) {
            let width = (lines.last?.count ?? 0) + (lines.count == 1 ? indent : 0)
            if let line = lines.last, width + 1 + word.count <= columns {
                lines[lines.count - 1] = "\(line) \(word)"
            } else {
                lines.append((lines.isEmpty ? "" : margin) + word)
            }
        }
        return lines
    }
}
