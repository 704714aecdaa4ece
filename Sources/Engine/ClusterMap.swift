import Commands
package import Routing

/// What the engine has learned about the servers: who they are, who owns which slot, and whom to ask first.
package struct ClusterMap {
    /// As the user named them.
    package let seeds: [NodeAddress]
    package internal(set) var view = ClusterView.unknown
    package internal(set) var owners = SlotMap()
    /// The node that commands without a key go to.
    package internal(set) var home: NodeAddress
    /// True when a redirect showed that the map is out of date.
    var isStale = false

    init(seeds: [NodeAddress]) {
        self.seeds = seeds
        home = seeds.first ?? NodeAddress(host: "127.0.0.1", port: 6379)
    }

    /// The server that the user named first.
    package var seed: NodeAddress { seeds.first ?? home }

    package var topology: Topology? {
        if case .cluster(let topology) = view { topology } else { nil }
    }

    var isUnknown: Bool {
        if case .unknown = view { true } else { false }
    }

    var isStandalone: Bool {
        if case .standalone = view { true } else { false }
    }

    /// Takes over what a node said: the topology, or nil when there is no cluster.
    mutating func learn(_ topology: Topology?) {
        view = topology.map { .cluster($0) } ?? .standalone
        owners = topology.map { SlotMap($0) } ?? SlotMap()
        isStale = false
    }

    /// Everybody who may know the topology: the present node, the seeds, all known nodes, the healthy ones first.
    var informants: [NodeAddress] {
        let nodes = topology?.nodes ?? []
        let known = nodes.filter(\.isHealthy) + nodes.filter { !$0.isHealthy }
        var seen: Set<NodeAddress> = []
        return ([home] + seeds + known.map(\.address)).filter { seen.insert($0).inserted }
    }
}
