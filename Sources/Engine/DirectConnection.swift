package import Clock
package import RESP
package import Routing

/// A dedicated connection to one node, for the modes that measure it: requests are sent back to back and their replies
/// are waited for. Nothing is redirected and nothing is resent.
package final class DirectConnection {
    /// Why there is no good reply.
    package enum Failure: Error {
        case command(CommandFailure)
        /// An error reply, or one that cannot be understood, given as an error.
        case refused(RESPValue)
    }

    private let engine: Engine
    let link: Link

    package var node: NodeAddress { link.address }

    package init(_ engine: Engine, to node: NodeAddress) {
        self.engine = engine
        link = engine.pool.makeLink(to: node)
    }

    deinit {
        link.close()
    }

    /// Sends requests, each a command with its arguments, in one go.
    ///
    /// - Returns: a reply for each, in order.
    /// - Throws: `.command` when the connection fails, or after Ctrl-C.
    package func run(_ requests: [[ByteString]]) throws(Failure) -> [RESPValue] {
        for (ticket, request) in requests.enumerated() { link.send(request, ticket: ticket) }
        var replies: [RESPValue] = []
        replies.reserveCapacity(requests.count)
        while replies.count < requests.count {
            switch try next() {
            case .reply(let value, _, _): replies.append(value)
            case .push(let value, let link): engine.take(push: value, from: link)
            default: break
            }
        }
        return replies
    }

    /// The same for requests that must not be answered with an error.
    package func replies(to requests: [[ByteString]]) throws(Failure) -> [RESPValue] {
        let replies = try run(requests)
        if let error = replies.first(where: \.isError) { throw .refused(error) }
        return replies
    }

    /// The reply to one request, which must not be an error.
    package func reply(to request: [ByteString]) throws(Failure) -> RESPValue {
        try replies(to: [request])[0]
    }

    /// Waits for what the node sends unasked.
    ///
    /// - Returns: nil when nothing arrives before the deadline.
    package func nextMessage(until deadline: Instant) throws(Failure) -> RESPValue? {
        switch try next(until: deadline) {
        case .reply(let value, _, _), .push(let value, _): value
        default: nil
        }
    }

    /// Waits for bytes, while the link takes them.
    func nextBytes() throws(Failure) -> [UInt8] {
        if case .bytes(let bytes) = try next() { bytes } else { [] }
    }

    private func next(until deadline: Instant = .never) throws(Failure) -> Engine.Event {
        let event = engine.next(on: [link], until: deadline)
        switch event {
        case .ended: throw .command(link.endOfReplies().ofSeed)
        case .interrupted: throw .command(.interrupted)
        default: return event
        }
    }
}
