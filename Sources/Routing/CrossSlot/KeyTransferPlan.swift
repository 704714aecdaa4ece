import Commands
import RESP

/// Copies a key to another slot with its value and expiry, and removes the original unless a copy is wanted: RENAME,
/// RENAMENX, COPY.
///
/// 1. Source: WATCH, DUMP, expiry, then MULTI and DEL, which are left open. If interrupted: nothing has changed.
/// 2. Destination: MULTI, RESTORE, DUMP, EXEC, with REPLACE except for RENAMENX. An old value is replaced in one step
///    or stays as it is. A replica has to confirm the copy, if there is one. If interrupted: both keys hold the value,
///    and the command can be repeated.
/// 3. Source: EXEC. If the source has changed since step 1, everything starts over. If interrupted: the key has moved,
///    or both keys hold the value.
///
/// A user without the necessary rights is refused before the destination changes: by then, the server has queued DEL,
/// and with RESTORE it queues everything that comes after it, including WAIT.
///
/// When it starts over, it may overwrite the destination only while that is still what step 2 made of it: other clients
/// may have written to it since. DUMP is not canonical, so the comparison is with what DUMP said of the destination
/// itself.
///
/// COPY removes nothing, so in step 1 it needs no block other than one that shows that value and expiry belong
/// together, and in step 2 only RESTORE.
struct KeyTransferPlan: SlotPlan {
    private enum Phase {
        /// A server checks the options of COPY.
        case checkingArguments
        /// A server replies as it does for a missing key.
        case refusing
        case reading
        /// Is the destination still the copy that was made?
        case comparing
        case writing
        case removing
    }

    private static let maximumRounds = 8
    /// The plan's own connection to the destination. Those to the source have higher numbers.
    private static let destinationConnection = 1

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
    /// The connection on which the source is watched and its deletion is queued.
    private var sourceConnection = destinationConnection + 1
    /// What DUMP returned for the copy at the destination, and the copy's expiry.
    private var copy: (payload: RESPValue, expiry: Expiry)?

    init(_ request: Request, _ transfer: CrossSlot.Transfer, _ context: CrossSlotContext) {
        arguments = request.arguments
        self.transfer = transfer
        source = arguments[1]
        destination = arguments[2]
        replicaWait = ReplicaWait(in: HashSlot(key: destination), context)
        privateKeys = context.privateKeys
        replaces = transfer == .rename
        readOptions()
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        guard let outcome = outcomes.first else {
            return arguments.count > 3 ? checkArguments(.checkingArguments) : read()
        }
        let checked = expecting(outcome)
        switch checked {
        case .failure(let failure): return fail(failure)
        case .reply(let value, _):
            switch phase {
            case .checkingArguments:
                guard !value.isError else { return .finish(Reply(value)) }
                return read()
            case .refusing: return .finish(Reply(value))
            case .reading: return hasRead(Array(value.elements))
            case .comparing: return hasCompared(Array(value.elements))
            case .writing: return transfer == .copy ? hasCopied(value) : hasWritten(outcome)
            case .removing: return hasRemoved(outcome)
            }
        }
    }

    /// The outcome of the phase, or a failure for a reply that cannot be understood.
    private func expecting(_ outcome: RequestOutcome) -> RequestOutcome {
        switch phase {
        case .checkingArguments, .refusing: TransactionBlock.onlyOutcome(of: outcome, isReadonly: true)
        case .reading: outcome.expecting("DUMP", isReadonly: copy == nil) { hasPayload($0, count: 2) }
        case .comparing: outcome.expecting("DUMP", isReadonly: false) { hasPayload($0, count: 0) }
        case .writing where transfer == .copy: outcome.expecting("RESTORE", isReadonly: false, isRestored)
        case .writing, .removing: outcome
        }
    }

    /// True for the replies to WATCH, DUMP and the questions about the expiry.
    ///
    /// - Parameter count: how many more replies there are.
    private func hasPayload(_ reply: RESPValue, count: Int) -> Bool {
        let parts = Array(reply.elements)
        return parts.count == 2 + Expiry.questions(about: source).count + count && parts[1].isPayload
    }

