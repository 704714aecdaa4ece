import Commands
import Foundation
import RESP
import Routing
import Synchronization
import TestSupport
import Testing

/// Commands over several slots while one of the slots moves: some of its keys are at the new node and some at the old
/// one, and a command that needs both has to wait until the move is over.
struct MigrationTests {
    private static let seeds = Environment.seeds([3])
    private static let rounds = (Environment.number("SLOTLINE_ROUNDS") ?? 5000) / 10
    /// Milliseconds that a command has before the move continues.
    private static let patience = 20

    @Test(
        "A moving slot makes no difference",
        arguments: seeds) func aMovingSlotMakesNoDifference(_ seed: UInt64) throws
    {
        let bed = try TestBed()
        var mismatches = 0, target = 0
        let numbers = Environment.number("SLOTLINE_ROUND").map { $0...$0 } ?? 0...Self.rounds - 1
        for number in numbers {
            let round = RandomRound(seed: seed, number: number)
            guard round.command.hasCrossSlotPlan, let mismatch = try runTwice(round, to: &target, on: bed) else {
                continue
            }
            Issue.record("\(mismatch)")
            mismatches += 1
            if mismatches == 10 { break }
        }
    }

    /// Runs the round again if the servers lost a slot between them.
    private func runTwice(
        _ round: RandomRound, to target: inout Int, on bed: TestBed
    ) throws -> RandomRound.Mismatch? {
        do {
            return try run(round, to: &target, on: bed)
        } catch {
            try bed.claimMovedSlots()
            return try run(round, to: &target, on: bed)
        }
    }

    /// - Parameter target: where slots move to, until all of them are there.
    private func run(_ round: RandomRound, to target: inout Int, on bed: TestBed) throws -> RandomRound.Mismatch? {
        var random = SeededRandom(seed: round.seed &+ UInt64(round.number))
        let slots = Set(round.keys.map { HashSlot(key: $0) }).sorted()
        if slots.allSatisfy({ bed.owner(of: $0) == target }) { target = (target + 1) % TestBed.masterCount }
        guard let slot = slots.filter({ bed.owner(of: $0) != target }).randomElement(using: &random) else { return nil }
        try bed.fill(round.setup)
        let migration = try Migration(of: slot, from: bed.owner(of: slot), to: target, on: bed)
        let existing = round.keys.filter { key in round.setup.contains { $0[1] == key } }
        try migration.move(existing.filter { HashSlot(key: $0) == slot && Bool.random(using: &random) })

        let ending = Ending(of: migration, after: .milliseconds(Self.patience))
        let replies = Result { try bed.run(round.command, protocolVersion: round.protocolVersion) }
        try ending.wait()
        bed.movedSlots[slot] = migration.target
        let (cluster, standalone) = try replies.get()
        return try round.compare(cluster, standalone, on: bed)
    }
}

/// Completes a migration after a while, or at once when nothing runs beside it.
private final class Ending: Sendable {
    private let hurry = DispatchSemaphore(value: 0)
    private let hasEnded = DispatchSemaphore(value: 0)
    private let result = Mutex<Result<Void, any Error>>(.success(()))

    init(of migration: Migration, after time: DispatchTimeInterval) {
        Thread.detachNewThread { [self] in
            _ = hurry.wait(timeout: .now() + time)
            let outcome = Result { try migration.finish() }
            result.withLock { $0 = outcome }
            hasEnded.signal()
        }
    }

    func wait() throws {
        hurry.signal()
        hasEnded.wait()
        try result.withLock { try $0.get() }
    }
}
