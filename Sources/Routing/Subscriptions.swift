package import Commands
package import RESP

/// What a session listens to, and at which nodes.
///
/// Any node of a cluster hears what is published on a channel. Keyspace events occur at the master that owns the key,
/// and shard channels at the owner of their slot; MONITOR shows what one node executes. Source: Redis documentation,
/// "Redis Pub/Sub", "Redis keyspace notifications" and "MONITOR".
package struct Subscriptions: Sendable {
    package enum Kind: Hashable, Sendable {
        case channel, pattern, shardChannel, monitor
    }

    /// What a single command with at most one argument listens to.
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

        /// Only closing the connection ends MONITOR.
        package var leaving: [ByteString] {
            switch kind {
            case .channel: ["UNSUBSCRIBE", name]
            case .pattern: ["PUNSUBSCRIBE", name]
            case .shardChannel: ["SUNSUBSCRIBE", name]
            case .monitor: []
            }
        }

        /// True if each master has messages of its own, though there may be others as well: a pattern may match any
        /// channel.
        package var happensAtEachMaster: Bool {
            switch kind {
            case .monitor: true
            case .channel: Subscriptions.isOfKeySpace(name.bytes)
            case .pattern: Subscriptions.keySpaces.contains { $0.mayBegin(glob: name) }
            case .shardChannel: false
            }
        }
    }

    /// The prefixes of channels on which a server reports events on its own keys.
    private static let keySpaces: [ByteString] = ["__keyspace@", "__keyevent@"]

    /// True for a channel on which each master reports events on its own keys; any node hears what is published on
    /// others.
    package static func isOfKeySpace(_ channel: some Sequence<UInt8>) -> Bool {
        keySpaces.contains { channel.starts(with: $0.bytes) }
    }

    /// In the order they were requested.
    package private(set) var items: [Item] = []
    /// Set when the session listens at these nodes, whatever the item.
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

    /// Applies a command, and confirms each of its channels with the number subscribed to by then.
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

    /// The kind that a command, or its confirmation, is about.
    package static func kind(of command: ByteString) -> Kind {
        switch command.uppercased.text {
        case "MONITOR": .monitor
        case "PSUBSCRIBE", "PUNSUBSCRIBE": .pattern
        case "SSUBSCRIBE", "SUNSUBSCRIBE": .shardChannel
        default: .channel
        }
    }

    /// What to listen to at each node, in the order requested.
    ///
    /// - Parameters:
    ///   - map: what is known of the cluster; without a topology, everything is heard at `node`.
    ///   - node: where to listen for what any node hears.
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
            // A pattern may also match what is published at any node.
            let isMixed = item.kind == .pattern && !Self.isOfKeySpace(item.name.bytes)
            return isMixed && !masters.contains(node) ? masters + [node] : masters
        }
        // Any node can report that a slot has no owner.
        return [item.kind == .shardChannel ? map.owners[HashSlot(key: item.name)] ?? node : node]
    }
}
