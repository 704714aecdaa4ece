/// What the network did for a command.
package struct NetworkTiming: Equatable, Sendable {
    /// Seconds from when the first byte was ready to be sent to the last reply, over all steps of the plan.
    package var seconds = 0.0
    /// The nodes that replied, each with the seconds from the start of its step to its last reply.
    package var nodes: [NodeAddress: Double] = [:]
    package var redirects = 0

    package init() {}
}
