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

    /// The replies to WATCH and to a read behind it.
    private static func watched(_ members: String) -> RequestOutcome { .reply(.array([.ok, set(members)])) }

    private static func stored(_ outcome: RESPValue) -> RequestOutcome {
        .reply(.array([.ok, .ok, .status("QUEUED"), .status("QUEUED"), outcome]))
    }

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

    // MARK: Storing

    @Test("The destination is replaced by one block, after everything has been read")
    func stores() throws {
        var plan = try ScriptedPlan("SUNIONSTORE d a b")
        #expect(try plan.start() == ["SMEMBERS a", "SMEMBERS b"])
        #expect(try plan.send(Self.reply("xy"), Self.reply("yz")) == ["MULTI | DEL d | SADD d x y z | EXEC"])
        #expect(plan.requests[0].route == .slot(HashSlot(key: "d")) && !plan.requests[0].isReadonly)
        #expect(try plan.finish(Self.stored(.array([.integer(1), .integer(3)]))) == .integer(3))
    }

    @Test("An empty result deletes the destination")
    func storesNothing() throws {
        var plan = try ScriptedPlan("SINTERSTORE d a b")
        _ = try plan.start()
        #expect(try plan.send(Self.reply("x"), Self.reply("y")) == ["MULTI | DEL d | EXEC"])
        #expect(try plan.finish(.block(.integer(1))) == .integer(0))
    }

    @Test("Many members go in several commands, few of them in one that is long")
    func storesInChunks() throws {
        for (count, length, sizes) in [(2500, 1, [1000, 1000, 500]), (3, 40_000, [2, 1])] {
            var plan = try ScriptedPlan("SUNIONSTORE d a b")
            _ = try plan.start()
            let padding = String(repeating: "x", count: length)
            let members = (0..<count).map { RESPValue.bulk(ByteString("\(padding)\($0)")) }
            _ = try plan.send(.reply(.array(members)), Self.reply(""))
            let commands = plan.requests[0].commands.filter { $0[0] == "SADD" }
            #expect(commands.map { $0.count - 2 } == sizes)
            #expect(commands.flatMap { $0.dropFirst(2) } == members.map(\.byteString))
        }
    }

    @Test("A destination that is read is watched before, and replaced on the same connection")
    func watchesDestination() throws {
        var plan = try ScriptedPlan("SDIFFSTORE a a b {a}2")
        #expect(try plan.start() == ["WATCH a | SMEMBERS a", "SMEMBERS b", "SMEMBERS {a}2"])
        #expect(plan.requests.map(\.connection) == [.own(1), .shared, .shared])
        #expect(
            try plan.send(Self.watched("xyz"), Self.reply("y"), Self.reply(""))
                == ["ASKING | MULTI | DEL a | SADD a x z | EXEC"])
        #expect(plan.requests[0].connection == .same(1))
        #expect(try plan.finish(Self.stored(.array([.integer(1), .integer(2)]))) == .integer(2))
    }

    @Test("A destination of another type that is read is an error")
    func tellsWrongTypeOfDestination() throws {
        var plan = try ScriptedPlan("SUNIONSTORE a a b")
        _ = try plan.start()
        #expect(try plan.finish(.reply(.array([.ok, Self.wrongType])), Self.reply("x")) == Self.wrongType)
    }

    @Test("When the destination changed or moved meanwhile, all is read again")
    func beginsAgain() throws {
        let moved = RESPValue.array([
            .ok, .ok, .error("MOVED 15495 127.0.0.1:7001"), .error("EXECABORT Transaction discarded"),
        ])
        let away = CommandFailure.transactionLost(NodeAddress(host: "127.0.0.1", port: 7000), reason: "closed")
        for outcome in [Self.stored(.null), .reply(moved), .failure(away)] {
            var plan = try ScriptedPlan("SUNIONSTORE a a b")
            let first = try plan.start()
            _ = try plan.send(Self.watched("x"), Self.reply("y"))
            #expect(try plan.pause(outcome) > 0)
            #expect(try plan.start() == first)
            #expect(
                try plan.send(Self.watched("w"), Self.reply("y")) == ["ASKING | MULTI | DEL a | SADD a w y | EXEC"])
        }
    }

    @Test("It gives up in the end when the destination changes every time")
    func givesUp() throws {
        var plan = try ScriptedPlan("SUNIONSTORE a a b")
        for _ in 1..<16 {
            _ = try plan.start()
            _ = try plan.send(Self.watched("x"), Self.reply("y"))
            _ = try plan.pause(Self.stored(.null))
        }
        _ = try plan.start()
        _ = try plan.send(Self.watched("x"), Self.reply("y"))
        let reason = "the keys were changed meanwhile"
        #expect(plan.failure(Self.stored(.null)) == .retriesExhausted(nil, last: reason))
    }

    @Test("Why a block was not carried out is said in the words of the command that was refused")
    func passesRefusal() throws {
        let cause = RESPValue.error("OOM command not allowed when used memory > 'maxmemory'.")
        let aborted = RESPValue.error("EXECABORT Transaction discarded because of previous errors.")
        let atExec = RESPValue.error("EXECABORT Transaction discarded because of: \(cause.text)")
        for replies in [
            [.ok, .status("QUEUED"), cause, aborted], [.ok, .status("QUEUED"), .status("QUEUED"), atExec],
        ] {
            var plan = try ScriptedPlan("SUNIONSTORE d a b")
            _ = try plan.start()
            _ = try plan.send(Self.reply("x"), Self.reply("y"))
            #expect(try plan.finish(.reply(.array(replies))) == cause)
        }
    }

    @Test("Whether a block ran whose reply was lost is not guessed")
    func passesUnknownOutcome() throws {
        var plan = try ScriptedPlan("SUNIONSTORE d a b")
        _ = try plan.start()
        _ = try plan.send(Self.reply("x"), Self.reply("y"))
        #expect(plan.failure(.failure(.unclear)) == .unclear)
    }
}
