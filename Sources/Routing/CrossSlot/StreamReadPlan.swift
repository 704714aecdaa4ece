import Commands
import RESP

/// XREAD and XREADGROUP over several slots: each stream is read at its node, all at once, and the replies are merged in
/// the order of the command.
///
/// XREAD with BLOCK, when there is nothing to read: all streams are read again, blocking, and the first reply is the
/// command's. The ID `$` is looked up before that, so that no entry arrives unseen in between. An interruption leaves
/// everything as it is.
///
/// XREADGROUP assigns entries to its consumer, so nothing may be wrong with one stream once another has been read:
/// first the server checks each stream, with a command that it always refuses. With BLOCK, all streams are read again
/// after a pause, never blocking, since a reply that is no longer waited for would take entries with it. If a reply is
/// lost or a group disappears in the meantime, the entries of the other streams are the reply, and a note says which
/// streams are uncertain; what was assigned to the consumer is pending there (XREADGROUP with the ID 0).
struct StreamReadPlan: SlotPlan {
    private enum Stage { case start, complaining, findingEnds, checking, reading, blocking, pausing }

    private let request: Request
    /// Indexes of the streams among the command's arguments; their IDs follow them.
    private let keys: [Int]
    private var ids: [ByteString]
    /// Milliseconds, as the user wrote them; nil without BLOCK.
    private let timeout: ByteString?
    private let isGroup: Bool
    private var stage = Stage.start
    private var pauses: PollingPauses

    /// - Returns: nil with an option that limits the streams collectively.
    init?(_ request: Request, keys: KeySpecs) {
        self.request = request
        self.keys = keys.indexes(in: request.arguments)
        ids = Array(request.arguments[(self.keys[0] + self.keys.count)...])
        isGroup = !request.isReadonly
        let options = request.arguments[..<self.keys[0]]
        // A node would apply them only to the streams that it is asked for.
        for option in ["MAXCOUNT", "MAXSIZE"] as [StaticString] where Self.argument(of: option, in: options) != nil {
            return nil
        }
        timeout = Self.argument(of: "BLOCK", in: options)
        pauses = PollingPauses(seconds: Double(timeout?.integer ?? 0) / 1000)
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        do throws(PlanEnding) {
            switch stage {
            case .start: return start()
            case .complaining: return .finish(Reply(try outcomes.replies()[0]))
            case .findingEnds:
                try findEnds(outcomes)
                return read()
            case .checking:
                // The reply to this can only be an error.
                let checked = outcomes.expecting(request.name, isReadonly: true) { _ in false }
                if let error = zip(ids, checked).first(where: { !Self.isAccepted($0, $1) })?.1 {
                    return .finish(Reply(try [error].replies()[0]))
                }
                return read()
            case .reading: return try take(outcomes)
            case .blocking:
                let outcomes = expecting(outcomes)
                if let reply = Self.merge(outcomes) { return .finish(Reply(reply)) }
                _ = try outcomes.replies()
                return .finish(Reply(.null))
            case .pausing: return read()
            }
        } catch {
            return error.step
        }
    }

    var outline: PlanOutline {
        let end =
            timeout == nil
            ? nil
            : isGroup ? "if there is nothing, retry after a pause" : "if there is nothing, the same, blocking"
        let steps = [
            isGroup
                ? "argument check by the server: \(request.name) with the ID $ on each stream, which it refuses" : nil,
            needsEnds ? "XREVRANGE + - COUNT 1 for each stream with the ID $" : nil,
            (timeout == nil ? request.name : "MULTI, \(request.name), EXEC")
                + " on each of \(keys.count) streams, in parallel", end,
        ]
        let roundTrips = (isGroup || needsEnds ? 2 : 1) + (timeout == nil ? 0 : 1)
        return PlanOutline(steps: steps.compactMap(\.self), roundTrips: roundTrips)
    }

    // MARK: Before reading

    private mutating func start() -> PlanStep {
        guard ids.count == keys.count else {
            // The server finds no keys in this either, and says so.
            stage = .complaining
            return .send([request.at(.home)])
        }
        if isGroup {
            stage = .checking
            return .send(
                keys.indices.map { place in
                    let key = request.arguments[keys[place]]
                    let words = request.arguments[..<keys[0]] + [key, key, ids[place], "$"]
                    return Request(arguments: Array(words), route: .slot(HashSlot(key: key)), isReadonly: true)
                })
        }
        guard needsEnds else { return read() }
        stage = .findingEnds
        return .send(
            placesOfEnds.map { place in
                let key = request.arguments[keys[place]]
                let words = ["XREVRANGE", key, "+", "-", "COUNT", "1"]
                return Request(arguments: words, route: .slot(HashSlot(key: key)), isReadonly: true)
            })
    }

