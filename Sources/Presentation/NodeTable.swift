import Commands
import RESP
package import Routing

/// The nodes of a cluster at a glance, for `:nodes`: what the topology says, and what each node reports about itself.
package enum NodeTable {
    /// - Parameter information: the replies of all nodes to INFO.
    package static func table(_ topology: Topology, _ information: [NodeReply]) -> Table {
        let reports = Dictionary(information.map { ($0.node.address, report($0)) }) { first, _ in first }
        var rows: [Row] = []
        var totals = (slots: 0, masters: 0, keys: Sum(), memory: Sum())
        var databases: Set<Int> = []
        var isServed = [Bool](repeating: false, count: HashSlot.count)
        for shard in topology.shards {
            let slots = shard.slotCount
            let masterOffset = shard.master.flatMap { reports[$0.address]?.offset }
            if slots > 0, shard.master != nil { totals.masters += 1 }
            for node in shard.nodes {
                let report = reports[node.address] ?? Report()
                let isMaster = node == shard.master
                if isMaster {
                    totals.slots += slots
                    if node.isHealthy, report.isServing {
                        for range in shard.slots { for slot in range { isServed[slot] = true } }
                    }
                }
                if node.holdsKeys {
                    databases.formUnion(report.keyspace?.databases ?? [])
                    totals.keys.add(report.keyspace?.total)
                    totals.memory.add(report.memory)
                }
                rows.append(
                    Row(
                        node: node, slots: isMaster ? slots : nil, keys: report.keyspace?.total, memory: report.memory,
                        lag: node.role == .replica ? lag(report.offset, behind: masterOffset) : nil,
                        health: node.isHealthy ? report.health : "failed"))
            }
        }
        let missing = isServed.count { !$0 }
        var table = Table([
            .init("node", rank: 0), .init("role", rank: 2), .init("slots", isNumber: true, rank: 3),
            .init("keys", isNumber: true, rank: 4), .init("memory", isNumber: true, rank: 6),
            .init("lag", isNumber: true, rank: 5), .init("health", rank: 1, least: 12),
        ])
        for row in rows { table.append(row.cells, values: row.values) }
        table.append(sums: [
            "total", totals.masters.of("master"), "\(totals.slots)",
            totals.keys.text { "\($0)" }, totals.memory.text(\.byteText), "",
            missing == 0 ? "all slots ok" : "",
        ])
        // Below the table, where no window cuts them.
        let remarks = [
            missing == 0 ? nil : "\(missing.of("slot")) not served (see :slots).",
            databases.isSubset(of: [0]) ? nil : "The keys are in \(Keyspace.text(of: databases)).",
        ].compactMap(\.self)
        if !remarks.isEmpty { table.remark = remarks.joined(separator: " ") }
        return table
    }

    /// A sum of numbers that some masters may not have reported.
    private struct Sum {
        private var known: Int?
        private var isComplete = true

        mutating func add(_ number: Int?) {
            if let number { known = (known ?? 0).adding(number) } else { isComplete = false }
        }

        /// With a plus sign if there may be more.
        func text(_ text: (Int) -> String) -> String {
            isComplete ? text(known ?? 0) : known.map { text($0) + "+" } ?? "?"
        }
    }

    private struct Row {
        let node: Node
        /// Only for a master.
        let slots: Int?
        let keys: Int?
        /// Bytes.
        let memory: Int?
        /// Only for a replica, in bytes.
        let lag: Int?
        let health: String

        var cells: [String] {
            [
                "\(node.address)", node.role.rawValue, slots.map { "\($0)" } ?? "", keys.map { "\($0)" } ?? "?",
                memory?.byteText ?? "?", lag?.byteText ?? (node.role == .replica ? "?" : ""), health,
            ]
        }

        var values: [RESPValue] {
            [
                .text("\(node.address)"), .text(node.role.rawValue), .number(slots), .number(keys), .number(memory),
                .number(lag), .text(health),
            ]
        }
    }

    /// What INFO reports about a node.
    private struct Report {
        var keyspace: Keyspace?
        var memory: Int?
        /// How far the node is in the master's replication stream.
        var offset: Int?
        var health = "no answer"
        /// False while the node does not serve commands on keys.
        var isServing = false
    }

    private static func report(_ reply: NodeReply) -> Report {
        guard let text = reply.value else {
            guard case .success(let answer) = reply.result, let code = answer.serverError?.code.text else {
                return Report()
            }
            return Report(health: VisibleText.text("INFO refused (\(code))"), isServing: code != "BUSY")
        }
        let sections = ServerText.object(text, .sections)
        func value(_ section: StaticString, _ field: StaticString) -> RESPValue? {
            sections[field: section]?[field: field]
        }
        var report = Report()
        report.keyspace = Keyspace(info: text)
        report.memory = value("memory", "used_memory")?.integer
        let isReplica = value("replication", "role")?.text == "slave"
        report.offset =
            (isReplica ? value("replication", "slave_repl_offset") : value("replication", "master_repl_offset"))?
            .integer
        let isLoading = value("persistence", "loading")?.integer == 1
        report.isServing = !isLoading
        report.health =
            if isLoading {
                "loading"
            } else if value("replication", "master_sync_in_progress")?.integer == 1 {
                "syncing with its master"
            } else if value("replication", "master_link_status")?.text == "down" {
                "master link down"
            } else {
                "ok"
            }
        return report
    }

    private static func lag(_ offset: Int?, behind master: Int?) -> Int? {
        guard let offset, let master else { return nil }
        // The two nodes were asked at different moments.
        return max(0, master.subtracting(offset))
    }
}
