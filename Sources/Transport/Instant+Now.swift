package import Clock
import Glibc

extension Instant {
    /// By CLOCK_MONOTONIC.
    package static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    /// Microseconds since 1970.
    package static var wallClock: Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }

    /// The instant this many seconds from now.
    package init(seconds: Double) {
        self = Self.now.advanced(by: seconds)
    }

    package var hasPassed: Bool { self <= .now }

    /// Seconds until then; 0 when it has passed.
    package var secondsLeft: Double { seconds(since: .now) }

    /// Seconds since then; 0 when it is still to come.
    package var secondsAgo: Double { Self.now.seconds(since: self) }

    /// The local time of day, to a tenth of a second: `12:01:03.2`.
    package var clockTime: String {
        let seconds = Double(Self.wallClock) / 1e6 - secondsAgo
        var whole = time_t(seconds)
        var time = tm()
        localtime_r(&whole, &time)
        let parts = [time.tm_hour, time.tm_min, time.tm_sec].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "\(parts.joined(separator: ":")).\(Int(seconds * 10) % 10)"
    }

    /// Milliseconds until then, rounded up, as `poll` takes them; -1 for never.
    var pollTimeout: Int32 {
        guard self != .never else { return -1 }
        return Int32(min(secondsLeft * 1000 + 0.999, Double(Int32.max)))
    }
}
