import Clock
import Commands
import RESP
import Routing
import Transport

/// The progress of a cross-slot command, shown while it takes long.
struct Progress {
    /// Seconds before it is first shown, and between two updates.
    private static let silence = 1.0

    private let name: ByteString
    private let stepCount: Int
    private let begun = Instant.now
    /// The step that is being executed, from 1 on.
    var step = 0
    private(set) var tellsAt = Instant(seconds: silence)

    /// Nil for a command that waits for others anyway.
    init?(_ command: Command, row: CommandSpec?, outline: PlanOutline) {
        guard let row, !row.flags.contains(.blocking) else { return nil }
        name = command.name
        stepCount = outline.roundTrips
    }

    /// What to tell, and when next.
    mutating func tell() -> Note {
        tellsAt = Instant(seconds: Self.silence)
        return .working(name, step: step, of: max(step, stepCount), seconds: Int(begun.secondsAgo))
    }
}
