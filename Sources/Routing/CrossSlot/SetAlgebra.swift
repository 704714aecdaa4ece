import Commands
import RESP

/// Unions, intersections and differences of sets that came as replies. Members are compared by their bytes where they
/// stand in the replies, without a copy of them, so that sets of millions do not need much more than their replies.
enum SetAlgebra {
    private struct Member: Hashable {
        let value: RESPValue

        static func == (left: Member, right: Member) -> Bool {
            left.value.payload == right.value.payload
        }

        func hash(into hasher: inout Hasher) {
            value.payload.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    /// The members of the result, each once.
    ///
    /// - Parameter sets: at least one; of a difference the first is what the others are taken from.
    static func members(of operation: CrossSlot.SetOperation, _ sets: [RESPValue]) -> [RESPValue] {
        switch operation {
        case .union: union(sets)
        case .intersection: intersection(sets.sorted { $0.count < $1.count })
        case .difference: difference(sets)
        }
    }

    private static func union(_ sets: [RESPValue]) -> [RESPValue] {
        let count = sets.reduce(0) { $0 + $1.count }
        var seen = Set<Member>(minimumCapacity: count)
        var members: [RESPValue] = []
        members.reserveCapacity(count)
        for set in sets {
            for value in set.elements where seen.insert(Member(value: value)).inserted { members.append(value) }
        }
        return members
    }

    /// - Parameter sets: the smallest first.
    private static func intersection(_ sets: [RESPValue]) -> [RESPValue] {
        var members = Array(sets[0].elements)
        for set in sets.dropFirst() where !members.isEmpty {
            let kept = Set(members.lazy.map(Member.init))
            members = set.elements.filter { kept.contains(Member(value: $0)) }
        }
        return members
    }

    private static func difference(_ sets: [RESPValue]) -> [RESPValue] {
        var kept = Set(sets[0].elements.lazy.map(Member.init))
        for set in sets.dropFirst() {
            for value in set.elements { kept.remove(Member(value: value)) }
        }
        return sets[0].elements.filter { kept.contains(Member(value: $0)) }
    }
}
