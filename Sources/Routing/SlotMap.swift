package import Commands

/// Which master owns each slot, as far as is known.
package struct SlotMap: Sendable {
    private static let missing = UInt16.max

    package private(set) var owners: [NodeAddress] = []
    /// For each slot an index into ``owners``, or ``missing``; empty until much is known.
    private var table: [UInt16] = []
    /// Until then: slots, each with its index behind it. One command needs no table, which is dearer than its reply.
    private var patches: [UInt16] = []
    /// So many owners are kept; a server may name a new one with every MOVED.
    private var limit = fewestKept

    private static let fewestKept = 64
    private static let mostPatches = 8

    package init() {}

    package init(_ topology: Topology) {
        for shard in topology.shards where !shard.slots.isEmpty {
            guard let master = shard.master?.address else { continue }
            if table.isEmpty { makeTable() }
            // Each shard has a master of its own.
            let place = append(master)
            for range in shard.slots { for slot in range { table[slot] = place } }
        }
        limit = max(Self.fewestKept, 2 * owners.count)
    }

    package subscript(slot: HashSlot) -> NodeAddress? {
        place(ofSlot: slot.number).map { owners[Int($0)] }
    }

    /// The index of the slot's owner in ``owners``.
    package func place(ofSlot slot: Int) -> UInt16? {
        if table.isEmpty { return patch(of: slot).map { patches[$0 + 1] } }
        return table[slot] == Self.missing ? nil : table[slot]
    }

    private func patch(of slot: Int) -> Int? {
        stride(from: 0, to: patches.count, by: 2).first { patches[$0] == slot }
    }

    /// The index of an owner; nil for a node that owns no slot.
    func place(of owner: NodeAddress) -> UInt16? {
        owners.firstIndex(of: owner).map { UInt16($0) }
    }

    /// Takes over what a MOVED said about one slot.
    package mutating func patch(_ slot: HashSlot, to owner: NodeAddress) {
        if owners.count == limit || patches.count == 2 * Self.mostPatches { makeTable() }
        if owners.count == limit, place(of: owner) == nil { forgetFormerOwners() }
        let place = place(of: owner) ?? append(owner)
        if !table.isEmpty {
            table[slot.number] = place
        } else if let patch = patch(of: slot.number) {
            patches[patch + 1] = place
        } else {
            patches += [UInt16(slot.number), place]
        }
    }

    private mutating func append(_ owner: NodeAddress) -> UInt16 {
        owners.append(owner)
        return UInt16(owners.count - 1)
    }

    private mutating func makeTable() {
        guard table.isEmpty else { return }
        table = [UInt16](repeating: Self.missing, count: HashSlot.count)
        for patch in stride(from: 0, to: patches.count, by: 2) { table[Int(patches[patch])] = patches[patch + 1] }
        patches = []
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
