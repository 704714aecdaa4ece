import RESP
import Routing
import Transport

// What happens to the commands on a connection that is no longer usable.

extension Link {
    /// A request that will get no reply from this connection.
    struct Abandoned {
        let ticket: Int
        /// False when it is certain that the server saw none of it.
        let mayHaveRun: Bool
        /// Set when the server refused the user or the database, so that nothing was sent.
        let refusal: CommandFailure?
    }

    /// Where to look for the reason that there is no connection.
    var fault: CommandFailure.ConnectionFault {
        if case .unresolved = failure { return .unknownHost }
        if address.isSocket { return .plain }
        if settings.tls != nil { return .encrypted }
        return wasOpen && !hasAnswered && incoming.isEmpty && parser.isIdle ? .unanswered : .plain
    }

    /// Why nothing that arrives on the connection can be read; nil if it ended otherwise.
    var violation: CommandFailure? {
        guard case .violation(let error) = failure else { return nil }
        return .protocolViolation(address, error, isFirstReply: !hasAnswered)
    }

    /// Takes the requests off a connection that is no longer usable.
    func abandon() -> [Abandoned] {
        var abandoned: [Abandoned] = []
        takeEntries { entry, _, wasSent in
            switch entry.kind {
            case .command, .lengthy:
                abandoned.append(.init(ticket: entry.sequence, mayHaveRun: wasSent, refusal: refusal))
            // It changes nothing on its own.
            case .opening: abandoned.append(.init(ticket: entry.sequence, mayHaveRun: false, refusal: refusal))
            case .step, .ignored, .identity: break
            }
        }
        return abandoned
    }

    /// Takes all commands off, oldest first, with their bytes and whether the system had taken any of them.
    func takeEntries(_ body: (Entry, _ command: UnsafeRawBufferPointer, _ wasSent: Bool) -> Void) {
        let taken = entries.all
        entries.removeAll()
        var offset = 0
        for entry in taken {
            let command = UnsafeRawBufferPointer(rebasing: outgoing.bytes[offset..<(offset + entry.length)])
            body(entry, command, offset < sentCount)
            offset += entry.length
        }
        outgoing.removeFirst(outgoing.count)
        sentCount = 0
        (gate, awaitedCount) = (nil, 0)
    }

    /// Why a connection that is no longer usable gives no reply to its last request; takes the requests off it.
    func endOfReplies() -> CommandFailure {
        let owed = abandon()
        if let refusal { return refusal }
        let failure = failure ?? .closed
        if let violation { return violation }
        let wasSent = owed.first?.mayHaveRun ?? wasOpen
        return wasSent
            ? .replyLost(address, reason: failure.reason, fault)
            : .unreachable(address, reason: failure.reason, fault)
    }
}
