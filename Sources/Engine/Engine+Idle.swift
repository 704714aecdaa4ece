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
            let links = pool.all.filter(\.wasOpen)
            let deadline = isWatchful ? lookout.due(from: .now) : .never
            switch next(on: links, or: input, until: deadline, isLookingOut: true, isAtPrompt: true) {
            case .input: return .input
            case .interrupted: return .interrupt
            case .resize: return .resize
            case .push(let value, _): onPush(value)
            case .ended(let link):
                pool.drop(link)
                loseTransaction(with: link)
                isVigilantUntil = Instant(seconds: Self.vigilance)
            case .looked(true): onConnection(true)
            case .deadline: if !lookout.look() { onConnection(false) }
            case .looked(false), .reply, .part, .bytes, .silent: break
            }
        }
    }

    private var isWatchful: Bool {
        router.routesCommands && (map.isStale || !map.isWhole || !isVigilantUntil.hasPassed)
    }
}
