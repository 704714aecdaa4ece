package import Clock
package import RESP
package import Routing
import Transport

/// A connection of its own to one node, for the modes that measure it: requests go out back to back and their replies
/// are waited for. Nothing is redirected and nothing is sent again.
package final class DirectConnection {
    /// Why there is no good reply.
    package enum Failure: Error {
        case command(CommandFailure)
        /// An error reply, or one that cannot be understood, as an error.
        case refused(RESPValue)
    }

    private let engine: Engine
    let connection: Link

    package var node: NodeAddress { connection.address }

    package init(_ engine: Engine, to node: NodeAddress) {
        self.engine = engine
        connection = engine.pool.makeLink(to: node)
    }

    deinit {
        connection.close()
    }

    /// Sends requests, each a command with its arguments, in one go.
    ///
    /// - Returns: a reply for each, in their order.
    /// - Throws: `.command` when the connection fails, or after Ctrl-C.
    package func run(_ requests: [[ByteString]]) throws(Failure) -> [RESPValue] {
        for (ticket, request) in requests.enumerated() { connection.send(request, ticket: ticket) }
        var replies: [RESPValue] = []
        replies.reserveCapacity(requests.count)
        while replies.count < requests.count {
            switch connection.receive() {
            case .reply(_, let value): replies.append(value)
            case .push(let value): engine.onPush(value)
            case .note(let note): engine.onNote(note)
            case nil: try wait()
            }
        }
        return replies
    }

    /// The same for requests of which none may be answered with an error.
    package func replies(to requests: [[ByteString]]) throws(Failure) -> [RESPValue] {
        let replies = try run(requests)
        if let error = replies.first(where: \.isError) { throw .refused(error) }
        return replies
    }

    /// The reply to one request, no error.
    package func reply(to request: [ByteString]) throws(Failure) -> RESPValue {
        try replies(to: [request])[0]
    }

    /// Waits for what the node sends without being asked.
    ///
    /// - Returns: nil when nothing has come before the deadline.
    package func nextMessage(until deadline: Instant) throws(Failure) -> RESPValue? {
        while true {
            switch connection.receive() {
            case .reply(_, let value), .push(let value): return value
            case .note(let note): engine.onNote(note)
            case nil where deadline.hasPassed: return nil
            case nil: try wait(until: deadline)
            }
        }
    }

    /// Waits until the connection can go on, and lets it.
    func wait(until deadline: Instant = .never) throws(Failure) {
        guard connection.isUsable else { throw .command(connection.endOfReplies()) }
        connection.flush()
        engine.loop.turn([connection], until: deadline)
        if engine.loop.takeInterrupt() { throw .command(.interrupted) }
    }
}
