package import RESP
package import Routing

/// Where a command is in its input, for messages and for resuming a load later.
package struct InputPlace: Sendable {
    /// The number of its line, from 1; 0 for input without lines.
    package let line: Int
    /// The offset of its first byte.
    package let offset: Int

    package init(line: Int, offset: Int) {
        self.line = line
        self.offset = offset
    }
}

/// The outcome of one command of a pipeline.
package enum PipelineOutcome {
    /// The reply as it arrived. The bytes are valid only while the outcome is being delivered.
    case reply(UnsafeRawBufferPointer, from: NodeAddress)
    /// Elements of a long reply as it arrives, in an aggregate of the same kind.
    case part(RESPValue, isLast: Bool)
    case failure(CommandFailure)
}
