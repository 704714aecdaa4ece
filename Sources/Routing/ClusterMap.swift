package import Clock
package import Commands
package import RESP

/// What the engine has learned about the servers: who they are, who owns which slot, and whom to ask first.
package struct ClusterMap: Sendable {
    /// As the user named them.
    package let seeds: [NodeAddress]
    /// How the addresses that nodes announce are reached.
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
    /// Another number whenever a command may have to go to another node than before.
    package private(set) var revision = 0
    /// True when a redirect showed that the map is out of date.
    package var isStale = false
    /// When ``view`` was learned last.
    private var learnedAt: Instant?
    /// The cluster's epoch as the node knew it that ``view`` was learned from, if it said.
    package var epoch = 0
    /// Nodes of an earlier topology that the present one does not have any more.
    private var departed: Set<NodeAddress> = []
    /// Those, and nodes that the cluster calls failed.
    private var failed: Set<NodeAddress> = []
    private var replicas: Set<NodeAddress> = []
    /// Nodes that have said CLUSTERDOWN: they may be the ones that are cut off, so others are asked before them.
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

    /// True for a server that the user has named, and for a node of the cluster.
    package func knows(_ address: NodeAddress) -> Bool {
        seeds.contains(address) || topology?.node(at: address) != nil
    }

    package var isUnknown: Bool {
        if case .unknown = view { true } else { false }
    }

    package var isStandalone: Bool {
        if case .standalone = view { true } else { false }
    }

    /// True when a server has said that it is no node of a cluster: it redirects nobody.
    package var isAlone: Bool { isStandalone && isCertain }

    /// Takes over what a node said: the topology, or nil when there is no cluster.
    ///
    /// - Parameter isCertain: false when that is only what it looks like.
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

    /// Takes over what a master has said of its replicas; see ``Topology/add(replication:of:)``.
    package mutating func learn(replication reply: RESPValue, of master: NodeAddress) {
        guard var topology else { return }
        topology.add(replication: reply, of: master)
        view = .cluster(topology)
    }

    /// Takes over what a MOVED said about one slot.
    package mutating func patch(_ slot: HashSlot, to owner: NodeAddress) {
        owners.patch(slot, to: owner)
        revision &+= 1
    }

    /// True when the topology was learned longer ago: too old for what no node would correct by a redirect.
    package func isOlder(than seconds: Double, at now: Instant) -> Bool {
        topology != nil && now.seconds(since: learnedAt ?? now) > seconds
    }

    /// True when the cluster calls a node failed, or has dropped it: it owes nothing any more and gets nothing more.
    package func hasFailed(_ node: NodeAddress) -> Bool { failed.contains(node) }

    /// True when each shard with slots has a healthy master.
    package var isWhole: Bool {
        topology?.shards.allSatisfy { $0.slots.isEmpty || $0.master?.isHealthy == true } ?? true
    }

    package func ownsSlots(_ node: NodeAddress) -> Bool {
        topology?.shards.contains { !$0.slots.isEmpty && $0.master?.address == node } ?? false
    }

    package func isReplica(_ node: NodeAddress) -> Bool { replicas.contains(node) }

    /// True when others are to be asked as well: a node may be cut off, or know less than what is known.
    package func doubts(_ state: ClusterState) -> Bool { state.isDown || state.epoch ?? .max < epoch }

    /// Takes over that a node has said CLUSTERDOWN, or nothing: it is asked after all others.
    package mutating func doubt(_ node: NodeAddress) {
        doubted.removeAll { $0 == node }
        doubted.append(node)
        isStale = true
    }

    /// Everybody who may know the topology: the present node, the seeds, all known nodes, the healthy ones first, and those
    /// that may be cut off last, the one that was asked longest ago before the others.
    package var informants: [NodeAddress] {
        let nodes = topology?.nodes ?? []
        let known = nodes.filter(\.isHealthy) + nodes.filter { !$0.isHealthy }
        var seen: Set<NodeAddress> = []
        let all = ([home] + seeds + known.map(\.address)).filter { seen.insert($0).inserted }
        let last = Set(doubted)
        return all.filter { !last.contains($0) } + doubted.filter { seen.contains($0) }
    }
}
