package import RESP

/// A word that slotline answers itself. Everything else is a command for a server.
package enum ShellWord: CaseIterable, Sendable {
    case help, questionMark, clear, connect, quit, exit, set, unset, format, timing, unblock, nodes, slots, explain,
        watch, peek, queue, edit, alias, unalias, recover, diagnose, source, list
    /// A word that redis-cli knows only in its script debugger, and refuses elsewhere.
    case restart

    /// What Tab offers after a word.
    package enum Completion: Sendable {
        case nothing
        case preferences
        /// The values of the preference of this name.
        case values(of: StaticString)
        case file
        case key
        case alias
        /// What `help` can explain.
        case topic
        /// A command that starts with the argument at this index.
        case command(at: Int)
        /// A command, which a number may come before.
        case timedCommand
    }

    /// The headings of `:help`, in order.
    package enum Section: String, CaseIterable, Sendable {
        case look = "Look around"
        case run = "Run commands"
        case settings = "Settings"
        case session = "Help and session"
    }

    /// How a word is written, and what is said about it.
    package struct Row: Sendable {
        package let name: StaticString
        package let arguments: StaticString
        package let section: Section
        /// One line for `:help`.
        package let help: StaticString
        /// What else there is to know about it, in sentences.
        package let details: StaticString
        package let example: StaticString
        package let completion: Completion
        /// How many arguments make it the word.
        let counts: ClosedRange<Int>

        fileprivate init(
            _ name: StaticString, _ arguments: StaticString, _ section: Section, _ help: StaticString,
            _ details: StaticString = "", example: StaticString, _ counts: ClosedRange<Int>,
            _ completion: Completion = .nothing
        ) {
            self.name = name
            self.arguments = arguments
            self.section = section
            self.help = help
            self.details = details
            self.example = example
            self.completion = completion
            self.counts = counts
        }
    }

    private static let any = 0...Int.max
    private static let some = 1...Int.max

    package var row: Row {
        switch self {
        case .help:
            Row(
                "help", "[COMMAND | @group | TOPIC]", .session, "syntax and routing of a command, or a topic",
                example: "help getex", Self.any, .topic)
        case .questionMark:
            Row("?", "[COMMAND | @group | TOPIC]", .session, "like help", example: "? @stream", Self.any, .topic)
        case .list:
            Row(
                ":help", "[TOPIC]", .session, "this list, or a topic", example: ":help routing", Self.any, .topic)
        case .clear: Row("clear", "", .session, "clear the screen", example: "clear", 0...0)
        case .connect:
            Row(
                "connect", "URI | PORT | HOST:PORT | HOST [PORT]", .session, "use another server or cluster",
                """
                A PORT alone means the same host. A URI (redis://[USER:PASSWORD@]HOST[:PORT][,HOST...][/DB], or \
                rediss:// for TLS) says whether to use TLS, and may give a user, a password and a database; what it does not \
                say stays as it is. The current password is never sent to another cluster; coming back to an earlier one \
                logs in as before. Lines with a password are not kept in the history.
                """, example: "connect rediss://10.0.0.5:7000", 1...2)
        case .quit: Row("quit", "", .session, "leave the shell, as exit does", example: "quit", Self.any)
        case .exit: Row("exit", "", .session, "leave the shell", example: "exit", Self.any)
        case .set:
            Row(
                ":set", "[NAME [VALUE]]", .settings, "show or change settings",
                "Without a name it lists all settings and what they are for. :help settings says how to keep them.",
                example: ":set timing on", Self.any, .preferences)
        case .unset:
            Row(
                ":unset", "NAME", .settings, "undo a change to a setting",
                "The setting returns to the value that the session began with.", example: ":unset timing", 1...1,
                .preferences)
        case .format:
            Row(
                ":format", "[FORMAT]", .settings, "choose how replies are printed",
                "table is laid out for reading; pretty is redis-cli's own format. For one line only: HGETALL user:1 ;json.",
                example: ":format json", 0...1,
                .values(of: "format"))
        case .timing:
            Row(
                ":timing", "[on|off]", .settings, "show how long each command takes",
                "It also shows the network's share, the node, and redirects.", example: ":timing on", 0...1,
                .values(of: "timing"))
        case .unblock:
            Row(
                ":unblock", "[NAME[,NAME]]", .settings, "show or allow blocked commands",
                ":help routing lists the commands that are blocked on a cluster, and why.", example: ":unblock watch",
                Self.any, .values(of: "unblock"))
        case .alias:
            Row(
                ":alias", "[NAME [WORDS ...]]", .settings, "show or define aliases",
                """
                An alias may begin with a repeat count, a target or a shell command. It takes no parameters: what is \
                typed after it is appended.
                """, example: ":alias p :peek",
                Self.any, .command(at: 1))
        case .unalias:
            Row(":unalias", "NAME", .settings, "remove an alias", example: ":unalias p", 1...1, .alias)
        case .nodes:
            Row(
                ":nodes", "", .look, "the nodes: role, slots, keys, memory, lag, health", example: ":nodes", 0...0)
        case .slots: Row(":slots", "", .look, "a map of the slots: owners, migrations, gaps", example: ":slots", 0...0)
        case .peek:
            Row(
                ":peek", "KEY [COUNT]", .look, "type, expiry, size and first elements of a key",
                "A negative COUNT shows the last elements of a list, sorted set or stream. The server cuts long elements.",
                example: ":peek user:1 20",
                1...2, .key)
        case .queue:
            Row(
                ":queue", "", .look, "what the open transaction holds",
                "Of a command that contains a password, only the name is shown.", example: ":queue", 0...0)
        case .explain:
            Row(
                ":explain", "COMMAND ...", .look, "keys, nodes and steps of a command; sends nothing",
                "It also says whether the command is atomic, or why it would be refused.",
                example: ":explain rename a b", Self.some, .command(at: 0))
        case .diagnose:
            Row(
                ":diagnose", "", .look, "examine connections, nodes, slots and rights", example: ":diagnose", 0...0)
        case .watch:
            Row(
                ":watch", "[SECONDS] COMMAND ...", .run, "repeat a command, every 2 seconds by default",
                """
                Arrows scroll what is taller than the window; any other key ends it. In a pipe or a file an empty line \
                stands between the replies, and none where they are JSON or CSV.
                """, example: ":watch dbsize",
                Self.some, .timedCommand)
        case .edit:
            Row(
                ":edit", "[COMMAND ...]", .run, "edit the given or last command, then run it",
                "VISUAL or EDITOR names the editor.", example: ":edit", Self.any, .command(at: 0))
        case .source:
            Row(":source", "FILE", .run, "run a file of commands", example: ":source setup.txt", 1...1, .file)
        case .recover:
            Row(
                ":recover", "", .run, "finish what interrupted commands left behind",
                "Commands over several slots that were interrupted may leave temporary keys. Running it never hurts.",
                example: ":recover", 0...0)
        case .restart: Row("restart", "", .session, "", example: "", 0...0)
        }
    }

    /// The row where slotline stands in for another tool, whose word may do less.
    package func row(in dialect: Dialect) -> Row {
        guard self == .set, !dialect.showsPreferences else { return row }
        return Row(
            ":set", "hints | nohints", .settings, "show in gray which arguments follow, or do not",
            example: ":set nohints", 1...1)
    }

    /// Those that help lists.
    package static let listed = allCases.filter { $0 != .restart }

    /// The word of this name, in any case, whatever follows it.
    package init?(_ name: ByteString) {
        guard let word = Self.allCases.first(where: { name.matches($0.row.name) }) else { return nil }
        self = word
    }

    package var name: String { "\(row.name)" }

    package var usage: String { row.usage }

    /// True unless the last of these arguments is one too many, or not a number where one is expected.
    ///
    /// - Parameter isUnfinished: more may be typed after its last character.
    package func fits(_ arguments: [ByteString], isUnfinished: Bool) -> Bool {
        guard let last = arguments.last, arguments.count <= row.counts.upperBound else { return arguments.isEmpty }
        let syntax = CommandSyntax("\(row.arguments)".lowercased()).after(arguments.dropLast())
        guard let syntax, !syntax.isEmpty else { return true }
        return syntax.taking(last, isUnfinished: isUnfinished).meaning != .misfit
    }

    /// True for a word that no server has.
    var hasColon: Bool { name.hasPrefix(":") }

    /// The word of this name without the colon, else those with one whose names are closest to it.
    package static func suggestions(for name: ByteString) -> [String] {
        let bare = name.dropFirst(1)
        if let word = listed.first(where: { !$0.hasColon && bare.matches($0.row.name) }) { return [word.name] }
        return Suggestions.near(name, of: listed.filter(\.hasColon).map(\.name))
    }
}

