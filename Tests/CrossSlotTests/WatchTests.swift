import Commands
import Engine
import RESP
import Routing
import TestSupport
import Testing

/// Keys that the user watches stay watched, whatever plan over slots runs in between: a plan's blocks take separate
/// connections, since EXEC ends every WATCH of its connection.
@Suite(.serialized) struct WatchTests {
    private static let scenarios =
        Scenario.all + [
            Scenario("BLPOP a b 1", "RPUSH b x y"),
            Scenario("BZMPOP 1 2 a b MIN", "ZADD b 1 x"),
            Scenario("XREAD BLOCK 10 STREAMS a b 0 0", "XADD a 1-1 f v", "XADD b 1-1 f v"),
            // Each is an error about one key that a block looks into without changing anything.
            Scenario("RPOPLPUSH a b", "RPUSH a x", "SET b text"),
            Scenario("SMOVE a b x", "SADD a x", "SET b text"),
            Scenario("COPY a b DB nonsense", "SET a 1"),
            Scenario("RENAME a b"),
        ]

    private static let cluster = Swift.Result { try SharedCluster() }

    /// The suite runs one test after another.
    private final class SharedCluster: @unchecked Sendable {
        let cluster: ProxiedCluster
        init() throws { cluster = try ProxiedCluster() }
    }

    /// - Parameter guarded: in the same slot as one of the commands' keys, and so on the same master.
    @Test(
        "The user's WATCH outlasts plans over slots",
        arguments: ["{a}guarded", "{b}guarded", "{c}guarded"] as [ByteString])
    func theUsersWATCHOutlastsPlansOverSlots(guarded: ByteString) throws {
        let cluster = try Self.cluster.get().cluster
        let seeds = cluster.proxy.ports.map { NodeAddress(host: "127.0.0.1", port: $0) }
        let engine = Engine(seeds: seeds, settings: ConnectionSettings())
        engine.router.unblocked = ["WATCH", "BITOP"]
        for scenario in Self.scenarios {
            try cluster.fill(scenario.setup)
            #expect(try engine.value(["WATCH", guarded]) == .ok)
            _ = try? engine.run(Command(scenario.command))
            try TestClient(port: cluster.nodes[cluster.owner(of: guarded)].port).send("SET", guarded, "theirs")
            #expect(try engine.value(["MULTI"]) == .ok)
            #expect(try engine.value(["SET", guarded, "ours"]) == .status("QUEUED"))
            #expect(try engine.value(["EXEC"]) == .null, "\(scenario.testDescription)")
        }
    }
}

extension Engine {
    fileprivate func value(_ words: [ByteString]) throws -> RESPValue {
        guard case .value(let value) = try run(Command(words)).body else { return .null }
        return value
    }
}
