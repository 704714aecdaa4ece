import Clock
import Commands
import RESP
import Routing
import Transport

/// Carries out one step of a plan: sends its requests all at once, and gives one outcome for each. What is done with
/// each request on the way, its ``Delivery`` decides.
final class Exchange {
    /// Where a request stands.
    struct Ticket {
        let request: Request
        var delivery: Delivery
        /// When the user is told that its node is waited for, unless that has been done.
        var tellsOfSilenceAt: Instant
        var isAsking = false
        /// True when it went where an ASK has sent it, which is not the slot's owner.
        var wasAsked = false
        /// True when its node was a replica then.
        var wentToReplica = false
        /// When it is sent again; nil while it is under way.
        var resumeAt: Instant?
        /// Replies to the request's commands that have come.
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

    /// Bytes that go out at once while requests are being made.
    private static let blockSize = 16 << 10

    let engine: Engine
    private let start = Instant.now
    /// When the user is told which nodes are being waited for: those of a fan-out that owe a reply, else one that has
    /// never answered. A single command may take its time.
    var tellsOfSilenceAt = Instant.never
    /// Seconds that a reply may take; nil for any number.
    var replyTimeout: Double?
    private let pin: TransactionState.Pin?
    /// Requests that have got an outcome and may be followed by another.
    private var ended: [Int] = []
    private var isFollowed = false
    /// What has come of a long reply, and to which request.
    private var parts: [(value: RESPValue, index: Int)] = []
    private var takesParts = false
    /// The word of a command that does not wait: mostly that of all requests of a step, so its row is looked up once.
    private var plainWord: ByteString?
    var tickets: [Ticket]
    /// How many of them have no outcome yet.
    var openCount: Int
    /// When the first of those that pause is sent again.
    private var resumesAt = Instant.never
    /// After Ctrl-C: where a node is asked to end the waiting of a command, and until when that is waited for. What it has
    /// taken by then is its reply; a connection that is closed would lose it.
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
    ///   - follows: false when nothing follows any request: each outcome would be looked at for nothing.
    ///   - follow: gives the request that takes the place of one with an outcome, if it is to go on, and what of the reply
    ///     is a part.
    ///   - onPart: called with what has come of a long reply to a request; returns false when nobody wants more.
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

    /// Ends with the first reply other than null, or when all have replied; what is still owed then is given up.
    func race() -> [RequestOutcome] {
        defer { engine.lookout.end() }
        dispatch(tickets.indices)
        while openCount > 0, !tickets.contains(where: \.isWinner) { goOn(isRace: true) }
        if tickets.contains(where: \.isWinner) { giveUp() }
        return tickets.compactMap(\.outcome)
    }

    // MARK: Sending

    private func dispatch(_ indexes: some Sequence<Int>) {
        // Each look at the engine's would copy it.
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
            // One ASKING does for a whole block; elsewhere each command needs its own.
            if isAsking, place <= opening { connection.sendIgnoringReply(["ASKING"]) }
            connection.send(command, ticket: index, as: place == opening ? .opening : kind)
        }
        tickets[index].isAsking = false
        // The node works on what it has while the rest is being made.
        guard connection.unsentCount >= Self.blockSize else { return }
        connection.progress()
        // Before the next request makes another connection; what it had answered still counts.
        while !connection.isUsable, let event = engine.event(on: connection) {
            deal(with: event)
            if case .ended = event { break }
        }
    }

    /// The commands as they are sent now.
    private func commands(of index: Int, on connection: Link) -> [[ByteString]] {
        var commands = tickets[index].request.commands
        // Nothing waits in a transaction, and whatever is sent there becomes a part of it.
        guard pin == nil, commands[0][0] != plainWord else { return commands }
        guard let row = engine.row(for: Command(commands[0])), row.waiting != .none else {
            plainWord = commands[0][0]
            return commands
        }
        if row.takesWhatItWaitsFor, engine.loop.signals != nil { connection.learnIdentity() }
        commands[0] = tickets[index].delivery.words(commands[0], row.waiting, at: .now)
        return commands
    }

    /// The connection that a request is to take; nil when it has to be one that is gone.
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

    /// Sends what follows at once, before anybody looks at what has come.
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

    /// Deals with the next thing that happens, and with all that has come unless the first reply decides: of many nodes
    /// each would be looked at again for every reply.
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

    /// When something is to be done although nothing has come.
    private var nextTime: Instant {
        min(resumesAt, tellsOfSilenceAt, engine.progress?.tellsAt ?? .never, unblocking?.end ?? .never)
    }

    private func keepTime() {
        if unblocking?.end.hasPassed ?? false { return giveUp() }
        // While a node is waited for, the reason stands there.
        if engine.progress?.tellsAt.hasPassed ?? false, let note = engine.progress?.tell(), resumesAt == .never {
            engine.onNote(note)
        }
        if tellsOfSilenceAt.hasPassed { tellOfSilence() }
        leaveReplaced()
        resume()
    }

    /// Sends again what has paused for long enough.
    private func resume() {
        // One look at the clock: a time that passes between two would be nobody's.
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
    ///   - reply: of the request.
    ///   - replies: to its commands.
    private func take(
        _ reply: RESPValue, _ replies: some Sequence<RESPValue>, for index: Int, from node: NodeAddress
    ) {
        guard let (redirect, text) = redirect(in: replies, from: node) else { return finish(index, reply, node) }
        meet(.redirected(redirect, from: node, text: text), index, reply: reply)
    }

    /// Does what is decided for an event.
    ///
    /// - Parameter reply: what is the request's reply if it is decided so.
    func meet(_ event: Delivery.Event, _ index: Int, reply: RESPValue? = nil) {
        let (decision, note) = tickets[index].delivery.decide(
            event, &engine.map, at: .now, retryFor: engine.retryFor)
        if let note { engine.onNote(note) }
        engine.pool.trace?(.decided(event, decision))
        switch decision {
        case .send(let isAsking):
            if case .redirected = note { engine.timing.redirects += 1 }
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

    /// What a plan's own connection watches, and the block that is open there, are begun anew on another one.
    private func leaveOwnConnection(_ index: Int) {
        guard case .own(let lane) = tickets[index].request.connection, let link = engine.lanes[lane] else { return }
        engine.pool.drop(link)
    }

    /// What the first error among the replies that redirects asks for. (A loop: lazy chains cost a one-shot's start.)
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