extension ShellWord.Completion {
    /// Which of the arguments starts a command; nil if none does.
    package func placeOfCommand(among arguments: [ByteString]) -> Int? {
        switch self {
        case .command(let place): place
        case .timedCommand: arguments.first.flatMap { Double($0.text) } == nil ? 0 : 1
        case .nothing, .preferences, .values, .file, .key, .topic, .alias: nil
        }
    }
}

extension ShellWord.Row {
    /// The word and its arguments.
    package var usage: String { arguments.utf8CodeUnitCount == 0 ? "\(name)" : "\(name) \(arguments)" }

    /// All that is said about it, in sentences.
    package var description: String {
        let help = self.help.description
        return help.prefix(1).uppercased() + help.dropFirst() + "."
            + (details.utf8CodeUnitCount == 0 ? "" : " \(details)")
    }

    /// What it takes after this many arguments, without unmatched brackets.
    package func arguments(after count: Int) -> String {
        if count == 0 { return "\(arguments)" }
        // Alternatives are one argument.
        let words = "\(arguments)".replacing(" | ", with: "|").split(separator: " ")
        var rest = words.dropFirst(count).joined(separator: " ")
        while rest.hasSuffix("]"), rest.count(where: { $0 == "]" }) > rest.count(where: { $0 == "[" }) {
            rest.removeLast()
        }
        return rest
    }
}
