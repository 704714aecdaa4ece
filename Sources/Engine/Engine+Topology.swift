import RESP
import Routing
import Transport

/// Finding out what is behind the seeds, with nothing but CLUSTER SHARDS or CLUSTER SLOTS.
extension Engine {
    /// Seconds a node has to say what it knows of the topology before another is asked.
    private static let topologyTimeout = 1.0

    /// Asks one node after the other until one knows the topology, or says that it is no cluster.
    ///
    /// - Returns: false when no node could tell; what was known before then stays.
    @discardableResult
    package func refreshTopology() -> Bool {
        (try? requireTopology()) ?? false
    }

    /// The same, telling why nobody answered.
    ///
    /// - Returns: false when the nodes that answered could not tell (LOADING, NOAUTH).
    /// - Throws: `.unreachable` or `.noSeed` when no node answered at all, `.interrupted` after Ctrl-C.
    @discardableResult
    func requireTopology() throws(CommandFailure) -> Bool {
        var unreachable: [CommandFailure.Unreachable] = []
        var answered: NodeAddress?
        for informant in map.informants {
            switch ask(informant, for: ["CLUSTER", "SHARDS"]) {
            case .failure(.interrupted): throw .interrupted
            case .failure(let failure): unreachable.append(.init(node: informant, reason: failure.reasonText))
            case .success(let shards):
                answered = answered ?? informant
                if learn(shards, from: informant) { return true }
            }
        }
        if let answered {
            map.home = answered
            return false
        }
        if unreachable.count == 1 { throw .unreachable(unreachable[0].node, reason: unreachable[0].reason) }
        throw .noSeed(unreachable)
    }

    /// Takes over what a node says; true when that settles the question.
    private func learn(_ shards: RESPValue, from node: NodeAddress) -> Bool {
        if let topology = Topology(clusterShards: shards, askedHost: node.host) {
            map.learn(topology)
        } else if shards.text.contains("cluster support disabled") {
            map.view = .standalone
        } else if case .success(let slots) = ask(node, for: ["CLUSTER", "SLOTS"]) {
            // Before Redis 7 there is no CLUSTER SHARDS, and a user may be allowed one of the two only.
            if let topology = Topology(clusterSlots: slots, askedHost: node.host) {
                map.learn(topology)
            } else if slots.text.contains("cluster support disabled") || slots.text.contains("unknown command") {
                map.view = .standalone
            } else {
                return false
            }
        } else {
            return false
        }
        map.home = node
        return true
    }

    /// Asks one node one question, outside of any plan.
    private func ask(_ address: NodeAddress, for arguments: [ByteString]) -> Result<RESPValue, CommandFailure> {
        let pooled = pool.connection(to: address)
        let connection = pooled.isIdle || pooled.isFresh ? pooled : pool.makeConnection(to: address)
        let deadline = Deadline(seconds: Self.topologyTimeout)
        connection.send(arguments, ticket: 0)
        while true {
            while let received = connection.receive() {
                switch received {
                case .reply(_, let value):
                    if connection !== pooled { connection.close() }
                    return .success(value)
                case .push(let value): onPush(value)
                case .note(let note): onNote(note)
                }
            }
            if !connection.isUsable || deadline.hasPassed {
                let reason = (connection.failure ?? .timedOut).reason
                let refusal = connection.abandon().lazy.compactMap(\.refusal).first
                pool.drop(connection)
                return .failure(refusal ?? .unreachable(address, reason: reason))
            }
            var interests = connection.interest.map { [$0] } ?? []
            if let signals { interests.append(.init(descriptor: signals.descriptor)) }
            _ = Poller.wait(interests, until: min(deadline, connection.connectDeadline))
            if wasInterrupted() {
                pool.drop(connection)
                return .failure(.interrupted)
            }
            connection.progress()
        }
    }
}

extension CommandFailure {
    fileprivate var reasonText: String {
        switch self {
        case .unreachable(_, let reason), .databaseRefused(_, _, let reason): reason
        default: "no answer"
        }
    }
}
