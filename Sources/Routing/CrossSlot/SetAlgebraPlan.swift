import Commands
import RESP

/// SINTER, SUNION, SDIFF, and SINTERCARD, SUNIONCARD and SDIFFCARD: each slot's server combines the sets it has, and the results are combined here.
/// Sets of all slots are read at once, which is not a snapshot of them. Nothing is written. (The STORE of these is a
/// ``GatherPlan``: the servers copy sets faster than their members could be sent back.)
struct SetAlgebraPlan: SlotPlan {
    private enum Stage {
        case start, checking, checked, reading
    }

    /// Keys that are read together.
    private struct Part {
        let group: KeyGroup
        /// True when the other parts are taken from this one.
        let isMinuend: Bool

        /// The server cannot combine several keys of a slot that is on its way to another node.
        var isDivisible: Bool { group.arguments.dropFirst().contains { $0 != group.arguments[1] } }
    }

    private let request: Request
    private let operation: CrossSlot.SetOperation
    private let result: CrossSlot.SetResult
    /// Indexes of the sets among the command's arguments.
    private let sources: [Int]
    private var privateKeys: PrivateKeys

    private var stage: Stage
    /// What is read in this step, and what has been read before.
    private var parts: [Part] = []
    private var sets: [RESPValue] = []

    init(
        _ request: Request, keys: KeySpecs, operation: CrossSlot.SetOperation, result: CrossSlot.SetResult,
        privateKeys: PrivateKeys
    ) {
        self.request = request
        self.operation = operation
        self.result = result
        sources = keys.indexes(in: request.arguments)
        stage = result == .count ? .start : .checked
        self.privateKeys = privateKeys
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        do {
            switch stage {
            case .start: return check()
            case .checking:
                _ = try outcomes.expecting(name, isReadonly: true) { $0.amount != nil }.replies()
                return read()
            case .checked: return read()
            case .reading: return try take(outcomes)
            }
        } catch {
            return error.step
        }
    }

    var outline: PlanOutline {
        let slots = Set(sources.map { HashSlot(key: request.arguments[$0]) }).count
        let words = Set(wholeParts.map { word(for: $0).text }).sorted().joined(separator: " or ")
        let divided = words == "SMEMBERS" ? "" : "; SMEMBERS of each set where a slot is being moved"
        var steps = ["\(words) in each of \(slots) slots, in parallel\(divided)", "combine the members"]
        if result == .count { steps.insert("argument check by the server: SINTERCARD of a missing key", at: 0) }
        return PlanOutline(steps: steps, roundTrips: result == .members ? 1 : 2)
    }

    // MARK: Reading

    /// Asks a server about the arguments after the keys, with a key that nobody has.
    private mutating func check() -> PlanStep {
        stage = .checking
        let slot = HashSlot(key: request.arguments[sources[0]])
        let missing = privateKeys.next("missing", in: slot)
        var words = request.arguments
        for index in sources { words[index] = missing }
        return .send([Request(arguments: words, route: .slot(slot), isReadonly: true)])
    }

    private mutating func read() -> PlanStep {
        stage = .reading
        parts = wholeParts
        return .send(requests)
    }

    /// A part a slot.
    private var wholeParts: [Part] {
        let groups = KeyGroup.groups(of: sources, in: request.arguments, width: 1) { HashSlot(key: $0) }
        return groups.enumerated().map { place, group in
            Part(group: group, isMinuend: operation == .difference && place == 0)
        }
    }

    private var requests: [Request] {
        parts.map { part in
            let command = [word(for: part)] + part.group.arguments.dropFirst()
            var request = Request(arguments: command, route: .slot(part.group.slot), isReadonly: true)
            request.waitsForMigration = !part.isDivisible
            return request
        }
    }

    private func word(for part: Part) -> ByteString {
        // Of one set, the server would make a copy to combine it with nothing.
        guard part.group.keys.count > 1 else { return "SMEMBERS" }
        return word(for: operation == .difference && !part.isMinuend ? .union : operation)
    }

    private func word(for operation: CrossSlot.SetOperation) -> ByteString {
        switch operation {
        case .union: "SUNION"
        case .intersection: "SINTER"
        case .difference: "SDIFF"
        }
    }

    private mutating func take(_ outcomes: [RequestOutcome]) throws(PlanEnding) -> PlanStep {
        var divided: [Part] = []
        for (part, outcome) in zip(parts, outcomes) {
            if part.isDivisible, outcome.error?.serverError?.code == "TRYAGAIN" {
                let single = KeyGroup.groups(of: part.group.keys, in: request.arguments, width: 1) { $0 }
                divided += single.enumerated().map { Part(group: $1, isMinuend: part.isMinuend && $0 == 0) }
            } else {
                try take(outcome, of: part)
            }
        }
        parts = divided
        guard parts.isEmpty else { return .send(requests) }
        let members =
            switch operation {
            case .union: RESPValue.union(of: sets)
            case .intersection: RESPValue.intersection(of: sets)
            case .difference: RESPValue.difference(of: sets)
            }
        guard result == .count else { return .finish(Reply(members)) }
        return .finish(Reply(.integer(limit.map { min($0, members.count) } ?? members.count)))
    }

    private mutating func take(_ outcome: RequestOutcome, of part: Part) throws(PlanEnding) {
        let checked = outcome.expecting(word(for: part).text, isReadonly: true) { $0.isFlatList }
        sets.insert(try [checked].replies()[0], at: part.isMinuend ? 0 : sets.count)
    }

    private var name: String { request.arguments[0].uppercased.text }

    /// A server has found the arguments after the keys to be good. 0 is none. The count is exact with APPROX, too.
    private var limit: Int? {
        let options = request.arguments[(sources[sources.count - 1] + 1)...]
        let place = options.firstIndex { $0.matches("LIMIT") }
        return place.flatMap { options[$0 + 1].integer }.flatMap { $0 > 0 ? $0 : nil }
    }
}
