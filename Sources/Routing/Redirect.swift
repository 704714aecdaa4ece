package import Commands
package import RESP

/// What an error reply asks the client to do. Each of these proves that the command was not executed, so it may be sent
/// again. Source: cluster specification, "Redirection and resharding".
package enum Redirect: Equatable, Sendable {
    /// The slot is at another node from now on.
    case moved(HashSlot, NodeAddress)
    /// The slot is migrating to another node: ask there, once, with ASKING before the command.
    case ask(HashSlot, NodeAddress)
    /// The command's keys are on both sides of a migrating slot: wait.
    case tryAgain
    /// CLUSTERDOWN, MASTERDOWN, LOADING: wait, and refresh the topology.
    case unavailable
    /// READONLY: the node has become a replica. UNBLOCKED: so has the node where the command was blocked, or what it
    /// was waiting for has moved elsewhere.
    case demoted
    /// NOAUTH: the connection is no longer authenticated.
    case unauthenticated

    /// The node that MOVED or ASK names.
    package var node: NodeAddress? {
        switch self {
        case .moved(_, let node), .ask(_, let node): node
        case .tryAgain, .unavailable, .demoted, .unauthenticated: nil
        }
    }

    /// How many hops one command may take through MOVED and ASK.
    package static let maximumHops = 16

    /// Nil when the error is the command's own reply.
    ///
    /// - Parameter announcer: the node that answered.
    package init?(_ error: ServerError, by announcer: Announcer) {
        switch error.code {
        case "MOVED", "ASK":
            let bytes = error.message.bytes
            guard let blank = bytes.firstIndex(of: UInt8(ascii: " ")),
                let slot = Int(asciiDecimal: bytes[..<blank]).flatMap(HashSlot.init),
                let address = NodeAddress(
                    serverText: String(decoding: bytes[(blank + 1)...], as: UTF8.self), by: announcer)
            else { return nil }
            self = error.code == "MOVED" ? .moved(slot, address) : .ask(slot, address)
        case "TRYAGAIN": self = .tryAgain
        case "CLUSTERDOWN", "MASTERDOWN", "LOADING": self = .unavailable
        case "READONLY": self = .demoted
        // Not for an error that CLIENT UNBLOCK asked for.
        case "UNBLOCKED" where !error.message.hasPrefix("client "): self = .demoted
        case "NOAUTH": self = .unauthenticated
        default: return nil
        }
    }
}
