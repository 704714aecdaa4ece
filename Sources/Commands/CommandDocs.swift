package import RESP

/// What a server says about its own commands.
package struct CommandDocs: Sendable {
    /// Maps of fields by names in upper case, a subcommand's after its container's: `CONFIG GET`. Null if only the name
    /// is known.
    private var entries: [String: RESPValue] = [:]

    /// - Parameter reply: the reply to COMMAND DOCS, or to COMMAND from a server that has no COMMAND DOCS. Nil when it
    ///   describes no command.
    package init?(_ reply: RESPValue) {
        if reply.kind == .array, reply.elements.first(where: { _ in true })?.kind == .array {
            for entry in reply.elements {
                guard let name = Array(entry.elements.prefix(1)).first?.text else { return nil }
                entries[name.uppercased()] = .null
            }
        } else if !reply.isError {
            for (name, fields) in reply.pairs where fields.kind.isAggregate {
                add(name, fields)
                for (name, fields) in fields[field: "subcommands"]?.pairs ?? [] { add(name, fields) }
            }
        }
        if entries.isEmpty { return nil }
        names = entries.keys.sorted()
    }

    private mutating func add(_ name: RESPValue, _ fields: RESPValue) {
        entries[name.text.uppercased().replacing("|", with: " ")] = fields
    }

    /// In alphabetical order.
    package private(set) var names: [String] = []

    /// The fields of a command, null if only its name is known; nil for a command that the server does not have.
    package subscript(name: String) -> RESPValue? { entries[name] }

    /// The second words of a container's subcommands.
    func subcommands(of word: String) -> [String] {
        let begin = word + " "
        return names.filter { $0.hasPrefix(begin) }.map { String($0.dropFirst(begin.count)) }
    }
}

extension CommandSyntax {
    /// The arguments in a command's documentation; nil where it has none.
    init?(documentation: RESPValue) {
        guard let arguments = documentation[field: "arguments"] else { return nil }
        // Modules call a value a number even where a word is accepted.
        let isModule = documentation[field: "group"]?.text == "module"
        self.init(
            arguments.elements.flatMap { Self.elements(of: $0) },
            numbers: isModule ? [] : Set(arguments.elements.flatMap { Self.numbers(in: $0) }))
    }

    /// The names of the numbers in an argument.
    private static func numbers(in argument: RESPValue) -> [String] {
        switch argument[field: "type"]?.text {
        case "integer", "double", "unix-time": [name(of: argument)]
        default: argument[field: "arguments"]?.elements.flatMap { numbers(in: $0) } ?? []
        }
    }

    private static func name(of argument: RESPValue) -> String {
        (argument[field: "display_text"] ?? argument[field: "name"])?.text ?? ""
    }

    /// Source: Redis documentation, "COMMAND DOCS" and "Command arguments".
    private static func elements(of argument: RESPValue) -> [Element] {
        let flags = argument[field: "flags"]?.elements.map(\.text) ?? []
        let token = argument[field: "token"].map { Element.word([$0.text.isEmpty ? "\"\"" : $0.text]) }
        let parts = argument[field: "arguments"]?.elements.map { Self.elements(of: $0) } ?? []
        var value: [Element]
        switch argument[field: "type"]?.text {
        case "pure-token": value = []
        case "block": value = parts.flatMap { $0 }
        case "oneof": value = [choice(of: parts)]
        default: value = [.word([name(of: argument)])]
        }
        let whole = (token.map { [$0] } ?? []) + value
        var elements = whole
        if flags.contains("multiple") {
            elements.append(.optional([flags.contains("multiple_token") ? whole : value], repeats: true))
        }
        guard flags.contains("optional") else { return elements }
        // The branches of a choice can be optional as they are.
        if elements.count == 1, case .choice(let branches) = elements[0] {
            return [.optional(branches, repeats: false)]
        }
        return [.optional([elements], repeats: false)]
    }

    /// Branches of single words are alternatives of one argument.
    private static func choice(of branches: [[Element]]) -> Element {
        let words = branches.compactMap { branch -> String? in
            guard branch.count == 1, case .word(let texts) = branch[0], texts.count == 1 else { return nil }
            return texts[0]
        }
        return words.count == branches.count ? .word(words) : .choice(branches)
    }
}
