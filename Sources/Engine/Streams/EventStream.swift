import Clock
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
        /// The other descriptor that was watched is ready.
        case inputReady
        /// Ctrl-C.
        case interrupted
        /// A node that the user named has left a shard channel whose slot has moved; its message, and what that means.
        case left(RESPValue, CommandFailure)
        /// A command was not carried out.
        case refused(CommandFailure)
        /// Nobody is there any more; nothing more comes.
        case lost(CommandFailure)
    }

    private let engine: Engine
    /// The command that opened the stream.
    package let opening: Command
    private let isMonitor: Bool
    /// The only node that is listened to: one server, or the one that the user named.
    private let fixed: NodeAddress?
    /// Who is listened to for what any node hears.
    private var anyNode: NodeAddress
    private var subscriptions: Subscriptions
    private var listeners: [Listener] = []
    /// What the user knows to be subscribed.
    private var announced: Set<Subscriptions.Item> = []
    /// Confirmations of leaving that the user is still to see.
    private var leaving: [Subscriptions.Item?] = []
    /// How often each shard channel was redirected since it was asked for.
    private var hops: [Subscriptions.Item: Int] = [:]
    private var window = MergeWindow<(RESPValue, NodeAddress)>()
    /// What was due in the window then is given out: nothing earlier was to be read any more. Nil while that is not known.
    private var ripe: Instant?
    /// The revision of the map that the listeners stand for.
    private var revision = -1
    /// When the cluster was last looked at, and when next.
    private var lookedAt = Instant.now
    private var nextLook: Instant
    /// Of nodes that are not listened to any more, for those who come in their place.
    private var gaps: [(node: NodeAddress, start: Instant)] = []
    /// Since when nobody has been listened to.
    private var aloneSince: Instant?
    /// Why the last connection ended.
    private var lastFailure: CommandFailure?

    /// True once a server has taken the command that opened the stream.
    package private(set) var isConfirmed = false
    /// True when all channels were left.
    package private(set) var isOver = false

    /// The first of the nodes.
    package var node: NodeAddress { listeners.first?.node ?? anyNode }

    /// True where a message says little without its node.
    package var hasManyNodes: Bool { listeners.count > 1 || opening.target?.isManyNodes ?? false }

    /// True while a reply is due, or the confirmation of what the user has asked for.
    package var owesReply: Bool {
        !leaving.isEmpty || subscriptions.items.contains { !announced.contains($0) }
            || listeners.contains { $0.owed.contains(.other) }
    }

    /// Opens the stream and sends its first command.
    ///
    /// - Throws: ``CommandFailure`` when the router refuses the command.
    package init(_ engine: Engine, _ command: Command) throws(CommandFailure) {
        self.engine = engine
        opening = command
        isMonitor = engine.row(for: command)?.effect == .monitor
        engine.ensureTopology()
        // One channel stands for all: each goes its own way.
        let plan = try engine.plan(for: Command(Array(command.arguments.prefix(2)), target: command.target))
        var named: NodeAddress?
        if case .single(let plan) = plan, case .node(let node, _) = plan.request.route { named = node }
        anyNode = named ?? engine.map.home
        fixed = named ?? (engine.map.topology == nil ? engine.map.home : nil)
        subscriptions = Subscriptions(at: command.target)
        nextLook = fixed == nil ? Instant(seconds: engine.patience) : .never
        send(command.arguments)
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
            hops[item] = nil
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
            for listener in present.isEmpty ? [someListener] : present { listener.leave(item) }
        }
    }

    /// One of the connections, made if there is none.
    private var someListener: Listener {
        if let listener = listeners.first(where: { $0.link != nil }) { return listener }
        return listen(to: anyNode)
    }

    private func listen(to node: NodeAddress) -> Listener {
        let listener = Listener(node)
        listener.open(by: engine)
        listeners.append(listener)
        return listener
    }

    // MARK: Waiting

    /// Waits for the next event.
    ///
    /// - Parameter descriptor: another descriptor to watch, such as the keyboard's.
    package func next(watching descriptor: Int32? = nil) -> Event {
        let input = descriptor.map { Poller.Interest(descriptor: $0) }
        while true {
            if fixed == nil, revision != engine.map.revision { arrange() }
            var deadline = min(ripe ?? window.due, engine.lookout.links.isEmpty ? nextLook : .never)
            for listener in listeners { deadline = min(deadline, listener.resumeAt ?? .never) }
            let links = listeners.compactMap(\.link)
            switch engine.next(on: links, or: input, until: deadline, isLookingOut: fixed == nil) {
            case .push(let value, let link), .reply(let value, _, let link):
                guard let listener = listeners.first(where: { $0.link === link }) else { continue }
                if let event = take(value, from: listener) { return event }
            case .ended(let link):
                if let event = lose(link) { return event }
            case .looked(let hasAnswer):
                arrange()
                if hasAnswer { lookedAt = .now }
                nextLook = Instant(seconds: hasAnswer ? engine.patience : 0)
            case .deadline:
                if let ripe {
                    if let (value, node) = window.take(at: ripe) { return .message(value, from: node) }
                    self.ripe = nil
                } else if window.due.hasPassed {
                    // What is there already comes first, however long that took to read.
                    ripe = .now
                    engine.loop.turn(links, until: .now)
                    continue
                }
                if nextLook.hasPassed {
                    engine.lookout.look()
                    nextLook = Instant(seconds: engine.patience)
                }
                resume()
                if let event = giveUp() { return event }
            case .input: return .inputReady
            case .interrupted:
                tellOpenGaps()
                return .interrupted
            case .silent, .bytes, .resize: break
            }
        }
    }

    // MARK: What comes

    private func take(_ value: RESPValue, from listener: Listener) -> Event? {
        var elements = value.elements.makeIterator()
        let word = elements.next()?.payload ?? []
        listener.heardAt = .now
        if value.kind.isAggregate, word.elementsEqual(Self.message) || word.dropFirst().elementsEqual(Self.message) {
            return .message(value, from: place(of: listener))
        }
        if isMonitor, value.kind == .simpleString, listener.owed.isEmpty { return take(line: value, from: listener) }
        let name = elements.next()?.byteString ?? ""
        if word.count >= Self.entering.count, value.count == 3, elements.next()?.kind == .integer {
            let item = Subscriptions.Item(Subscriptions.kind(of: ByteString(word)), name)
            if word.suffix(Self.leaving.count).elementsEqual(Self.leaving) { return takeLeaving(value, item, listener) }
            if word.suffix(Self.entering.count).elementsEqual(Self.entering) {
                _ = listener.takeOwed()
                return confirm(item, value, listener)
            }
        }
        switch listener.takeOwed() {
        case .entering(let item) where value.isError: return refuse(item, value, listener)
        case .entering(let item): return confirm(item, value, listener)
        case .leaving(let item):
            // Who only leaves is sent nothing but confirmations, whatever they look like.
            return hasLeft(item, value)
        case .other, nil: return .message(value, from: nil)
        }
    }

    private static let message = Array("message".utf8)
    private static let entering = Array("subscribe".utf8)
    private static let leaving = Array("unsubscribe".utf8)

    private func place(of listener: Listener) -> NodeAddress? { engine.map.topology == nil ? nil : listener.node }

    private func take(line: RESPValue, from listener: Listener) -> Event? {
        if fixed == nil, engine.lookout.isOwn(line) { return nil }
        guard listeners.count > 1 else { return .message(line, from: place(of: listener)) }
        window.add((line, listener.node), stamp: Self.stamp(of: line), at: .now)
        return nil
    }

    /// Microseconds of Unix time, from the beginning of a line of MONITOR.
    private static func stamp(of line: RESPValue) -> UInt64 {
        line.payload.prefix { $0 != 0x20 }.reduce(0) { sum, byte in
            0x30...0x39 ~= byte ? sum &* 10 &+ UInt64(byte - 0x30) : sum
        }
    }

    private func confirm(_ item: Subscriptions.Item, _ value: RESPValue, _ listener: Listener) -> Event? {
        isConfirmed = true
        aloneSince = nil
        if listener.isComplete, let gap = listener.gap {
            engine.onNote(.eventsMissed(gap.node, from: gap.start.clockTime, to: Instant.now.clockTime))
        }
        if listener.isComplete { listener.recover() }
        guard announced.insert(item).inserted else { return nil }
        return .message(counted(value, item), from: nil)
    }

    private func takeLeaving(_ value: RESPValue, _ item: Subscriptions.Item, _ listener: Listener) -> Event? {
        if case .leaving(let expected)? = listener.owed.first {
            _ = listener.takeOwed()
            return hasLeft(expected, value)
        }
        // The slot of a shard channel has moved.
        listener.forget(item)
        engine.map.isStale = true
        guard fixed == nil else {
            subscriptions.remove(item)
            announced.remove(item)
            isOver = subscriptions.isEmpty
            return .left(value, .shardChannelElsewhere(listener.node, owner: nil))
        }
        if listener.gap == nil { listener.gap = (listener.node, .now) }
        (revision, nextLook) = (-1, .now)
        return nil
    }

    private func hasLeft(_ item: Subscriptions.Item?, _ value: RESPValue) -> Event? {
        guard let place = leaving.firstIndex(of: item) else { return nil }
        leaving.remove(at: place)
        if let item { announced.remove(item) }
        isOver = leaving.isEmpty && subscriptions.isEmpty
        return .message(item.map { counted(value, $0) } ?? value, from: nil)
    }

    /// A confirmation counts what is subscribed on its connection; the user has one subscription, whatever carries it.
    private func counted(_ value: RESPValue, _ item: Subscriptions.Item) -> RESPValue {
        guard hasManyNodes, value.kind.isAggregate else { return value }
        let count = announced.count { ($0.kind == .shardChannel) == (item.kind == .shardChannel) }
        return .aggregate(value.kind, value.elements.prefix(2) + [.integer(count)])
    }

    /// A node does not take a subscription.
    private func refuse(_ item: Subscriptions.Item, _ value: RESPValue, _ listener: Listener) -> Event? {
        listener.forget(item)
        let redirect = value.serverError.flatMap { engine.redirect($0, from: listener.node) }
        if engine.map.topology != nil, case .moved(let slot, let owner)? = redirect {
            if fixed == nil, hops[item, default: 0] < Redirect.maximumHops {
                hops[item, default: 0] += 1
                engine.map.patch(slot, to: owner)
                return nil
            }
            if isConfirmed {
                subscriptions.remove(item)
                return .refused(.shardChannelElsewhere(listener.node, owner: owner))
            }
        }
        if fixed == nil, let redirect, redirect.passes {
            listener.fail(since: .now)
            return nil
        }
        guard subscriptions.contains(item) else { return nil }
        // The others are going to say the same.
        subscriptions.remove(item)
        return .message(value, from: nil)
    }

    // MARK: Following the cluster

    /// Listens where something is to be heard by the present map, and nowhere else.
    private func arrange() {
        revision = engine.map.revision
        if fixed == nil, engine.map.hasFailed(anyNode) || engine.map.topology?.node(at: anyNode) == nil {
            anyNode = engine.map.informants.first { !engine.map.hasFailed($0) } ?? anyNode
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
                if isConfirmed { new.gap = gaps.isEmpty ? (node, lookedAt) : gaps.removeFirst() }
                listener = new
            }
            guard let listener, listener.link != nil else { continue }
            if engine.map.hasFailed(node), fixed == nil {
                listener.fail(since: listener.heardAt)
                continue
            }
            for item in items where !listener.items.contains(item) { listener.enter(item) }
            for item in listener.items where !items.contains(item) && item.kind != .monitor { listener.leave(item) }
        }
    }

    /// A connection has ended. Nil where the stream goes on.
    private func lose(_ link: Link) -> Event? {
        let failure = link.endOfReplies()
        engine.map.isStale = true
        guard fixed == nil, !failure.isAboutCredentials, let listener = listeners.first(where: { $0.link === link })
        else {
            return .lost(failure)
        }
        lastFailure = failure
        let answers = listener.owed
        listener.fail(since: .now)
        for case .leaving(let item) in answers where !listeners.contains(where: { $0.owed.contains(.leaving(item)) }) {
            // It is left all the same.
            leaving.removeAll { $0 == item }
            if let item { announced.remove(item) }
        }
        engine.onNote(.silent([listener.node]))
        // Another node may have been made master meanwhile, and any node will do for what any node hears.
        if listener.node == anyNode {
            anyNode = engine.map.informants.first { $0 != anyNode && !engine.map.hasFailed($0) } ?? anyNode
        }
        (revision, nextLook) = (-1, .now)
        if !listeners.contains(where: { $0.link != nil }) { aloneSince = aloneSince ?? .now }
        return giveUp()
    }

    /// Makes the connections whose time has come.
    private func resume() {
        for listener in listeners where listener.resumeAt?.hasPassed ?? false {
            guard !engine.map.hasFailed(listener.node) else {
                listener.fail(since: .now)
                continue
            }
            listener.open(by: engine)
            revision = -1
        }
    }

    /// The end of a stream to which nobody has spoken for as long as is waited for.
    private func giveUp() -> Event? {
        guard let aloneSince, let lastFailure, aloneSince.secondsAgo >= engine.retryFor else { return nil }
        tellOpenGaps()
        return .lost(lastFailure)
    }

    /// What could not be heard to the end.
    private func tellOpenGaps() {
        guard isConfirmed else { return }
        for gap in listeners.compactMap(\.gap) {
            engine.onNote(.eventsMissed(gap.node, from: gap.start.clockTime, to: nil))
        }
    }
}

extension Redirect {
    /// True for what is over after a while.
    fileprivate var passes: Bool {
        switch self {
        case .moved, .ask: false
        case .tryAgain, .unavailable, .demoted, .unauthenticated: true
        }
    }
}
