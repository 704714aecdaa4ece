/// The window that a text is laid out for.
package struct Window: Sendable {
    package let columns: Int
    /// How many columns a character takes; only the caller can know.
    let width: @Sendable (Character) -> Int

    package init(columns: Int, width: @escaping @Sendable (Character) -> Int = { _ in 1 }) {
        self.columns = columns
        self.width = width
    }

    /// Columns for running text; 80 if there is no window.
    package var textColumns: Int { columns == .max ? 80 : columns }

    func width(of text: String) -> Int {
        if text.utf8.allSatisfy({ 0x20...0x7e ~= $0 }) { return text.utf8.count }
        return text.reduce(0) { $0 + width($1) }
    }

    /// The text, cut to at most `columns` columns; three dots mark a cut.
    func cut(_ text: String, to columns: Int) -> String {
        guard width(of: text) > columns else { return text }
        var room = max(0, columns - 3)
        let start = text.prefix { character in
            room -= width(character)
            return room >= 0
        }
        return String(start + "...".prefix(columns))
    }

    /// A line made of a text and the first of the ends that fits after it; if none fits, the text is cut for the last
    /// one.
    package func ended(_ text: String, by ends: [String]) -> String {
        let end = ends.first { width(of: text) + width(of: $0) <= columns } ?? ends.last ?? ""
        return cut(cut(text, to: max(0, columns - width(of: end))) + end, to: columns)
    }

    /// Padded with spaces to `columns` columns: after a text, before a number.
    func padded(_ text: String, to columns: Int, isNumber: Bool) -> String {
        let spaces = String(repeating: " ", count: max(0, columns - width(of: text)))
        return isNumber ? spaces + text : text + spaces
    }
}
