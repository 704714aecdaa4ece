import Commands
import RESP
import Routing
import Transport

/// Carries out one step of a plan: sends its requests all at once, follows redirects, waits out what passes, and gives
/// one outcome for each. The only place where commands are sent again.
///
/// MOVED, ASK, TRYAGAIN, CLUSTERDOWN, MASTERDOWN, LOADING and READONLY prove that a command did not run. A connection
/// that ends does not: a command is sent again only if none of its bytes went out or if it changes nothing.
final class Exchange {
    /// Where a request stands.
    private struct Ticket {
        let request: Request
        /// The node a redirect named; nil for the route's own.
        var redirected: NodeAddress?
        var isAsking = false
        var hops = 0
        /// The node the request was last sent to.
        var address: NodeAddress?
        /// True when the map or a redirect named that node, false when it only stands in.
        var isAtOwner = false
        /// Nodes that could not be reached, and why.
        var unreachable: [CommandFailure.Unreachable] = []
        var hasReconnected = false
        /// Seconds of the next pause.
        var pause = 0.05
        var resumeAt: Deadline?
        var giveUpAt: Deadline?
        /// True for a reply that ends a race.
        var isWinner: Bool {
            guard case .reply(let value, _) = outcome else { return false }
            return value.kind != .null
        }

        /// Replies to the request's commands that have come.
        var replies: [RESPValue] = []
        var outcome: RequestOutcome?
    }

    /// Seconds after which the user is told of nodes that are waited for: those of a fan-out that owe a reply, else one
    /// that has never answered. A single command may take its time.
    private static let silence = 1.0

    private let engine: Engine
    private let start = Deadline.now
    private var tellsOfSilenceAt: Deadline
    private let pin: TransactionState.Pin?
    private var tickets: [Ticket]
    /// How many of them have no outcome yet.
    private var openCount: Int

    /// - Parameter pin: the one connection that the requests may use; nil for any.
    init(_ engine: Engine, _ requests: [Request], on pin: TransactionState.Pin?) {
        self.engine = engine
        self.pin = pin
        tellsOfSilenceAt = engine.work == nil ? Deadline(seconds: Self.silence) : .never
        tickets = requests.map { Ticket(request: $0) }
        openCount = requests.count
    }

    func run() -> [RequestOutcome] {
        defer { if engine.measuresTraffic { engine.traffic.seconds += start.secondsAgo } }
        for index in tickets.indices { dispatch(index) }
        while openCount > 0 {
            wait()
            resume()
        }
        return tickets.compactMap(\.outcome)
    }

    /// Ends with the first reply other than null, or when all have replied; what is still owed then is given up.
    func race() -> [RequestOutcome] {
        for index in tickets.indices { dispatch(index) }
        while openCount > 0, !tickets.contains(where: \.isWinner) {
            wait()
            resume()
        }
        if tickets.contains(where: \.isWinner) { giveUp() }
        return tickets.compactMap(\.outcome)
    }

    // MARK: Sending

    private func dispatch(_ index: Int) {
        let ticket = tickets[index]
        let owner: NodeAddress? =
            switch ticket.request.route {
            case .node(let node, _): node
            case .slot(let slot): ticket.redirected ?? engine.map.owners[slot]
            case .home: ticket.redirected
            }
        let address = owner ?? engine.map.home
        tickets[index].address = address
        tickets[index].isAtOwner = owner != nil
        tickets[index].resumeAt = nil
        tickets[index].replies = []
        guard let connection = connection(for: ticket.request, at: address) else {
            let failure = CommandFailure.transactionLost(address, reason: CommandFailure.connectionLost)
            end(index, .failure(failure))
            return
        }
        if case .node(_, asReplica: true) = ticket.request.route { connection.readFromReplica() }
        let isBlock = ticket.request.commands.count > 1 && ticket.request.arguments == ["MULTI"]
        for (place, command) in ticket.request.commands.enumerated() {
            // One ASKING does for a whole block; elsewhere each command needs its own.
            if ticket.isAsking, place == 0 || !isBlock { connection.sendIgnoringReply(["ASKING"]) }
            connection.send(command, ticket: index)
        }
        tickets[index].isAsking = false
    }

    /// The connection that a request is to take; nil when it has to be one that is gone.
    private func connection(for request: Request, at address: NodeAddress) -> NodeConnection? {
        switch request.connection {
        case .shared:
            let connection = engine.pool.connection(to: address)
            return pin.map { $0.connection == connection.number } ?? true ? connection : nil
        case .own(let lane):
            let connection = engine.pool.connection(to: address, lane: lane)
            engine.lanes[lane] = connection
            return connection
        case .same(let lane):
            guard let connection = engine.lanes[lane] else { return nil }
            if connection.isIdle { connection.progress() }
            return connection.isUsable ? connection : nil
        }
    }

    // MARK: Waiting

