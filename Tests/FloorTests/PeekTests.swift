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

    /// What the script returns for strings.
    private static func cut(_ texts: String...) -> RESPValue {
        .array(texts.map(one))
    }

    private static func one(_ text: String) -> RESPValue {
        .array([.integer(text.utf8.count), .bulk(ByteString(text))])
    }

    /// The preview of a key of this type, given the replies to each further round trip.
    private static func preview(
        _ type: String, encoding: String = "listpack", memory: Int = 2048, count: Int = 10, _ rounds: [RESPValue]...
    ) throws -> KeyPreview {
        var plan = PeekPlan("k", count: count)
        _ = plan.advance([])
        var step = plan.advance(reply(.status(type), .bulk(ByteString(encoding)), .integer(-1), .integer(memory)))
        for replies in rounds {
            #expect(commands(step).count == replies.count, "\(commands(step))")
            // As the engine delivers them: an array for several commands, the plain reply for one.
            step = plan.advance([.reply(replies.count == 1 ? replies[0] : .array(replies), from: node)])
        }
        return try #require(plan.result)
    }

    private static func lines(_ preview: KeyPreview) -> [String] {
        let text = KeyPreviewText.lines(
            preview, database: 0, Renderer(Style(format: .table, isUTF8: true)), in: Window(columns: .max))
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test("A peek takes two round trips: one for what any key has, one for its type, cut by the server")
    func steps() {
        var plan = PeekPlan("k")
        #expect(Self.commands(plan.advance([])) == ["TYPE k", "OBJECT ENCODING k", "PTTL k", "MEMORY USAGE k"])
        let second = Self.commands(
            plan.advance(Self.reply(.status("list"), .bulk("listpack"), .integer(1500), .error("NOPERM no MEMORY"))))
        #expect(second.count == 2)
        #expect(second[0] == "LLEN k")
        #expect(second[1].hasPrefix("EVAL_RO ") && second[1].hasSuffix(" 1 k 256 20 LRANGE k 0 9"))
        guard case .finish = plan.advance(Self.reply(.integer(12), Self.cut("a"))) else {
            Issue.record("not finished")
            return
        }
        #expect(plan.result?.timeToLive == 1500)
        #expect(plan.result?.memory == nil)
        #expect(plan.result?.isCut == true)
    }

    @Test("Where scripts are refused, a small key's elements are fetched, and a large key's are not")
    func withoutScripts() throws {
        let refusal = RESPValue.error("NOPERM no EVAL_RO")
        let small = try Self.preview("list", memory: 65_536, [.integer(1), refusal], [.array([.bulk("a")])])
        #expect(small.elements == .list([.text("a", size: 1)]))
        let large = try Self.preview("list", memory: 65_537, [.integer(1), refusal])
        #expect(large.elements == nil)
        #expect(Self.lines(large).last == "elements not shown: NOPERM no EVAL_RO")
    }

    @Test("A cut value says how long it is, and how much more there is")
    func cutElements() throws {
        let long = RESPValue.array([.integer(1 << 20), .bulk("aaaa")])
        let hash = try Self.preview(
            "hash",
            [.integer(3), .array([Self.one("0"), .array([.array([.integer(1), .bulk("f")]), long])])],
            [.array([.integer(5000)])])
        #expect(
            Self.lines(hash).suffix(2) == [#"1# "f" => "aaaa"... (4B of 1.00M) (expires in 5 s)"#, "... 2 more"])
        let last = try Self.preview("list", count: -1, [.integer(3), Self.cut("c")])
        #expect(Self.lines(last).suffix(2) == ["... 2 before", #"3) "c""#])
        let all = try Self.preview("list", count: -3, [.integer(1), Self.cut("c")])
        #expect(Self.lines(all).suffix(2).dropFirst() == [#"1) "c""#])
        // Types without an order are not asked for their last elements.
        for type in ["hash", "set", "string", "vectorset", "ReJSON-RL"] {
            let none = try Self.preview(type, count: -1)
            #expect(none.lacksEnd && none.elements == nil)
        }
    }

    @Test("Each type shows its own details")
    func details() throws {
        let groups = RESPValue.array([
            .array([
                Self.one("name"), Self.one("g"),
                Self.one("consumers"), .integer(1),
                Self.one("pending"), .integer(4),
            ])
        ])
        let entries = RESPValue.array([.array([Self.one("1-1"), Self.cut("f", "v")])])
        let stream = try Self.preview("stream", [.integer(1), groups, Self.cut("last-generated-id", "9-9"), entries])
        #expect(stream.details == [.lastID("9-9"), .group(name: "g", consumers: 1, pending: 4, lag: nil)])
        #expect(Self.lines(stream).suffix(2) == ["group    g: 1 consumer, 4 pending", ##"1# "1-1" => 1# "f" => "v""##])
        let counted = try Self.preview(
            "string", encoding: "raw", [.integer(5), .bulk("HYLL\u{0}"), .integer(3), .integer(42)])
        #expect(counted.details == [.distinct(42)])
        let bits = try Self.preview(
            "string", encoding: "raw", [.integer(2), .bulk("\u{1}\u{0}"), .integer(1), .error("WRONGTYPE")])
        #expect(bits.details == [.bits(set: 1, bytes: 2)])
        let text = try Self.preview("string", encoding: "embstr", [.integer(2), .bulk("ab"), .integer(6)])
        #expect(text.details.isEmpty)
        let vectors = try Self.preview("vectorset", [.integer(2), .integer(3), Self.cut("a")])
        #expect(vectors.details == [.dimensions(3)] && vectors.length == 2 && vectors.isCut)
        let document = try Self.preview("ReJSON-RL", [.array([.integer(300), .bulk("{\"a\"")])])
        #expect(document.isCut && Self.lines(document).last == #""{\"a\""... (4B of 300B)"#)
    }

    @Test("A stream without entries is not called a hash", arguments: [Format.table, .terminal])
    func emptyStream(format: Format) throws {
        let stream = try Self.preview(
            "stream", [.integer(0), .array([]), Self.cut("last-generated-id", "9-9"), .array([])])
        let lines = KeyPreviewText.lines(stream, database: 0, Renderer(Style(format: format)), in: Window(columns: 80))
        #expect(String(decoding: lines, as: UTF8.self).hasSuffix("last id  9-9\n(empty array)\n"))
    }

    @Test("A missing key ends it with null, an error with the error")
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
        let pairs = Excerpt.list([.text("a", size: 1), .text("1", size: 1)])
        let cursor = RESPValue.array([.integer(1), .bulk("0")])
        let hash = try Self.preview(
            "hash", [.integer(1), .array([cursor, Self.cut("a", "1")])], [.error("ERR unknown")])
        #expect(hash.elements == pairs && hash.isPaired && !hash.isCut)
        #expect(try Self.preview("zset", [.integer(1), Self.cut("a", "1")]).elements == pairs)
        #expect(try Self.preview("zset", [.integer(1), .array([Self.cut("a", "1")])]).elements == pairs)
        let set = try Self.preview("set", [.integer(2), .array([cursor, Self.cut("a", "b")])])
        #expect(set.elements == .list([.text("a", size: 1), .text("b", size: 1)]))
        #expect(!set.isCut)
    }

    @Test("People get lines")
    func lines() throws {
        func text(_ columns: Int) throws -> String {
            let lines = KeyPreviewText.lines(
                try Self.preview("list", [.integer(2), Self.cut("a")]), database: 5, Renderer(Style(format: .terminal)),
                in: Window(columns: columns))
            return String(decoding: lines, as: UTF8.self)
        }
        let narrow = """
            key      "k"
            type     list, encoded as
                     listpack
            expires  never
            size     2 items, 2.00K of
                     memory
            slot     7629 at
                     127.0.0.1:7000,
                     database 5
            1) "a"
            ... 1 more

            """
        #expect(try text(30) == narrow)
        let expected = """
            key      "k"
            type     list, encoded as listpack
            expires  never
            size     2 items, 2.00K of memory
            slot     7629 at 127.0.0.1:7000, database 5
            1) "a"
            ... 1 more

            """
        #expect(try text(80) == expected)
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
