package import RESP

/// A word that slotline answers itself. Everything else is a command for a server.
package enum ShellWord: CaseIterable, Sendable {
    case help, questionMark, clear, connect, quit, exit, set, format, timing, unblock, nodes, slots, explain, watch,
        peek, edit, alias, recover, diagnose, source, list
    /// A word that redis-cli knows in its script debugger only, and refuses elsewhere.
    case restart

    /// What Tab offers behind a word.
    package enum Completion: Sendable {
        case nothing
        case preferences
        /// The values of the preference of this name.
        case values(of: StaticString)
        case file
        case key
        /// What `help` has something on.
        case topic
        /// A command that begins with the argument of this number.
        case command(at: Int)
    }

    /// How a word is written, and what is said of it.
    package struct Row: Sendable {
        package let name: StaticString
        package let arguments: StaticString
        package let help: StaticString
        package let completion: Completion
        /// This many arguments make it the word.
        let counts: ClosedRange<Int>

        fileprivate init(
            _ name: StaticString, _ arguments: StaticString, _ help: StaticString, _ counts: ClosedRange<Int>,
            _ completion: Completion = .nothing
        ) {
            self.name = name
            self.arguments = arguments
            self.help = help
            self.counts = counts
            self.completion = completion
        }
    }

    private static let any = 0...Int.max
    private static let some = 1...Int.max

    package var row: Row {
        switch self {
        case .help: Row("help", "[COMMAND | @group]", "syntax and routing of a command", Self.any, .topic)
        case .questionMark: Row("?", "[COMMAND | @group]", "like help", Self.any, .topic)
        case .clear: Row("clear", "", "clear the screen", 0...0)
        case .connect: Row("connect", "HOST PORT", "use another server or cluster", 2...2)
        case .quit: Row("quit", "", "leave the shell", Self.any)
        case .exit: Row("exit", "", "leave the shell", Self.any)
        case .set: Row(":set", "[NAME [VALUE]]", "show or change preferences", Self.any, .preferences)
        case .format: Row(":format", "[FORMAT]", "choose the output format", 0...1, .values(of: "format"))
        case .timing: Row(":timing", "[on|off]", "show how long each command takes", 0...1, .values(of: "timing"))
        case .unblock: Row(":unblock", "NAME", "allow a blocked command", Self.some, .values(of: "unblock"))
        case .nodes: Row(":nodes", "", "list nodes: role, slots, keys, memory, lag, health", 0...0)
        case .slots: Row(":slots", "", "map of the slots: owners, migrations, gaps", 0...0)
        case .explain:
            Row(":explain", "COMMAND ...", "show where a command would go; sends nothing", Self.some, .command(at: 0))
        case .watch:
            Row(":watch", "SECONDS COMMAND ...", "run a command at an interval", 2...Int.max, .command(at: 1))
        case .peek: Row(":peek", "KEY", "type, expiry, size and first elements of a key", 1...1, .key)
        case .edit:
            Row(":edit", "[COMMAND ...]", "edit the given or last command, then run it", Self.any, .command(at: 0))
        case .alias:
            Row(":alias", "[NAME [WORDS ...]]", "list, set or remove aliases", Self.any, .command(at: 1))
        case .recover: Row(":recover", "", "finish what interrupted commands left behind", 0...0)
        case .diagnose: Row(":diagnose", "", "examine connections, nodes, slots and rights", 0...0)
        case .source: Row(":source", "FILE", "run a file of commands", 1...1, .file)
        case .list: Row(":help", "", "show this list", Self.any)
        case .restart: Row("restart", "", "", 0...0)
        }
    }

    /// Those that help tells of.
    package static let listed = allCases.filter { $0 != .restart }

    /// The word of this name, in any case, whatever stands behind it.
    package init?(_ name: ByteString) {
        guard let word = Self.allCases.first(where: { name.matches($0.row.name) }) else { return nil }
        self = word
    }

    package var name: String { "\(row.name)" }

    /// The word and what it takes.
    package var usage: String { "\(row.name) \(row.arguments)" }

    /// True for a word that no server has.
    var hasColon: Bool { name.hasPrefix(":") }

    /// The word with a colon whose name is nearest to this one; nil when none is near.
    package static func suggestion(for name: ByteString) -> ShellWord? {
        let words = listed.filter(\.hasColon)
        return CommandTable.nearest(to: name, of: words.map(\.name)).flatMap { ShellWord(ByteString($0)) }
    }
}
