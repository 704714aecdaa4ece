package import Clock
package import Commands
package import RESP
package import Routing
import Transport

/// SUBSCRIBE and MONITOR, where replies arrive unasked: dedicated connections to every node worth listening to.
///
/// The stream listens again where a connection has ended and, on a cluster, to nodes that have taken over, to new
/// masters and where a slot has gone, and says once what may have been missed. At a node that the user named, and in
/// place of redis-cli without `-c`, it ends with the connection.
package final class EventStream {
    package enum Event {
        /// A message, a line of MONITOR, a confirmation or another reply. The node is given for messages on a cluster.
        case message(RESPValue, from: NodeAddress?)
        /// What the user asked for has been answered; only for callers that wait for nothing else.
        case answered
        /// The other descriptor that was watched is ready.
        case inputReady
        /// Ctrl-C.
        case interrupted
        /// The window has been resized.
        case resized
        /// The program continues after being suspended.
        case resumed
        /// The time is up.
        case timeUp
        /// A node that the user named dropped a shard channel whose slot has moved: its message, and what that means.
        case left(RESPValue, CommandFailure)
        /// A command was not carried out.
        case refused(CommandFailure)
        /// No node is left; nothing more will arrive.
        case lost(CommandFailure)
    }

    /// A line of MONITOR that has not been given out yet.
    struct Line {
        let value: RESPValue
        let node: NodeAddress
        /// The node to show to the user; nil on a standalone server.
        let place: NodeAddress?
        /// The client's address as the line shows it, where the user matters; for a script, that of its caller.
        var client: ByteString = ""
        /// The client's user if known at once, else the question that will settle it.
        var whose: (user: ByteString?, question: Int) = (nil, 0)
    }

    let engine: Engine
    /// The command that opened the stream.
    package let opening: Command
    package let isMonitor: Bool
    /// True for a stream opened to leave channels: it receives nothing but confirmations, whatever they look like.
    let onlyLeaves: Bool
    /// The only node listened to: the one that the user named, or the only server where redirects are replies.
    let fixed: NodeAddress?
    /// The node listened to for what any node hears.
    private(set) var anyNode: NodeAddress
    private let isOnSharedConnection: Bool
    var subscriptions: Subscriptions
    var listeners: [Listener] = []
    /// The subscriptions that the user has been told about.
    var announced: Set<Subscriptions.Item> = []
    /// Confirmations of leaving that the user has yet to see.
    var leaving: [Subscriptions.Item?] = []
    /// What has been decided so far about subscriptions that nodes redirected, until one accepts them.
    var deliveries: [Subscriptions.Item: Delivery] = [:]
    var window = MergeWindow<Line>()
    /// Lines that were due in the window at this time are given out: nothing earlier is left to read. Nil while that is
    /// not known.
    var ripe: Instant?
    /// The first of those lines, while its user is being asked for.
    var heldLine: Line?
    /// True after Ctrl-C, until what had arrived by then has been given out.
    private(set) var isEnding = false
    private(set) lazy var users = ClientUsers(engine)
    /// The only user whose commands MONITOR is to show; nil for everyone's.
    package var user: ByteString?
    /// Lines that were not given out because no node could say whose they are.
    package internal(set) var untoldCount = 0
    /// Why a node does not say which user a client belongs to.
    package var userRefusal: String? { users.refusal }
    /// The revision of the map that the listeners reflect.
    var revision = -1
    /// When the cluster was last looked at, and when to look next.
    private var lookedAt = Instant.now
    var nextLook: Instant
    /// Nodes no longer listened to, kept for those that take their place.
    private var gaps: [(node: NodeAddress, start: Instant)] = []

    /// True once a server has accepted the command that opened the stream.
    package internal(set) var isConfirmed = false
    /// True once all channels have been left.
    package internal(set) var isOver = false

    /// The first of the nodes.
    package var node: NodeAddress { listeners.first?.node ?? anyNode }

    /// True when a message means little without its node.
    package var hasManyNodes: Bool { listeners.count > 1 || opening.target?.isManyNodes ?? false }

    /// True while a reply is due, or the confirmation of something that the user asked for.
    package var owesReply: Bool {
        !leaving.isEmpty || subscriptions.items.contains { !announced.contains($0) }
            || listeners.contains { $0.owed.contains(.other) || $0.isShared && !$0.isComplete }
    }

    /// Opens the stream and sends its first command.
    ///
    /// - Throws: ``CommandFailure`` when the router refuses the command.
    package init(_ engine: Engine, _ command: Command) throws(CommandFailure) {
        self.engine = engine
        opening = command
        isMonitor = engine.row(for: command)?.effect == .monitor
        onlyLeaves = engine.row(for: command)?.effect == .unsubscribe
        engine.ensureTopology()
        // One channel stands in for all: each is routed separately.
        let plan = try engine.plan(for: Command(Array(command.arguments.prefix(2)), target: command.target))
        var named: NodeAddress?
        if case .single(let plan) = plan, case .node(let node, _) = plan.request.route { named = node }
        anyNode = named ?? engine.map.home
        fixed = named ?? (engine.router.routesCommands ? nil : engine.map.home)
        isOnSharedConnection =
            engine.map.topology == nil && named == nil && engine.session.protocolVersion == 3 && !isMonitor
            && !onlyLeaves
        subscriptions = Subscriptions(at: command.target)
        nextLook = fixed == nil && engine.map.topology != nil ? Instant(seconds: engine.patience) : .never
        send(command.arguments)
    }

    /// Opens the stream for what a block has subscribed to and its reply has confirmed.
    ///
    /// - Parameter items: at least one.
    /// - Throws: ``CommandFailure`` when the router refuses the command.
    package convenience init(_ engine: Engine, confirmed items: [Subscriptions.Item]) throws(CommandFailure) {
        try self.init(engine, Command(items[0].entering))
        announced = [items[0]]
        add(confirmed: Array(items.dropFirst()))
        isConfirmed = true
    }

    /// Also listens to what another block has subscribed to.
    package func add(confirmed items: [Subscriptions.Item]) {
        for item in items { send(item.entering) }
        announced.formUnion(items)
    }

    // MARK: Asking

    /// Sends a command on the stream; its reply arrives as a message.
    package func send(_ arguments: [ByteString]) {
        let kind = Subscriptions.kind(of: arguments[0])
        let named = arguments.dropFirst().map { Subscriptions.Item(kind, $0) }
        switch engine.row(for: Command(arguments))?.effect {
        case .monitor where arguments.count == 1: enter([.init(.monitor)])
        case .subscribe where !named.isEmpty: enter(named)
        case .unsubscribe: leave(named.isEmpty ? subscriptions.items.filter { $0.kind == kind } : named, arguments)
        default: someListener.send(arguments, for: .other)
        }
    }

    private func enter(_ items: [Subscriptions.Item]) {
        for item in items {
            subscriptions.insert(item)
            announced.remove(item)
            deliveries[item] = nil
            // What is already subscribed is confirmed once more.
            for listener in listeners { listener.forget(item) }
        }
        arrange()
    }

    private func leave(_ items: [Subscriptions.Item], _ arguments: [ByteString]) {
        leaving += items.isEmpty ? [nil] : items
        if items.isEmpty { someListener.send(arguments, for: .leaving(nil)) }
        for item in items {
            subscriptions.remove(item)
            let present = listeners.filter { $0.items.contains(item) && $0.link != nil }
            // A server also confirms leaving what was not subscribed.
            for listener in present.isEmpty ? [listener(toLeave: item)] : present { listener.leave(item) }
        }
    }

    /// One of the connections, made if there is none.
    private var someListener: Listener {
        if let listener = listeners.first(where: { $0.link != nil }) { return listener }
        return listen(to: anyNode)
    }

    /// The listener that confirms that an item is not subscribed: for a shard channel only the owner of its slot can.
    private func listener(toLeave item: Subscriptions.Item) -> Listener {
        guard fixed == nil, item.kind == .shardChannel, let owner = engine.map.owners[HashSlot(key: item.name)] else {
            return someListener
        }
        return listeners.first { $0.node == owner && $0.link != nil } ?? listen(to: owner)
    }

    private func listen(to node: NodeAddress) -> Listener {
        let listener = Listener(node, isShared: isOnSharedConnection)
        listener.open(by: engine)
        listeners.append(listener)
        return listener
    }

    // MARK: Waiting

    /// Waits for the next event.
    ///
    /// - Parameters:
    ///   - descriptor: another descriptor to watch, such as the keyboard's.
    ///   - end: when to stop waiting.
    ///   - isAtPrompt: true for a caller that redraws the line being typed.
    ///   - onlyAnswers: true for a caller that waits only for what the user has asked for.
    ///   - onWait: called once everything that has arrived has been given out.
    package func next(
        watching descriptor: Int32? = nil, until end: Instant = .never, isAtPrompt: Bool = false,
        onlyAnswers: Bool = false, onWait: () -> Void = {}
    ) -> Event {
        let input = descriptor.map { Poller.Interest(descriptor: $0) }
        while true {
            if onlyAnswers, !owesReply { return .answered }
            for listener in listeners {
                while let link = listener.link, case .push(let value, _)? = engine.event(on: link) {
                    if let event = take(value, from: listener) { return event }
                    if onlyAnswers, !owesReply { return .answered }
                }
            }
            if let event = giveOut() { return event }
            if isEnding {
                isEnding = false
                tellOpenGaps()
                return .interrupted
            }
            onWait()
            // Ctrl-C may have ended the wait for a reader of the output.
            if engine.loop.takeInterrupt() {
                takeLast()
                continue
            }
            if fixed == nil, revision != engine.map.revision { arrange() }
            var deadline = min(end, engine.lookout.links.isEmpty ? nextLook : .never, users.nextAsk)
            if ripe == nil { deadline = min(deadline, window.due) }
            for pause in listeners.map(\.resumeAt) + deliveries.values.map(\.backOff.resumeAt) {
                deadline = min(deadline, pause ?? .never)
            }
            let links = listeners.compactMap(\.link)
            // What is held back limits what is read.
            let open = (window.isFull ? [] : links) + engine.idleLinks(but: links) + users.links
            let event = engine.next(
                on: open, or: input, until: deadline, isLookingOut: fixed == nil, isAtPrompt: isAtPrompt)
            switch event {
            case .push(let value, let link), .reply(let value, _, let link):
                if users.take(value, from: link) { continue }
                guard let listener = listeners.first(where: { $0.link === link }) else {
                    engine.meet(event)
                    continue
                }
                if let event = take(value, from: listener) { return event }
            case .ended(let link) where users.lose(link): break
            case .ended(let link) where links.contains { $0 === link }:
                if let event = lose(link) { return event }
            case .ended: engine.meet(event)
            case .looked(let hasAnswer):
                engine.meet(event)
                arrange()
                if hasAnswer { lookedAt = .now }
                nextLook = Instant(seconds: hasAnswer ? engine.patience : 0)
            case .deadline:
                if ripe == nil, window.due.hasPassed {
                    // What has already arrived comes first, however long it took to read.
                    ripe = .now
                    if !window.isFull { engine.loop.turn(links, until: .now) }
                    continue
                }
                users.ask()
                if nextLook.hasPassed {
                    engine.lookout.look()
                    nextLook = Instant(seconds: engine.patience)
                }
                if end.hasPassed { return .timeUp }
                if let event = resume() { return event }
            case .input: return .inputReady
            case .interrupted: takeLast()
            case .resize: return .resized
            case .resumed: return .resumed
            case .silent, .part, .bytes: break
            }
        }
    }

    /// Ctrl-C: reads what has already arrived; only that is still given out.
    private func takeLast() {
        engine.loop.turn(listeners.compactMap(\.link), until: .now)
        isEnding = true
        ripe = .never
    }

    // MARK: Following the cluster

    /// Listens where the current map says that something can be heard, and nowhere else.
    private func arrange() {
        revision = engine.map.revision
        if fixed == nil, let topology = engine.map.topology,
            engine.map.hasFailed(anyNode) || topology.node(at: anyNode) == nil
        {
            chooseAnyNode()
        }
        let places = subscriptions.places(engine.map, any: anyNode)
        listeners.removeAll { listener in
            guard !places.contains(where: { $0.node == listener.node }), !listener.owesAnswer else { return false }
            let start = engine.map.hasFailed(listener.node) ? listener.heardAt : lookedAt
            gaps.append(listener.gap ?? (listener.node, start))
            return true
        }
        if engine.map.isWhole, places.allSatisfy({ place in listeners.contains { $0.node == place.node } }) {
            gaps = []
        }
        for (node, items) in places {
            var listener = listeners.first { $0.node == node }
            if listener == nil {
                let new = listen(to: node)
                // A node that is added later may already have sent something.
                if items.contains(where: announced.contains) {
                    new.gap = gaps.isEmpty ? (node, lookedAt) : gaps.removeFirst()
                }
                listener = new
            }
            guard let listener, listener.link != nil else { continue }
            if engine.map.hasFailed(node), fixed == nil {
                _ = listener.fail(since: listener.heardAt, retryFor: engine.retryFor)
                continue
            }
            for item in items where !listener.items.contains(item) {
                guard deliveries[item]?.backOff.resumeAt?.hasPassed ?? true else { continue }
                deliveries[item]?.arrive(at: node, isAtOwner: true)
                listener.enter(item)
            }
            for item in listener.items where !items.contains(item) && item.kind != .monitor { listener.leave(item) }
        }
    }

    private func chooseAnyNode() {
        let heard = listeners.lazy.filter(\.isComplete).map(\.node)
        anyNode =
            (Array(heard) + engine.map.informants).first { $0 != anyNode && !engine.map.hasFailed($0) } ?? anyNode
    }

    /// A connection has ended. Nil if the stream continues.
    private func lose(_ link: Link) -> Event? {
        let isAlone = engine.map.topology == nil
        let end = link.endOfReplies()
        let failure = isAlone && engine.map.seeds.contains(link.address) ? end.ofSeed : end
        engine.map.isStale = true
        guard fixed == nil, !failure.isAboutCredentials, let listener = listeners.first(where: { $0.link === link })
        else {
            return giveUp(because: failure)
        }
        // What was being left counts as left all the same.
        for case .leaving(let item) in listener.owed {
            leaving.removeAll { $0 == item }
            if let item { announced.remove(item) }
        }
        // A lone server that was never reached is not waited for, nor for the reply to another command.
        let isFinal = isAlone && (!isConfirmed || listener.owed.contains(.other))
        if subscriptions.isEmpty || isFinal { return giveUp(because: failure) }
        if isAlone, !link.wasOpen { engine.onConnection(false) }
        // Another node may have become master in the meantime, and any node will do for what any node hears.
        if !isAlone, listener.node == anyNode { chooseAnyNode() }
        engine.onNote(.silent([listener.node]))
        lookAgain()
        return fail(listener, because: failure)
    }

    /// A node cannot be heard for now. Nil if the stream continues: while another can be heard, or there is time.
    private func fail(_ listener: Listener, because failure: CommandFailure) -> Event? {
        guard listener.fail(since: .now, retryFor: engine.retryFor), !listeners.contains(where: \.isComplete) else {
            return nil
        }
        return giveUp(because: failure)
    }

    private func giveUp(because failure: CommandFailure) -> Event {
        tellOpenGaps()
        return .lost(failure)
    }

    /// Makes the connections, and asks for what was put off, once the time has come.
    private func resume() -> Event? {
        for listener in listeners where listener.resumeAt?.hasPassed ?? false {
            if engine.map.hasFailed(listener.node) {
                let failure = CommandFailure.retriesExhausted(listener.node, last: Delivery.failedNode)
                if let event = fail(listener, because: failure) { return event }
            } else {
                listener.open(by: engine)
            }
        }
        if fixed == nil { arrange() }
        return nil
    }
}
