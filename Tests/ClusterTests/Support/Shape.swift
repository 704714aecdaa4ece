/// What a reply looks like, in whatever format it is printed.
indirect enum Shape: Sendable {
    case null
    case text(String)
    /// A text, perhaps of several lines, that contains this.
    case containing(String)
    /// A text of digits.
    case digits
    case number
    case integer(Int)
    case error(String)
    case array([Shape])
    /// These texts in any order.
    case set([String])
    /// An array of alternating names and texts, which RESP3 gives as a map.
    case pairs([String: String])
    /// An array of anything.
    case list

    func matches(_ json: JSON) -> Bool {
        switch self {
        case .null: json == .null
        case .text(let text): json == .string(text)
        case .containing(let part): json.text?.contains(part) ?? false
        case .digits: json.text?.isDigits ?? false
        case .number: if case .number = json { true } else { false }
        case .integer(let number): json == .number(Double(number))
        case .error(let text): json.error?.hasPrefix(text) == true
        case .array(let shapes):
            json.elements.count == shapes.count && zip(shapes, json.elements).allSatisfy { $0.matches($1) }
        case .set(let texts): json.elements.compactMap(\.text).sorted() == texts.sorted()
        case .pairs(let pairs): json == .object(pairs.mapValues { .string($0) })
        case .list: if case .array = json { true } else { false }
        }
    }

    /// Whether the lines are the reply in raw output.
    func matches(_ lines: [String]) -> Bool {
        var rest = lines[...]
        return takes(&rest) && rest.isEmpty
    }

    /// Takes the lines of the reply off the front.
    private func takes(_ lines: inout ArraySlice<String>) -> Bool {
        switch self {
        case .null: return lines.popFirst() == ""
        case .text(let text): return lines.popFirst() == text
        case .integer(let number): return lines.popFirst() == String(number)
        case .digits, .number: return lines.popFirst()?.isDigits ?? false
        case .error(let text):
            // An empty line follows an error, but not within a dictionary.
            defer { if lines.first == "" { lines.removeFirst() } }
            return lines.popFirst()?.hasPrefix(text) == true
        case .array(let shapes):
            return shapes.isEmpty ? lines.popFirst() == "" : shapes.allSatisfy { $0.takes(&lines) }
        case .set(let texts):
            defer { lines.removeFirst(min(texts.count, lines.count)) }
            return lines.prefix(texts.count).sorted() == texts.sorted()
        case .pairs(let pairs):
            let flat = lines.prefix(2 * pairs.count)
            defer { lines.removeFirst(flat.count) }
            return flat.sorted() == pairs.flatMap { [$0.key, $0.value] }.sorted()
        case .containing(let part):
            defer { lines = [] }
            return lines.contains { $0.contains(part) }
        case .list:
            lines = []
            return true
        }
    }
}

extension String {
    fileprivate var isDigits: Bool { !isEmpty && utf8.allSatisfy { 0x30...0x39 ~= $0 } }
}
