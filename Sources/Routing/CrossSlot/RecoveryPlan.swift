import Commands
package import RESP

/// What `--recover` found out about one key that cross-slot commands have left behind.
package struct RecoveryItem: Sendable {
    package let key: ByteString
    package let state: State

    package enum State: Sendable {
        /// The element that the key held is at its destination.
        case delivered(StagedElement)
        /// The destination refused the element, and it is back at its source.
        case putBack(StagedElement, CommandFailure.Obstacle)
        /// The key still holds the element, or may.
        case kept(CommandFailure.Obstacle)
        /// A copy or a marker, which is only reported: milliseconds until it expires, nil for never.
        case passing(milliseconds: Int?)
    }

    /// True when nothing is left for the user to look at.
    package var isSettled: Bool {
        switch state {
        case .delivered, .passing(.some): true
        case .putBack, .kept, .passing(nil): false
        }
    }
}

/// Looks for what cross-slot commands have left behind, and finishes each element's move exactly once.
///
/// 1. All masters: SCAN for names with the prefix.
/// 2. Every stage is renamed, which only one of several sessions can do; see ``ElementDelivery`` for the reason. A
///    stage that is gone was finished by another session. A replica has to confirm the new name, as it has to confirm
///    the staging of an element; see ``ElementMovePlan``. Keys that are only reported are asked for their time to live;
///    a marker without one, and without a stage, is made to expire. If interrupted: the stage is found again under its
///    new name.
/// 3. Every element is delivered.
package struct RecoveryPlan: Sendable {
    private enum Item: Sendable {
        case staged(StagedElement)
        /// - marking: the element that the key is the marker of.
        case passing(ByteString, marking: StagedElement?)
        /// A marker without an expiry: is there a stage?
        case marker(StagedElement)
        case expiring(StagedElement)
        case delivering(ElementDelivery, Request)
        case done(RecoveryItem)
        /// Another session was faster.
        case gone
    }

    private let context: CrossSlotContext
    private var search: IterationPlan
    private var isSearching = true
    private var found: Set<ByteString> = []
    private var items: [Item] = []

    /// - Parameter nodes: the masters.
    package init(nodes: [Node], _ context: CrossSlotContext) {
        self.context = context
        search = IterationPlan(
            arguments: ["SCAN", "MATCH", context.privateKeys.pattern, "COUNT", "1000"], cursorIndex: 1, nodes: nodes)
    }

    /// What was found, once the plan has finished; in the order of the keys' bytes.
    package var result: [RecoveryItem] {
        items.compactMap { if case .done(let item) = $0 { item } else { nil } }
    }

    package mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        if isSearching {
            switch search.advance(outcomes) {
            case .send(let requests, let keys):
                found.formUnion(keys.map(\.byteString))
                return .send(requests)
            case .finish(_, let keys):
                found.formUnion(keys.map(\.byteString))
                isSearching = false
                sortFound()
            case let step: return step
            }
        } else {
            let asked = items.indices.filter { request(items[$0]) != nil }
            for (index, outcome) in zip(asked, outcomes) { items[index] = advance(items[index], outcome) }
        }
        let requests = items.compactMap(request)
        return requests.isEmpty ? finish() : .send(requests)
    }

    private mutating func sortFound() {
        let staged = Set(found.compactMap { StagedElement(stage: $0, context.privateKeys)?.id })
        items = found.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }.compactMap { key in
            if let element = StagedElement(stage: key, context.privateKeys) { return .staged(element) }
            if let element = StagedElement(marker: key, context.privateKeys) {
                // One with a stage is dealt with when that is finished.
                return staged.contains(element.id) ? nil : .passing(key, marking: element)
            }
            return context.privateKeys.made(key) ? .passing(key, marking: nil) : nil
        }
    }

    // MARK: Finishing

    private func request(_ item: Item) -> Request? {
        switch item {
        case .staged(let element):
            let claimed = element.claimed(by: context.privateKeys.session)
            return Request(
                commands: [
                    ["EXISTS", element.stage], ["RENAME", element.stage, claimed.stage],
                    element.path.elements(of: claimed.stage),
                ] + sourceWait(of: element).commands, route: .slot(element.sourceSlot), isReadonly: false)
        case .passing(let key, _):
            return Request(arguments: ["PTTL", key], route: .slot(HashSlot(key: key)), isReadonly: true)
        case .marker(let element):
            return Request(arguments: ["EXISTS", element.stage], route: .slot(element.sourceSlot), isReadonly: true)
        case .expiring(let element): return element.markerExpiry
        case .delivering(_, let request): return request
        case .done, .gone: return nil
        }
    }

    private func advance(_ item: Item, _ outcome: RequestOutcome) -> Item {
        switch item {
        case .staged(let element): return hasClaimed(element, outcome)
        case .passing(let key, let marked):
            // What the user may not ask for, or what is not answered with a number, is not reported.
            guard let left = outcome.value?.integer, left != -2 else { return .gone }
            if left < 0, let marked { return .marker(marked) }
            return .done(.init(key: key, state: .passing(milliseconds: left < 0 ? nil : left)))
        case .marker(let element):
            // A command still running has its stage.
            guard let count = outcome.value?.amount else {
                return .done(.init(key: element.marker, state: .passing(milliseconds: nil)))
            }
            return count > 0 ? .gone : .expiring(element)
        case .expiring(let element):
            let isExpiring = outcome.value?.amount == 1
            let left = isExpiring ? StagedElement.markerLife * 1000 : nil
            return .done(.init(key: element.marker, state: .passing(milliseconds: left)))
        case .delivering(var delivery, _):
            let key = delivery.staged.stage
            switch delivery.advance(outcome) {
            case .send(let request): return .delivering(delivery, request)
            case .delivered: return .done(.init(key: key, state: .delivered(delivery.staged)))
            case .putBack(let reason): return .done(.init(key: key, state: .putBack(delivery.staged, .init(reason))))
            case .kept(let obstacle): return .done(.init(key: key, state: .kept(obstacle)))
            }
        case .done, .gone: return item
        }
    }

    private func hasClaimed(_ element: StagedElement, _ outcome: RequestOutcome) -> Item {
        // EXISTS, RENAME, the elements, and perhaps WAIT.
        let replicaWait = sourceWait(of: element)
        let outcome = outcome.expecting("RENAME", isReadonly: false) { reply in
            guard let parts = reply.elements(3 + replicaWait.commands.count) else { return false }
            return parts.contains(where: \.isError) || parts[0].amount == 0
                || parts[1].isOK && element.path.elements(in: parts[2]) != nil
        }
        guard case .reply(let value, _) = outcome, !value.isError else {
            return .done(.init(key: element.stage, state: .kept(.init(outcome))))
        }
        let replies = Array(value.elements)
        if replies[0].amount == 0 { return .gone }
        if let error = replies.first(where: \.isError) {
            return .done(.init(key: element.stage, state: .kept(.refused(error.text))))
        }
        guard let elements = element.path.elements(in: replies[2]), !elements.isEmpty else { return .gone }
        guard replicaWait.isGiven(by: replies) else {
            return .done(
                .init(key: element.claimed(by: context.privateKeys.session).stage, state: .kept(.unconfirmed)))
        }
        let delivery = ElementDelivery(
            element.claimed(by: context.privateKeys.session), elements, isTakenOver: true, context)
        return .delivering(delivery, delivery.request)
    }

    private func sourceWait(of element: StagedElement) -> ReplicaWait { ReplicaWait(in: element.sourceSlot, context) }

    private func finish() -> PlanStep {
        let failed = search.failed
        if failed.count == search.places.count, let failure = failed.lazy.compactMap(\.failure).first {
            return .fail(failure)
        }
        let isSettled = failed.isEmpty && result.allSatisfy(\.isSettled)
        return .finish(
            Reply(body: .streamed, outcome: isSettled ? .succeeded : .partial, notes: search.coverage))
    }
}
