package import Commands
package import RESP

/// One node's answer to a fan-out.
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

    /// The reply, if the node answered without an error.
    package var value: RESPValue? {
        guard case .success(let value) = result, !value.isError else { return nil }
        return value
    }

    /// True if the node answered, even with an error.
    package var isAnswer: Bool {
        if case .success = result { true } else { false }
    }
}

/// The reply to a command, merged or per node.
package struct Reply: Sendable {
    package enum Body: Sendable {
        case value(RESPValue)
        case perNode([NodeReply])
        /// The elements have already been emitted one by one.
        case streamed
    }

    package enum Outcome: Equatable, Sendable {
        case succeeded
        /// No node that was asked gave a good reply.
        case failed
        /// Only some of the nodes gave a good reply.
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

    /// True when the reply itself shows which nodes a note is about: per node, or with the one error that all of them
    /// gave.
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

/// Something the user should know that is not data; it goes to stderr.
package enum Note: Equatable, Sendable {
    /// Not every node gave a good reply.
    case coverage(answered: Int, asked: Int, failed: [Failed<NodeAddress>])
    /// The keys that a command did not work on; it did work on the others.
    case partial([Failed<ByteString>])
    /// Keys that a command set although it failed, and that could not be deleted again.
    case leftBehind([Failed<ByteString>])
    /// A cross-slot command was not atomic.
    case notAtomic(slots: Int)
    /// This many of the listed keys are in slots that are moving or have moved, and may be listed twice.
    case mayRepeat(keys: Int)
    /// PUBLISH counts only one node's subscribers.
    case localCount(NodeAddress)
    /// A command whose effect or reply is one node's own reached this one, of so many.
    case oneOfMany(NodeAddress, of: Int)
    /// AUTH was refused when the connection was made; the command is tried all the same.
    case authenticationFailed(NodeAddress, error: String)
    /// HELLO 3 was refused when the connection was made, which continues in RESP2.
    case helloFailed(NodeAddress, error: String)
    /// Something that CLIENT has switched on was refused when the connection was made, which continues without it.
    case settingRefused(NodeAddress, [ByteString], error: String)
    /// The target of a command is neither a seed nor a node of the cluster, so it does not get the password.
    case passwordKept(from: NodeAddress)
    /// A command that was reported as queued, before a key showed where the block belongs, was refused there.
    case notQueued(NodeAddress, command: String, error: String)
    /// The connection that watched keys ended before MULTI.
    case watchLost(NodeAddress)
    /// A stream heard nothing from a node from one time of day to another, or until the stream ended.
    case eventsMissed(NodeAddress, from: String, to: String?)
    /// The connection on which a node was to report changed keys has ended.
    case trackingLost(NodeAddress)
    /// MONITOR lines whose user could not be determined were left out; `refusal` is why, if a node refuses to say.
    case usersUntold(count: Int, refusal: String?)
    /// The user may not see the nodes of the cluster, so commands go only to this one.
    case topologyRefused(NodeAddress, error: String)
    /// The user may not see masters that own no slots.
    case emptyMastersHidden(NodeAddress, error: String)
    /// A command is retried after a pause: what stood in the way, and the seconds left before giving up.
    case waiting(NodeAddress?, reason: String, secondsLeft: Int)
    /// Nodes that still owe replies.
    case silent([NodeAddress])
    /// A cross-slot command is taking long: the current round trip, how many there are, and the seconds so far.
    case working(String, step: Int, of: Int, seconds: Int)
    /// A redirect was followed (shown only on request).
    case redirected(HashSlot, NodeAddress)

    /// True for what only explains a reply or fills the time until it comes; false for what was not done or not heard.
    package var isIncidental: Bool {
        switch self {
        case .notAtomic, .localCount, .oneOfMany, .topologyRefused, .emptyMastersHidden, .waiting, .silent, .working:
            true
        case .coverage, .partial, .leftBehind, .mayRepeat, .authenticationFailed, .helloFailed, .settingRefused,
            .passwordKept, .notQueued, .watchLost, .eventsMissed, .trackingLost, .usersUntold, .redirected:
            false
        }
    }

    /// True for what SUBSCRIBE or MONITOR has missed.
    package var isAboutStream: Bool {
        switch self {
        case .eventsMissed, .usersUntold: true
        default: false
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
