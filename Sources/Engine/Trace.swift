package import RESP
package import Routing
package import Transport

/// An event below the level of commands, reported to ``ConnectionSettings/trace`` as it happens. It gives only the
/// names of commands, and no secrets.
package enum Trace {
    /// A connection to a node is being made, or has ended.
    case connection(NodeAddress, ConnectionStep)
    /// A connection was brought closer to the session's state, or the node refused that with an error.
    case session(NodeAddress, SessionState.Step, SessionState, error: String?)
    /// What a node has reported about the cluster.
    case topology(NodeAddress, ClusterView)
    /// The same for a node that has reported nothing.
    case noTopology(NodeAddress, CommandFailure)
    /// A command is sent to a node.
    case sent(ByteString, Route, NodeAddress)
    /// What is done with a command that did not simply get its reply.
    case decided(Delivery.Event, Delivery.Decision)
    /// A step of a plan: its number, and the names of the commands that are sent together.
    case step(Int, [ByteString])

    package var category: TraceCategory {
        switch self {
        case .connection(_, .encrypted), .connection(_, .failed(.encryption)): .tls
        case .connection: .connect
        case .session: .auth
        case .topology, .noTopology: .topology
        case .sent: .route
        case .decided: .retry
        case .step: .plan
        }
    }
}
