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
        guard let row, row.flags.contains(.destructive) else { return nil }
        let name = "\(row.name)"
        guard !engine.transaction.isInBlock else { return "\(name) goes into the transaction. Go on?" }
        do {
            engine.ensureTopology()
            switch try engine.plan(for: command) {
            case .fanOut(let plan):
                let isMasters = plan.nodes.allSatisfy { $0.role == .master }
                let reach = count(plan.nodes.count, isMasters ? "master" : "node")
                return "\(name) reaches \(reach) with \(keys(engine, at: .masters)). Go on?"
            case .single, .iterate, .randomKey, .crossSlot:
                let place = command.target == nil ? "\(engine.map.home)" : "one node"
                let isOneDatabase = name == "FLUSHDB" || engine.map.topology != nil || command.target != nil
                let keys = isOneDatabase ? keys(engine, at: command.target) : keysOfAllDatabases(engine)
                return "\(name) reaches \(place) with \(keys). Go on?"
            }
        } catch {
            return ExitStatus(error) == .error ? nil : "\(name) destroys much. Go on?"
        }
    }

    /// - Returns: the keys of a server that is no cluster.
    private static func keysOfAllDatabases(_ engine: Engine) -> String {
        guard case .success(let reply) = engine.ask(engine.map.home, for: ["INFO", "keyspace"]), !reply.isError else {
            return unknown
        }
        // db0:keys=1,expires=0,avg_ttl=0
        let counts = reply.text.split(whereSeparator: \.isNewline)
            .compactMap { $0.firstMatch(of: #/^db\d+:keys=(\d+)/#).flatMap { Int($0.1) } }
        return count(counts.reduce(0, +), "key")
    }

    private static let unknown = "an unknown number of keys"

    /// - Parameter target: nil for the node that the session was opened on, and none beside it.
    private static func keys(_ engine: Engine, at target: Target?) -> String {
        let reply =
            target == nil
            ? try? Reply(engine.ask(engine.map.home, for: ["DBSIZE"]).get())
            : try? engine.run(Command(["DBSIZE"], target: target))
        let replies: [RESPValue] =
            switch reply?.body {
            case .value(let value): [value]
            case .perNode(let nodes): nodes.compactMap(\.value)
            case .streamed, nil: []
            }
        guard !replies.isEmpty, replies.allSatisfy({ $0.kind == .integer }) else { return unknown }
        let known = count(replies.compactMap(\.integer).reduce(0, +), "key")
        return reply?.outcome == .succeeded ? known : "at least \(known)"
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
    }
}
