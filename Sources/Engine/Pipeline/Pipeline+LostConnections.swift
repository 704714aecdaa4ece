import Clock
import Commands
import RESP
import Routing
import Transport

// What becomes of commands whose connection is gone, or which the user gives up.

extension Pipeline {
    /// Takes all commands off a lane whose connection has failed: what may have run ends, the rest is sent again.
    ///
    /// - Parameter isSilent: true when the connection stands, but owes nothing any more.
    func lose(_ number: Int, isSilent: Bool = false) {
        let lane = lanes[number]
        takeReplies(number)
        guard let link = lane.link else { return }
        keepHeld(number, link)
        let error = link.failure ?? .closed
        var isTold = true
        var abandoned: Set<Int> = []
        // Those that were under way in the queues of slots before; what comes back now goes to their ends.
        let earlier = slotQueues
        link.takeEntries { entry, command, wasSent in
            guard entry.kind == .command else { return }
            earlier[entry.slot]?.underWayCount -= 1
            var delivery = delivery(of: entry, at: lane.address)
            let decision: Delivery.Decision
            if let refusal = link.refusal {
                decision = .fail(refusal)
            } else if case .violation(let violation) = error {
                decision = .fail(.protocolViolation(lane.address, violation))
            } else {
                let event =
                    isSilent
                    ? Delivery.Event.silent(lane.address, mayHaveRun: wasSent)
                    : .lost(lane.address, reason: error.reason, wasOpen: link.wasOpen, mayHaveRun: wasSent)
                decision = decide(event, &delivery, entry, isTold: isTold)
            }
            switch decision {
            case .fail(let failure):
                fail(entry, command, failure)
                if case .retriesExhausted = failure { abandoned.insert(entry.slot) }
            case .send, .wait:
                if case .wait = decision { isTold = false }
                let queue = slotQueues[entry.slot] ?? SlotQueue(slot: entry.slot)
                slotQueues[entry.slot] = queue
                laneOfSlot[entry.slot] = Self.noLane
                var waiting = SlotQueue.Waiting(entry: entry, command: Array(command), delivery: delivery, asked: nil)
                waiting.entry.isResent = true
                if keepsReplies { order[entry.sequence] = .missing(lane: Self.noLane) }
                queue.backOff = delivery.backOff
                queue.add(waiting)
            case .reply, .confirm: break
            }
        }
        lane.close()
        engine.map.isStale = engine.map.topology != nil
        // What waits for a slot whose time is up does not try again, one after the other.
        abandonedSlots.formUnion(abandoned)
        for slot in abandoned {
            guard let queue = slotQueues[slot] else { continue }
            end(queue, lane.address) { _ in .retriesExhausted(lane.address, last: error.reason) }
        }
    }

    /// When to ask another node about those that have owed replies for too long.
    var nextLook: Instant {
        guard engine.map.topology != nil, let since = lanes.compactMap({ $0.link?.silentSince }).min() else {
            return .never
        }
        return engine.lookout.due(from: since.advanced(by: engine.patience))
    }

    /// Asks it, and leaves the nodes that have failed or have lost the slot of what they owe.
    func lookForSilent() {
        let lookout = engine.lookout
        let answer = lookout.take()
        let silent = lanes.indices.filter { number in
            lanes[number].link?.silentSince?.advanced(by: engine.patience).hasPassed ?? false
        }
        guard !silent.isEmpty, engine.map.topology != nil else { return }
        if answer == true {
            for number in silent {
                let node = lanes[number].address
                let hasFailed = engine.map.topology?.node(at: node)?.isHealthy == false
                let owed = lanes[number].commands.first { _ in true }
                let hasLostSlot = owed.map { slotQueues[$0.slot] == nil && owner(of: $0.slot) != node } ?? false
                if hasFailed || lookout.confirms(hasLostSlot, of: node) { lose(number, isSilent: true) }
            }
        }
        lookout.look(avoiding: silent.map { lanes[$0].address })
    }

    /// Copies the replies that wait in the bytes of a connection which goes away.
    private func keepHeld(_ number: Int, _ link: Link) {
        guard lanes[number].heldCount > 0 else { return }
        lanes[number].heldCount = 0
        order.keepHeld(of: number) { offset, length in
            let start = offset - link.incoming.droppedCount
            return .reply(Array(link.incoming.bytes[start..<(start + length)]), from: link.address)
        }
    }

    /// Ctrl-C: ends all commands.
    package func giveUp() {
        giveUp(reason: "interrupted") { _ in .interrupted }
    }

    /// Ends all commands because no reply comes any more.
    func giveUpSilent() {
        giveUp(reason: Self.silence) { .unreachable($0, reason: Self.silence) }
    }

    private static let silence = "no reply"

    /// Ends all commands, and the connections that owe replies.
    ///
    /// - Parameters:
    ///   - reason: of writes that may have been executed.
    ///   - failure: of the others.
    private func giveUp(reason: String, _ failure: (NodeAddress) -> CommandFailure) {
        for queue in slotQueues.values.sorted(by: { $0.slot < $1.slot }) {
            let node = owner(of: queue.slot) ?? engine.map.home
            end(queue, node) { _ in failure(node) }
        }
        strays = [:]
        for number in lanes.indices where !lanes[number].isEmpty {
            let lane = lanes[number]
            guard let link = lane.link else { continue }
            keepHeld(number, link)
            link.takeEntries { entry, command, wasSent in
                guard entry.kind == .command else { return }
                let mayHaveRun = wasSent && !entry.isReadonly
                fail(
                    entry, command,
                    mayHaveRun ? .unknownOutcome(lane.address, reason: reason) : failure(lane.address))
            }
            lane.close()
        }
        slotQueues = [:]
        mapRevision = -1
        if keepsReplies { handOver() }
        release()
    }
}
