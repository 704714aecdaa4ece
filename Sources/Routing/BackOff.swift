package import Clock

/// Pauses between attempts, each about twice as long as the last, until the time for all of them is up. Each is
/// shortened by some jitter, so that clients that have lost the same node do not all come back at once.
package struct BackOff: Equatable, Sendable {
    /// Seconds.
    private static let shortest = 0.05
    private static let longest = 1.0

    private var pause = shortest
    /// When the next attempt is due; nil for at once.
    package private(set) var resumeAt: Instant?
    /// When there is no further attempt; nil before the first pause.
    package private(set) var giveUpAt: Instant?

    package init() {}

    /// Starts a pause, unless one is running: commands that come back together wait together.
    ///
    /// - Parameter seconds: how long to keep trying, from the first pause on.
    /// - Returns: when the pause ends; nil when the time is up.
    package mutating func begin(at now: Instant, for seconds: Double) -> Instant? {
        if let resumeAt, resumeAt > now { return resumeAt }
        let giveUpAt = giveUpAt ?? now.advanced(by: seconds)
        guard giveUpAt > now else { return nil }
        self.giveUpAt = giveUpAt
        let end = min(now.advanced(by: pause * Self.share(at: now)), giveUpAt)
        pause = min(pause * 2, Self.longest)
        resumeAt = end
        return end
    }

    /// From 3/4 to 1, taken from the last digits of the clock.
    private static func share(at now: Instant) -> Double {
        let mixed = now.nanoseconds &* 0x9e37_79b9_7f4a_7c15
        return 0.75 + 0.25 * Double(mixed >> 40) / Double(1 << 24)
    }

    /// Ends the pause, for an attempt.
    package mutating func resume() {
        resumeAt = nil
    }
}
