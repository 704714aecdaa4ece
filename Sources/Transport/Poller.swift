package import Clock
import Glibc

/// The only caller of `poll`.
package struct Poller {
    /// A descriptor, and what to wait for on it.
    package struct Interest {
        package let descriptor: Int32
        package let reads: Bool
        package let writes: Bool

        package init(descriptor: Int32, reads: Bool = true, writes: Bool = false) {
            self.descriptor = descriptor
            self.reads = reads
            self.writes = writes
        }
    }

    /// Waits until a descriptor is ready or has failed, until the deadline, or until a signal arrives.
    ///
    /// - Returns: the places in `interests` of the descriptors that are ready; none after the deadline or a signal.
    package static func wait(_ interests: [Interest], until deadline: Instant) -> [Int] {
        var descriptors = interests.map { interest in
            pollfd(
                fd: interest.descriptor,
                events: Int16(interest.reads ? POLLIN : 0) | Int16(interest.writes ? POLLOUT : 0), revents: 0)
        }
        guard poll(&descriptors, nfds_t(descriptors.count), deadline.pollTimeout) > 0 else { return [] }
        return descriptors.indices.filter { descriptors[$0].revents != 0 }
    }

    /// Waits for one descriptor that is not a connection: a file or pipe that has been made non-blocking elsewhere, or
    /// keys that belong to one already read.
    ///
    /// - Returns: false after the deadline or a signal.
    @discardableResult
    package static func isReady(_ descriptor: Int32, writes: Bool = false, until deadline: Instant = .never) -> Bool {
        wait([Interest(descriptor: descriptor, reads: !writes, writes: writes)], until: deadline) == [0]
    }

    /// Sleeps for a time, or until a signal arrives.
    package static func sleep(seconds: Double) {
        _ = wait([], until: Instant(seconds: seconds))
    }
}
