import Commands
import RESP
import Routing
import TestSupport
import Testing

/// Whatever a server says, a plan ends or asks on: nothing in it may trap, which would end the test run.
struct LyingServerTests {
    static let lines = [
        "MGET a b {a}2", "MSET a 1 b 2 {a}2 3", "MSET a 1 b", "DEL a b {b}2", "UNLINK a b", "EXISTS a b a", "TOUCH a b",
        "MSETNX a 1 b 2", "MSETNX a 1 b", "LMPOP 2 a b LEFT", "ZMPOP 2 a b MIN COUNT 2", "BLPOP a b 0.02",
        "BZPOPMIN a b 0.02", "BLMPOP 0.02 2 a b LEFT", "XREAD STREAMS a b 0 0", "XREAD BLOCK 20 STREAMS a b $ 0",
        "XREAD BLOCK 20 STREAMS a b $", "XREADGROUP GROUP g c BLOCK 20 STREAMS a b > >",
        "XREADGROUP GROUP g c STREAMS a b > 0", "RENAME a b", "RENAMENX a b", "COPY a b", "COPY a b DB",
        "COPY a b DB 1",
        "COPY a b REPLACE DB 1", "RPOPLPUSH a b", "LMOVE a b LEFT RIGHT", "LMOVE a b x y", "BLMOVE a b LEFT RIGHT 0.02",
        "BRPOPLPUSH a b 0.02", "SMOVE a b m", "LMOVEM a b LEFT LEFT COUNT 2 OBO", "BLMOVEM a b LEFT RIGHT 0.02",
        "ZMOVE a b MIN", "BZMOVE a b MAX 0.02 COUNT 2", "ZMOVEMEMBER a b MEMBERS 2 m n",
        "ZMOVEMEMBER a b NX MEMBERS 2 m n", "SUNION a b {b}2", "SINTER a b c", "SDIFF a b {a}2",
        "SINTERCARD 2 a b LIMIT -1", "SINTERCARD 2 a b LIMIT 1", "SUNIONSTORE d a b", "SINTERSTORE a a b",
        "ZUNION 2 a b", "ZUNIONSTORE d 2 a b", "ZRANGESTORE d a 0 -1", "PFMERGE a b c", "PFCOUNT a b", "LCS a b",
        "GEORADIUS a 1 1 1 m STORE d", "SORT a STORE b", "SORT a BY w_* GET # GET v_*->f GET o_*",
        "SORT a BY nosort GET v_*", "SORT a BY w_* ALPHA DESC LIMIT -1 -1 GET v_* STORE a",
        "SORT a BY w_* LIMIT 9223372036854775807 9223372036854775807 STORE b", "SORT a GET v_* NONSENSE STORE a",
        "RANDOMKEY", "DBSIZE", "SCAN_ITER", "HSCAN_ITER h", "KEYS *", "SCRIPT EXISTS x", "FLUSHALL", "WAIT 0 1",
    ]

    /// As many rounds as do not take long, each with other lies.
    private static let rounds: UInt64 = 40
    private static let maximumSteps = 60

    @Test("Plans of commands over several slots and nodes survive lies", arguments: lines)
    func plans(line: String) throws {
        let plans = try [true, false].map { try ScriptedPlan(line, hasReplica: $0).plan }
        for seed in 0..<Self.rounds {
            var plan = plans[Int(seed % 2)]
            Self.run(seed: seed) { plan.advance($0) }
        }
    }

    @Test("The look at a key survives lies")
    func peek() {
        for seed in 0..<(10 * Self.rounds) {
            var plan = PeekPlan("k")
            Self.run(seed: seed) { plan.advance($0) }
            _ = plan.result?.isCut
        }
    }

