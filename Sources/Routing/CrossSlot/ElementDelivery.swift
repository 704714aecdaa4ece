import RESP

/// Takes staged elements to their destination, or back to their source if the destination refuses them.
///
/// 1. Destination: the push and its marker, in one script; a replica has to confirm it, if there is one. If
///    interrupted: the stage holds the element, and the marker says whether the destination has it as well.
/// 2. Source's slot: the stage is deleted, which a replica has to confirm as well, or a script puts the element back.
///    If interrupted: the same, or done.
/// 3. Destination: the marker is deleted, or made to expire. If interrupted: done; ``RecoveryPlan`` makes the marker
///    expire.
///
/// An element is put back only when it can no longer be delivered. That is the case after a delivery that was certainly
/// refused, if it was the only one sent. If another may be in flight, sent by this command or by the one that it takes
/// over from, the destination first has to accept the marker, with the reason in it.
///
/// The marker does not expire until it is certain that no stage is left, and it is deleted only when no delivery can be
/// in flight and no other session can deliver. A session that takes an element over renames its stage; so if step 2
/// finds the stage under the name that the command gave it, none has taken it over and none will.
struct ElementDelivery: Sendable {
    enum Step {
        case send(Request)
        case delivered
        /// The element is back; why it was not accepted.
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
    /// True when a delivery sent earlier may still arrive.
    private var mayArriveLate: Bool
    /// True when the phase's request was sent again because its fate is unknown. All but putting back may be, since
    /// they do nothing the second time.
    private var isSecondTry = false

    /// - Parameters:
    ///   - elements: the stage's elements.
    ///   - isTakenOver: true when another command staged them.
    init(_ staged: StagedElement, _ elements: [ByteString], isTakenOver: Bool, _ context: CrossSlotContext) {
        self.staged = staged
        self.elements = elements
        mayArriveLate = isTakenOver
        sourceWait = ReplicaWait(in: staged.sourceSlot, context)
        destinationWait = ReplicaWait(in: staged.destinationSlot, context)
    }

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

    /// False for a reply that does not say what was done. It is then unknown where the element is.
    private func isExpected(_ reply: RESPValue) -> Bool {
        if case .puttingBack = phase, reply.kind == .null { return true }
        return reply.amount != nil
    }

    /// What to send next.
    var request: Request {
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
        // A stage that a failover may bring back, or that another session holds, still needs its marker.
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
