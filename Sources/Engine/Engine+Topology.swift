package import RESP
package import Routing
import Transport

/// Finding out what is behind the seeds, with nothing but CLUSTER SHARDS or CLUSTER SLOTS.
extension Engine {
    /// Seconds a node has to answer a question of slotline's own before another is asked.
    private static let questionTimeout = 1.0

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
        for informant in map.informants {
            switch ask(informant, for: ["CLUSTER", "SHARDS"]) {
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
            } else {
                return false
            }
        } else {
            return false
        }
        map.home = node
        return true
    }

    /// Asks one node one question, outside of any plan, and outside of a block that is open there. It has a second to
    /// answer.
    package func ask(_ address: NodeAddress, for arguments: [ByteString]) -> Result<RESPValue, CommandFailure> {
        let pooled = pool.connection(to: address)
        let isFree = (pooled.isIdle || pooled.isFresh) && !hasOpenBlock(at: address)
        let connection = isFree ? pooled : pool.makeConnection(to: address)
        let deadline = Deadline(seconds: Self.questionTimeout)
        connection.send(arguments, ticket: 0)
        connection.flush()
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
                let error = connection.failure ?? .timedOut
                let refusal = connection.abandon().lazy.compactMap(\.refusal).first
                pool.drop(connection)
                if case .violation(let violation) = error { return .failure(.protocolViolation(address, violation)) }
                return .failure(refusal ?? .unreachable(address, reason: error.reason))
            }
            var interests = connection.interest.map { [$0] } ?? []
            if let signals { interests.append(.init(descriptor: signals.descriptor)) }
            _ = Poller.wait(interests, until: min(deadline, connection.connectDeadline))
            if takeInterrupt() {
                pool.drop(connection)
                return .failure(.interrupted)
            }
            connection.progress()
        }
    }

    private func hasOpenBlock(at address: NodeAddress) -> Bool {
        if case .open(let pin) = transaction { pin.node == address } else { false }
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
