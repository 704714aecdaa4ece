package import RESP
package import Transport

/// What every new connection says before its first command.
package struct ConnectionSettings: Equatable, Sendable {
    package struct Credentials: Equatable, Sendable {
        /// Nil for the default user.
        package var user: ByteString?
        package var password: ByteString

        package init(user: ByteString?, password: ByteString) {
            self.user = user
            self.password = password
        }
    }

    package var credentials: Credentials?
    /// True in redis-cli's place, which goes on as the user that a connection begins with when AUTH was refused.
    package var toleratesRefusedUser = false
    /// 2, or 3 for HELLO 3.
    package var protocolVersion = 2
    package var database = 0
    package var clientName: ByteString?
    /// Seconds for each address of a host.
    package var connectTimeout = 2.0
    /// Which addresses of a name are tried first; nil for the resolver's order.
    package var addressFamily: AddressFamily?

    package init() {}
}