    @Test("Recovery survives lies")
    func recoverySurvivesLies() throws {
        let address = OddReplies.node
        let nodes = [
            Node(address: address, id: "", role: .master, isHealthy: true),
            Node(address: NodeAddress(host: "127.0.0.1", port: 7001), id: "", role: .replica, isHealthy: true),
        ]
        let topology = Topology(shards: [.init(slots: [0...16_383], nodes: nodes)])
        let context = CrossSlotContext(
            owners: SlotMap(topology), topology: topology, privateKeys: PrivateKeys(prefix: "slotline:"))
        // The names of stages, from the plans that create them.
        let stages = try ["LMOVE a b LEFT RIGHT", "SMOVE a b m", "ZMOVE a b MIN"].map { line in
            var plan = try ScriptedPlan(line)
            _ = try plan.start()
            let size = RESPValue.array([.integer(1), .integer(-1), .integer(-1), .array([.bulk("1"), .bulk("1")])])
            _ = try plan.send(.reply(size), .zero, .zero, .zero)
            return try #require(plan.requests.first).arguments[2]
        }
        for seed in 0..<(10 * Self.rounds) {
            var plan = RecoveryPlan(nodes: [nodes[0], nodes[0]], context)
            var keys = PrivateKeys(prefix: "slotline:")
            Self.run(seed: seed, keys: stages + [keys.next("copy", in: HashSlot(key: "a"))]) { plan.advance($0) }
            _ = plan.result.map(\.isSettled)
        }
    }

    private static func run(
        seed: UInt64, keys: [ByteString] = ["k"], _ advance: ([RequestOutcome]) -> PlanStep
    ) {
        var server = OddReplies(seed: seed, honesty: [0, 60, 90, 97][Int(seed % 4)], keys: keys)
        var outcomes: [RequestOutcome] = []
        for _ in 0..<maximumSteps {
            switch advance(outcomes) {
            case .send(let requests, let emitting):
                guard !requests.isEmpty, requests.count <= 4000, emitting.count < 100_000 else {
                    Issue.record("\(requests.count) requests, \(emitting.count) elements")
                    return
                }
                outcomes = requests.map { server.outcome(of: $0) }
            case .race(let requests): outcomes = requests.map { server.outcome(of: $0) }
            case .pause: outcomes = []
            case .finish, .fail: return
            }
        }
    }

    @Test(
        "Merging the replies of nodes survives lies",
        arguments: [
            .union, .sortedUnion, .sum, .sumOfMasters, .sumByField, .minimum, .logicalAnd, .allSucceeded,
            .oneSucceeded, .perNode, .perNodeOneSucceeded, .single,
        ] as [ResponsePolicy])
    func aggregation(policy: ResponsePolicy) {
        for seed in 0..<(5 * Self.rounds) {
            var server = OddReplies(seed: seed)
            let replies = (0..<3).map { _ in
                NodeReply(
                    node: Node(address: OddReplies.node, id: "", role: .master, isHealthy: true),
                    result: server.chance(of: 10) ? .failure(.lost) : .success(server.anything(depth: 2)))
            }
            _ = try? Aggregation.reply(to: policy, from: replies)
        }
    }

    @Test("A sum that does not fit a number is the largest there is")
    func saturates() throws {
        let replies = (0..<2).map { _ in
            NodeReply(
                node: Node(address: OddReplies.node, id: "", role: .master, isHealthy: true),
                result: .success(.integer(.max)))
        }
        #expect(try Aggregation.reply(to: .sum, from: replies).value == .integer(.max))
        var plan = try ScriptedPlan("DEL a b")
        _ = try plan.start()
        #expect(try plan.finish(.reply(.integer(.max)), .reply(.integer(.max))) == .integer(.max))
    }

    // MARK: Unreadable replies count as not done

    private static let exec: [RESPValue] = [.array([]), .integer(1), .status("OK"), .array([.array([])])]

