import Engine
import RESP
import Routing
import TestSupport
import Testing

/// A user who lacks a right that a plan over slots uses to protect itself, or to copy: the command is either refused
/// with nothing changed, or does all its work without that right.
@Suite(.serialized) struct RestrictedUserTests {
    private static let roles = [
        // An ordinary role: MULTI, EXEC and WATCH are in @transaction.
        "+@read +@write +@connection +cluster|shards +wait",
        "+@all -multi", "+@all -exec", "+@all -watch", "+@all -restore", "+@all -dump", "+@all -eval", "+@all -wait",
        "+@all -del",
    ]

    /// Besides those that other tests interrupt, the ones that block.
    private static let scenarios =
        Scenario.all + [
            Scenario("BLPOP a b 1", "RPUSH b x y"),
            Scenario("BRPOP a b 1", "RPUSH a x", "RPUSH b y"),
            Scenario("BLMPOP 1 2 a b LEFT", "RPUSH b x y"),
            Scenario("ZMPOP 2 a b MIN", "ZADD b 1 x"),
            Scenario("BZMPOP 1 2 a b MIN", "ZADD b 1 x"),
            Scenario("BZPOPMAX a b 1", "ZADD a 1 x"),
            Scenario(
                "XREADGROUP GROUP g me BLOCK 100 STREAMS a b > >", "XADD a 1-1 f v", "XADD b 1-1 f v"),
        ]

    private static let cluster = Swift.Result { try SharedCluster() }

    /// The suite runs one test after another.
    private final class SharedCluster: @unchecked Sendable {
        let cluster: ProxiedCluster
        init() throws { cluster = try ProxiedCluster(replicasPerMaster: 1) }
    }

    @Test(
        "A restricted user's command happens in full or not at all",
        arguments: roles) func aRestrictedUsersCommandHappensInFullOrNotAtAll(role: String) throws
    {
        let cluster = try Self.cluster.get().cluster
        for node in cluster.nodes {
            let words = ["ACL", "SETUSER", "role", "reset", "on", ">secret", "~*", "&*"] + Scenario.words(role)
            #expect(try TestClient(port: node.port).send(words) == .ok)
        }
        var refusals = 0
        for scenario in Self.scenarios {
            try cluster.fill(scenario.setup)
            let isGroup = scenario.command[0].matches("XREADGROUP")
            if isGroup { try cluster.makeGroups(["a", "b"]) }
            let before = try cluster.contents(), pending = try cluster.pending(isGroup ? ["a", "b"] : [])
            let run = try cluster.slotline(["--user", "role", "-a", "secret", "--no-auth-warning"] + scenario.command)
            let own = Expectation.own(try cluster.contents())
            let place: Comment = "\(scenario.testDescription): \(run.outputText) \(run.errorText)"
            switch run.status {
            case .exited(0): continue
            default: refusals += 1
            }
            if own != before {
                // If a copy's original could not be deleted, both keys exist, and the message says so.
                #expect(run.errorText.contains("both"), place)
                #expect(before.allSatisfy { own[$0.key] != nil }, place)
            }
            #expect(try cluster.pending(isGroup ? ["a", "b"] : []) == pending, place)
            #expect(run.errorText.contains("NOPERM") || run.outputText.contains("NOPERM"), place)
        }
        #expect(refusals > 0)
    }
}

extension ProxiedCluster {
    fileprivate func makeGroups(_ keys: [ByteString]) throws {
        for key in keys { try TestClient(port: nodes[owner(of: key)].port).send("XGROUP", "CREATE", key, "g", "0") }
    }

    /// How many entries have been delivered to consumers.
    fileprivate func pending(_ keys: [ByteString]) throws -> [Int?] {
        try keys.map { key in
            let reply = try TestClient(port: nodes[owner(of: key)].port).send("XPENDING", key, "g")
            return reply.elements.first { _ in true }?.integer
        }
    }
}
