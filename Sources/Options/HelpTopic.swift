package import Commands
import Presentation

/// What `:help TOPIC` explains. The manual page has the same text in sections.
package enum HelpTopic: String, CaseIterable, Sendable {
    case targets, routing, settings, keys, files, safety

    /// A name and its explanation.
    package struct Entry: Sendable {
        package let name: String
        package let text: String

        package init(_ name: String, _ text: String) {
            self.name = name
            self.text = text
        }

        /// The text in a column of its own, where the name leaves room for it.
        package func text(at column: Int = 24, in width: Int = 80) -> String { text.named(name, at: column, in: width) }
    }

    /// What varies in the topics.
    package struct Facts: Sendable {
        /// Each setting of the shell and what it is for.
        let settings: [Entry]
        /// True for a command that exists.
        let has: @Sendable (CommandSpec) -> Bool

        package init(settings: [Entry], has: @escaping @Sendable (CommandSpec) -> Bool = { _ in true }) {
            self.settings = settings
            self.has = has
        }
    }

    /// A piece of a topic.
    enum Block {
        case paragraph(String)
        case entries([Entry])
        /// The same, with the text below the name.
        case list([Entry])
        /// Lines as they are typed.
        case examples([String])
    }

    package init?(named name: String) {
        self.init(rawValue: name.lowercased())
    }

    /// What help knows besides commands: the topics, the shell's own words, and groups of commands.
    package static func names(_ vocabulary: Vocabulary, _ words: [ShellWord] = ShellWord.listed) -> [String] {
        allCases.map(\.rawValue) + words.map(\.name) + vocabulary.groups.map { "@\($0)" }
    }

    /// In a few words, for lists of the topics.
    package var summary: String {
        switch self {
        case .targets: "choosing the nodes that a command runs on"
        case .routing: "where commands go, and which are blocked on a cluster"
        case .settings: "what :set changes, and the settings file"
        case .keys: "the keyboard at the prompt"
        case .files: "files and environment variables"
        case .safety: "what guards your data"
        }
    }

    /// The topic as text for a terminal.
    package func text(_ facts: Facts, width: Int = 80) -> String {
        blocks(facts).map { block in
            switch block {
            case .paragraph(let text): text.wrapped(at: width).joined(separator: "\n") + "\n"
            case .entries(let entries): entries.map { $0.text(in: width) }.joined()
            case .list(let entries): entries.map { $0.text(at: 4, in: width) }.joined()
            case .examples(let lines):
                lines.map { "    " + $0.wrapped(at: width, indent: 6).joined(separator: "\n") + "\n" }.joined()
            }
        }.joined(separator: "\n")
    }

    func blocks(_ facts: Facts) -> [Block] {
        switch self {
        case .targets: Self.aboutTargets
        case .routing: Self.aboutRouting(facts.has)
        case .settings:
            [
                .paragraph(
                    """
                    :set shows the settings, :set NAME VALUE changes one, and :unset NAME undoes that. An option of the \
                    same name sets its initial value.
                    """),
                .entries(facts.settings),
                .paragraph(
                    """
                    To keep settings and aliases, write them to the settings file, ~/.slotlinerc, one command a line, \
                    with or without its colon. Lines that begin with # are comments. :set > FILE writes all settings.
                    """),
                .examples(["set timing on", "set pager off", "alias p :peek"]),
            ]
        case .keys: Self.aboutKeys
        case .files: Self.aboutFiles
        case .safety: Self.aboutSafety
        }
    }

    // MARK: The topics

    private static var aboutTargets: [Block] {
        [
            .paragraph("A word with @ in front of a command chooses the nodes that it runs on:"),
            .entries(Target.forms.map { Entry("\($0.form)", "\($0.meaning)") }),
            .paragraph(
                """
                @all, @masters and @replicas give one reply per node, whatever the command. The reply of a single node is \
                shown as it is, MOVED included. SELECT, AUTH, HELLO and other commands that change the session take no \
                target, because the session is the same on every node.
                """),
            .examples(["@replicas CONFIG GET maxmemory", "@7001 INFO memory", "@key:user:1 CLUSTER MYID"]),
        ]
    }

    private static func aboutRouting(_ has: (CommandSpec) -> Bool) -> [Block] {
        [
            .paragraph(
                """
                A command goes to the master that owns the slot of its key. Keys with the same text in braces share a slot: \
                {user:1}.name and {user:1}.mail. A command without a key goes to the node that the session began with, \
                or to another once that one has failed: :explain ROLE names it.
                """),
            .paragraph("Other nodes, and what becomes of their replies:"),
            .list(otherNodes(has)),
            .paragraph(
                """
                With keys in several slots these commands run as a sequence of steps, which :explain COMMAND shows, and \
                which is not atomic. All others are refused.
                """),
            .list(crossSlot(has)),
            .paragraph(
                "Blocked on a cluster, unless a target says where they run, or --unblock (:unblock) allows them:"),
            .list(blocks(has)),
        ]
    }

    /// The commands that go elsewhere than to the node of their key, grouped by where they go.
    package static func otherNodes(_ has: (CommandSpec) -> Bool = { _ in true }) -> [Entry] {
        grouped(has) { row in
            switch row.request {
            case .masters, .weightedMaster, .allNodes, .randomNode, .sessionNode:
                row.block == nil ? CommandHelp.routing(row) : nil
            case .keyed, .slot, .anyNode: nil
            }
        }
    }

    /// The commands that work with keys in several slots, grouped by how they do it.
    package static func crossSlot(_ has: (CommandSpec) -> Bool = { _ in true }) -> [Entry] {
        grouped(has) { row in row.crossSlot == .refuse ? nil : CommandHelp.acrossSlots(row) }
    }

    /// The blocked commands, grouped by reason, with what to do instead.
    package static func blocks(_ has: (CommandSpec) -> Bool = { _ in true }) -> [Entry] {
        grouped(has) { row in row.block.map { "\($0.reason). Instead, \($0.instead)." } }
            .map { Entry($0.text, $0.name.prefix(1).uppercased() + $0.name.dropFirst()) }
            .sorted { $0.name < $1.name }
    }

    /// The names of commands, grouped by what is said about them.
    private static func grouped(_ has: (CommandSpec) -> Bool, by text: (CommandSpec) -> String?) -> [Entry] {
        let rows = CommandTable.rows.filter(has)
        let named = rows.compactMap { row in text(row).map { (text: $0, words: row.words) } }
        let counts = Dictionary(grouping: rows, by: { $0.words[0] }).mapValues(\.count)
        return Dictionary(grouping: named, by: \.text).sorted { $0.key < $1.key }.map { text, named in
            Entry(text, list(of: named.map(\.words), counts))
        }
    }

    /// The names, separated by commas. Subcommands follow their command, several of them in parentheses, and are left
    /// out where none is missing.
    private static func list(of names: [[String]], _ counts: [String: Int]) -> String {
        Dictionary(grouping: names, by: { $0[0] }).sorted { $0.key < $1.key }.map { name, words in
            let subcommands = words.flatMap { $0.dropFirst() }.sorted()
            if words.count == counts[name] || subcommands.isEmpty { return name }
            let list = subcommands.joined(separator: ", ")
            return subcommands.count == 1 ? "\(name) \(list)" : "\(name) (\(list))"
        }.joined(separator: ", ")
    }

    private static var aboutKeys: [Block] {
        [
            .paragraph("The line is edited as in bash, or with vi keys if ~/.editrc says bind -v."),
            .entries([
                Entry(
                    "Tab",
                    """
                    completes commands, options, values, keys and files; where several fit, arrows and Enter choose from a \
                    menu, Escape closes it, and another Tab looks for keys on the servers
                    """),
                Entry("Right, End", "takes the suggestion in gray; Alt-F takes one word of it"),
                Entry("Up, Down", "earlier and later lines that begin with what you typed"),
                Entry("Ctrl-R, Ctrl-S", "searches the history, backward and forward"),
                Entry("Ctrl-A, Ctrl-E", "start and end of the line"),
                Entry("Ctrl-Left, Ctrl-Right", "a word to the left or right"),
                Entry("Ctrl-W, Ctrl-U, Ctrl-K", "deletes the word before the cursor, the line, the rest of the line"),
                Entry("Ctrl-_", "undoes the last change"),
                Entry("Alt-.", "inserts the last word of the previous line"),
                Entry(
                    "Alt-H, F1",
                    """
                    shows the whole syntax, with summary, complexity and routing; arrows scroll; with vi keys it is \
                    Ctrl-X Ctrl-H
                    """),
                Entry("Ctrl-X Ctrl-E", "opens the line in your editor"),
                Entry("Ctrl-L", "clears the screen"),
                Entry("Ctrl-C", "cancels the running command, or discards the line"),
                Entry("Ctrl-D", "leaves the shell at an empty line"),
                Entry("Ctrl-Z", "suspends the shell; fg brings it back"),
            ]),
            .paragraph(
                """
                A number before a command repeats it. An open quote, or a backslash at the end, continues on the next line. \
                After a command, | and > send its raw reply elsewhere:
                """),
            .examples(["5 incr visits", "lrange log 0 -1 | grep error", "hgetall user:1 > user.txt"]),
        ]
    }

    private static var aboutFiles: [Block] {
        [
            .entries([
                Entry("~/.slotlinerc", "settings and aliases, read when the shell starts"),
                Entry("~/.slotline_history", "the lines typed, except those with passwords"),
                Entry("~/.config/slotline/config", "profiles for --profile; --write-config writes a commented sample"),
                Entry("~/.cache/slotline/nodes/", "the addresses of cluster nodes, unless --no-cache is given"),
                Entry("~/.editrc", "key bindings, as editrc(5) describes them"),
            ]),
            .paragraph("Settings and profiles are read only if nobody else may have written them. The environment:"),
            .entries(UsageText.environment),
            .paragraph(
                """
                A file of commands is run with slotline < FILE, --file FILE, or :source FILE in the shell: one command a line, \
                # for comments, a backslash to continue a line. Pipes, redirections and formats such as ;json work at the \
                prompt only: in a file they are words of the command.
                """),
        ]
    }

    private static var aboutSafety: [Block] {
        [
            .entries([
                Entry(
                    "confirmation",
                    """
                    FLUSHALL and other destructive commands ask first, and say how many keys they affect, if they are typed on \
                    a terminal. --confirm name asks for the name of the cluster; --yes never asks.
                    """),
                Entry(
                    "read-only",
                    "--read-only, or :set read-only on, refuses whatever could modify data before it is sent."),
                Entry(
                    "lost replies",
                    """
                    If a connection ends, a write whose reply is missing is never sent again: it is reported as unknown, with \
                    exit status 4. Commands that only read are sent again.
                    """),
                Entry(
                    "cross-slot",
                    """
                    A command over several slots is not atomic. Interrupted, it loses nothing: --recover, or :recover, \
                    finishes what it left behind. --strict has the server refuse it instead.
                    """),
                Entry("transactions", "On a cluster MULTI stays in one slot. It is executed as a whole or not at all."),
                Entry(
                    "passwords",
                    """
                    They are kept out of the history, of messages, of ps, and of the programs that slotline starts. \
                    --pass-file and --pass-command keep them off the command line.
                    """),
            ])
        ]
    }
}

extension CommandSpec {
    fileprivate var words: [String] { "\(name)".split(separator: " ").map(String.init) }
}