    /// True when it is known whether COPY has made its copy: from the reply to RESTORE or to the EXEC around it, or
    /// from an error.
    private func isRestored(_ reply: RESPValue) -> Bool {
        guard database != nil else { return reply.isOK || reply.isError }
        let parts = Array(reply.elements)
        if parts.contains(where: { $0.isError || $0.kind == .null }) { return true }
        guard let replies = parts.last?.elements(2) else { return false }
        return replies.contains(where: \.isError) || replies[1].isOK
    }

    var confirmedSlots: [HashSlot] { transfer == .copy ? [] : [HashSlot(key: destination)] }

    var outline: PlanOutline {
        let read = "WATCH, DUMP, PEXPIRETIME, PTTL, TIME on the source"
        let name = arguments[0].uppercased.text
        let checked = "; if it is missing, MULTI, \(name), EXEC without it"
        if transfer != .copy {
            let steps = [
                read + checked, "MULTI and DEL of the source, which are left open",
                "MULTI, RESTORE, DUMP, EXEC on the destination" + replicaWait.outline,
                "EXEC on the source if it has not changed",
            ]
            return PlanOutline(steps: steps, roundTrips: 5)
        }
        let hasOptions = arguments.count > 3
        let steps = [
            hasOptions ? "argument check by the server: MULTI, \(name), EXEC without the keys" : nil,
            read + ", with MULTI and EXEC around nothing to see whether it has changed" + checked,
            database == nil ? "RESTORE to the destination" : "MULTI, SELECT, RESTORE, EXEC on the destination",
        ]
        let roundTrips = 3 + (hasOptions ? 2 : 0) + (database == nil ? 0 : 1)
        return PlanOutline(steps: steps.compactMap(\.self), roundTrips: roundTrips)
    }

    // MARK: Arguments

    private mutating func checkArguments(_ phase: Phase) -> PlanStep {
        self.phase = phase
        return .send([ArgumentCheck(of: arguments, keys: [1, 2], in: HashSlot(key: source), &privateKeys).request])
    }

