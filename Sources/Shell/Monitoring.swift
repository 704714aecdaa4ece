import Clock
import Commands
import Presentation
import RESP
import Transport

/// MONITOR as narrowed down by the user: which lines are shown, when it ends, and what has been seen.
final class Monitoring {
    private let filter: MonitorFilter
    private let start = Instant.now
    private var takenCount = 0
    private var report = TrafficReport()

    init(_ filter: MonitorFilter) {
        self.filter = filter
    }

    /// The only user whose commands are shown; nil for all.
    var user: ByteString? { filter.user }

    /// When the time limit is reached.
    var end: Instant { filter.seconds.map { start.advanced(by: $0) } ?? .never }

    /// True when enough has been seen.
    var isOver: Bool { filter.limit.map { takenCount >= $0 } ?? false }

    /// True when it ends on its own.
    var isBounded: Bool { filter.limit != nil || filter.seconds != nil }

    /// What to show of a message; nil for nothing.
    func shown(_ message: RESPValue) -> RESPValue? {
        guard let line = MonitorLine(message.byteString) else {
            return filter.summarizes && !message.isError ? nil : message
        }
        guard filter.accepts(line) else { return nil }
        takenCount += 1
        if filter.summarizes {
            report.add(line)
            return nil
        }
        guard line.isSecret else { return message }
        let words = line.head.bytes + Array(" ".utf8) + Quoting.utf8.word(line.arguments[0]).utf8
        return .scalar(message.kind, words + Array(" (redacted)".utf8))
    }

    /// The counts; nil where the lines were shown.
    var table: Table? { filter.summarizes ? report.table(seconds: start.secondsAgo) : nil }
}
