import Terminal
import Options
import Commands
import Engine
import Presentation
import RESP
import Routing

/// `help`, `help COMMAND`, `help @group` and `help WORD` for a word of the shell.
enum HelpText {
    static func show(_ arguments: [ByteString], for session: Session) -> ExitStatus {
        let text: String
        if let first = arguments.first {
            let entries = session.vocabulary.entries(about: arguments)
            if entries.isEmpty, session.dialect.passesOverUnknownHelp {
                session.output.write("\r\n")
                session.output.flush()
                return .ok
            }
            let word = arguments.count == 1 ? ShellWord(first).map(line) ?? "" : ""
            guard !entries.isEmpty || !word.isEmpty else {
                return session.fail(.noHelp(ByteString(arguments.map(\.bytes).joined(separator: [0x20]))))
            }
            text =
                if entries.isEmpty {
                    word
                } else if first.hasPrefix("@") {
                    entries.map(CommandHelp.line).joined()
                } else {
                    entries.map { CommandHelp.entry($0, learned: learned($0, session)) }.joined(separator: "\n")
                }
        } else {
            text = general(session)
        }
        return session.presenter.show(text)
    }

    /// The row of a command that the table lacks, as the engine makes it of what the server tells.
    private static func learned(_ entry: Vocabulary.Entry, _ session: Session) -> CommandSpec? {
        guard entry.row == nil else { return nil }
        let command = Command(entry.name.split(separator: " ").map { ByteString(String($0)) })
        return try? session.engine.learnRow(for: command)
    }

    private static var groups: String {
        "Groups: \(CommandGroup.allCases.map { "@\($0.rawValue)" }.joined(separator: " "))"
            .wrapped(indent: 8).joined(separator: "\n")
    }

    private static func general(_ session: Session) -> String {
        let text = """
            slotline \(UsageText.versionNumber)
            To get help about slotline and its commands type:
                  "help @<group>" to get a list of commands in <group>
                  "help <command>" for help on <command>
                  "help <tab>" to get a list of possible help topics
                  "quit" to exit

            \(groups)

            A target before a command chooses its nodes:
                  \(Target.forms.joined(separator: " "))

            Tab completes commands, keywords, keys, settings, nodes and files; press it
            again to look up keys on the servers. A hint in gray shows the arguments that
            follow (:set hints off). Ctrl-R searches the history.
                  COMMAND | SHELL COMMAND    pipes the raw reply to a program
                  COMMAND > FILE             writes it to a file (>> appends)

            Shell commands:

            """
        return text + ShellWord.listed.map(line).joined()
    }

    private static func line(_ word: ShellWord) -> String {
        "  \(word.usage)\(String(repeating: " ", count: max(1, 28 - word.usage.count)))\(word.row.help)\n"
    }
}
