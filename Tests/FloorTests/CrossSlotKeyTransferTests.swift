import Commands
import RESP
import Routing
import Testing

struct CrossSlotKeyTransferTests {
    private static let missing = RESPValue.error("ERR no such key")
    private static let busy = RESPValue.error("BUSYKEY Target key name already exists.")
    private static let full = RESPValue.error("OOM command not allowed when used memory > 'maxmemory'.")
    private static let unknownCommand = RESPValue.error("ERR unknown command 'PEXPIRETIME'")

    private static let read = ["WATCH a | DUMP a | PEXPIRETIME a | PTTL a | TIME | MULTI | DEL a"]
    private static let remove = ["EXEC"]
    private static let look = ["WATCH b | DUMP b | PEXPIRETIME b | PTTL b | TIME"]

    private static func write(_ value: String, milliseconds: Int = 0, confirmed: Bool = false) -> [String] {
        let probe = confirmed ? " | WAIT 0 0" : ""
        let wait = confirmed ? " | WAIT 1 5000" : ""
        return ["MULTI | RESTORE b \(milliseconds) \(value) ABSTTL REPLACE | DUMP b\(probe) | EXEC\(wait)"]
    }

    /// The replies to WATCH, DUMP and the questions about the expiry; `time` is PEXPIRETIME's.
    private static func replies(_ dump: RESPValue, time: RESPValue = .integer(-1), left: Int = -1) -> [RESPValue] {
        [.ok, dump, time, .integer(left), .array([.bulk("1000"), .bulk("2500")])]
    }

    /// The replies to the first step.
    private static func source(
        _ dump: RESPValue, time: RESPValue = .integer(-1), left: Int = -1, deletion: RESPValue = .status("QUEUED")
    ) -> RequestOutcome {
        .reply(.array(replies(dump, time: time, left: left) + [.ok, deletion]))
    }

    private static let value = source(.bulk("payload"))
    private static let removed = RequestOutcome.reply(.array([.integer(1)]))
    private static let changed = RequestOutcome.reply(.null)

    /// The replies to the second step.
    private static func written(_ dump: RESPValue = .bulk("copy"), confirmations: Int? = nil) -> RequestOutcome {
        let queued = [RESPValue](repeating: .status("QUEUED"), count: confirmations == nil ? 2 : 3)
        let done = [.ok, dump] + (confirmations == nil ? [] : [RESPValue.integer(0)])
        return .reply(.array([.ok] + queued + [.array(done)] + (confirmations.map { [.integer($0)] } ?? [])))
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
        #expect(plan.requests.map(\.connection) == [.own(2)])
        #expect(try plan.send(Self.value) == Self.write("payload", confirmed: true))
        #expect(plan.requests.map(\.connection) == [.own(1)])
        #expect(try plan.send(Self.written(confirmations: 1)) == Self.remove)
        #expect(plan.requests.map(\.connection) == [.same(2)])
        #expect(try plan.finish(Self.removed) == .ok)
    }

    @Test("The time to live moves along, and is computed on servers without PEXPIRETIME")
    func keepsExpiry() throws {
        for (source, milliseconds) in [
            (Self.source(.bulk("p"), time: .integer(77), left: 5), 77),
            (Self.source(.bulk("p"), time: Self.unknownCommand, left: 5), 1_000_007),
            (Self.source(.bulk("p"), time: Self.unknownCommand, left: -1), 0),
        ] {
            var plan = try ScriptedPlan("RENAME a b")
            _ = try plan.start()
            #expect(try plan.send(source) == Self.write("p", milliseconds: milliseconds))
        }
    }

    @Test(
        "A missing source is left for a server to report, with keys that no one has", arguments: ["RENAME", "RENAMENX"])
    func tellsMissingSource(name: String) throws {
        var plan = try ScriptedPlan("\(name) a b")
        _ = try plan.start()
        let sent = try plan.send(Self.source(.null, time: .integer(-2), left: -2))
        #expect(sent.count == 1 && sent[0].hasPrefix("MULTI | \(name) slotline:missing:"))
        #expect(try plan.finish(.block(Self.missing)) == Self.missing)
    }

