/// Unions, intersections and differences of sets that came as replies, compared by the bytes of their members.
///
/// Sets may have millions of members, so they are worked on where they lie: no value and no array is made for a member.
extension RESPValue {
    /// The members of all sets, each once.
    ///
    /// - Parameter sets: aggregates of scalars, at least one; the result is of the first one's kind.
    package static func union(of sets: some Collection<RESPValue>) -> RESPValue {
        let count = sets.reduce(0) { $0 + $1.memberNodes.count }
        var list = MemberList(capacity: count, bytes: sets.reduce(0) { $0 + $1.tape.bytes.count })
        var table = MemberTable(capacity: count)
        for set in sets {
            set.forEachMember(hashedBy: table.hash) { member, hash, _ in
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
        var list = MemberList(capacity: memberNodes.count, bytes: tape.bytes.count)
        var table = MemberTable(capacity: other.memberNodes.count)
        other.tape.bytes.withUnsafeBytes { bytes in
            other.forEachMember(hashedBy: table.hash) { member, hash, offset in
                // A member that is sent a million times would make a search of each of them.
                guard case .free(let place) = table.find(member, hash, in: bytes) else { return }
                table.fill(place, hash, at: offset, count: member.count)
            }
            forEachMember(hashedBy: table.hash) { member, hash, _ in
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
    @inline(__always)
    private func forEachMember(
        hashedBy hash: MemberHash, _ body: (UnsafeRawBufferPointer, _ hash: UInt32, _ offset: Int) -> Void
    ) {
        tape.bytes.withUnsafeBytes { bytes in
            let nodes = memberNodes
            let hashes = nodes.map { node in
                node.kind.isAggregate ? 0 : hash.of(bytes[node.offset..<node.offset + node.count])
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

    /// - Parameters:
    ///   - capacity: members for which there is room from the beginning. What of it is never used costs nothing.
    ///   - count: of the bytes of all members that may come.
    init(capacity: Int, bytes count: Int) {
        nodes.reserveCapacity(capacity + 1)
        bytes.reserveCapacity(count)
    }

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

    let hash = MemberHash()
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
            if place.hash == hash, Int(place.count) == member.count, member.isEqual(to: bytes, at: place.offset) {
                return .found
            }
            index = (index + 1) & (places.count - 1)
        }
        return .free(index)
    }
}

/// Hashes members by two factors drawn by lot, so that nobody can choose members that collide. `Hasher` would take longer
/// than all else that is done with a short one.
private struct MemberHash {
    private let seed = UInt64.random(in: 0...UInt64.max)
    private let factor = UInt64.random(in: 0...UInt64.max) | 1

    func of(_ member: Slice<UnsafeRawBufferPointer>) -> UInt32 {
        let member = UnsafeRawBufferPointer(rebasing: member)
        var state = seed &+ UInt64(truncatingIfNeeded: member.count)
        var place = 0
        while place + 8 < member.count {
            state = mix(state ^ member.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            place += 8
        }
        state = mix(state ^ member.rest(from: place))
        return UInt32(truncatingIfNeeded: state ^ state >> 32)
    }

    /// Both halves of a product: each bit of them depends on all bits.
    private func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: factor)
        return (product.high ^ product.low) &+ seed
    }
}

extension UnsafeRawBufferPointer {
    /// The last bytes, 8 at most, as a number: of as many bytes two are equal if their numbers are.
    fileprivate func rest(from place: Int) -> UInt64 {
        if count >= 8 { return loadUnaligned(fromByteOffset: count - 8, as: UInt64.self) }
        var rest: UInt64 = 0
        for index in place..<count { rest = rest << 8 | UInt64(self[index]) }
        return rest
    }

    /// True when `other` has the same bytes from an offset on.
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
