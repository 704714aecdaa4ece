/// A point in time on a clock that only moves forward. Code that decides by the time is passed one, so that a test can
/// move its clock by hand.
package struct Instant: Comparable, Sendable {
    /// Nanoseconds since the clock began.
    package let nanoseconds: UInt64

    package static let never = Instant(nanoseconds: .max)

    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The instant this many seconds later; `.never` when that is beyond the clock.
    package func advanced(by seconds: Double) -> Instant {
        let step = max(0, seconds) * 1e9
        guard step < 9e18 else { return .never }
        let (sum, isBeyond) = nanoseconds.addingReportingOverflow(UInt64(step))
        return isBeyond ? .never : Instant(nanoseconds: sum)
    }

    /// Seconds from another instant to this one; 0 when the other is later.
    package func seconds(since other: Instant) -> Double {
        nanoseconds > other.nanoseconds ? Double(nanoseconds - other.nanoseconds) / 1e9 : 0
    }
}
