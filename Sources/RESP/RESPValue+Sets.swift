/// Unions, intersections and differences of sets that came as replies, compared by the bytes of their members.
///
/// Sets may have millions of members, so they are worked on where they lie: no value and no array is made for a member.
extension RESPValue {
    /// The members of all sets, each once.
    ///
    /// - Parameter sets: aggregates of strings, at least one; the result is of the first one's kind.
    package static func union(of sets: [RESPValue]) -> RESPValue {
        var table = MemberTable(capacity: sets.reduce(0) { $0 + $1.count })
        for set in sets { set.forEachMember { table.insert($0) } }
        return table.list.value(sets[0].kind)
    }

    /// The members that every set has.
    ///
    /// - Parameter sets: as of ``union(of:)``; in each, members are different.
    package static func intersection(of sets: [RESPValue]) -> RESPValue {
        let sets = sets.sorted { $0.count < $1.count }
        return sets.dropFirst().reduce(sets[0]) { common, set in
            common.count == 0 ? common : set.filtered(by: MemberTable(of: [common]), keepsFound: true)
        }
    }

    /// The members of the first set that no other set has.
    ///
    /// - Parameter sets: as of ``union(of:)``; in each, members are different.
    package static func difference(of sets: [RESPValue]) -> RESPValue {
        sets[0].filtered(by: MemberTable(of: sets.dropFirst()), keepsFound: false)
    }

    private func filtered(by table: MemberTable, keepsFound: Bool) -> RESPValue {
        var list = MemberList()
        forEachMember { if table.contains($0) == keepsFound { list.append($0) } }
        return list.value(kind)
    }

    fileprivate func forEachMember(_ body: (UnsafeRawBufferPointer) -> Void) {
        tape.bytes.withUnsafeBytes { bytes in
            for node in tape.nodes[(index + 1)..<self.node.end] {
                body(UnsafeRawBufferPointer(rebasing: bytes[node.offset..<node.offset + node.count]))
            }
        }
    }
}

/// A tape of strings in the making.
private struct MemberList {
    private(set) var bytes: [UInt8] = []
    /// The first is the aggregate's.
    private(set) var nodes = [RESPValue.Node(kind: .array, offset: 0, count: 0, end: 1)]

    mutating func append(_ member: UnsafeRawBufferPointer) {
        nodes.append(.init(kind: .bulkString, offset: bytes.count, count: member.count, end: nodes.count + 1))
        bytes.append(contentsOf: member)
    }

    consuming func value(_ kind: RESPValue.Kind) -> RESPValue {
        nodes[0] = .init(kind: kind, offset: 0, count: nodes.count - 1, end: nodes.count)
        return RESPValue(tape: .init(bytes: bytes, nodes: nodes), index: 0)
    }
}

/// A hash table of members, each once.
private struct MemberTable {
    private struct Place {
        var hash: UInt32 = 0
        /// Index of the member's node; 0 for a free place.
        var node: UInt32 = 0
    }

    private(set) var list = MemberList()
    /// A power of two, more than half of them free; a member is at its hash or behind it.
    private var places: [Place]

    /// - Parameter capacity: members that may be inserted.
    init(capacity: Int) {
        let bits = Int.bitWidth - max(capacity, 1).leadingZeroBitCount + 1
        places = [Place](repeating: Place(), count: 1 << bits)
    }

    init(of sets: some Collection<RESPValue>) {
        self.init(capacity: sets.reduce(0) { $0 + $1.count })
        for set in sets { set.forEachMember { insert($0) } }
    }

    mutating func insert(_ member: UnsafeRawBufferPointer) {
        let hash = Self.hash(member)
        let index = place(of: member, hash)
        guard places[index].node == 0 else { return }
        places[index] = Place(hash: hash, node: UInt32(list.nodes.count))
        list.append(member)
    }

    func contains(_ member: UnsafeRawBufferPointer) -> Bool {
        places[place(of: member, Self.hash(member))].node != 0
    }

    /// Index of the member's place, or of the free one it would take.
    private func place(of member: UnsafeRawBufferPointer, _ hash: UInt32) -> Int {
        var index = Int(hash) & (places.count - 1)
        while places[index].node != 0, places[index].hash != hash || !isEqual(member, places[index].node) {
            index = (index + 1) & (places.count - 1)
        }
        return index
    }

    private func isEqual(_ member: UnsafeRawBufferPointer, _ node: UInt32) -> Bool {
        let node = list.nodes[Int(node)]
        guard node.count == member.count else { return false }
        return list.bytes.withUnsafeBytes { bytes in
            for index in 0..<member.count where bytes[node.offset + index] != member[index] { return false }
            return true
        }
    }

    /// Seeded by the standard library, so that nobody can choose members that collide.
    private static func hash(_ member: UnsafeRawBufferPointer) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(bytes: member)
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }
}
