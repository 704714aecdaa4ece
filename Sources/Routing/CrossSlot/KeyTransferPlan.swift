import Commands
import RESP

/// Copies a key to another slot with value and expiry, and takes the original away unless a copy is wanted: RENAME,
/// RENAMENX, COPY.
///
/// 1. Source: WATCH, DUMP, expiry. Interrupted: nothing has changed.
/// 2. Destination: RESTORE, with REPLACE but for RENAMENX. An old value is replaced in one step or stays as it is.
///    A replica has to confirm the copy, if there is one. Interrupted: both keys hold the value, and the command can be
///    given again.
/// 3. Source: MULTI, DEL, EXEC on the connection that watches. When the source has changed since step 1, all begins
///    again. Interrupted: the key has moved, or both keys hold the value.
///
/// RENAMENX that begins again may overwrite the destination, but only while it is what step 2 made of it. Since DUMP is
/// not canonical, that is compared with what DUMP said of the destination itself.
struct KeyTransferPlan: SlotPlan {
    private enum Phase {
        /// A server checks the options of COPY.
        case checkingArguments
        /// A server says what the command says of a missing key.
        case refusing
        case reading
        /// RENAMENX looks whether the destination is still its own copy.
        case comparing
        case writing
        case removing
    }

    private static let maximumRounds = 8
    /// Numbers of the plan's own connections.
    private static let sourceConnection = 1
    private static let destinationConnection = 2

    private let arguments: [ByteString]
    private let transfer: CrossSlot.Transfer
    private let source: ByteString
    private let destination: ByteString
    private let replicaWait: ReplicaWait
    private var privateKeys: PrivateKeys
    private var replaces: Bool
    /// The database that COPY names.
    private var database: ByteString?

    private var phase = Phase.reading
    private var round = 0
    private var payload = ByteString("")
    private var expiry = Expiry.never
    /// True when a copy stands at the destination.
    private var hasCopied = false
    /// What DUMP said of the copy that RENAMENX made.
    private var copy: RESPValue = .null

    init(_ request: Request, _ transfer: CrossSlot.Transfer, _ context: CrossSlotContext) {
        arguments = request.arguments
        self.transfer = transfer
        source = arguments[1]
        destination = arguments[2]
        replicaWait = ReplicaWait(in: HashSlot(key: destination), context)
        privateKeys = context.privateKeys
        replaces = transfer == .rename
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        guard let outcome = outcomes.first else {
            return arguments.count > 3 ? checkArguments(.checkingArguments) : read()
        }
        let checked = expecting(outcome)
        switch checked {
        case .failure(let failure): return fail(failure)
        case .reply(let value, _):
            let parts = value.kind == .array ? Array(value.elements) : [value]
            switch phase {
            case .checkingArguments:
                guard !value.isError else { return .finish(Reply(value)) }
                readOptions()
                return read()
            case .refusing: return .finish(Reply(value))
            case .reading: return hasRead(parts)
            case .comparing: return hasCompared(parts)
            case .writing: return hasWritten(parts)
            case .removing: return hasRemoved(outcome)
            }
        }
    }

    /// The outcome of the phase, but a failure for a reply that cannot be understood.
    private func expecting(_ outcome: RequestOutcome) -> RequestOutcome {
        switch phase {
        case .checkingArguments, .refusing: TransactionBlock.onlyOutcome(of: outcome, isReadonly: true)
        case .reading: outcome.expecting("DUMP", isReadonly: true, hasPayload)
        case .comparing: outcome.expecting("DUMP", isReadonly: true) { $0.elements(2).map { $0[1].isPayload } ?? false }
        case .writing: outcome.expecting("RESTORE", isReadonly: false, isRestored)
        case .removing: outcome
        }
    }

    /// True for replies to all that ``read()`` asks.
    private func hasPayload(_ reply: RESPValue) -> Bool {
        let parts = Array(reply.elements)
        return parts.count == 2 + Expiry.questions(about: source).count + (transfer == .copy ? 2 : 0)
            && parts[1].isPayload
    }

    /// True when it is known whether the copy was made: by the reply to RESTORE or to the EXEC around it, or by an
    /// error.
    private func isRestored(_ reply: RESPValue) -> Bool {
        let parts = reply.kind == .array ? Array(reply.elements) : [reply]
        guard transfer == .renameToNew || database != nil else {
            return parts.first.map { $0.isOK || $0.isError } ?? false
        }
        if parts.contains(where: { $0.isError || $0.kind == .null }) { return true }
        guard let replies = parts.lazy.compactMap({ $0.elements(2) }).first else { return false }
        return replies.contains(where: \.isError) || replies[transfer == .renameToNew ? 0 : 1].isOK
    }

    var outline: PlanOutline {
        let read = "WATCH, DUMP and PEXPIRETIME on the source"
        let write = "RESTORE to the destination"
        guard transfer != .copy else { return PlanOutline(steps: [read, write], roundTrips: 2) }
        return PlanOutline(
            steps: [read, write + replicaWait.outline, "MULTI, DEL, EXEC on the source if it has not changed"],
            roundTrips: 3)
    }

    // MARK: Arguments

    private mutating func checkArguments(_ phase: Phase) -> PlanStep {
        self.phase = phase
        return .send([ArgumentCheck(of: arguments, keys: [1, 2], in: HashSlot(key: source), &privateKeys).request])
    }

    /// The options of COPY, which a server has found in order.
    private mutating func readOptions() {
        var index = 3
        while index < arguments.count {
            if arguments[index].matches("DB"), index + 1 < arguments.count {
                database = arguments[index + 1]
                index += 2
            } else {
                replaces = true
                index += 1
            }
        }
    }

