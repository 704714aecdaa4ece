import Commands
import RESP
import Routing
import Testing

struct CrossSlotStreamTests {
    /// The reply for one stream with one entry.
    private static func entry(of key: ByteString, kind: RESPValue.Kind = .array) -> RESPValue {
        let entries = RESPValue.array([.array([.bulk("1-1"), .array([.bulk("f"), .bulk("v")])])])
        return kind == .map ? .map([.bulk(key), entries]) : .array([.array([.bulk(key), entries])])
    }

    private static let refusal = RequestOutcome.reply(
        .error("ERR The $ ID is meaningless in the context of XREADGROUP"))

    @Test(
        "Streams are read at once, and assembled in the order of the command",
        arguments: [RESPValue.Kind.array, .map])
    func readsEachStream(kind: RESPValue.Kind) throws {
        var plan = try ScriptedPlan("XREAD COUNT 2 STREAMS b a b c 1 $ 3 4")
        #expect(
            try plan.start() == [
                "XREAD COUNT 2 STREAMS b 1", "XREAD COUNT 2 STREAMS a $", "XREAD COUNT 2 STREAMS b 3",
                "XREAD COUNT 2 STREAMS c 4",
            ])
        #expect(plan.requests.allSatisfy { $0.isReadonly })
        let value = try plan.finish(
            .reply(Self.entry(of: "b", kind: kind)), .reply(.null), .reply(.null),
            .reply(Self.entry(of: "c", kind: kind)))
        let names =
            kind == .map ? value.pairs.map(\.key) : value.elements.compactMap { $0.elements.first { _ in true } }
        #expect(value.kind == kind && names == [.bulk("b"), .bulk("c")])
    }

    @Test("When no stream has entries, the reply is nil")
    func readsNothing() throws {
        var plan = try ScriptedPlan("XREAD STREAMS a b 0 0")
        _ = try plan.start()
        #expect(try plan.finish(.reply(.null), .reply(.null)) == .null)
    }

    @Test("The first stream's error is the reply of XREAD")
    func passesFirstError() throws {
        var plan = try ScriptedPlan("XREAD STREAMS a b c 0 0 0")
        _ = try plan.start()
        #expect(
            try plan.finish(.reply(Self.entry(of: "a")), .reply(.error("ERR 1")), .reply(.error("ERR 2")))
                == .error("ERR 1"))
    }

    @Test("Streams without IDs are left for the server to refuse")
    func asksServerAboutIDs() throws {
        var plan = try ScriptedPlan("XREAD STREAMS a b c 0 0")
        #expect(try plan.start() == ["XREAD STREAMS a b c 0 0"])
        #expect(plan.requests.map(\.route) == [.home])
        #expect(try plan.finish(.reply(.error("ERR Unbalanced"))) == .error("ERR Unbalanced"))
    }

    @Test("With BLOCK, entries already there come first, and then the first answer wins")
    func blocksAtAllNodes() throws {
        var plan = try ScriptedPlan("XREAD BLOCK 500 STREAMS a b 0 5")
        #expect(
            try plan.start() == [
                "MULTI | XREAD BLOCK 500 STREAMS a 0 | EXEC", "MULTI | XREAD BLOCK 500 STREAMS b 5 | EXEC",
            ])
        #expect(!plan.isRace)
        #expect(
            try plan.send(.block(.null), .block(.null))
                == ["XREAD BLOCK 500 STREAMS a 0", "XREAD BLOCK 500 STREAMS b 5"])
        #expect(plan.isRace && plan.requests.map(\.connection) == [.own(1), .own(2)])
        #expect(try plan.finish(.failure(.interrupted), .reply(Self.entry(of: "b"))) == Self.entry(of: "b"))
    }

    @Test("When the time is up at every node, the reply is nil")
    func endsWithTimeout() throws {
        var plan = try ScriptedPlan("XREAD BLOCK 500 STREAMS a b 0 5")
        _ = try plan.start()
        _ = try plan.send(.block(.null), .block(.null))
        #expect(try plan.finish(.reply(.null), .reply(.null)) == .null)
    }

    @Test("The ID $ is resolved first, so that nothing slips through between two reads")
    func looksUpEnds() throws {
        var plan = try ScriptedPlan("XREAD BLOCK 0 STREAMS a b c d $ 7 $ $")
        #expect(
            try plan.start() == [
                "XREVRANGE a + - COUNT 1", "XREVRANGE c + - COUNT 1", "XREVRANGE d + - COUNT 1",
            ])
        let last = RESPValue.array([.array([.bulk("9-2"), .array([])])])
        #expect(
            try plan.send(.reply(last), .reply(.array([])), .reply(.error("WRONGTYPE no"))) == [
                "MULTI | XREAD BLOCK 0 STREAMS a 9-2 | EXEC", "MULTI | XREAD BLOCK 0 STREAMS b 7 | EXEC",
                "MULTI | XREAD BLOCK 0 STREAMS c 0-0 | EXEC", "MULTI | XREAD BLOCK 0 STREAMS d $ | EXEC",
            ])
    }

    @Test("BLOCK is an option, not the name of a group or a stream")
    func findsBlock() throws {
        var plan = try ScriptedPlan("XREAD STREAMS BLOCK b 0 0")
        #expect(try plan.start() == ["XREAD STREAMS BLOCK 0", "XREAD STREAMS b 0"])
        plan = try ScriptedPlan("XREADGROUP GROUP BLOCK BLOCK STREAMS a b > >")
        _ = try plan.start()
        #expect(try plan.send(Self.refusal, Self.refusal).first == "XREADGROUP GROUP BLOCK BLOCK STREAMS a >")
    }

    @Test(
        "A limit over all streams is refused, as each node would apply it to its own",
        arguments: [
            "XREAD MAXCOUNT 3 STREAMS a b 0 0", "xread count 5 block 10 maxsize 100 streams a b 0 0",
            "XREADGROUP GROUP MAXCOUNT c NOACK MAXCOUNT 1 STREAMS a b > >",
        ])
    func refusesCommonLimit(line: String) throws {
        let failure = #expect(throws: CommandFailure.self) { try ScriptedPlan(line) }
        guard case .crossSlot(let places, let reason?) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(places.count == 2 && reason.contains("MAXCOUNT"))
    }

    @Test("Words that only look like such a limit are passed, and CLAIM goes to each stream")
    func sendsClaim() throws {
        var plan = try ScriptedPlan("XREADGROUP GROUP MAXCOUNT MAXSIZE CLAIM 5 STREAMS a MAXCOUNT > >")
        _ = try plan.start()
        #expect(
            try plan.send(Self.refusal, Self.refusal) == [
                "XREADGROUP GROUP MAXCOUNT MAXSIZE CLAIM 5 STREAMS a >",
                "XREADGROUP GROUP MAXCOUNT MAXSIZE CLAIM 5 STREAMS MAXCOUNT >",
            ])
    }

    @Test("All streams of a group are checked before any is read, with commands that are always refused")
    func checksGroups() throws {
        var plan = try ScriptedPlan("XREADGROUP GROUP g c NOACK STREAMS a b > 0")
        #expect(
            try plan.start() == [
                "XREADGROUP GROUP g c NOACK STREAMS a a > $", "XREADGROUP GROUP g c NOACK STREAMS b b 0 $",
            ])
        #expect(
            try plan.send(Self.refusal, Self.refusal)
                == ["XREADGROUP GROUP g c NOACK STREAMS a >", "XREADGROUP GROUP g c NOACK STREAMS b 0"])
        #expect(plan.requests.allSatisfy { !$0.isReadonly })
        #expect(try plan.finish(.reply(.null), .reply(Self.entry(of: "b"))) == Self.entry(of: "b"))
    }

    @Test("An error from the check is the reply, and nothing is read")
    func stopsAtCheck() throws {
        var plan = try ScriptedPlan("XREADGROUP GROUP g c STREAMS a b > >")
        _ = try plan.start()
        #expect(try plan.finish(Self.refusal, .reply(.error("NOGROUP no"))) == .error("NOGROUP no"))
        plan = try ScriptedPlan("XREADGROUP GROUP g c STREAMS a b > $")
        _ = try plan.start()
        let text = try #require(Self.refusal.text)
        #expect(try plan.finish(Self.refusal, Self.refusal) == .error(text))
        plan = try ScriptedPlan("XREADGROUP GROUP g c STREAMS a b > >")
        _ = try plan.start()
        #expect(plan.failure(Self.refusal, .failure(.lost)) == .lost)
    }

    @Test("With BLOCK, a group is read again and again, never at two nodes at once, as a reply could get lost")
    func pollsGroups() throws {
        var plan = try ScriptedPlan("XREADGROUP GROUP g c BLOCK 25 STREAMS a b > >")
        _ = try plan.start()
        let reads = try plan.send(Self.refusal, Self.refusal)
        #expect(reads.first == "MULTI | XREADGROUP GROUP g c BLOCK 25 STREAMS a > | EXEC")
        #expect(try plan.pause(.block(.null), .block(.null)) == 0.01)
        #expect(try plan.start() == reads && !plan.isRace)
        let rest = try plan.pause(.block(.null), .block(.null))
        #expect(abs(rest - 0.015) < 1e-9)
        _ = try plan.start()
        #expect(try plan.finish(.block(.null), .block(.null)) == .null)
    }

    @Test("Entries delivered to the consumer are shown even if another stream failed")
    func keepsDeliveredEntries() throws {
        var plan = try ScriptedPlan("XREADGROUP GROUP g c STREAMS a b > >")
        _ = try plan.start()
        _ = try plan.send(Self.refusal, Self.refusal)
        let reply = try plan.ending(.reply(Self.entry(of: "a")), .failure(.unclear))
        #expect(reply.outcome == .partial && reply.value == Self.entry(of: "a"))
        #expect(reply.notes == [.partial([.init("b", error: nil, failure: .unclear)])])
    }
}

extension RequestOutcome {
    fileprivate var text: String? {
        guard case .reply(let value, _) = self else { return nil }
        return value.text
    }
}
