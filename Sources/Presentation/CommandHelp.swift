package import Commands
package import RESP

/// What `help` says of a command: its syntax, and where slotline sends it.
package enum CommandHelp {
    /// For lists of commands: the syntax, and below it the server's summary, if it gave any.
    package static func line(_ row: CommandSpec, documentation: RESPValue? = nil) -> String {
        let summary = documentation?[field: "summary"]?.text.wrapped(indent: 4).joined(separator: "\n")
        return syntaxLine(row) + (summary.map { "    \($0)\n" } ?? "")
    }

    /// Everything about one command.
    ///
    /// - Parameter documentation: the server's own, if it gave any: a map of fields, as COMMAND DOCS has it for a command.
    package static func entry(_ row: CommandSpec, documentation: RESPValue? = nil) -> String {
        var facts: [(name: String, text: String)] = []
        for field: StaticString in ["summary", "complexity", "since"] {
            if let value = documentation?[field: field] { facts.append(("\(field)", value.text)) }
        }
        facts += [("group", row.group.rawValue), ("routed", routing(row))]
        if let across = acrossSlots(row) { facts.append(("over slots", across)) }
        if let block = row.block {
            facts += [("blocked", "on a cluster, because \(block.reason)"), ("instead", "\(block.instead)")]
        }
        if !row.isHarmless { facts.append(("read-only", "refused in a read-only session")) }
        return syntaxLine(row)
            + facts.map { name, text in
                let label = "  \(name)\(String(repeating: " ", count: labelWidth - name.count))"
                return label + text.wrapped(indent: labelWidth + 2).joined(separator: "\n") + "\n"
            }.joined()
    }

    private static let labelWidth = 12

    private static func syntaxLine(_ row: CommandSpec) -> String {
        let syntax = row.syntax.utf8CodeUnitCount == 0 ? "\(row.name)" : "\(row.name) \(row.syntax)"
        return "  \(syntax.wrapped(indent: 6).joined(separator: "\n"))\n"
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

    /// What is done with keys of several slots; nil for a command that has at most one key.
    private static func acrossSlots(_ row: CommandSpec) -> String? {
        switch row.crossSlot {
        case .refuse: row.keys.mayBeSeveral ? "refused: all its keys have to share a slot" : nil
        case .split(.valuesInOrder): "asked slot by slot; the values come in the order of the keys"
        case .split(.sum): "done slot by slot; the counts are added up"
        case .split(.allSucceeded): "done slot by slot"
        case .setUnlessAny: "done slot by slot, and taken back when one of the keys is there"
        case .pop: "tried key by key until one has something to pop"
        case .streams: "each stream is read at its own node"
        case .transfer(.copy): "the value goes to the other slot by DUMP and RESTORE"
        case .transfer: "the value goes to the other slot by DUMP and RESTORE; then the original is deleted"
        case .move: "the element goes to the other slot by way of a private key"
        case .sets: "each slot's node combines the sets it has; their results are combined"
        case .gather: "keys are copied to one slot for the time of the command"
        case .sort: "the patterns are followed to keys of any slot"
        }
    }
}
