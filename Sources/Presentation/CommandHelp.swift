package import Commands
package import RESP

/// What `help` says of a command: its syntax, and where slotline sends it.
package enum CommandHelp {
    /// A line for lists of commands.
    package static func line(_ row: CommandSpec) -> String {
        "  \(syntax(row))\n"
    }

    /// Everything about one command.
    ///
    /// - Parameter documentation: the server's own, if it gave any: a map of fields, as COMMAND DOCS has it for a command.
    package static func entry(_ row: CommandSpec, documentation: RESPValue? = nil) -> String {
        var lines = ["  \(syntax(row))"]
        for field: StaticString in ["summary", "since", "complexity"] {
            if let value = documentation?[field: field] { lines.append("  \(field): \(value.text)") }
        }
        lines += ["  group: \(row.group.rawValue)", "  routed: \(routing(row))"]
        if let block = row.block {
            lines.append("  blocked on a cluster: \(block.reason)")
            lines.append("  instead: \(block.instead)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func syntax(_ row: CommandSpec) -> String {
        row.syntax.utf8CodeUnitCount == 0 ? "\(row.name)" : "\(row.name) \(row.syntax)"
    }

    /// In words: to which nodes, and what becomes of their replies.
    package static func routing(_ row: CommandSpec) -> String {
        let nodes =
            switch row.request {
            case .keyed: row.keys.isEmpty ? "to one node" : "to the master of its key's slot"
            case .slot: "to the owner of the slot named"
            case .anyNode: "to one node"
            case .randomNode: "to one random node"
            case .weightedMaster: "to one master by lot, weighted by the number of its keys"
            case .masters: "to all masters"
            case .allNodes: "to all nodes"
            }
        guard let merge = reply(to: row.response) else {
            return row.iterates.map { "\(nodes); runs \($0) to its end" } ?? nodes
        }
        return "\(nodes); \(row.iterates.map { "runs \($0) to its end" } ?? merge)"
    }

    /// What becomes of several nodes' replies, in words; nil when there is only one.
    static func reply(to policy: ResponsePolicy) -> String? {
        switch policy {
        case .single: nil
        case .perNode: "a reply for each"
        case .perNodeOneSucceeded: "a reply for each, good if one is"
        case .union: "their elements, each once"
        case .sortedUnion: "their elements, each once, sorted"
        case .sum: "the sum"
        case .sumOfMasters: "the sum over the masters"
        case .sumByField: "the sum for each name"
        case .minimum: "the least"
        case .logicalAnd: "1 where all say 1"
        case .allSucceeded: "one reply if all succeed"
        case .oneSucceeded: "one reply if one succeeds"
        }
    }
}
