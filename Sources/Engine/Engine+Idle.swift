import Clock
import RESP
import Routing
package import Transport

/// What the engine does while the user types: it sees what nodes send without being asked and which connections end, and
/// looks at the cluster again by itself while something is wrong with it.
extension Engine {
    /// Seconds for which is looked again after a connection has ended: the cluster takes time to notice.
    private static let vigilance = 30.0

    /// When the cluster is looked at while the user types.
    struct Watch {
        var nextLook = Instant.now
        var until = Instant.now
    }

    /// Waits for a key, or for a signal.
    ///
    /// - Returns: true when the input is ready.
    package func idle(until input: Poller.Interest) -> Bool {
        let links = pool.all.filter(\.wasOpen) + (lookout.link.map { [$0] } ?? [])
        let ready = loop.turn(links, also: [input], until: lookout.link == nil ? nextLook : lookout.deadline)
        for link in Array(pool.all) where link.wasOpen {
            while let received = link.receive() { tell(received) }
            guard !link.isUsable else { continue }
            pool.drop(link)
            watch = Watch(nextLook: .now, until: Instant(seconds: Self.vigilance))
        }
        switch lookout.take() {
        case true?:
            watch.nextLook = Instant(seconds: Lookout.interval)
            onConnection(true)
        case false?: watch.nextLook = .now
        case nil: break
        }
        if lookout.link == nil, nextLook.hasPassed, !lookout.begin() {
            watch.nextLook = Instant(seconds: Lookout.interval)
            onConnection(false)
        }
        return !ready.isEmpty
    }

    private func tell(_ received: Link.Received) {
        switch received {
        case .push(let value): onPush(value)
        case .note(let note): onNote(note)
        case .reply: break
        }
    }

    private var nextLook: Instant {
        let isWhole = map.topology?.shards.allSatisfy { $0.slots.isEmpty || $0.master?.isHealthy == true } ?? true
        let isWatchful = map.isStale || !isWhole || !watch.until.hasPassed
        return isWatchful && router.routesCommands ? watch.nextLook : .never
    }
}
