/// The pauses between two looks at keys that may get elements: 10 ms, growing to 100 ms, until the command's waiting
/// time is up. The time that the looks take is not counted.
struct PollingPauses: Sendable {
    /// Nil for no limit.
    private(set) var secondsLeft: Double?
    private var next = 0.01

    /// - Parameter seconds: 0 for no limit, as with the server's blocking commands.
    init(seconds: Double) {
        secondsLeft = seconds == 0 ? nil : seconds
    }

    /// The next pause, in seconds; nil when the time is up.
    mutating func pause() -> Double? {
        let pause = min(next, secondsLeft ?? next)
        guard pause > 0 else { return nil }
        secondsLeft = secondsLeft.map { $0 - pause }
        next = min(next * 2, 0.1)
        return pause
    }
}
