package import RESP

/// The commands that hints, completion and help know: those of the server where it tells of them, as far as possible in
/// its own words, else the table's. Words of slotline's own are always among them.
package struct Vocabulary: Sendable {
    private let docs: CommandDocs?

    /// - Parameter docs: nil when the server cannot be asked.
    package init(_ docs: CommandDocs? = nil) {
        self.docs = docs
    }

    package struct Entry: Sendable {
        /// In capitals.
        package let name: String
        /// The table's.
        package let row: CommandSpec?
        /// The server's map of fields; null where only the name is known, nil when the server could not be asked or does
        /// not have the command.
        package let documentation: RESPValue?
        /// False for a command that the server does not have.
        package let isAvailable: Bool

        package var wordCount: Int { name.utf8.contains(0x20) ? 2 : 1 }

        /// A module may document nothing of its commands.
        package var syntax: CommandSyntax {
            documentation.flatMap { CommandSyntax(documentation: $0) } ?? row.map { CommandSyntax($0) }
                ?? CommandSyntax([])
        }

        /// The name, and the arguments if it takes any.
        package var usage: String {
            let arguments = syntax.text
            return arguments.isEmpty ? name : "\(name) \(arguments)"
        }

        /// Words as the server counts them, the command's own included; negative: at least so many. Nil where nobody
        /// says.
        package var arity: Int? { documentation?[field: "arity"]?.integer ?? row?.arity }

        /// The server's, in one line.
        package var summary: String? { documentation?[field: "summary"]?.text }

        /// What a module brings is its group: all that the server calls it is a command of a module.
        package var group: String? { module ?? family }

        /// What help lists it under: that of all modules, too.
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

    /// The names of all commands that can be explained, those of subcommands with their container's.
    package var names: [String] { docs?.names ?? CommandTable.rows.map { "\($0.name)" } }

    /// The groups of the commands that there are: the table's in its order, then others of the server's, and modules.
    package var groups: [String] {
        let groups = Set(all.filter(\.isAvailable).flatMap(\.groups))
        let known = CommandGroup.allCases.map(\.rawValue)
        return known.filter(groups.contains) + groups.subtracting(known).sorted()
    }

    /// The second words of the commands that begin with this one, in any case.
    package func subcommands(of word: ByteString) -> [String] {
        guard let docs else { return CommandTable.subcommands(of: word) }
        let name = word.uppercased.text
        let listed = docs.subcommands(of: name)
        // Not every server lists the subcommands of all that it has.
        return listed.isEmpty && docs[name] != nil ? CommandTable.subcommands(of: word) : listed
    }

    /// The words of its own language that a command takes next: its subcommands, and the options of its syntax.
    package func words(behind words: [ByteString]) -> [String] {
        let subcommands = words.count == 1 ? subcommands(of: words[0]) : []
        guard let entry = entry(for: words) else { return subcommands }
        return subcommands + (entry.syntax.after(words.dropFirst(entry.wordCount))?.nextKeywords ?? [])
    }

    /// True when the first word of a command begins so, in any case.
    package func hasWord(beginning begin: ByteString) -> Bool {
        let begin = begin.uppercased.bytes
        return firstWords.contains { $0.utf8.starts(with: begin) }
    }

    /// The names that may have been meant by an unknown command, a subcommand with its container.
    ///
    /// - Parameter others: names that may have been meant besides those of commands, and in place of the same.
    package func suggestions(for arguments: [ByteString], or others: [String] = []) -> [String] {
        guard let first = arguments.first else { return [] }
        let subcommands = subcommands(of: first)
        if arguments.count > 1, !subcommands.isEmpty {
            return Suggestions.near(arguments[1], of: subcommands).map { "\(first.uppercased.text) \($0)" }
        }
        let taken = Set(others.map { $0.uppercased() })
        return Suggestions.near(first, of: firstWords.filter { !taken.contains($0) } + others)
    }

    /// How a command is used; of a container alone, what may stand behind it.
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

    /// The command that these words begin with, if the server has it.
    package func entry(for words: [ByteString]) -> Entry? {
        for count in [2, 1] where words.count >= count {
            let name = words.prefix(count).map(\.uppercased.text).joined(separator: " ")
            let entry = entry(named: name, CommandTable.row(for: Array(words.prefix(count))))
            if let entry, entry.isAvailable { return entry }
        }
        return nil
    }

    // MARK: What is explained

    /// The commands of a name, of a container, or of a group behind `@`; those that the server does not have only where
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

    /// In the order of the table, and then what it lacks.
    private var all: [Entry] {
        let rows = CommandTable.rows.compactMap { entry(named: "\($0.name)", $0) }
        let known = Set(rows.map(\.name))
        // A container of which the table has the subcommands says nothing by itself.
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

    /// True for a subcommand of what the server has, when it lists no subcommands of it.
    private func isListedByContainer(_ name: String) -> Bool {
        let words = name.split(separator: " ")
        guard words.count > 1, let docs else { return false }
        return docs[String(words[0])] != nil && docs.subcommands(of: String(words[0])).isEmpty
    }
}
