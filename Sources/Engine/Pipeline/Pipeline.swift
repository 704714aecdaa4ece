package import Clock
package import Commands
package import RESP
import Routing
import Transport

/// Sends commands to all nodes without waiting for replies, and hands over what became of each.
///
/// Commands of one slot are executed in the order in which they were submitted, also when the slot moves or its master
/// is replaced. Those of different slots are not held to any order, but their replies can be had in it. What is not
/// answered yet is kept, so that a command can be sent again when a redirect, or bytes that never went out, prove that
/// it did not run; `Redirect` says which replies prove that, as for `Exchange`.
package final class Pipeline {
    /// The slot of a command that goes to the session's node, come what may.
    static let anySlot = HashSlot.count

    private static let largestWindow = 16_384
    private static let smallestWindow = 256
    /// Bytes of commands, or of replies, that may wait here.
    private static let byteLimit = 4 << 20
    /// A lane is written to at once when it has as much.
    private static let blockSize = 64 << 10
    /// For a slot with a queue of its own.
    static let noLane = -1

    /// True when replies are handed over in the order of the commands; else only errors are, as they come.
    let keepsReplies: Bool
    /// Asked when a long reply to a read is begun: true when it is wanted while it comes.
    let takesParts: () -> Bool
    /// Called with what became of a command: its place in the input, and the bytes of the command where it failed, in
    /// RESP. Those are valid during the call only.
    let deliver: (PipelineOutcome, InputPlace, _ command: UnsafeRawBufferPointer) -> Void

    let engine: Engine
    private var placements: Placements
    var lanes: [Lane] = []
    private var laneNumbers: [NodeAddress: Int] = [:]
    var laneOfSlot = LaneTable()
    var mapRevision = -1
    var slotQueues: [Int: SlotQueue] = [:]
    /// What was decided so far about commands that were sent from a queue, by their sequence.
    var strays: [Int: Delivery] = [:]
    /// Slots whose retry time was up, until a command of theirs succeeds: what comes then is tried once.
    var abandonedSlots: Set<Int> = []
    var order = ReplyOrder(size: largestWindow)
    /// Commands that have no outcome yet, and their bytes.
    var openCount = 0
    var openByteCount = 0
    /// Of which the user was told.
    var silentNodes: [NodeAddress] = []
    /// The command whose reply goes out while it comes: the oldest, and its lane.
    var partial: (sequence: Int, lane: Int)?
    /// Bytes of a reply, on average.
    var averageReply = 64

    /// Commands that were submitted: the sequence of the next one.
    private var submittedCount = 0
    /// Commands that have an outcome.
    package internal(set) var settledCount = 0
    /// Replies that are no errors.
    package internal(set) var succeededCount = 0
    /// Commands that were sent again.
    package internal(set) var resentCount = 0

    /// - Parameter runsAlone: true for words that are no command of a server's, asked without a row, and for a row whose
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

    /// How many commands may be under way: few at first, more as replies come, fewer when replies are large.
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

    /// True when the servers have work for longer than a millisecond.
    package var hasMuchUnderWay: Bool { openCount > Self.largestWindow / 2 }

    /// Makes sure it is known where slots live. False when nobody can tell: commands have to go one at a time then.
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

    /// Forgets where commands go, after what may have changed it.
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

    /// Where the commands stand that have no outcome yet.
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

    /// Takes over what is known of the slots. A slot that has another owner than before has a queue until that owner has
    /// executed a command: it may be known too early, or from long ago.
    func takeOverMap() {
        mapRevision = engine.map.revision
        let owners = engine.map.owners
        let home = laneNumber(of: engine.map.home)
        // What a failed node gets has no known outcome, so its slots wait in their queues for another owner.
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

    /// Gives all connections back, when nothing is under way.
    func release() {
        engine.lookout.end()
        for number in lanes.indices { lanes[number].release() }
    }

    // MARK: The loop

    /// Sends what is there and waits until something has come, or can go on.
    ///
    /// - Parameters:
    ///   - input: a descriptor to wait for as well.
    ///   - deadline: when to come back in any case.
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
        // Commands that were given up above, and a connection that failed at once, are found by no poll.
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

    /// Waits until every command has its outcome; after Ctrl-C that may be that it was given up.
    ///
    /// - Parameter timeout: seconds that may pass without any outcome before the rest is given up, in place of the engine's
    ///   reply timeout; nil for that.
    /// - Returns: false when it was given up because too much time had passed.
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
                giveUpSilent()
                return false
            }
        }
        return true
    }

    /// False while too much waits here to be handed over, unless the reply that all wait for comes this way.
    private func mayRead(_ number: Int) -> Bool {
        guard keepsReplies, case .missing(let lane) = order[order.head], lane != number, lane != Self.noLane else {
            return true
        }
        return lanes.reduce(0) { $0 + ($1.link?.incoming.count ?? 0) } < Self.byteLimit
    }
}
