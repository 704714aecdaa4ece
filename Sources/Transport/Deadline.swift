import Glibc

/// An instant of the monotonic clock.
package struct Deadline: Comparable, Sendable {
    /// Nanoseconds of CLOCK_MONOTONIC.
    let nanoseconds: UInt64

    package static let never = Deadline(nanoseconds: .max)

    package static var now: Deadline {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Deadline(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// The instant so many seconds from now.
    package init(seconds: Double) {
        let now = Self.now.nanoseconds
        let step = max(0, seconds) * 1e9
        nanoseconds = step < 9e18 ? now + UInt64(step) : .max
    }

    package static func < (left: Deadline, right: Deadline) -> Bool { left.nanoseconds < right.nanoseconds }

    package var hasPassed: Bool { self <= .now }

    /// Seconds until then; 0 when it has passed.
    package var secondsLeft: Double {
        seconds(since: .now)
    }

    /// Seconds from another instant to this; 0 when that is later.
    package func seconds(since other: Deadline) -> Double {
        nanoseconds > other.nanoseconds ? Double(nanoseconds - other.nanoseconds) / 1e9 : 0
    }

    /// Seconds since then; 0 when it has not come.
    package var secondsAgo: Double {
        Self.now.seconds(since: self)
    }

    /// Milliseconds until then, rounded up, as `poll` takes them; -1 for never.
    var pollTimeout: Int32 {
        guard self != .never else { return -1 }
        return Int32(min(secondsLeft * 1000 + 0.999, Double(Int32.max)))
    }
}
