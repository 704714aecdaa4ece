import Commands
import RESP

/// A key that a plan replaces with a single block of commands, so that it is never half written. If the plan also reads
/// it, it is watched from before that, and nothing written in the meantime is lost.
struct Destination: Sendable {
    /// How many attempts there are while the key keeps changing.
    private static let attempts = 16
    /// Seconds between attempts.
    static let pause = 0.05
    /// The number of the plan's own connection that watches.
    static let connection = 1
    /// How many values, or bytes, go into one command.
    private static let chunk = (values: 1000, bytes: 64 * 1024)

    let key: ByteString
    let isRead: Bool
    private var attempt = 1

    init(_ key: ByteString, isRead: Bool) {
        self.key = key
        self.isRead = isRead
    }

    private var slot: HashSlot { HashSlot(key: key) }

    /// Reads the key. The reply to WATCH comes before theirs.
    func reading(_ commands: [[ByteString]]) -> Request {
        Request(
            commands: [["WATCH", key]] + commands, route: .slot(slot), isReadonly: true, on: .own(Self.connection))
    }

    /// The block that replaces the key.
    func replacing(_ commands: [[ByteString]]) -> Request {
        let block =
            isRead ? TransactionBlock(commands, whereWatched: Self.connection) : TransactionBlock(commands)
        return Request(block, in: slot, isReadonly: false)
    }

    /// The commands in the block that make the key a list or a set: DEL, then as many RPUSH or SADD as it takes.
    ///
    /// - Parameters:
    ///   - word: RPUSH or SADD.
    ///   - values: scalars; a null becomes an empty string. If there are none, the key is deleted.
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
    ///   - outcome: the block's outcome.
    ///   - count: how many commands are in it.
    ///   - word: their word.
    /// - Returns: false when the plan has to start over, after a pause.
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
