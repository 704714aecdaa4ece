import Clock
import RESP
import Routing
import Transport

/// Looks at the cluster alongside whatever else is going on: asks one node after another for the topology, with nothing
/// waiting for it. This is how the prompt shows what happens to the cluster, and how a node that owes a reply but has
/// failed or lost its slot is found out. Until then a late reply does not count: a master that was stopped carries out
/// what it finds in its sockets before it hears that another has taken over.
final class Lookout {
    private unowned let engine: Engine
    private var question: (link: Link, deadline: Instant)?
    /// The connection on which the last answer arrived.
    private var kept: Link?
    /// When it last looked, and the earliest time to look again.
    private var lookedAt = Instant(nanoseconds: 0)
    private var nextLook = Instant(nanoseconds: 0)
    /// Nodes that had lost a slot at the last look.
    private var suspects: Set<NodeAddress> = []
    /// The place among the informants of the next one to ask.
    private var place = 0

    init(_ engine: Engine) {
        self.engine = engine
    }

    /// The connection on which a node is being asked, if any.
    var links: [Link] { question.map { [$0.link] } ?? [] }

    /// When the current question is given up.
    var deadline: Instant { question?.deadline ?? .never }

    // MARK: Looking

    /// Asks the next node.
    ///
    /// - Parameter silent: nodes that owe a reply.
    /// - Returns: false when all have been asked; the next look then starts with the first again.
    @discardableResult
    func look(avoiding silent: [NodeAddress] = []) -> Bool {
        guard question == nil else { return true }
        lookedAt = .now
        nextLook = lookedAt.advanced(by: engine.patience)
        // Only a master that was lost shows whether it is still there. While a reply is owed, there is no time for that.
        let lost = silent.isEmpty ? engine.map.healthyMasters.filter { engine.pool.loss(of: $0) != nil } : []
        let informants = lost + engine.map.informants.filter { !silent.contains($0) && !lost.contains($0) }
        guard place < informants.count else {
            place = 0
            return false
        }
        let known = kept.flatMap { $0.isUsable && $0.address == informants[place] ? $0 : nil }
        let link = known ?? engine.pool.makeLink(to: informants[place], hasDatabase: false)
        link.send(["CLUSTER", "SHARDS"], ticket: 0)
        link.flush()
        question = (link, Instant(seconds: engine.patience))
        return true
    }

    /// Takes the answer.
    ///
    /// - Returns: true for an answer, which the engine has learned from; false when there will be none; nil while it
    ///   may still come.
    func take() -> Bool? {
        guard let (link, deadline) = question else { return nil }
        while let received = link.receive() {
            guard case .reply(_, let shards) = received else { continue }
            question = nil
            kept = link
            place = 0
            engine.pool.noteEnd(of: link, isFailure: false)
            // A node that is loading and knows nothing yet is still a node that answers.
            _ = try? engine.learn(shards, from: link.address)
            return true
        }
        guard deadline.hasPassed || !link.isUsable else { return nil }
        if link.failure != nil || !link.wasOpen { engine.pool.noteEnd(of: link, isFailure: true) }
        link.close()
        question = nil
        if kept === link { kept = nil }
        suspects = []
        // The next one is asked at once.
        place += 1
        nextLook = .now
        return false
    }

    /// True for a line of MONITOR, `TIME [DATABASE CLIENT] COMMAND`, that shows one of the lookout's own questions.
    func isOwn(_ line: RESPValue) -> Bool {
        let end = line.payload.prefix { $0 != UInt8(ascii: "]") }
        return [question?.link, kept].contains { link in
            link?.clientName.map { end.reversed().starts(with: $0.utf8.reversed()) } ?? false
        }
    }

    /// Stops asking.
    func end() {
        for link in [question?.link, kept] { link?.close() }
        (question, kept) = (nil, nil)
        suspects = []
    }

    // MARK: Links that owe replies

    /// False where no other node could report on one.
    private var canAsk: Bool { engine.router.routesCommands && !engine.map.isStandalone }

    /// True for a link whose replies are left alone until it is known that they count.
    func holds(_ link: Link) -> Bool { lateSince(link) != nil && canAsk }

    /// When a late reply arrived; nil when none has since the last look.
    private func lateSince(_ link: Link) -> Instant? {
        link.silence.flatMap { $0.seconds >= engine.patience ? $0.end : nil }
    }

    func isSilent(_ link: Link, at now: Instant = .now) -> Bool {
        link.silentSince.map { $0.advanced(by: engine.patience) <= now } ?? false
    }

    /// When to look, for a caller that would look from this instant on.
    func due(from instant: Instant) -> Instant {
        question == nil ? max(instant, nextLook) : .never
    }

    /// When to call ``leave(_:answer:change:)`` even if nothing has arrived; `.never` where no other node can be asked.
    func due(for links: [Link]) -> Instant {
        guard question == nil, canAsk else { return .never }
        var due = Instant.never
        for link in links {
            if let since = lateSince(link) {
                due = min(due, lookedAt < since ? since : nextLook)
            } else if let since = link.silentSince {
                due = min(due, max(since.advanced(by: engine.patience), nextLook))
            }
        }
        return due
    }

    /// What has happened to a node since it was sent the commands whose replies it owes.
    struct Change {
        /// It was a master and is now a replica.
        var isDemoted = false
        var hasLostSlot = false
    }

    /// Deals with links that have owed replies for longer than the engine's patience, or have kept one waiting that
    /// long: asks another node whether their nodes still have what it takes to answer.
    ///
    /// - Parameters:
    ///   - answer: what ``take()`` has just returned.
    ///   - change: asked about a link's node after an answer.
    /// - Returns: the links that owe nothing more.
    func leave(_ links: [Link], answer: Bool?, change: (Link) -> Change) -> [Link] {
        guard canAsk else { return [] }
        let now = Instant.now
        let quiet = links.filter { lateSince($0) != nil || isSilent($0, at: now) }
        guard !quiet.isEmpty else { return [] }
        let gone = answer == true ? quiet.filter { isGone($0, change($0)) } : []
        if due(for: links) <= now, !look(avoiding: quiet.map(\.address)) {
            // No node can say.
            for link in quiet { link.silence = nil }
        }
        return gone
    }

    private func isGone(_ link: Link, _ change: Change) -> Bool {
        if change.isDemoted || engine.map.hasFailed(link.address) { return true }
        // A live master that has lost a slot knows what it has still carried out. One that has lost all its slots has
        // been replaced, though the cluster may not say so yet, and will lose what it carries out.
        let hasLostAll = change.hasLostSlot && !engine.map.ownsSlots(link.address)
        if !hasLostAll, let since = lateSince(link), since <= lookedAt { link.silence = nil }
        guard change.hasLostSlot, hasLostAll || isSilent(link) else {
            suspects.remove(link.address)
            return false
        }
        // It takes two looks: the first may be at a node that has not yet heard that the slot has moved to this one.
        return !suspects.insert(link.address).inserted
    }
}
