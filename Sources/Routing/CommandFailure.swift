package import Commands
package import RESP

/// Why a command has no reply. `Presentation` puts it into words; a server's error reply is a reply, not a failure.
package indirect enum CommandFailure: Error, Equatable, Sendable {
    // Refused before anything was sent.

    /// The table blocks the command on a cluster.
    case blocked(command: String, reason: String, instead: String, isLiftable: Bool)
    /// The session is read-only, and the command may change something; `alternative` is a command that does the same
    /// without changing anything, if there is one.
    case readOnly(command: String, alternative: String?)
    /// The same for a read that has to copy keys from several slots to one.
    case readOnlyAcrossSlots(command: String)
    /// The keys are in more than one slot; `reason` says why the command cannot handle that, if it is known.
    case crossSlot([KeyPlace], reason: String? = nil)
    /// A cursor other than 0 without a single node as the target.
    case cursorNeedsNode(command: String)
    /// A client ID without a single node as the target.
    ///
    /// - isOfSession: true for a command that takes no target, since it applies to every connection of the session.
    case clientNeedsNode(command: String, isOfSession: Bool = false)
    /// SUBSCRIBE, MONITOR or an iterator with a target of many nodes.
    case streamNeedsNode(command: String)
    /// The command acts on the session, which is the same at every node.
    case sessionHasNoTarget(command: String)
    /// Client-side caching cannot work the way the command asks for.
    case notTracked(SessionState.TrackingFault)
    /// The command would leave its connection without replies.
    case silencesReplies(command: String)
    /// No node matches the target; `butServer` is set if it is the only one known.
    case noSuchNode(target: String, butServer: NodeAddress? = nil)
    /// The target's digits match more than one node.
    case ambiguousNode(target: String, matches: [String])
    /// No master owns the slot.
    case slotWithoutOwner(HashSlot)
    /// Only replicas may answer reads, and the slot has no healthy one.
    case noReplica(HashSlot)
    /// A key in another slot, or a command for many nodes, inside a transaction; the transaction stays open.
    case outsideTransaction(command: String, transaction: HashSlot?, key: KeyPlace?)
    /// WATCH between MULTI and EXEC.
    case watchInTransaction
    /// MULTI, or what follows it, after a WATCH in a file that was refused.
    case watchRefused(line: String)
    /// A word of the shell that cannot do its work while the server only queues commands.
    case notInTransaction(word: String)

    // Nothing was executed.

    /// The node subscribed at does not own the slot of a shard channel, or no longer does; `owner` does, if it is
    /// known.
    case shardChannelElsewhere(NodeAddress, owner: NodeAddress?)
    /// No connection to the node.
    case unreachable(NodeAddress, reason: String, ConnectionFault = .plain)
    /// No connection to the node, and retrying will not help: encryption fails, or too many files are open. The reason
    /// says what to do.
    case notConnectable(NodeAddress, reason: String)
    /// No seed answers.
    case noSeed([Unreachable])
    /// The command was retried until its time was up: what stood in the way last, and whether the node could be
    /// connected to.
    case retriesExhausted(NodeAddress?, last: String, wasReached: Bool = true)
    /// The address map leads to the same address for nodes that announce different ones.
    case sharedAddress(NodeAddress, announced: [NodeAddress])
    /// A node redirects to another one, but only the seed can be reached.
    case beyondEndpoint(NodeAddress, seed: NodeAddress)
    /// Other clients were faster again and again, or the slot was being migrated; what stood in the way last.
    case contested(last: String)
    /// A SORT weight that is a number only for some servers, and it is unknown whether it is one for this server.
    case ambiguousNumber(ByteString)
    /// MOVED and ASK continued past ``Redirect/maximumHops``.
    case redirectLoop(NodeAddress)
    /// The node refused AUTH; nothing runs as another user.
    case userRefused(NodeAddress, reason: String)
    /// There is no password to authenticate with.
    case noPassword(PasswordFault)
    /// The requested database is not available at the node; nothing runs in another one.
    case databaseRefused(NodeAddress, database: Int, reason: String)
    /// A transaction met a redirect or lost its node; it was discarded, along with what it watched, if anything.
    case transactionLost(NodeAddress, reason: String, watched: Bool = false)
    /// Ctrl-C before anything was sent, or for a command that changes nothing.
    case interrupted

    // Unclear.

    /// The connection ended, or was abandoned, before the reply to a command that may have been executed.
    case unknownOutcome(NodeAddress, reason: String, ConnectionFault = .plain)
    /// The same for a command that changes nothing.
    case replyLost(NodeAddress, reason: String, ConnectionFault = .plain)
    /// The reply to a command that changes nothing has a shape that the command does not return.
    case unexpectedReply(NodeAddress, command: String)
    /// The node does not speak RESP. If `isFirstReply`, it never did, so it has not run anything.
    case protocolViolation(NodeAddress, ProtocolError, isFirstReply: Bool = false)

    // Half done; nothing is lost.

    /// A key was copied, but the original could not be removed: both exist.
    case originalKept(source: ByteString, copy: ByteString, Obstacle)
    /// An element left its key, or may have, but is not certain to have reached the other one: it may be in the key
    /// `stage`.
    case elementStaged(stage: ByteString, Obstacle)

    /// Where to look for the reason why a node cannot be connected to.
    package enum ConnectionFault: Equatable, Sendable {
        /// Its host name does not resolve.
        case unknownHost
        /// Whether the connection was to be encrypted.
        case plain, encrypted
        /// An unencrypted connection was made, and nothing ever arrived on it: the port may expect TLS.
        case unanswered
        /// The cluster calls the node failed, so it was not tried.
        case failedNode
    }

    /// What stood in the way of the last steps.
    package enum Obstacle: Equatable, Sendable {
        /// No replica of the copy's master confirmed it.
        case unconfirmed
        /// A server's error text.
        case refused(String)
        /// Other clients keep changing the keys.
        case contested
        case failure(CommandFailure)
    }

    /// Why `--pass-file` or `--pass-command` yields no password.
    package enum PasswordFault: Equatable, Sendable {
        case unreadable(ByteString, reason: String)
        /// The first line of the file, or of the command's output, is empty.
        case empty(isFile: Bool)
        /// The exit status, as a shell reports it.
        case commandFailed(status: Int32)
        case commandTimedOut(seconds: Int)
    }

    /// True when authenticating as another user is still possible.
    package var isAboutCredentials: Bool {
        switch self {
        case .userRefused, .noPassword: true
        default: false
        }
    }

    /// True for a database that another user may be allowed to use.
    package var dependsOnUser: Bool {
        guard case .databaseRefused(_, _, let reason) = self else { return false }
        return reason.hasPrefix("NOPERM")
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

        /// The failure when that node was wanted, and no other.
        var failure: CommandFailure { .unreachable(node, reason: reason, fault) }
    }

    /// The same failure for the only server that the user named.
    package var ofSeed: CommandFailure {
        guard case .unreachable(let node, let reason, let fault) = self else { return self }
        return .noSeed([Unreachable(node: node, reason: reason, fault)])
    }

    /// A key, its slot and the slot's owner, if known.
    package struct KeyPlace: Equatable, Sendable {
        package let key: ByteString
        package let slot: HashSlot
        package let node: NodeAddress?

        package init(key: ByteString, slot: HashSlot, node: NodeAddress?) {
            self.key = key
            self.slot = slot
            self.node = node
        }

        init(_ key: ByteString, _ owners: SlotMap) {
            let slot = HashSlot(key: key)
            self.init(key: key, slot: slot, node: owners[slot])
        }
    }
}
