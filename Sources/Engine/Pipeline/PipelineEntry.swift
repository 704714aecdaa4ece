import RESP
package import Routing

/// Where a command stands in its input, for messages and for a load that goes on later.
package struct InputPlace: Sendable {
    /// The number of its line, from 1; 0 for input that has no lines.
    package let line: Int
    /// The offset of its first byte.
    package let offset: Int

    package init(line: Int, offset: Int) {
        self.line = line
        self.offset = offset
    }
}

/// What became of one command of a pipeline.
package enum PipelineOutcome {
    /// The reply as it came. The bytes are valid while the outcome is handed over.
    case reply(UnsafeRawBufferPointer, from: NodeAddress)
    case failure(CommandFailure)
}

/// A command that was sent, or waits to be sent again.
struct PipelineEntry {
    /// Counts the commands of the pipeline; -1 for an ASKING of the pipeline's own, whose reply is of no interest.
    let sequence: Int
    let place: InputPlace
    /// Bytes of the command as it is sent.
    let length: Int
    /// ``Pipeline/anySlot`` for a command that goes to the session's node whatever its key.
    let slot: Int
    let isReadonly: Bool
    let isScript: Bool
    /// True when it was sent before and has come back.
    var isResent = false
    /// True when it was on a detour, so that it stands behind later commands on its lane.
    var wasOnDetour = false

    var isAsking: Bool { sequence < 0 }
}

/// First in, first out, at the cost of an array.
struct Fifo<Element> {
    private var elements: [Element] = []
    private var start = 0

    var isEmpty: Bool { start == elements.count }

    var count: Int { elements.count - start }

    var first: Element? { isEmpty ? nil : elements[start] }

    /// All elements, oldest first.
    var all: ArraySlice<Element> { elements[start...] }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func removeFirst() {
        start += 1
        guard start == elements.count || start > 4096 && start > elements.count / 2 else { return }
        elements.removeFirst(start)
        start = 0
    }

    mutating func removeAll() {
        elements.removeAll()
        start = 0
    }
}
