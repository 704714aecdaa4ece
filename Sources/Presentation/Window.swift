/// The window that a text is laid out for.
package struct Window: Sendable {
    package let columns: Int
    /// Columns that a character takes; only the world knows.
    let width: @Sendable (Character) -> Int

    package init(columns: Int, width: @escaping @Sendable (Character) -> Int = { _ in 1 }) {
        self.columns = columns
        self.width = width
    }

    func width(of text: String) -> Int { text.reduce(0) { $0 + width($1) } }

    /// A line that does not go beyond the window.
    func cut(_ line: String) -> String {
        guard width(of: line) > columns else { return line }
        var room = max(0, columns - 3)
        return line.prefix { character in
            room -= width(character)
            return room >= 0
        } + "..."
    }
}
