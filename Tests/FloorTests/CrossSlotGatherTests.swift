import Commands
import RESP
import Routing
import Testing

struct CrossSlotGatherTests {
    private static let tryAgain = RESPValue.error("TRYAGAIN Multiple keys request during rehashing of slot")
    private static let aborted = RESPValue.error("EXECABORT Transaction discarded because of previous errors.")

    private static func payload(_ bytes: ByteString) -> RequestOutcome { .reply(.bulk(bytes)) }

    /// The replies to a RESTORE for each copy, WATCH, and EXISTS.
    private static func copied(_ count: Int) -> RequestOutcome {
        .reply(.array([RESPValue](repeating: .ok, count: count + 1) + [.integer(count)]))
    }

    /// The replies to a block that was carried out.
    private static func ran(_ replies: RESPValue...) -> RequestOutcome {
        .reply(.array([.ok] + replies.map { _ in .status("QUEUED") } + [.array(replies)]))
    }

    /// The replies to a block that was not carried out, since its command got `error`.
    private static func refused(_ error: RESPValue) -> RequestOutcome {
        .reply(.array([.ok, error, .status("QUEUED"), aborted]))
    }

    /// The words of the one request's commands, with the names of private keys cut down to what follows the session.
    private static func words(_ plan: ScriptedPlan) throws -> [String] {
        #expect(plan.requests.count == 1)
        return try #require(plan.requests.first).commands.map { command in
            command.map { word in
                guard word.hasPrefix("slotline:copy:") else { return word.text }
                return "copy" + word.text.drop { $0 != "-" }
            }.joined(separator: " ")
        }
    }

    /// A plan whose copies have been made: the key `b` for the slot of `d`.
    private static func copying(_ line: String) throws -> ScriptedPlan {
        var plan = try ScriptedPlan(line)
        #expect(try plan.start() == ["DUMP b"])
        _ = try plan.send(payload("B"))
        _ = try plan.send(copied(1))
        return plan
    }

    /// The same after its slot began to move: the command runs among private keys of another slot.
    private static func elsewhere(_ line: String) throws -> ScriptedPlan {
        var plan = try copying(line)
        let cleaning = try plan.send(refused(tryAgain))
        #expect(cleaning.allSatisfy { $0.hasPrefix("UNLINK slotline:copy:") })
        #expect(try plan.pause(.reply(.integer(1))) > 0)
        return plan
    }

    // MARK: In the destination's slot

    @Test("Keys of other slots are copied to the destination's slot, once each, and the command runs there")
    func gathers() throws {
        var plan = try ScriptedPlan("ZUNIONSTORE d 5 b d c {d}2 b WEIGHTS 1 2 3 4 5")
        #expect(try plan.start() == ["DUMP b", "DUMP c"])
        #expect(!plan.requests.contains { !$0.isReadonly })
        _ = try plan.send(Self.payload("B"), Self.payload("C"))
        #expect(
            try Self.words(plan) == [
                "RESTORE copy-1:0 300000 B REPLACE", "RESTORE copy-1:1 300000 C REPLACE", "WATCH copy-1:0 copy-1:1",
                "EXISTS copy-1:0 copy-1:1",
            ])
        let copies = plan.requests[0].commands[2].dropFirst()
        #expect(copies.allSatisfy { HashSlot(key: $0) == HashSlot(key: "d") })
        #expect(plan.requests[0].connection == .own(2) && plan.requests[0].route == .slot(HashSlot(key: "d")))
        _ = try plan.send(Self.copied(2))
        #expect(
            try Self.words(plan) == [
                "ASKING", "MULTI", "ZUNIONSTORE d 5 copy-1:0 d copy-1:1 {d}2 copy-1:0 WEIGHTS 1 2 3 4 5",
                "UNLINK copy-1:0 copy-1:1", "EXEC",
            ])
        #expect(plan.requests[0].connection == .same(2) && !plan.requests[0].isReadonly)
        #expect(try plan.finish(Self.ran(.integer(7), .integer(2))) == .integer(7))
    }

    @Test("A missing key is not copied, and stays missing")
    func leavesMissingKeys() throws {
        var plan = try ScriptedPlan("PFCOUNT a b c")
        #expect(try plan.start() == ["DUMP b", "DUMP c"])
        _ = try plan.send(Self.payload("B"), .reply(.null))
        _ = try plan.send(Self.copied(1))
        #expect(try Self.words(plan) == ["ASKING", "MULTI", "PFCOUNT a copy-1:0 copy-1:1", "UNLINK copy-1:0", "EXEC"])
        #expect(plan.requests[0].isReadonly)
        #expect(try plan.finish(Self.ran(.integer(3), .integer(1))) == .integer(3))
    }

    @Test("Without any copies, the command runs at once")
    func runsWithoutCopies() throws {
        var plan = try ScriptedPlan("ZUNIONSTORE d 1 b")
        _ = try plan.start()
        _ = try plan.send(.reply(.null))
        #expect(try Self.words(plan) == ["MULTI", "ZUNIONSTORE d 1 copy-1:0", "EXEC"])
        #expect(plan.requests[0].connection == .own(2))
        #expect(try plan.finish(Self.ran(.integer(0))) == .integer(0))
    }

    @Test(
        "The destination is where the command has it",
        arguments: [
            ("GEORADIUS b 15 37 200 km STORE d", "GEORADIUS copy-1:0 15 37 200 km STORE d"),
            ("GEORADIUSBYMEMBER b m 9 km STOREDIST d", "GEORADIUSBYMEMBER copy-1:0 m 9 km STOREDIST d"),
            ("BITOP NOT d b", "BITOP NOT d copy-1:0"), ("PFMERGE d b", "PFMERGE d copy-1:0"),
            ("ZRANGESTORE d b 0 -1", "ZRANGESTORE d copy-1:0 0 -1"), ("LCS d b LEN", "LCS d copy-1:0 LEN"),
        ])
    func findsDestination(line: String, sent: String) throws {
        let arguments = line.split(separator: " ").map { ByteString(String($0)) }
        var router = Router()
        router.unblocked = ["BITOP"]
        let home = NodeAddress(host: "127.0.0.1", port: 7000)
        let made = try router.plan(
            for: Command(arguments, target: nil), row: CommandTable.row(for: arguments),
            view: .cluster(Topology(shards: [])), owners: SlotMap(), home: home)
        var plan = ScriptedPlan(try #require(made))
        _ = try plan.start()
        _ = try plan.send(Self.payload("B"))
        _ = try plan.send(Self.copied(1))
        #expect(try Self.words(plan)[2] == sent)
    }

    @Test("An error of the command is the reply; its copies are gone by then")
    func passesError() throws {
        var plan = try Self.copying("ZUNIONSTORE d 1 b")
        let error = RESPValue.error("ERR syntax error")
        #expect(try plan.finish(Self.ran(error, .integer(1))) == error)
    }

    @Test("When the command is not even queued, the copies are deleted before the error is reported")
    func cleansUp() throws {
        var plan = try Self.copying("ZUNIONSTORE d 1 b")
        let error = RESPValue.error("OOM command not allowed when used memory > 'maxmemory'.")
        let cleaning = try plan.send(Self.refused(error))
        #expect(cleaning.allSatisfy { $0.hasPrefix("UNLINK slotline:copy:") })
        #expect(try plan.finish(.failure(.lost)) == error)
    }

    @Test("A copy that cannot be made ends the command before it runs")
    func refusesWithoutCopy() throws {
        var plan = try ScriptedPlan("ZUNIONSTORE d 2 b c")
        _ = try plan.start()
        _ = try plan.send(Self.payload("B"), Self.payload("C"))
        let error = RESPValue.error("ERR DUMP payload version or checksum are wrong")
        let names = try plan.send(.reply(.array([.ok, error, .ok, .integer(1)])))
        #expect(names.count == 2 && Set(plan.requests.map { $0.arguments[0] }) == ["UNLINK"])
        #expect(try plan.finish(.reply(.integer(1)), .zero) == error)
    }

    @Test("Whether a block that changes the destination has run is not guessed")
    func passesUnknownOutcome() throws {
        var plan = try Self.copying("ZUNIONSTORE d 1 b")
        #expect(plan.failure(.failure(.unclear)) == .unclear)
    }

    // MARK: In another slot

    @Test("While the slot moves, the command runs in another, and a single command replaces the destination")
    func runsElsewhere() throws {
        var plan = try Self.elsewhere("ZUNIONSTORE d 2 b {d}2")
        #expect(try plan.start() == ["DUMP b", "DUMP {d}2"])
        _ = try plan.send(Self.payload("B"), Self.payload("D"))
        _ = try plan.send(Self.copied(2))
        #expect(
            try Self.words(plan) == [
                "ASKING", "MULTI", "ZUNIONSTORE copy-2:outcome 2 copy-2:0 copy-2:1", "DUMP copy-2:outcome",
                "UNLINK copy-2:0 copy-2:1 copy-2:outcome", "EXEC",
            ])
        #expect(plan.requests[0].isReadonly && plan.requests[0].route != .slot(HashSlot(key: "d")))
        #expect(
            try plan.send(Self.ran(.integer(7), .bulk("U"), .integer(3))) == ["MULTI | RESTORE d 0 U REPLACE | EXEC"])
        #expect(plan.requests[0].route == .slot(HashSlot(key: "d")) && !plan.requests[0].isReadonly)
        #expect(try plan.finish(Self.ran(.ok)) == .integer(7))
    }

    @Test("An empty result deletes the destination")
    func deletesElsewhere() throws {
        var plan = try Self.elsewhere("ZINTERSTORE d 2 b {d}2")
        _ = try plan.start()
        _ = try plan.send(Self.payload("B"), .reply(.null))
        _ = try plan.send(Self.copied(1))
        #expect(try plan.send(Self.ran(.integer(0), .null, .integer(1))) == ["MULTI | DEL d | EXEC"])
        #expect(try plan.finish(Self.ran(.integer(1))) == .integer(0))
    }

    @Test("A command without a destination is done once it has run")
    func readsElsewhere() throws {
        var plan = try Self.elsewhere("PFCOUNT d b")
        #expect(try plan.start() == ["DUMP d", "DUMP b"])
        _ = try plan.send(Self.payload("D"), Self.payload("B"))
        _ = try plan.send(Self.copied(2))
        #expect(
            try Self.words(plan) == [
                "ASKING", "MULTI", "PFCOUNT copy-2:0 copy-2:1", "UNLINK copy-2:0 copy-2:1", "EXEC",
            ])
        #expect(try plan.finish(Self.ran(.integer(5), .integer(2))) == .integer(5))
    }

    @Test("PFMERGE's destination is watched before it is read, and keeps its time to live")
    func mergesElsewhere() throws {
        var plan = try Self.elsewhere("PFMERGE d b")
        #expect(try plan.start() == ["WATCH d | DUMP d", "DUMP b"])
        #expect(plan.requests.map(\.connection) == [.own(1), .shared])
        _ = try plan.send(.reply(.array([.ok, .bulk("D")])), Self.payload("B"))
        _ = try plan.send(Self.copied(2))
        #expect(
            try Self.words(plan) == [
                "ASKING", "MULTI", "PFMERGE copy-2:0 copy-2:1", "GET copy-2:0", "UNLINK copy-2:0 copy-2:1", "EXEC",
            ])
        #expect(
            try plan.send(Self.ran(.ok, .bulk("H"), .integer(2)))
                == ["ASKING | MULTI | SET d H KEEPTTL | EXEC"])
        #expect(plan.requests[0].connection == .same(1))
        let replies = RESPValue.array([.ok, .ok, .status("QUEUED"), .null])
        #expect(try plan.pause(.reply(replies)) > 0)
        #expect(try plan.start() == ["WATCH d | DUMP d", "DUMP b"])
    }

    @Test("A destination that is also read is watched first")
    func watchesDestination() throws {
        var plan = try Self.elsewhere("ZDIFFSTORE d 2 d b")
        #expect(try plan.start() == ["WATCH d | DUMP d", "DUMP b"])
        _ = try plan.send(.reply(.array([.ok, .null])), Self.payload("B"))
        _ = try plan.send(Self.copied(1))
        #expect(try Self.words(plan)[2] == "ZDIFFSTORE copy-2:outcome 2 copy-2:0 copy-2:1")
    }

    // MARK: Once more

    @Test(
        "When a copy vanished or moved, or its connection was lost, the work starts over",
        arguments: [
            .reply(.array([.ok, .ok, .integer(0)])),
            .reply(.array([.ok, tryAgain, tryAgain])),
            .failure(.transactionLost(NodeAddress(host: "127.0.0.1", port: 7000), reason: "closed")),
        ] as [RequestOutcome])
    func copiesAgain(outcome: RequestOutcome) throws {
        var plan = try ScriptedPlan("PFCOUNT d b")
        _ = try plan.start()
        _ = try plan.send(Self.payload("B"))
        if case .failure = outcome { _ = try plan.send(Self.copied(1)) }
        let cleaning = try plan.send(outcome)
        #expect(cleaning.allSatisfy { $0.hasPrefix("UNLINK slotline:copy:") })
        _ = try plan.pause(.zero)
        #expect(try plan.start() == ["DUMP d", "DUMP b"])
    }

    @Test("A command that keeps losing its copies gives up in the end")
    func givesUp() throws {
        var plan = try ScriptedPlan("PFCOUNT d b")
        for _ in 1..<16 {
            _ = try plan.start()
            _ = try plan.send(.reply(.null), .reply(.null))
            _ = try plan.pause(Self.refused(Self.tryAgain))
        }
        _ = try plan.start()
        _ = try plan.send(.reply(.null), .reply(.null))
        #expect(plan.failure(Self.refused(Self.tryAgain)) == .contested(last: Self.tryAgain.text))
    }
}
