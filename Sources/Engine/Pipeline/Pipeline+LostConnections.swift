import Commands
import RESP
import Routing
import Transport

// What becomes of commands whose connection is gone, or which the user gives up.

extension Pipeline {
    /// Takes all commands off a lane whose connection has failed: what may have run ends, the rest is sent again.
    func lose(_ number: Int) {
        let lane = lanes[number]
        takeReplies(number)
        let connection = lane.connection
        let error = connection?.failure ?? .closed
        let refusal = connection?.refusal
        let wasReached = lane.wasReached
        let entries = Array(lane.entries.all)
        let bytes = lane.outgoing.bytes
        let sentCount = lane.sentCount
        var offset = 0
        let earlier = detours
        var touched: [Detour] = []
        var seen: Set<Int> = []
        for entry in entries {
            defer { offset += entry.length }
            if entry.isAsking { continue }
            let command = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + entry.length)])
            earlier[entry.slot]?.underWayCount -= 1
            if let failure = failure(
                of: entry, at: lane.address, error, refusal, mayHaveRun: offset < sentCount, wasReached: wasReached)
            {
                fail(entry, command, failure)
                continue
            }
            let detour = detours[entry.slot] ?? Detour(slot: entry.slot)
            detours[entry.slot] = detour
            laneOfSlot[entry.slot] = Self.noLane
            var waiting = Detour.Waiting(entry: entry, command: Array(command), asked: nil)
            waiting.entry.isResent = true
            if keepsReplies { order[entry.sequence] = .missing(lane: Self.noLane) }
            detour.add(waiting)
            if seen.insert(entry.slot).inserted { touched.append(detour) }
        }
        lane.entries.removeAll()
        lane.outgoing.removeFirst(lane.outgoing.count)
        lane.close()
        engine.map.isStale = engine.map.topology != nil
        for detour in touched {
            // A standalone server that was there is tried once more at once.
            guard engine.map.topology != nil else { continue }
            pause(detour, at: lane.address, because: error.reason, reply: nil)
        }
    }

    /// What a command on a lost connection ends with; nil when it can be sent again.
    private func failure(
        of entry: PipelineEntry, at node: NodeAddress, _ error: TransportError, _ refusal: CommandFailure?,
        mayHaveRun: Bool, wasReached: Bool
    ) -> CommandFailure? {
        if let refusal { return refusal }
        if case .violation(let violation) = error { return .protocolViolation(node, violation) }
        if mayHaveRun, !entry.isReadonly { return .unknownOutcome(node, reason: error.reason) }
        if engine.map.topology != nil, entry.slot != Self.anySlot { return nil }
        // One server alone is not waited for, but tried once more.
        if wasReached, !entry.isResent { return nil }
        return mayHaveRun ? .replyLost(node, reason: error.reason) : .unreachable(node, reason: error.reason)
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
    ///   - reason: of writes that may have been carried out.
    ///   - failure: of the others.
    private func giveUp(reason: String, _ failure: (NodeAddress) -> CommandFailure) {
        for detour in detours.values.sorted(by: { $0.slot < $1.slot }) {
            let node = owner(of: detour.slot) ?? engine.map.home
            end(detour, node) { _ in failure(node) }
        }
        for lane in lanes where !lane.isEmpty {
            let bytes = lane.outgoing.bytes
            var offset = 0
            for entry in Array(lane.entries.all) {
                defer { offset += entry.length }
                if entry.isAsking { continue }
                let command = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + entry.length)])
                let mayHaveRun = offset < lane.sentCount && !entry.isReadonly
                fail(
                    entry, command,
                    mayHaveRun ? .unknownOutcome(lane.address, reason: reason) : failure(lane.address))
            }
            lane.entries.removeAll()
            lane.outgoing.removeFirst(lane.outgoing.count)
            lane.close()
        }
        detours = [:]
        mapRevision = -1
        if keepsReplies { handOver() }
        release()
    }
}
