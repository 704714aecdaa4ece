/// Members of sets that were received as replies, picked in place: unions, intersections and differences, compared by
/// the bytes of the members.
///
/// Sets may have millions of members, so no value and no array is made for a member, and none is copied until its
/// destination is known.
package struct PickedMembers: Sendable {
    private var sets: [RESPValue] = []
    /// For each member of each set, whether it is one of these.
    private var picks: [[Bool]] = []
    package private(set) var count = 0
    /// Of all of them together.
    private(set) var byteCount = 0

    /// The members of all sets, each once.
    ///
    /// - Parameter sets: aggregates of scalars, at least one; the result is of the first one's kind.
    package static func union(of sets: [RESPValue]) -> PickedMembers {
        var union = PickedMembers()
        var table = MemberTable(capacity: sets.reduce(0) { $0 + $1.memberNodes.count })
        for set in sets { union.pick(from: set, by: &table) { $0.insert($1, $2, at: $3.offset) } }
        return union
    }

    /// The members that are in every set.
    ///
    /// - Parameter sets: as for ``union(of:)``; in each, members are distinct.
    package static func intersection(of sets: [RESPValue]) -> PickedMembers {
        let sets = sets.sorted { $0.count < $1.count }
        return sets.dropFirst().reduce(all(of: sets[0])) { common, set in
            common.count == 0 ? common : members(of: set, areFound: true, in: common)
        }
    }

    /// The members of the first set that are in no other set.
    ///
    /// - Parameter sets: as for ``union(of:)``; in each, members are distinct.
    package static func difference(of sets: [RESPValue]) -> PickedMembers {
        guard sets.count > 1 else { return all(of: sets[0]) }
        let others = Array(sets.dropFirst())
        return members(of: sets[0], areFound: false, in: others.count == 1 ? all(of: others[0]) : union(of: others))
    }

    private static func all(of set: RESPValue) -> PickedMembers {
        var all = PickedMembers()
        var table = MemberTable(capacity: 0)
        all.pick(from: set, by: &table) { _, _, _, _ in true }
        return all
    }

    private static func members(of set: RESPValue, areFound: Bool, in others: PickedMembers) -> PickedMembers {
        var table = MemberTable(capacity: others.sets.reduce(0) { $0 + $1.memberNodes.count })
        for (other, picks) in zip(others.sets, others.picks) {
            table.look(through: other) { table, member, hash, place in
                // Inserted only once: a million copies of a member would turn every lookup of it into a search.
                if picks[place.index] { _ = table.insert(member, hash, at: place.offset) }
            }
        }
        var found = PickedMembers()
        found.pick(from: set, by: &table) { table, member, hash, _ in table.contains(member, hash) == areFound }
        return found
    }

    @inline(__always)
    private mutating func pick(
        from set: RESPValue, by table: inout MemberTable,
        _ isPicked: (inout MemberTable, UnsafeRawBufferPointer, _ hash: UInt32, MemberTable.Origin) -> Bool
    ) {
        var picks = [Bool](repeating: false, count: set.memberNodes.count)
        var (count, byteCount) = (0, 0)
        table.look(through: set) { table, member, hash, place in
            guard isPicked(&table, member, hash, place) else { return }
            picks[place.index] = true
            count += 1
            byteCount += member.count
        }
        self.count += count
        self.byteCount += byteCount
        sets.append(set)
        self.picks.append(picks)
    }

    // MARK: Results

    /// An aggregate of copies.
    package var value: RESPValue {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        var nodes = [RESPValue.Node(kind: sets[0].kind, offset: 0, count: count, end: count + 1)]
        nodes.reserveCapacity(count + 1)
        forEach { member in
            nodes.append(.init(kind: .bulkString, offset: bytes.count, count: member.count, end: nodes.count + 1))
            bytes.append(contentsOf: member)
        }
        return RESPValue(tape: .init(bytes: bytes, nodes: nodes), index: 0)
    }

    @inline(__always)
    func forEach(_ body: (UnsafeRawBufferPointer) -> Void) {
        for (set, picks) in zip(sets, picks) {
            set.tape.bytes.withUnsafeBytes { bytes in
                for (node, isPicked) in zip(set.memberNodes, picks) where isPicked { body(bytes.payload(of: node)) }
            }
        }
    }
}

extension RESPValue {
    /// The nodes after the aggregate's own. Nested ones count too: a table that is full would be searched forever.
    fileprivate var memberNodes: ArraySlice<Node> { tape.nodes[(index + 1)..<node.end] }
}

extension UnsafeRawBufferPointer {
    fileprivate func payload(of node: RESPValue.Node) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[node.offset..<node.offset + node.count])
    }
}

/// A hash table of members that stay in the sets they came from.
private struct MemberTable {
    private struct Place {
        /// In the bytes of all sets, one after another.
        var offset = 0
        /// -1 for a free place.
        var count: Int32 = -1
        var hash: UInt32 = 0
    }

