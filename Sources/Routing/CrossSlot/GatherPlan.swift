import Commands
import RESP

/// Copies keys of other slots to private keys in one slot and runs the command there, natively: the sorted sets'
/// algebra, ZRANGESTORE, GEOSEARCHSTORE, GEORADIUS with STORE, PFMERGE, PFCOUNT, LCS and BITOP.
///
/// That slot is the destination's, or that of the first key when there is only a reply. Arithmetic, order, encodings,
/// arguments and errors are thus the server's own, and one native command changes the destination. All slots are copied
/// at once, which is not a snapshot of them. The transaction that runs the command also deletes the copies, and it runs
/// only while all of them exist: they are watched on the connection that made them.
///
/// While the slot is migrating to another node, a server cannot work on several of its keys (TRYAGAIN). The command is
/// then run only on private keys of another slot, and one command replaces the destination with the outcome. A
/// destination that is also read is watched from before it is read.
///
/// What an interruption leaves: before the transaction, copies that expire; after it, only the finished destination, or
/// the old one if the command ran in another slot.
struct GatherPlan: SlotPlan {
    private enum Stage {
        case start, reading, copying
        /// - count: how many commands are in the block.
        case running(count: Int)
        /// - reply: the command's.
        case committing(reply: RESPValue)
        case cleaning(then: PlanStep)
    }

    /// Milliseconds after which a copy expires if it was not deleted.
    private static let copyLifetime: ByteString = "300000"
    /// How many attempts there are, each in another slot.
    private static let attempts = 16
    /// The number after the destination's.
    private static let connection = Destination.connection + 1

    private let request: Request
    private let result: CrossSlot.GatherResult
    /// Index of the destination among the command's arguments; nil when there is only a reply.
    private let destination: Int?
    /// Indexes of the keys that are read.
    private let sources: [Int]
    private var privateKeys: PrivateKeys

    private var stage = Stage.start
    private var attempt = 1
    /// Where the command runs.
    private var slot: HashSlot
    /// The keys to copy, and the names of their copies.
    private var copies: [(key: ByteString, name: ByteString)] = []
    /// The private key that stands in for the destination when the command runs in another slot.
    private var outcomeKey: ByteString?
    /// Names of copies that have been made and not deleted yet.
    private var present: [ByteString] = []

    init(_ request: Request, keys: KeySpecs, result: CrossSlot.GatherResult, privateKeys: PrivateKeys) {
        self.request = request
        self.result = result
        self.privateKeys = privateKeys
        let keys = keys.indexes(in: request.arguments)
        destination =
            switch result {
            case .reply: nil
            case .firstKey, .mergedFirstKey: keys[0]
            case .lastKey: keys.max()
            }
        let destination = destination
        sources = result == .mergedFirstKey ? keys : keys.filter { $0 != destination }
        slot = HashSlot(key: request.arguments[destination ?? keys[0]])
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        do {
            switch stage {
            case .start: return read()
            case .reading: return try copy(outcomes)
            case .copying: return try check(outcomes[0])
            case .running(let count): return try take(outcomes[0], count: count)
            case .committing(let reply): return try end(outcomes[0], reply)
            case .cleaning(let next):
                stage = .start
                return next
            }
        } catch .error(let value) {
            return clean(then: .finish(Reply(value)))
        } catch {
            // A node that is away is not waited for again; the copies expire.
            return error.step
        }
    }

    var outline: PlanOutline {
        let foreign = Set(sources.map { request.arguments[$0] }.filter { HashSlot(key: $0) != slot }).count
        let outcome = destination == nil ? "" : result == .mergedFirstKey ? ", GET" : ", DUMP"
        let commit = result == .mergedFirstKey ? "SET" : "RESTORE"
        let end =
            destination == nil
            ? "" : ", then MULTI, \(commit) or DEL, EXEC on the destination" + (readsDestination ? " under WATCH" : "")
        return PlanOutline(
            steps: [
                "DUMP the keys in other slots (\(foreign)), in parallel",
                "RESTORE them to temporary keys in slot \(slot.number) that expire after 5 minutes, WATCH, EXISTS",
                "MULTI, \(request.name) there, UNLINK of the copies, EXEC",
                "while the slot is being moved, the same in another one\(outcome)\(end)",
            ], roundTrips: 4)
    }

    // MARK: Copying

    /// True when the command runs in a slot other than the destination's.
    private var isElsewhere: Bool { attempt > 1 }

    private var destinationKey: ByteString? { destination.map { request.arguments[$0] } }

    private var readsDestination: Bool { sources.contains { request.arguments[$0] == destinationKey } }

    private mutating func read() -> PlanStep {
        stage = .reading
        copies = []
        let name = privateKeys.next("copy", in: slot)
        for key in sources.map({ request.arguments[$0] })
        where (isElsewhere || HashSlot(key: key) != slot) && !copies.contains(where: { $0.key == key }) {
            copies.append((key, name + ByteString(":\(copies.count)")))
        }
        outcomeKey = isElsewhere && destination != nil ? name + ":outcome" : nil
        if result == .mergedFirstKey, isElsewhere { outcomeKey = copies[0].name }
        return .send(
            copies.map { key, _ in
                let dump: [ByteString] = ["DUMP", key]
                if isWatched(key) { return Destination(key, isRead: true).reading([dump]) }
                return Request(arguments: dump, route: .slot(HashSlot(key: key)), isReadonly: true)
            })
    }

    private func isWatched(_ key: ByteString) -> Bool { isElsewhere && key == destinationKey }

