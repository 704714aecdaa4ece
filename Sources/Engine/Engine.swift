import Clock
package import Commands
package import RESP
package import Routing
import Transport

/// Runs commands on a server or a cluster: finds out what is behind the seeds, plans commands and carries them out.
package final class Engine {
    package var router = Router()
    /// Seconds during which a keyed command is retried while its master is down.
    package var retryFor = 30.0
    /// Seconds after which a node that owes a reply counts as silent: the engine gives up on its own question, looks at
    /// the cluster, and tells the user which node it is waiting for.
    package var patience = 1.0
    /// Maximum age, in seconds, of the topology for commands about many nodes and those that destroy an original.
    package var trustedAge = 1.0
    /// Seconds that a reply may take, except to a blocking command; nil for no limit.
    package var replyTimeout: Double?
    /// Servers that a target has named and that are neither seeds nor nodes of their cluster.
    var strangers: Set<NodeAddress> = []
    /// Receives what the user should know that is not data.
    package var onNote: (Note) -> Void = { _ in }
    /// Receives pushes that belong to no subscription (client-side caching), with the node they came from.
    package var onPush: (RESPValue, NodeAddress) -> Void = { _, _ in }
    /// Seconds between the calls of an iterator.
    package var iterationInterval = 0.0
    /// Turns on ``timing``, which adds a small cost to each reply.
    package var measuresTiming = false
    /// Network timing of the last command.
    package internal(set) var timing = NetworkTiming()
    package let loop = Loop()
    /// Called while the user types, whenever the map may have changed: true when a node answers, false when none does.
    package var onConnection: (Bool) -> Void = { _ in }
    private(set) lazy var lookout = Lookout(self)
    /// Until when the prompt keeps looking at the cluster after a connection has ended.
    var isVigilantUntil = Instant.now
    var refreshPace = RefreshPace()
    /// What to tell the user before something is asked of all nodes.
    var missingNodes: Note?
    /// True when Ctrl-C must not interrupt a cross-slot command that could still undo what it has done.
    package var guardsCrossSlotCommands = false
    /// The progress of the running cross-slot command; nil for any other command.
    var progress: Progress?

    package internal(set) var map: ClusterMap
    package internal(set) var transaction = TransactionState.none
    /// What the open or held block contains.
    package internal(set) var queue = TransactionQueue()
    /// What the last block subscribed to, for the caller that then listens.
    package var subscriptionsOfBlock: [Subscriptions.Item] = []
    /// The commands whose replies the last EXEC returned, in order.
    package internal(set) var commandsOfBlock: [Command] = []
    /// Where the nodes behind the first seeds are remembered between runs; nil for nowhere.
    package var cache: TopologyCache?
    let pool: NodePool
    /// The running plan's own connections, as it last used them.
    var lanes: [Int: Link] = [:]
    /// What the server said about words that are not in the table.
    var learned: [ByteString: LearnedWord] = [:]
    /// The last lookup in the table.
    var lastRow: (arguments: [ByteString], row: CommandSpec?)?

    /// - Parameter seeds: at least one address; the first that answers is used.
    package init(seeds: [NodeAddress], settings: ConnectionSettings) {
        map = ClusterMap(seeds: seeds, addresses: settings.addresses)
        pool = NodePool(settings: settings, loop)
        pool.onLostTracking = { [unowned self] in onNote(.trackingLost($0)) }
        pool.isStranger = { [unowned self] in strangers.contains($0) && !map.knows($0) }
    }

    /// What the user has set for the session; every connection is brought up to date with it before its next command.
    package var session: SessionState {
        get { pool.session }
        set { pool.session = newValue }
    }

    /// How connections are made, with what the user has set for the session so far.
    package var settings: ConnectionSettings { pool.currentSettings }

    /// Runs a command to completion.
    ///
    /// - Parameters:
    ///   - inParts: true when the caller also takes the elements of a long reply as they arrive.
    ///   - emit: called with the elements that an iterator (SCAN_ITER and its kind) finds, or those of a long reply, as
    ///     they arrive, and with whether they are the keys and values of a map; returns false when no more are wanted.
    /// - Throws: ``CommandFailure`` when there is no reply.
    package func run(
        _ command: Command, inParts: Bool = false, emit: ([RESPValue], _ isMap: Bool) -> Bool = { _, _ in true }
    ) throws(CommandFailure) -> Reply {
        pool.leavesDatabase = comesBeforeDatabase(command)
        defer { pool.leavesDatabase = false }
        do {
            return try carryOut(command, inParts: inParts, emit: emit)
        } catch let failure where failure.isAboutCredentials {
            guard authenticates(command, row(for: command)) else { throw failure }
            // After its first user was refused, a session can be given another.
            let refused = pool.session.credentials
            pool.session.credentials = nil
            defer { pool.session.credentials = pool.session.credentials ?? refused }
            return try carryOut(command, inParts: inParts, emit: emit)
        }
    }

    /// What an error reply asks for; nil when it is simply the command's reply. Without a user there is nothing to
    /// authenticate again.
    func redirect(_ error: ServerError, from node: NodeAddress) -> Redirect? {
        let redirect = Redirect(error, by: announcer(node))
        let hasUser = pool.session.credentials != nil && !pool.settings.toleratesRefusedUser
        return redirect == .unauthenticated && !hasUser ? nil : redirect
    }

    /// True for AUTH and HELLO with AUTH.
    private func authenticates(_ command: Command, _ row: CommandSpec?) -> Bool {
        guard let row, row.effect == .authenticate || row.effect == .hello else { return false }
        return row.sensitivity.isSecret(command.arguments)
    }

    /// True for a command that decides which user selects the session's database, or that selects another.
    private func comesBeforeDatabase(_ command: Command) -> Bool {
        let row = row(for: command)
        return row?.effect == .select || row?.effect == .reset || authenticates(command, row)
    }

    private func carryOut(
        _ command: Command, inParts: Bool, emit: ([RESPValue], _ isMap: Bool) -> Bool
    ) throws(CommandFailure) -> Reply {
        loop.begin()
        timing = NetworkTiming()
        // There are several seeds because one may be silent. A question finds that out; a command would hang.
        if map.isStale || map.isUnknown && map.seeds.count > 1 && router.routesCommands {
            try refreshUnlessInterrupted(for: command)
        }
        let row = try learnRow(for: command)
        try refuseUntracked(command, row: row)
        if let reply = try runInTransaction(command, row: row) { return reply }
        var plan = try plan(for: command, row: row)
        if plan.isForManyNodes { tellOfMissingNodes() }
        do {
            var interval = 0.0
            if case .iterate = plan { interval = iterationInterval }
            let outerSignals = loop.signals
            if case .crossSlot(let crossSlot, _) = plan {
                if guardsCrossSlotCommands, loop.signals == nil { loop.signals = SignalPipe() }
                progress = Progress(command, row: row, outline: crossSlot.outline, every: patience)
            }
            let retryFor = self.retryFor
            if case .crossSlot(let crossSlot, _) = plan, let timeout = crossSlot.timeout {
                self.retryFor = min(retryFor, timeout)
            }
            defer {
                self.retryFor = retryFor
                _ = loop.takeInterrupt()
                loop.signals = outerSignals
                progress = nil
            }
            let reply = try carryOut(
                { plan.advance($0) }, inParts: inParts && plan.takesParts, take: { plan.take($0, of: $1) },
                follows: plan.follows && interval == 0, follow: { plan.follow($0, of: $1) }, pausing: interval,
                emit: emit)
            if case .crossSlot(_, let slots) = plan, reply.outcome != .failed { onNote(.notAtomic(slots: slots)) }
            if let effect = row?.effect, effect != .none, reply.outcome != .failed, command.target == nil {
                apply(effect, of: command, carriedOutBy: reply.succeededNodes(of: plan) ?? [map.home])
            }
            return reply
        } catch .unknownOutcome where row?.effect == .shutdown {
            // A server that shuts down closes the connection instead of replying.
            return Reply(body: .streamed, outcome: .succeeded)
        }
    }

    /// Finds what cross-slot commands have left behind, and finishes it.
    ///
    /// - Parameter name: what the user calls it.
    /// - Returns: whether everything is settled, and each thing that was found.
    /// - Throws: ``CommandFailure`` when no master could be asked, in a read-only session, or inside a transaction.
    package func recover(as name: String) throws(CommandFailure) -> (reply: Reply, items: [RecoveryItem]) {
        if transaction.isInBlock { throw .notInTransaction(word: name) }
        if router.isReadOnly { throw .readOnly(command: name, alternative: nil) }
        loop.begin()
        try requireTopology()
        askForReplicas(of: map.topology?.masters.map(\.address) ?? [])
        // A standalone server may once have been a cluster node.
        let alone = Shard(slots: [], nodes: [Node(at: map.home)])
        let topology = map.topology ?? Topology(shards: [alone])
        var plan = RecoveryPlan(
            nodes: topology.masters,
            CrossSlotContext(owners: map.owners, topology: topology, privateKeys: PrivateKeys(prefix: router.keyPrefix))
        )
        let reply = try carryOut({ plan.advance($0) })
        return (reply, plan.result)
    }

    /// Looks at a key.
    ///
    /// - Returns: what was found; nil for a missing key, with a null reply, or when the server replied with an error.
    /// - Throws: ``CommandFailure`` when the key's master could not be asked, or inside a transaction.
    package func peek(
        _ key: ByteString, count: Int = KeyPreview.usualCount
    ) throws(CommandFailure) -> (reply: Reply, preview: KeyPreview?) {
        if transaction.isInBlock { throw .notInTransaction(word: ":peek") }
        loop.begin()
        timing = NetworkTiming()
        var plan = PeekPlan(key, count: count)
        let reply = try carryOut({ plan.advance($0) })
        return (reply, plan.result)
    }

    /// Plans a command without running anything; asks for the topology if the plan depends on it.
    package func plan(for command: Command) throws(CommandFailure) -> Plan {
        try plan(for: command, row: try learnRow(for: command))
    }

    /// Finds out whether there is a cluster, if that is not known yet. False when no node could say.
    @discardableResult
    package func ensureTopology() -> Bool {
        if case .unknown = map.view, router.routesCommands { return refreshTopology() }
        return true
    }

    /// Asks for the topology again if the map has turned out to be out of date.
    package func refreshIfStale() {
        if map.isStale { refreshTopology() }
    }

    // MARK: Carrying out

    private func plan(for command: Command, row: CommandSpec?) throws(CommandFailure) -> Plan {
        if case .address(let host, let port) = command.target {
            try keepPassword(from: NodeAddress(host: host, port: port))
        }
        if let block = row?.block, block.isOfOneDatabase, !router.hasDatabases { router.hasDatabases = findDatabases() }
        var plan = try route(command, row: row, map.view)
        if plan == nil {
            try requireTopology(for: command)
            plan = try route(command, row: row, map.view)
        } else if plan?.reliesOnTopology ?? false, map.isOlder(than: trustedAge, at: .now) {
            try refreshUnlessInterrupted()
            plan = try route(command, row: row, map.view) ?? plan
        }
        if case .crossSlot(let crossSlot, _) = plan,
            askForReplicas(of: crossSlot.confirmedSlots.compactMap { map.owners[$0] })
        {
            plan = try route(command, row: row, map.view) ?? plan
        }
        if let plan { return plan }
        // No node could say what is there (such as a cluster that refuses CLUSTER to this user): treat it as a
        // standalone server.
        return try route(command, row: row, .standalone)
            ?? .single(SinglePlan(Request(arguments: command.arguments, route: .home, isReadonly: false)))
    }

    private func route(
        _ command: Command, row: CommandSpec?, _ view: ClusterView
    ) throws(CommandFailure) -> Plan? {
        try router.plan(for: command, row: row, view: view, owners: map.owners, home: map.home)
    }

    /// - Parameters:
    ///   - advance: gives the plan's next step, from the outcomes of the last step's requests.
    ///   - inParts: true when long replies are taken as they arrive.
    ///   - take: gives what to emit of a part of the reply to a request.
    ///   - follows: true for a plan whose requests may be followed by others.
    ///   - follow: given an outcome, gives the request that replaces the finished one, and what of the reply is a part.
    private func carryOut(
        _ advance: ([RequestOutcome]) -> PlanStep, inParts: Bool = false,
        take: (RESPValue, _ index: Int) -> [RESPValue] = { _, _ in [] },
        follows: Bool = false,
        follow: (RequestOutcome, _ index: Int) -> (next: Request, found: RESPValue?)? = { _, _ in nil },
        pausing interval: Double = 0, emit: ([RESPValue], _ isMap: Bool) -> Bool = { _, _ in true }
    ) throws(CommandFailure) -> Reply {
        defer {
            lanes = [:]
            pool.closeLanes()
        }
        var outcomes: [RequestOutcome] = []
        var number = 0
        func tell(of requests: [Request]) {
            guard let trace = pool.trace else { return }
            number += 1
            trace(.step(number, requests.flatMap { $0.commands.map { $0[0] } }))
        }
        while true {
            let step = advance(outcomes)
            let isFirst = outcomes.isEmpty
            // Whatever the plan has not kept is no longer needed, and may be large.
            outcomes = []
            switch step {
            case .send(let requests, let emitting):
                tell(of: requests)
                if !emitting.isEmpty, !emit(emitting, false) { return Reply(body: .streamed, outcome: .succeeded) }
                if !isFirst, interval > 0 { loop.sleep(until: Instant(seconds: interval)) }
                progress?.step += 1
                var isWanted = true
                outcomes = Exchange(self, requests).run(inParts: inParts, follows: follows) { outcome, index in
                    isWanted ? follow(outcome, index) : nil
                } onPart: { part, index in
                    isWanted = emit(take(part, index), part.kind == .map)
                    return isWanted
                }
                guard isWanted else { return Reply(body: .streamed, outcome: .succeeded) }
                if loop.hasBeenInterrupted, requests.allSatisfy(\.isReadonly) { throw .interrupted }
            case .race(let requests):
                tell(of: requests)
                outcomes = Exchange(self, requests).race()
                if loop.hasBeenInterrupted { throw .interrupted }
            case .pause(let seconds):
                loop.sleep(until: Instant(seconds: seconds))
                if loop.hasBeenInterrupted { throw .interrupted }
            case .finish(let reply, let emitting):
                if !emitting.isEmpty { _ = emit(emitting, false) }
                // What it was waiting for has not arrived.
                if loop.hasBeenInterrupted, case .value(let value) = reply.body, value.kind == .null {
                    throw .interrupted
                }
                return reply
            case .fail(let failure): throw failure
            }
        }
    }

    /// - Parameter pin: the one connection that the requests may use; nil for any.
    func exchange(_ requests: [Request], on pin: TransactionState.Pin? = nil) -> [RequestOutcome] {
        Exchange(self, requests, on: pin).run()
    }

    // MARK: What a command does to the session

    /// Refuses client-side caching that servers would accept but not carry out.
    private func refuseUntracked(_ command: Command, row: CommandSpec?) throws(CommandFailure) {
        guard router.routesCommands, row?.group == .connection, command.arguments.count > 1 else { return }
        if command.name.matches("CLIENT") { ensureTopology() }
        if let fault = session.trackingFault(of: command, isCluster: map.topology != nil) { throw .notTracked(fault) }
    }

    /// Records, for every connection, what a successful command has set.
    ///
    /// - Parameter nodes: the nodes whose connections already have it.
    func apply(_ effect: SessionEffect, of command: Command, carriedOutBy nodes: [NodeAddress]) {
        pool.session.take(command.arguments, effect, resetting: pool.settings.session)
        // RESET has reached one node, and has logged its connection out.
        guard effect != .reset else { return pool.closeAll() }
        for node in nodes { pool.hasCarriedOut(command.arguments, effect, at: node) }
    }
}

extension Reply {
    /// The nodes known to have carried out a fan-out; nil for any other plan.
    fileprivate func succeededNodes(of plan: Plan) -> [NodeAddress]? {
        if case .perNode(let replies) = body { return replies.filter { $0.value != nil }.map(\.node.address) }
        guard case .fanOut(let fanOut) = plan else { return nil }
        return outcome == .succeeded ? fanOut.nodes.map(\.address) : []
    }
}
