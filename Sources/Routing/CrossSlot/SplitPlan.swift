import Commands
import RESP

/// Sends a command slot by slot (see ``SlotParts``) and merges the replies: MGET, MSET, DEL, UNLINK, EXISTS, TOUCH and
/// the like (MSETEX, JSON.MGET, JSON.MSET, TS.MADD).
///
/// There is no atomicity across slots: an interruption leaves what has been executed, and destroys nothing that the
/// command would not overwrite.
struct SplitPlan: SlotPlan {
    private let merge: CrossSlot.Merge
    /// A key lacks its value (MSET): the server says so before anything is written.
    private let lacksValue: Bool
    private var parts: SlotParts

    init(_ request: Request, keys: KeySpecs, merge: CrossSlot.Merge) {
        self.merge = merge
        let indexes = keys.indexes(in: request.arguments)
        lacksValue = keys.lackWords(in: request.arguments)
        parts = SlotParts(request, keys: indexes, width: keys.step)
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        guard let first = outcomes.first else {
            return .send(lacksValue ? [parts.request.aboutFirstKey(parts.keys)] : parts.requests)
        }
        if lacksValue { return first.failure.map { .fail($0) } ?? .finish(Reply(first.error ?? .incompleteWrite)) }
        parts.take(outcomes) { [merge] in Self.isExpected($0, of: $1, merge) }
        return parts.groups.isEmpty ? end : .send(parts.requests)
    }

    var outline: PlanOutline {
        let steps = ["\(parts.request.name) in each of \(parts.groups.count) slots, in parallel"]
        return PlanOutline(steps: steps, roundTrips: 1)
    }

    // MARK: Merging

    private static func isExpected(_ reply: RESPValue, of group: KeyGroup, _ merge: CrossSlot.Merge) -> Bool {
        switch merge {
        case .sum: reply.amount != nil
        case .allSucceeded: reply.isOK
        case .allSet: reply.amount == 1
        case .valuesInOrder: reply.kind == .array && reply.count == group.keys.count
        }
    }

    private var end: PlanStep {
        let done = parts.done
        let bad = done.filter { $0.outcome.value == nil }
        guard !bad.isEmpty else { return .finish(Reply(value)) }
        let failed = bad.flatMap { bad in bad.group.keys.compactMap { bad.outcome.failed(parts.request.arguments[$0]) }
        }
        let failures = done.compactMap(\.outcome.failure)
        let unclear = failures.first(where: \.isUnclear)
        if failures.count == done.count { return .fail(unclear ?? failures[0]) }
        let hasGood = bad.count < done.count
        guard hasGood || unclear != nil else { return .finish(Reply(firstError ?? .incompleteWrite)) }
        return .finish(
            Reply(body: .value(hasGood ? value : firstError ?? value), outcome: .partial, notes: [.partial(failed)]))
    }

    /// The good replies, merged.
    private var value: RESPValue {
        let done = parts.done
        switch merge {
        case .sum: return .integer(done.compactMap { $0.outcome.value?.amount }.sum)
        case .allSucceeded, .allSet:
            guard done.allSatisfy({ $0.outcome.value != nil }) else { return firstError ?? .incompleteWrite }
            return merge == .allSet ? .integer(1) : .ok
        case .valuesInOrder:
            // A key that was not read gets an error in its place: nil would say that the key does not exist.
            let unread = RESPValue.error("ERR not read")
            var values = [RESPValue](repeating: unread, count: parts.request.arguments.count)
            for (group, outcome) in done {
                guard let array = outcome.value else { continue }
                for (key, value) in zip(group.keys, array.elements) { values[key] = value }
            }
            return .array(parts.keys.map { values[$0] })
        }
    }

    private var firstError: RESPValue? { parts.done.lazy.compactMap(\.outcome.error).first }
}