    private mutating func copy(_ outcomes: [RequestOutcome]) throws(PlanEnding) -> PlanStep {
        var commands: [[ByteString]] = []
        // The reply to WATCH comes before that to DUMP.
        let checked = zip(copies, outcomes).map { copy, outcome in
            outcome.expecting("DUMP", isReadonly: true) { reply in
                isWatched(copy.key) ? reply.elements(2).map { $0[1].isPayload } ?? false : reply.isPayload
            }
        }
        for (copy, reply) in zip(copies, try checked.replies()) {
            let watched = isWatched(copy.key) ? Array(reply.elements) : [reply]
            if let error = watched.first(where: \.isError) { throw .error(error) }
            guard let payload = watched.last else { continue }
            // A missing key needs no copy: the copy's name is missing just the same.
            guard payload.kind != .null else { continue }
            commands.append(["RESTORE", copy.name, Self.copyLifetime, payload.byteString, "REPLACE"])
            present.append(copy.name)
        }
        guard !present.isEmpty else { return run() }
        stage = .copying
        commands += [["WATCH"] + present, ["EXISTS"] + present]
        // Copies may be made twice, so this may be sent again as though it changed nothing.
        var request = Request(
            commands: commands, route: .slot(slot), isReadonly: true, on: .own(Self.connection))
        request.waitsForMigration = false
        return .send([request])
    }

    private mutating func check(_ outcome: RequestOutcome) throws(PlanEnding) -> PlanStep {
        let replies = Array(try [outcome].replies()[0].elements)
        if let error = replies.first(where: \.isError) {
            guard error.isRedirect else { throw .error(error) }
            return try beginAgain(error.text)
        }
        guard replies.last?.integer == present.count else { return try beginAgain("a copy is gone") }
        return run()
    }

    // MARK: Running

    private mutating func run() -> PlanStep {
        var command = request.arguments
        for copy in copies {
            for index in sources where request.arguments[index] == copy.key { command[index] = copy.name }
        }
        if let outcomeKey, let destination { command[destination] = outcomeKey }
        var commands = [command]
        if let outcomeKey { commands.append([result == .mergedFirstKey ? "GET" : "DUMP", outcomeKey]) }
        let leftovers = present + (outcomeKey.map { present.contains($0) ? [] : [$0] } ?? [])
        if !leftovers.isEmpty { commands.append(["UNLINK"] + leftovers) }
        let changesDestination = destination != nil && !isElsewhere
        stage = .running(count: commands.count)
        let block =
            present.isEmpty
            ? TransactionBlock(commands, on: Self.connection)
            : TransactionBlock(commands, whereWatched: Self.connection)
        return .send([Request(block, in: slot, isReadonly: !changesDestination, waitsForMigration: false)])
    }

    private mutating func take(_ outcome: RequestOutcome, count: Int) throws(PlanEnding) -> PlanStep {
        let replies: [RESPValue]
        let isReadonly = destination == nil || isElsewhere
        switch try TransactionBlock.result(of: outcome, count: count, isReadonly: isReadonly) {
        case .carriedOut(let good, _): replies = good
        case .passedOver(let reason): return try beginAgain(reason)
        }
        present = []
        guard isElsewhere, let key = destinationKey, !replies[0].isError else { return .finish(Reply(replies[0])) }
        let made = outcome.with(replies[1]).expecting("DUMP", isReadonly: true) { $0.isPayload }
        return commit(try [made].replies()[0], to: key, reply: replies[0])
    }

    /// Gives the destination the command's outcome, which ends its time to live except with PFMERGE.
    private mutating func commit(_ outcome: RESPValue, to key: ByteString, reply: RESPValue) -> PlanStep {
        stage = .committing(reply: reply)
        let command: [ByteString] =
            switch outcome.kind {
            case .null: ["DEL", key]
            case _ where result == .mergedFirstKey: ["SET", key, outcome.byteString, "KEEPTTL"]
            default: ["RESTORE", key, "0", outcome.byteString, "REPLACE"]
            }
        return .send([Destination(key, isRead: readsDestination).replacing([command])])
    }

    private mutating func end(_ outcome: RequestOutcome, _ reply: RESPValue) throws(PlanEnding) -> PlanStep {
        switch try TransactionBlock.result(of: outcome, count: 1) {
        case .carriedOut(let replies, _):
            let change = outcome.with(replies[0])
                .expecting("RESTORE", isReadonly: false) { $0.isOK || $0.amount != nil }
            _ = try [change].replies()
            return .finish(Reply(reply))
        case .passedOver(let reason): return try beginAgain(reason)
        }
    }

    // MARK: Starting over and cleaning up

    /// Starts over in another slot, far from this one.
    private mutating func beginAgain(_ reason: String) throws(PlanEnding) -> PlanStep {
        guard attempt < Self.attempts, let next = HashSlot((slot.number + 4099) % HashSlot.count) else {
            throw .failure(.gaveUp(because: reason))
        }
        attempt += 1
        slot = next
        return clean(then: .pause(seconds: 0.05))
    }

    /// Deletes the existing copies, whether or not that succeeds: they expire.
    private mutating func clean(then next: PlanStep) -> PlanStep {
        stage = .cleaning(then: next)
        guard !present.isEmpty else { return advance([]) }
        defer { present = [] }
        return .send(
            present.map { name in
                Request(arguments: ["UNLINK", name], route: .slot(HashSlot(key: name)), isReadonly: false)
            })
    }
}
