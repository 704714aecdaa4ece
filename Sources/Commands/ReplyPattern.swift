package import RESP

/// What the parts of a reply are, when the protocol does not say: RESP2 alternates names and values, in arrays.
///
/// As a row of the table writes it:
/// - `{}` names and values, alternating; `{a:x,b:y}` with a value of the form x under the name a; `{*:x}` under every
///   name
/// - `<x>` the same for names that are data, such as members and IDs, and values of the form x: alternating, or in
///   arrays of two; `<n:x>` if they are the rows of a table, in a column n
/// - `[x]` a list of x
/// - `(a:x,b)` values that the server does not name: an x called a, then b; `(a,b)+` if all after a are called b
/// - `^` the innermost braces or parentheses around it again
/// - `x|y` an x, else a y
/// - `WORD?x` an x if WORD is among the arguments; `WORD!x` if it is not
package indirect enum ReplyPattern: Equatable, Sendable {
    case plain
    case pairs([String: ReplyPattern])
    case named(heading: String?, ReplyPattern)
    case list(ReplyPattern)
    case values([Field], lastRepeats: Bool)
    case again
    case either(ReplyPattern, ReplyPattern)

    package struct Field: Equatable, Sendable {
        package let name: String
        package let pattern: ReplyPattern
    }

    /// Parses a pattern of the table.
    package init(_ text: StaticString, _ arguments: [ByteString] = []) {
        var rest = Substring("\(text)")
        let word = rest.prefix { $0.isUppercase }
        if !word.isEmpty {
            rest = rest[word.endIndex...]
            let isWanted = rest.popFirst() == "?"
            guard arguments.contains(where: { $0.uppercased.text == word }) == isWanted else {
                self = .plain
                return
            }
        }
        self = Self.read(&rest)
    }

    private static func read(_ rest: inout Substring) -> ReplyPattern {
        let pattern = readOne(&rest)
        guard rest.first == "|" else { return pattern }
        rest.removeFirst()
        return .either(pattern, read(&rest))
    }

    private static func readOne(_ rest: inout Substring) -> ReplyPattern {
        switch rest.first {
        case "[":
            rest.removeFirst()
            defer { _ = rest.popFirst() }
            return .list(read(&rest))
        case "<":
            rest.removeFirst()
            defer { _ = rest.popFirst() }
            let heading = readName(&rest)
            return .named(heading: heading.isEmpty ? nil : heading, read(&rest))
        case "^":
            rest.removeFirst()
            return .again
        case "{": return .pairs(Dictionary(readFields(&rest).map { ($0.name, $0.pattern) }) { first, _ in first })
        case "(":
            let fields = readFields(&rest)
            guard rest.first == "+" else { return .values(fields, lastRepeats: false) }
            rest.removeFirst()
            return .values(fields, lastRepeats: true)
        default: return .plain
        }
    }

    /// Parses fields, including the brackets around them.
    private static func readFields(_ rest: inout Substring) -> [Field] {
        var fields: [Field] = []
        repeat {
            rest.removeFirst()
            let name = readName(&rest)
            if !name.isEmpty { fields.append(Field(name: name, pattern: read(&rest))) }
        } while rest.first == ","
        _ = rest.popFirst()
        return fields
    }

    private static func readName(_ rest: inout Substring) -> String {
        let name = rest.prefix { !":,<>()[]{}|^".contains($0) }
        rest = rest[name.endIndex...]
        if rest.first == ":" { rest.removeFirst() }
        return String(name)
    }
}