    @Test(
        "A block with an unreadable reply leaves a write unclear, and a read without an answer", arguments: exec
    )
    func block(reply: RESPValue) throws {
        let dump = RequestOutcome.reply(.bulk("dump"))
        for (line, isReadonly) in [("ZUNIONSTORE d 1 a", false), ("PFCOUNT d a", true), ("PFMERGE d a", false)] {
            var plan = try ScriptedPlan(line)
            _ = try plan.start()
            let copies = try plan.send(dump)
            #expect(copies.count == 1)
            _ = try plan.send(.reply(.array([.ok, .ok, .integer(1)])))
            let failure = plan.failure(.reply(.array([.ok, .status("QUEUED"), .status("QUEUED"), reply])))
            #expect(
                failure
                    == (isReadonly
                        ? .unexpectedReply(OddReplies.node, command: "EXEC")
                        : .unknownOutcome(OddReplies.node, reason: "unexpected reply to EXEC")),
                "\(line)")
        }
    }

    @Test("A source is not reported as deleted on a reply that does not say so", arguments: exec)
    func removal(reply: RESPValue) throws {
        var plan = try ScriptedPlan("RENAME a b")
        _ = try plan.start()
        let expiry: [RESPValue] = [.integer(-1), .integer(-1), .array([.bulk("1"), .bulk("1")])]
        _ = try plan.send(.reply(.array([.ok, .bulk("dump")] + expiry + [.ok, .status("QUEUED")])))
        let queued = RESPValue.status("QUEUED")
        _ = try plan.send(.reply(.array([.ok, queued, queued, .array([.ok, .bulk("copy")])])))
        #expect(
            plan.failure(.reply(reply))
                .map {
                    [
                        .unknownOutcome(OddReplies.node, reason: "unexpected reply to EXEC"),
                        .unknownOutcome(OddReplies.node, reason: "unexpected reply to DEL"),
                    ].contains($0)
                } == true)
    }

    @Test(
        "A copy is not reported as made on a reply that does not say so",
        arguments: [.integer(1), .array([]), .null] as [RESPValue])
    func copy(reply: RESPValue) throws {
        for line in ["RENAME a b", "COPY a b"] {
            var plan = try ScriptedPlan(line)
            _ = try plan.start()
            let isCopy = line.hasPrefix("COPY")
            let expiry: [RESPValue] = [.integer(-1), .integer(-1), .array([.bulk("1"), .bulk("1")])]
            _ = try plan.send(.reply(.array([.ok, .bulk("dump")] + expiry + [.ok, .array([])])))
            let queued = RESPValue.status("QUEUED")
            let block = RESPValue.array([.ok, queued, queued, .array([reply, .bulk("copy")])])
            #expect(
                plan.failure(.reply(isCopy ? reply : block))
                    == .unknownOutcome(OddReplies.node, reason: "unexpected reply to RESTORE"), "\(line)")
        }
    }

    @Test("An element is kept where it is on a reply that does not say where it went")
    func element() throws {
        for (isStaged, reply) in [
            (true, RESPValue.array([.bulk("x")])), (true, .integer(1)), (false, .ok), (false, .null),
        ] {
            var plan = try ScriptedPlan("LMOVE a b LEFT RIGHT")
            _ = try plan.start()
            let size = RESPValue.array([.integer(1), .integer(-1), .integer(-1), .array([.bulk("1"), .bulk("1")])])
            _ = try plan.send(.reply(size), .zero, .zero, .zero)
            if !isStaged { _ = try plan.send(.reply(.bulk("x"))) }
            guard case .elementStaged(_, .failure(.unknownOutcome)) = plan.failure(.reply(reply)) else {
                Issue.record("\(reply.text)")
                continue
            }
        }
    }

    @Test("With keys in several slots, a part with an unreadable reply is named")
    func parts() throws {
        let unclear = CommandFailure.unknownOutcome(OddReplies.node, reason: "unexpected reply to DEL")
        for reply in [RESPValue.array([]), .ok, .null, .integer(-1)] {
            var plan = try ScriptedPlan("DEL a b")
            _ = try plan.start()
            let ending = try plan.ending(.reply(.integer(1)), .reply(reply))
            #expect(ending.outcome == .partial && ending.value == .integer(1))
            #expect(ending.notes == [.partial([.init("b", error: nil, failure: unclear)])])
        }
        for (line, good, odd) in [
            ("MSET a 1 b 2", RESPValue.ok, RESPValue.integer(1)), ("MGET a b", .array([.bulk("v")]), .array([])),
            ("SUNION a b", .array([]), .array([.array([])])), ("SINTER a b", .array([]), .integer(20)),
            ("MSETNX a 1 b 2", .integer(0), .ok), ("XREAD STREAMS a b 0 0", .null, .integer(3)),
        ] {
            var plan = try ScriptedPlan(line)
            _ = try plan.start()
            switch plan.failureOrEnding(.reply(good), .reply(odd)) {
            case .failure(.unexpectedReply), .failure(.unknownOutcome): break
            case .success(let reply) where reply.outcome == .partial: break
            case let other: Issue.record("\(line): \(other)")
            }
        }
    }
}

extension ScriptedPlan {
    fileprivate mutating func failureOrEnding(_ outcomes: RequestOutcome...) -> Result<Reply, CommandFailure> {
        var plan = self.plan
        switch plan.advance(outcomes) {
        case .finish(let reply, _): return .success(reply)
        case .fail(let failure): return .failure(failure)
        default: return .success(Reply(.null))
        }
    }
}