    /// True for the refusal of the ID `$` that the check of a stream adds after the user's own.
    private static func isAccepted(_ id: ByteString, _ outcome: RequestOutcome) -> Bool {
        id != "$" && outcome.error?.byteString.hasPrefix("ERR The $ ID") == true
    }

    private var placesOfEnds: [Int] { ids.indices.filter { ids[$0] == "$" } }

    private var needsEnds: Bool { !isGroup && timeout != nil && !placesOfEnds.isEmpty }

    /// Replaces `$` by the last entry's ID. Where there is an error, the server will return it for `$` as well.
    private mutating func findEnds(_ outcomes: [RequestOutcome]) throws(PlanEnding) {
        func id(_ entry: RESPValue) -> ByteString? { Array(entry.elements).first?.string }
        let checked = outcomes.expecting("XREVRANGE", isReadonly: true) { entries in
            entries.kind == .array && entries.elements.allSatisfy { id($0) != nil }
        }
        for (place, outcome) in zip(placesOfEnds, checked) {
            if let failure = outcome.failure, case .unexpectedReply = failure { throw .failure(failure) }
            guard let entries = outcome.value else { continue }
            ids[place] = Array(entries.elements).first.flatMap(id) ?? "0-0"
        }
    }

    // MARK: Reading

    private func requests(blocking: Bool) -> [Request] {
        keys.indices.map { place in
            let key = request.arguments[keys[place]]
            let words = request.arguments[..<keys[0]] + [key, ids[place]]
            let slot = HashSlot(key: key)
            guard timeout == nil || blocking else {
                // Nothing blocks in a transaction.
                let block = TransactionBlock([Array(words)], on: place + 1)
                return Request(block, in: slot, isReadonly: request.isReadonly)
            }
            return Request(
                arguments: Array(words), route: .slot(slot), isReadonly: request.isReadonly,
                on: blocking ? .own(place + 1) : .shared)
        }
    }

    private mutating func read() -> PlanStep {
        stage = .reading
        return .send(requests(blocking: false))
    }

    private mutating func take(_ outcomes: [RequestOutcome]) throws(PlanEnding) -> PlanStep {
        let outcomes = expecting(
            timeout == nil
                ? outcomes
                : outcomes.map { TransactionBlock.onlyOutcome(of: $0, isReadonly: request.isReadonly) })
        let failed = zip(keys, outcomes).compactMap { $1.failed(request.arguments[$0]) }
        let merged = Self.merge(outcomes)
        if failed.isEmpty || !isGroup || merged == nil {
            _ = try outcomes.replies()
        } else if let merged {
            return .finish(Reply(body: .value(merged), outcome: .partial, notes: [.partial(failed)]))
        }
        if let merged { return .finish(Reply(merged)) }
        guard timeout != nil else { return .finish(Reply(.null)) }
        guard isGroup else {
            stage = .blocking
            return .race(requests(blocking: true))
        }
        guard let pause = pauses.pause() else { return .finish(Reply(.null)) }
        stage = .pausing
        return .pause(seconds: pause)
    }

    private func expecting(_ outcomes: [RequestOutcome]) -> [RequestOutcome] {
        outcomes.expecting(request.name, isReadonly: request.isReadonly) { [.null, .array, .map].contains($0.kind) }
    }

    /// Merges the replies that contain something, whether arrays or maps; nil when none does.
    private static func merge(_ outcomes: [RequestOutcome]) -> RESPValue? {
        let replies = outcomes.compactMap(\.value).filter { $0.kind != .null }
        guard let kind = replies.first?.kind else { return nil }
        if replies.allSatisfy({ $0.kind == kind }) {
            return .aggregate(kind, replies.flatMap { Array($0.elements) })
        }
        // A node that does not know RESP3 returns pairs where others return a map.
        return .array(
            replies.flatMap { reply in
                reply.kind == .map ? reply.pairs.map { .array([$0.key, $0.value]) } : Array(reply.elements)
            })
    }

    /// The argument of an option before the streams.
    private static func argument(of option: StaticString, in options: ArraySlice<ByteString>) -> ByteString? {
        var index = 1
        while index + 1 < options.count {
            switch options[index] {
            case let word where word.matches(option): return options[index + 1]
            case let word where word.matches("GROUP"): index += 3
            case let word where word.matches("NOACK"): index += 1
            default: index += 2
            }
        }
        return nil
    }
}
