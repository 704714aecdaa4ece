import Commands
import RESP

/// Where a node is reached, and what it is called in all output: `host:port`.
package struct NodeAddress: Sendable, CustomStringConvertible {
    /// Without the brackets that an IPv6 address is written in.
    package let host: String
    /// 0 for a unix socket, whose path is the host.
    package let port: Int
    /// How the address became known; nil if the user named it. Two addresses are equal no matter which node announced
    /// them.
    package let announcement: Announcement?

    /// What a server has announced about a node. A class, so that addresses stay cheap to copy.
    package final class Announcement: Sendable {
        /// The node's address as the server gave it.
        package let address: NodeAddress
        package let announcer: NodeAddress

        init(address: NodeAddress, announcer: NodeAddress) {
            self.address = address
            // Without the announcer's own announcement, or each would keep the one before it alive.
            self.announcer = NodeAddress(host: announcer.host, port: announcer.port)
        }
    }

    package init(host: String, port: Int) {
        self.init(host: host, port: port, announcement: nil)
    }

    private init(host: String, port: Int, announcement: Announcement?) {
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        self.port = port
        self.announcement = announcement
    }

    /// A server behind a unix socket.
    package init(socketPath: String) {
        (host, port, announcement) = (socketPath, 0, nil)
    }

    package var isSocket: Bool { port == 0 }

    /// The host of the server's TCP port; behind a unix socket, it is this machine.
    package var tcpHost: String { isSocket ? "127.0.0.1" : host }

    /// Parses an address from a server's text: `host:port`, `v6:port` or `[v6]:port`, with `@busport` or `,name` after
    /// it.
    /// Source: cluster specification, "MOVED redirection".
    package init?(serverText: String, by announcer: Announcer) {
        let address = serverText.utf8.prefix { !"@, ".utf8.contains($0) }
        // With an empty host, the only colon is the port's.
        let isHostless = address.lastIndex(of: UInt8(ascii: ":")) == address.startIndex
        let text = String(Substring(address))
        guard let (host, port) = Target.splitAddress(isHostless ? "?\(text)" : text) else { return nil }
        self.init(announcedHost: host, port: port, by: announcer)
    }

    /// Interprets what a server says about a node: its endpoint, which it may not know (empty or `?`), and its port. A
    /// host name with blanks or control characters counts as unknown, as it would be shown wherever the node is.
    init(announcedHost: String, port: Int, by announcer: Announcer) {
        let isName = announcedHost.unicodeScalars.allSatisfy { $0 != " " && !VisibleText.isObeyed($0.value) }
        let isKnown = !announcedHost.isEmpty && announcedHost != "?" && isName
        var host = isKnown ? announcedHost : announcer.node.tcpHost
        // A server does not know which interface the client uses to reach a link-local address.
        if host.lowercased().hasPrefix("fe80:"), !host.contains("%"),
            let zone = announcer.node.host.firstIndex(of: "%")
        {
            host += announcer.node.host[zone...]
        }
        let place = announcer.map.reach(host: host, port: port, seed: announcer.seed)
        self.init(
            host: place.host, port: place.port,
            announcement: Announcement(
                address: NodeAddress(host: host, port: port), announcer: announcer.node))
    }

    /// The host as it is written before a port.
    package var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }

    package var description: String { isSocket ? host : "\(bracketedHost):\(port)" }
}

extension NodeAddress: Hashable {
    package static func == (left: NodeAddress, right: NodeAddress) -> Bool {
        left.port == right.port && left.host == right.host
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(host)
        hasher.combine(port)
    }
}

extension NodeAddress: Comparable {
    package static func < (left: NodeAddress, right: NodeAddress) -> Bool {
        (left.host, left.port) < (right.host, right.port)
    }
}
