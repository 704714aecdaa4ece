import RESP
import Routing
import TestSupport
import Testing

/// Another client writes to a key between any two commands of a plan: the result is as if the two had run one after the
/// other, in either order.
@Suite(.serialized) struct RivalTests {
    struct Contest: Sendable, CustomTestStringConvertible {
        let scenario: Scenario
        let rival: [ByteString]

        init(_ scenario: Scenario, rival: String) {
            self.scenario = scenario
            self.rival = Scenario.words(rival)
        }

        var testDescription: String { "\(scenario.command.quoted) against \(rival.quoted)" }

        static let all = [
            // The destination turns into something that refuses the element, which then goes back.
            Contest(Scenario("RPOPLPUSH a b", "RPUSH a only", "PEXPIRE a 50000000"), rival: "SET b mine NX"),
            Contest(Scenario("LMOVE a b LEFT LEFT", "RPUSH a x y z"), rival: "SET b mine NX"),
            Contest(Scenario("SMOVE a b x", "SADD a x", "PEXPIRE a 50000000"), rival: "SET b mine NX"),
            Contest(Scenario("BLMOVE a b RIGHT LEFT 1", "RPUSH a x y"), rival: "SET b mine NX"),
            // The source changes.
            Contest(Scenario("RPOPLPUSH a b", "RPUSH a x y"), rival: "RPOP a"),
            Contest(Scenario("SMOVE a b x", "SADD a x y", "SADD b z"), rival: "SREM a x"),
            Contest(Scenario("SMOVE a b x", "SADD a x y"), rival: "SADD b x"),
            Contest(Scenario("RENAME a b", "RPUSH a x", "SET b old"), rival: "RPUSH a y"),
            Contest(Scenario("RENAME a b", "RPUSH a x"), rival: "PEXPIRE a 50000000"),
            Contest(Scenario("RENAMENX a b", "RPUSH a x"), rival: "RPUSH a y"),
            Contest(Scenario("RENAMENX a b", "RPUSH a x"), rival: "SET b mine NX"),
            Contest(Scenario("COPY a b", "RPUSH a x"), rival: "SET b mine NX"),
            // Keys are created, changed and deleted.
            Contest(Scenario("MSETNX a 1 b 2 c 3"), rival: "SET b mine NX"),
            Contest(Scenario("SDIFFSTORE a a b", "SADD a x y", "SADD b y"), rival: "SADD a z"),
            Contest(Scenario("SUNIONSTORE c a b c", "SADD a x", "SADD b y", "SADD c z"), rival: "SADD c more"),
            Contest(Scenario("SINTERSTORE c a b", "SADD a x y", "SADD b y"), rival: "SET c mine"),
            Contest(Scenario("ZUNIONSTORE c 2 a c", "ZADD a 1 x", "ZADD c 2 y"), rival: "ZADD c 3 z"),
            Contest(Scenario("ZINTERSTORE c 2 a b", "ZADD a 1 x", "SADD b x"), rival: "SADD b y"),
            Contest(Scenario("PFMERGE c a b", "PFADD a x", "PFADD b y", "PFADD c z"), rival: "PFADD c more"),
            Contest(Scenario("ZRANGESTORE c a 0 -1", "ZADD a 1 x"), rival: "ZADD a 2 y"),
            Contest(Scenario("SORT a BY w_* STORE b", "RPUSH a 1 2", "SET w_1 7"), rival: "RPUSH a 3"),
            Contest(Scenario("LMPOP 2 a b LEFT", "RPUSH b x y"), rival: "RPUSH a first"),
            // Several elements at once, and objections of the destination to them.
            Contest(Scenario("LMOVEM a b LEFT LEFT COUNT 2 OBO", "RPUSH a x y z", "RPUSH b u"), rival: "LPOP a"),
            Contest(Scenario("LMOVEM a b RIGHT RIGHT EXACTLY 2 OBO", "RPUSH a x y z"), rival: "SET b mine NX"),
            Contest(Scenario("ZMOVE a b MIN COUNT 2", "ZADD a 1 x 2 y 3 z", "ZADD b 9 x"), rival: "ZADD a 7 x"),
            Contest(Scenario("BZMOVE a b MAX 1", "ZADD a 1 x 2 y", "PEXPIRE a 50000000"), rival: "SET b mine NX"),
            Contest(Scenario("ZMOVEMEMBER a b NX MEMBERS 2 x y", "ZADD a 1 x 2 y"), rival: "ZADD b 9 x"),
            Contest(
                Scenario("ZMOVEMEMBER a b XX MEMBERS 2 x y", "ZADD a 1 x 2 y", "ZADD b 9 x 8 y"), rival: "ZREM b x"),
        ].filter(\.scenario.command.runsOverSlots)
    }

    /// A command's reply, and what the keys hold afterwards.
    private struct Result: Equatable {
        let isError: Bool
        let contents: [ByteString: KeyState]
    }

    private static let cluster = Swift.Result { try SharedCluster() }

    /// The suite runs one test after another.
    private final class SharedCluster: @unchecked Sendable {
        let cluster: ProxiedCluster
        init() throws { cluster = try ProxiedCluster() }
    }

    @Test(
        "A plan and a rival write act as if one came after the other",
        arguments: Contest.all) func aPlanAndARivalWriteActAsIfOneCameAfterTheOther(_ contest: Contest) throws
    {
        let cluster = try Self.cluster.get().cluster
        let server = try RedisServer()
        let orders = try [true, false].map { try inOrder(contest, isRivalFirst: $0, on: server.client()) }
        let port = cluster.nodes[cluster.owner(of: contest.rival[1])].port
        var number = 1
        while true {
            try cluster.fill(contest.scenario.setup)
            let rival = contest.rival
            cluster.proxy.arm(.perform { _ = try? TestClient(port: port).send(rival) }, at: number)
            let run = try cluster.slotline(contest.scenario.command)
            guard cluster.proxy.disarm() >= number else { break }
            let result = Result(isError: run.status == .exited(1), contents: try cluster.contents())
            let place: Comment = "\(contest.testDescription) at \(number): \(run.outputText) \(run.errorText)"
            #expect(orders.contains(result), place)
            number += 1
        }
        #expect(number > 2)
    }

    private func inOrder(_ contest: Contest, isRivalFirst: Bool, on client: TestClient) throws -> Result {
        try client.send("FLUSHALL")
        for command in contest.scenario.setup { try client.send(command) }
        if isRivalFirst { try client.send(contest.rival) }
        let reply = try client.send(contest.scenario.command)
        if !isRivalFirst { try client.send(contest.rival) }
        return Result(isError: reply.isError, contents: try client.contents())
    }
}