    @Test("A source that expires between two replies is looked at again, with no block open")
    func readsAgain() throws {
        var plan = try ScriptedPlan("RENAME a b")
        _ = try plan.start()
        #expect(try plan.send(Self.source(.bulk("p"), time: .integer(-2), left: -2)) == Self.read)
        #expect(plan.requests.map(\.connection) == [.own(3)])
    }

    @Test("The destination's refusal is the reply, and nothing was changed")
    func passesError() throws {
        for place in 1...2 {
            var plan = try ScriptedPlan("RENAME a b")
            _ = try plan.start()
            _ = try plan.send(Self.value)
            var replies: [RESPValue] = [.ok, .status("QUEUED"), .status("QUEUED")]
            replies[place] = Self.full
            let discarded = RESPValue.error("EXECABORT Transaction discarded because of previous errors.")
            #expect(try plan.finish(.reply(.array(replies + [discarded]))) == Self.full)
        }
        var plan = try ScriptedPlan("RENAME a b")
        _ = try plan.start()
        _ = try plan.send(Self.value)
        let refused = RESPValue.array([.ok, .status("QUEUED"), .status("QUEUED"), .array([Self.full, .null])])
        #expect(try plan.finish(.reply(refused)) == Self.full)
    }

    @Test("A user who may not watch, open a block, delete or wait is refused before the destination changes")
    func refusesFirst() throws {
        let error = RESPValue.error("NOPERM this user has no permissions")
        for place in [0, 1, 3, 5, 6] {
            var plan = try ScriptedPlan("RENAME a b")
            _ = try plan.start()
            var replies = Self.replies(.bulk("payload")) + [.ok, .status("QUEUED")]
            replies[place] = error
            if place == 5 { replies[6] = error }
            #expect(try plan.finish(.reply(.array(replies))) == error, "\(place)")
        }
        var plan = try ScriptedPlan("RENAME a b", hasReplica: true)
        _ = try plan.start()
        _ = try plan.send(Self.value)
        let discarded = RESPValue.error("EXECABORT Transaction discarded because of previous errors.")
        let replies = [.ok, .status("QUEUED"), .status("QUEUED"), error, discarded, error]
        #expect(try plan.finish(.reply(.array(replies))) == error)
    }

    @Test("A source that changes is copied again; one that is gone was moved")
    func beginsAgain() throws {
        var plan = try ScriptedPlan("RENAME a b")
        _ = try plan.start()
        _ = try plan.send(Self.value)
        #expect(try plan.send(Self.written()) == Self.remove)
        #expect(try plan.send(Self.changed) == Self.read)
        #expect(plan.requests.map(\.connection) == [.own(2)])
        #expect(try plan.send(Self.source(.bulk("new"))) == Self.look)
        let copy = RequestOutcome.reply(.array(Self.replies(.bulk("copy"))))
        #expect(try plan.send(copy) == ["ASKING | " + Self.write("new")[0]])
        _ = try plan.send(Self.overwritten(.array([.ok, .bulk("copy2")])))
        #expect(try plan.send(.failure(.transactionLost(node, reason: "closed"))) == Self.read)
        #expect(try plan.finish(Self.source(.null)) == .ok)
    }

    @Test("It does not start over forever, and reports that both keys exist")
    func givesUp() throws {
        var plan = try ScriptedPlan("RENAME a b")
        _ = try plan.start()
        _ = try plan.send(Self.value)
        _ = try plan.send(Self.written())
        for _ in 1..<8 {
            #expect(try plan.send(Self.changed) == Self.read)
            _ = try plan.send(Self.value)
            _ = try plan.send(.reply(.array(Self.replies(.bulk("copy")))))
            _ = try plan.send(Self.overwritten(.array([.ok, .bulk("copy")])))
        }
        #expect(plan.failure(Self.changed) == Self.kept(.contested))
        plan = try ScriptedPlan("RENAME a b")
        _ = try plan.start()
        for _ in 1..<8 { _ = try plan.send(Self.source(.bulk("p"), time: .integer(-2), left: -2)) }
        guard case .contested = plan.failure(Self.source(.bulk("p"), time: .integer(-2), left: -2)) else {
            Issue.record("nothing was copied")
            return
        }
    }

