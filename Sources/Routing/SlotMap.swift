package import Commands

/// Which master owns each slot, as far as is known.
package struct SlotMap: Sendable {
    package static let missing = UInt16.max

    package private(set) var owners: [NodeAddress] = []
    /// For each slot an index into ``owners``, or ``missing``; empty until something is known.
    package private(set) var table: [UInt16] = []
    /// Where each owner stands.
    private var places: [NodeAddress: UInt16] = [:]

    package init() {}

    package init(_ topology: Topology) {
        for shard in topology.shards {
            guard let master = shard.master?.address else { continue }
            for range in shard.slots { set(range, to: master) }
        }
    }

    package subscript(slot: HashSlot) -> NodeAddress? {
        guard !table.isEmpty, table[slot.number] != Self.missing else { return nil }
        return owners[Int(table[slot.number])]
    }

    /// Takes over what a MOVED said about one slot.
    package mutating func patch(_ slot: HashSlot, to owner: NodeAddress) {
        set(slot.number...slot.number, to: owner)
    }

    private mutating func set(_ range: ClosedRange<Int>, to owner: NodeAddress) {
        if table.isEmpty { table = [UInt16](repeating: Self.missing, count: HashSlot.count) }
        if owners.count == Int(Self.missing), places[owner] == nil { forgetFormerOwners() }
        let place = add(owner)
        for slot in range { table[slot] = place }
    }

    private mutating func add(_ owner: NodeAddress) -> UInt16 {
        if let place = places[owner] { return place }
        let place = UInt16(owners.count)
        owners.append(owner)
        places[owner] = place
        return place
    }

    /// Makes room for others: of those that own a slot there are never more than slots.
    private mutating func forgetFormerOwners() {
        let former = owners
        owners = []
        places = [:]
        for slot in table.indices where table[slot] != Self.missing { table[slot] = add(former[Int(table[slot])]) }
    }
}
