import Commands
import RESP
import Routing
import Testing

struct RandomKeyPlanTests {
    private static let masters = (0..<3).map {
        Node(address: NodeAddress(host: "127.0.0.1", port: 7000 + $0), id: "", role: .master, isHealthy: true)
    }

    /// - Parameter lot: the number drawn each time.
    private static func plan(lot: Int) throws -> ScriptedPlan {
        let request = Request(arguments: ["RANDOMKEY"], route: .home, isReadonly: true)
        var plan = ScriptedPlan(.randomKey(RandomKeyPlan(request, masters: masters) { min(lot, $0 - 1) }))
        #expect(try plan.start() == ["DBSIZE", "DBSIZE", "DBSIZE"])
        #expect(plan.requests.map(\.route) == masters.map { .node($0.address) })
        return plan
    }

    @Test("A master is drawn in proportion to its keys", arguments: zip([0, 4, 5, 6], [0, 0, 2, 2]))
    func drawsByWeight(lot: Int, place: Int) throws {
        var plan = try Self.plan(lot: lot)
        #expect(try plan.send(.reply(.integer(5)), .zero, .reply(.integer(2))) == ["RANDOMKEY"])
        #expect(plan.requests.map(\.route) == [.node(Self.masters[place].address)])
        #expect(try plan.finish(.reply(.bulk("k"))) == .bulk("k"))
    }

    @Test("A master that turns out to have no key is left out")
    func drawsAgain() throws {
        var plan = try Self.plan(lot: 0)
        _ = try plan.send(.reply(.integer(5)), .reply(.integer(1)), .zero)
        #expect(try plan.send(.reply(.null)) == ["RANDOMKEY"])
        #expect(plan.requests.map(\.route) == [.node(Self.masters[1].address)])
        #expect(try plan.finish(.reply(.null)) == .null)
    }

    @Test("Nil comes at once when all masters are empty")
    func findsNothing() throws {
        var plan = try Self.plan(lot: 0)
        #expect(try plan.finish(.zero, .zero, .zero) == .null)
    }

    @Test("A key is found even if a master is silent, which is noted")
    func goesOnWithoutMaster() throws {
        var plan = try Self.plan(lot: 0)
        _ = try plan.send(.failure(.lost), .reply(.integer(1)), .zero)
        let reply = try plan.ending(.reply(.bulk("k")))
        let failed = Note.Failed(Self.masters[0].address, error: nil, failure: .lost)
        #expect(reply.value == .bulk("k") && reply.outcome == .partial)
        #expect(reply.notes == [.coverage(answered: 2, asked: 3, failed: [failed])])
    }

    @Test("Nil is never returned for a master that did not answer")
    func failsWithoutMaster() throws {
        var plan = try Self.plan(lot: 0)
        #expect(plan.failure(.failure(.lost), .zero, .zero) == .lost)
        plan = try Self.plan(lot: 0)
        #expect(try plan.finish(.zero, .zero, .reply(.error("NOPERM no"))) == .error("NOPERM no"))
    }

    @Test("Every key is equally likely")
    func isFair() throws {
        let request = Request(arguments: ["RANDOMKEY"], route: .home, isReadonly: true)
        var counts = [0, 0, 0]
        for _ in 0..<4000 {
            var plan = ScriptedPlan(.randomKey(RandomKeyPlan(request, masters: Self.masters)))
            _ = try plan.start()
            _ = try plan.send(.reply(.integer(1)), .reply(.integer(2)), .reply(.integer(5)))
            let place = Self.masters.firstIndex { plan.requests.first?.route == .node($0.address) }
            counts[try #require(place)] += 1
        }
        // Six standard deviations around 500, 1000 and 2500.
        for (count, (mean, spread)) in zip(counts, [(500, 126), (1000, 165), (2500, 184)]) {
            #expect(abs(count - mean) < spread)
        }
    }
}
