package import Clock

/// When the topology may be requested on behalf of commands that wait for it: at once, and then after growing pauses,
/// however many commands and nodes there are.
package struct RefreshPace: Sendable {
    /// Seconds.
    private static let shortest = 0.05
    private static let longest = 0.5

    private var pause = shortest
    private var next = Instant(nanoseconds: 0)

    package init() {}

    /// True if it may be requested now, which starts a pause. After a quiet time, the first pause is short again.
    package mutating func allows(at now: Instant) -> Bool {
        guard next <= now else { return false }
        pause = now.seconds(since: next) > Self.longest ? Self.shortest : min(pause * 2, Self.longest)
        next = now.advanced(by: pause)
        return true
    }
}
