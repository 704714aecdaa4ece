import Commands
import RESP
import Routing
import Transport

/// Finds out what is behind the seeds, using only CLUSTER SHARDS or CLUSTER SLOTS, and HELLO for a user who may run
/// neither.
extension Engine {
    /// How many nodes must call the cluster down to be believed.
    private static let sufficientDoubts = 3
    /// How many silent nodes end the search for news of a known cluster. The next search starts with other nodes.
    private static let sufficientSilence = 3

    /// Asks one node after another until one knows the topology, or says that it is not a cluster. A node that is cut
    /// off from the others, or that knows of an older epoch, does not decide while another can be asked.
    ///
    /// - Returns: false when no node could say; what was known before is then kept.
    @discardableResult
    package func refreshTopology() -> Bool {
        (try? requireTopology()) ?? false
    }

    /// The same, but Ctrl-C is reported.
    ///
    /// - Throws: `.interrupted` only.
    func refreshUnlessInterrupted(for command: Command? = nil) throws(CommandFailure) {
        do {
            if let command { try requireTopology(for: command) } else { try requireTopology() }
        } catch .interrupted {
            throw .interrupted
        } catch {}
    }

    /// The same for commands that wait because the map is out of date: it asks once for all of them, with pauses
    /// between, and not while the lookout is asking.
    ///
    /// - Returns: true when it asked.
    /// - Throws: `.interrupted` only.
    @discardableResult
    func refreshForWaiting() throws(CommandFailure) -> Bool {
        guard map.isStale, lookout.links.isEmpty, refreshPace.allows(at: .now) else { return false }
        try refreshUnlessInterrupted()
        return true
    }

    /// The same, but reports why no node answered.
    ///
    /// - Parameter isPatient: false to not wait, as a command would, for a first node that is merely busy.
    /// - Returns: false when the nodes that answered could not say (LOADING, NOAUTH).
    /// - Throws: `.unreachable`, `.replyLost` or `.noSeed` when no node answered at all, `.sharedAddress` when the
    ///   address map does not tell the nodes apart, `.interrupted` after Ctrl-C.
    @discardableResult
    func requireTopology(isPatient: Bool = true) throws(CommandFailure) -> Bool {
        var failures: [(node: NodeAddress, failure: CommandFailure)] = []
        var silent: [NodeAddress] = []
        var answered: NodeAddress?
        // In a known cluster a slow node is not waited for; another will do.
        let isFirst = map.topology == nil
        let informants = map.informants
        let questions: [[ByteString]] = [["CLUSTER", "SHARDS"]] + (informants.count > 1 ? [["CLUSTER", "INFO"]] : [])
        var doubtful: [(shards: RESPValue, node: NodeAddress, epoch: Int)] = []
        var queue = informants[...]
        while doubtful.count < Self.sufficientDoubts, isFirst || silent.count < Self.sufficientSilence,
            let informant = queue.popFirst()
        {
            switch ask([informant], questions, waitsForConnect: isFirst)[0] {
            case .failure(.interrupted): throw .interrupted
            // No other node will get a password either.
            case .failure(.noPassword(let fault)): throw .noPassword(fault)
            case .failure where pool.hasAnotherAddress(informant): queue = [informant] + queue
            case .failure(let failure):
                failures.append((informant, failure))
                pool.trace?(.noTopology(informant, failure))
                if case .replyLost = failure {
                    silent.append(informant)
                    if !isFirst { map.doubt(informant) }
                }
            case .success(let answers):
                answered = answered ?? informant
                let state = answers.count > 1 ? ClusterState(clusterInfo: answers[1]) : nil
                if let state, map.doubts(state) {
                    if state.isDown { map.doubt(informant) }
                    doubtful.append((answers[0], informant, state.epoch ?? 0))
                } else if try learn(answers[0], from: informant) {
                    map.epoch = state?.epoch ?? map.epoch
                    return true
                }
            }
        }
        if let best = doubtful.max(by: { $0.epoch < $1.epoch }), try learn(best.shards, from: best.node) {
            map.epoch = best.epoch
            return true
        }
        if isPatient, isFirst, answered == nil, !silent.isEmpty {
            onNote(.silent(silent))
            let answers = ask(silent, for: ["CLUSTER", "SHARDS"], timeout: retryFor, endsWithFirst: true)
            for (node, answer) in zip(silent, answers) {
                switch answer {
                case .failure(.interrupted): throw .interrupted
                case .failure: continue
                case .success(let shards):
                    answered = node
                    if try learn(shards, from: node) { return true }
                }
            }
        }
        if let answered {
            map.home = answered
            // The next redirect triggers another look.
            map.isStale = false
            return false
        }
        if failures.count == 1 { throw failures[0].failure.ofSeed }
        throw .noSeed(failures.map { .init(node: $0.node, reason: $0.failure.reason) })
    }

