import Terminal
import Options
import Commands
import Engine
import Presentation
import RESP
import Routing

/// `help`, `help COMMAND`, `help @group`, `help WORD` for a word of the shell, and `help TOPIC`.
enum HelpText {
    /// - Parameter prefersTopics: true for `:help`, where `keys` means the keyboard and not the command.
    static func show(
        _ arguments: [ByteString], for session: Session, prefersTopics: Bool = false, at place: SourceLine?
    ) -> ExitStatus {
        guard let first = arguments.first else { return session.presenter.show(general(session)) }
        let width = session.presenter.window.textColumns
        let isTopic = arguments.count == 1 && session.dialect.hasHelpTopics
        let topic = isTopic ? HelpTopic(named: first.text) : nil
        let entries = topic != nil && prefersTopics ? [] : session.vocabulary.entries(about: arguments)
        func word(named name: ByteString) -> ShellWord? {
            arguments.count == 1 ? session.grammar(.prompt).words.first { name.matches($0.row.name) } : nil
        }
        let ofColon = word(named: ":" + first)
        // The colon may be left out where nothing else has the name.
        let shown = word(named: first) ?? (entries.isEmpty && topic == nil ? ofColon : nil)
        var parts: [String] = []
        if let shown { parts.append(self.word(shown.row(in: session.dialect), width)) }
        if !entries.isEmpty, first.hasPrefix("@") {
            parts.append(entries.map { CommandHelp.line($0, width: width) }.joined())
        } else {
            parts += entries.map { CommandHelp.entry($0, learned: learned($0, session), width: width) }
        }
        if let topic { parts.append(topic.text(facts(session), width: width)) }
        if let ofColon, !entries.isEmpty { parts.append("  See also: help \(ofColon.name)\n") }
        guard parts.isEmpty else { return session.presenter.show(parts.joined(separator: "\n")) }
        if session.dialect.passesOverUnknownHelp {
            session.output.write("\r\n")
            session.output.flush()
            return .ok
        }
        let words = ByteString(arguments.map(\.bytes).joined(separator: [0x20]))
        let near = suggestions(for: arguments, session).map { "help \($0)" }
        return session.fail(.noHelp(words, near: near), at: place)
    }

    /// For several words that are commands each, those commands: help explains one at a time.
    private static func suggestions(for arguments: [ByteString], _ session: Session) -> [String] {
        let vocabulary = session.vocabulary
        let commands = arguments.filter { vocabulary.entry(for: [$0]) != nil }.map(\.uppercased.text)
        if arguments.count > 1, !commands.isEmpty, vocabulary.subcommands(of: arguments[0]).isEmpty { return commands }
        let near = vocabulary.suggestions(for: arguments, or: session.helpTopics)
        // The missing colon is no typing error.
        return near.isEmpty && arguments.count == 1 ? ShellWord.suggestions(for: ":" + arguments[0]) : near
    }

    private static func facts(_ session: Session) -> HelpTopic.Facts {
        let vocabulary = session.vocabulary
        return HelpTopic.Facts(settings: Preferences.help) { vocabulary.has($0) }
    }

    /// The row of a command missing from the table, as the engine derives it from what the server reports.
    private static func learned(_ entry: Vocabulary.Entry, _ session: Session) -> CommandSpec? {
        guard entry.row == nil else { return nil }
        let command = Command(entry.name.split(separator: " ").map { ByteString(String($0)) })
        return try? session.engine.learnRow(for: command)
    }

    private static func general(_ session: Session) -> String {
        let width = session.presenter.window.textColumns
        func entry(_ name: String, _ text: String) -> String { HelpTopic.Entry(name, text).text(at: 30, in: width) }
        func heading(_ text: String) -> String { "\n" + text.wrapped(at: width).joined(separator: "\n") + "\n" }
        var text = UsageText.title(in: session.dialect) + "\n"
        for section in ShellWord.Section.allCases {
            let rows = session.grammar(.prompt).words.map { $0.row(in: session.dialect) }.filter {
                $0.section == section
            }
            guard let first = rows.first else { continue }
            text += heading("\(section.rawValue) (try \(first.example))")
            text += rows.map { entry($0.usage, $0.help.description) }.joined()
        }
        if session.dialect.hasHelpTopics {
            text += heading("Topics (try :help targets)")
            text += HelpTopic.allCases.map { entry(":help \($0.rawValue)", $0.summary) }.joined()
        }
        text += heading("Commands (try help getex)")
        let groups = session.vocabulary.groups.map { "@\($0)" }.joined(separator: " ")
        text += entry("help COMMAND", "syntax, complexity, routing, and keys in several slots")
        text += entry("help @group", groups)
        let redirects = session.dialect.hasRedirections
        text += heading("Around a command (try @masters dbsize\(redirects ? " | sort" : ""))")
        text += entry("@TARGET COMMAND", Target.listOfForms)
        text += entry("5 COMMAND", "runs it five times")
        guard redirects else { return text }
        text += entry("COMMAND ;json", "prints the reply as JSON; also ;table, ;pretty, ;raw, ;csv")
        text += entry("COMMAND | PROGRAM", "pipes the raw reply to a program")
        text += entry("COMMAND > FILE", "writes it to a file; >> appends")
        return text
    }

    /// Everything there is to say about a word of the shell.
    private static func word(_ word: ShellWord.Row, _ width: Int) -> String {
        let example = "Example: \(word.example)".wrapped(at: width, indent: 4)
        return HelpTopic.Entry(word.usage, word.description).text(at: 4, in: width)
            + "    \(example.joined(separator: "\n"))\n"
    }
}
