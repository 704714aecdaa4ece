import Glibc
import RESP
import TestSupport
import Testing

/// Masters with replicas that die, or whose replicas fall behind, in the middle of a plan.
struct KillTests {
    /// A master that is killed when slotline sends the command with this number.
    struct Point: Sendable, CustomTestStringConvertible {
        let scenario: Scenario
        /// 0 for the first command of the plan, up to 1 for the one after its last.
        let progress: Double
        let master: Int

        var testDescription: String { "\(scenario.command.quoted), master \(master), at \(progress)" }

        /// A random sample without repeats.
        static let sample: [Point] = {
            let all = Scenario.all.flatMap { scenario in
                (0..<24).map { Point(scenario: scenario, progress: Double($0 / 3) / 8, master: $0 % 3) }
            }
            var random = SeededRandom(seed: Environment.seeds([1])[0])
            return Array(all.shuffled(using: &random).prefix(Environment.points ?? 5))
        }()
    }

    /// The replica takes over at once; slotline waits for that and carries on, or says that it does not know the
    /// outcome.
    @Test(
        "Losing a master loses nothing",
        arguments: Point.sample) func losingAMasterLosesNothing(_ point: Point) throws
    {
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
        // One of the nodes is dead, which recovery reports.
        let recovery = try cluster.slotline(["--recover"], retryFor: "30")
        #expect(recovery.status == .exited(4), "\(place) recovery: \(recovery.outputText) \(recovery.errorText)")
        #expect(try expectation.faultsAfterRecovery(in: cluster.contents()) == [], place)
    }

    /// Moves of a key and of an element; each takes as long as slotline waits for a replica.
    private static let moves = Scenario.all.filter { scenario in
        ["RENAME", "RPOPLPUSH"].contains(scenario.command[0])
            || Environment.points != nil && (scenario.isWhole || scenario.command[0] == "RENAMENX")
    }

    /// A removal that no replica knows of is undone by a failover, so the element goes nowhere until one does.
    @Test(
        "An element stays until its removal is confirmed",
        arguments: moves.filter(\.isWhole)) func anElementStaysUntilItsRemovalIsConfirmed(_ scenario: Scenario) throws
    {
        let cluster = try ProxiedCluster(replicasPerMaster: 1)
        let expectation = try scenario.expectation()
        try cluster.fill(scenario.setup)
        let replica = cluster.owner(of: "a") + ProxiedCluster.masterCount
        cluster.signal(SIGSTOP, to: replica)
        let result = try cluster.slotline(scenario.command)
        let place: Comment = "\(scenario.command.quoted): \(result.outputText) \(result.errorText)"
        #expect(result.status == .exited(1) && (result.outputText + result.errorText).contains("NOREPLICAS"), place)
        #expect(try cluster.contents(except: [replica]) == expectation.before, place)
        cluster.signal(SIGCONT, to: replica)
        #expect(try cluster.slotline(scenario.command).status == .exited(0))
        #expect(try cluster.contents() == expectation.after)
    }

    /// An original is not destroyed while no replica has its copy: even if the copy's master is lost, nothing is
    /// missing.
    @Test(
        "An original stays until its copy is confirmed",
        arguments: moves) func anOriginalStaysUntilItsCopyIsConfirmed(_ scenario: Scenario) throws
    {
        let cluster = try ProxiedCluster(replicasPerMaster: 1)
        let expectation = try scenario.expectation()
        try cluster.fill(scenario.setup)
        let master = cluster.owner(of: "b"), replica = master + ProxiedCluster.masterCount
        cluster.signal(SIGSTOP, to: replica)
        let result = try cluster.slotline(scenario.command)
        let place: Comment = "\(scenario.command.quoted): \(result.outputText) \(result.errorText)"
        #expect(result.status != .exited(0), place)
        #expect(try expectation.faults(in: cluster.contents(except: [replica])) == [], place)
        let elsewhere = try cluster.contents(except: [replica, master])
        let source = try #require(expectation.before["a"])
        for element in source.values where !elsewhere.values.contains(where: { $0.values.contains(element) }) {
            Issue.record("\(element.quoted) is nowhere else, \(place)")
        }

        cluster.signal(SIGCONT, to: replica)
        let recovery = try cluster.slotline(["--recover"])
        #expect(recovery.status == .exited(0), "\(place) recovery: \(recovery.outputText) \(recovery.errorText)")
        #expect(try expectation.faultsAfterRecovery(in: cluster.contents()) == [], place)
    }
}
