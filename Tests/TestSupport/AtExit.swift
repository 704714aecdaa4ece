import Glibc
import Synchronization

/// Things to undo when the test run ends, whatever still refers to them: servers to stop, folders to remove.
package enum AtExit {
    private static let actions = Mutex<[@Sendable () -> Void]>([])

    private static let hook: Void = {
        atexit {
            for action in AtExit.actions.withLock({ $0 }).reversed() { action() }
        }
    }()

    /// Runs `action` when the process exits; the last one added runs first.
    package static func run(_ action: @escaping @Sendable () -> Void) {
        _ = hook
        actions.withLock { $0.append(action) }
    }
}