    // MARK: Reading the source

    private mutating func read() -> PlanStep {
        phase = .reading
        round += 1
        var commands = [["WATCH", source], ["DUMP", source]] + Expiry.questions(about: source)
        // What is only copied need not be watched any longer, but value and expiry have to belong together.
        if transfer == .copy { commands += [["MULTI"], ["EXEC"]] }
        // Once there is a copy, an interruption must not say that nothing was changed.
        var request = Request(commands: commands, route: .slot(HashSlot(key: source)), isReadonly: !hasCopied)
        request.connection = .own(Self.sourceConnection)
        return .send([request])
    }

    private mutating func hasRead(_ parts: [RESPValue]) -> PlanStep {
        // WATCH, DUMP and PTTL, which every server knows.
        if let error = [parts[0], parts[1], parts[3]].first(where: \.isError) { return refuse(error) }
        guard parts[1].kind != .null else {
            // Gone after it was copied: to whoever took it away it was there, and the copy may be the last one.
            return hasCopied ? .finish(Reply(success)) : checkArguments(.refusing)
        }
        if transfer == .copy, let exec = parts.last, exec.isError { return refuse(exec) }
        guard let expiry = Expiry(parts[2...4]), parts[parts.count - 1].kind != .null else { return again() }
        self.expiry = expiry
        payload = parts[1].byteString
        return copy.kind == .null ? write() : compare()
    }

    private mutating func again() -> PlanStep {
        guard round < Self.maximumRounds else { return keepBoth(.contested) }
        return read()
    }

    // MARK: Writing the destination

    private mutating func compare() -> PlanStep {
        phase = .comparing
        var request = Request(
            commands: [["WATCH", destination], ["DUMP", destination]], route: .slot(HashSlot(key: destination)),
            isReadonly: false)
        request.connection = .own(Self.destinationConnection)
        return .send([request])
    }

    private mutating func hasCompared(_ parts: [RESPValue]) -> PlanStep {
        if let error = parts.first(where: \.isError) { return refuse(error) }
        guard parts[1] == copy || parts[1].kind == .null else { return keepBoth(.contested) }
        replaces = true
        return write(isWatched: true)
    }

    private mutating func write(isWatched: Bool = false) -> PlanStep {
        phase = .writing
        let restore =
            ["RESTORE", destination, ByteString(String(expiry.milliseconds)), payload, "ABSTTL"]
            + (replaces ? ["REPLACE"] : [])
        var block: [[ByteString]] = []
        switch transfer {
        case .rename: break
        case .renameToNew: block = [restore, ["DUMP", destination]]
        case .copy:
            if let database { block = [["SELECT", database], restore] }
        }
        let slot = HashSlot(key: destination)
        let following = transfer == .copy ? [] : replicaWait.commands
        guard !block.isEmpty else {
            return .send([Request(commands: [restore] + following, route: .slot(slot), isReadonly: false)])
        }
        let write = isWatched ? TransactionBlock.requestWhereWatched : TransactionBlock.request
        return .send([write(block, following, slot, false, Self.destinationConnection)])
    }

    private mutating func hasWritten(_ parts: [RESPValue]) -> PlanStep {
        let replies = parts.flatMap { $0.kind == .array ? Array($0.elements) : [$0] }
        if let error = replies.first(where: \.isError) {
            return error.serverError?.code == "BUSYKEY" ? .finish(Reply(.integer(0))) : refuse(error)
        }
        // EXEC, because somebody else wrote the destination.
        guard !parts.contains(where: { $0.kind == .null }) else { return keepBoth(.contested) }
        guard transfer != .copy else { return .finish(Reply(success)) }
        hasCopied = true
        // The copy that expired at once is not a copy to compare with.
        if transfer == .renameToNew { copy = replies.last { $0.kind == .bulkString } ?? .null }
        guard replicaWait.isGiven(by: parts) else { return keepBoth(.unconfirmed) }
        return remove()
    }

    // MARK: Taking away the source

    private mutating func remove() -> PlanStep {
        phase = .removing
        return .send([
            TransactionBlock.requestWhereWatched(
                [["DEL", source]], in: HashSlot(key: source), isReadonly: false, on: Self.sourceConnection)
        ])
    }

    private mutating func hasRemoved(_ outcome: RequestOutcome) -> PlanStep {
        do {
            switch try TransactionBlock.result(of: outcome, count: 1) {
            case .carriedOut(let replies):
                let removal = outcome.with(replies[0]).expecting("DEL", isReadonly: false) { $0.amount != nil }
                _ = try [removal].replies()
                return .finish(Reply(success))
            case .passedOver: return again()
            }
        } catch {
            switch error {
            case .error(let error): return keepBoth(.refused(error.text))
            case .failure(let failure): return fail(failure)
            }
        }
    }

    // MARK: Ends

    private var success: RESPValue { transfer == .rename ? .ok : .integer(1) }

    private func refuse(_ error: RESPValue) -> PlanStep {
        hasCopied ? keepBoth(.refused(error.text)) : .finish(Reply(error))
    }

    private func keepBoth(_ obstacle: CommandFailure.Obstacle) -> PlanStep {
        .fail(.originalKept(source: source, copy: destination, obstacle))
    }

    private mutating func fail(_ failure: CommandFailure) -> PlanStep {
        switch failure {
        // The connection that watches is gone, and nothing was sent.
        case .transactionLost: again()
        case .unknownOutcome: .fail(failure)
        default: hasCopied ? keepBoth(.failure(failure)) : .fail(failure)
        }
    }
}

extension RESPValue {
    /// True for what DUMP replies.
    var isPayload: Bool { kind == .null || kind == .bulkString || isError }
}
