import Commands
import RESP
import Routing
import Testing

struct CrossSlotSplitTests {
    @Test("Keys are sent slot by slot, all at once, and their values come back in the order of the command")
    func mergesValues() throws {
        var plan = try ScriptedPlan("MGET a b {a}2 a")
        #expect(try plan.start() == ["MGET a {a}2 a", "MGET b"])
        let values = RESPValue.array([.bulk("1"), .null, .bulk("1")])
        #expect(
            try plan.finish(.reply(values), .reply(.array([.bulk("2")])))
                == .array([.bulk("1"), .bulk("2"), .null, .bulk("1")]))
    }

    @Test("Counts are summed, including those of repeated keys", arguments: ["DEL", "UNLINK", "EXISTS", "TOUCH"])
    func sums(name: String) throws {
        var plan = try ScriptedPlan("\(name) a b a")
        #expect(try plan.start() == ["\(name) a a", "\(name) b"])
        #expect(try plan.finish(.reply(.integer(2)), .reply(.integer(1))) == .integer(3))
    }

    @Test("MSET keeps the order of repeated keys, and says OK once")
    func mergesStatus() throws {
        var plan = try ScriptedPlan("MSET a 1 b 2 a 3")
        #expect(try plan.start() == ["MSET a 1 a 3", "MSET b 2"])
        #expect(try plan.finish(.reply(.ok), .reply(.ok)) == .ok)
    }

    @Test(
        "Words before and after the keys go with each part",
        arguments: [
            (
                "MSETEX 3 a 1 b 2 {a}c 3 EX 5", ["MSETEX 2 a 1 {a}c 3 EX 5", "MSETEX 1 b 2 EX 5"], .integer(1),
                .integer(1)
            ),
            ("JSON.MSET a $ 1 b $ 2", ["JSON.MSET a $ 1", "JSON.MSET b $ 2"], .ok, .ok),
            (
                "JSON.MGET a b $.x", ["JSON.MGET a $.x", "JSON.MGET b $.x"], .array([.bulk("1")]),
                .array([.bulk("1"), .bulk("1")])
            ),
            (
                "TS.MADD a 1 5 b 2 6", ["TS.MADD a 1 5", "TS.MADD b 2 6"], .array([.integer(1)]),
                .array([.integer(1), .integer(1)])
            ),
        ] as [(String, [String], RESPValue, RESPValue)])
    func framesParts(line: String, parts: [String], reply: RESPValue, whole: RESPValue) throws {
        var plan = try ScriptedPlan(line)
        #expect(try plan.start() == parts)
        #expect(try plan.finish(.reply(reply), .reply(reply)) == whole)
    }

    @Test(
        "A key that lacks its value is checked by the server before anything is written",
        arguments: [
            ("MSETEX 2 a 1 b", "MSETEX 2 a 1 a"), ("JSON.MSET a $ 1 b $", "JSON.MSET a $ 1 a $"),
        ])
    func asksServerAboutMissingPart(line: String, question: String) throws {
        var plan = try ScriptedPlan(line)
        #expect(try plan.start() == [question])
        #expect(try plan.finish(.reply(.error("ERR syntax error"))) == .error("ERR syntax error"))
    }

    @Test(
        "A missing value is left for the server to report, before anything is written", arguments: ["MSET", "MSETNX"])
    func asksServerAboutMissingValue(name: String) throws {
        var plan = try ScriptedPlan("\(name) a 1 b")
        #expect(try plan.start() == ["\(name) a 1 a"])
        let error = RESPValue.error("ERR wrong number of arguments for '\(name.lowercased())' command")
        #expect(try plan.finish(.reply(error)) == error)
    }

    @Test("While a slot moves, its keys are sent one by one; a repeated one stays together")
    func dividesMovingSlot() throws {
        var plan = try ScriptedPlan("MSET a 1 {a}2 2 b 3 a 4")
        #expect(try plan.start() == ["MSET a 1 {a}2 2 a 4", "MSET b 3"])
        #expect(plan.requests.map(\.waitsForMigration) == [false, true])
        let again = RESPValue.error("TRYAGAIN Multiple keys request during rehashing of slot")
        #expect(try plan.send(.reply(again), .reply(.ok)) == ["MSET a 1 a 4", "MSET {a}2 2"])
        #expect(plan.requests.allSatisfy { $0.waitsForMigration })
        #expect(try plan.finish(.reply(.ok), .reply(.ok)) == .ok)
    }

    @Test("Values that are read one by one still come in order")
    func ordersDividedValues() throws {
        var plan = try ScriptedPlan("MGET {a}1 b {a}2")
        _ = try plan.start()
        let again = RESPValue.error("TRYAGAIN Multiple keys request during rehashing of slot")
        #expect(
            try plan.send(.reply(again), .reply(.array([.bulk("B")]))) == ["MGET {a}1", "MGET {a}2"])
        #expect(
            try plan.finish(.reply(.array([.bulk("1")])), .reply(.array([.null])))
                == .array([.bulk("1"), .bulk("B"), .null]))
    }

    @Test("When a part fails, the rest is the reply, and a note names the keys")
    func tellsPartialFailure() throws {
        var plan = try ScriptedPlan("DEL a b {a}2")
        _ = try plan.start()
        let reply = try plan.ending(.failure(.lost), .reply(.integer(1)))
        #expect(reply.outcome == .partial && reply.value == .integer(1))
        #expect(
            reply.notes == [
                .partial([.init("a", error: nil, failure: .lost), .init("{a}2", error: nil, failure: .lost)])
            ])
    }

    @Test("MSET never says OK when a key was not written")
    func refusesOKForPart() throws {
        let error = RESPValue.error("OOM command not allowed")
        for (outcome, value) in [
            (RequestOutcome.failure(.lost), RESPValue.error("ERR not all keys were written")), (.reply(error), error),
        ] {
            var plan = try ScriptedPlan("MSET a 1 b 2")
            _ = try plan.start()
            let reply = try plan.ending(.reply(.ok), outcome)
            #expect(reply.outcome == .partial && reply.value == value && reply.notes.count == 1)
        }
    }

    @Test("An error takes the place of a value that was not read, never nil")
    func marksUnreadValue() throws {
        var plan = try ScriptedPlan("MGET a b")
        _ = try plan.start()
        let reply = try plan.ending(.reply(.array([.null])), .failure(.lost))
        #expect(reply.value == .array([.null, .error("ERR not read")]) && reply.outcome == .partial)
    }

    @Test("When nothing was done, the error or failure is that of the whole command")
    func passesWholeFailure() throws {
        let error = RESPValue.error("NOPERM no")
        var plan = try ScriptedPlan("DEL a b")
        _ = try plan.start()
        #expect(try plan.finish(.reply(error), .failure(.lost)) == error)
        plan = try ScriptedPlan("DEL a b")
        _ = try plan.start()
        #expect(plan.failure(.failure(.lost), .failure(.unclear)) == .unclear)
    }

    @Test("Next to an unknown outcome, an error is not definite")
    func keepsUnknownOutcome() throws {
        var plan = try ScriptedPlan("DEL a b")
        _ = try plan.start()
        let error = RESPValue.error("NOPERM no")
        let reply = try plan.ending(.reply(error), .failure(.unclear))
        #expect(reply.outcome == .partial && reply.value == error && reply.notes.count == 1)
    }
}

