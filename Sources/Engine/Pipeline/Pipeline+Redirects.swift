import Clock
import Commands
import RESP
import Routing
import Transport

// What comes back with a redirect, and is resent in order.

extension Pipeline {
    /// What to make of an error reply.
    enum Following {
        /// The command's own reply.
        case own
        /// The same, for a command that had already been sent on or retried for as long as there was time.
        case last
        /// The command carries on, or has ended without a reply.
        case followed
    }

    /// Does what an error reply asks for.
    func follow(_ reply: UnsafeRawBufferPointer, _ entry: Entry, _ link: Link) -> Following {
        guard Self.mayBeRedirect(reply),
            let redirect = engine.redirect(ServerError(reply.dropFirst().dropLast(2)), from: link.address)
        else { return .own }
        if redirect == .unauthenticated { link.authenticateAgain() }
        let text = String(decoding: reply.dropFirst().dropLast(2), as: UTF8.self)
        var delivery = delivery(of: entry, at: link.address)
        var decision = decide(.redirected(redirect, from: link.address, text: text), &delivery, entry)
        if decision == .confirm, engine.confirms(redirect, of: HashSlot(entry.slot), by: link.address) {
            let confirmed = Delivery.Event.redirected(redirect, from: link.address, text: text, isConfirmed: true)
            decision = decide(confirmed, &delivery, entry)
        }
        switch decision {
        case .confirm: return .own
        case .reply:
            guard slotQueues[entry.slot] != nil, delivery.backOff.giveUpAt != nil else { return .own }
            // The next command for the slot is tried only once.
            abandonedSlots.insert(entry.slot)
            return .last
        case .fail(let failure):
            let command = Array(command(of: entry, link))
            link.removeFirst(entry)
            slotQueues[entry.slot]?.underWayCount -= 1
            command.withUnsafeBytes { fail(entry, $0, failure) }
        case .send(let isAsking):
            comeBack(entry, link, delivery, asked: isAsking ? redirect.node : nil)
        case .wait: comeBack(entry, link, delivery, asked: nil)
        }
        return .followed
    }

    /// Takes a command off its connection, to be sent from its slot's queue.
    private func comeBack(_ entry: Entry, _ link: Link, _ delivery: Delivery, asked: NodeAddress?) {
        let queue = queue(for: entry.slot, behind: link)
        var waiting = SlotQueue.Waiting(
            entry: entry, command: Array(command(of: entry, link)), delivery: delivery, asked: asked)
        waiting.entry.isResent = true
        link.removeFirst(entry)
        queue.underWayCount -= 1
        if keepsReplies { order[entry.sequence] = .missing(lane: Self.noLane) }
        queue.backOff = delivery.backOff
        queue.comeBack(waiting)
    }

    // MARK: Decisions

    /// What has been decided about a command so far; nothing yet for one that is under way for the first time.
    func delivery(of entry: Entry, at node: NodeAddress) -> Delivery {
        if entry.wasQueued, let delivery = strays.removeValue(forKey: entry.sequence) { return delivery }
        let slot = HashSlot(entry.slot)
        var terms = Delivery.Terms(
            route: slot.map { .slot($0) } ?? .home, isReadonly: entry.isReadonly, isScript: entry.isScript)
        terms.followsRedirects = engine.router.routesCommands
        var delivery = Delivery(terms)
        delivery.hasBegun = entry.sequence == partial?.sequence
        delivery.arrive(at: node, isAtOwner: slot.map { engine.map.owners[$0] != nil } ?? false)
        return delivery
    }

    /// Decides about a command of a slot, whose commands wait together.
    ///
    /// - Parameter isTold: false when the user has already been told.
    func decide(
        _ event: Delivery.Event, _ delivery: inout Delivery, _ entry: Entry, isTold: Bool = true
    ) -> Delivery.Decision {
        if let queue = slotQueues[entry.slot] { delivery.backOff = queue.backOff }
        let retryFor = abandonedSlots.contains(entry.slot) ? 0 : engine.retryFor
        return engine.decide(event, &delivery, retryFor: retryFor, isTold: isTold)
    }

