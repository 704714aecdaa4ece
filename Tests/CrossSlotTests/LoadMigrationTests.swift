import Commands
import Foundation
import RESP
import Routing
import Synchronization
import TestSupport
import Testing

/// Files and loads whose slots move while they run: each command is carried out once, and in order for its key.
struct LoadMigrationTests {
    private static let commandCount = Environment.number("SLOTLINE_LOAD") ?? 100_000
    private static let slots = ["{a}", "{b}", "{c}", "{d}"]
    private static let keysInSlot = 10
    /// How many commands are executed while a slot is on both sides. A slot that goes round while commands are in
    /// flight could return to a node that has refused some of them, before that node has read the rest. With three
    /// masters and four slots that take turns, a round takes twelve times this long, which is more commands than a load
    /// has in flight.
    private static let commandsPerMove = 2 * 16_384 / 12

    /// Commands for random keys; each key's values count up, so a list shows what was run twice, too late or not at
    /// all.
    private static let input: String = {
        var random = SeededRandom(seed: Environment.seeds([5])[0])
        var counts: [String: Int] = [:]
        return (0..<commandCount).map { _ in
            let slot = slots.randomElement(using: &random) ?? ""
            let key = "\(slot)\(Int.random(in: 0..<keysInSlot, using: &random))"
            counts[key, default: 0] += 1
            return "RPUSH \(key) \(counts[key] ?? 0)\n"
        }.joined()
    }()

    @Test(
        "Every command runs once and in order",
        arguments: [["--pipe"], [], ["--pipe", "--rate", "\(commandCount / 2)"]])
    func everyCommandRunsOnceAndInOrder(_ options: [String]) throws {
        let bed = try TestBed()
        let hasEnded = Mutex(false)
        let mover = Mover(bed) { hasEnded.withLock { $0 } }
        // A busy machine may make a node look silent for a while, which a note would say.
        let seed = ["--quiet", "-p", "\(bed.masters[0].port)"] + options
        let result = try Subprocess.run(
            BuiltProduct.slotline, seed.map { ByteString($0) }, input: Array(Self.input.utf8), timeout: .seconds(600))
        hasEnded.withLock { $0 = true }
        let moveCount = try mover.wait()
        #expect(moveCount > 0)
        #expect(result.status == .exited(0))
        #expect(result.errorText == "")
        if options.isEmpty {
            // The new length of each list.
            let expected = Self.input.split(separator: "\n").map { $0.split(separator: " ")[2] }
            #expect(result.outputText.split(separator: "\n") == expected)
        } else {
            #expect(result.outputText.contains("ok: \(Self.commandCount), failed: 0, "))
        }
        var found = 0
        for key in try bed.allKeys() {
            let owner = bed.clients[bed.owner(of: HashSlot(key: key))]
            let values = try owner.send("LRANGE", key, "0", "-1").elements.compactMap(\.integer)
            let wrong = values.indices.first { values[$0] != $0 + 1 }
            #expect(wrong == nil, "\(key.text): \(values[(wrong ?? 0)...].prefix(6))")
            found += values.count
        }
        #expect(found == Self.commandCount)
    }

    /// Moves the slots from one master to the next, over and over, until it is told to stop.
    private final class Mover: Sendable {
        private let outcome = Mutex<Result<Int, any Error>>(.success(0))
        private let hasEnded = DispatchSemaphore(value: 0)

        init(_ bed: TestBed, until isOver: @escaping @Sendable () -> Bool) {
            let box = UncheckedBox(bed)
            Thread.detachNewThread { [self] in
                let result = Result {
                    let bed = box.value
                    var count = 0
                    while !isOver() || count == 0 {
                        for tag in LoadMigrationTests.slots {
                            let slot = HashSlot(key: ByteString(tag))
                            let source = bed.owner(of: slot), target = (source + 1) % TestBed.masterCount
                            let migration = try Migration(of: slot, from: source, to: target, on: bed)
                            try migration.move(
                                (0..<LoadMigrationTests.keysInSlot / 2).map { ByteString("\(tag)\($0)") })
                            let enough = try Self.executedCount(bed) + LoadMigrationTests.commandsPerMove
                            while try !isOver() && Self.executedCount(bed) < enough { usleep(1000) }
                            try migration.finish()
                            bed.movedSlots[slot] = target
                            count += 1
                        }
                    }
                    return count
                }
                outcome.withLock { $0 = result }
                hasEnded.signal()
            }
        }

        /// How many commands of the load all the masters have executed so far.
        private static func executedCount(_ bed: TestBed) throws -> Int {
            try bed.clients.reduce(0) { sum, client in
                let statistics = try client.send("INFO", "commandstats").text
                return sum + (statistics.firstMatch(of: #/cmdstat_rpush:calls=(\d+)/#).flatMap { Int($0.1) } ?? 0)
            }
        }

        /// - Returns: the number of moves.
        func wait() throws -> Int {
            hasEnded.wait()
            return try outcome.withLock { try $0.get() }
        }
    }

    /// The bed belongs to the mover until it has ended.
    private struct UncheckedBox: @unchecked Sendable {
        let value: TestBed

        init(_ value: TestBed) {
            self.value = value
        }
    }
}
