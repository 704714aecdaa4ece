package import Routing

// What is said about what a failure leaves open or running.

extension CommandFailure {
    /// What happens to the transaction in which a command was to be queued.
    ///
    /// - Parameter isInFile: true for a line of a file.
    package static func openTransaction(isInFile: Bool) -> String {
        isInFile
            ? "Nothing of this transaction will be executed."
            : "The transaction is still open: continue it, or end it with EXEC or DISCARD."
    }

    /// - Parameter queued: how many commands are queued in the transaction that the shell is leaving.
    package static func transactionLeft(queued: Int) -> String {
        "The transaction was discarded"
            + (queued == 0 ? "." : ": \(queued == 1 ? "its command was" : "its \(queued) commands were") not executed.")
    }

    /// How to stop a script that may still be running after the shell stopped waiting for its reply.
    ///
    /// - Parameter command: its name in capitals.
    package static func stopping(_ command: String, at node: NodeAddress) -> String {
        let kill = command.hasPrefix("FCALL") ? "FUNCTION KILL" : "SCRIPT KILL"
        return "If it is still running there, \(node) replies BUSY to other commands: @\(node) \(kill) stops it."
    }
}
