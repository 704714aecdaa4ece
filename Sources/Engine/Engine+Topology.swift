import RESP
import Routing
import Transport

/// Finding out what is behind the seeds, with nothing but CLUSTER SHARDS or CLUSTER SLOTS, and HELLO for
/// a user who may run neither.
extension Engine {
    /// Asks one node after the other until one knows the topology, or says that it is no cluster.
    ///
    /// - Returns: false when no node could tell; what was known before then stays.
    @discardableResult
    package func refreshTopology() -> Bool {
        (try? requireTopology()) ?? false
    }

    /// The same, but Ctrl-C is told.
    ///
    /// - Throws: `.interrupted` only.
    func refreshUnlessInterrupted() throws(CommandFailure) {
        do {
            try requireTopology()
        } catch .interrupted {
            throw .interrupted
        } catch {}
    }

    /// The same, telling why nobody answered.
    ///
    /// - Returns: false when the nodes that answered could not tell (LOADING, NOAUTH).
    /// - Throws: `.unreachable` or `.noSeed` when no node answered at all, `.interrupted` after Ctrl-C.
    @discardableResult
    func requireTopology() throws(CommandFailure) -> Bool {
        var failures: [(node: NodeAddress, failure: CommandFailure)] = []
        var answered: NodeAddress?
        // A node of a cluster that is known is not waited for; another will do.
        let isFirst = map.topology == nil
        for informant in map.informants {
            switch ask(informant, for: ["CLUSTER", "SHARDS"], waitsForConnect: isFirst) {
            case .failure(.interrupted): throw .interrupted
            case .failure(let failure): failures.append((informant, failure))
            case .success(let shards):
                answered = answered ?? informant
                if learn(shards, from: informant) { return true }
            }
        }
        if let answered {
            map.home = answered
            // Asked again when the next redirect comes.
            map.isStale = false
            return false
        }
        if failures.count == 1 { throw failures[0].failure }
        throw .noSeed(failures.map { .init(node: $0.node, reason: $0.failure.reason) })
    }

    /// Takes over what a node says; true when that settles the question.
    private func learn(_ shards: RESPValue, from node: NodeAddress) -> Bool {
        // Behind a unix socket lies this machine.
        let host = node.isSocket ? "127.0.0.1" : node.host
        if let topology = Topology(clusterShards: shards, askedHost: host) {
            map.learn(topology)
        } else if shards.text.contains("cluster support disabled") {
            map.learn(nil)
        } else if case .success(let slots) = ask(node, for: ["CLUSTER", "SLOTS"]) {
            // Before Redis 7 there is no CLUSTER SHARDS, and a user may be allowed one of the two only.
            if let topology = Topology(clusterSlots: slots, askedHost: host) {
                map.learn(topology)
            } else if slots.text.contains("cluster support disabled") || slots.text.contains("unknown command") {
                map.learn(nil)
            } else if slots.text.hasPrefix("NOPERM"), case .success(let hello) = ask(node, for: ["HELLO"]) {
                // Every user may ask HELLO, which tells the mode, though not the nodes.
                switch hello[field: "mode"]?.text {
                case "standalone": map.learn(nil)
                case "cluster":
                    onNote(.topologyRefused(node, error: slots.text))
                    return false
                default: return false
                }
            } else {
                return false
            }
        } else {
            return false
        }
        map.home = node
        return true
    }
}

extension CommandFailure {
    /// What stands behind the node's name in a list of nodes that could not be asked.
    fileprivate var reason: String {
        switch self {
        case .unreachable(_, let reason), .databaseRefused(_, _, let reason): reason
        default: TransportError.closed.reason
        }
    }
}