    /// True for the first letters of the codes that `Redirect` knows, so that other errors cost nothing extra.
    private static func mayBeRedirect(_ reply: UnsafeRawBufferPointer) -> Bool {
        switch reply[1] {
        case UInt8(ascii: "M"), UInt8(ascii: "A"), UInt8(ascii: "T"), UInt8(ascii: "C"), UInt8(ascii: "L"),
            UInt8(ascii: "R"), UInt8(ascii: "N"):
            true
        default: false
        }
    }

    /// The queue of a slot; a new one counts what is already under way to the slot's node.
    private func queue(for slot: Int, behind link: Link) -> SlotQueue {
        if let queue = slotQueues[slot] { return queue }
        let queue = SlotQueue(slot: slot)
        queue.underWayCount = link.entries.all.count { $0.slot == slot && $0.kind == .command }
        slotQueues[slot] = queue
        laneOfSlot[slot] = Self.noLane
        return queue
    }

    /// Sends what can proceed from the slot queues.
    func resumeQueues() {
        guard !slotQueues.isEmpty else { return }
        let ready = slotQueues.values.filter { $0.nextStep?.hasPassed ?? false }
        guard !ready.isEmpty else { return }
        if (try? engine.refreshForWaiting()) ?? true { takeOverMap() }
        var isTold = true
        for queue in ready.sorted(by: { $0.slot < $1.slot }) {
            guard let node = owner(of: queue.slot), engine.map.hasFailed(node), queue.waiting.first?.asked == nil else {
                resume(queue)
                continue
            }
            wait(queue, for: node, isTold: isTold)
            isTold = false
        }
    }

    /// Keeps waiting for a new owner of a slot whose owner has failed.
    private func wait(_ queue: SlotQueue, for node: NodeAddress, isTold: Bool) {
        queue.startOver()
        guard let first = queue.waiting.first else { return }
        var delivery = first.delivery
        let event = Delivery.Event.lost(node, reason: Delivery.failedNode, wasOpen: false, mayHaveRun: false)
        if case .wait = decide(event, &delivery, first.entry, isTold: isTold) {
            queue.backOff = delivery.backOff
        } else {
            abandonedSlots.insert(queue.slot)
            end(queue, node) { _ in .retriesExhausted(node, last: Delivery.failedNode) }
        }
    }

    private func resume(_ queue: SlotQueue) {
        let run = queue.takeRun()
        let isOwned = owner(of: queue.slot) != nil
        let owner = laneNumber(of: owner(of: queue.slot) ?? engine.map.home)
        let number = run.first?.asked.map { laneNumber(of: $0) } ?? owner
        for waiting in run {
            if waiting.asked != nil { link(number).sendIgnoringReply(["ASKING"]) }
            if keepsReplies { order[waiting.entry.sequence] = .missing(lane: number) }
            if waiting.entry.isResent { resentCount += 1 }
            var entry = waiting.entry
            entry.wasQueued = true
            var delivery = waiting.delivery
            delivery.arrive(at: lanes[number].address, isAtOwner: number == owner && isOwned || waiting.asked != nil)
            strays[entry.sequence] = delivery
            link(number).append(entry, waiting.command)
        }
        queue.underWayCount = run.count
        if queue.isTried, queue.waiting.isEmpty, number == owner {
            // Everything under way goes to the owner, so what comes next can too.
            slotQueues[queue.slot] = nil
            laneOfSlot[queue.slot] = owner
        }
        if !run.isEmpty { send(number) }
    }

    /// Ends all commands waiting in a queue.
    func end(_ queue: SlotQueue, _ node: NodeAddress, _ failure: (Entry) -> CommandFailure) {
        for waiting in queue.takeAll() {
            waiting.command.withUnsafeBytes { fail(waiting.entry, $0, failure(waiting.entry)) }
        }
        queue.backOff = BackOff()
    }
}