/// MSETEX, whose options determine what is possible.
struct CrossSlotMSETEXTests {
    @Test("With NX it is MSETNX: keys are checked, set in order, and rolled back")
    func setsUnlessAny() throws {
        var plan = try ScriptedPlan("MSETEX 2 a 1 b 2 NX PX 500")
        #expect(try plan.start() == ["EXISTS b", "EXISTS a"])
        #expect(try plan.send(.zero, .zero) == ["MSETEX 1 b 2 NX PX 500"])
        #expect(try plan.send(.reply(.integer(1))) == ["MSETEX 1 a 1 NX PX 500"])
        #expect(try plan.send(.zero)[0].hasSuffix(" 1 b 2"))
        #expect(try plan.finish(.reply(.integer(1))) == .integer(0))
    }

    @Test("With XX it is refused, as replaced values could not be restored; values that look like options are values")
    func refusesIfAll() throws {
        let failure = #expect(throws: CommandFailure.self) { try ScriptedPlan("MSETEX 2 a 1 b 2 XX") }
        guard case .crossSlot(let places, let reason?) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(places.count == 2 && reason.contains("XX"))
        var plan = try ScriptedPlan("MSETEX 2 a XX b NX")
        #expect(try plan.start() == ["MSETEX 1 a XX", "MSETEX 1 b NX"])
    }
}

struct CrossSlotMSETNXTests {
    /// In ascending order of slots: b 3300, c 7365, a 15495.
    private static let command = "MSETNX a 1 b 2 c 3"

