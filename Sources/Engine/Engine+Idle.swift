import Clock
import RESP
import Routing
package import Transport

/// What the engine does while the user types: it sees what nodes send without being asked and which connections end, and
/// looks at the cluster again by itself while something is wrong with it.
extension Engine {
    /// What ends the waiting for a key.
    package enum Awakening {
        case input, interrupt, resize
    }

    /// Seconds for which is looked again after a connection has ended: the cluster takes time to notice.
    private static let vigilance = 30.0

    /// Waits for a key, or for a signal.
    package func idle(until input: Poller.Interest) -> Awakening {
        while true {
            let deadline = isWatchful ? lookout.due(from: .now) : .never
            let event = next(on: idleLinks(), or: input, until: deadline, isLookingOut: true, isAtPrompt: true)
            switch event {
            case .input: return .input
            case .interrupted: return .interrupt
            case .resize: return .resize
            case .deadline: if !lookout.look() { onConnection(false) }
            case .push, .ended, .looked, .reply, .part, .bytes, .silent, .resumed: meet(event)
            }
        }
    }

    /// The connections on which something may come though nobody waits for it.
    ///
    /// - Parameter links: of which somebody takes care.
    func idleLinks(but links: [Link] = []) -> [Link] {
        // One that was never made has that to tell to its first command; but where keys are tracked there may be none.
        pool.all.filter { link in (link.wasOpen || session.tracksKeys) && !links.contains { $0 === link } }
    }

    /// Deals with what comes while nobody waits for it.
    func meet(_ event: Event) {
        switch event {
        case .push(let value, let link): take(push: value, from: link)
        case .ended(let link):
            pool.drop(link)
            loseTransaction(with: link)
            isVigilantUntil = Instant(seconds: Self.vigilance)
        case .looked(true):
            onConnection(true)
            keepTracking()
        case .looked(false), .reply, .part, .bytes, .silent, .input, .resize, .resumed, .deadline, .interrupted: break
        }
    }

    /// Hands over what belongs to no subscription. A replica tells again what its master has told to all.
    func take(push value: RESPValue, from link: Link) {
        if session.tracksAllKeys, map.isReplica(link.address) { return }
        onPush(value, link.address)
    }

    /// Where each master tells of its keys unasked, a master that has come is listened to as well.
    private func keepTracking() {
        guard session.tracksAllKeys else { return }
        for master in map.topology?.masters ?? [] where !map.hasFailed(master.address) {
            _ = pool.link(to: master.address)
        }
    }

    private var isWatchful: Bool {
        router.routesCommands && (map.isStale || !map.isWhole || !isVigilantUntil.hasPassed)
    }
}
