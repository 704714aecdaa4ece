import Commands
package import Routing

/// The cluster at a glance, for `:nodes` and `:slots`.
package enum TopologyText {
    /// A line a node: address, role, slots, health, id. Replicas stand under their master.
    package static func nodes(_ topology: Topology) -> String {
        let rows = topology.shards.flatMap { shard in
            shard.nodes.map { node in
                [
                    node.address.description, node.role.rawValue,
                    node == shard.master ? "\(count(of: shard)) slots" : "", node.isHealthy ? "ok" : "failed",
                    String(node.id.prefix(12)),
                ]
            }
        }
        return table(rows)
    }

    /// A line a range of slots with its master; slots that nobody serves are named.
    package static func slots(_ topology: Topology) -> String {
        var rows: [[String]] = []
        var next = 0
        let ranges = topology.shards.flatMap { shard in shard.slots.map { (range: $0, shard: shard) } }
        for (range, shard) in ranges.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            if range.lowerBound > next { rows.append(gap(next...(range.lowerBound - 1))) }
            next = range.upperBound + 1
            let master = shard.master
            let health = master.map { $0.isHealthy ? "" : "failed" } ?? ""
            rows.append([text(range), "\(range.count)", master?.address.description ?? "", health])
        }
        if next < HashSlot.count { rows.append(gap(next...(HashSlot.count - 1))) }
        return table(rows)
    }

    private static func gap(_ range: ClosedRange<Int>) -> [String] {
        [text(range), "\(range.count)", "not served", ""]
    }

    private static func text(_ range: ClosedRange<Int>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }

    private static func count(of shard: Shard) -> Int { shard.slots.reduce(0) { $0 + $1.count } }

    /// Columns, each as wide as its widest cell.
    private static func table(_ rows: [[String]]) -> String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
                .joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
