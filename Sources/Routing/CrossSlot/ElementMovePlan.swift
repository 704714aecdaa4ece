import Commands
import RESP

/// Moves elements between keys in two slots: RPOPLPUSH, LMOVE, LMOVEM, SMOVE, ZMOVE, ZMOVEMEMBER and those that block.
///
/// 1. Both keys are looked at: size and expiry of the source, type of the destination. Keys that do not exist are
///    deleted, so that a user without that right is refused while nothing has changed; WAIT and EVAL are tried for the
///    same reason.
/// 2. Source's slot: the command itself, with a stage as its destination. That is atomic, decides between rivals, and
///    blocks as the server blocks. A replica has to confirm it, if there is one: without that, a failover would bring
///    the elements back, and they would exist twice. The reply or the arguments say what reached the stage; for the
///    scores of a sorted set, the stage is read. If interrupted: nothing has changed, or the stage holds the elements.
/// 3. The stage is taken to the destination, or back; see ``ElementDelivery``. If interrupted: at every point, the
///    elements are in the stage or in one of the keys, and ``RecoveryPlan`` finishes the move exactly once.
///
/// ZMOVEMEMBER with NX or XX asks the destination in step 1 which members may move, and stages only those; the delivery
/// checks it once more. If it is no longer true, all of them go back, and the plan starts over after a pause.
///
/// Starting at the destination would not do: "add there, remove again if the source did not have it" would remove what
/// a rival has added.
struct ElementMovePlan: SlotPlan {
    private enum Phase {
        /// - requests: to the source, to the destination, and those that test the user's rights at both.
        case looking(requests: [Request])
        /// A server checks the arguments before another error may be the reply.
        case checkingArguments(otherwise: RESPValue)
        case staging(StagedElement)
        case reading(StagedElement, reply: RESPValue, isConfirmed: Bool)
        case delivering(ElementDelivery, reply: RESPValue)
    }

    /// How many attempts there are while the destination keeps changing.
    private static let attempts = 16

    private let arguments: [ByteString]
    private let move: CrossSlot.Move
    private let path: StagedElement.Path
    /// The members that ZMOVEMEMBER names; nil when it does not name them properly.
    private let members: [ByteString]?
    private let context: CrossSlotContext
    private let sourceWait: ReplicaWait
    private let destinationWait: ReplicaWait
    private var privateKeys: PrivateKeys
    private var phase = Phase.looking(requests: [])
    private var attempt = 1

    private var source: ByteString { arguments[1] }
    private var destination: ByteString { arguments[2] }

    init(_ request: Request, _ move: CrossSlot.Move, _ context: CrossSlotContext) {
        arguments = request.arguments
        self.move = move
        var members: [ByteString]? = []
        switch move {
        case .tailToHead: path = .tailToHead
        // Anything other than LEFT and RIGHT is refused before an element moves.
        case .betweenEnds, .severalBetweenEnds:
            path = StagedElement.Path(
                fromHead: arguments[3].matches("LEFT"), toHead: arguments[4].matches("LEFT"),
                inTurn: arguments.dropFirst(5).contains { $0.matches("OBO") })
        case .member: path = .member
        case .scored: path = .scored
        case .scoredMembers:
            path = arguments[3].matches("NX") ? .scoredIfNew : arguments[3].matches("XX") ? .scoredIfKnown : .scored
            let start = path == .scored ? 3 : 4
            let isClear =
                arguments[start].matches("MEMBERS") && arguments[start + 1].integer == arguments.count - start - 2
            members = isClear ? Array(arguments[(start + 2)...]) : nil
        }
        self.members = members
        self.context = context
        privateKeys = context.privateKeys
        sourceWait = ReplicaWait(in: HashSlot(key: arguments[1]), context)
        destinationWait = ReplicaWait(in: HashSlot(key: arguments[2]), context)
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        guard let outcome = outcomes.first else { return look() }
        switch phase {
        case .looking(let requests):
            return hasLooked(zip(requests, outcomes).map { $1.parts(of: $0) })
        case .checkingArguments(let error):
            let outcome = TransactionBlock.onlyOutcome(of: outcome, isReadonly: true)
            if let failure = outcome.failure { return .fail(failure) }
            return .finish(Reply(outcome.error ?? error))
        case .staging(let staged): return hasStaged(outcome, staged)
        case .reading(let staged, let reply, let isConfirmed): return hasRead(outcome, staged, reply, isConfirmed)
        case .delivering(var delivery, let reply):
            let step = delivery.advance(outcome)
            phase = .delivering(delivery, reply: reply)
            switch step {
            case .send(let request): return .send([request])
            case .delivered: return .finish(Reply(reply))
            case .putBack(.reply(let error, _)): return begin(againBecauseOf: error) ?? .finish(Reply(error))
            case .putBack(.failure(let failure)): return .fail(failure)
            case .kept(let obstacle): return .fail(.elementStaged(stage: delivery.staged.stage, obstacle))
            }
        }
    }

