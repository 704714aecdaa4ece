/// Where names and values stand in turn within a reply, at any depth.
///
/// As a row of the table writes it:
/// - `{}` names and values in turn; `{a:x,b:y}` with a value of the form x under the name a; `{*:x}` under every name
/// - `[x]` a list of x
/// - `<x>` a list of names with a value of the form x each, in arrays of two; or one such array
/// - `^` the innermost braces around it again
package indirect enum ReplyPattern: Equatable, Sendable {
    case plain
    case pairs([String: ReplyPattern])
    case list(ReplyPattern)
    case named(ReplyPattern)
    case again

    /// Reads a pattern of the table.
    package init(_ text: StaticString) {
        var rest = Substring("\(text)")
        self = Self.read(&rest)
    }

    private static func read(_ rest: inout Substring) -> ReplyPattern {
        switch rest.popFirst() {
        case "[":
            defer { _ = rest.popFirst() }
            return .list(read(&rest))
        case "<":
            defer { _ = rest.popFirst() }
            return .named(read(&rest))
        case "^": return .again
        case "{":
            var fields: [String: ReplyPattern] = [:]
            while let next = rest.first, next != "}" {
                let name = rest.prefix { $0 != ":" }
                rest = rest[name.endIndex...].dropFirst()
                fields[String(name)] = read(&rest)
                if rest.first == "," { rest.removeFirst() }
            }
            _ = rest.popFirst()
            return .pairs(fields)
        default: return .plain
        }
    }
}
