import Clock
import Commands
import RESP
import Routing
import Transport

/// Carries out one step of a plan: sends its requests all at once and returns one outcome for each. Each request's
/// ``Delivery`` decides what is done with it on the way.
final class Exchange {
    /// The state of a request.
    struct Ticket {
        let request: Request
        var delivery: Delivery
        /// When to tell the user that its node is being waited for; `.never` once that has been done.
        var tellsOfSilenceAt: Instant
        var isAsking = false
        /// True when an ASK sent it to a node that is not the slot's owner.
        var wasAsked = false
        /// True when its node was a replica when it was sent.
        var wentToReplica = false
        /// When to resend it; nil while it is under way.
        var resumeAt: Instant?
        /// Replies to the request's commands so far.
        var replies: [RESPValue] = []
        var outcome: RequestOutcome?

        var isUnderWay: Bool { outcome == nil && resumeAt == nil }

        func isUnderWay(to node: NodeAddress) -> Bool { isUnderWay && delivery.node == node }

        /// True for a reply that ends a race.
        var isWinner: Bool {
            guard case .reply(let value, _) = outcome else { return false }
            return value.kind != .null
        }
    }

    /// Unsent bytes at which a connection is flushed while requests are still being made.
    private static let blockSize = 16 << 10

    let engine: Engine
    private let start = Instant.now
    /// When to tell the user which nodes are being waited for: in a fan-out those that owe a reply, otherwise one that
    /// has never answered. A single command may take its time.
    var tellsOfSilenceAt = Instant.never
    /// Seconds that a reply may take; nil for no limit.
    var replyTimeout: Double?
    private let pin: TransactionState.Pin?
    /// Requests that have an outcome and may be followed by another.
    private var ended: [Int] = []
    private var isFollowed = false
    /// What has arrived of long replies, and for which request.
    private var parts: [(value: RESPValue, index: Int)] = []
    private var takesParts = false
    /// The word of a command that does not wait: usually that of all requests of a step, so its row is looked up once.
    private var plainWord: ByteString?
    var tickets: [Ticket]
    /// How many of them have no outcome yet.
    var openCount: Int
    /// When to resend the first of the paused requests.
    private var resumesAt = Instant.never
    /// After Ctrl-C: the connection on which a node is asked to end a command's wait, and how long to wait for that.
    /// Whatever the command has taken by then is its reply; closing its connection would lose it.
    var unblocking: (link: Link, end: Instant)?

    /// - Parameter pin: the one connection that the requests may use; nil for any.
    init(_ engine: Engine, _ requests: [Request], on pin: TransactionState.Pin? = nil) {
        self.engine = engine
        self.pin = pin
        replyTimeout = engine.replyTimeout
        tickets = []
        openCount = requests.count
        if engine.progress == nil { tellsOfSilenceAt = Instant(seconds: engine.patience) }
        tickets = requests.map { ticket(for: $0, tellingOfSilenceAt: tellsOfSilenceAt) }
    }

    private func ticket(for request: Request, tellingOfSilenceAt end: Instant) -> Ticket {
        var terms = Delivery.Terms(
            route: request.route, isReadonly: request.isReadonly, isScript: request.isScript)
        terms.waitsForMigration = request.waitsForMigration
        terms.followsRedirects = engine.router.routesCommands && !request.connection.isFixed
        return Ticket(request: request, delivery: Delivery(terms), tellsOfSilenceAt: end)
    }

    /// - Parameters:
    ///   - inParts: false when replies are wanted whole.
    ///   - follows: false when no request is followed by another, so that outcomes need not be looked at.
    ///   - follow: gives the request that replaces one with an outcome, if it is to continue, and the part of its reply
    ///     to deliver.
    ///   - onPart: called with what has arrived of a long reply to a request; returns false when no more is wanted.
    func run(
        inParts: Bool = false, follows: Bool = false,
        follow: (RequestOutcome, _ index: Int) -> (next: Request, found: RESPValue?)? = { _, _ in nil },
        onPart: (RESPValue, _ index: Int) -> Bool = { _, _ in true }
    ) -> [RequestOutcome] {
        defer {
            engine.lookout.end()
            unblocking?.link.close()
            if engine.measuresTiming { engine.timing.seconds += start.secondsAgo }
        }
        takesParts = inParts
        isFollowed = follows
        dispatch(tickets.indices)
        while true {
            sendNext(follow)
            while let part = parts.popLast() {
                let start = Instant.now
                if !onPart(part.value, part.index) { giveUp() }
                excuseSilence(of: start.secondsAgo)
            }
            guard openCount > 0 else { break }
            goOn()
        }
        return tickets.compactMap(\.outcome)
    }

    /// Ends with the first non-null reply, or when all have replied; whatever is still owed is then given up.
    func race() -> [RequestOutcome] {
        defer { engine.lookout.end() }
        dispatch(tickets.indices)
        while openCount > 0, !tickets.contains(where: \.isWinner) { goOn(isRace: true) }
        if tickets.contains(where: \.isWinner) { giveUp() }
        return tickets.compactMap(\.outcome)
    }

