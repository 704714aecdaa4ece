package import Commands
package import RESP

/// What an error reply asks of the client. Each of these proves that the command was not executed, so it may be sent
/// again. Source: cluster specification, "Redirection and resharding".
package enum Redirect: Equatable, Sendable {
    /// The slot lives at another node from now on.
    case moved(HashSlot, NodeAddress)
    /// The slot is on its way to another node: ask there, once, with ASKING in front.
    case ask(HashSlot, NodeAddress)
    /// The keys of a command are on both sides of a slot that moves: wait.
    case tryAgain
    /// CLUSTERDOWN, MASTERDOWN, LOADING: wait, and look at the topology again.
    case unavailable
    /// READONLY: the node has become a replica. UNBLOCKED: so has that of a command which waited there, or what it waited
    /// for has gone elsewhere.
    case demoted
    /// NOAUTH: the connection has no user any more.
    case unauthenticated

    /// The node that MOVED or ASK names.
    package var node: NodeAddress? {
        switch self {
        case .moved(_, let node), .ask(_, let node): node
        case .tryAgain, .unavailable, .demoted, .unauthenticated: nil
        }
    }

    /// Hops one command may take by MOVED and ASK.
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
        // Not what CLIENT UNBLOCK asks for.
        case "UNBLOCKED" where !error.message.hasPrefix("client "): self = .demoted
        case "NOAUTH": self = .unauthenticated
        default: return nil
        }
    }
}
