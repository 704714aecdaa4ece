import Commands
import RESP

/// Moves one element between keys of two slots: RPOPLPUSH, LMOVE, SMOVE and the blocking BRPOPLPUSH and BLMOVE.
///
/// 1. Both keys are looked at: size and expiry of the source, type of the destination. Keys that nobody has are deleted,
///    so that a user who may not is refused while nothing has changed; WAIT and EVAL are tried for the same reason.
/// 2. Source's slot: the command itself, with a stage in place of the destination. That is atomic, decides between
///    rivals, and blocks as the server blocks. A replica has to confirm it, if there is one: without that, a failover
///    would bring the element back, and it would be there twice. Interrupted: nothing has changed, or the stage holds the
///    element.
/// 3. The stage is taken to the destination, or back; see ``ElementDelivery``. Interrupted: at every point the element is
///    in the stage or in one of the keys, and ``RecoveryPlan`` finishes the move exactly once.
///
/// The source cannot be what the element goes through at the destination: "add there, take back if the source did not
/// have it" would take back what a rival has added.
struct ElementMovePlan: SlotPlan {
    private enum Phase {
        case looking
        /// A server checks the arguments before another error may be the reply.
        case checkingArguments(otherwise: RESPValue)
        case staging(StagedElement)
        case delivering(ElementDelivery, reply: RESPValue)
    }

    private let arguments: [ByteString]
    private let path: StagedElement.Path
    private let context: CrossSlotContext
    private let sourceWait: ReplicaWait
    private let destinationWait: ReplicaWait
    private var privateKeys: PrivateKeys
    private var phase = Phase.looking

    private var source: ByteString { arguments[1] }
    private var destination: ByteString { arguments[2] }

    init(_ request: Request, _ move: CrossSlot.Move, _ context: CrossSlotContext) {
        arguments = request.arguments
        path =
            switch move {
            case .tailToHead: .tailToHead
            // Anything else than LEFT and RIGHT is refused before an element moves.
            case .betweenEnds:
                StagedElement.Path(fromHead: arguments[3].matches("LEFT"), toHead: arguments[4].matches("LEFT"))
            case .member: .member
            }
        self.context = context
        privateKeys = context.privateKeys
        sourceWait = ReplicaWait(in: HashSlot(key: arguments[1]), context)
        destinationWait = ReplicaWait(in: HashSlot(key: arguments[2]), context)
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        guard let outcome = outcomes.first else { return look() }
        switch phase {
        case .looking: return hasLooked(outcomes)
        case .checkingArguments(let error):
            let outcome = TransactionBlock.onlyOutcome(of: outcome, isReadonly: true)
            if let failure = outcome.failure { return .fail(failure) }
            return .finish(Reply(outcome.error ?? error))
        case .staging(let staged): return hasStaged(outcome, staged)
        case .delivering(var delivery, let reply):
            let step = delivery.advance(outcome)
            phase = .delivering(delivery, reply: reply)
            switch step {
            case .send(let request): return .send([request])
            case .delivered: return .finish(Reply(reply))
            case .putBack(.reply(let error, _)): return .finish(Reply(error))
            case .putBack(.failure(let failure)): return .fail(failure)
            case .kept(let obstacle): return .fail(.elementStaged(stage: delivery.staged.stage, obstacle))
            }
        }
    }

    var confirmedSlots: [HashSlot] { [HashSlot(key: source), HashSlot(key: destination)] }

    var outline: PlanOutline {
        PlanOutline(
            steps: [
                "\(path.size.text), PEXPIRETIME, PTTL, TIME on the source, EVAL of \(path.size.text) on the destination,"
                    + " and DEL of keys that do not exist on both nodes",
                "\(arguments[0].uppercased.text) from the source to a temporary key in the same slot"
                    + sourceWait.outline,
                "EVAL on the destination: GET and SET of a marker, \(path.push.text)" + destinationWait.outline
                    + "; if it is refused, EVAL on the source: \(path.putBack.text)",
                "DEL of the temporary key" + sourceWait.outline, "DEL of the marker",
            ], roundTrips: 5)
    }

