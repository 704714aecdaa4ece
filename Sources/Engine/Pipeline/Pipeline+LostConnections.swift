import Clock
import Commands
import RESP
import Routing
import Transport

// What happens to commands whose connection is lost, or that the user gives up on.

extension Pipeline {
    /// Why a lane's connection is no longer usable.
    enum Loss {
        case ended
        /// The connection is up, but its node has failed or has lost the slot.
        case replaced
        /// The time for a reply is up.
        case timedOut(Double)
    }

    /// Takes all commands off a lane whose connection has failed: what may have run ends here, the rest is resent.
    func lose(_ number: Int, _ loss: Loss = .ended) {
        if case .ended = loss { takeReplies(number) }
        guard let link = lanes[number].link else { return }
        keepHeld(number, link)
        let error = link.failure ?? .closed
        var isTold = true
        var abandoned: Set<Int> = []
        // The queues as they were before: only they have counted these commands as under way.
        let earlier = slotQueues
        link.takeEntries { entry, command, wasSent in
            guard entry.kind == .command else { return }
            earlier[entry.slot]?.underWayCount -= 1
            var delivery = delivery(of: entry, at: link.address)
            let decision: Delivery.Decision
            if let refusal = link.refusal {
                decision = .fail(refusal)
            } else if let violation = link.violation {
                decision = .fail(violation)
            } else {
                let event: Delivery.Event =
                    switch loss {
                    case .ended:
                        .lost(
                            link.address, reason: error.reason, wasOpen: link.wasOpen, mayHaveRun: wasSent,
                            link.fault)
                    case .replaced: .silent(link.address, mayHaveRun: wasSent)
                    case .timedOut(let seconds): .timedOut(link.address, seconds: seconds, mayHaveRun: wasSent)
                    }
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
        lanes[number].close(by: engine)
        if partial?.lane == number { partial = nil }
        engine.map.isStale = engine.map.topology != nil
        // Commands waiting for a slot whose time is up are not each retried in turn.
        abandonedSlots.formUnion(abandoned)
        for slot in abandoned {
            guard let queue = slotQueues[slot] else { continue }
            end(queue, link.address) { _ in
                .retriesExhausted(link.address, last: error.reason, wasReached: link.wasOpen)
            }
        }
    }

    /// Gives up on nodes that have failed or lost the slot: they owe nothing more.
    func leaveReplaced(_ busy: [Int]) {
        let lookout = engine.lookout
        if !keepsReplies { tellOfSilence(busy) }
        let gone = lookout.leave(busy.compactMap { lanes[$0].link }, answer: lookout.take()) { link in
            let owed = link.entries.all.first { $0.kind == .command }
            let hasLostSlot = owed.map { slotQueues[$0.slot] == nil && owner(of: $0.slot) != link.address } ?? false
            return .init(isDemoted: engine.map.isReplica(link.address), hasLostSlot: hasLostSlot)
        }
        for number in busy where gone.contains(where: { $0 === lanes[number].link }) { lose(number, .replaced) }
    }

    /// A load shows no replies, so the user is told which nodes keep it waiting.
    private func tellOfSilence(_ busy: [Int]) {
        let silent = busy.filter { lanes[$0].link.map { engine.lookout.isSilent($0) } ?? false }
        let nodes = silent.map { lanes[$0].address }
        if !nodes.isEmpty, nodes != silentNodes { engine.onNote(.silent(nodes)) }
        silentNodes = nodes
    }

    /// Copies the replies held in the bytes of a connection that is going away.
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

    /// Ends all commands because replies have stopped coming.
    func giveUpSilent() {
        giveUp(reason: Self.silence) { .unreachable($0, reason: Self.silence) }
    }

    private static let silence = "no reply"

    /// Ends all commands, and the connections that owe replies.
    ///
    /// - Parameters:
    ///   - reason: given for writes that may have been executed.
    ///   - failure: given for the others.
    private func giveUp(reason: String, _ failure: (NodeAddress) -> CommandFailure) {
        for queue in slotQueues.values.sorted(by: { $0.slot < $1.slot }) {
            let node = owner(of: queue.slot) ?? engine.map.home
            end(queue, node) { _ in failure(node) }
        }
        strays = [:]
        for number in lanes.indices where !lanes[number].isEmpty {
            guard let link = lanes[number].link else { continue }
            keepHeld(number, link)
            link.takeEntries { entry, command, wasSent in
                guard entry.kind == .command else { return }
                let mayHaveRun = wasSent && !entry.isReadonly
                fail(
                    entry, command,
                    mayHaveRun ? .unknownOutcome(link.address, reason: reason) : failure(link.address))
            }
            lanes[number].close(by: engine)
        }
        slotQueues = [:]
        partial = nil
        mapRevision = -1
        if keepsReplies { handOver() }
        release()
    }
}
