package import Routing

// What to do about an address that cannot be reached.

extension NodeAddress {
    /// Where the address comes from, and the options that may help to reach the node; empty for an address that the
    /// user named, or one on the same host as the node that announced it.
    var remedies: [String] {
        guard let announcement, announcement.address != self || !isBeside(announcement.announcer) else { return [] }
        guard announcement.address == self else {
            return [
                "\(announcement.announcer) announced \(announcement.address), which --map or --map-to-seed turns into \(self);"
                    + " check it, and the tunnel or NAT that it relies on."
            ]
        }
        return [
            "\(announcement.announcer) announced \(self). If that node is reached at another address from here, use"
                + " \(mapOption(to: announcement.guess)) or the like, --map-to-seed, or --one-endpoint."
        ]
    }

    /// True if the other address is on the same host.
    private func isBeside(_ other: NodeAddress) -> Bool { host == other.host || isLoopback && other.isLoopback }

    private var isLoopback: Bool { ["localhost", "127.0.0.1", "::1"].contains(host) }

    /// The option that maps this announced address to another one; for all ports if the ports are the same.
    package func mapOption(to address: NodeAddress) -> String {
        port == address.port ? "--map '\(bracketedHost):*=\(address.bracketedHost):*'" : "--map '\(self)=\(address)'"
    }

    /// What to check first.
    func check(_ fault: CommandFailure.ConnectionFault) -> String {
        switch fault {
        case .unknownHost: "Check the spelling of the name, and whether this machine can resolve it (DNS, /etc/hosts)."
        case .encrypted, .failedNode: "Check that it is running and reachable from here."
        case .plain where isSocket:
            "Check that the server is running and that its setting \"unixsocket\" names this file."
        case .plain, .unanswered:
            "Check that it is running and reachable from here, and whether it expects TLS (--tls)."
        }
    }
}

extension NodeAddress.Announcement {
    /// Where the node may be: at its own port, on the host where the announcer was reached.
    package var guess: NodeAddress { NodeAddress(host: announcer.host, port: address.port) }
}

extension CommandFailure.ConnectionFault {
    /// What else to try when a node has taken a command and not answered.
    func hint(for node: NodeAddress) -> [String] {
        self == .unanswered ? ["If \(node) expects TLS, it has run nothing: add --tls."] : []
    }
}

extension CommandFailure {
    /// What to do about a node that could not be reached.
    static func remedies(for node: NodeAddress, _ fault: ConnectionFault) -> [String] {
        let own = node.remedies
        guard own.isEmpty, fault != .failedNode else { return own }
        return [node.check(fault), ":nodes shows the nodes and their state."]
    }

    /// A node that could not be reached.
    var unreachedNode: NodeAddress? {
        switch self {
        case .unreachable(_, _, .failedNode): nil
        case .unreachable(let node, _, _), .retriesExhausted(let node?, _, wasReached: false): node
        default: nil
        }
    }
}
