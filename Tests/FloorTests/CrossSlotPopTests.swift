import Commands
import RESP
import Routing
import Testing

struct CrossSlotPopTests {
    private static let none = RequestOutcome.reply(.null)
    private static let one = RequestOutcome.reply(.integer(1))

    @Test(
        "A command goes to one key at a time, with its other arguments as they are",
        arguments: [
            ("LMPOP 2 a b LEFT COUNT 3", "LMPOP 1 a LEFT COUNT 3", "LMPOP 1 b LEFT COUNT 3"),
            ("ZMPOP 3 a b b MAX", "ZMPOP 1 a MAX", "ZMPOP 1 b MAX"),
        ])
    func popsOneKey(line: String, first: String, second: String) throws {
        var plan = try ScriptedPlan(line)
        #expect(try plan.start() == [first])
        let looks = try plan.send(Self.none)
        #expect(looks.prefix(2) == ["EXISTS a", "EXISTS b"] && plan.requests.allSatisfy { $0.isReadonly })
        #expect(try plan.send(.zero, Self.one, Self.one) == [second])
        #expect(plan.requests.allSatisfy { !$0.isReadonly })
        #expect(try plan.finish(.reply(.array([.bulk("b")]))) == .array([.bulk("b")]))
    }

    @Test(
        "A blocking command is sent in a transaction, where it does not block",
        arguments: [
            ("BLPOP a b 1.5", "BLPOP a 1.5", "BLPOP b 1.5"), ("BRPOP a b 0", "BRPOP a 0", "BRPOP b 0"),
            ("BZPOPMIN a b 0", "BZPOPMIN a 0", "BZPOPMIN b 0"), ("BZPOPMAX a b 0", "BZPOPMAX a 0", "BZPOPMAX b 0"),
            ("BLMPOP 2 2 a b RIGHT", "BLMPOP 2 1 a RIGHT", "BLMPOP 2 1 b RIGHT"),
            ("BZMPOP 2 2 a b MIN", "BZMPOP 2 1 a MIN", "BZMPOP 2 1 b MIN"),
        ])
    func neverBlocks(line: String, first: String, second: String) throws {
        var plan = try ScriptedPlan(line)
        #expect(try plan.start() == ["MULTI | \(first) | EXEC"])
        _ = try plan.send(.block(.null))
        #expect(try plan.send(.zero, Self.one) == ["MULTI | \(second) | EXEC"])
        #expect(try plan.finish(.block(.array([.bulk("b"), .bulk("1")]))) == .array([.bulk("b"), .bulk("1")]))
    }

    @Test("If the first key holds anything, that is the reply, and no other key is looked at")
    func endsAtFirstKey() throws {
        var plan = try ScriptedPlan("BLPOP a b 0")
        _ = try plan.start()
        #expect(try plan.finish(.block(.array([.bulk("a"), .bulk("")]))) == .array([.bulk("a"), .bulk("")]))
    }

    @Test("A key of another type is left for the server to refuse, and so are faulty arguments")
    func passesError() throws {
        for error in ["WRONGTYPE Operation", "ERR timeout is negative"] {
            var plan = try ScriptedPlan("BLPOP a b -1")
            _ = try plan.start()
            #expect(try plan.finish(.block(.error(error))) == .error(error))
        }
        var plan = try ScriptedPlan("BLPOP a b 1")
        _ = try plan.start()
        let refused = RESPValue.array([.ok, .error("NOPERM no"), .error("EXECABORT Transaction discarded")])
        #expect(try plan.finish(.reply(refused)) == .error("NOPERM no"))
    }

    @Test("A count that would make the last word a key is left for the server to refuse")
    func asksServerAboutNumber() throws {
        var plan = try ScriptedPlan("LMPOP 3 a b LEFT")
        #expect(try plan.start() == ["LMPOP 3 a a a"])
        #expect(try plan.finish(.reply(.error("ERR syntax error"))) == .error("ERR syntax error"))
    }

    @Test("When all keys are empty, a command without a timeout ends")
    func endsWithoutTimeout() throws {
        var plan = try ScriptedPlan("LMPOP 2 a b LEFT")
        _ = try plan.start()
        _ = try plan.send(Self.none)
        #expect(try plan.finish(.zero, .zero) == .null)
    }

    @Test("When another client was faster, all keys are looked at again")
    func looksAgain() throws {
        var plan = try ScriptedPlan("LMPOP 2 a b LEFT")
        _ = try plan.start()
        _ = try plan.send(Self.none)
        _ = try plan.send(.zero, Self.one)
        #expect(try plan.send(Self.none) == ["EXISTS a", "EXISTS b"])
    }

    @Test("A key that supposedly exists but never holds anything does not keep the command going", arguments: [1, 0.5])
    func endsAgainstLies(timeout: Double) throws {
        let line = timeout == 1 ? "LMPOP 2 a b LEFT" : "BLPOP a b \(timeout)"
        var plan = try ScriptedPlan(line).plan
        var outcomes: [RequestOutcome] = []
        for _ in 0..<100 {
            switch plan.advance(outcomes) {
            case .send(let requests, _):
                outcomes = requests.map { request in
                    request.arguments[0] == "EXISTS" ? Self.one : request.opening == nil ? Self.none : .block(.null)
                }
            case .pause: outcomes = []
            case .fail(.contested) where timeout == 1: return
            case .finish(let reply, _) where timeout < 1:
                #expect(reply.value == .null)
                return
            default: break
            }
        }
        Issue.record("It goes on")
    }

    @Test("Pauses grow from 10 ms to 100 ms, and end with the timeout")
    func pauses() throws {
        var plan = try ScriptedPlan("BLPOP a b 0.3")
        _ = try plan.start()
        _ = try plan.send(.block(.null))
        var pauses: [Double] = []
        for _ in 0..<6 {
            pauses.append(try plan.pause(.zero, .zero))
            #expect(try plan.start() == ["EXISTS a", "EXISTS b"])
        }
        let expected = [0.01, 0.02, 0.04, 0.08, 0.1, 0.05]
        #expect(zip(pauses, expected).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(try plan.finish(.zero, .zero) == .null)
    }

    @Test("A timeout of 0 means forever")
    func pausesForEver() throws {
        var plan = try ScriptedPlan("BLMPOP 0 2 a b LEFT")
        _ = try plan.start()
        _ = try plan.send(.block(.null))
        for _ in 0..<1000 {
            #expect(try plan.pause(.zero, .zero) <= 0.1)
            _ = try plan.start()
        }
    }

    @Test("A pop whose reply was lost ends the command")
    func passesUnknownOutcome() throws {
        var plan = try ScriptedPlan("BLPOP a b 0")
        _ = try plan.start()
        #expect(plan.failure(.failure(.unclear)) == .unclear)
    }
}
