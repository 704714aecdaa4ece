import Commands
import RESP
import Routing
import Testing

struct CrossSlotKeyTransferTests {
    private static let missing = RESPValue.error("ERR no such key")
    private static let busy = RESPValue.error("BUSYKEY Target key name already exists.")
    private static let full = RESPValue.error("OOM command not allowed when used memory > 'maxmemory'.")
    private static let unknownCommand = RESPValue.error("ERR unknown command 'PEXPIRETIME'")

    private static let read = ["WATCH a | DUMP a | PEXPIRETIME a | PTTL a | TIME"]
    private static let remove = ["ASKING | MULTI | DEL a | EXEC"]

    /// The replies to the first step; `time` is that of PEXPIRETIME.
    private static func source(_ dump: RESPValue, time: RESPValue = .integer(-1), left: Int = -1) -> RequestOutcome {
        .reply(.array([.ok, dump, time, .integer(left), .array([.bulk("1000"), .bulk("2500")])]))
    }

    private static let value = source(.bulk("payload"))
    private static let removed = RequestOutcome.reply(
        .array([.ok, .ok, .status("QUEUED"), .array([.integer(1)])]))
    private static let changed = RequestOutcome.reply(.array([.ok, .ok, .status("QUEUED"), .null]))

    /// The replies to RENAMENX's second step.
    private static func written(_ dump: RESPValue) -> RequestOutcome {
        .reply(.array([.ok, .status("QUEUED"), .status("QUEUED"), .array([.ok, dump])]))
    }

    /// The replies to the same under WATCH.
    private static func overwritten(_ outcome: RESPValue) -> RequestOutcome {
        .reply(.array([.ok, .ok, .status("QUEUED"), .status("QUEUED"), outcome]))
    }

    private static func kept(_ obstacle: CommandFailure.Obstacle) -> CommandFailure {
        .originalKept(source: "a", copy: "b", obstacle)
    }

    @Test("RENAME copies, waits for a replica, and deletes the source if it is as it was")
    func renames() throws {
        var plan = try ScriptedPlan("RENAME a b", hasReplica: true)
        #expect(try plan.start() == Self.read)
        #expect(plan.requests.map(\.connection) == [.own(1)])
        #expect(try plan.send(Self.value) == ["RESTORE b 0 payload ABSTTL REPLACE | WAIT 1 5000"])
        #expect(try plan.send(.reply(.array([.ok, .integer(1)]))) == Self.remove)
        #expect(plan.requests.map(\.connection) == [.same(1)])
        #expect(try plan.finish(Self.removed) == .ok)
    }

    @Test("The time to live goes along, computed where the server is older than PEXPIRETIME")
    func keepsExpiry() throws {
        for (source, milliseconds) in [
            (Self.source(.bulk("p"), time: .integer(77), left: 5), 77),
            (Self.source(.bulk("p"), time: Self.unknownCommand, left: 5), 1_000_007),
            (Self.source(.bulk("p"), time: Self.unknownCommand, left: -1), 0),
        ] {
            var plan = try ScriptedPlan("RENAME a b")
            _ = try plan.start()
            #expect(try plan.send(source) == ["RESTORE b \(milliseconds) p ABSTTL REPLACE"])
        }
    }

    @Test("A missing source is for a server to tell, with keys that nobody has", arguments: ["RENAME", "RENAMENX"])
    func tellsMissingSource(name: String) throws {
        var plan = try ScriptedPlan("\(name) a b")
        _ = try plan.start()
        let sent = try plan.send(Self.source(.null, time: .integer(-2), left: -2))
        #expect(sent.count == 1 && sent[0].hasPrefix("MULTI | \(name) slotline:missing:"))
        #expect(try plan.finish(.block(Self.missing)) == Self.missing)
    }

    @Test("A source that expired between two answers is looked at again")
    func readsAgain() throws {
        var plan = try ScriptedPlan("RENAME a b")
        _ = try plan.start()
        #expect(try plan.send(Self.source(.bulk("p"), time: .integer(-2), left: -2)) == Self.read)
    }

    @Test("What the destination refuses is the reply, and nothing was changed")
    func passesError() throws {
        var plan = try ScriptedPlan("RENAME a b")
        _ = try plan.start()
        _ = try plan.send(Self.value)
        #expect(try plan.finish(.reply(Self.full)) == Self.full)
    }

    @Test("When the source changes it is copied again; gone, it was moved")
    func beginsAgain() throws {
        var plan = try ScriptedPlan("RENAME a b")
        _ = try plan.start()
        _ = try plan.send(Self.value)
        #expect(try plan.send(.reply(.ok)) == Self.remove)
        #expect(try plan.send(Self.changed) == Self.read)
        #expect(try plan.send(Self.source(.bulk("new"))) == ["RESTORE b 0 new ABSTTL REPLACE"])
        _ = try plan.send(.reply(.ok))
        #expect(try plan.send(.failure(.transactionLost(node, reason: "closed"))) == Self.read)
        #expect(try plan.finish(Self.source(.null)) == .ok)
    }

    @Test("It does not begin again for ever, and says that both keys stand")
    func givesUp() throws {
        var plan = try ScriptedPlan("RENAME a b")
        _ = try plan.start()
        for _ in 1..<8 {
            _ = try plan.send(Self.value)
            _ = try plan.send(.reply(.ok))
            #expect(try plan.send(Self.changed) == Self.read)
        }
        _ = try plan.send(Self.value)
        _ = try plan.send(.reply(.ok))
        #expect(plan.failure(Self.changed) == Self.kept(.contested))
    }