    private static func setting() throws -> ScriptedPlan {
        var plan = try ScriptedPlan(command)
        #expect(try plan.start() == ["EXISTS b", "EXISTS c", "EXISTS a"])
        #expect(try plan.send(.zero, .zero, .zero) == ["MSETNX b 2"])
        return plan
    }

    @Test("Nothing is written when a key exists")
    func looksFirst() throws {
        var plan = try ScriptedPlan(Self.command)
        _ = try plan.start()
        #expect(plan.requests.allSatisfy { $0.isReadonly })
        #expect(try plan.finish(.zero, .reply(.integer(1)), .zero) == .integer(0))
    }

    @Test("Slots are set in ascending order")
    func setsInOrder() throws {
        var plan = try Self.setting()
        #expect(plan.requests.allSatisfy { !$0.isReadonly })
        #expect(try plan.send(.reply(.integer(1))) == ["MSETNX c 3"])
        #expect(try plan.send(.reply(.integer(1))) == ["MSETNX a 1"])
        #expect(try plan.finish(.reply(.integer(1))) == .integer(1))
    }

    @Test(
        "Keys that were set are rolled back when a slot refuses",
        arguments: [.zero, .reply(.error("OOM no")), .failure(.lost)] as [RequestOutcome])
    func takesBack(refusal: RequestOutcome) throws {
        var plan = try Self.setting()
        _ = try plan.send(.reply(.integer(1)))
        _ = try plan.send(.reply(.integer(1)))
        let script = "return redis.pcall('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0"
        #expect(try plan.send(refusal) == ["EVAL \(script) 1 b 2", "EVAL \(script) 1 c 3"])
        switch refusal {
        case .reply(let value, _): #expect(try plan.finish(.reply(.integer(1)), .zero) == value)
        case .failure(let failure): #expect(plan.failure(.reply(.integer(1)), .zero) == failure)
        }
    }

    @Test("For a key given twice, the last value is compared")
    func takesBackLastValue() throws {
        var plan = try ScriptedPlan("MSETNX b 1 b 2 a 3")
        _ = try plan.start()
        _ = try plan.send(.zero, .zero)
        _ = try plan.send(.reply(.integer(1)))
        let sent = try #require(plan.requests.first)
        #expect(sent.arguments.last == "3")
        _ = try plan.send(.zero)
        #expect(plan.requests.map { $0.arguments.suffix(2) } == [["b", "2"]])
    }

    @Test("When the first slot refuses, there is nothing to roll back")
    func endsAtFirstSlot() throws {
        var plan = try Self.setting()
        #expect(try plan.finish(.zero) == .integer(0))
    }

    @Test("Keys that cannot be rolled back are named")
    func namesWhatIsLeft() throws {
        var plan = try Self.setting()
        _ = try plan.send(.reply(.integer(1)))
        _ = try plan.send(.zero)
        let reply = try plan.ending(.failure(.unclear))
        #expect(reply.outcome == .partial && reply.value == .integer(0))
        #expect(reply.notes == [.leftBehind([.init("b", error: nil, failure: .unclear)])])
    }

    @Test("When a reply is lost, everything is rolled back, and keys that may stay anyway are named")
    func namesWhatMayArrive() throws {
        let one = RequestOutcome.reply(.integer(1))
        for (outcomes, left) in [
            ([one, one], []), ([one, .zero], ["c"]), ([.zero, .zero], ["c"]), ([.failure(.lost), one], ["b"]),
            ([.failure(.unclear), .failure(.lost)], ["b", "c"]),
        ] as [([RequestOutcome], [ByteString])] {
            var plan = try Self.setting()
            _ = try plan.send(one)
            #expect(try plan.send(.failure(.unclear)).map { $0.suffix(3) } == ["b 2", "c 3"])
            let reply = try plan.ending(outcomes[0], outcomes[1])
            #expect(reply.value == .error("ERR not all keys were written"))
            let named = reply.notes.flatMap { note -> [ByteString] in
                if case .leftBehind(let keys) = note { keys.map(\.subject) } else { [] }
            }
            #expect(named == left && reply.outcome == (left.isEmpty ? .failed : .partial))
        }
    }

    @Test("An error of the check is the reply")
    func passesError() throws {
        var plan = try ScriptedPlan(Self.command)
        _ = try plan.start()
        #expect(try plan.finish(.zero, .reply(.error("NOPERM no")), .zero) == .error("NOPERM no"))
    }
}
