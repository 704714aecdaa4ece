import Commands
import Engine
import Presentation
import RESP
import Routing

extension Session {
    /// `:queue`: what the transaction holds, one command per line. Only the name of a command with a secret is shown.
    func showQueue() -> ExitStatus {
        let items = engine.transaction.isInBlock ? engine.queue.items : []
        let commands = items.map { item in
            let words = item.command.arguments
            let shown =
                CommandTable.isSecret(words) ? ["\(words[0].text)", "..."] : words.map { Quoting.utf8.word($0) }
            return shown.joined(separator: " ") + (item.isRefused ? "  (refused)" : "")
        }
        guard style.format.isForPeople else { return show(.array(commands.map { .text($0) })) }
        guard engine.transaction.isInBlock else { return presenter.show("No transaction is open.\n") }
        guard !commands.isEmpty else { return presenter.show("The transaction is empty.\n") }
        let width = "\(commands.count)".count
        let lines = commands.enumerated().map { place, command in
            "\("\(place + 1)".aligned(to: width))) \(VisibleText.text(command))\n"
        }
        return presenter.show(lines.joined())
    }
}
