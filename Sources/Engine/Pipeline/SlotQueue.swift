import Clock
import Routing
import Transport

/// The commands of one slot that cannot simply go to the slot's owner: some came back with a redirect, their node is
/// down, or they wait for such commands to go first. They leave in the order of the input.
///
/// At any time, all of a slot's commands under way are under way to the same node, so commands that a node has refused
/// keep their order when they are sent to another. The first goes alone until the node has executed it: a node that
/// refuses it, because it hears about the slot only a moment later, would execute those after it.
final class SlotQueue {
    struct Waiting {
        var entry: Entry
        /// The command as it is sent.
        let command: [UInt8]
        var delivery: Delivery
        /// The node that an ASK named; nil for the slot's owner.
        var asked: NodeAddress?
    }

    let slot: Int
    /// By sequence.
    private(set) var waiting: [Waiting] = []
    /// Commands of the slot that are under way.
    var underWayCount = 0
    /// Shared by all commands of the slot, which wait for the same thing.
    var backOff = BackOff()
    /// True when a command has succeeded and none has been refused since.
    private(set) var isTried = false

    init(slot: Int) {
        self.slot = slot
    }

    /// When the next step is due; nil while there is none.
    var nextStep: Instant? {
        guard underWayCount == 0, isTried || !waiting.isEmpty else { return nil }
        return backOff.resumeAt ?? .now
    }

    func add(_ element: Waiting) {
        var place = waiting.endIndex
        while place > 0, waiting[place - 1].entry.sequence > element.entry.sequence { place -= 1 }
        waiting.insert(element, at: place)
    }

    /// Takes the first commands that go to the same node: only one while the slot's owner is untried. An ASK holds only
    /// for a moment, so the commands that follow it go together.
    func takeRun() -> [Waiting] {
        guard let first = waiting.first else { return [] }
        let isAlone = !isTried && first.asked == nil
        let end = isAlone ? 1 : waiting.firstIndex { $0.asked != first.asked } ?? waiting.endIndex
        defer { waiting.removeFirst(end) }
        backOff.resume()
        return Array(waiting[..<end])
    }

    func takeAll() -> [Waiting] {
        defer { waiting = [] }
        return waiting
    }

    /// A command of the slot got its reply.
    ///
    /// - Parameter wasQueued: false when it was sent before this queue existed.
    func succeeded(wasQueued: Bool) {
        backOff = BackOff()
        if wasQueued { isTried = true }
    }

    /// A command of the slot came back and has to be resent.
    func comeBack(_ element: Waiting) {
        startOver()
        add(element)
    }

    /// The next command goes alone again.
    func startOver() {
        isTried = false
    }
}
