import Clock
import Commands
import RESP
import Routing
import Transport

/// The progress of a cross-slot command, shown when it takes long.
struct Progress {
    private let name: String
    private let stepCount: Int
    private let begun = Instant.now
    /// The step being executed, starting at 1.
    var step = 0
    /// Seconds before it is first shown, and between two updates.
    private let interval: Double
    private(set) var tellsAt: Instant

    /// Nil for a blocking command, which waits for others in any event.
    init?(_ command: Command, row: CommandSpec?, outline: PlanOutline, every interval: Double) {
        guard let row, !row.flags.contains(.blocking) else { return nil }
        name = command.title(row)
        stepCount = outline.roundTrips
        self.interval = interval
        tellsAt = Instant(seconds: interval)
    }

    /// The note to show; schedules the next one.
    mutating func tell() -> Note {
        tellsAt = Instant(seconds: interval)
        return .working(name, step: step, of: max(step, stepCount), seconds: Int(begun.secondsAgo))
    }
}
