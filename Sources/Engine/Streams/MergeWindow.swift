import Clock

/// Orders what several nodes report by time stamp: each report is held back for a moment in case an earlier one from
/// another node still arrives.
struct MergeWindow<Report> {
    /// Seconds.
    static var width: Double { 0.05 }
    /// Bytes.
    private static var room: Int { 4 << 20 }

    private struct Held {
        let stamp: UInt64
        let due: Instant
        /// Bytes of memory.
        let size: Int
        let report: Report
    }

    /// In the order of their stamps; those before ``start`` have been taken.
    private var held: [Held] = []
    private var start = 0
    /// How many of the held reports are due, or earlier than one that is.
    private var dueCount = 0
    /// Bytes of memory that the held reports take.
    private var size = 0
    /// True when no more should be read until some are taken.
    var isFull: Bool { size > Self.room }
    /// When the next report is due; `.never` while none is held.
    private(set) var due = Instant.never

    /// - Parameters:
    ///   - stamp: microseconds of the node's clock.
    ///   - length: bytes of the report.
    mutating func add(_ report: Report, stamp: UInt64, length: Int = 0, at now: Instant) {
        var place = held.count
        while place > start + dueCount, held[place - 1].stamp > stamp { place -= 1 }
        let report = Held(
            stamp: stamp, due: now.advanced(by: Self.width), size: length + MemoryLayout<Held>.stride, report: report)
        size += report.size
        held.insert(report, at: place)
        due = min(due, report.due)
    }

    /// The next report whose time has come.
    mutating func take(at now: Instant) -> Report? {
        if dueCount == 0 {
            guard let last = held.indices.last(where: { $0 >= start && held[$0].due <= now }) else { return nil }
            dueCount = last + 1 - start
        }
        defer {
            size -= held[start].size
            start += 1
            dueCount -= 1
            if dueCount == 0 { due = held[start...].lazy.map(\.due).min() ?? .never }
            if start == held.count || start > 4096 && start > held.count / 2 {
                held.removeFirst(start)
                start = 0
            }
        }
        return held[start].report
    }
}
