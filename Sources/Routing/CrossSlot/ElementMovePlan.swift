import Commands
import RESP

/// Moves one element between keys of two slots: RPOPLPUSH, LMOVE, SMOVE and the blocking BRPOPLPUSH and BLMOVE.
///
/// 1. Both keys are looked at: size and expiry of the source, type of the destination. Nothing changes.
/// 2. Source's slot: the command itself, with a stage in place of the destination. That is atomic, decides between
///    rivals, and blocks as the server blocks. Interrupted: nothing has changed, or the stage holds the element.
/// 3. The stage is taken to the destination, or back; see ``ElementDelivery``. Interrupted: at every point the element is
///    in the stage or in one of the keys, and ``RecoveryPlan`` finishes the move exactly once.
///
/// The source cannot be what the element goes through at the destination: "add there, take back if the source did not
/// have it" would take back what a rival has added.
struct ElementMovePlan: SlotPlan {
    private enum Phase {
        case looking
        /// A server checks the arguments before the destination's error may be the reply.
        case checkingArguments(destination: RESPValue)
        case staging(StagedElement)
        case delivering(ElementDelivery, reply: RESPValue)
    }

    private let arguments: [ByteString]
    private let path: StagedElement.Path
    private let context: CrossSlotContext
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

    var outline: PlanOutline {
        let replicaWait = ReplicaWait(in: HashSlot(key: destination), context)
        return PlanOutline(
            steps: [
                "\(path.size.text) of both keys, PEXPIRETIME of the source",
                "\(arguments[0].uppercased.text) from the source to a temporary key in the same slot",
                "\(path.push.text) to the destination, with a marker that it is done" + replicaWait.outline,
                "DEL of the temporary key", "DEL of the marker",
            ], roundTrips: 5)
    }

    // MARK: Looking

    private func look() -> PlanStep {
        let source = Request(
            commands: [[path.size, source]] + Expiry.questions(about: source), route: .slot(HashSlot(key: source)),
            isReadonly: true)
        // Asked by a script: a user who may run none has to be refused before anything moves.
        let destination = Request(
            arguments: ["EVAL", "return redis.pcall(ARGV[1], KEYS[1])", "1", destination, path.size],
            route: .slot(HashSlot(key: destination)), isReadonly: true)
        return .send([source, destination])
    }

    private mutating func hasLooked(_ outcomes: [RequestOutcome]) -> PlanStep {
        let questions = 1 + Expiry.questions(about: source).count
        let source = outcomes[0].expecting(path.size.text, isReadonly: true) { $0.elements(questions) != nil }
        let destination = outcomes[1].expecting("EVAL", isReadonly: true) { $0.amount != nil }
        if let failure = source.failure ?? destination.failure { return .fail(failure) }
        let replies = Array((source.value ?? .null).elements)
        // A source that is missing or of another type is for the command itself to see, before the destination counts.
        let isSourceThere = (replies.first?.integer ?? 0) > 0
        if let error = destination.error, isSourceThere || error.serverError?.code != "WRONGTYPE" {
            phase = .checkingArguments(destination: error)
            let slot = HashSlot(key: self.source)
            return .send([ArgumentCheck(of: arguments, keys: [1, 2], in: slot, &privateKeys).request])
        }
        let staged = StagedElement(
            source: self.source, destination: self.destination, path: path,
            sourceExpiry: Expiry(replies.dropFirst()) ?? .never, &privateKeys)
        phase = .staging(staged)
        var words = arguments
        words[2] = staged.stage
        return .send([Request(arguments: words, route: .slot(staged.sourceSlot), isReadonly: false)])
    }

    // MARK: Staging

    private mutating func hasStaged(_ outcome: RequestOutcome, _ staged: StagedElement) -> PlanStep {
        let checked = outcome.expecting(arguments[0].uppercased.text, isReadonly: false) { reply in
            path == .member ? 0...1 ~= reply.amount ?? -1 : reply.kind == .null || reply.string != nil
        }
        switch checked {
        case .failure(let failure):
            return .fail(failure.isUnclear ? .elementStaged(stage: staged.stage, .failure(failure)) : failure)
        case .reply(let value, _):
            guard !value.isError, value.kind != .null, path != .member || value.amount == 1 else {
                return .finish(Reply(value))
            }
            let element = path == .member ? arguments[3] : value.byteString
            let delivery = ElementDelivery(staged, element, isTakenOver: false, context)
            phase = .delivering(delivery, reply: value)
            return .send([delivery.start])
        }
    }
}
