import Clock
import RESP
package import Routing
package import Transport

/// What the engine does while the user types: it takes in what nodes send unasked, notices connections that end, and
/// keeps looking at the cluster while something is wrong with it.
extension Engine {
    /// What ends the wait for a key.
    package enum Awakening {
        case input, interrupt, resize
    }

    /// Seconds to keep looking after a connection has ended: the cluster takes time to notice.
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

    /// The connections on which something may arrive that nothing is waiting for.
    ///
    /// - Parameter links: those that the caller takes care of itself.
    func idleLinks(but links: [Link] = []) -> [Link] {
        // A connection that was never made has to report that to its first command; but where keys are tracked there
        // may be none.
        pool.all.filter { link in (link.wasOpen || session.tracksKeys) && !links.contains { $0 === link } }
    }

    /// Deals with what arrives while nothing is waiting for it.
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

    /// Delivers what belongs to no subscription. A replica repeats what its master has already sent to everyone.
    func take(push value: RESPValue, from link: Link) {
        if session.tracksAllKeys, map.isReplica(link.address) { return }
        onPush(value, link.address)
    }

    /// Where every master reports its keys unasked, listens to new masters as well.
    private func keepTracking() {
        guard session.tracksAllKeys else { return }
        for master in map.topology?.masters ?? [] where !map.hasFailed(master.address) {
            _ = pool.link(to: master.address)
        }
    }

    private var isWatchful: Bool {
        router.routesCommands
            && (map.isStale || !map.isWhole || !isVigilantUntil.hasPassed
                || map.healthyMasters.contains(where: cannotReach))
    }

    /// True for a node to which the last connection could not be made, whatever the cluster calls it.
    package func cannotReach(_ node: NodeAddress) -> Bool { pool.loss(of: node) == .refused }
}
