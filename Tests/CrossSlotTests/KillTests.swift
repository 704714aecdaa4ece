import Glibc
import RESP
import TestSupport
import Testing

/// Masters with replicas that die, or whose replicas fall behind, in the middle of a plan.
@Suite(.serialized) struct KillTests {
    /// A master that is killed when slotline sends its command with this number.
    struct Point: Sendable, CustomTestStringConvertible {
        let scenario: Scenario
        /// 0 for the first command of the plan, up to 1 behind its last.
        let progress: Double
        let master: Int

        var testDescription: String { "\(scenario.command.quoted), master \(master), at \(progress)" }

        /// Five by lot; all of a fine grid in a long run.
        static let sample: [Point] = {
            if Environment.isChaos {
                return Scenario.all.flatMap { scenario in
                    (0..<24).map { Point(scenario: scenario, progress: Double($0 / 3) / 8, master: $0 % 3) }
                }
            }
            var random = SeededRandom(seed: Environment.seeds([1])[0])
            return (0..<5).map { _ in
                Point(
                    scenario: Scenario.all.randomElement(using: &random) ?? Scenario.all[0],
                    progress: .random(in: 0..<1, using: &random), master: .random(in: 0..<3, using: &random))
            }
        }()
    }

    /// The replica takes over at once; slotline waits for that and goes on, or says that it does not know.
    @Test(arguments: Point.sample) func nothingIsLostWithAMaster(_ point: Point) throws {
        let cluster = try ProxiedCluster(replicasPerMaster: 1)
        let expectation = try point.scenario.expectation()
        try cluster.fill(point.scenario.setup)
        cluster.proxy.arm(.perform {}, at: 0)
        #expect(try cluster.slotline(point.scenario.command).status == .exited(0))
        let count = cluster.proxy.disarm()
        #expect(try cluster.contents() == expectation.after)

        try cluster.fill(point.scenario.setup)
        cluster.proxy.arm(.perform(cluster.failover(of: point.master)), at: 1 + Int(Double(count) * point.progress))
        let result = try cluster.slotline(point.scenario.command, retryFor: "30")
        cluster.proxy.disarm()
        let place: Comment = "\(point.testDescription): \(result.outputText) \(result.errorText)"
        let left = try cluster.contents()
        #expect(expectation.faults(in: left) == [], place)
        let recovery = try cluster.slotline(["--recover"], retryFor: "30")
        #expect(recovery.status == .exited(0), "\(place) recovery: \(recovery.outputText) \(recovery.errorText)")
        #expect(try expectation.faultsAfterRecovery(in: cluster.contents()) == [], place)
    }

    private static let moves = Scenario.all.filter { $0.isWhole || $0.command[0].hasPrefix("RENAME") }

    /// A copy that no replica has yet is no reason to destroy the original: when the copy's master then dies, all that
    /// there was is still to be found.
    @Test(arguments: moves) func theOriginalStaysWithoutAConfirmedCopy(_ scenario: Scenario) throws {
        let cluster = try ProxiedCluster(replicasPerMaster: 1)
        let expectation = try scenario.expectation()
        try cluster.fill(scenario.setup)
        let master = cluster.owner(of: "b"), replica = master + ProxiedCluster.masterCount
        cluster.signal(SIGSTOP, to: replica)
        let result = try cluster.slotline(scenario.command)
        let place: Comment = "\(scenario.command.quoted): \(result.outputText) \(result.errorText)"
        #expect(result.status != .exited(0), place)
        #expect(try expectation.faults(in: cluster.contents(except: replica)) == [], place)

        cluster.signal(SIGKILL, to: master)
        cluster.signal(SIGCONT, to: replica)
        cluster.failover(of: master)()
        #expect(try expectation.faults(in: cluster.contents()) == [], place)
        let recovery = try cluster.slotline(["--recover"], retryFor: "30")
        #expect(recovery.status == .exited(0), "\(place) recovery: \(recovery.outputText) \(recovery.errorText)")
        #expect(try expectation.faultsAfterRecovery(in: cluster.contents()) == [], place)
    }
}
