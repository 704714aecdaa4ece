import Routing

/// A command on a ``Link`` that has not been answered yet.
struct Entry {
    enum Kind: Equatable {
        /// Of a plan, a question or a pipeline.
        case command
        /// Of a plan that takes a long reply in parts.
        case lengthy
        /// The MULTI of a plan's block: the commands that it protects are not sent until it is accepted.
        case opening
        /// Brings the connection to the state of the session.
        case step(SessionState.Step)
        /// ASKING, READONLY: its reply is of no interest.
        case ignored
        /// CLIENT ID.
        case identity

        var isStep: Bool {
            if case .step = self { true } else { false }
        }

        /// True when nothing may be sent until this has been accepted.
        var isAwaited: Bool {
            switch self {
            case .opening: true
            case .step(let step): step.isAwaited
            case .command, .lengthy, .ignored, .identity: false
            }
        }
    }

    /// The number of a plan's request, or of a pipeline's command; -1 for what the link sends on its own account.
    let sequence: Int
    let place: InputPlace
    /// Bytes of the command as it is sent.
    let length: Int
    /// ``Pipeline/anySlot`` for a command that goes to the session's node whatever its key.
    let slot: Int
    let isReadonly: Bool
    let isScript: Bool
    /// True when it was sent before and came back.
    var isResent = false
    /// True when it was in a queue, so that it comes after later commands on its link.
    var wasQueued = false
    /// Last, so that an entry takes 48 bytes.
    var kind = Kind.command
}

/// A first-in, first-out queue at the cost of an array.
struct Fifo<Element> {
    private var elements: [Element] = []
    private var start = 0

    var isEmpty: Bool { start == elements.count }

    var first: Element? { isEmpty ? nil : elements[start] }

    /// All elements, oldest first.
    var all: ArraySlice<Element> { elements[start...] }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func removeFirst() {
        start += 1
        // On average, each element is moved a third of a time.
        guard start == elements.count || start > 4096 && start > elements.count / 4 * 3 else { return }
        elements.removeFirst(start)
        start = 0
    }

    mutating func removeAll() {
        elements.removeAll()
        start = 0
    }
}