    var confirmedSlots: [HashSlot] { [HashSlot(key: source), HashSlot(key: destination)] }

    var outline: PlanOutline {
        let look = path.condition == nil ? "" : ", ZMSCORE"
        let none = path.condition == nil ? "" : "; if no member may go, MULTI, ZMOVEMEMBER, EXEC of such keys"
        let read = isStageRead ? "; \(path.elements(of: "")[0].text) of the temporary key" : ""
        return PlanOutline(
            steps: [
                "\(path.size.text), PEXPIRETIME, PTTL, TIME on the source, EVAL of \(path.size.text)\(look) on the"
                    + " destination, and DEL of keys that do not exist on both nodes\(none)",
                "\(arguments[0].uppercased.text) from the source to a temporary key in the same slot"
                    + sourceWait.outline + read,
                "EVAL on the destination: GET and SET of a marker, \(path.push.text)" + destinationWait.outline
                    + "; if it is refused, EVAL on the source: \(path.putBack.text)",
                "DEL of the temporary key" + sourceWait.outline, "DEL of the marker",
            ], roundTrips: isStageRead ? 6 : 5)
    }

    /// True when neither the reply nor the arguments say everything about what was moved.
    private var isStageRead: Bool { path.size == "ZCARD" }

    // MARK: Looking

    private mutating func look() -> PlanStep {
        guard let members else { return check(before: .unclearMembers) }
        let sourceSlot = HashSlot(key: source), destinationSlot = HashSlot(key: destination)
        let source = Request(
            commands: [[path.size, source]] + Expiry.questions(about: source), route: .slot(sourceSlot),
            isReadonly: true)
        // Asked by a script: a user who may not run one has to be refused before anything moves.
        let type = ["EVAL", "return redis.pcall(ARGV[1], KEYS[1])", "1", destination, path.size]
        let scores = path.condition == nil ? [] : [["ZMSCORE", destination] + members]
        let destination = Request(commands: [type] + scores, route: .slot(destinationSlot), isReadonly: true)
        let probes = [(sourceSlot, sourceWait), (destinationSlot, destinationWait)].map { slot, replicaWait in
            let missing = privateKeys.next("missing", in: slot)
            let reading = isStageRead && slot == sourceSlot ? [path.elements(of: missing)] : []
            return Request(
                commands: [["DEL", missing]] + reading + replicaWait.probe, route: .slot(slot), isReadonly: true)
        }
        let requests = [source, destination] + probes
        phase = .looking(requests: requests)
        return .send(requests)
    }

