package import Clock
package import Commands
package import RESP
import Routing
import Transport

/// Sends commands to all nodes without waiting for replies, and delivers the outcome of each.
///
/// Commands of one slot are executed in the order in which they were submitted, even when the slot moves or its master
/// is replaced. Commands of different slots run in no particular order, but their replies can be had in order. Commands
/// not answered yet are kept, so that they can be resent when a redirect, or bytes that were never sent, prove that
/// they did not run; `Redirect` says which replies prove that, as for `Exchange`.
package final class Pipeline {
    /// The slot of a command that always goes to the session's node.
    static let anySlot = HashSlot.count

    private static let largestWindow = 16_384
    private static let smallestWindow = 256
    /// Bytes of commands, or of replies, that may wait here.
    private static let byteLimit = 4 << 20
    /// A lane with this many unsent bytes is flushed at once.
    private static let blockSize = 64 << 10
    /// For a slot that has a queue.
    static let noLane = -1

    /// True when replies are delivered in the order of the commands; otherwise only errors are, as they arrive.
    let keepsReplies: Bool
    /// Asked when a long reply to a read starts to arrive: true when it is wanted in parts.
    let takesParts: () -> Bool
    /// Called with the outcome of a command, its place in the input and, where it failed, the bytes of the command in
    /// RESP, which are valid only during the call.
    let deliver: (PipelineOutcome, InputPlace, _ command: UnsafeRawBufferPointer) -> Void

    let engine: Engine
    private var placements: Placements
    var lanes: [Lane] = []
    private var laneNumbers: [NodeAddress: Int] = [:]
    var laneOfSlot = LaneTable()
    var mapRevision = -1
    var slotQueues: [Int: SlotQueue] = [:]
    /// What has been decided so far about commands that were sent from a queue, by sequence.
    var strays: [Int: Delivery] = [:]
    /// Slots whose retry time is up: until one of their commands succeeds, each is tried only once.
    var abandonedSlots: Set<Int> = []
    var order = ReplyOrder(size: largestWindow)
    /// Commands that have no outcome yet, and their bytes.
    var openCount = 0
    var openByteCount = 0
    /// The silent nodes that the user has been told about.
    var silentNodes: [NodeAddress] = []
    /// The oldest command, whose reply is being given out as it arrives, and its lane.
    var partial: (sequence: Int, lane: Int)?
    /// Average size of a reply in bytes.
    var averageReply = 64

    /// Commands submitted so far; also the sequence of the next one.
    private var submittedCount = 0
    /// Commands that have an outcome.
    package internal(set) var settledCount = 0
    /// Replies that are not errors.
    package internal(set) var succeededCount = 0
    /// Commands that were resent.
    package internal(set) var resentCount = 0

    /// - Parameter runsAlone: true for words that are not server commands, asked without a row, and for a row whose
    ///   reply is looked at as a whole.
    package init(
        _ engine: Engine, keepsReplies: Bool, takesParts: @escaping () -> Bool = { false },
        runsAlone: @escaping (_ words: [ByteString], CommandSpec?) -> Bool = { _, _ in false },
        deliver: @escaping (PipelineOutcome, InputPlace, _ command: UnsafeRawBufferPointer) -> Void
    ) {
        self.engine = engine
        placements = Placements(engine, runsAlone: runsAlone)
        self.keepsReplies = keepsReplies
        self.takesParts = takesParts
        self.deliver = deliver
    }

    // MARK: Commands

    /// True when nothing is under way.
    package var isEmpty: Bool { keepsReplies ? order.count == 0 : openCount == 0 }

    /// How many commands may be under way: few at first, more as replies arrive, fewer when replies are large.
    private var window: Int {
        let byCount = min(Self.largestWindow, Self.smallestWindow + settledCount)
        return keepsReplies ? min(byCount, max(16, Self.byteLimit / max(1, averageReply))) : byCount
    }

    /// True when another command can be submitted.
    package var hasRoom: Bool {
        (keepsReplies ? order.count : openCount) < window && openByteCount < Self.byteLimit
    }

    /// True when enough of the window is free for it to be worth reading on.
    package var isWorthFilling: Bool {
        (keepsReplies ? order.count : openCount) <= window / 2 && openByteCount < Self.byteLimit / 2
    }

    /// True when the servers have more than a millisecond's work.
    package var hasMuchUnderWay: Bool { openCount > Self.largestWindow / 2 }

    /// Makes sure it is known where slots live. False when no node can say: commands then have to go one at a time.
    private func prepare() -> Bool {
        if mapRevision == engine.map.revision { return true }
        if engine.map.isUnknown { engine.ensureTopology() }
        guard !engine.router.routesCommands || !engine.map.isUnknown else { return false }
        takeOverMap()
        return true
    }

    /// Sends a command, while there is room.
    ///
    /// - Parameter words: ranges of `bytes`, at least one.
    /// - Returns: false for one that a plan has to execute, once all before it are done.
    package func submit(_ words: [Range<Int>], of bytes: RawSpan, at place: InputPlace) -> Bool {
        guard prepare(),
            case .slot(let slot, let isReadonly, let isScript) = placements.placement(of: words, in: bytes)
        else { return false }
        submit(words, of: bytes, slot: slot, isReadonly: isReadonly, isScript: isScript, at: place)
        return true
    }

    /// Forgets where commands go, after something that may have changed it.
    package func forgetPlacements() {
        placements.forget()
    }

    /// - Parameter slot: nil for a command of a standalone server that names no key.
    private func submit(
        _ words: [Range<Int>], of bytes: RawSpan, slot: Int?, isReadonly: Bool, isScript: Bool, at place: InputPlace
    ) {
        let slot = engine.router.routesCommands ? slot ?? Self.anySlot : Self.anySlot
        let number = laneOfSlot[slot]
        let sequence = submittedCount
        submittedCount += 1
        if keepsReplies { order.append(place, lane: number) }
        openCount += 1
        guard number != Self.noLane else {
            var queue = ByteQueue()
            let length = queue.append(command: words, of: bytes)
            openByteCount += length
            let entry = Entry(
                sequence: sequence, place: place, length: length, slot: slot, isReadonly: isReadonly, isScript: isScript
            )
            let delivery = delivery(of: entry, at: owner(of: slot) ?? engine.map.home)
            slotQueues[slot]?.add(.init(entry: entry, command: Array(queue.bytes), delivery: delivery))
            return
        }
        let link = link(number)
        let length = link.append(words, of: bytes)
        openByteCount += length
        link.append(
            Entry(
                sequence: sequence, place: place, length: length, slot: slot, isReadonly: isReadonly, isScript: isScript
            ))
        if link.unsentCount >= Self.blockSize { send(number) }
    }

    /// The places in the input of the commands that have no outcome yet.
    package var openPlaces: [InputPlace] {
        var places = slotQueues.values.flatMap { $0.waiting.map(\.entry.place) }
        for lane in lanes { places += lane.commands.map(\.place) }
        return places
    }

    // MARK: Lanes

    func laneNumber(of address: NodeAddress) -> Int {
        if let number = laneNumbers[address] { return number }
        lanes.append(Lane(address))
        laneNumbers[address] = lanes.count - 1
        return lanes.count - 1
    }

    /// The connection of a lane.
    @inline(__always)
    func link(_ number: Int) -> Link { lanes[number].link ?? lanes[number].connect(by: engine) }

    /// Takes over what is known about the slots. A slot whose owner has changed gets a queue until the new owner has
    /// executed a command: the news of it may be early, or long out of date.
    func takeOverMap() {
        mapRevision = engine.map.revision
        let owners = engine.map.owners
        let home = laneNumber(of: engine.map.home)
        // What is sent to a failed node has no known outcome, so its slots wait in their queues for another owner.
        let numbers = owners.owners.map { engine.map.hasFailed($0) ? Self.noLane : laneNumber(of: $0) }
        var changed: [Int] = []
        for slot in 0...Self.anySlot where slotQueues[slot] == nil {
            let owner = slot == Self.anySlot ? nil : owners.place(ofSlot: slot)
            let number = owner.map { numbers[Int($0)] } ?? home
            guard laneOfSlot[slot] != number || number == Self.noLane else { continue }
            if laneOfSlot[slot] != Self.noLane || number == Self.noLane { changed.append(slot) }
            laneOfSlot[slot] = number
        }
        guard !changed.isEmpty else { return }
        var underWay = [Int](repeating: 0, count: Self.anySlot + 1)
        for lane in lanes { for entry in lane.commands { underWay[entry.slot] += 1 } }
        for slot in changed {
            let queue = SlotQueue(slot: slot)
            queue.underWayCount = underWay[slot]
            slotQueues[slot] = queue
            laneOfSlot[slot] = Self.noLane
        }
    }

    func owner(of slot: Int) -> NodeAddress? {
        HashSlot(slot).flatMap { engine.map.owners[$0] }
    }

    func send(_ number: Int) {
        let link = link(number)
        link.flush()
        if !link.isUsable, !engine.lookout.holds(link) { lose(number) }
    }

    /// Gives back all connections when nothing is under way.
    func release() {
        engine.lookout.end()
        for number in lanes.indices { lanes[number].release() }
    }

    // MARK: The loop

    /// Sends what is pending and waits until something has arrived or can proceed.
    ///
    /// - Parameters:
    ///   - input: a descriptor to wait for as well.
    ///   - deadline: when to return at the latest.
    /// - Returns: true when the input can be read.
    package func wait(for input: Int32? = nil, until deadline: Instant = .never) -> Bool {
        let settled = settledCount
        resumeQueues()
        for number in lanes.indices where (lanes[number].link?.unsentCount ?? 0) > 0 { send(number) }
        let busy = lanes.indices.filter { !lanes[$0].isEmpty }
        let links = busy.compactMap { lanes[$0].link }
        let open = links.filter { !engine.lookout.holds($0) }
        let reads = busy.map { mayRead($0) }
        var deadline = deadline
        for queue in slotQueues.values { deadline = min(deadline, queue.nextStep ?? .never) }
        // Commands that were given up above, and a connection that failed at once, are not found by any poll.
        if settledCount > settled || open.contains(where: { !$0.isUsable }) { deadline = .now }
        deadline = min(deadline, engine.lookout.due(for: links), engine.lookout.deadline)
        let inputs = input.map { [Poller.Interest(descriptor: $0)] } ?? []
        if let timeout = engine.replyTimeout {
            for link in links { deadline = min(deadline, link.silentSince?.advanced(by: timeout) ?? .never) }
        }
        let ready = engine.loop.turn(open + engine.lookout.links, also: inputs, until: deadline) {
            link in
            links.firstIndex { $0 === link }.map { reads[$0] } ?? true
        }
        leaveReplaced(busy)
        for number in busy {
            guard let link = lanes[number].link, !engine.lookout.holds(link) else { continue }
            takeReplies(number)
            if !link.isUsable {
                lose(number)
            } else if let timeout = engine.replyTimeout, link.silentSince?.advanced(by: timeout).hasPassed ?? false {
                lose(number, .timedOut(timeout))
            }
        }
        if keepsReplies { repeat { handOver() } while beginParts() }
        if isEmpty { release() }
        return !ready.isEmpty
    }

    /// Waits until every command has its outcome; after Ctrl-C, that may be that it was given up.
    ///
    /// - Parameter timeout: seconds that may pass without any outcome before the rest is given up, instead of the
    ///   engine's reply timeout; nil to use that.
    /// - Returns: false when commands were given up because too much time had passed.
    @discardableResult
    package func drain(timeout: Double? = nil) -> Bool {
        let replyTimeout = engine.replyTimeout
        defer { engine.replyTimeout = replyTimeout }
        if timeout != nil { engine.replyTimeout = nil }
        var last = Instant.now
        var settled = settledCount
        while !isEmpty {
            _ = wait(until: timeout.map { Instant(seconds: $0 - last.secondsAgo) } ?? .never)
            if engine.loop.takeInterrupt() { giveUp() }
            if settledCount > settled {
                settled = settledCount
                last = .now
            } else if let timeout, last.secondsAgo >= timeout {
                if engine.loop.hasBeenInterrupted { giveUp() } else { giveUpSilent() }
                return false
            }
        }
        return true
    }

    /// False while too much is waiting here to be delivered, unless the reply that all wait for comes from this lane.
    private func mayRead(_ number: Int) -> Bool {
        guard keepsReplies, case .missing(let lane) = order[order.head], lane != number, lane != Self.noLane else {
            return true
        }
        return lanes.reduce(0) { $0 + ($1.link?.incoming.count ?? 0) } < Self.byteLimit
    }
}
