/// A message for people: a sentence on each line, and the lines of a list indented.
package enum MessageText {
    /// The same on one line, for logs and for programs. A list stands in parentheses at the end of the sentence before
    /// it.
    package static func line(_ message: String) -> String {
        var lines = message.split(separator: "\n")[...]
        var sentences: [String] = []
        while let sentence = lines.popFirst() {
            let list = lines.prefix { $0.hasPrefix("  ") }
            lines.removeFirst(list.count)
            guard !list.isEmpty else {
                sentences.append(String(sentence))
                continue
            }
            let items = list.map { $0.drop { $0 == " " } }.joined(separator: "; ")
            let end = sentence.last == "." ? "." : ""
            sentences.append("\(sentence.dropLast(end.count)) (\(items))\(end)")
        }
        return sentences.joined(separator: " ")
    }
}