    private func wait() {
        for connection in Array(engine.pool.all) where !connection.isIdle {
            // All that was dispatched goes out together.
            connection.flush()
            if !connection.isUsable { settle(connection) }
        }
        guard openCount > 0 else { return }
        let connections = engine.pool.all.filter { $0.interest != nil && !$0.isIdle }
        var interests = connections.compactMap(\.interest)
        if let signals = engine.signals { interests.append(.init(descriptor: signals.descriptor)) }
        let deadlines =
            connections.map(\.connectDeadline) + tickets.compactMap(\.resumeAt) + [
                tellsOfSilenceAt, engine.work?.tellsAt ?? .never,
            ]
        let ready = Poller.wait(interests, until: deadlines.min() ?? .never)
        if engine.takeInterrupt() { return giveUp() }
        // While a node is waited for, the reason stands there.
        if engine.work?.tellsAt.hasPassed ?? false, let note = engine.work?.tell(),
            !tickets.contains(where: { $0.resumeAt != nil })
        {
            engine.onNote(note)
        }
        if tellsOfSilenceAt.hasPassed {
            tellsOfSilenceAt = .never
            tellOfSilence()
        }
        for (place, connection) in connections.enumerated()
        where ready.contains(place) || connection.connectDeadline.hasPassed {
            connection.progress()
            settle(connection)
        }
    }

    private func tellOfSilence() {
        var nodes = tickets.filter { $0.outcome == nil && $0.resumeAt == nil }.compactMap(\.address)
        if tickets.count == 1 {
            let row = engine.row(for: Command(tickets[0].request.arguments))
            guard row?.flags.contains(.blocking) != true else { return }
            nodes.removeAll { node in engine.pool.all.contains { $0.address == node && $0.hasAnswered } }
        }
        if !nodes.isEmpty { engine.onNote(.silent(nodes)) }
    }

    /// Takes what came in on a connection; when it has failed, settles all it owed. A push behind the last reply is
    /// left for the next time, so that it is shown behind that reply.
    private func settle(_ connection: NodeConnection) {
        while openCount > 0, let received = connection.receive() {
            switch received {
            case .reply(let index, let value): take(value, for: index, from: connection.address)
            case .push(let value): engine.onPush(value)
            case .note(let note): engine.onNote(note)
            }
        }
        guard !connection.isUsable else { return }
        let failure = connection.failure
        engine.pool.drop(connection)
        // A request of several commands stands there once for each.
        let abandoned = Dictionary(grouping: connection.abandon(), by: \.ticket)
        for (index, lost) in abandoned.sorted(by: { $0.key < $1.key }) {
            if let refusal = lost.lazy.compactMap(\.refusal).first {
                end(index, .failure(refusal))
            } else {
                // A block runs by its EXEC, whatever was queued before that.
                let count = tickets[index].replies.count
                let decisive = tickets[index].request.commands.lastIndex(of: ["EXEC"]) ?? 0
                let mayHaveRun =
                    count > decisive || lost.dropFirst(decisive - count).contains { $0.mayHaveRun }
                lose(index, at: connection.address, failure ?? .closed, mayHaveRun: mayHaveRun)
            }
        }
    }

    /// Sends again what has paused for long enough.
    private func resume() {
        let due = tickets.indices.filter { tickets[$0].resumeAt?.hasPassed ?? false }
        guard !due.isEmpty else { return }
        if engine.map.isStale {
            do {
                try engine.refreshUnlessInterrupted()
            } catch {
                return giveUp()
            }
        }
        for index in due where tickets[index].outcome == nil { dispatch(index) }
    }

    /// Ctrl-C, or a race that is decided: closes the connections that owe a reply.
    private func giveUp() {
        for index in tickets.indices where tickets[index].outcome == nil {
            end(index, .failure(.interrupted))
        }
        for connection in Array(engine.pool.all) where !connection.isIdle {
            engine.pool.drop(connection)
            for lost in connection.abandon() where lost.mayHaveRun && !tickets[lost.ticket].request.isReadonly {
                end(lost.ticket, .failure(.unknownOutcome(connection.address, reason: "interrupted")))
            }
        }
    }

    // MARK: Replies

    private func take(_ value: RESPValue, for index: Int, from node: NodeAddress) {
        let request = tickets[index].request
        tickets[index].replies.append(value)
        let replies = tickets[index].replies
        guard replies.count == request.commands.count else { return }
        let reply = replies.count == 1 ? value : .array(replies)
        var isFixed = engine.router.isDirect
        if case .same = request.connection { isFixed = true }
        let redirect = isFixed ? nil : redirect(in: replies, from: node)
        guard let redirect, !request.isScript || engine.confirms(redirect, of: request.route.slot, by: node) else {
            return finish(index, reply, node)
        }
        switch (redirect, request.route) {
        case (_, .node):
            engine.map.isStale = engine.map.topology != nil
            finish(index, reply, node)
        // One server alone has nowhere to send a command.
        case (.moved, _) where engine.map.isStandalone, (.ask, _) where engine.map.isStandalone,
            (.demoted, _) where engine.map.isStandalone, (.tryAgain, _) where !request.waitsForMigration:
            finish(index, reply, node)
        case (.moved(let slot, let owner), _):
            engine.map.owners.patch(slot, to: owner)
            engine.map.isStale = true
            follow(index, slot, to: owner, isAsking: false)
        case (.ask(let slot, let owner), _): follow(index, slot, to: owner, isAsking: true)
        case (.tryAgain, .slot): pause(index, because: value.text, lastReply: (reply, node))
        case (.unavailable, .slot), (.demoted, .slot):
            engine.map.isStale = true
            pause(index, because: value.text, lastReply: (reply, node))
        case (.tryAgain, .home), (.unavailable, .home), (.demoted, .home): finish(index, reply, node)
        }
    }