    /// Before something is asked of all nodes: tells the user if some of them are not known.
    package func tellOfMissingNodes() {
        if let missingNodes { onNote(missingNodes) }
        missingNodes = nil
    }

    /// The same for a command. For one about many nodes it meanwhile connects to those that it would go to if the
    /// cluster has not changed since last time; an address that is no longer one of its nodes is sent nothing.
    func requireTopology(for command: Command) throws(CommandFailure) {
        let row = row(for: command)
        guard let cache, map.isUnknown, command.target?.isManyNodes ?? row?.request.isManyNodes ?? false else {
            return _ = try requireTopology()
        }
        let informants = map.informants
        if let hint = cache.read() {
            let nodes = router.firstNodes(of: command, row: row, in: hint)
            pool.open(ahead: nodes.filter { !informants.contains($0) })
        }
        defer { pool.closeAhead { map.topology?.node(at: $0) == nil } }
        if try requireTopology() { cache.write(map.topology) }
    }

    /// The password goes to the seeds and to nodes of their cluster. A target may name any other server by mistake.
    func keepPassword(from address: NodeAddress) throws(CommandFailure) {
        guard pool.session.credentials != nil, !map.knows(address) else { return }
        if map.isUnknown, router.routesCommands { try requireTopology() }
        guard !map.knows(address), strangers.insert(address).inserted else { return }
        onNote(.passwordKept(from: address))
    }

    /// Asks the session's node whether the cluster's nodes have more than one database (Valkey 9).
    func findDatabases() -> Bool {
        guard case .success(let setting) = ask(map.home, for: ["CONFIG", "GET", "cluster-databases"]) else {
            return false
        }
        return Array(setting.elements).last?.integer ?? 1 > 1
    }

    /// Takes in what a node reports; true when that settles the question.
    ///
    /// - Throws: `.sharedAddress` when the address map does not tell the nodes apart.
    func learn(_ shards: RESPValue, from node: NodeAddress) throws(CommandFailure) -> Bool {
        let view = view(from: shards, of: node)
        pool.trace?(.topology(node, view))
        switch view {
        case .unknown: return false
        // Without CLUSTER, such as after rename-command, it may be a cluster node all the same.
        case .standalone: map.learn(nil, isCertain: !shards.text.contains("unknown command"), at: .now)
        case .cluster(let topology):
            if let shared = topology.sharedAddress {
                throw .sharedAddress(shared.address, announced: shared.announced)
            }
            map.learn(topology, at: .now)
            map.home =
                [map.seedNode, map.home].first { isWell($0, in: topology) } ?? ownAddress(of: node, in: topology)
            return true
        }
        map.home = node
        return true
    }

    /// True for a node that answers and that the cluster calls healthy. Commands that any node may answer go to the seed
    /// while it is one, and otherwise stay at their node, whichever node the topology came from.
    private func isWell(_ node: NodeAddress, in topology: Topology) -> Bool {
        topology.nodes.contains { $0.address == node && $0.isHealthy }
            && pool.all.contains { $0.address == node && $0.hasAnswered && $0.isUsable }
    }

    /// Interprets the node addresses in what `node` has sent.
    func announcer(_ node: NodeAddress) -> Announcer {
        Announcer(pool.dialed(node), seed: map.seed, map: map.addresses)
    }

    /// The address by which the cluster knows a node that the user named by another; its connection then counts as the
    /// one to that address. The reverse would not do: next time, another node may be at the user's address.
    private func ownAddress(of node: NodeAddress, in topology: Topology) -> NodeAddress {
        guard !topology.nodes.contains(where: { $0.address == node }), transaction == .none,
            pool.number(of: node) != nil, case .success(let id) = ask(node, for: ["CLUSTER", "MYID"]), !id.isError,
            let known = topology.nodes.first(where: { $0.id == id.text })?.address
        else { return node }
        guard pool.rename(node, to: known) else { return node }
        if node == map.seedNode { map.seedNode = known }
        return known
    }

