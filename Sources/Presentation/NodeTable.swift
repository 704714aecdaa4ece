import Commands
import RESP
package import Routing

/// The nodes of a cluster at a glance, for `:nodes`: what the topology says, and what each node says of itself.
package enum NodeTable {
    /// - Parameter information: the replies to INFO of all nodes.
    package static func table(_ topology: Topology, _ information: [NodeReply]) -> Table {
        var table = Table([
            .init("node"), .init("role"), .init("slots", isNumber: true), .init("keys", isNumber: true),
            .init("memory", isNumber: true), .init("lag", isNumber: true), .init("health"),
        ])
        var totals = (slots: 0, served: 0, keys: 0, memory: 0)
        for shard in topology.shards {
            let slots = shard.slots.reduce(0) { $0 + $1.count }
            let masterOffset = shard.master.flatMap { report(of: $0, information).offset }
            for node in shard.nodes {
                let report = report(of: node, information)
                let isMaster = node == shard.master
                if isMaster {
                    totals.slots += slots
                    if node.isHealthy, report.isServing { totals.served += slots }
                    totals.keys += report.keys ?? 0
                    totals.memory += report.memory ?? 0
                }
                table.append([
                    "\(node.address)", node.role.rawValue, isMaster ? "\(slots)" : "",
                    report.keys.map(String.init) ?? "", report.memory.map(\.byteText) ?? "",
                    node.role == .replica ? lag(report.offset, behind: masterOffset) : "",
                    node.isHealthy ? report.health : "failed",
                ])
            }
        }
        let masters = topology.masters.count { topology.isServing($0) }
        table.append([
            "total", "\(masters) master\(masters == 1 ? "" : "s")", "\(totals.slots)", "\(totals.keys)",
            totals.memory.byteText, "",
            totals.served == HashSlot.count ? "all slots served" : "\(HashSlot.count - totals.served) slots not served",
        ])
        return table
    }

    /// What INFO tells of a node.
    private struct Report {
        var keys: Int?
        var memory: Int?
        /// How much of the master's stream the node has.
        var offset: Int?
        var health = "no answer"
        /// False while the node answers no commands on keys.
        var isServing = false
    }

    private static func report(of node: Node, _ information: [NodeReply]) -> Report {
        guard let reply = information.first(where: { $0.node.address == node.address }) else { return Report() }
        guard let text = reply.value else {
            return reply.isAnswer ? Report(health: "INFO refused", isServing: true) : Report()
        }
        let sections = ServerText.object(text, .sections)
        func value(_ section: StaticString, _ field: StaticString) -> RESPValue? {
            sections[field: section]?[field: field]
        }
        var report = Report()
        report.keys = value("keyspace", "db0")?[field: "keys"]?.integer ?? 0
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
                "copying from its master"
            } else if value("replication", "master_link_status")?.text == "down" {
                "master link down"
            } else {
                "ok"
            }
        return report
    }

    private static func lag(_ offset: Int?, behind master: Int?) -> String {
        guard let offset, let master else { return "?" }
        // The two were asked at different instants.
        return max(0, master - offset).byteText
    }
}

extension Topology {
    fileprivate func isServing(_ master: Node) -> Bool {
        shards.contains { !$0.slots.isEmpty && $0.master == master }
    }
}
