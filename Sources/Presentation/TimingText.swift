package import Routing

/// What `:timing` prints after a command.
package enum TimingText {
    /// - Parameters:
    ///   - seconds: from Enter to the printed reply.
    ///   - traffic: how much of it was the network's, and which nodes replied.
    package static func line(seconds: Double, _ traffic: Traffic) -> String {
        var parts: [String] = []
        if !traffic.nodes.isEmpty {
            parts.append("network \(milliseconds(traffic.seconds))")
            if traffic.nodes.count == 1, let node = traffic.nodes.keys.first {
                parts.append("\(node)")
            } else if let slowest = traffic.nodes.max(by: { $0.value < $1.value }) {
                parts.append(
                    "\(traffic.nodes.count) nodes, slowest \(slowest.key) \(milliseconds(slowest.value))")
            }
        }
        if traffic.redirects > 0 { parts.append("\(traffic.redirects) redirect\(traffic.redirects == 1 ? "" : "s")") }
        let details = parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")
        return "(\(milliseconds(seconds))\(details))"
    }

    private static func milliseconds(_ seconds: Double) -> String { "\((seconds * 1000).text(decimals: 1)) ms" }
}