    /// Where a member comes from: its index in ``RESPValue/memberNodes``, and its offset in the bytes of its set.
    typealias Origin = (index: Int, offset: Int)

    private let hash = MemberHash()
    /// A power of two, with more than half of them free; a member is at its hash or after it.
    private var places: [Place]
    private var tapes: [RESPValue.Tape] = []
    /// Where the bytes of each set begin among those of all.
    private var starts: [Int] = []
    private var end = 0

    /// - Parameter capacity: members that may be inserted.
    init(capacity: Int) {
        let bits = Int.bitWidth - max(capacity, 1).leadingZeroBitCount + 1
        places = [Place](repeating: Place(), count: 1 << bits)
    }

    /// Looks at each member of a set; what is inserted then is from this set.
    ///
    /// Hashes are computed beforehand, so that the processor can look up several at once: a table of millions is never
    /// in its caches.
    @inline(__always)
    mutating func look(
        through set: RESPValue,
        _ body: (inout MemberTable, UnsafeRawBufferPointer, _ hash: UInt32, Origin) -> Void
    ) {
        tapes.append(set.tape)
        starts.append(end)
        end += set.tape.bytes.count
        set.tape.bytes.withUnsafeBytes { bytes in
            set.memberNodes.withUnsafeBufferPointer { nodes in
                let hashes = nodes.map { $0.kind.isAggregate ? 0 : hash.of(bytes.payload(of: $0)) }
                for (index, node) in nodes.enumerated() where !node.kind.isAggregate {
                    body(&self, bytes.payload(of: node), hashes[index], (index, node.offset))
                }
            }
        }
    }

    /// - Returns: false for a member that is already there.
    @inline(__always)
    mutating func insert(_ member: UnsafeRawBufferPointer, _ hash: UInt32, at offset: Int) -> Bool {
        guard let free = freePlace(for: member, hash) else { return false }
        places[free] = Place(
            offset: starts[starts.count - 1] + offset, count: Int32(truncatingIfNeeded: member.count), hash: hash)
        return true
    }

    @inline(__always)
    func contains(_ member: UnsafeRawBufferPointer, _ hash: UInt32) -> Bool { freePlace(for: member, hash) == nil }

    /// The place that a member would take; nil if it is already there.
    @inline(__always)
    private func freePlace(for member: UnsafeRawBufferPointer, _ hash: UInt32) -> Int? {
        var index = Int(hash) & (places.count - 1)
        while places[index].count >= 0 {
            let place = places[index]
            if place.hash == hash, Int(place.count) == member.count, isEqual(member, at: place.offset) { return nil }
            index = (index + 1) & (places.count - 1)
        }
        return index
    }

    @inline(__always)
    private func isEqual(_ member: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        var set = 0..<starts.count
        while set.count > 1 {
            let middle = set.lowerBound + set.count / 2
            set = starts[middle] > offset ? set.lowerBound..<middle : middle..<set.upperBound
        }
        return tapes[set.lowerBound].bytes.withUnsafeBytes {
            member.isEqual(to: $0, at: offset - starts[set.lowerBound])
        }
    }
}

/// Hashes members with two random factors, so that no one can choose members that collide. `Hasher` would take longer
/// than everything else that is done with a short one.
private struct MemberHash {
    private let seed = UInt64.random(in: 0...UInt64.max)
    private let factor = UInt64.random(in: 0...UInt64.max) | 1

    func of(_ member: UnsafeRawBufferPointer) -> UInt32 {
        var state = seed &+ UInt64(truncatingIfNeeded: member.count)
        var place = 0
        while place + 8 < member.count {
            state = mix(state ^ member.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            place += 8
        }
        state = mix(state ^ member.rest(from: place))
        return UInt32(truncatingIfNeeded: state ^ state >> 32)
    }

    /// Folds both halves of a product: each bit depends on all bits.
    private func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: factor)
        return (product.high ^ product.low) &+ seed
    }
}

extension UnsafeRawBufferPointer {
    /// The last bytes, at most 8, as a number: for two members of the same length, equal numbers mean equal bytes.
    fileprivate func rest(from place: Int) -> UInt64 {
        if count >= 8 { return loadUnaligned(fromByteOffset: count - 8, as: UInt64.self) }
        var rest: UInt64 = 0
        for index in place..<count { rest = rest << 8 | UInt64(self[index]) }
        return rest
    }

    /// True when `other` has the same bytes from an offset onwards.
    fileprivate func isEqual(to other: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        let other = UnsafeRawBufferPointer(rebasing: other[offset..<offset + count])
        var place = 0
        while place + 8 < count {
            let word = loadUnaligned(fromByteOffset: place, as: UInt64.self)
            guard word == other.loadUnaligned(fromByteOffset: place, as: UInt64.self) else { return false }
            place += 8
        }
        return rest(from: place) == other.rest(from: place)
    }
}
