/// A step in the life of a socket.
package enum ConnectionStep: Equatable, Sendable {
    /// The host's name resolved to these addresses.
    case resolved([String])
    case connected
    /// The handshake is complete, and the server is who it should be.
    case encrypted(TLSSummary)
    case failed(TransportError)
}

/// The parameters of an encrypted connection.
package struct TLSSummary: Equatable, Sendable {
    /// `TLSv1.3`.
    package let version: String
    package let cipher: String
    /// The names that the certificate is for, separated by commas; empty when there is none.
    package let names: String
    /// When the certificate expires, in OpenSSL's words.
    package let end: String
}
