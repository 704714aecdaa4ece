import Commands
import RESP
import Routing
import Transport

// What comes back with a redirect, and goes out again in order.

extension Pipeline {
    /// Seconds between two looks at the topology.
    private static let refreshInterval = 0.5

    /// Follows what an error reply asks for. False when it is the command's own reply.
    func follow(_ reply: UnsafeRawBufferPointer, _ entry: PipelineEntry, _ lane: Lane) -> Bool {
        guard !engine.router.isDirect, entry.slot != Self.anySlot, Self.mayBeRedirect(reply),
            let redirect = Redirect(ServerError(reply.dropFirst().dropLast(2)), askedHost: lane.address.host)
        else { return false }
        if entry.isScript, !engine.confirms(redirect, of: HashSlot(entry.slot), by: lane.address) { return false }
        switch redirect {
        case .moved, .ask, .demoted:
            // One server alone has nowhere to send a command.
            if engine.map.isStandalone { return false }
        case .tryAgain, .unavailable: break
        }
        let detour = detour(for: entry.slot, behind: lane)
        var waiting = Detour.Waiting(entry: entry, command: Array(command(of: entry, lane)), asked: nil)
        lane.removeFirst(entry)
        detour.underWayCount -= 1
        waiting.entry.isResent = true
        if keepsReplies { order[entry.sequence] = .missing(lane: Self.noLane) }
        switch redirect {
        case .moved(let slot, let owner):
            engine.map.owners.patch(slot, to: owner)
            engine.map.isStale = true
            engine.onNote(.redirected(slot, owner))
            waiting.entry.hops += 1
        case .ask(let slot, let node):
            engine.onNote(.redirected(slot, node))
            waiting.asked = node
            waiting.entry.hops += 1
        case .tryAgain, .unavailable, .demoted:
            if redirect != .tryAgain { engine.map.isStale = true }
            let text = String(decoding: reply.dropFirst().dropLast(2), as: UTF8.self)
            waiting.entry.hops = 0
            detour.comeBack(waiting)
            pause(detour, at: lane.address, because: text, reply: reply)
            return true
        }
        guard waiting.entry.hops <= Redirect.maximumHops else {
            waiting.command.withUnsafeBytes { fail(waiting.entry, $0, .redirectLoop(lane.address)) }
            return true
        }
        detour.comeBack(waiting)
        return true
    }

    /// True for the first letters of the codes that `Redirect` knows, so that other errors cost nothing more.
    private static func mayBeRedirect(_ reply: UnsafeRawBufferPointer) -> Bool {
        switch reply[1] {
        case UInt8(ascii: "M"), UInt8(ascii: "A"), UInt8(ascii: "T"), UInt8(ascii: "C"), UInt8(ascii: "L"),
            UInt8(ascii: "R"):
            true
        default: false
        }
    }

    /// The detour of a slot; a new one knows what is under way to the slot's node.
    private func detour(for slot: Int, behind lane: Lane) -> Detour {
        if let detour = detours[slot] { return detour }
        let detour = Detour(slot: slot)
        detour.underWayCount = lane.entries.all.count { $0.slot == slot && !$0.isAsking }
        detours[slot] = detour
        laneOfSlot[slot] = Self.noLane
        return detour
    }

    /// Sends what can go on from detours.
    func resumeDetours() {
        guard !detours.isEmpty else { return }
        let ready = detours.values.filter { $0.nextStep?.hasPassed ?? false }
        guard !ready.isEmpty else { return }
        if engine.map.isStale, nextRefresh.hasPassed {
            nextRefresh = Deadline(seconds: Self.refreshInterval)
            engine.refreshTopology()
            takeOverMap()
        }
        for detour in ready.sorted(by: { $0.slot < $1.slot }) { resume(detour) }
    }

    private func resume(_ detour: Detour) {
        let run = detour.takeRun()
        let owner = laneNumber(of: owner(of: detour.slot) ?? engine.map.home)
        let number = run.first?.asked.map { laneNumber(of: $0) } ?? owner
        for waiting in run {
            if waiting.asked != nil { lanes[number].append(Self.asking, Self.askingCommand) }
            if keepsReplies { order[waiting.entry.sequence] = .missing(lane: number) }
            if waiting.entry.isResent { resentCount += 1 }
            var entry = waiting.entry
            entry.wasOnDetour = true
            lanes[number].append(entry, waiting.command)
        }
        detour.underWayCount = run.count
        if detour.isTried, detour.waiting.isEmpty, number == owner {
            // All that is under way goes to the owner, and so can what comes next.
            detours[detour.slot] = nil
            laneOfSlot[detour.slot] = owner
        }
        if !run.isEmpty { send(number) }
    }

    private static let askingCommand: [UInt8] = {
        var bytes: [UInt8] = []
        RESPEncoder.append(["ASKING"], to: &bytes)
        return bytes
    }()

    private static let asking = PipelineEntry(
        sequence: -1, place: InputPlace(line: 0, offset: 0), length: askingCommand.count, slot: anySlot,
        isReadonly: true,
        isScript: false)

    /// Waits before the slot's commands are sent again; when the time for that is up, they end.
    func pause(_ detour: Detour, at node: NodeAddress, because reason: String, reply: UnsafeRawBufferPointer?) {
        let seconds = abandonedSlots.contains(detour.slot) ? 0 : engine.retryFor
        if detour.retry(for: seconds) {
            let left = detour.giveUpAt?.secondsLeft.rounded(.up) ?? 0
            engine.onNote(.waiting(node, reason: reason, secondsLeft: Int(left)))
            return
        }
        abandonedSlots.insert(detour.slot)
        end(detour, node) { _ in .retriesExhausted(node, last: reason) }
    }

    /// Ends all commands that wait on a detour.
    func end(_ detour: Detour, _ node: NodeAddress, _ failure: (PipelineEntry) -> CommandFailure) {
        for waiting in detour.takeAll() {
            waiting.command.withUnsafeBytes { fail(waiting.entry, $0, failure(waiting.entry)) }
        }
        detour.giveUpAt = nil
        detour.resumeAt = nil
    }
}
