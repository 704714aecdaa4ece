package import Commands

/// Which master owns each slot, as far as is known.
package struct SlotMap: Sendable {
    package static let missing = UInt16.max

    package private(set) var owners: [NodeAddress] = []
    /// For each slot an index into ``owners``, or ``missing``; empty until something is known.
    package private(set) var table: [UInt16] = []
    /// So many owners are kept; a server may name a new one with every MOVED.
    private var limit = fewestKept

    private static let fewestKept = 64

    package init() {}

    package init(_ topology: Topology) {
        for shard in topology.shards where !shard.slots.isEmpty {
            guard let master = shard.master?.address else { continue }
            // Each shard has a master of its own.
            let place = append(master)
            for range in shard.slots { for slot in range { table[slot] = place } }
        }
        limit = max(Self.fewestKept, 2 * owners.count)
    }

    package subscript(slot: HashSlot) -> NodeAddress? {
        guard !table.isEmpty, table[slot.number] != Self.missing else { return nil }
        return owners[Int(table[slot.number])]
    }

    /// The index of an owner; nil for a node that owns no slot.
    func place(of owner: NodeAddress) -> UInt16? {
        owners.firstIndex(of: owner).map { UInt16($0) }
    }

    /// Takes over what a MOVED said about one slot.
    package mutating func patch(_ slot: HashSlot, to owner: NodeAddress) {
        if let place = place(of: owner) {
            table[slot.number] = place
        } else {
            if owners.count == limit { forgetFormerOwners() }
            let place = append(owner)
            table[slot.number] = place
        }
    }

    private mutating func append(_ owner: NodeAddress) -> UInt16 {
        if table.isEmpty { table = [UInt16](repeating: Self.missing, count: HashSlot.count) }
        owners.append(owner)
        return UInt16(owners.count - 1)
    }

    /// Keeps those that own a slot, of which there are never more than slots.
    private mutating func forgetFormerOwners() {
        let former = owners
        var places = [UInt16](repeating: Self.missing, count: former.count)
        owners = []
        for slot in table.indices where table[slot] != Self.missing {
            let place = Int(table[slot])
            if places[place] == Self.missing { places[place] = append(former[place]) }
            table[slot] = places[place]
        }
        limit = max(Self.fewestKept, 2 * owners.count)
    }
}
