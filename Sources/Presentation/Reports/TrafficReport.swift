package import Commands
import RESP

/// A summary of MONITOR: how often each command, each kind of key and each client was seen.
package struct TrafficReport: Equatable, Sendable {
    private var total = 0
    private var commands: [String: Int] = [:]
    private var patterns: [String: Int] = [:]
    private var clients: [String: Int] = [:]

    /// The most rows in each part.
    private static let most = 10
    /// How many kinds of keys, and how many clients, are counted separately; the rest count only toward the total.
    private static let limit = 10_000

    package init() {}

    package mutating func add(_ line: MonitorLine) {
        total += 1
        commands[line.name, default: 0] += 1
        for key in line.keys { Self.count(Self.pattern(of: key.text), in: &patterns) }
        Self.count(line.client.text, in: &clients)
    }

    private static func count(_ name: String, in counts: inout [String: Int]) {
        if counts[name] != nil || counts.count < limit { counts[name, default: 0] += 1 }
    }

    /// `user:*:name` for `user:17:name`: keys of one kind differ only in their numbers.
    private static func pattern(of key: String) -> String {
        var pattern = ""
        for character in key {
            if !character.isNumber { pattern.append(character) } else if pattern.last != "*" { pattern.append("*") }
        }
        return pattern
    }

    /// - Parameter seconds: how long MONITOR ran.
    package func table(seconds: Double) -> Table {
        var table = Table([
            .init("what", rank: 2), .init("count", isNumber: true, rank: 1),
            .init("per second", isNumber: true, rank: 3), .init("name", rank: 0, least: 12),
        ])
        func append(_ what: String, _ name: String, _ count: Int) {
            let rate = (Double(count) / max(seconds, 0.001)).text(decimals: 1)
            table.append(
                [what, "\(count)", rate, name],
                values: [
                    .text(what), .integer(count), .scalar(.double, Array(rate.utf8)),
                    .text(name.isEmpty ? nil : name),
                ])
        }
        append("all", "", total)
        for (what, counts) in [("command", commands), ("keys", patterns), ("client", clients)] {
            let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            for (name, count) in sorted.prefix(Self.most) { append(what, name, count) }
        }
        return table
    }
}
