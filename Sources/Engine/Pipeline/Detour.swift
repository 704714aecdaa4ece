import Routing
import Transport

/// The commands of one slot that cannot simply go to the slot's owner: some came back with a redirect, their node is
/// away, or they wait behind such ones. They leave in the order of the input.
///
/// All commands of a slot that are under way are under way to one node at any time. So those that a node has refused keep
/// their order when they are sent to another. And the first goes alone until the node has carried it out: a node that
/// refuses it, because it is told of the slot a moment later, would carry out those behind it.
final class Detour {
    struct Waiting {
        var entry: PipelineEntry
        /// The command as it is sent.
        let command: [UInt8]
        /// The node that an ASK named; nil for the slot's owner.
        var asked: NodeAddress?
    }

    let slot: Int
    /// By sequence.
    private(set) var waiting: [Waiting] = []
    /// Commands of the slot that are under way.
    var underWayCount = 0
    /// When the next attempt is due; nil for at once.
    var resumeAt: Deadline?
    var giveUpAt: Deadline?
    /// True when a command has succeeded, and none was refused since.
    private(set) var isTried = false
    /// Seconds of the next pause.
    private var pause = 0.05

    init(slot: Int) {
        self.slot = slot
    }

    /// When the next step is due; nil while there is none.
    var nextStep: Deadline? {
        guard underWayCount == 0, isTried || !waiting.isEmpty else { return nil }
        return resumeAt ?? .now
    }

    func add(_ element: Waiting) {
        var place = waiting.endIndex
        while place > 0, waiting[place - 1].entry.sequence > element.entry.sequence { place -= 1 }
        waiting.insert(element, at: place)
    }

    /// Takes the first commands that go to the same node: one, as long as the slot's owner is not tried. What an ASK says
    /// holds for a moment only, so those go together.
    func takeRun() -> [Waiting] {
        guard let first = waiting.first else { return [] }
        let isAlone = !isTried && first.asked == nil
        let end = isAlone ? 1 : waiting.firstIndex { $0.asked != first.asked } ?? waiting.endIndex
        defer { waiting.removeFirst(end) }
        resumeAt = nil
        return Array(waiting[..<end])
    }

    func takeAll() -> [Waiting] {
        defer { waiting = [] }
        return waiting
    }

    /// Waits before the next attempt, the longer the more there were.
    ///
    /// - Parameter seconds: for which is tried again.
    /// - Returns: false when that time is up.
    func retry(for seconds: Double) -> Bool {
        // One pause for all commands that came back together.
        guard resumeAt == nil || resumeAt?.hasPassed == true else { return true }
        let giveUpAt = giveUpAt ?? Deadline(seconds: seconds)
        guard !giveUpAt.hasPassed else { return false }
        self.giveUpAt = giveUpAt
        resumeAt = min(Deadline(seconds: pause), giveUpAt)
        pause = min(pause * 2, 1)
        return true
    }

    /// A command of the slot got its reply.
    ///
    /// - Parameter wasOnDetour: false when it was sent before this detour began.
    func succeeded(wasOnDetour: Bool) {
        giveUpAt = nil
        pause = 0.05
        if wasOnDetour { isTried = true }
    }

    /// A command of the slot came back, and has to be sent again.
    func comeBack(_ element: Waiting) {
        isTried = false
        add(element)
    }
}
