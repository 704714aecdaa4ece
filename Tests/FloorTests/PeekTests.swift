import Commands
import Presentation
import RESP
import Routing
import Testing

struct PeekTests {
    private static let node = NodeAddress(host: "127.0.0.1", port: 7000)

    private static func reply(_ values: RESPValue...) -> [RequestOutcome] { [.reply(.array(values), from: node)] }

    private static func commands(_ step: PlanStep) -> [String] {
        guard case .send(let requests, _) = step else { return [] }
        return requests.flatMap(\.commands).map { $0.map(\.text).joined(separator: " ") }
    }

    /// What is found of a key of a type, whose replies to the second round trip are given.
    private static func preview(_ type: String, _ length: Int, _ first: RESPValue) throws -> KeyPreview {
        var plan = PeekPlan("k")
        _ = plan.advance([])
        let questions = plan.advance(reply(.status(type), .bulk("listpack"), .integer(-1), .integer(2048)))
        #expect(commands(questions).count == 2)
        _ = plan.advance(reply(.integer(length), first))
        return try #require(plan.result)
    }

    @Test("Two round trips: what any key has, then what its type has")
    func steps() {
        var plan = PeekPlan("k")
        #expect(Self.commands(plan.advance([])) == ["TYPE k", "OBJECT ENCODING k", "PTTL k", "MEMORY USAGE k"])
        let second = plan.advance(
            Self.reply(.status("list"), .bulk("listpack"), .integer(1500), .error("NOPERM no MEMORY")))
        #expect(Self.commands(second) == ["LLEN k", "LRANGE k 0 9"])
        guard case .finish = plan.advance(Self.reply(.integer(12), .array([.bulk("a")]))) else {
            Issue.record("not finished")
            return
        }
        #expect(plan.result?.timeToLive == 1500)
        #expect(plan.result?.memory == nil)
        #expect(plan.result?.isCut == true)
    }

    @Test("A key that is not there ends it with null, an error with the error")
    func missing() {
        for (type, expected) in [(RESPValue.status("none"), RESPValue.null), (.error("NOPERM x"), .error("NOPERM x"))] {
            var plan = PeekPlan("k")
            _ = plan.advance([])
            guard case .finish(let reply, _) = plan.advance(Self.reply(type, .null, .integer(-2), .null)),
                case .value(let value) = reply.body
            else {
                Issue.record("not finished")
                return
            }
            #expect(value == expected)
            #expect(plan.result == nil)
        }
    }

    @Test("Elements of a hash and of a sorted set are pairs, in both protocols")
    func pairs() throws {
        let pairs = RESPValue.map([.bulk("a"), .bulk("1")])
        #expect(
            try Self.preview("hash", 1, .array([.bulk("0"), .array([.bulk("a"), .bulk("1")])])).beginning == pairs)
        #expect(try Self.preview("zset", 1, .array([.bulk("a"), .bulk("1")])).beginning == pairs)
        #expect(try Self.preview("zset", 1, .array([.array([.bulk("a"), .bulk("1")])])).beginning == pairs)
        let set = try Self.preview("set", 2, .array([.bulk("0"), .array([.bulk("a"), .bulk("b")])]))
        #expect(set.beginning == .array([.bulk("a"), .bulk("b")]))
        #expect(!set.isCut)
    }

    @Test("The lines for people")
    func lines() throws {
        let text = KeyPreviewText.lines(
            try Self.preview("list", 2, .array([.bulk("a")])), database: 5, Renderer(Style(format: .terminal)))
        let expected = """
            key      "k"
            type     list, encoded as listpack
            expires  never
            size     2 items, 2.00K of memory
            slot     7629 at 127.0.0.1:7000, database 5
            1) "a"
            ...

            """
        #expect(String(decoding: text, as: UTF8.self) == expected)
    }

    @Test("Durations are short")
    func units() {
        #expect(
            [5, 59_999, 60_000, 4_000_000, 90_000_000].map(Units.duration) == [
                "5 ms", "59 s", "1 min", "1 h 6 min", "1 d 1 h",
            ])
    }

    @Test("Timing names the node, or the slowest of many, and redirects")
    func timing() {
        var timing = NetworkTiming()
        #expect(TimingText.line(seconds: 0.0012, timing) == "(1.2 ms)")
        timing.seconds = 0.001
        timing.nodes[Self.node] = 0.001
        timing.redirects = 1
        #expect(
            TimingText.line(seconds: 0.0012, timing) == "(1.2 ms: network 1.0 ms, 127.0.0.1:7000, 1 redirect)")
        timing.nodes[NodeAddress(host: "127.0.0.1", port: 7001)] = 0.0005
        timing.redirects = 0
        #expect(
            TimingText.line(seconds: 0.0012, timing)
                == "(1.2 ms: network 1.0 ms, 2 nodes, slowest 127.0.0.1:7000 1.0 ms)")
    }
}
