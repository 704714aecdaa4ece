import Commands
import RESP

/// SINTER, SUNION, SDIFF and their CARD and STORE variants: each slot's server combines the sets it has, and the
/// results are combined here. The sets of all slots are read at once, which is not a snapshot of them.
///
/// The result is stored as a whole: one block of commands on the destination alone replaces it, so it is either as
/// before or as intended, whatever is interrupted, and nothing is left behind. A destination that is also combined is
/// watched from before it is read. The block holds a RESTORE; if the set is too large for one, or a server does not
/// accept the payload made here, it holds a SADD for every thousand members.
struct SetAlgebraPlan: SlotPlan {
    private enum Stage {
        case start, checking, checked, reading
        /// - count: how many members there are.
        /// - commands: how many are in the block, and the word of the last one.
        case storing(count: Int, commands: (count: Int, word: String))
    }

    /// Keys that are read together.
    private struct Part {
        let group: KeyGroup
        /// True when the other parts are subtracted from this one.
        let isMinuend: Bool
        /// True for several keys, which the server cannot combine while their slot is migrating to another node.
        let isDivisible: Bool
        let request: Request
    }

    /// The most bytes of a set to send to the destination in one command: some servers accept no more.
    private static let largestPayload = 64 << 20

    private let request: Request
    private let operation: CrossSlot.SetOperation
    private let result: CrossSlot.SetResult
    /// Indexes of the sets among the command's arguments.
    private let sources: [Int]
    private var destination: Destination?
    private var restores = true
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
        let keys = keys.indexes(in: request.arguments)
        sources = result == .key ? Array(keys.dropFirst()) : keys
        if result == .key {
            let key = request.arguments[keys[0]]
            destination = Destination(key, isRead: sources.contains { request.arguments[$0] == key })
        }
        stage = result == .count ? .start : .checked
        self.privateKeys = privateKeys
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        do {
            switch stage {
            case .start: return check()
            case .checking:
                _ = try outcomes.expecting(request.name, isReadonly: true) { $0.amount != nil }.replies()
                return read()
            case .checked: return read()
            case .reading: return try take(outcomes)
            case .storing(let count, let commands): return try end(outcomes[0], count: count, commands: commands)
            }
        } catch .error(let value) where value.isRefusedPayload && restores {
            restores = false
            return read()
        } catch {
            return error.step
        }
    }

    var outline: PlanOutline {
        let parts = wholeParts
        let words = Set(parts.map { word(for: $0.group, isMinuend: $0.isMinuend).text }).sorted()
            .joined(separator: " or ")
        let divided = words == "SMEMBERS" ? "" : "; SMEMBERS of each set where a slot is being moved"
        let watched = destination?.isRead == true ? ", after WATCH of the destination" : ""
        var steps = [
            "\(words) in each of \(parts.count) slots, in parallel\(divided)\(watched)", "combine the members",
        ]
        if result == .count { steps.insert("argument check by the server: SINTERCARD of a missing key", at: 0) }
        guard destination != nil else { return PlanOutline(steps: steps, roundTrips: result == .members ? 1 : 2) }
        steps.append("MULTI, RESTORE (or DEL, and SADD if the set is very large), EXEC on the destination")
        return PlanOutline(steps: steps, roundTrips: 3)
    }

    // MARK: Reading

    /// Asks a server about the arguments after the keys, with a key that does not exist.
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
        sets = []
        parts = wholeParts
        return .send(parts.map(\.request))
    }

    /// One part per slot.
    private var wholeParts: [Part] {
        let groups = KeyGroup.bySlot(sources, of: request.arguments)
        return groups.enumerated().map { part($1, isMinuend: operation == .difference && $0 == 0) }
    }

    private func part(_ group: KeyGroup, isMinuend: Bool) -> Part {
        let isDivisible = group.isDivisible(of: request.arguments)
        let command = [word(for: group, isMinuend: isMinuend)] + group.keys.map { request.arguments[$0] }
        var reading = Request(arguments: command, route: .slot(group.slot), isReadonly: true)
        if let destination, group.keys.contains(where: { request.arguments[$0] == destination.key }) {
            reading = destination.reading([command])
        }
        reading.waitsForMigration = !isDivisible
        return Part(group: group, isMinuend: isMinuend, isDivisible: isDivisible, request: reading)
    }

    private func word(for group: KeyGroup, isMinuend: Bool) -> ByteString {
        // With only one set, the server would make a copy to combine it with nothing.
        guard group.keys.count > 1 else { return "SMEMBERS" }
        return word(for: operation == .difference && !isMinuend ? .union : operation)
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
            // The reply to WATCH, if there is one, comes before that to the command.
            let replies = outcome.parts(of: part.request)
            let outcome = replies.first { $0.error != nil } ?? replies[replies.count - 1]
            if part.isDivisible, outcome.error?.serverError?.code == "TRYAGAIN" {
                let single = part.group.byKey(of: request.arguments)
                divided += single.enumerated().map { self.part($1, isMinuend: part.isMinuend && $0 == 0) }
            } else {
                try take(outcome, of: part)
            }
        }
        parts = divided
        guard parts.isEmpty else { return .send(parts.map(\.request)) }
        let members =
            switch operation {
            case .union: PickedMembers.union(of: sets)
            case .intersection: PickedMembers.intersection(of: sets)
            case .difference: PickedMembers.difference(of: sets)
            }
        switch result {
        case .members: return .finish(Reply(members.value))
        case .count: return .finish(Reply(.integer(limit.map { min($0, members.count) } ?? members.count)))
        case .key: return store(members)
        }
    }

    private mutating func take(_ outcome: RequestOutcome, of part: Part) throws(PlanEnding) {
        let word = word(for: part.group, isMinuend: part.isMinuend)
        let checked = outcome.expecting(word.text, isReadonly: true) { $0.isFlatList }
        sets.insert(try [checked].replies()[0], at: part.isMinuend ? 0 : sets.count)
    }

    /// A server has accepted the arguments after the keys. 0 means no limit. The count is exact with APPROX as well.
    private var limit: Int? {
        let options = request.arguments[(sources[sources.count - 1] + 1)...]
        let place = options.firstIndex { $0.matches("LIMIT") }
        return place.flatMap { options[$0 + 1].integer }.flatMap { $0 > 0 ? $0 : nil }
    }

    // MARK: Storing

    /// The sets are kept for now: freeing them takes a while, and the server can already be working.
    private mutating func store(_ members: PickedMembers) -> PlanStep {
        guard let destination else { return .finish(Reply(members.value)) }
        let payload = restores && members.count > 0 ? members.payload(atMost: Self.largestPayload) : nil
        let commands =
            payload.map { [["RESTORE", destination.key, "0", $0, "REPLACE"]] }
            ?? destination.commands(adding: members.value.elements, by: "SADD")
        let word = commands[commands.count - 1][0].text
        stage = .storing(count: members.count, commands: (commands.count, word))
        return .send([destination.replacing(commands)])
    }

    private mutating func end(
        _ outcome: RequestOutcome, count: Int, commands: (count: Int, word: String)
    ) throws(PlanEnding) -> PlanStep {
        guard try destination?.isReplaced(outcome, count: commands.count, by: commands.word) != false else {
            stage = .checked
            return .pause(seconds: Destination.pause)
        }
        return .finish(Reply(.integer(count)))
    }
}

extension RESPValue {
    /// True for a server's error about a payload in a format that it does not read: nothing was changed then.
    fileprivate var isRefusedPayload: Bool {
        isError && ["ERR Bad data format", "ERR DUMP payload version or checksum are wrong"].contains(text)
    }
}
