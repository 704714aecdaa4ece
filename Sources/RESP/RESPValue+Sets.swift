/// Unions, intersections and differences of sets that came as replies, compared by the bytes of their members.
///
/// Sets may have millions of members, so they are worked on where they lie: no value and no array is made for a member.
extension RESPValue {
    /// The members of all sets, each once.
    ///
    /// - Parameter sets: aggregates of scalars, at least one; the result is of the first one's kind.
    package static func union(of sets: some Collection<RESPValue>) -> RESPValue {
        var list = MemberList()
        var table = MemberTable(capacity: sets.reduce(0) { $0 + $1.memberNodes.count })
        for set in sets {
            set.forEachMember { member, hash, _ in
                guard case .free(let place) = list.bytes.withUnsafeBytes({ table.find(member, hash, in: $0) })
                else { return }
                table.fill(place, hash, at: list.bytes.count, count: member.count)
                list.append(member)
            }
        }
        return list.value(sets.first?.kind ?? .array)
    }

    /// The members that every set has.
    ///
    /// - Parameter sets: as of ``union(of:)``; in each, members are different.
    package static func intersection(of sets: [RESPValue]) -> RESPValue {
        let sets = sets.sorted { $0.count < $1.count }
        return sets.dropFirst().reduce(sets[0]) { common, set in
            common.count == 0 ? common : set.filtered(by: common, keepsFound: true)
        }
    }

    /// The members of the first set that no other set has.
    ///
    /// - Parameter sets: as of ``union(of:)``; in each, members are different.
    package static func difference(of sets: [RESPValue]) -> RESPValue {
        guard sets.count > 1 else { return sets[0] }
        let others = sets.dropFirst()
        return sets[0].filtered(by: others.count == 1 ? sets[1] : union(of: others), keepsFound: false)
    }

    private func filtered(by other: RESPValue, keepsFound: Bool) -> RESPValue {
        var list = MemberList()
        var table = MemberTable(capacity: other.memberNodes.count)
        other.tape.bytes.withUnsafeBytes { bytes in
            other.forEachMember { member, hash, offset in
                // A member that is sent a million times would make a search of each of them.
                guard case .free(let place) = table.find(member, hash, in: bytes) else { return }
                table.fill(place, hash, at: offset, count: member.count)
            }
            forEachMember { member, hash, _ in
                if table.find(member, hash, in: bytes).isFound == keepsFound { list.append(member) }
            }
        }
        return list.value(kind)
    }

    /// The tape after the aggregate. All of them count: a table that is full would be searched forever.
    private var memberNodes: ArraySlice<Node> { tape.nodes[(index + 1)..<node.end] }

    /// Hashes are made before the members are used, so that the processor can look up several at once: a table of
    /// millions is never in its caches.
    ///
    /// - Parameter body: is given a member, its hash, and where it begins in the tape's bytes.
    private func forEachMember(_ body: (UnsafeRawBufferPointer, _ hash: UInt32, _ offset: Int) -> Void) {
        tape.bytes.withUnsafeBytes { bytes in
            let nodes = memberNodes
            let hashes = nodes.map { node in
                node.kind.isAggregate ? 0 : MemberTable.hash(bytes[node.offset..<node.offset + node.count])
            }
            for (node, hash) in zip(nodes, hashes) where !node.kind.isAggregate {
                let member = UnsafeRawBufferPointer(rebasing: bytes[node.offset..<node.offset + node.count])
                body(member, hash, node.offset)
            }
        }
    }
}

/// A tape of strings in the making.
private struct MemberList {
    private(set) var bytes: [UInt8] = []
    /// The first is the aggregate's.
    private var nodes = [RESPValue.Node(kind: .array, offset: 0, count: 0, end: 1)]

    mutating func append(_ member: UnsafeRawBufferPointer) {
        nodes.append(.init(kind: .bulkString, offset: bytes.count, count: member.count, end: nodes.count + 1))
        bytes.append(contentsOf: member)
    }

    consuming func value(_ kind: RESPValue.Kind) -> RESPValue {
        nodes[0] = .init(kind: kind, offset: 0, count: nodes.count - 1, end: nodes.count)
        return RESPValue(tape: .init(bytes: bytes, nodes: nodes), index: 0)
    }
}

/// A hash table of members that lie in bytes of somebody else's.
private struct MemberTable {
    private struct Place {
        var offset = 0
        /// -1 for a free place.
        var count: Int32 = -1
        var hash: UInt32 = 0
    }

    enum Search {
        case found
        /// The place that the member would take.
        case free(Int)

        var isFound: Bool { if case .found = self { true } else { false } }
    }

    /// A power of two, more than half of them free; a member is at its hash or after it.
    private var places: [Place]

    /// - Parameter capacity: members that may be filled in.
    init(capacity: Int) {
        let bits = Int.bitWidth - max(capacity, 1).leadingZeroBitCount + 1
        places = [Place](repeating: Place(), count: 1 << bits)
    }

    mutating func fill(_ place: Int, _ hash: UInt32, at offset: Int, count: Int) {
        places[place] = Place(offset: offset, count: Int32(truncatingIfNeeded: count), hash: hash)
    }

    /// - Parameter bytes: in which the members lie.
    func find(_ member: UnsafeRawBufferPointer, _ hash: UInt32, in bytes: UnsafeRawBufferPointer) -> Search {
        var index = Int(hash) & (places.count - 1)
        while places[index].count >= 0 {
            let place = places[index]
            if place.hash == hash, Int(place.count) == member.count,
                bytes[place.offset..<place.offset + member.count].elementsEqual(member)
            {
                return .found
            }
            index = (index + 1) & (places.count - 1)
        }
        return .free(index)
    }

    /// Seeded by the standard library, so that nobody can choose members that collide.
    static func hash(_ member: Slice<UnsafeRawBufferPointer>) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: member))
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }
}
