package import Commands
import RESP
package import Routing

/// What a server said about a word that is not in the table.
struct LearnedWord {
    /// Nil when the server does not know the word either.
    let row: CommandSpec?
    let hasSubcommands: Bool
}

extension Engine {
    /// The row of a command, from the table or learned from the server.
    package func row(for command: Command) -> CommandSpec? {
        if let row = tableRow(for: command.arguments) { return row }
        let word = command.name.uppercased
        guard let known = learned[word], known.hasSubcommands, command.arguments.count > 1 else {
            return learned[word]?.row
        }
        return learned[word + "|" + command.arguments[1].uppercased]?.row ?? known.row
    }

    /// The same, but asks the server for what the table lacks: a command sent blindly may be executed by a node that
    /// does not own its keys.
    ///
    /// - Returns: nil for a word that the server does not know either, or does not describe to this user.
    package func learnRow(for command: Command) throws(CommandFailure) -> CommandSpec? {
        if let row = tableRow(for: command.arguments) { return row }
        guard router.routesCommands || router.isReadOnly else { return nil }
        if map.isUnknown, router.routesCommands { try requireTopology() }
        let word = command.name.uppercased
        if try learn(word), command.arguments.count > 1 { try learn(word + "|" + command.arguments[1].uppercased) }
        return row(for: command)
    }

    /// The table's row, cached until a different command comes: one command looks it up at several stages, and once per
    /// node in a fan-out.
    private func tableRow(for arguments: [ByteString]) -> CommandSpec? {
        if let lastRow, lastRow.arguments == arguments { return lastRow.row }
        let row = CommandTable.row(for: arguments)
        lastRow = (arguments, row)
        return row
    }

    /// Asks the server about a command, once.
    ///
    /// - Returns: true when its subcommands are described separately.
    @discardableResult
    private func learn(_ name: ByteString) throws(CommandFailure) -> Bool {
        if let known = learned[name] { return known.hasSubcommands }
        let info = try ask([map.home], for: ["COMMAND", "INFO", name], timeout: retryFor)[0].get()
        // A refusal of this user stays the same; that of a server that is loading does not.
        if info.serverError?.code == "NOPERM" { learned[name] = LearnedWord(row: nil, hasSubcommands: false) }
        guard info.kind == .array, let entry = Array(info.elements).first else { return false }
        let subcommands = Array(entry.elements).dropFirst(9).first
        let known = LearnedWord(
            row: CommandSpec(commandInfo: entry), hasSubcommands: subcommands.map { $0.count > 0 } ?? false)
        learned[name] = known
        return known.hasSubcommands
    }
}
