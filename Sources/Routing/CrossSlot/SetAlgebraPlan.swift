import Commands
import RESP

/// SINTER, SUNION, SDIFF, SINTERCARD and their STORE: each slot's server combines the sets it has, and the results are
/// combined here. Sets of all slots are read at once, which is no snapshot of them.
///
/// The destination is replaced by one block of commands on that key alone, so it is as it was or as it shall be, whatever
/// is interrupted, and nothing is left behind. A destination that is also read is watched from before it is read.
package struct SetAlgebraPlan: Sendable {
    private enum Stage {
        case start, checking, reading
        case storing(count: Int)
    }

    /// Keys that are read together.
    private struct Part {
        let group: KeyGroup
        /// True when the other parts are taken from this one.
        let isMinuend: Bool

        /// The server cannot combine several keys of a slot that is on its way to another node.
        var isDivisible: Bool { group.arguments.dropFirst().contains { $0 != group.arguments[1] } }
    }

    /// Times that the work is begun again when the destination changes meanwhile.
    private static let attempts = 16
    /// Members in one SADD, and bytes.
    private static let chunk = (members: 1000, bytes: 64 * 1024)
    private static let watchingConnection = 1

    private let request: Request
    private let operation: CrossSlot.SetOperation
    private let result: CrossSlot.SetResult
    private let destination: ByteString?
    private let readsDestination: Bool
    /// Indexes of the sets among the command's arguments.
    private let sources: [Int]
    /// The command with a key that nobody has, to hear what the server says of its other arguments.
    private let rehearsal: Request

    private var stage = Stage.start
    private var attempt = 1
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
        let destination = result == .destination ? request.arguments[keys[0]] : nil
        sources = Array(keys.dropFirst(destination == nil ? 0 : 1))
        readsDestination = sources.contains { request.arguments[$0] == destination }
        self.destination = destination
        var privateKeys = privateKeys
        let slot = HashSlot(key: request.arguments[keys[0]])
        let missing = privateKeys.next("missing", in: slot)
        var words = request.arguments
        for index in keys { words[index] = missing }
        rehearsal = Request(arguments: words, route: .slot(slot), isReadonly: true)
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        do {
            switch stage {
            case .start where result == .count && attempt == 1:
                stage = .checking
                return .send([rehearsal])
            case .start: return read()
            case .checking:
                _ = try outcomes.replies()
                return read()
            case .reading: return try take(outcomes)
            case .storing(let count): return try end(outcomes[0], count: count)
            }
        } catch {
            return error.step
        }
    }

    var outline: PlanOutline {
        let slots = Set(sources.map { HashSlot(key: request.arguments[$0]) }).count
        var steps = ["\(word(for: .union)) or the like in each of \(slots) slots, all at once", "combine the members"]
        switch result {
        case .members: break
        case .count: steps.insert("let a server check the arguments", at: 0)
        case .destination: steps.append("MULTI, DEL, SADD, EXEC on the destination")
        }
        return PlanOutline(steps: steps, roundTrips: result == .members ? 1 : 2)
    }

    // MARK: Reading

    private mutating func read() -> PlanStep {
        stage = .reading
        sets = []
        // A destination that is read has a connection for itself, to be watched.
        let groups = KeyGroup.groups(of: sources, in: request.arguments, width: 1) {
            $0 == destination ? -1 : HashSlot(key: $0).number
        }
        parts = groups.enumerated().map { place, group in
            Part(group: group, isMinuend: operation == .difference && place == 0)
        }
        return .send(requests)
    }

    private var requests: [Request] {
        parts.map { part in
            let command = [word(for: part)] + part.group.arguments.dropFirst()
            let route = Route.slot(part.group.slot)
            if isWatched(part) {
                let commands = [["WATCH", command[1]], command]
                var request = Request(commands: commands, route: route, isReadonly: true)
                request.connection = .own(Self.watchingConnection)
                return request
            }
            var request = Request(arguments: command, route: route, isReadonly: true)
            request.waitsForMigration = !part.isDivisible
            return request
        }
    }

    private func word(for part: Part) -> ByteString {
        word(for: operation == .difference && !part.isMinuend ? .union : operation)
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
        let members = SetAlgebra.members(of: operation, sets)
        switch result {
        case .members: return .finish(Reply(.aggregate(sets[0].kind, members)))
        case .count: return .finish(Reply(.integer(limit.map { min($0, members.count) } ?? members.count)))
        case .destination: return store(members)
        }
    }

    private mutating func take(_ outcome: RequestOutcome, of part: Part) throws(PlanEnding) {
        let reply = try [outcome].replies()[0]
        // The reply to WATCH stands in front of that of a destination.
        let watched = isWatched(part) ? Array(reply.elements) : [reply]
        if let error = watched.first(where: \.isError) { throw .error(error) }
        sets.insert(watched[watched.count - 1], at: part.isMinuend ? 0 : sets.count)
    }

    private func isWatched(_ part: Part) -> Bool { part.group.arguments[1] == destination }

    /// Of SINTERCARD; a server has found the arguments behind the keys to be good. 0 is none.
    private var limit: Int? {
        let options = request.arguments[(sources[sources.count - 1] + 1)...]
        return options.last?.integer.flatMap { $0 == 0 ? nil : $0 }
    }

    // MARK: Storing

    private mutating func store(_ members: [RESPValue]) -> PlanStep {
        guard let destination else { return .finish(Reply(.integer(members.count))) }
        stage = .storing(count: members.count)
        sets = []
        var commands: [[ByteString]] = [["DEL", destination]]
        var command = ["SADD", destination]
        var bytes = 0
        for member in members {
            command.append(member.byteString)
            bytes += member.count
            if command.count == Self.chunk.members + 2 || bytes >= Self.chunk.bytes {
                commands.append(command)
                command.removeLast(command.count - 2)
                bytes = 0
            }
        }
        if command.count > 2 { commands.append(command) }
        let route = Route.slot(HashSlot(key: destination))
        guard readsDestination else {
            let block = TransactionBlock.commands(commands)
            return .send([Request(commands: block, route: route, isReadonly: false)])
        }
        let block = TransactionBlock.commandsWhereWatched(commands)
        var request = Request(commands: block, route: route, isReadonly: false)
        request.connection = .same(Self.watchingConnection)
        return .send([request])
    }

    private mutating func end(_ outcome: RequestOutcome, count: Int) throws(PlanEnding) -> PlanStep {
        switch try TransactionBlock.result(of: outcome) {
        case .carriedOut: return .finish(Reply(.integer(count)))
        case .passedOver(let reason):
            guard readsDestination, attempt < Self.attempts else {
                throw .failure(.retriesExhausted(nil, last: reason))
            }
            attempt += 1
            stage = .start
            return .pause(seconds: 0.05)
        }
    }
}