    /// What the first error among the replies that redirects asks for. (A loop: lazy chains cost a one-shot's start.)
    private func redirect(in replies: [RESPValue], from node: NodeAddress) -> Redirect? {
        for reply in replies {
            if let error = reply.serverError, let redirect = Redirect(error, askedHost: node.host) { return redirect }
        }
        return nil
    }

    private func finish(_ index: Int, _ value: RESPValue, _ node: NodeAddress) {
        end(index, .reply(value, from: node))
        if engine.measuresTraffic { engine.traffic.nodes[node] = start.secondsAgo }
    }

    private func end(_ index: Int, _ outcome: RequestOutcome) {
        if tickets[index].outcome == nil { openCount -= 1 }
        tickets[index].outcome = outcome
    }

    private func follow(_ index: Int, _ slot: HashSlot, to owner: NodeAddress, isAsking: Bool) {
        tickets[index].hops += 1
        guard tickets[index].hops <= Redirect.maximumHops else {
            end(index, .failure(.redirectLoop(owner)))
            return
        }
        engine.traffic.redirects += 1
        engine.onNote(.redirected(slot, owner))
        tickets[index].redirected = owner
        tickets[index].isAsking = isAsking
        dispatch(index)
    }

    /// Tries again after a pause, from the slot's owner on, until the time for it is up.
    private func pause(_ index: Int, because reason: String, lastReply: (RESPValue, NodeAddress)? = nil) {
        let giveUpAt = tickets[index].giveUpAt ?? Deadline(seconds: engine.retryFor)
        guard !giveUpAt.hasPassed else {
            return end(
                index,
                lastReply.map { .reply($0.0, from: $0.1) }
                    ?? .failure(.retriesExhausted(tickets[index].address, last: reason)))
        }
        engine.onNote(
            .waiting(tickets[index].address, reason: reason, secondsLeft: Int(giveUpAt.secondsLeft.rounded(.up))))
        tickets[index].giveUpAt = giveUpAt
        tickets[index].redirected = nil
        tickets[index].hops = 0
        tickets[index].resumeAt = min(Deadline(seconds: tickets[index].pause), giveUpAt)
        tickets[index].pause = min(tickets[index].pause * 2, 1)
    }

    // MARK: Lost connections

    private func lose(_ index: Int, at node: NodeAddress, _ error: TransportError, mayHaveRun: Bool) {
        guard tickets[index].outcome == nil else { return }
        let request = tickets[index].request
        if case .violation(let violation) = error {
            end(index, .failure(.protocolViolation(node, violation)))
            return
        }
        guard !mayHaveRun || request.isReadonly else {
            end(index, .failure(.unknownOutcome(node, reason: error.reason)))
            return
        }
        if mayHaveRun, !tickets[index].hasReconnected, !request.route.isFixed {
            // A read whose reply was lost: the connection may have been the only thing that was wrong.
            tickets[index].hasReconnected = true
            return dispatch(index)
        }
        tickets[index].unreachable.append(.init(node: node, reason: error.reason))
        switch request.route {
        case .node:
            engine.map.isStale = engine.map.topology != nil
            end(
                index,
                .failure(mayHaveRun ? .replyLost(node, reason: error.reason) : .unreachable(node, reason: error.reason))
            )
        case .slot where tickets[index].isAtOwner, .home where tickets[index].isAtOwner:
            engine.map.isStale = true
            pause(index, because: error.reason)
        case .slot, .home:
            guard let next = nextHome(for: index) else {
                let failed = tickets[index].unreachable
                return end(
                    index,
                    .failure(
                        mayHaveRun
                            ? .replyLost(node, reason: error.reason)
                            : failed.count == 1 ? .unreachable(node, reason: error.reason) : .noSeed(failed)))
            }
            engine.map.home = next
            dispatch(index)
        }
    }

    /// A node that this request has not tried yet and that may stand in for the session's node.
    private func nextHome(for index: Int) -> NodeAddress? {
        let tried = tickets[index].unreachable.map(\.node)
        return engine.map.informants.first { !tried.contains($0) }
    }
}

extension Route {
    /// True when only one node will do.
    fileprivate var isFixed: Bool {
        if case .node = self { true } else { false }
    }

    fileprivate var slot: HashSlot? {
        if case .slot(let slot) = self { slot } else { nil }
    }
}
