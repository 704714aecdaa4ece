package import Clock
package import Commands
package import RESP
package import Routing
import Transport

/// SUBSCRIBE and MONITOR, where replies come without being asked for: connections of their own to all nodes at which
/// something is to be heard.
///
/// On a cluster the stream follows it: it listens again where a connection has ended, at who has taken over, at new
/// masters and where a slot has gone, and says once what may have been missed. At one server, and at a node that the user
/// named, it ends with the connection.
package final class EventStream {
    package enum Event {
        /// A message, a line of MONITOR, a confirmation or another reply. The node is that of a message on a cluster.
        case message(RESPValue, from: NodeAddress?)
        /// What the user has asked for has been answered; only for who waits for that alone.
        case answered
        /// The other descriptor that was watched is ready.
        case inputReady
        /// Ctrl-C.
        case interrupted
        /// The window has got another size.
        case resized
        /// The program goes on after it was suspended.
        case resumed
        /// The time is up.
        case timeUp
        /// A node that the user named has left a shard channel whose slot has moved; its message, and what that means.
        case left(RESPValue, CommandFailure)
        /// A command was not carried out.
        case refused(CommandFailure)
        /// Nobody is there any more; nothing more comes.
        case lost(CommandFailure)
    }

    /// A line of MONITOR on its way.
    struct Line {
        let value: RESPValue
        let node: NodeAddress
        /// The node for the user; nil on a server alone.
        let place: NodeAddress?
        /// The client's address as it stands there, where the user matters; for a script that of its caller.
        var client: ByteString = ""
        /// The client's user where that was known at once, else the question that is going to tell.
        var whose: (user: ByteString?, question: Int) = (nil, 0)
    }

    let engine: Engine
    /// The command that opened the stream.
    package let opening: Command
    let isMonitor: Bool
    /// True for a stream that is opened to leave channels: it is sent nothing but confirmations, whatever they look like.
    let onlyLeaves: Bool
    /// The only node that is listened to: one server, or the one that the user named.
    let fixed: NodeAddress?
    /// Who is listened to for what any node hears.
    private(set) var anyNode: NodeAddress
    private let isOnSharedConnection: Bool
    var subscriptions: Subscriptions
    var listeners: [Listener] = []
    /// What the user knows to be subscribed.
    var announced: Set<Subscriptions.Item> = []
    /// Confirmations of leaving that the user is still to see.
    var leaving: [Subscriptions.Item?] = []
    /// What was decided so far about what nodes have sent elsewhere, until one takes it.
    var deliveries: [Subscriptions.Item: Delivery] = [:]
    var window = MergeWindow<Line>()
    /// What was due in the window then is given out: nothing earlier was to be read any more. Nil while that is not known.
    var ripe: Instant?
    /// The first of them, while its user is asked for.
    var heldLine: Line?
    /// True after Ctrl-C, until what had come by then is given out.
    private(set) var isEnding = false
    private(set) lazy var users = ClientUsers(engine)
    /// Whose commands alone MONITOR is to show; nil for everybody's.
    package var user: ByteString?
    /// Lines of which nobody could tell whose they are, and which were not given out therefore.
    package internal(set) var untoldCount = 0
    /// Why a node does not tell whose a client is.
    package var userRefusal: String? { users.refusal }
    /// The revision of the map that the listeners stand for.
    var revision = -1
    /// When the cluster was last looked at, and when next.
    private var lookedAt = Instant.now
    var nextLook: Instant
    /// Of nodes that are not listened to any more, for those who come in their place.
    private var gaps: [(node: NodeAddress, start: Instant)] = []

    /// True once a server has taken the command that opened the stream.
    package internal(set) var isConfirmed = false
    /// True when all channels were left.
    package internal(set) var isOver = false

    /// The first of the nodes.
    package var node: NodeAddress { listeners.first?.node ?? anyNode }

    /// True where a message says little without its node.
    package var hasManyNodes: Bool { listeners.count > 1 || opening.target?.isManyNodes ?? false }

    /// True while a reply is due, or the confirmation of what the user has asked for.
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
        // One channel stands for all: each goes its own way.
        let plan = try engine.plan(for: Command(Array(command.arguments.prefix(2)), target: command.target))
        var named: NodeAddress?
        if case .single(let plan) = plan, case .node(let node, _) = plan.request.route { named = node }
        anyNode = named ?? engine.map.home
        fixed = named ?? (engine.map.topology == nil ? engine.map.home : nil)
        isOnSharedConnection =
            engine.map.topology == nil && named == nil && engine.session.protocolVersion == 3 && !isMonitor
            && !onlyLeaves
        subscriptions = Subscriptions(at: command.target)
        nextLook = fixed == nil ? Instant(seconds: engine.patience) : .never
        send(command.arguments)
    }

    /// Opens the stream for what a block has subscribed, and its reply has confirmed.
    ///
    /// - Parameter items: at least one.
    /// - Throws: ``CommandFailure`` when the router refuses the command.
    package convenience init(_ engine: Engine, confirmed items: [Subscriptions.Item]) throws(CommandFailure) {
        try self.init(engine, Command(items[0].entering))
        announced = [items[0]]
        add(confirmed: Array(items.dropFirst()))
        isConfirmed = true
    }

    /// Listens to what a block has subscribed as well.
    package func add(confirmed items: [Subscriptions.Item]) {
        for item in items { send(item.entering) }
        announced.formUnion(items)
    }

    // MARK: Asking

    /// Sends a command on the stream; its reply comes as a message.
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
            // What is subscribed already is confirmed once more.
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
            // A server confirms also what was not subscribed.
            for listener in present.isEmpty ? [listener(toLeave: item)] : present { listener.leave(item) }
        }
    }

    /// One of the connections, made if there is none.
    private var someListener: Listener {
        if let listener = listeners.first(where: { $0.link != nil }) { return listener }
        return listen(to: anyNode)
    }

    /// Who confirms that what is not subscribed is not: for a shard channel only the owner of its slot.
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
    ///   - end: when the waiting ends.
    ///   - isAtPrompt: true for who draws the line that is typed anew.
    ///   - onlyAnswers: true for who waits only for what the user has asked for.
    ///   - onWait: called when all that has come was given out.
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
            // It may have ended the wait for a reader.
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
            // What is held back bounds what is read.
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
                    // What is there already comes first, however long that took to read.
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

    /// Ctrl-C: reads what has come, which is all that is still given out.
    private func takeLast() {
        engine.loop.turn(listeners.compactMap(\.link), until: .now)
        isEnding = true
        ripe = .never
    }

    // MARK: Following the cluster

    /// Listens where something is to be heard by the present map, and nowhere else.
    private func arrange() {
        revision = engine.map.revision
        if fixed == nil, engine.map.hasFailed(anyNode) || engine.map.topology?.node(at: anyNode) == nil {
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
                // A node that comes later may have spoken before.
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

    /// A connection has ended. Nil where the stream goes on.
    private func lose(_ link: Link) -> Event? {
        let end = link.endOfReplies()
        let isSeed = engine.map.topology == nil && engine.map.seeds.contains(link.address)
        let failure = isSeed ? end.ofSeed : end
        engine.map.isStale = true
        guard fixed == nil, !failure.isAboutCredentials, let listener = listeners.first(where: { $0.link === link })
        else {
            return .lost(failure)
        }
        // What was to be left is left all the same.
        for case .leaving(let item) in listener.owed {
            leaving.removeAll { $0 == item }
            if let item { announced.remove(item) }
        }
        if subscriptions.isEmpty { return .lost(failure) }
        // Another node may have been made master meanwhile, and any node will do for what any node hears.
        if listener.node == anyNode { chooseAnyNode() }
        engine.onNote(.silent([listener.node]))
        (revision, nextLook) = (-1, .now)
        return fail(listener, because: failure)
    }

    /// A node is not heard for now. Nil where the stream goes on: while another is, or there is time.
    private func fail(_ listener: Listener, because failure: CommandFailure) -> Event? {
        guard listener.fail(since: .now, retryFor: engine.retryFor), !listeners.contains(where: \.isComplete) else {
            return nil
        }
        tellOpenGaps()
        return .lost(failure)
    }

    /// Makes the connections, and asks for what was put off, when the time has come.
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

    /// What could not be heard to the end.
    private func tellOpenGaps() {
        guard isConfirmed else { return }
        for gap in listeners.compactMap(\.gap) {
            engine.onNote(.eventsMissed(gap.node, from: gap.start.clockTime, to: nil))
        }
    }
}
