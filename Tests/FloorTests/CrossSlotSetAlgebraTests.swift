import Commands
import RESP
import Routing
import Testing

struct CrossSlotSetAlgebraTests {
    private static let wrongType = RESPValue.error(
        "WRONGTYPE Operation against a key holding the wrong kind of value")
    private static let tryAgain = RESPValue.error("TRYAGAIN Multiple keys request during rehashing of slot")

    private static func set(_ members: String, _ kind: RESPValue.Kind = .array) -> RESPValue {
        .aggregate(kind, members.map { .bulk(ByteString(String($0))) })
    }

    private static func reply(_ members: String) -> RequestOutcome { .reply(set(members)) }

    // MARK: Reading

    @Test(
        "Each slot combines its own sets, and what they give is combined",
        arguments: [
            ("SUNION", "SUNION", "xyz"), ("SINTER", "SINTER", "y"), ("SDIFF", "SUNION", "x"),
        ])
    func combines(name: String, others: String, members: String) throws {
        var plan = try ScriptedPlan("\(name) a b {a}2 {b}2")
        #expect(try plan.start() == ["\(name) a {a}2", "\(others) b {b}2"])
        #expect(!plan.requests.contains { !$0.isReadonly })
        #expect(try plan.finish(Self.reply("xy"), Self.reply("yz")) == Self.set(members))
    }

    @Test(
        "A count is that of the members, up to a limit; a server looks at the options first",
        arguments: [
            ("SUNIONCARD 2 a b", 3), ("SUNIONCARD 2 a b APPROX", 3), ("SUNIONCARD 2 a b LIMIT 2 APPROX", 2),
            ("SUNIONCARD 2 a b LIMIT 0", 3), ("SDIFFCARD 2 a b", 1), ("SINTERCARD 2 a b LIMIT 5", 1),
        ])
    func counts(line: String, count: Int) throws {
        var plan = try ScriptedPlan(line)
        #expect(try plan.start().count == 1)
        #expect(try plan.send(.zero) == ["SMEMBERS a", "SMEMBERS b"])
        #expect(try plan.finish(Self.reply("xy"), Self.reply("yz")) == .integer(count))
    }

    @Test("RESP3's sets stay sets", arguments: [RESPValue.Kind.array, .set])
    func keepsKind(kind: RESPValue.Kind) throws {
        var plan = try ScriptedPlan("SINTER a b")
        _ = try plan.start()
        #expect(try plan.finish(.reply(Self.set("xy", kind)), .reply(Self.set("", kind))) == Self.set("", kind))
    }

    @Test("A key of another type is an error, also when the result is empty already")
    func tellsWrongType() throws {
        var plan = try ScriptedPlan("SINTER a b c")
        #expect(try plan.start() == ["SMEMBERS a", "SMEMBERS b", "SMEMBERS c"])
        #expect(try plan.finish(Self.reply(""), .reply(Self.wrongType), .failure(.lost)) == Self.wrongType)
    }

    @Test("What could not be read is the plan's failure")
    func passesFailure() throws {
        var plan = try ScriptedPlan("SUNION a b")
        _ = try plan.start()
        #expect(plan.failure(Self.reply("x"), .failure(.lost)) == .lost)
    }

    @Test("While a slot moves, its keys are read one by one, and the first stays the one that is diminished")
    func dividesMovingSlot() throws {
        var plan = try ScriptedPlan("SDIFF a b {a}2")
        _ = try plan.start()
        #expect(plan.requests.map(\.waitsForMigration) == [false, true])
        #expect(try plan.send(.reply(Self.tryAgain), Self.reply("y")) == ["SMEMBERS a", "SMEMBERS {a}2"])
        #expect(try plan.finish(Self.reply("xyz"), Self.reply("z")) == Self.set("x"))
    }

    @Test("Members are counted up to the limit; 0 is none", arguments: [(" LIMIT 1", 1), (" LIMIT 0", 2), ("", 2)])
    func counts(limit: String, count: Int) throws {
        var plan = try ScriptedPlan("SINTERCARD 2 a b\(limit)")
        _ = try plan.start()
        #expect(try plan.send(.reply(.integer(0))) == ["SMEMBERS a", "SMEMBERS b"])
        #expect(try plan.finish(Self.reply("xyz"), Self.reply("wyz")) == .integer(count))
    }

    @Test("A server finds the mistakes in SINTERCARD's arguments, with keys that nobody has")
    func checksArguments() throws {
        var plan = try ScriptedPlan("SINTERCARD 2 a b LIMIT -1")
        _ = try plan.start()
        let sent = try #require(plan.requests.first).arguments
        #expect(sent[2].hasPrefix("slotline:missing:") && HashSlot(key: sent[2]) == HashSlot(key: "a"))
        #expect(sent == ["SINTERCARD", "2", sent[2], sent[2], "LIMIT", "-1"])
        let error = RESPValue.error("ERR LIMIT can't be negative")
        #expect(try plan.finish(.reply(error)) == error)
    }
}
