import Synchronization

/// True this many times, and false from then on.
final class Countdown: Sendable {
    private let left: Atomic<Int>

    init(_ count: Int) {
        left = Atomic(count)
    }

    func next() -> Bool {
        left.subtract(1, ordering: .relaxed).newValue >= 0
    }
}
