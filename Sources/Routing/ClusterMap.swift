package import Clock
package import Commands
package import RESP

/// What the engine has learned about the servers: which there are, which owns each slot, and which to ask first.
package struct ClusterMap: Sendable {
    /// As the user named them.
    package let seeds: [NodeAddress]
    /// How to reach the addresses that nodes announce.
    package let addresses: AddressMap
    package private(set) var view = ClusterView.unknown
    private var isCertain = true
    package private(set) var owners = SlotMap()
    /// The address by which the cluster knows the server that the user named first.
    package var seedNode: NodeAddress
    /// The node that commands without a key go to.
    package var home: NodeAddress {
        didSet { revision &+= 1 }
    }
    /// Changes whenever a command may have to go to a different node than before.
    package private(set) var revision = 0
    /// True when a redirect showed that the map is out of date.
    package var isStale = false
    /// When ``view`` was last learned.
    private var learnedAt: Instant?
    /// The cluster's epoch, as known to the node that ``view`` was learned from, if it said.
    package var epoch = 0
    /// Nodes of an earlier topology that are missing from the current one.
    private var departed: Set<NodeAddress> = []
    /// Those, and nodes that the cluster calls failed.
    private var failed: Set<NodeAddress> = []
    private var replicas: Set<NodeAddress> = []
    /// Nodes that have said CLUSTERDOWN: they may be the ones cut off, so others are asked before them.
    private var doubted: [NodeAddress] = []

    package init(seeds: [NodeAddress], addresses: AddressMap = AddressMap()) {
        self.seeds = seeds
        self.addresses = addresses
        seedNode = seeds.first ?? NodeAddress(host: "127.0.0.1", port: 6379)
        home = seedNode
    }

    /// The server that the user named first.
    package var seed: NodeAddress { seeds.first ?? home }

    /// ``home`` by the name that the user knows: the prompt's.
    package var homeName: NodeAddress { home == seedNode ? seed : home }

    package var topology: Topology? {
        if case .cluster(let topology) = view { topology } else { nil }
    }

    /// True for a server that the user named, and for a node of the cluster.
    package func knows(_ address: NodeAddress) -> Bool {
        seeds.contains(address) || topology?.node(at: address) != nil
    }

    package var isUnknown: Bool {
        if case .unknown = view { true } else { false }
    }

    package var isStandalone: Bool {
        if case .standalone = view { true } else { false }
    }

    /// True when a server has said that it is not a cluster node: it never redirects.
    package var isAlone: Bool { isStandalone && isCertain }

    /// Records what a node said: the topology, or nil when there is no cluster.
    ///
    /// - Parameter isCertain: false when it only looks that way.
    package mutating func learn(_ topology: Topology?, isCertain: Bool = true, at now: Instant) {
        self.isCertain = isCertain
        learnedAt = now
        let nodes = topology?.nodes ?? []
        departed.formUnion(self.topology?.nodes.map(\.address) ?? [])
        departed.subtract(nodes.map(\.address))
        failed = departed.union(nodes.lazy.filter { !$0.isHealthy }.map(\.address))
        replicas = Set(nodes.lazy.filter { $0.role == .replica }.map(\.address))
        view = topology.map { .cluster($0) } ?? .standalone
        owners = topology.map { SlotMap($0) } ?? SlotMap()
        isStale = false
        revision &+= 1
    }

    /// Records what a master has said about its replicas; see ``Topology/add(replication:of:)``.
    package mutating func learn(replication reply: RESPValue, of master: NodeAddress) {
        guard var topology else { return }
        topology.add(replication: reply, of: master)
        view = .cluster(topology)
    }

    /// Records what a MOVED said about one slot.
    package mutating func patch(_ slot: HashSlot, to owner: NodeAddress) {
        owners.patch(slot, to: owner)
        revision &+= 1
    }

    /// True when the topology was learned longer ago than this: too old for what no node would correct with a redirect.
    package func isOlder(than seconds: Double, at now: Instant) -> Bool {
        topology != nil && now.seconds(since: learnedAt ?? now) > seconds
    }

    /// True when the cluster calls a node failed, or has dropped it: nothing more is expected of it or sent to it.
    package func hasFailed(_ node: NodeAddress) -> Bool { failed.contains(node) }

    /// True when each shard with slots has a healthy master.
    package var isWhole: Bool {
        topology?.shards.allSatisfy { $0.slots.isEmpty || $0.master?.isHealthy == true } ?? true
    }

    /// The masters with slots that the cluster does not call failed.
    package var healthyMasters: [NodeAddress] {
        let masters = topology?.shards.compactMap { $0.slots.isEmpty ? nil : $0.master } ?? []
        return masters.filter(\.isHealthy).map(\.address)
    }

    package func ownsSlots(_ node: NodeAddress) -> Bool {
        topology?.shards.contains { !$0.slots.isEmpty && $0.master?.address == node } ?? false
    }

    package func isReplica(_ node: NodeAddress) -> Bool { replicas.contains(node) }

    /// True when other nodes are to be asked as well: this one may be cut off, or know less than is known already.
    package func doubts(_ state: ClusterState) -> Bool { state.isDown || state.epoch ?? .max < epoch }

    /// Records that a node has said CLUSTERDOWN, or nothing: it is asked after all others.
    package mutating func doubt(_ node: NodeAddress) {
        doubted.removeAll { $0 == node }
        doubted.append(node)
        isStale = true
    }

    /// Every node that may know the topology: the current one, the seeds, all known nodes, healthy ones first, and last
    /// those that may be cut off, starting with the one doubted longest ago.
    package var informants: [NodeAddress] {
        let nodes = topology?.nodes ?? []
        let known = nodes.filter(\.isHealthy) + nodes.filter { !$0.isHealthy }
        var seen: Set<NodeAddress> = []
        let all = ([home] + seeds + known.map(\.address)).filter { seen.insert($0).inserted }
        let last = Set(doubted)
        return all.filter { !last.contains($0) } + doubted.filter { seen.contains($0) }
    }
}
