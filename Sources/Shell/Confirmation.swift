import Commands
import Engine
import Presentation
import RESP
import Routing

/// The question in front of a command that destroys much.
enum Confirmation {
    /// Names the command, the nodes it reaches and the keys they hold; nil when there is nothing to ask, because the
    /// command destroys little or is refused anyway.
    static func question(for command: Command, row: CommandSpec?, engine: Engine) -> String? {
        guard let row, let destruction = row.destruction else { return nil }
        let name = "\(row.name)"
        guard !engine.transaction.isInBlock else { return "\(name) will be queued in the transaction. Continue?" }
        do {
            engine.ensureTopology()
            let reach: String
            let nodes: [NodeAddress]
            switch try engine.plan(for: command) {
            case .fanOut(let plan):
                // What replicas hold is what their masters hold.
                let masters = plan.nodes.filter { $0.role == .master }
                nodes = (masters.isEmpty ? plan.nodes : masters).map(\.address)
                reach = count(plan.nodes.count, masters.count == plan.nodes.count ? "master" : "node")
            case .single(let plan):
                nodes = [address(of: plan.request.route, engine)]
                reach = command.target == nil ? "\(nodes[0])" : "one node"
            case .iterate, .randomKey, .crossSlot:
                return "\(name) is destructive. Continue?"
            }
            let keys = self.keys(destruction, by: command, at: nodes, engine)
            return "\(name) affects \(reach)\(keys.map { " with \($0)" } ?? ""). Continue?"
        } catch {
            return ExitStatus(error) == .error ? nil : "\(name) is destructive. Continue?"
        }
    }

    private static func address(of route: Route, _ engine: Engine) -> NodeAddress {
        switch route {
        case .node(let node, _): node
        case .slot(let slot): engine.map.owners[slot] ?? engine.map.home
        case .home: engine.map.home
        }
    }

    /// How many keys there are, in words; nil where they do not matter. On a cluster, too, there may be several databases.
    private static func keys(
        _ destruction: Destruction, by command: Command, at nodes: [NodeAddress], _ engine: Engine
    ) -> String? {
        let databases: Set<Int>?
        switch destruction {
        case .noKeys: return nil
        case .everything: databases = nil
        case .database: databases = [engine.session.database]
        case .namedDatabases: databases = Set(command.arguments.dropFirst().compactMap(\.integer))
        }
        let known = engine.ask(nodes, for: ["INFO", "keyspace"])
            .compactMap { (try? $0.get()).flatMap { Keyspace(info: $0) } }
            .map { keyspace in databases?.compactMap { keyspace.keys[$0] }.sum ?? keyspace.total }
        guard !known.isEmpty else { return "an unknown number of keys" }
        return (known.count == nodes.count ? "" : "at least ") + count(known.sum, "key")
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
    }
}
