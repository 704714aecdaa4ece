package import Commands
package import RESP

/// What a session listens to, and at which nodes it is heard.
///
/// Any node of a cluster hears what is published on a channel. Events of the key space happen at the master that owns the
/// key, shard channels at the owner of their slot, and MONITOR shows what one node executes. Source: Redis documentation,
/// "Redis Pub/Sub", "Redis keyspace notifications" and "MONITOR".
package struct Subscriptions: Sendable {
    package enum Kind: Hashable, Sendable {
        case channel, pattern, shardChannel, monitor
    }

    /// What one command with one argument at most listens to.
    package struct Item: Hashable, Sendable {
        package let kind: Kind
        /// The channel or pattern; empty for MONITOR.
        package let name: ByteString

        package init(_ kind: Kind, _ name: ByteString = "") {
            self.kind = kind
            self.name = name
        }

        package var entering: [ByteString] {
            switch kind {
            case .channel: ["SUBSCRIBE", name]
            case .pattern: ["PSUBSCRIBE", name]
            case .shardChannel: ["SSUBSCRIBE", name]
            case .monitor: ["MONITOR"]
            }
        }

        /// Nothing ends MONITOR but the end of the connection.
        package var leaving: [ByteString] {
            switch kind {
            case .channel: ["UNSUBSCRIBE", name]
            case .pattern: ["PUNSUBSCRIBE", name]
            case .shardChannel: ["SUNSUBSCRIBE", name]
            case .monitor: []
            }
        }

        /// True for what every master has its own of, though perhaps not only of that: a pattern may match any channel.
        package var happensAtEachMaster: Bool {
            switch kind {
            case .monitor: true
            case .channel: Subscriptions.isOfKeySpace(name.bytes)
            case .pattern: Subscriptions.keySpaces.contains { $0.mayBegin(glob: name) }
            case .shardChannel: false
            }
        }
    }

    /// What the channels begin with on which a server tells of its own keys.
    private static let keySpaces: [ByteString] = ["__keyspace@", "__keyevent@"]

    /// True for a channel on which each master tells of its own keys; what is published on others is heard at any node.
    package static func isOfKeySpace(_ channel: some Sequence<UInt8>) -> Bool {
        keySpaces.contains { channel.starts(with: $0.bytes) }
    }

    /// In the order in which they were asked for.
    package private(set) var items: [Item] = []
    /// Set for who listens at these nodes whatever the item.
    private let target: Target?

    package init(at target: Target?) {
        self.target = target
    }

    package var isEmpty: Bool { items.isEmpty }

    package func contains(_ item: Item) -> Bool { items.contains(item) }

    package mutating func insert(_ item: Item) {
        if !items.contains(item) { items.append(item) }
    }

    package mutating func remove(_ item: Item) {
        items.removeAll { $0 == item }
    }

    /// Takes a command, and confirms each of its channels with the number of those that are subscribed then.
    mutating func take(_ arguments: [ByteString], leaves: Bool) -> [RESPValue] {
        let kind = Self.kind(of: arguments[0])
        let word = RESPValue.bulk(ByteString(arguments[0].text.lowercased()))
        func confirmation(_ name: RESPValue) -> RESPValue {
            let count = items.count { ($0.kind == .shardChannel) == (kind == .shardChannel) }
            return .array([word, name, .integer(count)])
        }
        let named = arguments.dropFirst().map { Item(kind, $0) }
        let concerned = named.isEmpty ? items.filter { $0.kind == kind } : named
        guard !concerned.isEmpty else { return [confirmation(.null)] }
        return concerned.map { item in
            if leaves { remove(item) } else { insert(item) }
            return confirmation(.bulk(item.name))
        }
    }

    /// The kind that a command is about, and its confirmation.
    package static func kind(of command: ByteString) -> Kind {
        switch command.uppercased.text {
        case "MONITOR": .monitor
        case "PSUBSCRIBE", "PUNSUBSCRIBE": .pattern
        case "SSUBSCRIBE", "SUNSUBSCRIBE": .shardChannel
        default: .channel
        }
    }

    /// What is to be listened to at each node, each in the order in which it was asked for.
    ///
    /// - Parameters:
    ///   - map: what is known of the cluster; without a topology all is heard at `node`.
    ///   - node: for what any node hears.
    package func places(_ map: ClusterMap, any node: NodeAddress) -> [(node: NodeAddress, items: [Item])] {
        var places: [(node: NodeAddress, items: [Item])] = []
        for item in items {
            for address in nodes(for: item, map, any: node) {
                if let place = places.firstIndex(where: { $0.node == address }) {
                    places[place].items.append(item)
                } else {
                    places.append((address, [item]))
                }
            }
        }
        return places
    }

    private func nodes(for item: Item, _ map: ClusterMap, any node: NodeAddress) -> [NodeAddress] {
        guard let topology = map.topology else { return [node] }
        switch target {
        case .all: return topology.nodes.map(\.address)
        case .masters: return topology.masters.map(\.address)
        case .replicas: return topology.replicas.map(\.address)
        case .address, .nodeID, .slot, .key, .random: return [node]
        case nil: break
        }
        if item.happensAtEachMaster {
            let masters = topology.masters.map(\.address)
            // A pattern may match what is published at any node, too.
            let isMixed = item.kind == .pattern && !Self.isOfKeySpace(item.name.bytes)
            return isMixed && !masters.contains(node) ? masters + [node] : masters
        }
        // A slot without an owner is any node's to complain about.
        return [item.kind == .shardChannel ? map.owners[HashSlot(key: item.name)] ?? node : node]
    }
}
