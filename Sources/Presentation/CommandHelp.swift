package import Commands
import RESP

/// What `help` prints about a command: its syntax, and where slotline sends it.
package enum CommandHelp {
    /// For lists of commands: the syntax, and below it the server's summary, if it has one.
    ///
    /// - Parameter width: columns that a line may take.
    package static func line(_ entry: Vocabulary.Entry, width: Int = 80) -> String {
        let summary = entry.summary?.wrapped(at: width, indent: 4).joined(separator: "\n")
        return VisibleText.text(syntaxLine(entry, width) + (summary.map { "    \($0)\n" } ?? ""))
    }

    /// Everything about one command.
    ///
    /// - Parameters:
    ///   - learned: the row of a command that the table lacks, if one could be built.
    ///   - width: columns that a line may take.
    package static func entry(
        _ entry: Vocabulary.Entry, learned: CommandSpec? = nil, width: Int = 80
    ) -> String {
        var facts: [(name: String, text: String)] = []
        for field: StaticString in ["summary", "complexity", "since"] {
            if let value = entry.documentation?[field: field] { facts.append(("\(field)", value.text)) }
        }
        if let group = entry.group { facts.append(("group", group)) }
        if let row = entry.row ?? learned { facts += self.facts(of: row) }
        if !entry.isAvailable { facts.append(("server", "does not have this command")) }
        let text =
            syntaxLine(entry, width)
            + facts.map { $0.text.named($0.name, at: textColumn, in: width) }.joined()
        // Much of this text comes from the server.
        return VisibleText.text(text)
    }

    /// What slotline does with a command.
    private static func facts(of row: CommandSpec) -> [(name: String, text: String)] {
        // The conduct of a command without keys replaces its routing.
        let isRouted = row.conduct == nil || !row.keys.isEmpty
        var facts = isRouted ? [(name: "routed", text: routing(row))] : []
        if let across = acrossSlots(row) { facts.append(("cross-slot", across)) }
        if let block = row.block {
            facts += [("blocked", "on a cluster, because \(block.reason)"), ("instead", "\(block.instead)")]
        }
        if let conduct = row.conduct { facts.append(("on cluster", "\(conduct)")) }
        if !row.isHarmless {
            let words = row.wordsThatWrite.map { " with \($0.words.alternatives)" } ?? ""
            facts.append(("read-only", "refused in a read-only session\(words)"))
        }
        return facts
    }

    /// The column in which the text of a fact starts.
    private static let textColumn = 14

    private static func syntaxLine(_ entry: Vocabulary.Entry, _ width: Int) -> String {
        "  \(entry.usage.wrapped(at: width, indent: 6).joined(separator: "\n"))\n"
    }

    /// In words: which nodes the command goes to, and how their replies are combined.
    package static func routing(_ row: CommandSpec) -> String {
        let nodes =
            switch row.request {
            case .keyed: row.keys.isEmpty ? "to one node" : "to the master of its key's slot"
            case .slot: "to the owner of the given slot"
            case .anyNode: "to one node"
            case .sessionNode: "to the session's node only; with @all to every node"
            case .randomNode: "to one random node"
            case .weightedMaster: "to one random master, weighted by its number of keys"
            case .masters: "to all masters"
            case .allNodes: "to all nodes"
            }
        guard let merge = reply(to: row.response) else {
            return row.iterates.map { "\(nodes); repeats \($0) until the cursor returns to 0" } ?? nodes
        }
        return "\(nodes); \(row.iterates.map { "repeats \($0) until every cursor returns to 0" } ?? merge)"
    }

    /// How the replies of several nodes are combined, in words; nil if there is only one.
    static func reply(to policy: ResponsePolicy) -> String? {
        switch policy {
        case .single: nil
        case .perNode: "one reply per node"
        case .perNodeOneSucceeded: "one reply per node; succeeds if any node succeeds"
        case .union: "all elements, without duplicates"
        case .sortedUnion: "all elements, sorted, without duplicates"
        case .sum: "the sum"
        case .sumOfMasters: "the sum over the masters"
        case .sumByField: "one sum per name"
        case .minimum: "the minimum"
        case .logicalAnd: "1 where all nodes reply 1"
        case .allSucceeded: "one reply if all nodes succeed"
        case .oneSucceeded: "one reply if any node succeeds"
        }
    }

    /// What happens with keys in several slots; nil for a command with at most one key.
    package static func acrossSlots(_ row: CommandSpec) -> String? {
        switch row.crossSlot {
        case .refuse where row.keys.mayBeSeveral:
            "refused: \(row.oneSlotReason.map { "\($0)" } ?? "all keys must be in the same slot")"
        case .refuse: nil
        case .split(.valuesInOrder): "split by slot; values are returned in the order of the keys"
        case .split(.sum): "split by slot; the counts are added up"
        case .split(.allSucceeded), .split(.allSet): "split by slot"
        case .setByCondition: "split by slot; with NX undone if one of the keys already exists, with XX refused"
        case .setUnlessAny: "split by slot, and undone if one of the keys already exists"
        case .pop: "tries key after key until one has an element to pop"
        case .streams: "reads each stream from its own node"
        case .transfer(.copy): "copies the value to the other slot with DUMP and RESTORE"
        case .transfer: "copies the value to the other slot with DUMP and RESTORE, then deletes the original"
        case .move: "moves the elements to the other slot through a temporary key"
        case .sets: "each node combines the sets in its slots; slotline combines the results"
        case .gather: "copies the keys to one slot for the duration of the command"
        case .sort: "follows the patterns to keys in any slot"
        }
    }
}
