import Commands
import RESP

/// Where a node is reached, and how it is called in all output: `host:port`.
package struct NodeAddress: Hashable, Sendable, CustomStringConvertible {
    package let host: String
    /// 0 for a unix socket, whose path is the host.
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// A server behind a unix socket.
    package init(socketPath: String) {
        host = socketPath
        port = 0
    }

    package var isSocket: Bool { port == 0 }

    /// Reads an address of a server's text: `host:port`, `v6:port` or `[v6]:port`, with `@busport` or `,name` after it.
    /// Source: cluster specification, "MOVED redirection".
    ///
    /// - Parameter askedHost: the host of the node that sent the text, which an empty host or `?` means.
    package init?(serverText: String, askedHost: String) {
        let address = serverText.prefix { $0 != "@" && $0 != "," }
        // An empty host has no colon but the port's.
        let isHostless = address.lastIndex(of: ":") == address.startIndex
        guard let (host, port) = Target.splitAddress(isHostless ? "?\(address)" : String(address)) else { return nil }
        self.init(announcedHost: host, port: port, askedHost: askedHost)
    }

    /// What a server says of a node: its endpoint, which it may not know (empty or `?`), and its port. No host has a
    /// name with blanks or controls in it, which would be shown wherever the node is.
    init(announcedHost: String, port: Int, askedHost: String) {
        let isName = announcedHost.unicodeScalars.allSatisfy { $0 != " " && !VisibleText.isObeyed($0.value) }
        let isKnown = !announcedHost.isEmpty && announcedHost != "?" && isName
        self.init(host: isKnown ? announcedHost : askedHost, port: port)
    }

    package var description: String {
        if isSocket { return host }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

extension NodeAddress: Comparable {
    package static func < (left: NodeAddress, right: NodeAddress) -> Bool {
        (left.host, left.port) < (right.host, right.port)
    }
}
