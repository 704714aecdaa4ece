import Glibc
import Synchronization
import Transport

/// A resolver that does not answer until it is released.
final class SilentResolver: Sendable {
    private let count = Atomic(0)

    /// How many names have been looked up.
    var calls: Int { count.load(ordering: .relaxed) }

    /// - Parameter onCall: runs on the resolver's thread.
    func syscalls(onCall: @escaping @Sendable () -> Void = {}) -> Syscalls {
        var syscalls = Syscalls.system
        syscalls.resolve = { [weak self] _, _ throws(TransportError) in
            self?.count.add(1, ordering: .relaxed)
            onCall()
            while self != nil { usleep(10_000) }
            throw .unresolved("over")
        }
        return syscalls
    }
}
