import Commands
import Engine
import Presentation
import RESP
import Routing

/// `help`, `help COMMAND` and `help @group`.
enum HelpText {
    static func show(_ arguments: [ByteString], for session: Session) -> ExitStatus {
        let text: String
        if let first = arguments.first {
            let rows = rows(for: arguments)
            if rows.isEmpty, session.isDropIn {
                // redis-cli's answer to what it does not know.
                session.output.write("\r\n")
                session.output.flush()
                return .ok
            }
            guard !rows.isEmpty else {
                return session.fail(.noHelp(ByteString(arguments.map(\.bytes).joined(separator: [0x20]))))
            }
            text =
                first.hasPrefix("@")
                ? rows.map(CommandHelp.line).joined()
                : rows.map { CommandHelp.entry($0, documentation: documentation($0, session)) }.joined(separator: "\n")
        } else {
            text = general(session)
        }
        return session.show(text)
    }

    /// What the server says of a command. In the shell only: elsewhere `help` needs no server.
    private static func documentation(_ row: CommandSpec, _ session: Session) -> RESPValue? {
        guard session.isInteractive, session.isConnected, row.group != .slotline else { return nil }
        let name = "\(row.name)".lowercased().split(separator: " ").joined(separator: "|")
        let question = Command(["COMMAND", "DOCS", ByteString(name)])
        guard let reply = try? session.engine.run(question), case .value(let value) = reply.body else { return nil }
        return value.pairs.first?.value
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
        var text = """
            slotline \(UsageText.versionNumber)
            To get help about slotline and its commands type:
                  "help @<group>" to get a list of commands in <group>
                  "help <command>" for help on <command>
                  "help <tab>" to get a list of possible help topics
                  "quit" to exit

            \(groups)

            A target in front of a command names its nodes:
                  @all @masters @replicas @random @HOST:PORT @ID @slot:N @key:K

            Tab completes commands, keywords, keys, settings, nodes and files; pressed
            again it looks for keys on the servers. What a command takes next stands
            in grey behind the line (:set hints off). Ctrl-R searches the history.
                  COMMAND | SHELL COMMAND    gives the raw reply to a program
                  COMMAND > FILE             to a file (>> adds to it)

            Words of the shell:

            """
        for row in ShellWords.rows {
            let typed = "\(row.name) \(row.arguments)"
            text += "  \(typed)\(String(repeating: " ", count: max(1, 28 - typed.count)))\(row.help)\n"
        }
        return text
    }
}
