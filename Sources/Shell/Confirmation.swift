import Commands
import Engine
import Presentation
import RESP
import Routing

/// The question in front of a command that destroys much.
enum Confirmation {
    /// Names the command, the nodes it reaches and the keys they hold; nil when the command would be refused anyway.
    static func question(for command: Command, engine: Engine) -> String? {
        engine.ensureTopology()
        guard let plan = try? engine.plan(for: command) else { return nil }
        let name = command.name.uppercased.text
        switch plan {
        case .fanOut(let plan):
            let masters = plan.nodes.count { $0.role == .master }
            let kinds = masters == plan.nodes.count ? "master" : "node"
            return "\(name) reaches \(count(plan.nodes.count, kinds)) with \(keys(engine)). Go on?"
        case .single, .iterate:
            let place = command.target == nil ? "\(engine.map.home)" : "one node"
            return "\(name) reaches \(place) with \(keys(engine, at: command.target)). Go on?"
        }
    }

    private static func keys(_ engine: Engine, at target: Target? = .masters) -> String {
        let reply = try? engine.run(Command(["DBSIZE"], target: target))
        let replies: [RESPValue] =
            switch reply?.body {
            case .value(let value): [value]
            case .perNode(let nodes): nodes.compactMap(\.value)
            case .streamed, nil: []
            }
        guard !replies.isEmpty else { return "an unknown number of keys" }
        return count(replies.compactMap(\.integer).reduce(0, +), "key")
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
    }
}
