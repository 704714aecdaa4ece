import Clock
import Commands
import RESP
import Routing
import Transport

// What happens to requests whose replies never arrive.

extension Exchange {
    // MARK: Silence

    /// Gives up on nodes that have failed or lost the slot: they owe nothing more.
    ///
    /// - Parameter answer: what the lookout has just found.
    func leaveReplaced(answer: Bool? = nil) {
        let underWay = answer == true ? Dictionary(grouping: tickets.filter(\.isUnderWay), by: \.delivery.node) : [:]
        let gone = engine.lookout.leave(busy, answer: answer) { link in
            var change = Lookout.Change()
            let isReplica = engine.map.isReplica(link.address)
            for ticket in underWay[link.address] ?? [] {
                if isReplica, !ticket.wentToReplica { change.isDemoted = true }
                guard let slot = ticket.request.route.slot, !ticket.wasAsked else { continue }
                if engine.map.owners[slot] != link.address { change.hasLostSlot = true }
            }
            return change
        }
        for link in gone {
            engine.pool.drop(link)
            for lost in abandoned(by: link) { meet(.silent(link.address, mayHaveRun: lost.mayHaveRun), lost.index) }
        }
    }

    /// The time for a reply is up.
    func giveUp(silent link: Link) {
        // A blocking command may take any amount of time.
        guard let seconds = replyTimeout,
            !tickets.contains(where: { $0.isUnderWay(to: link.address) && isBlocking($0.request) })
        else { return replyTimeout = nil }
        engine.pool.drop(link)
        for lost in abandoned(by: link) {
            meet(.timedOut(link.address, seconds: seconds, mayHaveRun: lost.mayHaveRun), lost.index)
        }
    }

    private func isBlocking(_ request: Request) -> Bool {
        request.commands.contains { engine.row(for: Command($0))?.flags.contains(.blocking) ?? false }
    }

    /// Nothing was read from the nodes while a slow reader took a part.
    func excuseSilence(of seconds: Double) {
        for link in busy { link.excuseSilence(of: seconds) }
        for index in tickets.indices {
            tickets[index].tellsOfSilenceAt = tickets[index].tellsOfSilenceAt.advanced(by: seconds)
        }
        tellsOfSilenceAt = tellsOfSilenceAt.advanced(by: seconds)
    }

    func tellOfSilence() {
        let due = tickets.indices.filter { tickets[$0].tellsOfSilenceAt.hasPassed }
        var nodes = due.map { tickets[$0] }.filter(\.isUnderWay).compactMap(\.delivery.node)
        for index in due { tickets[index].tellsOfSilenceAt = .never }
        tellsOfSilenceAt = tickets.lazy.filter { $0.outcome == nil }.map(\.tellsOfSilenceAt).min() ?? .never
        if tickets.count == 1 {
            guard !isBlocking(tickets[0].request) else { return }
            nodes.removeAll { node in engine.pool.all.contains { $0.address == node && $0.hasAnswered } }
        }
        if !nodes.isEmpty { engine.onNote(.silent(nodes)) }
    }

    /// The connection is gone: settles everything that it owed.
    func lose(_ link: Link) {
        let failure = link.failure ?? .closed
        let wasOpen = link.wasOpen
        engine.pool.drop(link)
        for lost in abandoned(by: link) {
            if let refusal = lost.refusal {
                end(lost.index, .failure(refusal))
            } else if let violation = link.violation {
                end(lost.index, .failure(violation))
            } else {
                let event = Delivery.Event.lost(
                    link.address, reason: failure.reason, wasOpen: wasOpen, mayHaveRun: lost.mayHaveRun,
                    link.fault)
                meet(event, lost.index)
            }
        }
    }

    /// The requests that a connection owes replies to and that have no outcome yet.
    private func abandoned(
        by connection: Link
    ) -> [(index: Int, mayHaveRun: Bool, refusal: CommandFailure?)] {
        // A request of several commands appears once for each of them.
        let lost = Dictionary(grouping: connection.abandon(), by: \.ticket)
        return lost.keys.sorted().filter { tickets[$0].outcome == nil }.map { index in
            let commands = lost[index] ?? []
            // A block runs at its EXEC, whatever was queued before.
            let count = tickets[index].replies.count
            let decisive = tickets[index].request.commands.lastIndex(of: ["EXEC"]) ?? 0
            var mayHaveRun = count > decisive || commands.dropFirst(decisive - count).contains { $0.mayHaveRun }
            // A server that ends the first command's wait may leave the others unanswered.
            if redirect(in: tickets[index].replies, from: connection.address) != nil { mayHaveRun = false }
            return (index, mayHaveRun, commands.lazy.compactMap(\.refusal).first)
        }
    }

    // MARK: Ctrl-C

    /// Ctrl-C. Pressed again, it no longer waits for anything.
    func interrupt() {
        guard unblocking == nil, tickets.count == 1, tickets[0].resumeAt == nil,
            engine.row(for: Command(tickets[0].request.arguments))?.takesWhatItWaitsFor ?? false,
            let node = tickets[0].delivery.node, let link = busy.first(where: { $0.address == node })
        else { return giveUp() }
        let end = Instant(seconds: engine.patience)
        // The connection's ID may still be on its way, and the reply after it.
        while true {
            while link.isUsable, let event = engine.event(on: link) { deal(with: event) }
            guard link.awaitsIdentity, link.isUsable, !end.hasPassed, !engine.loop.takeInterrupt() else { break }
            engine.loop.turn([link], until: end)
        }
        guard openCount > 0 else { return }
        guard let id = link.clientID, link.isUsable else { return giveUp() }
        let other = engine.pool.makeLink(to: node)
        other.send(["CLIENT", "UNBLOCK", ByteString("\(id)")], ticket: 0)
        unblocking = (other, end)
    }

    /// Ctrl-C, or a race that is decided: closes the connections that owe a reply.
    func giveUp() {
        for connection in Array(engine.pool.all) where !connection.isIdle {
            engine.pool.drop(connection)
            for lost in abandoned(by: connection) {
                meet(.interrupted(connection.address, mayHaveRun: lost.mayHaveRun), lost.index)
            }
        }
        for index in tickets.indices where tickets[index].outcome == nil {
            meet(.interrupted(nil, mayHaveRun: false), index)
        }
    }
}
