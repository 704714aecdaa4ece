package import Commands
package import RESP
package import Routing
package import Transport

/// Runs commands on a server or a cluster: finds out what is behind the seeds, makes plans, carries them out.
package final class Engine {
    package var router = Router()
    /// Seconds for which a keyed command is tried again while its master is away.
    package var retryFor = 30.0
    /// What the user should know but is no data.
    package var onNote: (Note) -> Void = { _ in }
    /// A push that belongs to no subscription (client-side caching).
    package var onPush: (RESPValue) -> Void = { _ in }
    /// Seconds between the calls of an iterator.
    package var iterationInterval = 0.0
    /// Where Ctrl-C arrives; nil when it simply ends the process.
    package var signals: SignalPipe?

    package internal(set) var map: ClusterMap
    package internal(set) var transaction = TransactionState.none
    let pool: NodePool
    /// Rows learned from the server for words that the table does not have.
    private var learned: [[ByteString]: CommandSpec?] = [:]

    /// - Parameter seeds: addresses of which the first that answers is used; at least one.
    package init(seeds: [NodeAddress], settings: ConnectionSettings) {
        map = ClusterMap(seeds: seeds)
        pool = NodePool(settings: settings)
    }

    package var settings: ConnectionSettings { pool.settings }

    /// Runs a command to its end.
    ///
    /// - Parameter emit: called with the elements that an iterator (SCAN_ITER and its kind) finds, as they come.
    /// - Throws: ``CommandFailure`` when no reply can be had.
    package func run(
        _ command: Command, emit: ([RESPValue]) -> Void = { _ in }
    ) throws(CommandFailure) -> Reply {
        hasBeenInterrupted = false
        if map.isStale { refreshTopology() }
        let row = row(for: command)
        if let reply = try runInTransaction(command, row: row) { return reply }
        let plan = try plan(for: command, row: row)
        do {
            let reply = try carryOut(plan, emit: emit)
            apply(row?.effect ?? .none, of: command, reply)
            return reply
        } catch .unknownOutcome(_, _) where row?.effect == .shutdown {
            // A server that shuts down closes the connection in place of a reply.
            return Reply(body: .streamed, outcome: .succeeded)
        }
    }

    /// The plan of a command, without running anything; asks for the topology if the plan depends on it.
    package func plan(for command: Command) throws(CommandFailure) -> Plan {
        try plan(for: command, row: row(for: command))
    }

    /// The row of a command: the table's, or one learned from the server, which may know the word alone or together
    /// with the next one as a subcommand.
    package func row(for command: Command) -> CommandSpec? {
        if let row = CommandTable.row(for: command.arguments) { return row }
        guard map.topology != nil, command.target == nil, !router.isDirect else { return nil }
        let words = command.arguments.prefix(2).map(\.uppercased)
        if let row = learned[words] { return row }
        let names = words.count > 1 ? [words[0] + "|" + words[1], words[0]] : words
        let question = Request(arguments: ["COMMAND", "INFO"] + names, route: .home, isReadonly: true)
        guard case .reply(let info, _) = exchange([question]).first else { return nil }
        let row = info.elements.lazy.compactMap { CommandSpec(commandInfo: $0) }.first { _ in true }
        learned[words] = .some(row)
        return row
    }

    /// Finds out whether there is a cluster, if that is not known yet. False when no node could tell.
    @discardableResult
    package func ensureTopology() -> Bool {
        if case .unknown = map.view, !router.isDirect { return refreshTopology() }
        return true
    }

    /// Makes the first connection and finds out what is there.
    ///
    /// - Throws: `.unreachable` or `.noSeed` when no seed answers.
    package func connect() throws(CommandFailure) {
        guard router.isDirect else {
            try requireTopology()
            return
        }
        let ping = Request(arguments: ["PING"], route: .home, isReadonly: true)
        if case .failure(let failure) = exchange([ping])[0] { throw failure }
    }

    /// Ends all connections and begins anew at other seeds.
    package func reconnect(to seeds: [NodeAddress]) {
        pool.closeAll()
        transaction = .none
        map = ClusterMap(seeds: seeds)
    }

    // MARK: Carrying out

    private func plan(for command: Command, row: CommandSpec?) throws(CommandFailure) -> Plan {
        if let plan = try route(command, row: row) { return plan }
        try requireTopology()
        if let plan = try route(command, row: row) { return plan }
        // Nobody could tell what is there (a server that refuses CLUSTER to this user): as on a standalone server.
        let view = map.view
        defer { map.view = view }
        map.view = .standalone
        return try route(command, row: row) ?? .single(SinglePlan(Request(arguments: command.arguments, route: .home, isReadonly: false)))
    }

    private func route(_ command: Command, row: CommandSpec?) throws(CommandFailure) -> Plan? {
        try router.plan(for: command, row: row, view: map.view, owners: map.owners, home: map.home)
    }

    func carryOut(_ plan: Plan, emit: ([RESPValue]) -> Void) throws(CommandFailure) -> Reply {
        var plan = plan
        var outcomes: [RequestOutcome] = []
        while true {
            switch plan.advance(outcomes) {
            case .send(let requests, let emitting):
                if !emitting.isEmpty { emit(emitting) }
                if !outcomes.isEmpty, iterationInterval > 0 { Poller.sleep(seconds: iterationInterval) }
                outcomes = exchange(requests)
            case .finish(let reply, let emitting):
                if !emitting.isEmpty { emit(emitting) }
                return reply
            case .fail(let failure): throw failure
            }
        }
    }

    func exchange(_ requests: [Request]) -> [RequestOutcome] {
        Exchange(self, requests).run()
    }

    /// True when Ctrl-C ended the last command.
    package private(set) var hasBeenInterrupted = false

    /// True when Ctrl-C was pressed since the last call.
    package func wasInterrupted() -> Bool {
        hasBeenInterrupted = signals?.drain().contains(.interrupt) ?? false
        return hasBeenInterrupted
    }

    // MARK: What a command does to the session

    private func apply(_ effect: SessionEffect, of command: Command, _ reply: Reply) {
        guard reply.outcome != .failed, command.target == nil else { return }
        let arguments = command.arguments
        let before = pool.settings
        switch effect {
        case .authenticate:
            pool.settings.credentials = .init(
                user: arguments.count > 2 ? arguments[1] : nil, password: arguments[arguments.count - 1])
        case .hello: applyHello(arguments)
        case .select: pool.settings.database = arguments[1].integer ?? 0
        case .setName: pool.settings.clientName = arguments[2].isEmpty ? nil : arguments[2]
        case .reset:
            pool.settings.protocolVersion = 2
            pool.settings.database = 0
            pool.settings.clientName = nil
        case .none, .multi, .exec, .discard, .watch, .unwatch, .subscribe, .unsubscribe, .monitor, .shutdown, .silence:
            return
        }
        // The connection that ran the command has the new state; CLIENT SETNAME went to all of them.
        if pool.settings != before, effect != .setName { pool.closeAll(except: map.home) }
    }

    /// HELLO [version [AUTH user password] [SETNAME name]]
    private func applyHello(_ arguments: [ByteString]) {
        guard arguments.count > 1, let version = arguments[1].integer else { return }
        pool.settings.protocolVersion = version
        var index = 2
        while index < arguments.count {
            if arguments[index].matches("AUTH"), index + 2 < arguments.count {
                pool.settings.credentials = .init(user: arguments[index + 1], password: arguments[index + 2])
                index += 3
            } else if arguments[index].matches("SETNAME"), index + 1 < arguments.count {
                pool.settings.clientName = arguments[index + 1]
                index += 2
            } else {
                index += 1
            }
        }
    }
}
