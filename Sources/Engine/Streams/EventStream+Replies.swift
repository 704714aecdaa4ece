import Clock
import Commands
package import RESP
import Routing
import Transport

// What arrives on the connections of a stream.

extension EventStream {
    func take(_ value: RESPValue, from listener: Listener) -> Event? {
        var elements = value.elements.makeIterator()
        let word = elements.next()?.payload ?? []
        listener.heardAt = .now
        if onlyLeaves, case .leaving(let item)? = listener.takeOwed() { return hasLeft(item, value) }
        if value.kind.isAggregate, word.elementsEqual(Self.message) || word.dropFirst().elementsEqual(Self.message) {
            return isHeard(value, at: listener) ? .message(value, from: place(of: listener)) : nil
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
        // From client-side caching.
        if value.kind == .push { return .message(value, from: place(of: listener)) }
        switch listener.takeOwed() {
        case .entering(let item) where value.isError: return refuse(item, value, listener)
        case .entering(let item): return confirm(item, value, listener)
        case .leaving(let item): return hasLeft(item, value)
        case .other, nil: return .message(value, from: nil)
        }
    }

    /// Takes what has arrived on the connection for commands, for a stream that shares it.
    package func take(push value: RESPValue) -> Event? {
        listeners.first(where: \.isShared).flatMap { take(value, from: $0) }
    }

    /// True for a stream whose messages arrive on the connection for commands.
    package var sharesConnection: Bool { listeners.contains(where: \.isShared) }

    /// False for what another node also reports: messages that match a pattern, on channels outside the key space, and
    /// what a replica says about its master's keys.
    private func isHeard(_ message: RESPValue, at listener: Listener) -> Bool {
        guard listeners.count > 1, opening.target == nil, message.count == 4 else { return true }
        var words = message.elements.dropFirst().makeIterator()
        guard let pattern = words.next(), let channel = words.next() else { return true }
        if Subscriptions.isOfKeySpace(channel.payload) { return !engine.map.isReplica(listener.node) }
        return listener.node == anyNode || !Subscriptions.Item(.pattern, pattern.byteString).happensAtEachMaster
    }

    private static let message = Array("message".utf8)
    private static let entering = Array("subscribe".utf8)
    private static let leaving = Array("unsubscribe".utf8)

    private func place(of listener: Listener) -> NodeAddress? { engine.map.topology == nil ? nil : listener.node }

    private func take(line: RESPValue, from listener: Listener) -> Event? {
        if fixed == nil, engine.lookout.isOwn(line) { return nil }
        let place = place(of: listener)
        guard listeners.count > 1 || user != nil else { return .message(line, from: place) }
        var report = Line(value: line, node: listener.node, place: place)
        if user != nil, let parts = MonitorLine(line.byteString) {
            report.client = listener.caller(parts.client)
            report.whose = users.note(report.client, at: listener.node)
            if parts.changesUser { users.forget(report.client, at: listener.node) }
        }
        window.add(report, stamp: Self.stamp(of: line), length: line.payload.count, at: .now)
        return nil
    }

    /// Microseconds of Unix time, from the start of a line of MONITOR.
    private static func stamp(of line: RESPValue) -> UInt64 {
        line.payload.prefix { $0 != 0x20 }.reduce(0) { sum, byte in
            0x30...0x39 ~= byte ? sum &* 10 &+ UInt64(byte - 0x30) : sum
        }
    }

    private func confirm(_ item: Subscriptions.Item, _ value: RESPValue, _ listener: Listener) -> Event? {
        isConfirmed = true
        deliveries[item] = nil
        if listener.isComplete, let gap = listener.gap {
            engine.onNote(.eventsMissed(gap.node, from: gap.start.clockTime, to: Instant.now.clockTime))
            if engine.map.topology == nil { engine.onConnection(true) }
        }
        if listener.isComplete { listener.recover() }
        guard announced.insert(item).inserted else { return nil }
        return .message(counted(value, item), from: nil)
    }

    /// Reports what could not be heard to the end.
    func tellOpenGaps() {
        guard isConfirmed else { return }
        for gap in listeners.compactMap(\.gap) {
            engine.onNote(.eventsMissed(gap.node, from: gap.start.clockTime, to: nil))
        }
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
        lookAgain()
        return nil
    }

    /// Something has changed: looks at the cluster now, and at where to listen.
    func lookAgain() {
        revision = -1
        if engine.map.topology != nil { nextLook = .now }
    }

    private func hasLeft(_ item: Subscriptions.Item?, _ value: RESPValue) -> Event? {
        guard let place = leaving.firstIndex(of: item) else { return nil }
        leaving.remove(at: place)
        if let item { announced.remove(item) }
        isOver = leaving.isEmpty && subscriptions.isEmpty
        return .message(item.map { counted(value, $0) } ?? value, from: nil)
    }

    /// A confirmation counts the subscriptions on its connection; for the user there is one count over all of them.
    private func counted(_ value: RESPValue, _ item: Subscriptions.Item) -> RESPValue {
        guard hasManyNodes, value.kind.isAggregate else { return value }
        let count = announced.count { ($0.kind == .shardChannel) == (item.kind == .shardChannel) }
        return .aggregate(value.kind, value.elements.prefix(2) + [.integer(count)])
    }

    /// A node refuses a subscription.
    private func refuse(_ item: Subscriptions.Item, _ value: RESPValue, _ listener: Listener) -> Event? {
        listener.forget(item)
        if let error = value.serverError, let redirect = engine.redirect(error, from: listener.node) {
            switch decide(redirect, value.text, item, at: listener.node) {
            case .send(isAsking: false), .wait:
                if redirect == .unauthenticated { listener.link?.authenticateAgain() }
                revision = -1
                return nil
            case .fail(let failure):
                subscriptions.remove(item)
                return isConfirmed ? .refused(failure) : .lost(failure)
            case .reply where isConfirmed && engine.map.topology != nil && redirect.node != nil:
                subscriptions.remove(item)
                return .refused(.shardChannelElsewhere(listener.node, owner: redirect.node))
            case .send(isAsking: true), .reply, .confirm: break
            }
        }
        guard subscriptions.contains(item) else { return nil }
        // The other nodes will say the same.
        subscriptions.remove(item)
        if isConfirmed, subscriptions.isEmpty, leaving.isEmpty {
            isOver = true
            tellOpenGaps()
        }
        return .message(value, from: nil)
    }

    private func decide(
        _ redirect: Redirect, _ text: String, _ item: Subscriptions.Item, at node: NodeAddress
    ) -> Delivery.Decision {
        let route: Route =
            fixed != nil ? .node(node) : item.kind == .shardChannel ? .slot(HashSlot(key: item.name)) : .home
        var delivery = deliveries[item] ?? Delivery(.init(route: route, isReadonly: true, isScript: false))
        if delivery.node == nil { delivery.arrive(at: node, isAtOwner: true) }
        defer { deliveries[item] = delivery }
        return engine.decide(.redirected(redirect, from: node, text: text), &delivery)
    }

    /// The next line of MONITOR whose time has come, and whose user is known if that matters.
    func giveOut() -> Event? {
        while let ripe {
            guard let line = heldLine ?? window.take(at: ripe) else {
                self.ripe = nil
                return nil
            }
            heldLine = nil
            guard let user else { return .message(line.value, from: line.place) }
            switch line.whose.user ?? users.user(of: line.client, at: line.node) {
            case .some(user): return .message(line.value, from: line.place)
            case .some: continue
            case nil where isEnding || users.isSettled(line.whose.question, at: line.node): untoldCount += 1
            case nil:
                heldLine = line
                return nil
            }
        }
        return nil
    }
}
