package import Commands
package import RESP

/// Why a command has no reply. `Presentation` has the words; a server's error reply is not a failure but a reply.
package indirect enum CommandFailure: Error, Equatable, Sendable {
    // Refused before anything was sent.

    /// The table blocks the command on a cluster.
    case blocked(command: String, reason: String, instead: String, isLiftable: Bool)
    /// The session is read-only, and the command may change something; what does the same without, if there is one.
    case readOnly(command: String, alternative: String?)
    /// The same for a read that has to copy keys, which lie in several slots, to one.
    case readOnlyAcrossSlots(command: String)
    /// The keys lie in more than one slot, which the command cannot do for a reason.
    case crossSlot([KeyPlace], reason: String? = nil)
    /// A cursor other than 0 without a target of one node.
    case cursorNeedsNode(command: String)
    /// A client's ID without a target of one node.
    ///
    /// - isOfSession: true for a command that takes no target, since it concerns every connection of the session.
    case clientNeedsNode(command: String, isOfSession: Bool = false)
    /// SUBSCRIBE or MONITOR with a target of many nodes.
    case streamNeedsNode(command: String)
    /// The command changes the session, which is the same at every node.
    case sessionHasNoTarget(command: String)
    /// Client-side caching cannot be what the command asks for.
    case notTracked(SessionState.TrackingFault)
    /// The command would leave its connection without replies.
    case silencesReplies(command: String)
    /// No node fits the target; set to the server where that is the only one that is known.
    case noSuchNode(target: String, butServer: NodeAddress? = nil)
    /// More than one node id begins with the target's digits.
    case ambiguousNode(target: String, matches: [String])
    /// No master owns the slot.
    case slotWithoutOwner(HashSlot)
    /// Reads are to be answered by replicas alone, and the slot has none that is healthy.
    case noReplica(HashSlot)
    /// A key of another slot, or a command for many nodes, inside a transaction; the transaction stands.
    case outsideTransaction(command: String, transaction: HashSlot?, key: KeyPlace?)

    // Nothing was executed.

    /// The subscription's node does not own the slot of a shard channel, or does not any more; who does, if it is known.
    case shardChannelElsewhere(NodeAddress, owner: NodeAddress?)
    /// No connection to the node.
    case unreachable(NodeAddress, reason: String, ConnectionFault = .plain)
    /// No connection to the node, and none by trying again: encryption fails, or too many files are open. The reason says
    /// what to do.
    case notConnectable(NodeAddress, reason: String)
    /// None of the seeds answers.
    case noSeed([Unreachable])
    /// The command was tried again until its time was up; the last thing that was in the way, and whether the node could be
    /// connected to.
    case retriesExhausted(NodeAddress?, last: String, wasReached: Bool = true)
    /// The address map leads to one address for nodes that announce several.
    case sharedAddress(NodeAddress, announced: [NodeAddress])
    /// A node redirects to another one, and only the seed can be reached.
    case beyondEndpoint(NodeAddress, seed: NodeAddress)
    /// Others were faster again and again, or the slot was on its way; what was in the way the last time.
    case contested(last: String)
    /// A weight of SORT that is a number for some servers only, and nobody knows whether for this one.
    case ambiguousNumber(ByteString)
    /// MOVED and ASK went on past ``Redirect/maximumHops``.
    case redirectLoop(NodeAddress)
    /// AUTH was refused at the node; nothing runs as another user.
    case userRefused(NodeAddress, reason: String)
    /// There is no password to authenticate with.
    case noPassword(PasswordFault)
    /// The database asked for cannot be had at the node; nothing runs in another one.
    case databaseRefused(NodeAddress, database: Int, reason: String)
    /// A transaction met a redirect or lost its node; it was discarded, and so was what it watched, if anything.
    case transactionLost(NodeAddress, reason: String, watched: Bool = false)
    /// Ctrl-C before anything was sent, or for a command that changes nothing.
    case interrupted

    // Unclear.

    /// The connection ended, or was given up, before the reply to a command that may have been executed.
    case unknownOutcome(NodeAddress, reason: String)
    /// The same for a command that changes nothing.
    case replyLost(NodeAddress, reason: String)
    /// The reply of a command that changes nothing is of a shape that the command does not have.
    case unexpectedReply(NodeAddress, command: String)
    /// The node does not speak RESP.
    ///
    /// - isFirstReply: true where it never did: then it is no server, and has not run anything.
    case protocolViolation(NodeAddress, ProtocolError, isFirstReply: Bool = false)

    // Half done; nothing is lost.

    /// A key was copied, but its original could not be taken away: both stand.
    case originalKept(source: ByteString, copy: ByteString, Obstacle)
    /// An element left its key, or may have, and did not reach the other one for certain: it may be in the key `stage`.
    case elementStaged(stage: ByteString, Obstacle)

    /// Where to look for what keeps a node from being connected to.
    package enum ConnectionFault: Equatable, Sendable {
        /// Nobody knows an address of its host.
        case unknownHost
        /// The connection would not have been encrypted, or would have been.
        case plain, encrypted
        /// The cluster calls the node failed, so it was not tried.
        case failedNode
    }

    /// What was in the way of the last steps.
    package enum Obstacle: Equatable, Sendable {
        /// No replica of the copy's master has confirmed it.
        case unconfirmed
        /// A server's error text.
        case refused(String)
        /// Others change the keys again and again.
        case contested
        case failure(CommandFailure)
    }

    /// Why `--pass-file` or `--pass-command` gives no password.
    package enum PasswordFault: Equatable, Sendable {
        case unreadable(ByteString, reason: String)
        /// The first line of the file, or of the command's output, is empty.
        case empty(isFile: Bool)
        /// The exit status, as a shell gives it.
        case commandFailed(status: Int32)
        case commandTimedOut(seconds: Int)
    }

    /// True when another user can be authenticated all the same.
    package var isAboutCredentials: Bool {
        switch self {
        case .userRefused, .noPassword: true
        default: false
        }
    }

    package struct Unreachable: Equatable, Sendable {
        package let node: NodeAddress
        package let reason: String
        package let fault: ConnectionFault

        package init(node: NodeAddress, reason: String, _ fault: ConnectionFault = .plain) {
            self.node = node
            self.reason = reason
            self.fault = fault
        }

        /// The failure where that node was wanted, and no other.
        var failure: CommandFailure { .unreachable(node, reason: reason, fault) }
    }

    /// The same of the only server that the user named.
    package var ofSeed: CommandFailure {
        guard case .unreachable(let node, let reason, let fault) = self else { return self }
        return .noSeed([Unreachable(node: node, reason: reason, fault)])
    }

    /// A key, its slot, and the slot's owner where it is known.
    package struct KeyPlace: Equatable, Sendable {
        package let key: ByteString
        package let slot: HashSlot
        package let node: NodeAddress?

        package init(key: ByteString, slot: HashSlot, node: NodeAddress?) {
            self.key = key
            self.slot = slot
            self.node = node
        }
    }
}
