package import Commands
package import RESP

/// What one node of a fan-out said.
package struct NodeReply: Sendable {
    package let node: Node
    package let result: Result<RESPValue, CommandFailure>

    package init(node: Node, result: Result<RESPValue, CommandFailure>) {
        self.node = node
        self.result = result
    }

    init(node: Node, _ outcome: RequestOutcome) {
        switch outcome {
        case .reply(let value, _): self.init(node: node, result: .success(value))
        case .failure(let failure): self.init(node: node, result: .failure(failure))
        }
    }

    /// The reply, if the node answered and not with an error.
    package var value: RESPValue? {
        guard case .success(let value) = result, !value.isError else { return nil }
        return value
    }

    /// True when the node answered, be it with an error.
    package var isAnswer: Bool {
        if case .success = result { true } else { false }
    }
}

/// The reply to a command, merged or by node.
package struct Reply: Sendable {
    package enum Body: Sendable {
        case value(RESPValue)
        case perNode([NodeReply])
        /// The elements went out one by one before.
        case streamed
    }

    package enum Outcome: Equatable, Sendable {
        case succeeded
        /// A server's error, from every node that was asked.
        case failed
        /// Good from a part of the nodes.
        case partial
    }

    package let body: Body
    package let outcome: Outcome
    package let notes: [Note]

    package init(body: Body, outcome: Outcome, notes: [Note] = []) {
        self.body = body
        self.outcome = outcome
        self.notes = notes
    }

    /// True where the reply itself says of which nodes a note tells: by node, or with the one error that all have given.
    package func shows(_ note: Note) -> Bool {
        switch body {
        case .perNode: return true
        case .value(let value):
            guard case .coverage(_, let asked, let failed) = note, value.isError else { return false }
            return failed.count == asked && failed.allSatisfy { $0.error == value.text }
        case .streamed: return false
        }
    }

    /// The reply of one node.
    package init(_ value: RESPValue, notes: [Note] = []) {
        self.init(body: .value(value), outcome: value.isError ? .failed : .succeeded, notes: notes)
    }
}

/// Something the user should know that is not data; goes to stderr.
package enum Note: Equatable, Sendable {
    /// Not every node gave a good reply.
    case coverage(answered: Int, asked: Int, failed: [Failed<NodeAddress>])
    /// The keys of a command that were not worked on; the others were.
    case partial([Failed<ByteString>])
    /// Keys that a command set although it failed, and that could not be deleted again.
    case leftBehind([Failed<ByteString>])
    /// A cross-slot command was not atomic.
    case notAtomic(slots: Int)
    /// So many of the keys that were listed are of slots that move, and may be there twice.
    case mayRepeat(keys: Int)
    /// PUBLISH counts the subscribers of one node only.
    case localCount(NodeAddress)
    /// A command whose effect or reply is one node's own reached this one, of so many.
    case oneOfMany(NodeAddress, of: Int)
    /// AUTH was refused when the connection was made; the command is tried all the same.
    case authenticationFailed(NodeAddress, error: String)
    /// HELLO 3 was refused when the connection was made; it goes on in RESP2.
    case helloFailed(NodeAddress, error: String)
    /// What CLIENT has switched on was refused when the connection was made, which goes on without.
    case settingRefused(NodeAddress, [ByteString], error: String)
    /// A command that was called queued, before a key showed where the block belongs, was refused there.
    case notQueued(NodeAddress, command: String, error: String)
    /// The connection that watched keys has ended, before MULTI.
    case watchLost(NodeAddress)
    /// A stream did not hear a node from one time of day to another, or to its end.
    case eventsMissed(NodeAddress, from: String, to: String?)
    /// The connection has ended on which a node was to tell of changed keys.
    case trackingLost(NodeAddress)
    /// Lines of MONITOR whose user nobody could tell were left out; why a node does not tell, if it refuses.
    case usersUntold(count: Int, refusal: String?)
    /// The user may not see the nodes of the cluster, so commands go to this one alone.
    case topologyRefused(NodeAddress, error: String)
    /// The user may not see the masters that do not own slots.
    case emptyMastersHidden(NodeAddress, error: String)
    /// A command is tried again after a pause: what was in the way, and the seconds left before it is given up.
    case waiting(NodeAddress?, reason: String, secondsLeft: Int)
    /// The nodes that many are still waited for.
    case silent([NodeAddress])
    /// A cross-slot command takes long: the round trip it is at, how many there are, and the seconds so far.
    case working(String, step: Int, of: Int, seconds: Int)
    /// A redirect was followed (shown only on request).
    case redirected(HashSlot, NodeAddress)

    /// True for what only explains a reply, or passes the time until it comes; false for what was not done or not heard.
    package var isIncidental: Bool {
        switch self {
        case .notAtomic, .localCount, .oneOfMany, .topologyRefused, .emptyMastersHidden, .waiting, .silent, .working:
            true
        case .coverage, .partial, .leftBehind, .mayRepeat, .authenticationFailed, .helloFailed, .settingRefused,
            .notQueued,
            .watchLost, .eventsMissed, .trackingLost, .usersUntold, .redirected:
            false
        }
    }

    /// A node or a key for which something was not done, and why: the server's error text or a failure.
    package struct Failed<Subject: Equatable & Sendable>: Equatable, Sendable {
        package let subject: Subject
        package let error: String?
        package let failure: CommandFailure?

        package init(_ subject: Subject, error: String?, failure: CommandFailure?) {
            self.subject = subject
            self.error = error
            self.failure = failure
        }
    }
}