    // MARK: Looking

    private mutating func look() -> PlanStep {
        let sourceSlot = HashSlot(key: source), destinationSlot = HashSlot(key: destination)
        let source = Request(
            commands: [[path.size, source]] + Expiry.questions(about: source), route: .slot(sourceSlot),
            isReadonly: true)
        // Asked by a script: a user who may run none has to be refused before anything moves.
        let destination = Request(
            arguments: ["EVAL", "return redis.pcall(ARGV[1], KEYS[1])", "1", destination, path.size],
            route: .slot(destinationSlot), isReadonly: true)
        let probes = [(sourceSlot, sourceWait), (destinationSlot, destinationWait)].map { slot, replicaWait in
            let missing = privateKeys.next("missing", in: slot)
            return Request(
                commands: [["DEL", missing]] + replicaWait.probe, route: .slot(slot), isReadonly: true)
        }
        return .send([source, destination] + probes)
    }

    private mutating func hasLooked(_ outcomes: [RequestOutcome]) -> PlanStep {
        let probes = zip(outcomes.dropFirst(2), [sourceWait, destinationWait]).flatMap { outcome, replicaWait in
            guard !replicaWait.commands.isEmpty, let replies = outcome.value?.elements(2) else { return [outcome] }
            return replies.map { outcome.with($0) }
        }
        if let failure = probes.lazy.compactMap(\.failure).first { return .fail(failure) }
        if let error = probes.lazy.compactMap(\.error).first { return check(before: error) }
        let questions = 1 + Expiry.questions(about: source).count
        let source = outcomes[0].expecting(path.size.text, isReadonly: true) { $0.elements(questions) != nil }
        let destination = outcomes[1].expecting("EVAL", isReadonly: true) { $0.amount != nil }
        if let failure = source.failure ?? destination.failure { return .fail(failure) }
        let replies = Array((source.value ?? .null).elements)
        // A source that is missing or of another type is for the command itself to see, before the destination counts.
        let isSourceThere = (replies.first?.integer ?? 0) > 0
        if let error = destination.error, isSourceThere || error.serverError?.code != "WRONGTYPE" {
            return check(before: error)
        }
        let staged = StagedElement(
            source: self.source, destination: self.destination, path: path,
            sourceExpiry: Expiry(replies.dropFirst()) ?? .never, &privateKeys)
        phase = .staging(staged)
        var words = arguments
        words[2] = staged.stage
        return .send([
            Request(commands: [words] + sourceWait.commands, route: .slot(staged.sourceSlot), isReadonly: false)
        ])
    }

    private mutating func check(before error: RESPValue) -> PlanStep {
        phase = .checkingArguments(otherwise: error)
        let slot = HashSlot(key: source)
        return .send([ArgumentCheck(of: arguments, keys: [1, 2], in: slot, &privateKeys).request])
    }

    // MARK: Staging

    private mutating func hasStaged(_ outcome: RequestOutcome, _ staged: StagedElement) -> PlanStep {
        let (staging, isConfirmed) = sourceWait.unwrap(outcome)
        let checked = staging.expecting(arguments[0].uppercased.text, isReadonly: false) { reply in
            path == .member ? 0...1 ~= reply.amount ?? -1 : reply.kind == .null || reply.string != nil
        }
        switch checked {
        case .failure(let failure):
            return .fail(failure.isUnclear ? .elementStaged(stage: staged.stage, .failure(failure)) : failure)
        case .reply(let value, let node):
            guard !value.isError, value.kind != .null, path != .member || value.amount == 1 else {
                return .finish(Reply(value))
            }
            let element = path == .member ? arguments[3] : value.byteString
            var delivery = ElementDelivery(staged, element, isTakenOver: false, context)
            let request = isConfirmed ? delivery.start : delivery.putBack(because: .unconfirmed, from: node)
            phase = .delivering(delivery, reply: value)
            return .send([request])
        }
    }
}

extension RESPValue {
    /// For an element that went back, since it may be back with a failover anyway.
    fileprivate static let unconfirmed = RESPValue.error("NOREPLICAS no replica confirmed that the element was removed")
}
