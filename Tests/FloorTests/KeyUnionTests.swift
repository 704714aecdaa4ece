import Commands
import RESP
import Routing
import Testing

/// KEYS over many masters, whose long replies arrive in parts.
struct KeyUnionTests {
    private static let nodes = (0..<2).map {
        Node(
            address: NodeAddress(host: "127.0.0.1", port: 7000 + $0), id: "\($0)", role: .master, isHealthy: true)
    }

    /// Keys in both halves of the slots.
    private static let (low, high): ([ByteString], [ByteString]) = {
        let keys = (0..<40).map { ByteString("key:\($0)") }
        return (keys.filter { HashSlot(key: $0).number < 8192 }, keys.filter { HashSlot(key: $0).number >= 8192 })
    }()

    private static func plan() throws -> Plan {
        let topology = Topology(shards: [
            Shard(slots: [0...8191], nodes: [nodes[0]]), Shard(slots: [8192...16383], nodes: [nodes[1]]),
        ])
        let command = Command(["KEYS", "*"])
        let plan = try Router().plan(
            for: command, row: CommandTable.row(for: command.arguments), view: .cluster(topology),
            owners: SlotMap(topology), home: nodes[0].address)
        return try #require(plan)
    }

    private static func list(_ keys: some Sequence<ByteString>) -> RESPValue { .array(keys.map { .bulk($0) }) }

    private static func finish(_ plan: inout Plan, _ outcomes: [RequestOutcome]) throws -> (Reply, [ByteString]) {
        guard case .finish(let reply, let emitting) = plan.advance(outcomes) else { throw CommandFailure.interrupted }
        return (reply, emitting.map(\.byteString))
    }

    @Test("Keys from the slots' owners are delivered at once, others at the end, each key once")
    func merges() throws {
        var plan = try Self.plan()
        #expect(plan.takesParts)
        _ = plan.advance([])
        let moving = Self.high[0]
        #expect(plan.take(Self.list(Self.low[..<5] + [moving]), of: 0).map(\.byteString) == Array(Self.low[..<5]))
        #expect(plan.take(Self.list(Self.high[1...]), of: 1).map(\.byteString) == Array(Self.high[1...]))
        let (reply, rest) = try Self.finish(
            &plan,
            [
                .reply(Self.list(Self.low[5...] + [moving]), from: Self.nodes[0].address),
                .reply(Self.list([]), from: Self.nodes[1].address),
            ])
        #expect(rest == Self.low[5...] + [moving])
        #expect(reply.outcome == .succeeded)
        #expect(reply.notes == [.mayRepeat(keys: 1)])
    }

    @Test("A master that breaks off its reply is reported")
    func saysWhatIsMissing() throws {
        var plan = try Self.plan()
        _ = plan.advance([])
        _ = plan.take(Self.list(Self.low), of: 0)
        let failure = CommandFailure.replyLost(Self.nodes[0].address, reason: "gone")
        let (reply, rest) = try Self.finish(
            &plan, [.failure(failure), .reply(Self.list(Self.high), from: Self.nodes[1].address)])
        #expect(rest == Self.high)
        #expect(reply.outcome == .partial)
        #expect(
            reply.notes == [
                .coverage(
                    answered: 1, asked: 2, failed: [.init(Self.nodes[0].address, error: nil, failure: failure)])
            ])
    }

    @Test("Replies that arrive whole are merged as a set")
    func mergesShortReplies() throws {
        var plan = try Self.plan()
        _ = plan.advance([])
        let (reply, rest) = try Self.finish(
            &plan,
            [
                .reply(Self.list(Self.low + [Self.high[0]]), from: Self.nodes[0].address),
                .reply(Self.list(Self.high), from: Self.nodes[1].address),
            ])
        #expect(rest.isEmpty)
        guard case .value(let value) = reply.body else { throw CommandFailure.interrupted }
        #expect(value.count == Self.low.count + Self.high.count)
    }
}
