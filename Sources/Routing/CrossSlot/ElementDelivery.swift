import RESP

/// Takes staged elements to their destination, or back to its source when the destination refuses it.
///
/// 1. Destination: the push and its marker, in one script; a replica has to confirm it, if there is one. Interrupted:
///    the stage holds the element, the marker tells whether the destination has it too.
/// 2. Source's slot: the stage is deleted, which a replica has to confirm as well, or the element is put back by a
///    script. Interrupted: the same, or done.
/// 3. Destination: the marker is deleted, or made to expire. Interrupted: done; ``RecoveryPlan`` lets the marker expire.
///
/// An element is put back only when no delivery can happen any more. After one that was refused for certain, and the
/// only one that was sent, that is so. If another may be under way, sent by this command or by the one that it takes over
/// from, the marker has to be taken by the destination first, with the reason in it.
///
/// The marker stays for ever until it is certain that no stage is left, and it is deleted only when no delivery can be
/// under way and nobody else can deliver. Who takes an element over renames its stage; so when step 2 finds the stage under
/// the name that the command gave it, nobody has and nobody will.
struct ElementDelivery: Sendable {
    enum Step {
        case send(Request)
        case delivered
        /// The element is back; why it was not taken.
        case putBack(RequestOutcome)
        /// The stage still holds the element, or may.
        case kept(CommandFailure.Obstacle)
    }

    private enum Phase {
        case delivering, burying(because: RequestOutcome), puttingBack(because: RequestOutcome), clearing, unmarking
    }

    let staged: StagedElement
    private let elements: [ByteString]
    private let sourceWait: ReplicaWait
    private let destinationWait: ReplicaWait
    private var phase = Phase.delivering
    /// True when a delivery that was sent before may still arrive.
    private var mayArriveLate: Bool
    /// True when the phase's request was sent again because its fate is not known. All may be but the putting back, since
    /// they do nothing the second time.
    private var isSecondTry = false

    /// - Parameters:
    ///   - elements: of the stage.
    ///   - isTakenOver: true when it was another command that staged them.
    init(_ staged: StagedElement, _ elements: [ByteString], isTakenOver: Bool, _ context: CrossSlotContext) {
        self.staged = staged
        self.elements = elements
        mayArriveLate = isTakenOver
        sourceWait = ReplicaWait(in: staged.sourceSlot, context)
        destinationWait = ReplicaWait(in: staged.destinationSlot, context)
    }

    var start: Request { request }

    /// Puts the element back at once, before anything was delivered.
    mutating func putBack(because reason: RESPValue, from node: NodeAddress) -> Request {
        phase = .puttingBack(because: .reply(reason, from: node))
        return request
    }

    mutating func advance(_ outcome: RequestOutcome) -> Step {
        if let failure = outcome.failure, failure.isUnclear, !isSecondTry {
            switch phase {
            case .delivering:
                mayArriveLate = true
                isSecondTry = true
                return .send(request)
            case .burying, .clearing:
                isSecondTry = true
                return .send(request)
            case .puttingBack, .unmarking: break
            }
        }
        let replicaWait: ReplicaWait? =
            switch phase {
            case .delivering, .burying: destinationWait
            case .clearing: sourceWait
            case .puttingBack, .unmarking: nil
            }
        let (reply, isConfirmed) = replicaWait?.unwrap(outcome) ?? (outcome, true)
        let checked = reply.expecting(request.arguments[0].text, isReadonly: false, isExpected)
        switch phase {
        case .delivering: return hasDelivered(checked, isConfirmed)
        case .burying(let reason): return hasBuried(checked, isConfirmed, because: reason)
        case .puttingBack(let reason): return hasPutBack(checked, because: reason)
        case .clearing: return hasCleared(checked, isConfirmed)
        case .unmarking: return .delivered
        }
    }

    /// False for a reply that does not say what was done. It is not known then where the element is.
    private func isExpected(_ reply: RESPValue) -> Bool {
        if case .puttingBack = phase, reply.kind == .null { return true }
        return reply.amount != nil
    }

    private var request: Request {
        switch phase {
        case .delivering: staged.delivery(of: elements, destinationWait)
        case .burying(let reason): staged.burial(because: reason.error?.text ?? "no reply", destinationWait)
        case .puttingBack: staged.putBack(elements)
        case .clearing: staged.removal(sourceWait)
        case .unmarking: mayArriveLate ? staged.markerExpiry : staged.markerRemoval
        }
    }

    private mutating func enter(_ phase: Phase) -> Step {
        self.phase = phase
        isSecondTry = false
        return .send(request)
    }

    private mutating func hasDelivered(_ outcome: RequestOutcome, _ isConfirmed: Bool) -> Step {
        if let failure = outcome.failure, failure.isUnclear { return .kept(.failure(failure)) }
        guard outcome.value == nil else { return isConfirmed ? enter(.clearing) : .kept(.unconfirmed) }
        return enter(mayArriveLate ? .burying(because: outcome) : .puttingBack(because: outcome))
    }

    private mutating func hasBuried(
        _ outcome: RequestOutcome, _ isConfirmed: Bool, because reason: RequestOutcome
    ) -> Step {
        guard let value = outcome.value else { return .kept(.init(outcome)) }
        guard value.amount == 0 else { return enter(.puttingBack(because: reason)) }
        return isConfirmed ? enter(.clearing) : .kept(.unconfirmed)
    }

    private func hasPutBack(_ outcome: RequestOutcome, because reason: RequestOutcome) -> Step {
        guard let value = outcome.value else { return .kept(.init(outcome)) }
        return value.kind == .null ? .kept(.contested) : .putBack(reason)
    }

    private mutating func hasCleared(_ outcome: RequestOutcome, _ isConfirmed: Bool) -> Step {
        guard let value = outcome.value else { return .kept(.init(outcome)) }
        // A stage that comes back with a replica, or that is in other hands, still needs its marker.
        return value.amount == 1 && isConfirmed ? enter(.unmarking) : .delivered
    }
}

extension CommandFailure.Obstacle {
    /// For an outcome that is not good.
    init(_ outcome: RequestOutcome) {
        switch outcome {
        case .reply(let value, _): self = .refused(value.text)
        case .failure(let failure): self = .failure(failure)
        }
    }
}
