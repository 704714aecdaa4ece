package import RESP
package import Routing
package import Transport

/// An event below the commands, reported as it happens to ``ConnectionSettings/trace``. Of commands it
/// has the names alone, and no secrets.
package enum Trace {
    /// A connection to a node on its way to being open, or at its end.
    case connection(NodeAddress, ConnectionStep)
    /// A connection was brought nearer to the state of the session, or the node has refused it with an error.
    case session(NodeAddress, SessionState.Step, SessionState, error: String?)
    /// What a node has said of the cluster.
    case topology(NodeAddress, ClusterView)
    /// The same for a node that has said nothing.
    case noTopology(NodeAddress, CommandFailure)
    /// A command goes to a node.
    case sent(ByteString, Route, NodeAddress)
    /// What is done with a command that did not just get its reply.
    case decided(Delivery.Event, Delivery.Decision)
    /// A step of a plan: its number, and the names of the commands that go out at once.
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