    // MARK: Sending

    private func dispatch(_ indexes: some Sequence<Int>) {
        // Reading the engine's map each time would copy it.
        let map = engine.map
        for index in indexes { dispatch(index, by: map) }
    }

    private func dispatch(_ index: Int, by map: ClusterMap) {
        let address = tickets[index].delivery.depart(by: map)
        tickets[index].resumeAt = nil
        tickets[index].replies = []
        tickets[index].wentToReplica = map.isReplica(address)
        let request = tickets[index].request
        if map.hasFailed(address), tickets.count > 1 || !request.route.isFixed {
            return meet(
                .lost(address, reason: Delivery.failedNode, wasOpen: false, mayHaveRun: false, .failedNode), index)
        }
        guard let connection = connection(for: request, at: address) else {
            let failure = CommandFailure.transactionLost(address, reason: CommandFailure.connectionLost)
            end(index, .failure(failure))
            return
        }
        if let trace = engine.pool.trace {
            for command in request.commands { trace(.sent(command[0], request.route, address)) }
        }
        if case .node(_, asReplica: true) = request.route { connection.readFromReplica() }
        let opening = request.opening ?? .max
        let isAsking = tickets[index].isAsking
        let kind = takesParts ? Entry.Kind.lengthy : .command
        for (place, command) in commands(of: index, on: connection).enumerated() {
            // One ASKING covers a whole block; elsewhere each command needs its own.
            if isAsking, place <= opening { connection.sendIgnoringReply(["ASKING"]) }
            connection.send(command, ticket: index, as: place == opening ? .opening : kind)
        }
        tickets[index].isAsking = false
        // The node can work on what it has while the rest is being made.
        guard connection.unsentCount >= Self.blockSize else { return }
        connection.progress()
        // Deal with a lost connection before the next request makes another; what it had answered still counts.
        while !connection.isUsable, let event = engine.event(on: connection) {
            deal(with: event)
            if case .ended = event { break }
        }
    }

    /// The commands as they are sent now.
    private func commands(of index: Int, on connection: Link) -> [[ByteString]] {
        var commands = tickets[index].request.commands
        // Nothing blocks in a transaction, and anything sent there becomes part of it.
        guard pin == nil, commands[0][0] != plainWord else { return commands }
        guard let row = engine.row(for: Command(commands[0])), row.waiting != .none else {
            plainWord = commands[0][0]
            return commands
        }
        if row.takesWhatItWaitsFor, engine.loop.signals != nil { connection.learnIdentity() }
        commands[0] = tickets[index].delivery.words(commands[0], row.waiting, at: .now)
        return commands
    }

    /// The connection that a request has to use; nil when that one is gone.
    private func connection(for request: Request, at address: NodeAddress) -> Link? {
        switch request.connection {
        case .shared:
            let connection = engine.pool.link(to: address)
            return pin.map { $0.connection == connection.number } ?? true ? connection : nil
        case .own(let lane):
            let connection = engine.pool.link(to: address, lane: lane)
            engine.lanes[lane] = connection
            return connection
        case .same(let lane):
            guard let connection = engine.lanes[lane] else { return nil }
            if connection.isIdle { connection.progress() }
            return connection.isUsable ? connection : nil
        }
    }

    // MARK: Waiting

    /// The connections that owe replies.
    var busy: [Link] { engine.pool.all.filter { !$0.isIdle } }

    /// Sends the requests that follow right away, before the parts that have arrived are delivered.
    private func sendNext(_ follow: (RequestOutcome, _ index: Int) -> (next: Request, found: RESPValue?)?) {
        var isToFlush = false
        while let index = ended.popLast() {
            guard let outcome = tickets[index].outcome, let (next, found) = follow(outcome, index) else { continue }
            if let found { parts.append((found, index)) }
            tickets[index] = ticket(for: next, tellingOfSilenceAt: Instant(seconds: engine.patience))
            openCount += 1
            dispatch([index])
            isToFlush = true
        }
        if isToFlush { for link in busy { link.flush() } }
    }

    /// Deals with the next event and then, unless the first reply decides, with everything that has arrived: otherwise
    /// every node would be looked at again for each reply.
    private func goOn(isRace: Bool = false) {
        let links = busy + (unblocking.map { [$0.link] } ?? [])
        let event = engine.next(on: links, until: nextTime, timeout: replyTimeout, isLookingOut: true)
        deal(with: event)
        guard !isRace, case .reply(_, _, let link) = event, link !== unblocking?.link else { return }
        for link in links where link !== unblocking?.link && !engine.lookout.holds(link) {
            while link.isUsable, let next = engine.event(on: link) { deal(with: next) }
        }
    }

