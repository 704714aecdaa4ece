import Commands
import RESP

/// A key that a plan replaces with a single block of commands, so that it is never half written. If the plan reads it,
/// too, it is watched from before that on, and nothing that is written meanwhile is lost.
struct Destination: Sendable {
    /// Times that the work is begun again when the key changes meanwhile.
    private static let attempts = 16
    /// Seconds in between.
    static let pause = 0.05
    /// The plan's own connection that watches.
    static let connection = 1
    /// Values in one command, and bytes.
    private static let chunk = (values: 1000, bytes: 64 * 1024)

    let key: ByteString
    let isRead: Bool
    private var attempt = 1

    init(_ key: ByteString, isRead: Bool) {
        self.key = key
        self.isRead = isRead
    }

    private var slot: HashSlot { HashSlot(key: key) }

    /// Reads the key. The reply to WATCH stands in front of theirs.
    func reading(_ commands: [[ByteString]]) -> Request {
        Request(
            commands: [["WATCH", key]] + commands, route: .slot(slot), isReadonly: true, on: .own(Self.connection))
    }

    /// The block.
    func replacing(_ commands: [[ByteString]]) -> Request {
        let block =
            isRead ? TransactionBlock(commands, whereWatched: Self.connection) : TransactionBlock(commands)
        return Request(block, in: slot, isReadonly: false)
    }

    /// What the block holds that makes the key a list or a set: DEL, then RPUSH or SADD in as many commands as it takes.
    ///
    /// - Parameters:
    ///   - word: RPUSH or SADD.
    ///   - values: scalars; a null becomes an empty string. Without any the key is deleted.
    func commands(adding values: some Sequence<RESPValue>, by word: ByteString) -> [[ByteString]] {
        var commands: [[ByteString]] = [["DEL", key]]
        var command = [word, key]
        var bytes = 0
        for value in values {
            command.append(value.byteString)
            bytes += value.count
            if command.count == Self.chunk.values + 2 || bytes >= Self.chunk.bytes {
                commands.append(command)
                command.removeLast(command.count - 2)
                bytes = 0
            }
        }
        if command.count > 2 { commands.append(command) }
        return commands
    }

    /// - Parameters:
    ///   - outcome: of the block.
    ///   - count: of the commands in it.
    ///   - word: of them.
    /// - Returns: false when the plan has to begin again, after a pause.
    mutating func isReplaced(_ outcome: RequestOutcome, count: Int, by word: String) throws(PlanEnding) -> Bool {
        switch try TransactionBlock.result(of: outcome, count: count) {
        case .carriedOut(let replies, _):
            let changes = replies.map { outcome.with($0) }
            _ = try changes.expecting(word, isReadonly: false) { $0.isOK || $0.amount != nil }.replies()
            return true
        case .passedOver(let reason):
            guard isRead, attempt < Self.attempts else { throw .failure(.gaveUp(because: reason)) }
            attempt += 1
            return false
        }
    }
}
