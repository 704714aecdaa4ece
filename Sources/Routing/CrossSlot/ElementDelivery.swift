import RESP

/// Takes a staged element to its destination, or back to its source when the destination refuses it.
///
/// 1. Destination: the push and its marker, in one script; a replica has to confirm it, if there is one. Interrupted:
///    the stage holds the element, the marker tells whether the destination has it too.
/// 2. Source's slot: the stage is deleted, or the element is put back by a script. Interrupted: the same, or done.
/// 3. Destination: the marker is deleted. Interrupted: done; the marker expires.
///
/// A marker may only go when nobody else can deliver the element. Who takes an element over renames its stage; so when
/// step 2 finds the stage under the name that the command gave it, nobody has and nobody will.
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
        case delivering, puttingBack(because: RequestOutcome), clearing, unmarking
    }

    let staged: StagedElement
    private let element: ByteString
    private let replicaWait: ReplicaWait
    private let isTakenOver: Bool
    private var phase = Phase.delivering
    /// True when the phase's request was sent again because its fate is not known. The push and the deletion of the stage
    /// may be, since they do nothing the second time.
    private var isSecondTry = false

    /// - Parameter isTakenOver: true when it was another command that staged the element.
    init(_ staged: StagedElement, _ element: ByteString, isTakenOver: Bool, _ context: CrossSlotContext) {
        self.staged = staged
        self.element = element
        self.isTakenOver = isTakenOver
        replicaWait = ReplicaWait(in: staged.destinationSlot, context)
    }

    var start: Request { staged.delivery(of: element, replicaWait) }

    mutating func advance(_ outcome: RequestOutcome) -> Step {
        if let failure = outcome.failure, failure.isUnclear, !isSecondTry {
            switch phase {
            case .delivering, .clearing:
                isSecondTry = true
                return .send(request)
            case .puttingBack, .unmarking: break
            }
        }
        let outcome = outcome.expecting(request.arguments[0].text, isReadonly: false, isExpected)
        switch phase {
        case .delivering: return hasDelivered(outcome)
        case .puttingBack(let reason): return hasPutBack(outcome, because: reason)
        case .clearing: return hasCleared(outcome)
        case .unmarking: return .delivered
        }
    }

    /// False for a reply that does not say what was done. It is not known then where the element is.
    private func isExpected(_ reply: RESPValue) -> Bool {
        switch phase {
        case .delivering:
            guard let first = replicaWait.commands.isEmpty ? reply : Array(reply.elements).first else { return false }
            return first.isError || first.amount != nil
        case .puttingBack: return reply.kind == .null || reply.amount != nil
        case .clearing, .unmarking: return reply.amount != nil
        }
    }

    private var request: Request {
        switch phase {
        case .delivering: start
        case .puttingBack: staged.putBack(element)
        case .clearing: staged.removal
        case .unmarking: staged.markerRemoval
        }
    }

    private mutating func enter(_ phase: Phase) -> Step {
        self.phase = phase
        isSecondTry = false
        return .send(request)
    }

    private mutating func hasDelivered(_ outcome: RequestOutcome) -> Step {
        switch outcome {
        case .failure(let failure):
            return isSecondTry || failure.isUnclear ? .kept(.failure(failure)) : enter(.puttingBack(because: outcome))
        case .reply(let value, let node):
            let replies = value.kind == .array ? Array(value.elements) : [value]
            if let error = replies.first, error.isError {
                // After a first try that may have worked, an error does not say that nothing was done.
                return isSecondTry
                    ? .kept(.refused(error.text)) : enter(.puttingBack(because: .reply(error, from: node)))
            }
            return replicaWait.isGiven(by: replies) ? enter(.clearing) : .kept(.unconfirmed)
        }
    }

    private func hasPutBack(_ outcome: RequestOutcome, because reason: RequestOutcome) -> Step {
        switch outcome {
        case .failure(let failure): .kept(.failure(failure))
        case .reply(let value, _) where value.isError: .kept(.refused(value.text))
        case .reply(let value, _): value.kind == .null ? .kept(.contested) : .putBack(reason)
        }
    }

    private mutating func hasCleared(_ outcome: RequestOutcome) -> Step {
        switch outcome {
        case .failure(let failure): .kept(.failure(failure))
        case .reply(let value, _) where value.isError: .kept(.refused(value.text))
        case .reply(let value, _): value.integer == 1 && !isTakenOver ? enter(.unmarking) : .delivered
        }
    }
}
