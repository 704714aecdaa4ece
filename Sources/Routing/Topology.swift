import Commands

package enum Role: String, Hashable, Sendable {
    case master, replica
}

/// One server of a cluster.
package struct Node: Hashable, Sendable {
    package let address: NodeAddress
    /// 40 hexadecimal digits; empty when the server did not say.
    package let id: String
    package let role: Role
    /// False when the cluster calls the node failed.
    package let isHealthy: Bool

    package init(address: NodeAddress, id: String, role: Role, isHealthy: Bool) {
        self.address = address
        self.id = id
        self.role = role
        self.isHealthy = isHealthy
    }
}

/// A master with its replicas and its slots.
package struct Shard: Hashable, Sendable {
    package let slots: [ClosedRange<Int>]
    /// The master first.
    package let nodes: [Node]

    package init(slots: [ClosedRange<Int>], nodes: [Node]) {
        self.slots = slots
        self.nodes = nodes
    }

    package var master: Node? {
        nodes.first { $0.role == .master && $0.isHealthy } ?? nodes.first { $0.role == .master }
    }
}

/// The nodes of a cluster and their slots, as one of them reported it.
package struct Topology: Hashable, Sendable {
    /// In the order of their first slots; shards without slots last.
    package let shards: [Shard]

    package init(shards: [Shard]) {
        func firstSlot(_ shard: Shard) -> Int { shard.slots.first?.lowerBound ?? HashSlot.count }
        self.shards = shards.sorted { firstSlot($0) < firstSlot($1) }
    }

    /// Every node the cluster knows: masters by slot, each with its replicas after it.
    package var nodes: [Node] { shards.flatMap(\.nodes) }

    /// The masters: those that own slots, and healthy ones that do not own any yet.
    package var masters: [Node] {
        shards.flatMap { shard in
            shard.nodes.filter { $0.role == .master && ($0.isHealthy || $0 == shard.master && !shard.slots.isEmpty) }
        }
    }

    package var replicas: [Node] { nodes.filter { $0.role == .replica } }

    package func node(at address: NodeAddress) -> Node? { nodes.first { $0.address == address } }
}
