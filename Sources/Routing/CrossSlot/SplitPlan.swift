import Commands
import RESP

/// Sends a command slot by slot, all slots at once, and puts the replies together: MGET, MSET, DEL, UNLINK, EXISTS, TOUCH
/// and their like (MSETEX, JSON.MGET, JSON.MSET, TS.MADD).
///
/// Keys are grouped by slot and not by node, so a slot that moves meanwhile takes only its own part elsewhere. While it
/// moves, a server cannot work on several of its keys at once (TRYAGAIN); they are then sent one by one. Between groups
/// there is no atomicity: an interruption leaves what was executed, and nothing is destroyed that the command would
/// not overwrite anyway.
struct SplitPlan: SlotPlan {
    private let request: Request
    private let merge: CrossSlot.Merge
    /// Indexes among the command's arguments.
    private let keys: [Int]
    private let width: Int
    /// What is sent next.
    private var groups: [KeyGroup]
    private var done: [(group: KeyGroup, outcome: RequestOutcome)] = []

    init(_ request: Request, keys: KeySpecs, merge: CrossSlot.Merge) {
        self.request = request
        self.merge = merge
        self.keys = keys.indexes(in: request.arguments)
        width = keys.step
        groups = KeyGroup.groups(of: self.keys, in: request.arguments, width: width) { HashSlot(key: $0) }
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        guard let first = outcomes.first else { return .send(lacksValue ? [request.aboutFirstKey(keys)] : requests) }
        if lacksValue { return first.failure.map { .fail($0) } ?? .finish(Reply(first.error ?? .incompleteWrite)) }
        let name = request.arguments[0].uppercased.text
        var single: [KeyGroup] = []
        for (group, outcome) in zip(groups, outcomes) {
            if outcome.error?.serverError?.code == "TRYAGAIN", isDivisible(group) {
                single += KeyGroup.groups(of: group.keys, in: request.arguments, width: width) { $0 }
            } else {
                let checked = outcome.expecting(name, isReadonly: request.isReadonly) { isExpected($0, of: group) }
                done.append((group, checked))
            }
        }
        groups = single
        return groups.isEmpty ? end : .send(requests)
    }

    var outline: PlanOutline {
        let name = request.arguments[0].uppercased.text
        return PlanOutline(steps: ["\(name) in each of \(groups.count) slots, in parallel"], roundTrips: 1)
    }

    // MARK: Sending

    /// A key without its value (MSET): the server says so before anything is written.
    private var lacksValue: Bool { request.lacksValue(keys, width: width) }

    private var requests: [Request] {
        groups.map { group in
            let words = group.command(of: request.arguments, keys: keys, width: width)
            var part = Request(arguments: words, route: .slot(group.slot), isReadonly: request.isReadonly)
            part.waitsForMigration = !isDivisible(group)
            return part
        }
    }

    private func isDivisible(_ group: KeyGroup) -> Bool {
        group.keys.contains { request.arguments[$0] != request.arguments[group.keys[0]] }
    }

    // MARK: Putting together

    private func isExpected(_ reply: RESPValue, of group: KeyGroup) -> Bool {
        switch merge {
        case .sum: reply.amount != nil
        case .allSucceeded: reply.isOK
        case .allSet: reply.amount == 1
        case .valuesInOrder: reply.kind == .array && reply.count == group.keys.count
        }
    }

    private var end: PlanStep {
        let failed = done.flatMap { done in done.group.keys.compactMap { done.outcome.failed(request.arguments[$0]) } }
        guard !failed.isEmpty else { return .finish(Reply(value)) }
        let failures = done.compactMap(\.outcome.failure)
        let unclear = failures.first(where: \.isUnclear)
        if failures.count == done.count { return .fail(unclear ?? failures[0]) }
        let hasGood = done.contains { $0.outcome.value != nil }
        guard hasGood || unclear != nil else { return .finish(Reply(firstError ?? .incompleteWrite)) }
        return .finish(
            Reply(body: .value(hasGood ? value : firstError ?? value), outcome: .partial, notes: [.partial(failed)]))
    }

    /// Of what is good.
    private var value: RESPValue {
        switch merge {
        case .sum: return .integer(done.compactMap { $0.outcome.value?.amount }.sum)
        case .allSucceeded: return firstError ?? (done.allSatisfy { $0.outcome.value != nil } ? .ok : .incompleteWrite)
        case .allSet:
            return firstError ?? (done.allSatisfy { $0.outcome.value != nil } ? .integer(1) : .incompleteWrite)
        case .valuesInOrder:
            var values: [Int: RESPValue] = [:]
            for (group, outcome) in done {
                guard let array = outcome.value else { continue }
                for (key, value) in zip(group.keys, array.elements) { values[key] = value }
            }
            // The place of a key that was not read holds an error: nil would say that the key is not there.
            return .array(keys.map { values[$0] ?? .error("ERR not read") })
        }
    }

    private var firstError: RESPValue? { done.lazy.compactMap(\.outcome.error).first }
}