    /// - Parameter outcomes: the outcomes of each request's commands.
    private mutating func hasLooked(_ outcomes: [[RequestOutcome]]) -> PlanStep {
        let probes = outcomes.dropFirst(2).joined()
        if let failure = probes.lazy.compactMap(\.failure).first { return .fail(failure) }
        if let error = probes.lazy.compactMap(\.error).first { return check(before: error) }
        let destination = outcomes[1][0].expecting("EVAL", isReadonly: true) { $0.amount != nil }
        if let failure = outcomes[0][0].failure ?? destination.failure { return .fail(failure) }
        let replies = outcomes[0].map { $0.value ?? .null }
        // A source that is missing or of another type is left to the command itself, before the destination matters.
        let isSourceThere = (replies.first?.integer ?? 0) > 0
        if let error = destination.error, isSourceThere || error.serverError?.code != "WRONGTYPE" {
            return check(before: error)
        }
        let staged = StagedElement(
            source: self.source, destination: self.destination, path: path,
            sourceExpiry: Expiry(replies.dropFirst()) ?? .never, &privateKeys)
        var words = arguments
        words[2] = staged.stage
        if let members, path.condition != nil, isSourceThere {
            let scores = outcomes[1][outcomes[1].count - 1].expecting("ZMSCORE", isReadonly: true) { reply in
                reply.elements(members.count) != nil
            }
            guard let value = scores.value else {
                return scores.failure.map(PlanStep.fail) ?? check(before: scores.error ?? .null)
            }
            let free = zip(members, value.elements).filter { ($1.kind == .null) == (path == .scoredIfNew) }.map(\.0)
            guard !free.isEmpty else { return check(before: .null) }
            words = [arguments[0], self.source, staged.stage, "MEMBERS", ByteString(String(free.count))] + free
        }
        phase = .staging(staged)
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
        let name = arguments[0].uppercased.text
        switch staging.expecting(name, isReadonly: false, { $0.kind == .null && path != .member || isList($0) }) {
        case .failure(let failure):
            return .fail(failure.isUnclear ? .elementStaged(stage: staged.stage, .failure(failure)) : failure)
        case .reply(let value, let node):
            let elements = value.isError ? [] : elements(movedBy: value)
            guard elements.isEmpty else { return deliver(elements, of: staged, reply: value, from: node, isConfirmed) }
            guard isStageRead, value.kind.isAggregate, value.count > 0 else { return .finish(Reply(value)) }
            phase = .reading(staged, reply: value, isConfirmed: isConfirmed)
            let words = path.elements(of: staged.stage)
            return .send([Request(arguments: words, route: .slot(staged.sourceSlot), isReadonly: true)])
        }
    }

    /// True for a reply that says what was moved.
    private func isList(_ reply: RESPValue) -> Bool {
        switch move {
        case .tailToHead, .betweenEnds: reply.string != nil
        case .severalBetweenEnds: reply.isFlatList
        case .member: 0...1 ~= reply.amount ?? -1
        case .scored, .scoredMembers: reply.kind.isAggregate
        }
    }

    /// The elements that were moved, as far as the reply says.
    private func elements(movedBy reply: RESPValue) -> [ByteString] {
        switch move {
        case .tailToHead, .betweenEnds: reply.string.map { [$0] } ?? []
        case .severalBetweenEnds: reply.elements.map(\.byteString)
        case .member: reply.amount == 1 ? [arguments[3]] : []
        case .scored, .scoredMembers: []
        }
    }

    private mutating func hasRead(
        _ outcome: RequestOutcome, _ staged: StagedElement, _ reply: RESPValue, _ isConfirmed: Bool
    ) -> PlanStep {
        let checked = outcome.expecting(path.elements(of: "")[0].text, isReadonly: true) { reply in
            path.elements(in: reply) != nil
        }
        guard case .reply(let value, let node) = checked, let elements = path.elements(in: value) else {
            return .fail(.elementStaged(stage: staged.stage, .init(checked)))
        }
        // A recovery has taken the stage over, and finishes the move.
        guard !elements.isEmpty else { return .finish(Reply(reply)) }
        return deliver(elements, of: staged, reply: reply, from: node, isConfirmed)
    }

    private mutating func deliver(
        _ elements: [ByteString], of staged: StagedElement, reply: RESPValue, from node: NodeAddress,
        _ isConfirmed: Bool
    ) -> PlanStep {
        var delivery = ElementDelivery(staged, elements, isTakenOver: false, context)
        let request = isConfirmed ? delivery.request : delivery.putBack(because: .unconfirmed, from: node)
        phase = .delivering(delivery, reply: reply)
        return .send([request])
    }

    /// Starts over if the elements are back because the destination had changed. Nil for another error.
    private mutating func begin(againBecauseOf error: RESPValue) -> PlanStep? {
        guard path.condition != nil, error.byteString == StagedElement.changed else { return nil }
        guard attempt < Self.attempts else { return .fail(.contested(last: error.text)) }
        attempt += 1
        return .pause(seconds: Destination.pause)
    }
}

extension RESPValue {
    /// For members that move to another slot in a syntax that is unknown here; the server itself reports what it
    /// considers an error.
    fileprivate static let unclearMembers = RESPValue.error(
        "CROSSSLOT the members of another slot cannot be told: name them as in MEMBERS 2 a b, with NX or XX before that"
    )
    /// For an element that was put back, since a failover might have brought it back as well.
    fileprivate static let unconfirmed = RESPValue.error("NOREPLICAS no replica confirmed that the element was removed")
}
