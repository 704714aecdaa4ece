import Options
import Commands
import Engine
import Glibc
import Presentation
import RESP
import Routing
import Terminal
import Transport

/// The question before a destructive command.
enum Confirmation {
    static func prompt(_ question: String, in session: Session) -> String {
        let answers =
            switch session.configuration.confirmation {
            case .none, .ask: "(y/N)"
            case .name: "(type \(session.clusterName))"
            }
        let lines = "\(question) \(answers)".wrapped(at: session.presenter.window.textColumns - 2)
        return lines.joined(separator: "\n") + " "
    }

    static func refusal(of command: Command, row: CommandSpec?) -> String {
        "\(command.title(row)) was not sent."
    }

    static func isYes(_ answer: ByteString, in session: Session) -> Bool {
        switch session.configuration.confirmation {
        case .none, .ask: answer.matches("y") || answer.matches("yes")
        case .name: answer.text == session.clusterName
        }
    }

    /// True where destructive commands need confirmation, if there is anyone to ask.
    static func isWanted(in session: Session) -> Bool {
        session.configuration.confirmation != .none && session.dialect.asksBeforeDamage
    }

    /// Lets a command on the command line ask, if someone is there to see the question and answer it. A script usually
    /// has its stdin or stdout redirected, and can always use `--yes`.
    static func ask(in session: Session) {
        guard isWanted(in: session), Terminal.isTerminal(STDIN_FILENO), Terminal.isTerminal(STDOUT_FILENO)
        else { return }
        session.confirm = { question in
            Terminal.discardInput()
            session.output.write(prompt(question, in: session))
            session.output.flush()
            var reader = LineReader(descriptor: STDIN_FILENO)
            return reader.next().map { isYes(ByteString($0), in: session) } ?? false
        }
    }

    /// Names the command, the nodes it reaches and the keys they hold; nil when there is nothing to ask, because the
    /// command destroys little or will be refused.
    static func question(for command: Command, row: CommandSpec?, engine: Engine) -> String? {
        if row?.effect == .exec { return question(forBlockOf: engine) }
        // What is only queued may still be discarded, or refused: EXEC asks.
        guard let row, let destruction = row.destruction(by: command.arguments), !engine.transaction.isInBlock
        else { return nil }
        let name = "\(row.name)"
        do {
            engine.ensureTopology()
            guard !isRefused(destruction, by: engine) else { return nil }
            let reach: String
            let nodes: [NodeAddress]
            switch try engine.plan(for: command) {
            case .fanOut(let plan):
                // Replicas hold the same keys as their masters.
                let masters = plan.nodes.filter { $0.role == .master }
                nodes = (masters.isEmpty ? plan.nodes : masters).map(\.address)
                reach = plan.nodes.count.of(masters.count == plan.nodes.count ? "master" : "node")
            case .single(let plan):
                nodes = [address(of: plan.request.route, engine)]
                reach = "\(nodes[0])"
            case .iterate, .randomKey, .crossSlot:
                return "\(name) is destructive. Continue?"
            }
            let keys = self.keys(destruction, by: command, at: nodes, engine).map { " with \($0)" }
            let loss = destruction == .unreplicatedWrites ? " and may lose writes" : ""
            return "\(name) affects \(reach)\(keys ?? loss). Continue?"
        } catch {
            return ExitStatus(error) == .error ? nil : "\(name) is destructive. Continue?"
        }
    }

    /// Names the commands of the open block that destroy something.
    private static func question(forBlockOf engine: Engine) -> String? {
        guard engine.transaction.goesOn else { return nil }
        var names: [String] = []
        for item in engine.queue.queued {
            guard let row = engine.row(for: item.command), !names.contains("\(row.name)"),
                let destruction = row.destruction(by: item.command.arguments), !isRefused(destruction, by: engine)
            else { continue }
            names.append("\(row.name)")
        }
        guard !names.isEmpty else { return nil }
        var place = ""
        if case .open(let pin) = engine.transaction { place = " at \(pin.node)" }
        return "EXEC will execute \(names.joined(separator: ", "))\(place). Continue?"
    }

    /// A cluster refuses SWAPDB and REPLICAOF.
    private static func isRefused(_ destruction: Destruction, by engine: Engine) -> Bool {
        (destruction == .namedDatabases || destruction == .replacedData) && engine.map.topology != nil
    }

    private static func address(of route: Route, _ engine: Engine) -> NodeAddress {
        switch route {
        case .node(let node, _): node
        case .slot(let slot): engine.map.owners[slot] ?? engine.map.home
        case .home: engine.map.home
        }
    }

    /// How many keys there are, in words; nil where it does not matter. Even a cluster may have several databases.
    private static func keys(
        _ destruction: Destruction, by command: Command, at nodes: [NodeAddress], _ engine: Engine
    ) -> String? {
        let databases: Set<Int>?
        switch destruction {
        case .functions, .unreplicatedWrites: return nil
        case .slots:
            // The keys of a range would have to be counted slot by slot.
            let slots = command.arguments.filter { $0.integer != nil }
            guard slots.count == 1 else { return nil }
            let answer = try? engine.ask(nodes[0], for: ["CLUSTER", "COUNTKEYSINSLOT", slots[0]]).get()
            return answer?.amount.map { $0.of("key") } ?? "an unknown number of keys"
        case .everything, .replacedData: databases = nil
        case .database: databases = [engine.session.database]
        case .namedDatabases: databases = Set(command.arguments.dropFirst().compactMap(\.integer))
        }
        let answers = engine.ask(nodes, for: ["INFO", "keyspace"]).map { try? $0.get() }
        let known = answers.compactMap { $0.flatMap { Keyspace(info: $0) } }
            .map { keyspace in databases?.compactMap { keyspace.keys[$0] }.sum ?? keyspace.total }
        let count =
            known.isEmpty
            ? "an unknown number of keys" : (known.count == nodes.count ? "" : "at least ") + known.sum.of("key")
        let silent = zip(nodes, answers).filter { $1 == nil }.map(\.0)
        return switch silent.count {
        case 0: count
        case 1: "\(count). \(silent[0]) does not answer and may keep its keys"
        default: "\(count). \(silent.count) of them do not answer and may keep their keys"
        }
    }
}
