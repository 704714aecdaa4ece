package import RESP

extension CommandTable {
    /// The row of a command: by its first two words, else by its first, in any case. Nil when the table has none.
    package static func row(for arguments: [ByteString]) -> CommandSpec? {
        guard let first = arguments.first else { return nil }
        let both = arguments.count > 1 ? first + " " + arguments[1] : nil
        for family in families {
            if let row = row(both, first, in: family()) { return row }
        }
        return nil
    }

    /// Without an index: a program that runs one command would take far longer to build it than to search the rows.
    private static func row(_ both: ByteString?, _ first: ByteString, in rows: [CommandSpec]) -> CommandSpec? {
        both.flatMap { both in rows.first { both.matches($0.name) } } ?? rows.first { first.matches($0.name) }
    }

    /// What does the same as this command but cannot write: `SORT_RO` for SORT, or else `ACL LOG without RESET`; nil
    /// when there is nothing.
    package static func readOnlyVariant(of row: CommandSpec, with arguments: [ByteString]) -> String? {
        if let variant = self.row(for: [ByteString("\(row.name)_RO")]) { return "\(variant.name)" }
        let words = row.wordsThatWrite(in: arguments)
        return words.isEmpty ? nil : "\(row.name) without \(words.joined(separator: " and "))"
    }

    /// True for a command whose arguments show a password, or what may be one.
    package static func isSecret(_ arguments: [ByteString]) -> Bool {
        row(for: arguments)?.sensitivity.isSecret(arguments) ?? false
    }

    /// The rows whose block a user can lift.
    package static var liftable: [CommandSpec] { rows.filter { $0.block?.isLiftable == true } }

    /// The name of a blocked command as the one word that unblocks it.
    package static func unblocking(_ name: String) -> String { name.lowercased().replacing(" ", with: "_") }

    /// The first words of all names, each once.
    package static var firstWords: [String] {
        var seen: Set<String> = []
        return rows.map { "\($0.name)".prefix { $0 != " " } }.map(String.init).filter { seen.insert($0).inserted }
    }

    /// The second words of the names that start with this one, in any case.
    package static func subcommands(of word: ByteString) -> [String] {
        let begin = word.uppercased.text + " "
        return rows.map { "\($0.name)" }.filter { $0.hasPrefix(begin) }.map { String($0.dropFirst(begin.count)) }
    }

    /// True for a word that has subcommands.
    package static func hasSubcommands(_ word: ByteString) -> Bool {
        let prefix = word.uppercased.bytes + [0x20]
        return rows.contains { row in row.name.withUTF8Buffer { $0.starts(with: prefix) } }
    }
}
