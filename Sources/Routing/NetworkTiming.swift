/// What the network did for a command.
package struct NetworkTiming: Equatable, Sendable {
    /// Seconds from the first byte that was to go out to the last reply, of all the steps of its plan.
    package var seconds = 0.0
    /// The nodes that replied, each with the seconds from the begin of its step to its last reply.
    package var nodes: [NodeAddress: Double] = [:]
    package var redirects = 0

    package init() {}
}
