import Commands
import RESP
import TestSupport
import Testing

/// Rows learned from a server's own description of a command.
struct CommandOverlayTests {
    /// The description of a command as in RESP3.
    private static func entry(
        arity: Int, flags: [String] = [], triple: [Int] = [0, 0, 0], tips: [String] = [], keys: [RESPValue] = []
    ) -> RESPValue {
        let words = { (words: [String]) in RESPValue.aggregate(.set, words.map(RESPValue.status)) }
        return .array(
            [.bulk("module.command"), .integer(arity), words(flags)] + triple.map(RESPValue.integer)
                + [words([]), words(tips), .array(keys), .array([])])
    }

    private static func keySpec(index: Int, _ type: String, _ numbers: [(String, Int)]) -> RESPValue {
        let map = { (pairs: [(String, RESPValue)]) in
            RESPValue.map(pairs.flatMap { [RESPValue.bulk(ByteString($0)), $1] })
        }
        return map([
            ("flags", .array([])),
            ("begin_search", map([("type", .bulk("index")), ("spec", map([("index", .integer(index))]))])),
            (
                "find_keys",
                map([
                    ("type", .bulk(ByteString(type))),
                    ("spec", map(numbers.map { ($0, RESPValue.integer($1)) })),
                ])
            ),
        ])
    }

    private static func range(index: Int, last: Int, step: Int = 1, limit: Int = 0) -> RESPValue {
        keySpec(index: index, "range", [("lastkey", last), ("keystep", step), ("limit", limit)])
    }

    private static let arguments: [ByteString] = ["module.command", "1", "2", "3", "4", "5", "6"]

    @Test("A command that the server does not know has no row") func aCommandThatTheServerDoesNotKnowHasNoRow() throws {
        #expect(CommandSpec(commandInfo: .null) == nil)
        #expect(CommandSpec(commandInfo: .array([.bulk("get"), .integer(2)])) == nil)
        #expect(CommandSpec(commandInfo: .error("ERR no")) == nil)
    }

    @Test("Arity and flags are adopted") func arityAndFlagsAreAdopted() throws {
        let entry = Self.entry(arity: -3, flags: ["readonly", "blocking", "denyoom"])
        let row = try #require(CommandSpec(commandInfo: entry))
        #expect(row.arity == -3)
        #expect(row.flags == [.readonly, .blocking])
        #expect(row.request == .anyNode && row.response == .single)
    }

    @Test("Key specifications take precedence over the older triple")
    func keySpecificationsTakePrecedenceOverTheOlderTriple()
        throws
    {
        let counted = Self.keySpec(
            index: 2, "keynum", [("keynumidx", 0), ("firstkey", 1), ("keystep", 1)])
        let entry = Self.entry(
            arity: -4, triple: [1, 1, 1], keys: [Self.range(index: 1, last: 0), counted])
        let row = try #require(CommandSpec(commandInfo: entry))
        #expect(row.keys.indexes(in: Self.arguments) == [1, 3, 4])
        #expect(row.request == .keyed)
    }

    @Test("A range counts from its beginning or from the end") func aRangeCountsFromItsBeginningOrFromTheEnd() throws {
        let fixed = try #require(CommandSpec(commandInfo: Self.entry(arity: -4, keys: [Self.range(index: 2, last: 1)])))
        #expect(fixed.keys.indexes(in: Self.arguments) == [2, 3])
        let open = try #require(
            CommandSpec(commandInfo: Self.entry(arity: -4, keys: [Self.range(index: 2, last: -2, step: 2)])))
        #expect(open.keys.indexes(in: Self.arguments) == [2, 4])
    }

    @Test(
        "With an odd key specification, the older triple applies",
        arguments: [
            [range(index: 1, last: -1, limit: 2)],
            [range(index: 0, last: 0)],
            [range(index: 1, last: 0, step: 0)],
            [range(index: .max, last: 1)],
            [keySpec(index: 1, "keynum", [("keynumidx", -5), ("firstkey", 1), ("keystep", 1)])],
            [keySpec(index: 1, "unknown", [])],
            [.array([.bulk("begin_search"), .null])],
            Array(repeating: range(index: 1, last: 0), count: 4),
        ])
    func withAnOddKeySpecificationTheOlderTripleApplies(_ keys: [RESPValue]) throws {
        let row = try #require(CommandSpec(commandInfo: Self.entry(arity: -2, triple: [1, -2, 2], keys: keys)))
        #expect(row.keys.indexes(in: Self.arguments) == [1, 3, 5])
    }

    @Test("Older servers send six fields") func olderServersSendSixFields() throws {
        let entry = try RESPText.value("*6\r\n$3\r\ngot\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n")
        let row = try #require(CommandSpec(commandInfo: entry))
        #expect(row.keys.indexes(in: ["GOT", "k"]) == [1])
        #expect(row.flags == .readonly)
    }

    @Test(
        "Tips become policies",
        arguments: [
            (["request_policy:all_nodes", "response_policy:all_succeeded"], .allNodes, .allSucceeded),
            (["request_policy:all_shards", "response_policy:one_succeeded"], .masters, .oneSucceeded),
            (["request_policy:all_shards", "response_policy:agg_sum"], .masters, .sum),
            (["request_policy:all_shards", "response_policy:agg_min"], .masters, .minimum),
            (["request_policy:all_shards", "response_policy:agg_logical_and"], .masters, .logicalAnd),
            (["nondeterministic_output", "request_policy:all_shards"], .masters, .perNode),
            (["request_policy:all_nodes", "response_policy:agg_max"], .allNodes, .perNode),
            (["request_policy:special", "response_policy:agg_sum"], .anyNode, .single),
            ([], .anyNode, .single),
        ] as [([String], RequestPolicy, ResponsePolicy)])
    func tipsBecomePolicies(_ tips: [String], _ request: RequestPolicy, _ response: ResponsePolicy) throws {
        let row = try #require(CommandSpec(commandInfo: Self.entry(arity: 1, tips: tips)))
        #expect(row.request == request)
        #expect(row.response == response)
        #expect(row.aggregate == (response == .single ? .perNode : response))
    }

    @Test("A command over many slots is keyed") func aCommandOverManySlotsIsKeyed() throws {
        for (flag, policy, split) in [
            ("write", "response_policy:agg_sum", .refuse), ("readonly", "response_policy:agg_sum", .split(.sum)),
            ("readonly", "nondeterministic_output", .split(.valuesInOrder)),
            ("readonly", "response_policy:agg_min", .refuse),
        ] as [(String, String, CrossSlot)] {
            let entry = Self.entry(
                arity: -2, flags: [flag], triple: [1, -1, 1], tips: ["request_policy:multi_shard", policy])
            let row = try #require(CommandSpec(commandInfo: entry))
            #expect(row.request == .keyed && row.response == .single && row.crossSlot == split)
        }
    }

    @Test("A module's command, or one that runs scripts, may make up its own replies")
    func scriptsAreKnown() throws {
        for (flag, isScript) in [("module", true), ("script_runner", true), ("fast", false)] {
            let row = try #require(CommandSpec(commandInfo: Self.entry(arity: 1, flags: [flag])))
            #expect(row.flags.contains(.script) == isScript)
        }
    }
}
