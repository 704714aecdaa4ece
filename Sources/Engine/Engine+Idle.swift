import Clock
import RESP
import Routing
package import Transport

/// What the engine does while the user types: it sees what nodes send without being asked and which connections end, and
/// looks at the cluster again by itself while something is wrong with it.
extension Engine {
    /// A question about the topology that is under way while the user types.
    struct Look {
        let link: Link
        let deadline: Instant
    }

    /// What is known of such questions.
    struct Lookout {
        /// Seconds between two rounds over all that can be asked.
        static let interval = 1.0
        /// Seconds for which is looked again behind a connection that has ended: the cluster takes time to notice.
        static let vigilance = 30.0

        var look: Look?
        /// The place among the informants of the next that is asked.
        var place = 0
        var nextLook = Instant.now
        var looksUntil = Instant.now
    }

    /// Waits for a key, or for a signal.
    ///
    /// - Returns: true when the input is ready.
    package func idle(until input: Poller.Interest) -> Bool {
        var links = pool.all.filter(\.wasOpen)
        if let look = lookout.look { links.append(look.link) }
        let ready = loop.turn(links, also: [input], until: nextLook)
        for link in Array(pool.all) where link.wasOpen {
            while let received = link.receive() { tell(received) }
            guard !link.isUsable else { continue }
            pool.drop(link)
            lookout.nextLook = .now
            lookout.looksUntil = Instant(seconds: Lookout.vigilance)
        }
        if lookout.look != nil { takeLook() } else if nextLook.hasPassed { beginLook() }
        return !ready.isEmpty
    }

    private func tell(_ received: Link.Received) {
        switch received {
        case .push(let value): onPush(value)
        case .note(let note): onNote(note)
        case .reply: break
        }
    }

    /// When somebody is to be asked, or has had the time to answer.
    private var nextLook: Instant {
        if let look = lookout.look { return look.deadline }
        let isWhole = map.topology?.shards.allSatisfy { $0.slots.isEmpty || $0.master?.isHealthy == true } ?? true
        let isWatchful = map.isStale || !isWhole || !lookout.looksUntil.hasPassed
        return isWatchful && !router.isDirect ? lookout.nextLook : .never
    }

    private func beginLook() {
        let informants = map.informants
        guard lookout.place < informants.count else {
            lookout.place = 0
            lookout.nextLook = Instant(seconds: Lookout.interval)
            return onConnection(false)
        }
        let link = pool.makeLink(to: informants[lookout.place])
        link.send(["CLUSTER", "SHARDS"], ticket: 0)
        link.flush()
        lookout.look = Look(link: link, deadline: Instant(seconds: Self.questionTimeout))
    }

    private func takeLook() {
        guard let look = lookout.look else { return }
        while let received = look.link.receive() {
            guard case .reply(_, let shards) = received else { continue }
            end(look)
            // A node that is loading is a node.
            _ = learn(shards, from: look.link.address)
            lookout.place = 0
            lookout.nextLook = Instant(seconds: Lookout.interval)
            return onConnection(true)
        }
        guard look.deadline.hasPassed || !look.link.isUsable else { return }
        end(look)
        lookout.place += 1
        lookout.nextLook = .now
    }

    private func end(_ look: Look) {
        look.link.close()
        lookout.look = nil
    }
}
