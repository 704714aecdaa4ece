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
            let rows = rows(for: arguments)
            if rows.isEmpty, session.dialect.passesOverUnknownHelp {
                session.output.write("\r\n")
                session.output.flush()
                return .ok
            }
            let word = arguments.count == 1 ? ShellWord(first).map(line) ?? "" : ""
            guard !rows.isEmpty || !word.isEmpty else {
                return session.fail(.noHelp(ByteString(arguments.map(\.bytes).joined(separator: [0x20]))))
            }
            text =
                if rows.isEmpty {
                    word
                } else if first.hasPrefix("@") {
                    documented(rows, session).map { CommandHelp.line($0, documentation: $1) }.joined()
                } else {
                    documented(rows, session).map { CommandHelp.entry($0, documentation: $1) }.joined(separator: "\n")
                }
        } else {
            text = general(session)
        }
        return session.presenter.show(text)
    }

    /// Commands, each with what a server says of it, if it can be asked within a second.
    private static func documented(_ rows: [CommandSpec], _ session: Session) -> [(CommandSpec, RESPValue?)] {
        let names = rows.map { row in
            row.group == .slotline ? nil : "\(row.name)".lowercased().replacing(" ", with: "|")
        }
        let question = ["COMMAND", "DOCS"] + names.compactMap { $0.map { ByteString($0) } }
        var answer: Result<RESPValue, CommandFailure>?
        if question.count > 2, session.presenter.isConnected {
            answer = session.engine.ask(session.engine.map.home, for: question)
        }
        let documentation = (try? answer?.get())?.pairs ?? []
        return zip(rows, names).map { row, name in (row, documentation.first { $0.key.text == name }?.value) }
    }

    private static func rows(for arguments: [ByteString]) -> [CommandSpec] {
        if arguments.count == 1, arguments[0].hasPrefix("@") {
            let group = arguments[0].dropFirst(1)
            return CommandTable.rows.filter { ByteString($0.group.rawValue).uppercased == group.uppercased }
        }
        let typed = ByteString(arguments.map(\.bytes).joined(separator: [0x20])).uppercased.text
        return CommandTable.rows.filter { "\($0.name)" == typed || "\($0.name)".hasPrefix(typed + " ") }
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
