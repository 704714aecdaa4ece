import Commands
import RESP

/// A replica's confirmation of a write, required before the original of what was written is destroyed: a failing master
/// takes with it what no replica has. Source: Redis documentation, "WAIT".
struct ReplicaWait: Sendable {
    /// Milliseconds: enough for a payload of hundreds of megabytes.
    private static let patience: ByteString = "5000"

    /// WAIT, to be sent after the write on the same connection; empty if there is no replica.
    let commands: [[ByteString]]

    init(in slot: HashSlot, _ context: CrossSlotContext) {
        commands = context.isReplicated(slot) ? [["WAIT", "1", Self.patience]] : []
    }

    /// The same without waiting, for when nothing has been written yet: a user who may not run WAIT is refused.
    var probe: [[ByteString]] { commands.isEmpty ? [] : [["WAIT", "0", "0"]] }

    /// - Parameter replies: the replies to the write and to ``commands``.
    func isGiven(by replies: [RESPValue]) -> Bool {
        commands.isEmpty || replies.last?.integer.map { $0 > 0 } ?? false
    }

    /// The outcome of the one command that comes before ``commands``, and whether it is confirmed.
    func unwrap(_ outcome: RequestOutcome) -> (outcome: RequestOutcome, isConfirmed: Bool) {
        guard !commands.isEmpty, case .reply(let value, _) = outcome, let replies = value.elements(2) else {
            return (outcome, commands.isEmpty)
        }
        return (outcome.with(replies[0]), isGiven(by: replies))
    }

    /// For the outline of a plan, after what has to be confirmed.
    var outline: String { commands.isEmpty ? "" : ", then WAIT until a replica has it" }
}
