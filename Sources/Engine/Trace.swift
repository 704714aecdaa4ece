package import Routing
package import Transport

/// What happens underneath, for who wants to see it: told as it happens, to ``ConnectionSettings/trace``. Secrets are in
/// none of it.
package enum Trace {
    /// A connection to a node on its way to being open, or at its end.
    case connection(NodeAddress, ConnectionStep)
}
