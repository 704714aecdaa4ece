package import Routing
package import Transport

/// How connections are made, and the session state that the first command finds.
package struct ConnectionSettings {
    package var session = SessionState()
    /// Provides the password when the session's credentials have none.
    package var tokens: TokenSource?
    /// True in place of redis-cli, which carries on as a connection's initial user when AUTH is refused.
    package var toleratesRefusedUser = false
    /// Seconds for each address of a host, and for looking up its name.
    package var connectTimeout = 2.0
    /// Which addresses of a name are tried first; nil for the resolver's order.
    package var addressFamily: AddressFamily?
    /// Nil for plain connections. Unix sockets are never encrypted.
    package var tls: TLSContext?
    package var syscalls = Syscalls.system
    /// Receives each event that `--debug` reports; nil costs nothing.
    package var trace: ((Trace) -> Void)?
    /// How the addresses that nodes announce are reached.
    package var addresses = AddressMap()

    package init() {}
}
