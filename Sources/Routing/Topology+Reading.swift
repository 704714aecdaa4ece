import Commands
package import RESP

extension Topology {
    /// Parses the reply to CLUSTER SHARDS; unknown fields are skipped. Nil when it has another form.
    ///
    /// - Parameters:
    ///   - announcer: the node that was asked.
    ///   - isEncrypted: true for the nodes' TLS ports; this reply names both ports, others only that of the asking
    ///     connection.
    /// Source: Redis documentation, "CLUSTER SHARDS".
    package init?(clusterShards reply: RESPValue, by announcer: Announcer, isEncrypted: Bool = false) {
        guard reply.kind == .array else { return nil }
        var shards: [Shard] = []
        for shard in reply.elements {
            guard let slots = shard[field: "slots"], let nodes = shard[field: "nodes"] else { return nil }
            let members = nodes.elements.compactMap {
                Node(clusterShards: $0, by: announcer, isEncrypted: isEncrypted)
            }
            guard !members.isEmpty else { continue }
            // The master that has taken over is ahead of its predecessor, even when both have failed.
            let offsets = nodes.elements.map { $0[field: "replication-offset"]?.integer ?? 0 }
            let order = members.count == offsets.count ? offsets : [Int](repeating: 0, count: members.count)
            let masters = zip(members, order).filter { $0.0.role == .master }.sorted { $0.1 > $1.1 }.map(\.0)
            let ranges = slots.pairs.compactMap { HashSlot.range(from: $0.key.integer, to: $0.value.integer) }
            shards.append(
                Shard(
                    slots: Self.merged(ranges),
                    nodes: masters + members.filter { $0.role == .replica }))
        }
        guard !shards.isEmpty else { return nil }
        self.init(shards: shards)
    }

    /// Parses the reply to CLUSTER SLOTS: start, end, master, replicas. Nil when it has another form.
    /// Source: Redis documentation, "CLUSTER SLOTS".
    package init?(clusterSlots reply: RESPValue, by announcer: Announcer) {
        guard reply.kind == .array else { return nil }
        var order: [NodeAddress] = []
        var ranges: [NodeAddress: [ClosedRange<Int>]] = [:]
        var members: [NodeAddress: [Node]] = [:]
        for entry in reply.elements {
            let parts = Array(entry.elements)
            guard parts.count > 2, let range = HashSlot.range(from: parts[0].integer, to: parts[1].integer)
            else { return nil }
            let nodes = parts[2...].enumerated().compactMap { place, part in
                Node(clusterSlots: part, role: place == 0 ? .master : .replica, by: announcer)
            }
            guard let master = nodes.first?.address else { return nil }
            if ranges[master] == nil { order.append(master) }
            ranges[master, default: []].append(range)
            members[master] = nodes
        }
        guard !order.isEmpty else { return nil }
        self.init(shards: order.map { Shard(slots: Self.merged(ranges[$0] ?? []), nodes: members[$0] ?? []) })
    }

    /// True when a shard has several masters, one of which has taken over from the others: CLUSTER SHARDS does not say
    /// which of them owns the slots. (Redis 8.2 may report no slots, Valkey 9.1 reports them once for all of them.)
    package var isAmbiguous: Bool { shards.contains { $0.masters.count > 1 } }

    /// The same topology with each of those masters in a shard of its own.
    ///
    /// - Parameter slots: what CLUSTER SLOTS says.
    package func settled(by slots: Topology) -> Topology {
        func slotsOf(_ master: Node) -> [ClosedRange<Int>] {
            slots.shards.first { $0.master?.id == master.id }?.slots ?? []
        }
        return Topology(
            shards: shards.flatMap { shard in
                guard shard.masters.count > 1, let owner = shard.masters.first(where: { !slotsOf($0).isEmpty }) else {
                    return [shard]
                }
                return shard.masters.map { master in
                    let replicas = master == owner ? shard.nodes.filter { $0.role == .replica } : []
                    return Shard(slots: slotsOf(master), nodes: [master] + replicas)
                }
            })
    }

    /// The same topology with the masters that own no slots, which CLUSTER SLOTS leaves out, and their replicas.
    ///
    /// - Parameter reply: the reply to CLUSTER NODES.
    package func adding(clusterNodes reply: RESPValue, by announcer: Announcer) -> Topology {
        let known = Set(nodes.map(\.id))
        let lines = ClusterNodeLine.lines(of: reply.text).filter {
            !known.contains($0.id) && !$0.flags.contains("noaddr") && !$0.flags.contains("handshake")
        }
        func node(_ line: ClusterNodeLine, _ role: Role) -> Node? {
            NodeAddress(serverText: line.address, by: announcer).map {
                Node(address: $0, id: line.id, role: role, isHealthy: !line.flags.contains("fail"))
            }
        }
        let others = lines.filter { $0.flags.contains("master") && $0.slots.isEmpty }.compactMap { line in
            node(line, .master).map { master in
                Shard(
                    slots: [], nodes: [master] + lines.filter { $0.master == line.id }.compactMap { node($0, .replica) }
                )
            }
        }
        return Topology(shards: shards + others)
    }

    /// The ranges in order, without overlaps: a server may name a slot any number of times.
    private static func merged(_ ranges: [ClosedRange<Int>]) -> [ClosedRange<Int>] {
        var merged: [ClosedRange<Int>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }
}

extension Node {
    fileprivate init?(clusterShards fields: RESPValue, by announcer: Announcer, isEncrypted: Bool) {
        let (plain, encrypted) = (fields[field: "port"], fields[field: "tls-port"])
        guard let port = (isEncrypted ? encrypted ?? plain : plain ?? encrypted)?.port,
            let role = fields[field: "role"]?.text
        else { return nil }
        // A node without its preferred host name (`?`) still has its address.
        let endpoints = [fields[field: "endpoint"], fields[field: "ip"]].compactMap { $0?.text }
        self.init(
            address: NodeAddress(
                announcedHost: endpoints.first { $0 != "?" } ?? "", port: port, by: announcer),
            id: fields[field: "id"]?.text ?? "",
            role: role == "master" ? .master : .replica,
            isHealthy: fields[field: "health"].map { $0.text != "fail" && $0.text != "failed" } ?? true,
            zone: fields[field: "availability-zone"].flatMap { $0.text.isEmpty ? nil : $0.text })
    }

    fileprivate init?(clusterSlots part: RESPValue, role: Role, by announcer: Announcer) {
        let fields = Array(part.elements)
        guard fields.count > 1, let port = fields[1].port else { return nil }
        self.init(
            address: NodeAddress(announcedHost: fields[0].text, port: port, by: announcer),
            id: fields.count > 2 ? fields[2].text : "", role: role, isHealthy: true)
    }
}

extension RESPValue {
    /// A TCP port; a node that is not fully known yet has none.
    fileprivate var port: Int? { integer.flatMap { 1...65535 ~= $0 ? $0 : nil } }
}
