import Commands
import RESP

/// Sends a command slot by slot, all slots at once, and puts the replies together: MGET, MSET, DEL, UNLINK, EXISTS, TOUCH.
///
/// Keys are grouped by slot and not by node, so a slot that moves meanwhile takes only its own part elsewhere. Each part
/// is what the server itself does with the keys of one slot. Between parts there is no atomicity: an interruption leaves
/// the parts that were carried out, and nothing is destroyed that the command would not overwrite anyway.
package struct SplitPlan: Sendable {
    /// The keys of one slot, as indexes of the command's arguments, and what is sent for them.
    private struct Part: Sendable {
        let slot: HashSlot
        var keys: [Int]
        var arguments: [ByteString]

    }

    private let request: Request
    private let merge: CrossSlot.Merge
    private let keys: [Int]
    private var parts: [Part] = []

    init(_ request: Request, keys: KeySpecs, merge: CrossSlot.Merge) {
        self.request = request
        self.merge = merge
        self.keys = keys.indexes(in: request.arguments)
        var places: [HashSlot: Int] = [:]
        for (number, index) in self.keys.enumerated() {
            let slot = HashSlot(key: request.arguments[index])
            let place = places[slot] ?? parts.count
            if place == parts.count {
                places[slot] = place
                parts.append(Part(slot: slot, keys: [], arguments: [request.arguments[0]]))
            }
            parts[place].keys.append(index)
            // A key, and what stands behind it up to the next one (the value of MSET).
            let next = number + 1 < self.keys.count ? self.keys[number + 1] : request.arguments.count
            parts[place].arguments += request.arguments[index..<next]
        }
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        guard !outcomes.isEmpty else {
            // A key without its value: the server's own words for it, before anything is written.
            guard merge != .allSucceeded || !request.arguments.count.isMultiple(of: 2) else {
                let bare = [request.arguments[0]]
                return .send([Request(arguments: bare, route: .home, isReadonly: true)])
            }
            return .send(
                parts.map { Request(arguments: $0.arguments, route: .slot($0.slot), isReadonly: request.isReadonly) })
        }
        let replies = outcomes.map { outcome -> Result<RESPValue, CommandFailure> in
            switch outcome {
            case .reply(let value, _): .success(value)
            case .failure(let failure): .failure(failure)
            }
        }
        let good = replies.count { (try? $0.get())?.isError == false }
        guard good > 0 else { return firstFailure(replies) }
        let failed = zip(parts, replies).filter { (try? $0.1.get())?.isError != false }
        let notes = failed.isEmpty ? [] : [note(failed)]
        let outcome: Reply.Outcome = failed.isEmpty ? .succeeded : .partial
        return .finish(Reply(body: .value(value(replies)), outcome: outcome, notes: notes))
    }

    var outline: PlanOutline {
        PlanOutline(steps: ["\(request.arguments[0].uppercased.text) in each of \(parts.count) slots, all at once"], roundTrips: 1)
    }

    // MARK: Putting together

    private func value(_ replies: [Result<RESPValue, CommandFailure>]) -> RESPValue {
        switch merge {
        case .sum: return .integer(replies.reduce(0) { $0 + ((try? $1.get())?.integer ?? 0) })
        case .allSucceeded:
            return replies.lazy.compactMap { try? $0.get() }.first { $0.isError } ?? replies.lazy.compactMap { try? $0.get() }.first ?? .null
        case .valuesInOrder:
            var values: [Int: RESPValue] = [:]
            for (part, reply) in zip(parts, replies) {
                guard case .success(let array) = reply, !array.isError else { continue }
                for (key, value) in zip(part.keys, array.elements) { values[key] = value }
            }
            // The place of a key that was not read holds an error: nil would say that the key is not there.
            return .array(keys.map { values[$0] ?? .error("ERR not read") })
        }
    }

    private func firstFailure(_ replies: [Result<RESPValue, CommandFailure>]) -> PlanStep {
        for case .success(let error) in replies { return .finish(Reply(error)) }
        for case .failure(let failure) in replies { return .fail(failure) }
        return .finish(Reply(.null))
    }

    private func note(_ failed: [(Part, Result<RESPValue, CommandFailure>)]) -> Note {
        .partial(
            failed.flatMap { part, reply in
                part.keys.map { index in
                    switch reply {
                    case .success(let value): .init(key: request.arguments[index], error: value.text, failure: nil)
                    case .failure(let failure): .init(key: request.arguments[index], error: nil, failure: failure)
                    }
                }
            })
    }
}
