import Commands
package import Routing

/// What `:timing` prints after a command.
package enum TimingText {
    /// - Parameters:
    ///   - seconds: from Enter until the reply is printed.
    ///   - timing: how much of that was spent on the network, and which nodes replied.
    package static func line(seconds: Double, _ timing: NetworkTiming) -> String {
        var parts: [String] = []
        if !timing.nodes.isEmpty {
            parts.append("network \(milliseconds(timing.seconds))")
            if timing.nodes.count == 1, let node = timing.nodes.keys.first {
                parts.append("\(node)")
            } else if let slowest = timing.nodes.max(by: { $0.value < $1.value }) {
                parts.append(
                    "\(timing.nodes.count) nodes, slowest \(slowest.key) \(milliseconds(slowest.value))")
            }
        }
        if timing.redirects > 0 { parts.append(timing.redirects.of("redirect")) }
        let details = parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")
        return "(\(milliseconds(seconds))\(details))"
    }

    private static func milliseconds(_ seconds: Double) -> String { "\((seconds * 1000).text(decimals: 1)) ms" }
}
