/// How far a socket has come.
package enum ConnectionStep: Equatable, Sendable {
    /// The host's name has these addresses.
    case resolved([String])
    case connected
    /// Both sides have shaken hands, and the server is who it should be.
    case encrypted(TLSSummary)
    case failed(TransportError)
}

/// What an encrypted connection is made of.
package struct TLSSummary: Equatable, Sendable {
    /// `TLSv1.3`.
    package let version: String
    package let cipher: String
    /// For whom the certificate is, separated by commas; empty when there is none.
    package let names: String
    /// The last instant of the certificate, in OpenSSL's words.
    package let end: String
}
