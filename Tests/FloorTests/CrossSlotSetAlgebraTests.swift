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
        "Each slot combines its own sets, and the results are combined",
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
        "A count is the number of members, up to a limit; a server looks at the options first",
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

    @Test("A key of another type is an error even if the result is empty already")
    func tellsWrongType() throws {
        var plan = try ScriptedPlan("SINTER a b c")
        #expect(try plan.start() == ["SMEMBERS a", "SMEMBERS b", "SMEMBERS c"])
        #expect(try plan.finish(Self.reply(""), .reply(Self.wrongType), .failure(.lost)) == Self.wrongType)
    }

    @Test("A key that could not be read fails the plan")
    func passesFailure() throws {
        var plan = try ScriptedPlan("SUNION a b")
        _ = try plan.start()
        #expect(plan.failure(Self.reply("x"), .failure(.lost)) == .lost)
    }

    @Test("While a slot moves, its keys are read one by one, and the first is still the one subtracted from")
    func dividesMovingSlot() throws {
        var plan = try ScriptedPlan("SDIFF a b {a}2")
        _ = try plan.start()
        #expect(plan.requests.map(\.waitsForMigration) == [false, true])
        #expect(try plan.send(.reply(Self.tryAgain), Self.reply("y")) == ["SMEMBERS a", "SMEMBERS {a}2"])
        #expect(try plan.finish(Self.reply("xyz"), Self.reply("z")) == Self.set("x"))
    }

    @Test("Members are counted up to the limit; 0 means none", arguments: [(" LIMIT 1", 1), (" LIMIT 0", 2), ("", 2)])
    func counts(limit: String, count: Int) throws {
        var plan = try ScriptedPlan("SINTERCARD 2 a b\(limit)")
        _ = try plan.start()
        #expect(try plan.send(.reply(.integer(0))) == ["SMEMBERS a", "SMEMBERS b"])
        #expect(try plan.finish(Self.reply("xyz"), Self.reply("wyz")) == .integer(count))
    }

    @Test("A server finds the mistakes in SINTERCARD's arguments, with keys that no one has")
    func checksArguments() throws {
        var plan = try ScriptedPlan("SINTERCARD 2 a b LIMIT -1")
        _ = try plan.start()
        let sent = try #require(plan.requests.first).arguments
        #expect(sent[2].hasPrefix("slotline:missing:") && HashSlot(key: sent[2]) == HashSlot(key: "a"))
        #expect(sent == ["SINTERCARD", "2", sent[2], sent[2], "LIMIT", "-1"])
        let error = RESPValue.error("ERR LIMIT can't be negative")
        #expect(try plan.finish(.reply(error)) == error)
    }

    // MARK: Storing

    /// The commands of the one request, without RESTORE's payload.
    private static func words(_ plan: ScriptedPlan) throws -> [String] {
        #expect(plan.requests.count == 1)
        return try #require(plan.requests.first).commands.map { words in
            words.map { words[0] == "RESTORE" && $0 == words[3] ? "payload" : $0.text }.joined(separator: " ")
        }
    }

    private static func payload(_ plan: ScriptedPlan) -> ByteString? {
        plan.requests.first?.commands.first { $0[0] == "RESTORE" }?[3]
    }

    @Test(
        "The result replaces the destination as a whole",
        arguments: [("SUNIONSTORE", "xyz"), ("SINTERSTORE", "y"), ("SDIFFSTORE", "x")])
    func stores(name: String, members: String) throws {
        var plan = try ScriptedPlan("\(name) d a b")
        #expect(try plan.start() == ["SMEMBERS a", "SMEMBERS b"])
        _ = try plan.send(Self.reply("xy"), Self.reply("yz"))
        #expect(try Self.words(plan) == ["MULTI", "RESTORE d 0 payload REPLACE", "EXEC"])
        #expect(Self.payload(plan) == PickedMembers.intersection(of: [Self.set(members)]).payload(atMost: 100))
        #expect(plan.requests[0].route == .slot(HashSlot(key: "d")) && !plan.requests[0].isReadonly)
        #expect(try plan.finish(.block(.ok)) == .integer(members.count))
    }

    @Test("An empty result deletes the destination")
    func storesNothing() throws {
        var plan = try ScriptedPlan("SINTERSTORE d a b")
        _ = try plan.start()
        #expect(try plan.send(Self.reply("x"), Self.reply("y")) == ["MULTI | DEL d | EXEC"])
        #expect(try plan.finish(.block(.integer(1))) == .integer(0))
    }

    @Test("A destination that is also an operand is watched first, and everything is read again if it changed")
    func watchesDestination() throws {
        var plan = try ScriptedPlan("SDIFFSTORE d d {d}2 b")
        let first = ["WATCH d | SDIFF d {d}2", "SMEMBERS b"]
        #expect(try plan.start() == first)
        #expect(plan.requests.map(\.waitsForMigration) == [false, true])
        _ = try plan.send(.reply(.array([.ok, Self.set("xyz")])), Self.reply("y"))
        #expect(try Self.words(plan) == ["ASKING", "MULTI", "RESTORE d 0 payload REPLACE", "EXEC"])
        #expect(
            plan.requests[0].connection == .same(1)
                && Self.payload(plan) == PickedMembers.intersection(of: [Self.set("xz")]).payload(atMost: 100))
        #expect(try plan.pause(.reply(.array([.ok, .ok, .status("QUEUED"), .null]))) > 0)
        #expect(try plan.start() == first)
    }

    @Test("While its slot moves, a destination is watched and read with a single key")
    func dividesWatchedSlot() throws {
        var plan = try ScriptedPlan("SUNIONSTORE d {d}2 d b")
        #expect(try plan.start() == ["WATCH d | SUNION {d}2 d", "SMEMBERS b"])
        let divided = try plan.send(.reply(.array([.ok, Self.tryAgain])), Self.reply("y"))
        #expect(divided == ["SMEMBERS {d}2", "WATCH d | SMEMBERS d"])
        #expect(try plan.send(Self.reply("x"), .reply(.array([.ok, Self.set("z")]))).count == 1)
        #expect(Self.payload(plan) == PickedMembers.intersection(of: [Self.set("yxz")]).payload(atMost: 100))
    }

    @Test("A destination that cannot be watched is not written")
    func passesRefusalOfWatch() throws {
        let refusal = RESPValue.error("NOPERM User role has no permissions to run the 'watch' command")
        var plan = try ScriptedPlan("SUNIONSTORE d d b")
        _ = try plan.start()
        #expect(try plan.finish(.reply(.array([refusal, Self.set("x")])), Self.reply("y")) == refusal)
    }

    @Test(
        "A server that does not accept the payload gets the members one by one",
        arguments: ["ERR Bad data format", "ERR DUMP payload version or checksum are wrong"])
    func addsMembers(refusal: String) throws {
        var plan = try ScriptedPlan("SUNIONSTORE d a b")
        let first = try plan.start()
        _ = try plan.send(Self.reply("xy"), Self.reply("yz"))
        #expect(try plan.send(.block(.error(refusal))) == first)
        #expect(try plan.send(Self.reply("xy"), Self.reply("yz")) == ["MULTI | DEL d | SADD d x y z | EXEC"])
        let replies = RESPValue.array([.integer(1), .integer(3)])
        #expect(
            try plan.finish(.reply(.array([.ok, .status("QUEUED"), .status("QUEUED"), replies]))) == .integer(3))
    }

    @Test("An error or a lost reply of the block is the command's")
    func passesEnd() throws {
        let error = RESPValue.error("OOM command not allowed when used memory > 'maxmemory'.")
        var plan = try ScriptedPlan("SUNIONSTORE d a b")
        _ = try plan.start()
        _ = try plan.send(Self.reply("x"), Self.reply("y"))
        var other = plan
        #expect(try plan.finish(.block(error)) == error)
        #expect(other.failure(.failure(.unclear)) == .unclear)
    }
}
