package import Commands
package import RESP

/// Whether replies are per-node dictionaries or merged.
package enum AggregationMode: Sendable {
    case byTable
    /// `--no-aggregate`: always the dictionary.
    case never
    /// `--aggregate`: one value wherever the server's response policy makes one.
    case always
}

/// What is known about the server that the seeds lead to.
package enum ClusterView: Sendable {
    /// Nothing yet; a keyed command goes to a seed, and MOVED corrects that.
    case unknown
    case standalone
    case cluster(Topology)
}

/// Decides where a command goes: makes the plan that its row in the table, its keys and its target call for.
package struct Router: Sendable {
    /// False for redis-cli without `-c`: everything goes to the node the user named, and redirects are replies.
    package var routesCommands = true
    /// True when a target may be an announced address, which only the topology can tell from a reachable one.
    package var mapsAddresses = false
    /// Which nodes answer single-slot reads.
    package var readFrom = ReadPreference.master
    /// A command whose keys span slots is sent as is.
    package var isStrict = false
    /// Commands that may change something are refused.
    package var isReadOnly = false
    /// Names of blocked commands that the user has unblocked, in upper case.
    package var unblocked: Set<ByteString> = []
    /// The cluster's nodes have several databases, as they can in Valkey 9.
    package var hasDatabases = false
    package var aggregation = AggregationMode.byTable
    /// The prefix of the keys that plans over several slots need for themselves.
    package var keyPrefix = PrivateKeys.standardPrefix

    package init() {}

    /// The plan for a command.
    ///
    /// - Parameters:
    ///   - row: the command's row; nil for an unknown command, which goes to the session's node.
    ///   - owners: the owners of slots, as far as known.
    ///   - home: the node that the session started with.
    /// - Returns: nil when the decision needs a topology and `view` is `.unknown`.
    /// - Throws: ``CommandFailure`` when the command is refused before anything is sent.
    package func plan(
        for command: Command, row: CommandSpec?, view: ClusterView, owners: SlotMap, home: NodeAddress
    ) throws(CommandFailure) -> Plan? {
        if let row, row.effect == .silence { throw .silencesReplies(command: command.title(row)) }
        try refuseTarget(command, row: row)
        try refuseWrite(command, row: row)
        let request = Request(
            arguments: command.arguments, route: .home, isReadonly: row?.flags.contains(.readonly) ?? false,
            isScript: row?.flags.contains(.script) ?? true)
        let topology: Topology
        switch view {
        case _ where !routesCommands, .standalone: return try alone(command, row: row, request: request, home: home)
        case .cluster(let known): topology = known
        case .unknown:
            guard let plan = try planWithoutTopology(command, row: row, request: request) else { return nil }
            return plan
        }
        try refuseBlocked(command, row: row)
        if let row, row.clients.areNamed(in: command.arguments), command.target?.isManyNodes ?? true,
            topology.nodes.count > 1
        {
            let isOfSession = row.effect.changesConnections(command.arguments)
            throw .clientNeedsNode(command: "\(row.name)", isOfSession: isOfSession)
        }
        let nodes: [Node]
        if let target = command.target {
            guard target.isManyNodes else {
                let node = try Self.node(for: target, in: topology, owners: owners)
                return single(
                    request, row: row,
                    at: .node(node.address, asReplica: node.role == .replica && Self.readsKeys(request, row)))
            }
            nodes = Self.nodes(for: target, in: topology)
        } else {
            switch row?.request {
            case .keyed: return try keyed(request, row: row, owners: owners, topology: topology)
            case .slot(let argument): return single(request, row: row, at: Self.slotRoute(request, argument))
            case nil, .anyNode: return single(request, row: row, at: .home)
            case .sessionNode:
                let count = topology.nodes.count
                return .single(SinglePlan(request, tells: count > 1 ? .ofItself(nodes: count) : .ofAll))
            case .randomNode:
                guard let node = topology.nodes.filter(\.isHealthy).randomElement() else {
                    return single(request, row: row, at: .home)
                }
                return .single(SinglePlan(request.at(.node(node.address)), tells: .ofItsSubscribers))
            case .weightedMaster:
                let isAccepted = row?.accepts(argumentCount: request.arguments.count) == true
                guard isAccepted, !topology.masters.isEmpty else { return single(request, row: row, at: .home) }
                return .randomKey(RandomKeyPlan(request, masters: topology.masters))
            case .masters: nodes = topology.masters
            // The number of keys on a node that holds none of the cluster's is of no interest.
            case .allNodes where row?.aggregate == .sumOfMasters:
                nodes = topology.nodes.filter { $0.holdsKeys || $0.role == .replica }
            case .allNodes: nodes = topology.nodes
            }
        }
        return try fanOut(command, request, row: row, nodes: nodes, owners: owners)
    }

    /// The nodes that a command goes to first if the cluster has not changed; routes by slot are left out.
    package func firstNodes(of command: Command, row: CommandSpec?, in hint: Topology) -> [NodeAddress] {
        let plan = try? plan(
            for: command, row: row, view: .cluster(hint), owners: SlotMap(), home: hint.nodes[0].address)
        guard var plan, case .send(let requests, _) = plan.advance([]) else { return [] }
        return requests.compactMap { if case .node(let address, _) = $0.route { address } else { nil } }
    }

    // MARK: Without a cluster, or before it is known

    /// On a standalone server every command goes to it; a target of many nodes asks for the dictionary.
    private func alone(
        _ command: Command, row: CommandSpec?, request: Request, home: NodeAddress
    ) throws(CommandFailure) -> Plan {
        let node = Node(address: home, id: "", role: .standalone, isHealthy: true)
        switch command.target {
        case .replicas: throw .noSuchNode(target: "@replicas", butServer: home)
        case .all, .masters:
            return .fanOut(
                FanOutPlan(
                    nodes: [node], arguments: request.arguments, policy: .perNode, isReadonly: request.isReadonly,
                    readsKeys: false))
        case .address(let host, let port):
            return single(request, row: row, at: .node(NodeAddress(host: host, port: port)))
        case .nodeID(let text) where Target.port(text) != home.port:
            throw .noSuchNode(target: "@\(text)", butServer: home)
        case .random, .nodeID, .slot, .key, nil:
            // A command with a key waits out LOADING, as on a cluster.
            let slot = routesCommands ? keys(of: request, row: row).slot : nil
            return single(request, row: row, at: slot.map { .slot($0) } ?? .home)
        }
    }

    /// What can be sent without knowing the cluster: a command for one slot, for any node, or for a named address.
    private func planWithoutTopology(
        _ command: Command, row: CommandSpec?, request: Request
    ) throws(CommandFailure) -> Plan? {
        if let target = command.target {
            guard case .address(let host, let port) = target, !mapsAddresses else { return nil }
            let route = Route.node(NodeAddress(host: host, port: port), asReplica: Self.readsKeys(request, row))
            return single(request, row: row, at: route)
        }
        if let row, !isUnblocked(row) || row.clients.areNamed(in: command.arguments) { return nil }
        switch row?.request {
        case nil, .anyNode: return single(request, row: row, at: .home)
        case .keyed:
            if let row, row.flags.contains(.unredirected) || readFrom.concerns(row) { return nil }
            let mayNeedPlan = keys(of: request, row: row).spanSlots || CrossSlotPlan.isNeeded(for: request, row)
            return mayNeedPlan && !isStrict
                ? nil : try keyed(request, row: row, owners: SlotMap(), topology: nil)
        // Any node would answer for a slot, but only the owner knows its keys; and a session node's note names how many
        // nodes there are.
        case .slot, .sessionNode, .randomNode, .weightedMaster, .masters, .allNodes: return nil
        }
    }

    // MARK: One node

    /// One request, or a cursor run to its end, at one place.
    private func single(_ request: Request, row: CommandSpec?, at route: Route) -> Plan {
        guard let row, let command = row.iterates else { return .single(SinglePlan(request.at(route))) }
        guard row.accepts(argumentCount: request.arguments.count) else {
            // The server's own complaint is wanted, which the words that are filled in would hide.
            return .single(SinglePlan(Request(arguments: [ByteString("\(command)")], route: route, isReadonly: true)))
        }
        let iteration = Self.iteration(of: command, request.arguments, row: row)
        return .iterate(IterationPlan(arguments: iteration.arguments, cursorIndex: iteration.cursorIndex, route: route))
    }

    private func keyed(
        _ request: Request, row: CommandSpec?, owners: SlotMap, topology: Topology?
    ) throws(CommandFailure) -> Plan {
        let keys = keys(of: request, row: row)
        guard let slot = keys.slot else { return single(request, row: row, at: .home) }
        // Not every server checks that the keys are its own, and whether one does for a learned command is unknown.
        let isRefusedByServer = isStrict && row.map { !$0.isLearned && !$0.flags.contains(.unredirected) } ?? false
        if !isRefusedByServer, keys.spanSlots || CrossSlotPlan.isNeeded(for: request, row) {
            if let row, !row.accepts(argumentCount: request.arguments.count) {
                // Any node reports a wrong number of arguments before it looks at the keys.
                return single(request, row: row, at: .home)
            }
            if let row, let topology, !isStrict {
                let context = CrossSlotContext(
                    owners: owners, topology: topology, privateKeys: PrivateKeys(prefix: keyPrefix))
                if let plan = CrossSlotPlan(row, request, context) {
                    if isReadOnly, row.crossSlot.copiesKeys {
                        throw .readOnlyAcrossSlots(command: "\(row.name)")
                    }
                    return .crossSlot(plan, slots: Set(keys.all.map { HashSlot(key: $0).number }).count)
                }
            }
            throw .crossSlot(
                keys.all.map { CommandFailure.KeyPlace($0, owners) },
                reason: isStrict ? nil : row?.oneSlotReason.map { "\($0)" })
        }
        guard let row, let topology, readFrom.concerns(row) else {
            return single(request, row: row, at: .slot(slot))
        }
        let routes = readFrom.routes(of: slot, in: topology, owner: owners[slot])
        guard let route = routes.first else { throw .noReplica(slot) }
        return .single(SinglePlan(request.at(route), alternatives: routes.dropFirst()))
    }

    /// True for a command that may go to a node other than its slot's master.
    package func readsElsewhere(_ row: CommandSpec) -> Bool { routesCommands && readFrom.concerns(row) }

    /// A command's keys, the slot of the first, and whether another key has a different slot.
    private func keys(of request: Request, row: CommandSpec?) -> (all: [ByteString], slot: HashSlot?, spanSlots: Bool) {
        let keys = row?.keys.indexes(in: request.arguments).map { request.arguments[$0] } ?? []
        let slot = keys.first.map { HashSlot(key: $0) }
        return (keys, slot, keys.dropFirst().contains { HashSlot(key: $0) != slot })
    }

    private static func slotRoute(_ request: Request, _ argument: Int) -> Route {
        guard argument < request.arguments.count, let number = request.arguments[argument].integer,
            let slot = HashSlot(number)
        else { return .home }
        return .slot(slot)
    }

    /// True for a read of keys, which a replica answers only after READONLY.
    private static func readsKeys(_ request: Request, _ row: CommandSpec?) -> Bool {
        request.isReadonly && row?.keys.isEmpty == false
    }

    // MARK: Many nodes

    private func fanOut(
        _ command: Command, _ request: Request, row: CommandSpec?, nodes: [Node], owners: SlotMap
    ) throws(CommandFailure) -> Plan {
        let arguments = command.arguments
        guard !nodes.isEmpty else { throw .noSuchNode(target: command.target == .replicas ? "@replicas" : "@masters") }
        if let row, let iterated = row.iterates {
            // A replica finds what its master finds.
            guard command.target == nil || command.target == .masters else {
                throw .streamNeedsNode(command: "\(row.name)")
            }
            let iteration = Self.iteration(of: iterated, arguments, row: row)
            return .iterate(
                IterationPlan(arguments: iteration.arguments, cursorIndex: iteration.cursorIndex, nodes: nodes))
        }
        if let row, !row.accepts(argumentCount: arguments.count), command.target == nil {
            // The server's own complaint about the number of arguments is wanted once, not from every node.
            return .single(SinglePlan(request))
        }
        if let row, row.flags.contains(.cursor), arguments.count > row.wordCount, arguments[row.wordCount] != "0" {
            throw .cursorNeedsNode(command: command.title(row))
        }
        let policy: ResponsePolicy =
            command.target != nil || aggregation == .never
            ? .perNode : aggregation == .always ? row?.aggregate ?? .perNode : row?.response ?? .perNode
        let listsKeys = policy == .union && request.isReadonly && row?.flags.contains(.namesKeys) == true
        return .fanOut(
            FanOutPlan(
                nodes: nodes, arguments: arguments, policy: policy, isReadonly: request.isReadonly,
                readsKeys: Self.readsKeys(request, row), union: listsKeys ? KeyUnion(owners) : nil))
    }

    /// The server's command behind one of slotline's iterators, and where its cursor goes: after the key, if any.
    private static func iteration(
        of command: StaticString, _ arguments: [ByteString], row: CommandSpec
    ) -> (arguments: [ByteString], cursorIndex: Int) {
        var words = [ByteString("\(command)")] + arguments.dropFirst()
        let cursorIndex = min(row.keys.isEmpty ? 1 : 2, words.count)
        if !words[cursorIndex...].contains(where: { $0.matches("COUNT") }) { words += ["COUNT", standardPage] }
        return (words, cursorIndex)
    }

    /// How many elements an iterator requests per page: ten, the server's default, would take many round trips.
    private static let standardPage: ByteString = "1000"

    // MARK: Refusals and targets

    /// False for a row that is blocked on a cluster, and for what a read-only session does not send.
    ///
    /// - Parameters:
    ///   - row: nil for an unknown command.
    ///   - arguments: nil for any.
    package func allows(_ row: CommandSpec?, _ arguments: [ByteString]? = nil, isCluster: Bool) -> Bool {
        guard let row else { return !isReadOnly }
        let isHarmless = arguments.map { row.isHarmless(with: $0) } ?? row.isHarmless
        return (!isReadOnly || isHarmless) && (!isCluster || isUnblocked(row))
    }

    private func isUnblocked(_ row: CommandSpec) -> Bool {
        guard let block = row.block else { return true }
        if hasDatabases && block.isOfOneDatabase { return true }
        return unblocked.contains { name in name.matches(row.name) || block.partner.map { name.matches($0) } ?? false }
    }

    /// Refuses a target for what is about the session.
    package func refuseTarget(_ command: Command, row: CommandSpec?) throws(CommandFailure) {
        guard command.target != nil, let row, row.effect.isOfSession(command.arguments) else { return }
        throw .sessionHasNoTarget(command: command.title(row))
    }

    /// Refuses what a read-only session does not send, whatever its target.
    package func refuseWrite(_ command: Command, row: CommandSpec?) throws(CommandFailure) {
        guard isReadOnly, row?.isHarmless(with: command.arguments) != true else { return }
        throw .readOnly(
            command: command.title(row),
            alternative: row.flatMap { CommandTable.readOnlyVariant(of: $0, with: command.arguments) })
    }

    /// Refuses what the table blocks on a cluster.
    ///
    /// - Throws: `.blocked` unless the user unblocked the command or named the node to run it at, perhaps by a slot or
    ///   key.
    package func refuseBlocked(_ command: Command, row: CommandSpec?) throws(CommandFailure) {
        guard let row, let block = row.block, !isUnblocked(row) else { return }
        switch command.target {
        case .address, .nodeID, .slot, .key: return
        case .all, .masters, .replicas, .random, nil:
            throw .blocked(
                command: "\(row.name)", reason: "\(block.reason)", instead: "\(block.instead)",
                isLiftable: block.isLiftable)
        }
    }

    private static func nodes(for target: Target, in topology: Topology) -> [Node] {
        switch target {
        case .masters: topology.masters
        case .replicas: topology.replicas
        case .all, .random, .address, .nodeID, .slot, .key: topology.nodes
        }
    }

    private static func node(
        for target: Target, in topology: Topology, owners: SlotMap
    ) throws(CommandFailure) -> Node {
        switch target {
        case .all, .masters, .replicas, .random:
            guard let node = topology.nodes.filter(\.isHealthy).randomElement() else {
                throw .noSuchNode(target: "@random")
            }
            return node
        case .address(let host, let port):
            let address = NodeAddress(host: host, port: port)
            // A name or an address that the cluster does not use for a node may still lead to it.
            return topology.node(at: address) ?? Node(at: address)
        case .nodeID(let prefix):
            let matches = topology.nodes.filter { $0.id.hasPrefix(prefix) || $0.address.hasPort(prefix) }
            guard let node = matches.first else { throw .noSuchNode(target: "@\(prefix)") }
            guard matches.count == 1 else {
                throw .ambiguousNode(target: "@\(prefix)", matches: matches.map { "\($0.address)  \($0.id)" })
            }
            return node
        case .slot(let slot): return try owner(of: slot, in: topology, owners: owners)
        case .key(let key): return try owner(of: HashSlot(key: key), in: topology, owners: owners)
        }
    }

    private static func owner(
        of slot: HashSlot, in topology: Topology, owners: SlotMap
    ) throws(CommandFailure) -> Node {
        guard let address = owners[slot] else { throw .slotWithoutOwner(slot) }
        return topology.node(at: address) ?? Node(at: address)
    }
}

extension NodeAddress {
    /// True when these are the digits of its port, or of its announced port.
    fileprivate func hasPort(_ digits: String) -> Bool {
        "\(port)" == digits || announcement.map { "\($0.address.port)" == digits } ?? false
    }
}

extension Request {
    /// The same request at another place.
    package func at(_ route: Route) -> Request {
        Request(arguments: arguments, route: route, isReadonly: isReadonly, isScript: isScript)
    }
}
