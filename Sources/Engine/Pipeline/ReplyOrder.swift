import Routing

/// Which replies have arrived, in the order of the commands: those that are here still wait for an earlier one.
struct ReplyOrder {
    enum State {
        /// No reply yet; the lane the command is on, or -1 while it waits to be sent again.
        case missing(lane: Int)
        /// In a lane's incoming bytes. The offset counts from the first byte the lane ever received.
        case held(lane: Int, offset: Int, length: Int)
        /// Kept in ``kept``.
        case kept
    }

    /// The reply of a command that came by a different way from those around it, or the failure that it ended with.
    enum Kept {
        case reply([UInt8], from: NodeAddress)
        case failure(CommandFailure, command: [UInt8])
    }

    private struct Slot {
        var state = State.missing(lane: -1)
        var place = InputPlace(line: 0, offset: 0)
    }

    /// A command's place in the ring is its sequence modulo the size.
    private var ring: [Slot]
    private var kept: [Int: Kept] = [:]
    /// The sequence of the oldest command whose reply has not been delivered.
    private(set) var head = 0
    /// The sequence of the next command.
    private(set) var next = 0

    /// - Parameter size: how many commands may be under way, a power of two.
    init(size: Int) {
        ring = Array(repeating: Slot(), count: size)
    }

    var count: Int { next - head }

    subscript(sequence: Int) -> State {
        get { ring[sequence & (ring.count - 1)].state }
        set { ring[sequence & (ring.count - 1)].state = newValue }
    }

    var headPlace: InputPlace { ring[head & (ring.count - 1)].place }

    mutating func append(_ place: InputPlace, lane: Int) {
        ring[next & (ring.count - 1)] = Slot(state: .missing(lane: lane), place: place)
        next += 1
    }

    mutating func keep(_ outcome: Kept, for sequence: Int) {
        kept[sequence] = outcome
        self[sequence] = .kept
    }

    /// Keeps the replies that are held in a lane's bytes.
    mutating func keepHeld(of lane: Int, _ reply: (_ offset: Int, _ length: Int) -> Kept) {
        for sequence in head..<next {
            guard case .held(lane, let offset, let length) = self[sequence] else { continue }
            keep(reply(offset, length), for: sequence)
        }
    }

    mutating func takeKept() -> Kept? { kept.removeValue(forKey: head) }

    mutating func advance() {
        head += 1
    }
}
