import RESP
import TestSupport
import Testing

/// Commands over several slots do what a standalone server does: same reply, same error text, same keys.
struct DifferentialTests {
    private static let seeds = Environment.seeds([1, 2])
    /// Rounds per seed: `SLOTLINE_ROUNDS`.
    private static let rounds = Environment.number("SLOTLINE_ROUNDS") ?? 5000

    @Test(
        "A cluster behaves like a single server",
        arguments: seeds) func aClusterBehavesLikeASingleServer(_ seed: UInt64) throws
    {
        try Self.compare(on: try TestBed(), seed)
    }

    @Test(
        "A database other than 0 behaves like a single server's, where nodes have several",
        .enabled(if: try TestBed.hasDatabases))
    func inDatabase() throws {
        try Self.compare(on: try TestBed(database: 5), 3)
    }

    private static func compare(on bed: TestBed, _ seed: UInt64) throws {
        var mismatches = 0
        let numbers = Environment.number("SLOTLINE_ROUND").map { $0...$0 } ?? 0...rounds - 1
        for number in numbers {
            let round = RandomRound(seed: seed, number: number)
            guard round.command.hasCrossSlotPlan, let mismatch = try round.run(on: bed) else { continue }
            Issue.record("\(mismatch)")
            mismatches += 1
            if mismatches == 10 { break }
        }
    }

    /// Numbers that server versions read differently, and some that all of them read alike.
    private static let oddNumbers: [ByteString] = [
        "", " 5", "\t-5", "0x10", "-0X1p3", "0x", "+5", ".5", "5.", "5 ", "1e400", "-1e400", "1e-400", "4e-320",
        "0e999",
        "Infinity", "nan", ByteString([0x00, 0x35]), ByteString([0x35, 0x00, 0x35]),
    ]

    @Test("Weights of SORT are numbers when the server says so") func weightsOfSortAreNumbersWhenTheServerSaysSo()
        throws
    {
        let bed = try TestBed()
        for weight in Self.oddNumbers {
            for command in ["SORT", "SORT_RO"] {
                // Servers up to 7.2 mistake one number's error for the next one's until a system call has failed.
                try bed.makeSystemCallFail()
                try bed.fill([
                    ["RPUSH", "k", "a", "b", "c"], ["SET", "w_a", "1"], ["SET", "w_b", weight], ["SET", "w_c", "-1"],
                ])
                let replies = try bed.run([ByteString(command), "k", "BY", "w_*", "GET", "#"], protocolVersion: 3)
                #expect(try replies.cluster.get() == replies.standalone, "\(command) by \(weight.quoted)")
            }
        }
    }
}
