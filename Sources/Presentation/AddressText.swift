package import Routing

// What mends an address that a server has announced and that leads nowhere.

extension NodeAddress {
    /// Where the address comes from, and the options that may lead to the node; empty for one that the user named, or that
    /// is at the host of the node which announced it.
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

    /// True for another port of the same host.
    private func isBeside(_ other: NodeAddress) -> Bool { host == other.host || isLoopback && other.isLoopback }

    private var isLoopback: Bool { ["localhost", "127.0.0.1", "::1"].contains(host) }

    /// The option that leads from this announced address to another one; of all ports where they are the same.
    package func mapOption(to address: NodeAddress) -> String {
        port == address.port ? "--map '\(bracketedHost):*=\(address.bracketedHost):*'" : "--map '\(self)=\(address)'"
    }
}

extension NodeAddress.Announcement {
    /// Where the node may be: at its own port of the host where the announcer was reached.
    package var guess: NodeAddress { NodeAddress(host: announcer.host, port: address.port) }
}

extension CommandFailure {
    /// A node that could not be connected to.
    var unreachedNode: NodeAddress? {
        switch self {
        case .unreachable(_, _, .failedNode): nil
        case .unreachable(let node, _, _), .retriesExhausted(let node?, _, wasReached: false): node
        default: nil
        }
    }
}
