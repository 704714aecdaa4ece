package import Commands
package import RESP

package enum Role: String, Hashable, Sendable {
    case master, replica
    /// A server on its own, whichever of the two it may be.
    case standalone = "server"
}

/// One server of a cluster.
package struct Node: Hashable, Sendable {
    package let address: NodeAddress
    /// 40 hexadecimal digits; empty if the server did not say.
    package let id: String
    package let role: Role
    /// False if the cluster calls the node failed.
    package let isHealthy: Bool
    /// Its availability zone; nil where servers do not report one.
    package let zone: String?
    /// True for a master that serves slots, and for a healthy one, which may be given some. One that has failed and
    /// been replaced is a master in name only: any keys it still has are not the cluster's.
    package fileprivate(set) var holdsKeys: Bool

    package init(address: NodeAddress, id: String, role: Role, isHealthy: Bool, zone: String? = nil) {
        self.zone = zone
        self.address = address
        self.id = id
        self.role = role
        self.isHealthy = isHealthy
        holdsKeys = role != .replica && isHealthy
    }

    /// A server of which nothing but its address is known: taken for a healthy master.
    package init(at address: NodeAddress) {
        self.init(address: address, id: "", role: .master, isHealthy: true)
    }
}

/// A master with its replicas and its slots.
package struct Shard: Hashable, Sendable {
    package let slots: [ClosedRange<Int>]
    /// The master first.
    package let nodes: [Node]

    package init(slots: [ClosedRange<Int>], nodes: [Node]) {
        self.slots = slots
        var nodes = nodes
        // If no node has taken over, the slots still belong to the failed master.
        if !slots.isEmpty, !nodes.contains(where: \.holdsKeys),
            let owner = nodes.firstIndex(where: { $0.role == .master })
        {
            nodes[owner].holdsKeys = true
        }
        self.nodes = nodes
    }

    /// More than one while another has taken over and the cluster has not settled yet.
    var masters: [Node] { nodes.filter { $0.role == .master } }

    package var slotCount: Int { slots.reduce(0) { $0 + $1.count } }

    package var master: Node? { masters.first(where: \.isHealthy) ?? masters.first }
}

/// The nodes of a cluster and their slots, as reported by one of the nodes.
package struct Topology: Hashable, Sendable {
    /// In the order of their first slots; shards without slots last.
    package let shards: [Shard]
    /// Masters that report replicas of their own, which the cluster may not know of yet.
    package private(set) var replicated: Set<NodeAddress> = []

    package init(shards: [Shard]) {
        func firstSlot(_ shard: Shard) -> Int { shard.slots.first?.lowerBound ?? HashSlot.count }
        self.shards = shards.sorted { firstSlot($0) < firstSlot($1) }
    }

    /// Every node known to the cluster: masters by slot, each followed by its replicas.
    package var nodes: [Node] { shards.flatMap(\.nodes) }

    /// The masters: those that own slots, and healthy ones that do not own any yet.
    package var masters: [Node] { nodes.filter(\.holdsKeys) }

    package var replicas: [Node] { nodes.filter { $0.role == .replica } }

    /// True for a master with a replica that is not known to have failed.
    package func isReplicated(_ master: NodeAddress) -> Bool {
        replicated.contains(master)
            || shards.contains { shard in
                shard.nodes.contains { $0.address == master }
                    && shard.nodes.contains { $0.role == .replica && $0.isHealthy && $0.address != master }
            }
    }

    /// Records what a master has said about its replicas: it knows of one that has just joined before any other node
    /// does.
    ///
    /// - Parameter reply: the reply to INFO replication; an error says nothing. Source: Redis documentation, "INFO".
    package mutating func add(replication reply: RESPValue, of master: NodeAddress) {
        let field: StaticString = "connected_slaves:"
        let count = reply.text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("\(field)") }
        if let count, Int(count.dropFirst(field.utf8CodeUnitCount)) != 0 { replicated.insert(master) }
    }

    /// True when the target leads to a node of the cluster.
    package func has(_ target: Target) -> Bool {
        switch target {
        case .all, .masters, .random, .slot, .key: true
        case .replicas: !replicas.isEmpty
        case .address(let host, let port): node(at: NodeAddress(host: host, port: port)) != nil
        case .nodeID(let prefix): nodes.contains { $0.id.hasPrefix(prefix) }
        }
    }

    /// How many slots a node owns, whether it serves them or has failed.
    package func slots(heldBy node: Node) -> Int {
        shards.first { $0.master == node }?.slotCount ?? 0
    }

    /// The node reached at an address, or else the one announced there.
    package func node(at address: NodeAddress) -> Node? {
        nodes.first { $0.address == address } ?? nodes.first { $0.address.announcement?.address == address }
    }

    /// An address that the map leads to for nodes that announce different ones, and the addresses they announce.
    package var sharedAddress: (address: NodeAddress, announced: [NodeAddress])? {
        for (address, nodes) in Dictionary(grouping: nodes, by: \.address) where nodes.count > 1 {
            let announced = Set(nodes.compactMap { $0.address.announcement?.address }).sorted()
            if announced.count > 1 { return (address, announced) }
        }
        return nil
    }
}