    @Test("Without a replica's confirmation, the source is kept", arguments: ["RENAME", "RENAMENX"])
    func keepsUnconfirmed(name: String) throws {
        var plan = try ScriptedPlan("\(name) a b", hasReplica: true)
        _ = try plan.start()
        _ = try plan.send(Self.value)
        #expect(plan.failure(Self.written(confirmations: 0)) == Self.kept(.unconfirmed))
    }

    @Test("A source that may not be deleted after all stays, and the error says so")
    func keepsRefused() throws {
        var plan = try ScriptedPlan("RENAME a b")
        _ = try plan.start()
        _ = try plan.send(Self.value)
        _ = try plan.send(Self.written())
        let error = "NOPERM no permissions to run the 'exec' command"
        #expect(plan.failure(.reply(.error(error))) == Self.kept(.refused(error)))
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
        _ = try plan.send(Self.written())
        #expect(plan.failure(.failure(.unclear)) == .unclear)
    }

    // MARK: RENAMENX

    @Test("RENAMENX leaves an existing destination alone")
    func leavesDestination() throws {
        var plan = try ScriptedPlan("RENAMENX a b")
        _ = try plan.start()
        #expect(try plan.send(Self.value) == ["MULTI | RESTORE b 0 payload ABSTTL | DUMP b | EXEC"])
        #expect(plan.requests.map(\.connection) == [.own(1)])
        let refused = RESPValue.array([.ok, .status("QUEUED"), .status("QUEUED"), .array([Self.busy, .bulk("x")])])
        #expect(try plan.finish(.reply(refused)) == .integer(0))
    }

    @Test(
        "A new attempt only overwrites its own copy, not a value or an expiry that another client set",
        arguments: ["RENAME", "RENAMENX"])
    func overwritesOwnCopy(name: String) throws {
        for (replies, isOwn) in [
            (Self.replies(.bulk("copy"), time: .integer(77), left: 5), true),
            (Self.replies(.null, time: .integer(-2), left: -2), true),
            (Self.replies(.bulk("other"), time: .integer(77), left: 5), false),
            (Self.replies(.bulk("copy")), false), (Self.replies(.bulk("copy"), time: .integer(7700), left: 5), false),
        ] {
            var plan = try ScriptedPlan("\(name) a b")
            _ = try plan.start()
            _ = try plan.send(Self.source(.bulk("payload"), time: .integer(77), left: 5))
            #expect(try plan.send(Self.written()) == Self.remove)
            _ = try plan.send(Self.changed)
            #expect(try plan.send(Self.source(.bulk("new"))) == Self.look)
            #expect(plan.requests.map(\.connection) == [.own(1)])
            let watched = RequestOutcome.reply(.array(replies))
            guard isOwn else {
                #expect(plan.failure(watched) == Self.kept(.contested))
                continue
            }
            #expect(try plan.send(watched) == ["ASKING | " + Self.write("new")[0]])
            #expect(plan.requests.map(\.connection) == [.same(1)])
            var rival = plan
            #expect(rival.failure(Self.overwritten(.null)) == Self.kept(.contested))
            #expect(try plan.send(Self.overwritten(.array([.ok, .bulk("copy2")]))) == Self.remove)
            #expect(try plan.finish(Self.removed) == (name == "RENAME" ? .ok : .integer(1)))
        }
    }

    // MARK: COPY

    @Test("COPY reads value and expiry at one moment, and leaves the source alone")
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

    @Test("The options of COPY are first checked by a server, which finds mistakes in them")
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
