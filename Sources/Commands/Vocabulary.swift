package import RESP

/// The commands that hints, completion and help know: those of the server if it lists them, as far as possible in its
/// own words, else the table's. slotline's own words are always among them.
package struct Vocabulary: Sendable {
    private let docs: CommandDocs?

    /// - Parameter docs: nil when the server cannot be asked.
    package init(_ docs: CommandDocs? = nil) {
        self.docs = docs
    }

    package struct Entry: Sendable {
        /// In upper case.
        package let name: String
        /// The table's row.
        package let row: CommandSpec?
        /// The server's map of fields; null if only the name is known, nil if the server could not be asked or does not
        /// have the command.
        package let documentation: RESPValue?
        /// False for a command that the server does not have.
        package let isAvailable: Bool

        package var wordCount: Int { name.utf8.contains(0x20) ? 2 : 1 }

        /// A module may leave its commands undocumented.
        package var syntax: CommandSyntax {
            documentation.flatMap { CommandSyntax(documentation: $0) } ?? row.map { CommandSyntax($0) }
                ?? CommandSyntax([])
        }

        /// The name, and the arguments if it takes any.
        package var usage: String {
            let arguments = syntax.text
            return arguments.isEmpty ? name : "\(name) \(arguments)"
        }

        /// The number of words as the server counts them, including the command's own; negative: at least that many.
        /// Nil if it is unknown.
        package var arity: Int? { documentation?[field: "arity"]?.integer ?? row?.arity }

        /// The server's summary, in one line.
        package var summary: String? { documentation?[field: "summary"]?.text }

        /// The group of a command of a module is the module: the server only says that it belongs to one.
        package var group: String? { module ?? family }

        /// What help lists it under: its group, and the module that provides it.
        var groups: [String] { [family, module].compactMap { $0 } }

        private var family: String? { documentation?[field: "group"]?.text ?? row?.group.rawValue }

        private var module: String? { documentation?[field: "module"]?.text }
    }

    // MARK: What is offered

    /// The first words of all commands, each once.
    package var firstWords: [String] {
        guard let docs else { return CommandTable.firstWords }
        let own = CommandTable.rows.filter { $0.group == .slotline }.map { "\($0.name)" }
        return docs.names.filter { !$0.utf8.contains(0x20) } + own
    }

    /// True unless the server says that it does not have the command.
    package func has(_ row: CommandSpec) -> Bool { entry(named: "\(row.name)", row)?.isAvailable ?? false }

    /// The names of all commands that can be explained, subcommands with their container's.
    package var names: [String] { docs?.names ?? CommandTable.rows.map { "\($0.name)" } }

    /// The groups of the available commands: the table's in its order, then others of the server's, and modules.
    package var groups: [String] {
        let groups = Set(all.filter(\.isAvailable).flatMap(\.groups))
        let known = CommandGroup.allCases.map(\.rawValue)
        return known.filter(groups.contains) + groups.subtracting(known).sorted()
    }

    /// The second words of the commands that start with this one, in any case.
    package func subcommands(of word: ByteString) -> [String] {
        guard let docs else { return CommandTable.subcommands(of: word) }
        let name = word.uppercased.text
        let listed = docs.subcommands(of: name)
        // Not every server lists the subcommands of everything it has.
        return listed.isEmpty && docs[name] != nil ? CommandTable.subcommands(of: word) : listed
    }

    /// The literal words that a command takes next: its subcommands, and the options of its syntax.
    package func words(behind words: [ByteString]) -> [String] {
        let subcommands = words.count == 1 ? subcommands(of: words[0]) : []
        guard let entry = entry(for: words) else { return subcommands }
        return subcommands + (entry.syntax.after(words.dropFirst(entry.wordCount))?.nextKeywords ?? [])
    }

    /// True when the first word of a command starts like this, in any case.
    package func hasWord(beginning begin: ByteString) -> Bool {
        let begin = begin.uppercased.bytes
        return firstWords.contains { $0.utf8.starts(with: begin) }
    }

    /// The names that may have been meant by an unknown command, subcommands with their container.
    ///
    /// - Parameter others: names besides those of commands that may have been meant; they replace commands of the same
    ///   name.
    package func suggestions(for arguments: [ByteString], or others: [String] = []) -> [String] {
        guard let first = arguments.first else { return [] }
        let subcommands = subcommands(of: first)
        if arguments.count > 1, !subcommands.isEmpty {
            return Suggestions.near(arguments[1], of: subcommands).map { "\(first.uppercased.text) \($0)" }
        }
        let taken = Set(others.map { $0.uppercased() })
        return Suggestions.near(first, of: firstWords.filter { !taken.contains($0) } + others)
    }

    /// How a command is used; for a container alone, what may follow it.
    package func usage(for words: [ByteString]) -> String? {
        let subcommands = words.count == 1 ? subcommands(of: words[0]).sorted() : []
        guard subcommands.isEmpty else {
            return "\(words[0].uppercased.text) \(subcommands.joined(separator: " | "))"
        }
        return entry(for: words)?.usage
    }

    /// The options that may have been meant by the first argument that a command cannot take.
    package func optionSuggestions(for words: [ByteString]) -> [String] {
        guard let entry = entry(for: words) else { return [] }
        var syntax = entry.syntax
        var offered: Set<String> = []
        for argument in words.dropFirst(entry.wordCount) {
            offered.formUnion(syntax.nextKeywords)
            let (meaning, rest) = syntax.taking(argument, isUnfinished: false)
            guard meaning != .misfit, let rest else {
                // An option that another one excludes is not misspelled.
                return offered.contains(argument.uppercased.text)
                    ? [] : Suggestions.near(argument, of: syntax.nextKeywords)
            }
            syntax = rest
        }
        return []
    }

    /// The command that these words start with, if the server has it.
    package func entry(for words: [ByteString]) -> Entry? {
        for count in [2, 1] where words.count >= count {
            let name = words.prefix(count).map(\.uppercased.text).joined(separator: " ")
            let entry = entry(named: name, CommandTable.row(for: Array(words.prefix(count))))
            if let entry, entry.isAvailable { return entry }
        }
        return nil
    }

    // MARK: What is explained

    /// The commands of a name, of a container, or of a group after `@`; those that the server does not have only if
    /// there are no others.
    package func entries(about topic: [ByteString]) -> [Entry] {
        if topic.count == 1, topic[0].hasPrefix("@") {
            let group = topic[0].dropFirst(1).uppercased.text
            return all.filter { $0.isAvailable && $0.groups.contains { $0.uppercased() == group } }
        }
        let name = ByteString(topic.map(\.bytes).joined(separator: [0x20])).uppercased.text
        let found = all.filter { $0.name == name || $0.name.hasPrefix(name + " ") }
        let available = found.filter(\.isAvailable)
        return available.isEmpty ? found : available
    }

    /// In the order of the table, followed by what it lacks.
    private var all: [Entry] {
        let rows = CommandTable.rows.compactMap { entry(named: "\($0.name)", $0) }
        let known = Set(rows.map(\.name))
        // A container whose subcommands are in the table says nothing on its own.
        let others = docs?.names.filter { !known.contains($0) && !CommandTable.hasSubcommands(ByteString($0)) } ?? []
        return rows + others.compactMap { entry(named: $0, nil) }
    }

    private func entry(named name: String, _ row: CommandSpec?) -> Entry? {
        let row = row.flatMap { "\($0.name)" == name ? $0 : nil }
        guard let docs, row?.group != .slotline else {
            return row.map { Entry(name: name, row: $0, documentation: nil, isAvailable: true) }
        }
        let documentation = docs[name]
        if documentation == nil, row == nil { return nil }
        return Entry(
            name: name, row: row, documentation: documentation,
            isAvailable: documentation != nil || isListedByContainer(name))
    }

    /// True for a subcommand of a command that the server has but lists no subcommands of.
    private func isListedByContainer(_ name: String) -> Bool {
        let words = name.split(separator: " ")
        guard words.count > 1, let docs else { return false }
        return docs[String(words[0])] != nil && docs.subcommands(of: String(words[0])).isEmpty
    }
}
