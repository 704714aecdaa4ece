package import Commands

/// Which master owns each slot, as far as known.
package struct SlotMap: Sendable {
    private static let missing = UInt16.max

    package private(set) var owners: [NodeAddress] = []
    /// Ranges, each as its first slot, its last slot and an index into ``owners``. For a command or two, a table of all
    /// slots would cost more than their replies.
    private var ranges: [UInt16] = []
    /// For each slot, an index into ``owners`` or ``missing``; replaces the ranges when there are many, and is empty
    /// until then.
    private var table: [UInt16] = []
    /// How many owners are kept; a server may name a new one with every MOVED.
    private var limit = fewestKept

    private static let fewestKept = 64
    private static let mostRanges = 8

    package init() {}

    package init(_ topology: Topology) {
        for shard in topology.shards where !shard.slots.isEmpty {
            guard let master = shard.master?.address else { continue }
            // Each shard has its own master.
            let place = append(master)
            for range in shard.slots { set(range, to: place) }
        }
        limit = max(Self.fewestKept, 2 * owners.count)
    }

    package subscript(slot: HashSlot) -> NodeAddress? {
        place(ofSlot: slot.number).map { owners[Int($0)] }
    }

    /// The index of the slot's owner in ``owners``.
    package func place(ofSlot slot: Int) -> UInt16? {
        if table.isEmpty { return range(around: slot...slot).map { ranges[$0 + 2] } }
        return table[slot] == Self.missing ? nil : table[slot]
    }

    /// The index of the range that overlaps these slots. A hand-written loop, as it runs for each of many keys.
    @inline(__always)
    private func range(around slots: ClosedRange<Int>) -> Int? {
        var place = 0
        while place < ranges.count {
            if ranges[place] <= slots.upperBound, ranges[place + 1] >= slots.lowerBound { return place }
            place += 3
        }
        return nil
    }

    /// The index of an owner; nil for a node that owns no slot.
    func place(of owner: NodeAddress) -> UInt16? {
        owners.firstIndex(of: owner).map { UInt16($0) }
    }

    /// Records what a MOVED said about one slot.
    package mutating func patch(_ slot: HashSlot, to owner: NodeAddress) {
        if place(of: owner) == nil, owners.count == limit { forgetFormerOwners() }
        set(slot.number...slot.number, to: place(of: owner) ?? append(owner))
    }

    private mutating func set(_ slots: ClosedRange<Int>, to place: UInt16) {
        if table.isEmpty, ranges.count < 3 * Self.mostRanges, range(around: slots) == nil {
            ranges += [UInt16(slots.lowerBound), UInt16(slots.upperBound), place]
        } else {
            makeTable()
            for slot in slots { table[slot] = place }
        }
    }

    private mutating func append(_ owner: NodeAddress) -> UInt16 {
        owners.append(owner)
        return UInt16(owners.count - 1)
    }

    private mutating func makeTable() {
        guard table.isEmpty else { return }
        table = [UInt16](repeating: Self.missing, count: HashSlot.count)
        for range in stride(from: 0, to: ranges.count, by: 3) {
            for slot in ranges[range]...ranges[range + 1] { table[Int(slot)] = ranges[range + 2] }
        }
        ranges = []
    }

    /// Keeps owners that still own a slot; there are never more of them than slots.
    private mutating func forgetFormerOwners() {
        makeTable()
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
