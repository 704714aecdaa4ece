import Clock
import Testing

@testable import Engine

/// Reports of several nodes in the order of their timestamps.
struct MergeWindowTests {
    private static let second: UInt64 = 1_000_000_000

    private static func instant(_ milliseconds: UInt64) -> Instant {
        Instant(nanoseconds: Self.second + milliseconds * 1_000_000)
    }

    @Test("A report waits for earlier ones, which come out before it")
    func order() {
        var window = MergeWindow<String>()
        window.add("late", stamp: 30, at: Self.instant(0))
        window.add("early", stamp: 10, at: Self.instant(20))
        window.add("later", stamp: 40, at: Self.instant(20))
        #expect(window.due == Self.instant(50))
        #expect(window.take(at: Self.instant(49)) == nil)
        #expect(window.take(at: Self.instant(50)) == "early")
        // A report that comes too late to precede those already due follows them.
        window.add("earlier", stamp: 5, at: Self.instant(51))
        #expect(window.take(at: Self.instant(51)) == "late")
        #expect(window.take(at: Self.instant(51)) == nil)
        #expect(window.take(at: Self.instant(70)) == "earlier")
        #expect(window.take(at: Self.instant(70)) == "later")
        #expect(window.due == .never)
    }

    @Test("The window has a limit, and everything in it still comes out")
    func bound() {
        var window = MergeWindow<Int>()
        var count = 0
        while !window.isFull {
            window.add(count, stamp: UInt64(count), length: 1000, at: Self.instant(0))
            count += 1
        }
        #expect(1000...10_000 ~= count)
        while window.take(at: Self.instant(50)) != nil { count -= 1 }
        #expect(count == 0)
        #expect(!window.isFull)
    }

    @Test("A thousand reports of three nodes come out sorted")
    func sorted() {
        var window = MergeWindow<UInt64>()
        var taken: [UInt64] = []
        for number in 0..<1_000 as Range<UInt64> {
            // Each node's reports are in order; the nodes lag by up to 20 ms.
            let lag = number % 3 * 10
            window.add(number, stamp: number * 1000, at: Self.instant(number + lag))
            while let next = window.take(at: Self.instant(number)) { taken.append(next) }
        }
        while let next = window.take(at: .never) { taken.append(next) }
        #expect(taken == Array(0..<1_000))
    }
}
