package import RESP

/// How encrypted connections are made: whom to trust, and what to present.
package struct TLSSettings {
    /// The certificates of authorities: a file, or a folder of files named by hash. Nil for both: the system's.
    package var authorityFile: ByteString?
    package var authorityFolder: ByteString?
    /// False to accept any certificate, whoever presents it.
    package var verifies = true
    /// The client's own certificate and its key, PEM files.
    package var certificate: ByteString?
    package var key: ByteString?
    /// Provides the passphrase of an encrypted key; nil when none is available.
    package var passphrase: () -> ByteString? = { nil }
    /// OpenSSL's lists of ciphers for TLS 1.2, and of cipher suites for TLS 1.3.
    package var ciphers: ByteString?
    package var cipherSuites: ByteString?
    /// The name to ask every server for; nil for each one's own.
    package var requestedName: String?
    /// A name that a certificate may have instead of the host that was dialed.
    package var alternativeName: String?

    package init() {}
}

/// Why there is no encrypted connection.
package enum TLSFailure: Error, Equatable, Sendable {
    /// A setting cannot be used: which one, and OpenSSL's words.
    case unusable(Setting, reason: String)
    /// The server has not answered the handshake within the connect timeout.
    case noAnswer
    /// The answer to the handshake is not TLS.
    case notTLS
    /// The connection ended during the handshake.
    case closed
    /// The certificate is for these names, not for the host.
    case wrongName(host: String, names: String)
    case expired(since: String)
    case notYetValid(until: String)
    case unknownIssuer(String)
    case selfSigned
    /// The server wants a client certificate, or a different one.
    case certificateWanted
    /// Anything else, in OpenSSL's words.
    case other(String)

    package enum Setting: Equatable, Sendable {
        case authorities, certificate, key, ciphers, cipherSuites
    }

    /// True when another attempt would end the same way.
    package var isPermanent: Bool {
        switch self {
        case .noAnswer, .closed, .other: false
        case .unusable, .notTLS, .wrongName, .expired, .notYetValid, .unknownIssuer, .selfSigned, .certificateWanted:
            true
        }
    }

    /// Both ways to ask for TLS, since only the address of a server is known here.
    private static let withoutTLS = "try without --tls, or with redis:// instead of rediss://"

    package var reason: String {
        switch self {
        case .unusable(.authorities, let reason): "Cannot use the CA certificates: \(reason)"
        case .unusable(.certificate, let reason): "Cannot use the client certificate: \(reason)"
        case .unusable(.key, let reason): "Cannot use the private key: \(reason)"
        case .unusable(.ciphers, let reason): "Cannot use the ciphers: \(reason)"
        case .unusable(.cipherSuites, let reason): "Cannot use the cipher suites: \(reason)"
        case .noAnswer: "No answer to the TLS handshake: the port may not speak TLS (\(Self.withoutTLS))"
        case .notTLS: "The port does not speak TLS (\(Self.withoutTLS))"
        case .closed: "Server closed the connection during the TLS handshake"
        case .wrongName(let host, let names):
            "The certificate is for \(names.isEmpty ? "no name" : names), not for \(host) (--tls-name allows another name)"
        case .expired(let date): "The certificate expired on \(date)"
        case .notYetValid(let date): "The certificate is not valid before \(date)"
        case .unknownIssuer(let issuer):
            "The certificate was issued by an unknown authority, \(issuer) (--cacert names a file with its certificate)"
        case .selfSigned:
            "The certificate is self-signed (--cacert trusts one, --insecure trusts any)"
        case .certificateWanted: "The server requires a client certificate (--cert and --key)"
        case .other(let reason): "TLS: \(reason)"
        }
    }
}