    /// What a node says is there; `.unknown` when it cannot say.
    ///
    /// - Parameter shards: its reply to CLUSTER SHARDS.
    private func view(from shards: RESPValue, of node: NodeAddress) -> ClusterView {
        let announcer = announcer(node)
        if let topology = Topology(clusterShards: shards, by: announcer, isEncrypted: pool.settings.tls != nil) {
            guard topology.isAmbiguous, case .success(let reply) = ask(node, for: ["CLUSTER", "SLOTS"]),
                let slots = Topology(clusterSlots: reply, by: announcer)
            else { return .cluster(topology) }
            return .cluster(topology.settled(by: slots))
        }
        if shards.text.contains("cluster support disabled") { return .standalone }
        // Before Redis 7 there is no CLUSTER SHARDS, and a user may be allowed only one of the two.
        guard case .success(let slots) = ask(node, for: ["CLUSTER", "SLOTS"]) else { return .unknown }
        if let topology = Topology(clusterSlots: slots, by: announcer) {
            guard case .success(let nodes) = ask(node, for: ["CLUSTER", "NODES"]) else { return .unknown }
            missingNodes = nodes.isError ? .emptyMastersHidden(node, error: nodes.text) : nil
            return .cluster(nodes.isError ? topology : topology.adding(clusterNodes: nodes, by: announcer))
        }
        if slots.text.contains("cluster support disabled") || slots.text.contains("unknown command") {
            return .standalone
        }
        // Every user may run HELLO, which reports the mode, though not the nodes.
        guard slots.text.hasPrefix("NOPERM"), case .success(let hello) = ask(node, for: ["HELLO"]) else {
            return .unknown
        }
        switch hello[field: "mode"]?.text {
        case "standalone": return .standalone
        case "cluster":
            // Who knew the nodes before still does.
            if map.topology == nil { onNote(.topologyRefused(node, error: slots.text)) }
            return .unknown
        default: return .unknown
        }
    }

    /// Asks masters with no known replica whether they have one: the cluster hears of a new replica later than its
    /// master does.
    ///
    /// - Returns: true when at least one has.
    @discardableResult
    func askForReplicas(of masters: [NodeAddress]) -> Bool {
        func alone() -> [NodeAddress] { Set(masters).filter { map.topology?.isReplicated($0) == false }.map(\.self) }
        let asked = alone()
        for (master, answer) in zip(asked, ask(asked, for: ["INFO", "replication"])) {
            if case .success(let reply) = answer { map.learn(replication: reply, of: master) }
        }
        return alone().count < asked.count
    }

    // MARK: Deliveries

    /// Decides what is done with a command in flight, and tells the user about it.
    ///
    /// - Parameters:
    ///   - retryFor: seconds; nil for the session's.
    ///   - isTold: false where the user has already been told.
    func decide(
        _ event: Delivery.Event, _ delivery: inout Delivery, retryFor: Double? = nil, isTold: Bool = true
    ) -> Delivery.Decision {
        let (decision, note) = delivery.decide(event, &map, at: .now, retryFor: retryFor ?? self.retryFor)
        if case .redirected = note { timing.redirects += 1 }
        if isTold, let note { onNote(note) }
        pool.trace?(.decided(event, decision))
        return decision
    }

    // MARK: Redirects that a script may have made up

    /// True when the node's own view of the slot matches the redirect that it answered a script with. A script, or a
    /// user's function, can return any error: only the topology says which nodes there are, and whether the script ran.
    ///
    /// - Parameter slot: the slot of the script's keys; nil without keys, which no server redirects.
    func confirms(_ redirect: Redirect, of slot: HashSlot?, by node: NodeAddress) -> Bool {
        guard let slot, !map.isStandalone else { return false }
        switch redirect {
        case .moved(slot, let owner) where owner != node:
            return map.owners[slot] == owner || takeView(of: node).map { SlotMap($0)[slot] == owner } ?? false
        case .ask(slot, let importing) where importing != node:
            guard let id = takeView(of: node)?.node(at: importing)?.id,
                case .success(let reply) = ask(node, for: ["CLUSTER", "NODES"])
            else { return false }
            return ClusterNodeLine.lines(of: reply.text).contains { line in
                line.flags.contains("myself") && line.migrating[slot.number] == id
            }
        case .moved, .ask, .tryAgain, .unavailable, .demoted, .unauthenticated: return false
        }
    }

    /// The topology as one node sees it now; the session continues with it.
    private func takeView(of node: NodeAddress) -> Topology? {
        guard case .success(let shards) = ask(node, for: ["CLUSTER", "SHARDS"]),
            case .cluster(let topology) = view(from: shards, of: node)
        else { return nil }
        map.learn(topology, at: .now)
        return topology
    }
}

extension CommandFailure {
    /// What follows the node's name in a list of nodes that could not be asked.
    fileprivate var reason: String {
        switch self {
        case .unreachable(_, let reason, _), .notConnectable(_, let reason), .replyLost(_, let reason, _),
            .userRefused(_, let reason), .databaseRefused(_, _, let reason):
            reason
        default: TransportError.closed.reason
        }
    }
}
