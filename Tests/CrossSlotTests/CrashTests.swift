import RESP
import TestSupport
import Testing

/// slotline dies after every single command that a plan sends: nothing is lost, nothing is left half done, and
/// `--recover` and the user can finish what was begun.
@Suite(.serialized) struct CrashTests {
    private static let cluster = Result { try SharedCluster() }

    /// The suite runs one test after another.
    private final class SharedCluster: @unchecked Sendable {
        let cluster: ProxiedCluster
        init() throws { cluster = try ProxiedCluster() }
    }

    @Test(
        "A crash at any command loses nothing",
        arguments: Scenario.all) func aCrashAtAnyCommandLosesNothing(_ scenario: Scenario) throws
    {
        let cluster = try Self.cluster.get().cluster
        let expectation = try scenario.expectation()
        // Dying before a command is sent leaves the same data as dying before the reply to the previous one arrives;
        // only what slotline knows differs.
        let faults: [FaultProxy.Fault] = Environment.points != nil ? [.cutAfter, .cutBefore] : [.cutAfter]
        for fault in faults {
            var number = 1
            while try crash(cluster, expectation, fault, at: number) { number += 1 }
        }
    }

    /// Makes slotline die at the command with this number; false when it had finished before that.
    private func crash(
        _ cluster: ProxiedCluster, _ expectation: Expectation, _ fault: FaultProxy.Fault, at number: Int
    ) throws -> Bool {
        let scenario = expectation.scenario
        try cluster.fill(scenario.setup)
        cluster.proxy.arm(fault, at: number)
        let result = try cluster.slotline(scenario.command)
        let isOver = cluster.proxy.disarm() < number
        let left = try cluster.contents()
        let place: Comment = "\(scenario.command.quoted), \(fault) \(number): \(result.outputText) \(result.errorText)"
        if isOver {
            #expect(left == expectation.after, place)
            #expect(result.status == .exited(0), place)
            return false
        }
        #expect(expectation.faults(in: left) == [], place)
        let own = Expectation.own(left)
        // What was not done is not reported as done, and what may be half done is not reported as undone.
        if own != expectation.after { #expect(result.status != .exited(0), place) }
        if own != expectation.after, own != expectation.before { #expect(result.status == .exited(4), place) }
        if left != own { try recover(cluster, expectation, place) }
        guard scenario.canRepeat, try Expectation.own(cluster.contents()) != expectation.after else { return true }
        let again = try cluster.slotline(scenario.command)
        #expect(again.status == .exited(0), "\(place) again: \(again.outputText) \(again.errorText)")
        #expect(try Expectation.own(cluster.contents()) == expectation.after, place)
        return true
    }

    private func recover(_ cluster: ProxiedCluster, _ expectation: Expectation, _ place: Comment) throws {
        let recovery = try cluster.slotline(["--recover"])
        #expect(recovery.status == .exited(0), "\(place) recovery: \(recovery.outputText) \(recovery.errorText)")
        let recovered = try cluster.contents()
        #expect(expectation.faultsAfterRecovery(in: recovered) == [], place)
        guard recovered.keys.contains(where: Expectation.isPrivate) else { return }
        #expect(try cluster.slotline(["--recover"]).status == .exited(0), place)
        #expect(try Expectation.own(cluster.contents()) == Expectation.own(recovered), place)
    }
}
