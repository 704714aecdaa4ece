import Commands
import RESP

/// How to reach nodes whose announced addresses lead nowhere from here: through NAT, tunnels and port forwards.
package struct AddressMap: Equatable, Sendable {
    /// The first rule that matches an address is used.
    package var rules: [Rule] = []
    package var otherwise = Otherwise.asAnnounced

    /// Where to reach a node whose address no rule matches.
    package enum Otherwise: Equatable, Sendable {
        case asAnnounced
        /// At the announced port of the seed's host.
        case atSeed
        /// Nowhere: only the seed can be reached.
        case unreachable
    }

    package init() {}

    /// - Parameter seed: the server that the user named.
    func reach(host: String, port: Int, seed: NodeAddress) -> (host: String, port: Int) {
        for rule in rules {
            if let place = rule.reach(host: host, port: port) { return place }
        }
        return (otherwise == .atSeed ? seed.tcpHost : host, port)
    }

    /// `ANNOUNCED=REACHABLE`: each a host and a port, or a range of ports of the same length on both sides. `*` stands
    /// for any characters of an announced host and for any port; on the right, it stands for what is announced, as does
    /// a missing port.
    package struct Rule: Equatable, Sendable {
        private let announced: Side
        private let reachable: Side

        private struct Side: Equatable {
            /// May be ``any``.
            let host: String
            /// Nil for all ports.
            let ports: ClosedRange<Int>?
        }

        private static let any = "*"

        /// Nil for text of another form.
        package init?(_ text: String) {
            let sides = text.split(separator: "=", omittingEmptySubsequences: false).map { Self.side($0) }
            guard sides.count == 2, let announced = sides[0], let reachable = sides[1],
                reachable.host == Self.any || !reachable.host.contains(Self.any),
                reachable.ports == nil || reachable.ports?.count == announced.ports?.count
            else { return nil }
            (self.announced, self.reachable) = (announced, reachable)
        }

        private static func side(_ text: Substring) -> Side? {
            let colon = text.lastIndex(of: ":") ?? text.endIndex
            // The colons of an IPv6 address are inside brackets.
            let hasPort = colon < text.endIndex && !text[colon...].contains("]")
            var host = hasPort ? text[..<colon] : text
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = host.dropFirst().dropLast()
            } else if host.contains(":") {
                return nil
            }
            guard !host.isEmpty else { return nil }
            guard hasPort, case let ports = text[colon...].dropFirst(), ports != any else {
                return Side(host: host.lowercased(), ports: nil)
            }
            let ends = ports.split(separator: "-", omittingEmptySubsequences: false).map { port in
                port.utf8.allSatisfy { 0x30...0x39 ~= $0 } ? Int(port) : nil
            }
            guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], 1 <= first, first <= last,
                last <= 65535
            else { return nil }
            return Side(host: host.lowercased(), ports: first...last)
        }

        /// Nil when the rule does not match the address.
        fileprivate func reach(host: String, port: Int) -> (host: String, port: Int)? {
            guard ByteString(host.lowercased()).matches(glob: ByteString(announced.host)),
                announced.ports?.contains(port) ?? true
            else { return nil }
            let offset = port - (announced.ports?.lowerBound ?? port)
            return (
                reachable.host == Self.any ? host : reachable.host,
                reachable.ports.map { $0.lowerBound + offset } ?? port
            )
        }
    }
}

/// The node that addresses come from, and how to read them.
package struct Announcer: Sendable {
    let node: NodeAddress
    let seed: NodeAddress
    let map: AddressMap

    /// For when only the kind of a redirect matters.
    package static let nobody = Announcer(NodeAddress(host: "", port: 1))

    /// - Parameters:
    ///   - node: the node that sent the text; its host is used for an address without one.
    ///   - seed: the server that the user named; nil for the node itself.
    package init(_ node: NodeAddress, seed: NodeAddress? = nil, map: AddressMap = AddressMap()) {
        (self.node, self.seed, self.map) = (node, seed ?? node, map)
    }
}
