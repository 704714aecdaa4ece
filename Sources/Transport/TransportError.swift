import Glibc
package import RESP

/// Why a connection could not be made, or ended.
package enum TransportError: Error, Equatable, Sendable {
    /// The host name has no address; in the resolver's words.
    case unresolved(String)
    /// A system call failed with this `errno`.
    case system(Int32)
    /// The connect timeout passed.
    case timedOut
    /// The server closed the connection.
    case closed
    /// The server does not speak RESP.
    case violation(ProtocolError)
    /// Encryption cannot be set up, or the peer is not the one it should be.
    case encryption(TLSFailure)

    /// True when trying again is pointless.
    package var isPermanent: Bool {
        switch self {
        case .encryption(let failure): failure.isPermanent
        case .system(let number): number == EMFILE
        case .unresolved, .timedOut, .closed, .violation: false
        }
    }

    /// The system's own words for what happened.
    package var reason: String {
        switch self {
        case .unresolved(let text): text
        case .system(EMFILE):
            "\(String(errno: EMFILE)): raise the limit of \(FileDescriptor.limit) (ulimit -n)"
        case .system(let number): String(errno: number)
        case .timedOut: String(errno: ETIMEDOUT)
        case .closed: "Server closed the connection"
        case .violation: "Protocol error"
        case .encryption(let failure): failure.reason
        }
    }
}

extension String {
    /// What the system says about an error.
    package init(errno number: Int32) {
        self.init(cString: strerror(number))
    }
}