    func deal(with event: Engine.Event) {
        switch event {
        case .reply(let value, _, let link) where link === unblocking?.link: if value.isError { giveUp() }
        case .ended(let link) where link === unblocking?.link, .silent(let link) where link === unblocking?.link:
            giveUp()
        case .reply(let value, let index, let link): take(value, for: index, from: link.address)
        case .part(let value, let index, _):
            tickets[index].delivery.hasBegun = true
            parts.append((value, index))
        case .push(let value, let link): engine.take(push: value, from: link)
        case .ended(let link): lose(link)
        case .looked(let answer): leaveReplaced(answer: answer)
        case .deadline: keepTime()
        case .interrupted: interrupt()
        case .silent(let link): giveUp(silent: link)
        case .input, .resize, .resumed, .bytes: break
        }
    }

    // MARK: Time

    /// When something has to be done even if nothing arrives.
    private var nextTime: Instant {
        min(resumesAt, tellsOfSilenceAt, engine.progress?.tellsAt ?? .never, unblocking?.end ?? .never)
    }

    private func keepTime() {
        if unblocking?.end.hasPassed ?? false { return giveUp() }
        // While a request waits to be resent, the reason for that is already shown.
        if engine.progress?.tellsAt.hasPassed ?? false, let note = engine.progress?.tell(), resumesAt == .never {
            engine.onNote(note)
        }
        if tellsOfSilenceAt.hasPassed { tellOfSilence() }
        leaveReplaced()
        resume()
    }

    /// Resends what has paused long enough.
    private func resume() {
        // Read the clock only once: a time that fell between two readings would be missed.
        let now = Instant.now
        guard resumesAt <= now else { return }
        let due = tickets.indices.filter { tickets[$0].resumeAt.map { $0 <= now } ?? false }
        resumesAt = .never
        for ticket in tickets { if let time = ticket.resumeAt, time > now { resumesAt = min(resumesAt, time) } }
        do {
            try engine.refreshForWaiting()
        } catch {
            return giveUp()
        }
        dispatch(due.filter { tickets[$0].outcome == nil })
    }

    // MARK: Replies

    private func take(_ value: RESPValue, for index: Int, from node: NodeAddress) {
        let count = tickets[index].request.commands.count
        guard count > 1 else { return take(value, CollectionOfOne(value), for: index, from: node) }
        tickets[index].replies.append(value)
        guard tickets[index].replies.count == count else { return }
        take(.array(tickets[index].replies), tickets[index].replies, for: index, from: node)
    }

    /// - Parameters:
    ///   - reply: the reply to the request.
    ///   - replies: the replies to its commands.
    private func take(
        _ reply: RESPValue, _ replies: some Sequence<RESPValue>, for index: Int, from node: NodeAddress
    ) {
        guard let (redirect, text) = redirect(in: replies, from: node) else { return finish(index, reply, node) }
        meet(.redirected(redirect, from: node, text: text), index, reply: reply)
    }

    /// Carries out what is decided for an event.
    ///
    /// - Parameter reply: the request's reply, if that is the decision.
    func meet(_ event: Delivery.Event, _ index: Int, reply: RESPValue? = nil) {
        let decision = engine.decide(event, &tickets[index].delivery)
        switch decision {
        case .send(let isAsking):
            tickets[index].isAsking = isAsking
            tickets[index].wasAsked = isAsking
            leaveOwnConnection(index)
            dispatch([index])
        case .wait(let end):
            leaveOwnConnection(index)
            tickets[index].wasAsked = false
            tickets[index].resumeAt = end
            resumesAt = min(resumesAt, end)
        case .fail(let failure): end(index, .failure(failure))
        case .confirm, .reply:
            guard case .redirected(let redirect, let node, let text, _) = event, let reply else { return }
            if decision == .confirm,
                engine.confirms(redirect, of: tickets[index].request.route.slot, by: node)
            {
                meet(.redirected(redirect, from: node, text: text, isConfirmed: true), index, reply: reply)
            } else {
                finish(index, reply, node)
            }
        }
    }

    /// Drops a plan's own connection: what it watches, and the block open on it, start over on another.
    private func leaveOwnConnection(_ index: Int) {
        guard case .own(let lane) = tickets[index].request.connection, let link = engine.lanes[lane] else { return }
        engine.pool.drop(link)
    }

    /// What the first redirecting error among the replies asks for. (A loop, because lazy chains slow down the start of
    /// a one-shot command.)
    func redirect(in replies: some Sequence<RESPValue>, from node: NodeAddress) -> (Redirect, text: String)? {
        for reply in replies {
            if let error = reply.serverError, let redirect = engine.redirect(error, from: node) {
                return (redirect, reply.text)
            }
        }
        return nil
    }

    private func finish(_ index: Int, _ value: RESPValue, _ node: NodeAddress) {
        end(index, .reply(value, from: node))
        if engine.measuresTiming { engine.timing.nodes[node] = start.secondsAgo }
    }

    func end(_ index: Int, _ outcome: RequestOutcome) {
        if tickets[index].outcome == nil {
            openCount -= 1
            if isFollowed { ended.append(index) }
        }
        tickets[index].outcome = outcome
        tickets[index].resumeAt = nil
    }
}

extension ConnectionUse {
    /// True when only one connection will do.
    fileprivate var isFixed: Bool {
        if case .same = self { true } else { false }
    }
}
