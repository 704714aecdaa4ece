package import Commands
package import RESP
package import Routing

/// What `:explain` says about a command: keys, slots, nodes, steps, whether it is atomic, and what will not work.
package struct PlanDescription: Sendable {
    private struct Key {
        let name: ByteString
        let slot: HashSlot
        let owner: NodeAddress?

        /// The part of the name that is hashed; nil if it is the whole name.
        var tag: ByteString? {
            let tag = HashSlot.hashTag(of: name)
            return tag.count < name.count ? ByteString(tag) : nil
        }

        var text: String {
            "\(Quoting.utf8.text(name)) in slot \(slot.number)\(owner.map { " at \($0)" } ?? "")"
                + (tag.map { ", hash tag \(Quoting.utf8.text($0))" } ?? "")
        }

        var value: RESPValue {
            .map([
                .bulk("key"), .bulk(name), .bulk("slot"), .integer(slot.number), .bulk("node"),
                .text(owner?.description),
            ])
        }
    }

    /// A node in words, and its address if it is certain which node it is.
    private struct Place {
        let text: String
        let address: NodeAddress?
    }

    private var keys: [Key] = []
    /// True if what the server treats as a key is the cursor of an iteration (CLUSTERSCAN).
    private let isCursor: Bool
    private var nodes: [Place] = []
    private var steps: [String] = []
    private var trips: Int?
    private var reply: String?
    /// Nil for a command that is atomic.
    private var obstacle: String?
    /// Things that the user may not expect.
    private var warnings: [String] = []

    /// - Parameters:
    ///   - map: what is known of the nodes and the slots.
    ///   - isInTransaction: true between MULTI and EXEC.
    ///   - refusal: why the session's node does not say whether it is in a cluster; nil where it does.
    package init(
        _ command: Command, row: CommandSpec?, plan: Plan, map: ClusterMap, isInTransaction: Bool,
        refusal: String? = nil
    ) {
        isCursor = row?.flags.contains(.namesKeys) == true
        if let refusal {
            warnings.append("\(map.home) does not say whether it is in a cluster: \(refusal)")
        }
        if isInTransaction { warnings.append("a transaction is open, so it would be queued there") }
        for index in row?.keys.indexes(in: command.arguments) ?? [] {
            let key = command.arguments[index]
            let slot = HashSlot(key: key)
            keys.append(Key(name: key, slot: slot, owner: map.isStandalone ? map.home : map.owners[slot]))
        }
        switch plan {
        case .single where row?.conduct != nil && map.topology != nil && command.target == nil:
            steps = row?.conduct.map { ["\($0)"] } ?? []
        case .single(let plan):
            nodes = [
                plan.tells == .ofItsSubscribers
                    ? Place(text: "any node, chosen at random", address: nil) : Self.place(plan.request.route, map)
            ]
            steps = ["1 request"]
            trips = 1
            switch plan.tells {
            case .ofAll: break
            case .ofItsSubscribers: reply = "counts the subscribers of that node only"
            case .ofItself(let count): reply = "of that node only, one of \(count)"
            }
            if row?.effect.changesConnections(command.arguments) == true {
                obstacle = "each connection of the session changes before its next command"
            }
            if case .node(let node, let asReplica) = plan.request.route { warn(of: [(node, asReplica)], map) }
            let slots = Set(keys.map(\.slot)).count
            if slots > 1, !map.isStandalone {
                warnings.append("the keys are in \(slots) slots, and a node of a cluster will reply with CROSSSLOT")
            }
        case .fanOut(let plan):
            nodes = plan.nodes.map(Self.place)
            steps = [plan.nodes.count == 1 ? "1 request" : "\(plan.nodes.count) requests in parallel"]
            trips = 1
            reply = row.map { CommandHelp.reply(to: plan.policy) ?? "\($0.name)" } ?? "one reply per node"
            if plan.nodes.count > 1 { obstacle = "each node runs it independently" }
            warn(of: plan.nodes.map { ($0.address, $0.role == .replica && plan.readsKeys) }, map)
        case .randomKey(let plan):
            nodes = plan.masters.map(Self.place)
            steps = ["DBSIZE on all masters in parallel", "RANDOMKEY on one of them"]
            trips = 2
            obstacle = "keys may be added or removed in between"
        case .crossSlot(let plan, let slots):
            var known: Set<NodeAddress> = []
            nodes = keys.compactMap(\.owner).filter { known.insert($0).inserted }.map {
                Place(text: "\($0) master", address: $0)
            }
            steps = plan.outline.steps
            trips = plan.outline.roundTrips
            obstacle = slots > 1 ? "the keys are in \(slots) slots" : "the patterns can refer to keys in any slot"
        case .iterate(let plan):
            nodes = plan.places.map { Self.place($0, map) }
            steps = ["one request per node and batch, until every cursor returns to 0"]
            obstacle = "changes made meanwhile may or may not be seen"
        }
    }

    /// Warns about nodes that a target names but that do not serve the keys: their redirects are shown, not followed.
    private mutating func warn(of nodes: [(address: NodeAddress, asReplica: Bool)], _ map: ClusterMap) {
        guard let topology = map.topology, let key = keys.first, let owner = key.owner else { return }
        let replicas = topology.shards.first { $0.master?.address == owner }?.nodes.map(\.address) ?? []
        let others = nodes.filter { $0.address != owner && !($0.asReplica && replicas.contains($0.address)) }
        guard !others.isEmpty else { return }
        let subject = others.count == 1 ? "\(others[0].address) does" : "\(others.count) of the nodes do"
        warnings.append(
            "\(subject) not serve slot \(key.slot.number), and will reply with MOVED to \(owner), which is not followed"
        )
    }

    private static func place(_ node: Node) -> Place {
        Place(text: "\(node.address) \(node.role.rawValue)", address: node.address)
    }

    private static func place(_ route: Route, _ map: ClusterMap) -> Place {
        let (node, role) =
            switch route {
            case .slot where map.isStandalone: (map.home, "a standalone server")
            case .slot(let slot):
                map.owners[slot].map { ($0, "which owns slot \(slot.number)") }
                    ?? (map.home, "which may redirect slot \(slot.number)")
            case .home: (map.home, "the session's node")
            case .node(let node, let asReplica): (node, asReplica ? "reading from the replica" : "")
            }
        return Place(text: role.isEmpty ? "\(node)" : "\(node), \(role)", address: node)
    }

    private var stepsAndTrips: [String] {
        guard let trips, obstacle == nil || steps.count == 1 else { return steps }
        return steps.dropLast() + ["\(steps.last ?? ""), \(trips.of("round trip"))"]
    }

    /// One line per fact, each starting with its name.
    package func text(in window: Window) -> String {
        var lines: [(name: String, text: String)] = keys.map { (isCursor ? "cursor" : "key", $0.text) }
        lines += nodes.map { ("node", $0.text) }
        lines += stepsAndTrips.map { ("step", $0) }
        if let trips, stepsAndTrips == steps { lines.append(("trips", "\(trips) if nothing interferes")) }
        if let reply { lines.append(("reply", reply)) }
        if let obstacle {
            lines.append(("atomic", "no: \(obstacle)"))
        } else if !nodes.isEmpty {
            lines.append(("atomic", "yes, on that node"))
        }
        lines += warnings.map { ("but", $0) }
        let column = 2 + (lines.map(\.name.count).max() ?? 0) + 2
        return lines.map { $0.text.named($0.name, at: column, in: window.textColumns) }.joined()
    }

    /// The same for programs.
    package var value: RESPValue {
        func list(_ texts: [String]) -> RESPValue { .array(texts.map { .text($0) }) }
        return .map([
            .bulk("keys"), .array(isCursor ? [] : keys.map(\.value)), .bulk("nodes"),
            list(nodes.compactMap { $0.address?.description }), .bulk("steps"), list(steps),
            .bulk("trips"), .number(trips), .bulk("reply"), .text(reply), .bulk("atomic"), .boolean(obstacle == nil),
            .bulk("because"), .text(obstacle), .bulk("warnings"), list(warnings),
        ])
    }
}
