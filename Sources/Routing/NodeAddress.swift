import Commands

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

    package var isSocket: Bool { host.hasPrefix("/") || port == 0 && host.contains("/") }

    /// Reads an address of a server's text: `host:port`, `v6:port` or `[v6]:port`, with `@busport` or `,name` behind it.
    /// An empty host means the node that was asked. Source: cluster specification, "MOVED redirection".
    package init?(serverText: String, askedHost: String) {
        let address = serverText.prefix { $0 != "@" && $0 != "," }
        if address.hasPrefix(":"), address.dropFirst().allSatisfy(\.isNumber), let port = Int(address.dropFirst()) {
            self.init(host: askedHost, port: port)
        } else if let (host, port) = Target.splitAddress(String(address)) {
            self.init(host: host, port: port)
        } else {
            return nil
        }
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