    /// The options of COPY; a server checks them before they take effect.
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
        let look = [["WATCH", source], ["DUMP", source]] + Expiry.questions(about: source)
        // A key that is only copied need not be watched any longer, but its value and expiry have to belong together.
        let block =
            transfer == .copy
            ? TransactionBlock([], after: look, on: sourceConnection)
            : TransactionBlock(open: [["DEL", source]], after: look, on: sourceConnection)
        // Once there is a copy, an interruption must not say that nothing was changed.
        return .send([Request(block, in: HashSlot(key: source), isReadonly: copy == nil)])
    }

    private mutating func hasRead(_ parts: [RESPValue]) -> PlanStep {
        // PEXPIRETIME may fail: it is new, and PTTL can replace it.
        if let error = parts.enumerated().first(where: { $0 != 2 && $1.isError })?.element { return refuse(error) }
        guard parts[1].kind != .null else {
            // Gone after it was copied: the client that removed it saw it, and the copy may be the last one.
            return copy != nil ? .finish(Reply(success)) : checkArguments(.refusing)
        }
        guard let expiry = Expiry(parts[2...4]), parts[parts.count - 1].kind != .null else {
            // The block stays open on the old connection, and is abandoned with it.
            sourceConnection += 1
            return again()
        }
        self.expiry = expiry
        payload = parts[1].byteString
        return copy == nil ? write() : compare()
    }

    private mutating func again() -> PlanStep {
        guard round < Self.maximumRounds else {
            return copy == nil ? .fail(.contested(last: "the source keeps changing")) : keepBoth(.contested)
        }
        return read()
    }

    // MARK: Writing the destination

    private mutating func compare() -> PlanStep {
        phase = .comparing
        return .send([
            Request(
                commands: [["WATCH", destination], ["DUMP", destination]] + Expiry.questions(about: destination),
                route: .slot(HashSlot(key: destination)), isReadonly: false, on: .own(Self.destinationConnection))
        ])
    }

    private mutating func hasCompared(_ parts: [RESPValue]) -> PlanStep {
        if let error = [parts[0], parts[1], parts[3]].first(where: \.isError) { return refuse(error) }
        // A copy that is gone has expired or been deleted.
        let isCopy =
            parts[1].kind == .null
            || copy.map { $0.payload == parts[1] && $0.expiry.isAbout(Expiry(parts[2...4])) } ?? false
        guard isCopy else { return keepBoth(.contested) }
        replaces = true
        return write(isWatched: true)
    }

    private mutating func write(isWatched: Bool = false) -> PlanStep {
        phase = .writing
        let slot = HashSlot(key: destination)
        let restore =
            ["RESTORE", destination, ByteString(String(expiry.milliseconds)), payload, "ABSTTL"]
            + (replaces ? ["REPLACE"] : [])
        if transfer == .copy {
            guard let database else {
                return .send([Request(arguments: restore, route: .slot(slot), isReadonly: false)])
            }
            return .send([Request(TransactionBlock([["SELECT", database], restore]), in: slot, isReadonly: false)])
        }
        let commands = [restore, ["DUMP", destination]] + replicaWait.probe
        let block =
            isWatched
            ? TransactionBlock(commands, following: replicaWait.commands, whereWatched: Self.destinationConnection)
            : TransactionBlock(commands, following: replicaWait.commands, on: Self.destinationConnection)
        return .send([Request(block, in: slot, isReadonly: false)])
    }

    private func hasCopied(_ reply: RESPValue) -> PlanStep {
        let replies = [reply] + reply.elements + (Array(reply.elements).last.map { Array($0.elements) } ?? [])
        if let error = replies.first(where: \.isError) {
            return .finish(Reply(error.serverError?.code == "BUSYKEY" ? .integer(0) : error))
        }
        return .finish(Reply(success))
    }

    private mutating func hasWritten(_ outcome: RequestOutcome) -> PlanStep {
        do {
            let count = 2 + replicaWait.probe.count, following = replicaWait.commands.count
            switch try TransactionBlock.result(of: outcome, count: count, following: following) {
            case .carriedOut(let replies, let confirmation):
                if let error = replies.first, error.isError {
                    return error.serverError?.code == "BUSYKEY" ? .finish(Reply(.integer(0))) : refuse(error)
                }
                let made = outcome.with(replies[0]).expecting("RESTORE", isReadonly: false) { $0.isOK }
                _ = try [made].replies()
                copy = (replies[1], expiry)
                return replicaWait.isGiven(by: confirmation) ? remove() : keepBoth(.unconfirmed)
            // Another client wrote to the destination, or its slot is migrating.
            case .passedOver(let reason):
                return copy == nil ? .fail(.gaveUp(because: reason)) : keepBoth(.contested)
            }
        } catch {
            return end(error)
        }
    }

    // MARK: Removing the source

    private mutating func remove() -> PlanStep {
        phase = .removing
        return .send([TransactionBlock.exec(on: sourceConnection, in: HashSlot(key: source))])
    }

    private mutating func hasRemoved(_ outcome: RequestOutcome) -> PlanStep {
        do {
            switch try TransactionBlock.result(ofExec: outcome, count: 1) {
            case .carriedOut(let replies, _):
                let removal = outcome.with(replies[0]).expecting("DEL", isReadonly: false) { $0.amount != nil }
                _ = try [removal].replies()
                return .finish(Reply(success))
            case .passedOver: return again()
            }
        } catch {
            return end(error)
        }
    }

    // MARK: Ends

    private var success: RESPValue { transfer == .rename ? .ok : .integer(1) }

    private mutating func end(_ ending: PlanEnding) -> PlanStep {
        switch ending {
        case .error(let error): refuse(error)
        case .failure(let failure): fail(failure)
        }
    }

    private func refuse(_ error: RESPValue) -> PlanStep {
        copy != nil ? keepBoth(.refused(error.text)) : .finish(Reply(error))
    }

    private func keepBoth(_ obstacle: CommandFailure.Obstacle) -> PlanStep {
        .fail(.originalKept(source: source, copy: destination, obstacle))
    }

    private mutating func fail(_ failure: CommandFailure) -> PlanStep {
        switch failure {
        // The connection that watches is gone, and nothing was sent.
        case .transactionLost: again()
        case .unknownOutcome: .fail(failure)
        default: copy != nil ? keepBoth(.failure(failure)) : .fail(failure)
        }
    }
}

extension RESPValue {
    /// True for a reply that DUMP can return.
    var isPayload: Bool { kind == .null || kind == .bulkString || isError }
}
