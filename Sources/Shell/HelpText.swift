import Terminal
import Options
import Commands
import Engine
import Presentation
import RESP
import Routing

/// `help`, `help COMMAND`, `help @group`, `help WORD` for a word of the shell, and `help TOPIC`.
enum HelpText {
    /// - Parameter prefersTopics: true for `:help`, of which `keys` is the keyboard and no command.
    static func show(_ arguments: [ByteString], for session: Session, prefersTopics: Bool = false) -> ExitStatus {
        guard let first = arguments.first else { return session.presenter.show(general(session)) }
        let isTopic = arguments.count == 1 && session.dialect.hasHelpTopics
        let topic = isTopic ? HelpTopic(named: first.text) : nil
        let entries = topic != nil && prefersTopics ? [] : session.vocabulary.entries(about: arguments)
        let word = arguments.count == 1 ? ShellWord(first) : nil
        var parts: [String] = []
        if let word { parts.append(self.word(word)) }
        if !entries.isEmpty, first.hasPrefix("@") {
            parts.append(entries.map { CommandHelp.line($0) }.joined())
        } else {
            parts += entries.map { CommandHelp.entry($0, learned: learned($0, session)) }
        }
        if let topic { parts.append(topic.text(settings: Preferences.help, width: width(session))) }
        guard parts.isEmpty else { return session.presenter.show(parts.joined(separator: "\n")) }
        if session.dialect.passesOverUnknownHelp {
            session.output.write("\r\n")
            session.output.flush()
            return .ok
        }
        let words = ByteString(arguments.map(\.bytes).joined(separator: [0x20]))
        return session.fail(.noHelp(words, near: suggestion(for: arguments, session)))
    }

    private static func suggestion(for arguments: [ByteString], _ session: Session) -> String? {
        session.vocabulary.suggestion(for: arguments, or: topics).map { "help \($0)" }
    }

    /// What help knows besides commands and their groups.
    static var topics: [String] {
        HelpTopic.allCases.map(\.rawValue) + ShellWord.listed.map(\.name)
            + CommandGroup.allCases.map { "@\($0.rawValue)" }
    }

    /// The row of a command that the table lacks, as the engine makes it of what the server tells.
    private static func learned(_ entry: Vocabulary.Entry, _ session: Session) -> CommandSpec? {
        guard entry.row == nil else { return nil }
        let command = Command(entry.name.split(separator: " ").map { ByteString(String($0)) })
        return try? session.engine.learnRow(for: command)
    }

    private static func width(_ session: Session) -> Int { min(session.presenter.window.columns, 80) }

    private static func general(_ session: Session) -> String {
        let width = width(session)
        func entry(_ name: String, _ text: String) -> String { HelpTopic.Entry(name, text).text(at: 30, in: width) }
        var text = "slotline \(UsageText.versionNumber)\n"
        for section in ShellWord.Section.allCases {
            let words = ShellWord.listed.filter { $0.row.section == section }
            text += "\n\(section.rawValue) (try \(words.first?.row.example.description ?? ""))\n"
            text += words.map { entry($0.usage, $0.row.help.description) }.joined()
        }
        text += "\nTopics (try :help targets)\n"
        text += HelpTopic.allCases.map { entry(":help \($0.rawValue)", $0.summary) }.joined()
        text += "\nCommands (try help getex)\n"
        let groups = CommandGroup.allCases.map { "@\($0.rawValue)" }.joined(separator: " ")
        text += entry("help COMMAND", "syntax, complexity, routing, and keys in several slots")
        text += entry("help @group", groups)
        text += "\nAround a command (try @masters dbsize | sort)\n"
        text += entry("@TARGET COMMAND", Target.listOfForms)
        text += entry("5 COMMAND", "runs it five times")
        text += entry("COMMAND | PROGRAM", "pipes the raw reply to a program")
        text += entry("COMMAND > FILE", "writes it to a file; >> appends")
        return text
    }

    /// A word of the shell with all that is to be said of it.
    private static func word(_ word: ShellWord) -> String {
        let text = word.description.wrapped(at: 76).map { "    \($0)\n" }.joined()
        return "  \(word.usage)\n\(text)    Example: \(word.row.example)\n"
    }
}
