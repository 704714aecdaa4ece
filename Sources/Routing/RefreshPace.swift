package import Clock

/// When the topology may be asked for on behalf of commands that wait for it: at once, and then with growing pauses, however
/// many commands and nodes there are.
package struct RefreshPace: Sendable {
    /// Seconds.
    private static let shortest = 0.05
    private static let longest = 0.5

    private var pause = shortest
    private var next = Instant(nanoseconds: 0)

    package init() {}

    /// True when it may be asked for now; a pause begins then. After a time without need for it the first is short again.
    package mutating func allows(at now: Instant) -> Bool {
        guard next <= now else { return false }
        pause = now.seconds(since: next) > Self.longest ? Self.shortest : min(pause * 2, Self.longest)
        next = now.advanced(by: pause)
        return true
    }
}
