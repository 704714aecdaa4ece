import Clock
import RESP
import Routing
import Transport

/// Looks at the cluster beside what is going on: asks one node after the other for the topology, without being waited for.
/// So the prompt shows what becomes of the cluster, and a node that owes a reply and has failed, or has lost its slot, is
/// found out.
final class Lookout {
    private unowned let engine: Engine
    private var question: (link: Link, deadline: Instant)?
    /// The connection on which the last answer came.
    private var kept: Link?
    /// When to look again at the earliest.
    private(set) var nextLook = Instant.now
    /// Nodes that had lost a slot when it was looked last.
    private var suspects: Set<NodeAddress> = []
    /// The place among the informants of the next that is asked.
    private var place = 0

    init(_ engine: Engine) {
        self.engine = engine
    }

    /// The connection that is asked on, if any.
    var links: [Link] { question.map { [$0.link] } ?? [] }

    /// When the present question is given up.
    var deadline: Instant { question?.deadline ?? .never }

    /// When to call ``look(avoiding:)``, for one who wants to know from an instant on.
    func due(from instant: Instant) -> Instant {
        question == nil ? max(instant, nextLook) : .never
    }

    /// Asks the next node if it is time.
    ///
    /// - Parameter silent: nodes that owe a reply.
    /// - Returns: false when all have been asked; the first comes next again then.
    @discardableResult
    func look(avoiding silent: [NodeAddress] = []) -> Bool {
        guard question == nil, nextLook.hasPassed else { return true }
        nextLook = Instant(seconds: engine.patience)
        let informants = engine.map.informants.filter { !silent.contains($0) }
        guard place < informants.count else {
            place = 0
            return false
        }
        let known = kept.flatMap { $0.isUsable && $0.address == informants[place] ? $0 : nil }
        let link = known ?? engine.pool.makeLink(to: informants[place])
        link.send(["CLUSTER", "SHARDS"], ticket: 0)
        link.flush()
        question = (link, Instant(seconds: engine.patience))
        return true
    }

    /// Takes the answer.
    ///
    /// - Returns: true for an answer, which the engine has learned from; false when there will be none; nil while it may
    ///   come.
    func take() -> Bool? {
        guard let (link, deadline) = question else { return nil }
        while let received = link.receive() {
            guard case .reply(_, let shards) = received else { continue }
            question = nil
            kept = link
            // A node that is loading, and knows nothing yet, is a node.
            _ = engine.learn(shards, from: link.address)
            return true
        }
        guard deadline.hasPassed || !link.isUsable else { return nil }
        end()
        // The next is asked at once.
        place += 1
        nextLook = .now
        return false
    }

    /// True when a node has lost a slot by two looks, one after the other: the first may be at a node that has not heard
    /// yet that the slot has come there.
    func confirms(_ hasLostSlot: Bool, of node: NodeAddress) -> Bool {
        guard hasLostSlot else {
            suspects.remove(node)
            return false
        }
        return !suspects.insert(node).inserted
    }

    /// Asks nobody any more.
    func end() {
        for link in [question?.link, kept] { link?.close() }
        (question, kept) = (nil, nil)
        suspects = []
    }
}
