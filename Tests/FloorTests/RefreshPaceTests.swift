import Clock
import Routing
import Testing

/// How often the topology is asked for and commands are retried, by a clock that is moved by hand.
struct RefreshPaceTests {
    private static func instant(_ seconds: Double) -> Instant {
        Instant(nanoseconds: 5_000_000_000_000).advanced(by: seconds)
    }

    @Test("Commands to a thousand nodes that fail at once share their topology questions")
    func storm() {
        var pace = RefreshPace()
        var backOffs = [BackOff](repeating: BackOff(), count: 1000)
        // When each is retried next.
        var times = [Instant](repeating: Self.instant(0), count: backOffs.count)
        var questions: [Double] = []
        for step in 0..<3000 {
            let now = Self.instant(Double(step) / 100)
            for number in backOffs.indices where times[number] <= now {
                if times[number] > Self.instant(0), pace.allows(at: now) {
                    questions.append(now.seconds(since: Self.instant(0)))
                }
                backOffs[number].resume()
                // Each a little later than the one before, as they fail.
                let failed = Instant(nanoseconds: now.nanoseconds + UInt64(number) * 1000)
                times[number] = backOffs[number].begin(at: failed, for: 60) ?? .never
            }
        }
        #expect(questions.count < 70)
        // A master that has taken over is still found soon.
        #expect(questions.count { $0 < 1 } >= 4)
        let pauses = zip(questions.dropFirst(), questions).map { $0 - $1 }
        #expect(pauses.allSatisfy { $0 < 1.1 })
    }

    @Test("After a quiet time, the topology is asked for at once")
    func quiet() {
        var pace = RefreshPace()
        var allowed: [Int] = []
        for milliseconds in 0..<3000 where pace.allows(at: Self.instant(Double(milliseconds) / 1000)) {
            allowed.append(milliseconds)
        }
        #expect(allowed.prefix(4) == [0, 50, 150, 350])
        #expect(zip(allowed.dropFirst(), allowed).map { $0 - $1 }.max() == 500)
        let later = [10, 10.04, 10.06].map { pace.allows(at: Self.instant($0)) }
        #expect(later == [true, false, true])
    }

    @Test("Commands that lost the same node are not all retried at once, nor later than they may")
    func jitter() {
        var pauses: [Double] = []
        for number in 0..<1000 {
            let now = Self.instant(Double(number) * 1e-6)
            var backOff = BackOff()
            pauses.append(backOff.begin(at: now, for: 1)?.seconds(since: now) ?? 0)
        }
        let (least, most) = (pauses.min() ?? 0, pauses.max() ?? 0)
        #expect(least >= 0.0374 && most <= 0.0501)
        #expect(most - least > 0.01)
        #expect(Set(pauses.map { Int($0 * 10_000) }).count > 50)
        var late = BackOff()
        let end = late.begin(at: Self.instant(0), for: 0.01)
        #expect(end == Self.instant(0.01))
    }
}