    @Test("Without a replica's word the source is kept")
    func keepsUnconfirmed() throws {
        for name in ["RENAME", "RENAMENX"] {
            var plan = try ScriptedPlan("\(name) a b", hasReplica: true)
            _ = try plan.start()
            _ = try plan.send(Self.value)
            let block: [RESPValue] = [.ok, .status("QUEUED"), .status("QUEUED"), .array([.ok, .bulk("dump")])]
            let outcome = RequestOutcome.reply(.array((name == "RENAME" ? [.ok] : block) + [.integer(0)]))
            #expect(plan.failure(outcome) == Self.kept(.unconfirmed))
        }
    }

    @Test("A source that may not be deleted stays, and the error says so")
    func keepsRefused() throws {
        var plan = try ScriptedPlan("RENAME a b")
        _ = try plan.start()
        _ = try plan.send(Self.value)
        _ = try plan.send(.reply(.ok))
        let error = "NOPERM no permissions to run the 'del' command"
        let discarded = RESPValue.error("EXECABORT Transaction discarded because of previous errors.")
        #expect(
            plan.failure(.reply(.array([.ok, .ok, .error(error), discarded]))) == Self.kept(.refused(error)))
    }

    @Test("A write of unknown fate is never sent again")
    func tellsUnknownOutcome() throws {
        var plan = try ScriptedPlan("RENAME a b")
        _ = try plan.start()
        _ = try plan.send(Self.value)
        #expect(plan.failure(.failure(.unclear)) == .unclear)
        plan = try ScriptedPlan("RENAME a b")
        _ = try plan.start()
        _ = try plan.send(Self.value)
        _ = try plan.send(.reply(.ok))
        #expect(plan.failure(.failure(.unclear)) == .unclear)
    }

    // MARK: RENAMENX

    @Test("RENAMENX leaves a destination that is there")
    func leavesDestination() throws {
        var plan = try ScriptedPlan("RENAMENX a b")
        _ = try plan.start()
        #expect(try plan.send(Self.value) == ["MULTI | RESTORE b 0 payload ABSTTL | DUMP b | EXEC"])
        #expect(plan.requests.map(\.connection) == [.own(2)])
        let refused = RESPValue.array([.ok, .status("QUEUED"), .status("QUEUED"), .array([Self.busy, .bulk("x")])])
        #expect(try plan.finish(.reply(refused)) == .integer(0))
    }

    @Test("RENAMENX that begins again overwrites its own copy only")
    func overwritesOwnCopy() throws {
        for (dump, isOwn) in [(RESPValue.bulk("copy"), true), (.null, true), (.bulk("other"), false)] {
            var plan = try ScriptedPlan("RENAMENX a b")
            _ = try plan.start()
            _ = try plan.send(Self.value)
            #expect(try plan.send(Self.written(.bulk("copy"))) == Self.remove)
            _ = try plan.send(Self.changed)
            #expect(try plan.send(Self.source(.bulk("new"))) == ["WATCH b | DUMP b"])
            let watched = RequestOutcome.reply(.array([.ok, dump]))
            guard isOwn else {
                #expect(plan.failure(watched) == Self.kept(.contested))
                continue
            }
            #expect(
                try plan.send(watched) == ["ASKING | MULTI | RESTORE b 0 new ABSTTL REPLACE | DUMP b | EXEC"])
            #expect(plan.requests.map(\.connection) == [.same(2)])
            var rival = plan
            #expect(rival.failure(Self.overwritten(.null)) == Self.kept(.contested))
            #expect(try plan.send(Self.overwritten(.array([.ok, .bulk("copy2")]))) == Self.remove)
            #expect(try plan.finish(Self.removed) == .integer(1))
        }
    }

    // MARK: COPY

    @Test("COPY reads value and expiry of one moment, and leaves the source")
    func copies() throws {
        var plan = try ScriptedPlan("COPY a b", hasReplica: true)
        #expect(try plan.start() == ["WATCH a | DUMP a | PEXPIRETIME a | PTTL a | TIME | MULTI | EXEC"])
        let replies: [RESPValue] = [.ok, .bulk("p"), .integer(-1), .integer(-1), .array([]), .ok]
        #expect(try plan.send(.reply(.array(replies + [.null]))).count == 1)
        #expect(try plan.send(.reply(.array(replies + [.array([])]))) == ["RESTORE b 0 p ABSTTL"])
        var busy = plan
        #expect(try busy.finish(.reply(Self.busy)) == .integer(0))
        #expect(try plan.finish(.reply(.ok)) == .integer(1))
    }

    @Test("A server reads the options of COPY first, and finds what is wrong with them")
    func checksOptions() throws {
        var plan = try ScriptedPlan("COPY a b replace DB 0")
        let sent = try plan.start()
        #expect(sent[0].hasSuffix(" replace DB 0 | EXEC") && !sent[0].contains(" a "))
        var refused = plan
        let error = RESPValue.error("ERR syntax error")
        #expect(try refused.finish(.block(error)) == error)
        _ = try plan.send(.block(.integer(0)))
        let replies: [RESPValue] = [.ok, .bulk("p"), .integer(-1), .integer(-1), .array([]), .ok, .array([])]
        #expect(
            try plan.send(.reply(.array(replies))) == ["MULTI | SELECT 0 | RESTORE b 0 p ABSTTL REPLACE | EXEC"])
        let done = RESPValue.array([.ok, .status("QUEUED"), .status("QUEUED"), .array([.ok, .ok])])
        #expect(try plan.finish(.reply(done)) == .integer(1))
    }
}

private let node = NodeAddress(host: "127.0.0.1", port: 7000)
