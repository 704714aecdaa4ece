package import RESP
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
    /// Elements of a long reply, as an aggregate of its kind, while it comes.
    case part(RESPValue, isLast: Bool)
    case failure(CommandFailure)
}
