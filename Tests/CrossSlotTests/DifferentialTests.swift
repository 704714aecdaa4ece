import TestSupport
import Testing

/// Commands over several slots do what a standalone server does: the same reply, the same error text, the same keys.
struct DifferentialTests {
    private static let seeds = Environment.seeds([1, 2])
    /// Rounds of each seed: `SLOTLINE_ROUNDS`.
    private static let rounds = Environment.number("SLOTLINE_ROUNDS") ?? 5000

    @Test(arguments: seeds) func theClusterIsLikeOneServer(_ seed: UInt64) throws {
        let bed = try TestBed()
        var mismatches = 0
        let numbers = Environment.number("SLOTLINE_ROUND").map { $0...$0 } ?? 0...Self.rounds - 1
        for number in numbers {
            let round = RandomRound(seed: seed, number: number)
            guard round.command.hasCrossSlotPlan, let mismatch = try round.run(on: bed) else { continue }
            Issue.record("\(mismatch)")
            mismatches += 1
            if mismatches == 10 { break }
        }
    }
}
