package import Commands
import RESP
package import Routing

/// What `:explain` prints: keys, slots, nodes, steps, and whether the command is atomic.
package enum PlanText {
    /// - Parameters:
    ///   - owners: the slot owners known so far.
    ///   - home: the node for commands without a key.
    package static func describe(
        _ command: Command, row: CommandSpec?, plan: Plan, owners: SlotMap, home: NodeAddress
    ) -> String {
        var lines: [(name: String, text: String)] = []
        for index in row?.keys.indexes(in: command.arguments) ?? [] {
            let key = command.arguments[index]
            let slot = HashSlot(key: key)
            let tag = HashSlot.hashTag(of: key)
            let hashed = tag.count < key.count ? ", hash tag \(Quoting.utf8.text(ByteString(tag)))" : ""
            let owner = owners[slot].map { " at \($0)" } ?? ""
            lines.append(("key", "\(Quoting.utf8.text(key)) in slot \(slot.number)\(owner)\(hashed)"))
        }
        switch plan {
        case .single(let plan):
            lines.append(("node", place(plan.request.route, owners: owners, home: home)))
            lines.append(("steps", "1 request, 1 round trip"))
            lines.append(("atomic", "yes, on that node"))
        case .fanOut(let plan):
            lines += plan.nodes.map { ("node", "\($0.address) \($0.role.rawValue)") }
            lines.append(("steps", "\(plan.nodes.count) requests in parallel, 1 round trip"))
            lines.append(
                ("reply", row.map { CommandHelp.reply(to: plan.policy) ?? "\($0.name)" } ?? "one reply per node"))
            lines.append(("atomic", plan.nodes.count == 1 ? "yes" : "no: each node runs it independently"))
        case .randomKey(let plan):
            lines += plan.masters.map { ("node", "\($0.address) \($0.role.rawValue)") }
            lines.append(("steps", "DBSIZE on all masters in parallel, then RANDOMKEY on one of them, 2 round trips"))
            lines.append(("atomic", "no: keys may be added or removed in between"))
        case .crossSlot(let plan, let slots):
            lines += plan.outline.steps.map { ("step", $0) }
            lines.append(("trips", "\(plan.outline.roundTrips) if nothing interferes"))
            let place = slots > 1 ? "the keys are in \(slots) slots" : "the patterns can refer to keys in any slot"
            lines.append(("atomic", "no: \(place)"))
        case .iterate(let plan):
            lines += plan.places.map { ("node", place($0, owners: owners, home: home)) }
            lines.append(("steps", "one request per node and batch, until every cursor returns to 0"))
            lines.append(("atomic", "no: changes made meanwhile may or may not be seen"))
        }
        let width = lines.map(\.name.count).max() ?? 0
        return lines.map { line in
            "  \(line.name)\(String(repeating: " ", count: width - line.name.count))  \(line.text)\n"
        }.joined()
    }

    private static func place(_ route: Route, owners: SlotMap, home: NodeAddress) -> String {
        switch route {
        case .slot(let slot): "\(owners[slot] ?? home), which owns slot \(slot.number)"
        case .home: "\(home), the session's node"
        case .node(let node, let asReplica): asReplica ? "\(node), reading from the replica" : "\(node)"
        }
    }
}
