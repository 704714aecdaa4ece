import Foundation
import Synchronization

/// Kills servers when a command takes too long, so that a plan that never ends becomes a failure with a name.
final class Watchdog: Sendable {
    private let deadline = Mutex<ContinuousClock.Instant?>(nil)
    private let limit: Duration

    /// - Parameter kills: process ids of the servers.
    init(seconds: Int, kills servers: [Int32]) {
        limit = .seconds(seconds)
        Thread.detachNewThread { [weak self] in
            while let self {
                let isLate = self.deadline.withLock { $0.map { $0 < .now } ?? false }
                if isLate { return servers.forEach { kill($0, SIGKILL) } }
                Thread.sleep(forTimeInterval: 0.5)
            }
        }
    }

    func begin() {
        deadline.withLock { $0 = .now + limit }
    }

    func end() {
        deadline.withLock { $0 = nil }
    }
}
