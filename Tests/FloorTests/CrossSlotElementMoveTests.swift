import Commands
import Presentation
import RESP
import Routing
import Testing

/// A case for the model: what is there, the command, and what shall be there and come back.
struct ElementMove: Sendable {
    let command: String
    let before: [ByteString: ElementModel.Value]
    var expiries: [ByteString: Int] = [:]
    let after: [ByteString: ElementModel.Value]
    let reply: RESPValue

    static let moves: [ElementMove] = [
        ElementMove(
            command: "LMOVE a b LEFT RIGHT", before: ["a": .list(["1", "2"]), "b": .list(["0"])],
            after: ["a": .list(["2"]), "b": .list(["0", "1"])], reply: .bulk("1")),
        ElementMove(
            command: "LMOVE a b RIGHT LEFT", before: ["a": .list(["1", "2"]), "b": .list(["0"])],
            after: ["a": .list(["1"]), "b": .list(["2", "0"])], reply: .bulk("2")),
        ElementMove(
            command: "LMOVE a b LEFT LEFT", before: ["a": .list([""])], expiries: ["a": 7], after: ["b": .list([""])],
            reply: .bulk("")),
        ElementMove(
            command: "SMOVE a b m", before: ["a": .set(["m", "n"]), "b": .set(["m"])],
            after: ["a": .set(["n"]), "b": .set(["m"])], reply: .integer(1)),
        ElementMove(command: "SMOVE a b m", before: ["a": .set(["m"])], after: ["b": .set(["m"])], reply: .integer(1)),
    ]

    /// Moves that change nothing.
    static let refusals: [ElementMove] = [
        ElementMove(command: "LMOVE a b LEFT LEFT", before: ["b": .string], after: ["b": .string], reply: .null),
        ElementMove(
            command: "LMOVE a b LEFT LEFT", before: ["a": .set(["m"]), "b": .string],
            after: ["a": .set(["m"]), "b": .string], reply: .wrongType),
        ElementMove(
            command: "SMOVE a b x", before: ["a": .set(["m"])], after: ["a": .set(["m"])], reply: .integer(0)),
        ElementMove(command: "SMOVE a b x", before: ["b": .string], after: ["b": .string], reply: .integer(0)),
    ]
}

extension RESPValue {
    fileprivate static let wrongType = error("WRONGTYPE Operation against a key holding the wrong kind of value")
}

struct CrossSlotElementMoveTests {
    @Test("The element arrives, and nothing is left behind", arguments: ElementMove.moves + ElementMove.refusals)
    func moves(move: ElementMove) throws {
        let model = ElementModel(move.before, expiries: move.expiries)
        var plan = try ScriptedPlan(move.command, hasReplica: true).plan
        guard case .finish(let reply, _) = model.run({ plan.advance($0) }) else {
            Issue.record("not finished")
            return
        }
        #expect(reply.value == move.reply)
        #expect(model.values == move.after)
    }

    @Test(
        "However it is stopped, no element is lost, and recovery finishes the move once", arguments: ElementMove.moves)
    func survivesStop(move: ElementMove) throws {
        for number in 0..<6 {
            let model = ElementModel(move.before, expiries: move.expiries)
            let elements = Set(model.elements)
            var plan = try ScriptedPlan(move.command, hasReplica: true).plan
            #expect(model.run({ plan.advance($0) }, fate: .stopped(at: number)) == nil)
            #expect(Set(model.elements) == elements)
            for _ in 0..<2 { _ = try Self.recover(model) }
            let users = model.values.filter { !$0.key.hasPrefix("slotline:") }
            #expect(users == (number < 3 ? move.before : move.after), "stopped at \(number)")
            // Marks may stay, until they expire.
            #expect(model.privateKeys.allSatisfy { $0.hasPrefix("slotline:moved:") })
        }
    }

    @Test("Whichever reply is lost, the element moves once, at the latest by recovery", arguments: ElementMove.moves)
    func survivesLostReply(move: ElementMove) throws {
        for number in 2..<6 {
            for isCarriedOut in [true, false] {
                let model = ElementModel(move.before, expiries: move.expiries)
                var plan = try ScriptedPlan(move.command, hasReplica: true).plan
                let step = model.run({ plan.advance($0) }, fate: .lost(at: number, isCarriedOut: isCarriedOut))
                switch step {
                case .finish(let reply, _): #expect(number > 2 && reply.value == move.reply)
                case .fail(.elementStaged(_, .failure(.unclear))): #expect(number == 2)
                default: Issue.record("\(String(describing: step))")
                }
                _ = try Self.recover(model)
                let users = model.values.filter { !$0.key.hasPrefix("slotline:") }
                #expect(users == (number == 2 && !isCarriedOut ? move.before : move.after))
            }
        }
    }

    @Test("Two recoveries that stop anywhere and are repeated move the element once", arguments: ElementMove.moves)
    func recoversTwice(move: ElementMove) throws {
        for (first, second) in (0..<4).flatMap({ first in (0..<4).map { (first, $0) } }) {
            let model = ElementModel(move.before, expiries: move.expiries)
            var plan = try ScriptedPlan(move.command).plan
            _ = model.run({ plan.advance($0) }, fate: .stopped(at: 3))
            _ = try Self.recover(model, fate: .stopped(at: first))
            _ = try Self.recover(model, fate: .stopped(at: second))
            _ = try Self.recover(model)
            #expect(model.values.filter { !$0.key.hasPrefix("slotline:") } == move.after)
        }
    }

    @Test("A command that wakes up behind a recovery does not deliver again")
    func deliversOnceBesideRecovery() throws {
        var deliveries = 0
        for number in 3..<6 {
            let move = ElementMove.moves[0]
            let model = ElementModel(move.before)
            var plan = try ScriptedPlan(move.command).plan
            var asked = 0
            let step = model.run { outcomes in
                if asked == number, let items = try? Self.recover(model) {
                    deliveries += items.count { if case .delivered = $0.state { true } else { false } }
                }
                asked = outcomes.isEmpty ? 2 : asked + 1
                return plan.advance(outcomes)
            }
            guard case .finish(let reply, _) = step else {
                Issue.record("\(String(describing: step))")
                return
            }
            #expect(reply.value == move.reply)
            #expect(model.values.filter { !$0.key.hasPrefix("slotline:") } == move.after)
        }
        // In front of the push and behind it; later there is nothing to recover.
        #expect(deliveries == 2)
    }

    // MARK: Refusals

    @Test("A destination of another type is told before anything moves, but behind mistakes in the arguments")
    func looksFirst() throws {
        var plan = try ScriptedPlan("BLMOVE a b UP LEFT 1")
        #expect(
            try plan.start() == [
                "LLEN a | PEXPIRETIME a | PTTL a | TIME", "EVAL return redis.pcall(ARGV[1], KEYS[1]) 1 b LLEN",
            ])
        #expect(plan.requests.map(\.isReadonly) == [true, true])
        let source = RequestOutcome.reply(.array([.integer(1), .integer(-1), .integer(-1), .array([])]))
        let sent = try plan.send(source, .reply(RESPValue.wrongType))
        #expect(sent.count == 1 && sent[0].hasPrefix("MULTI | BLMOVE slotline:missing:"))
        var correct = plan
        #expect(try correct.finish(.block(.null)) == RESPValue.wrongType)
        let error = RESPValue.error("ERR syntax error")
        #expect(try plan.finish(.block(error)) == error)
    }

    @Test("A user who may run no script is refused before anything moves")
    func refusesWithoutScripts() throws {
        var plan = try ScriptedPlan("BRPOPLPUSH a b 0")
        _ = try plan.start()
        let error = RESPValue.error("NOPERM this user has no permissions to run the 'eval' command")
        let missing = RequestOutcome.reply(.array([.integer(0), .integer(-2), .integer(-2), .array([])]))
        _ = try plan.send(missing, .reply(error))
        #expect(try plan.finish(.block(.null)) == error)
    }

    @Test("The command itself stages the element: it blocks, and checks its arguments, as always")
    func stagesNatively() throws {
        var plan = try ScriptedPlan("BRPOPLPUSH a b 2.5")
        _ = try plan.start()
        let missing = RequestOutcome.reply(.array([.integer(0), .integer(-2), .integer(-2), .array([])]))
        let sent = try plan.send(missing, .zero)
        #expect(sent[0].hasPrefix("BRPOPLPUSH a slotline:stage:{") && sent[0].hasSuffix(":RL:0:1:ab 2.5"))
        #expect(HashSlot(key: plan.requests[0].arguments[2]) == HashSlot(key: "a"))
        #expect(try plan.finish(.reply(.null)) == .null)
    }

    @Test("An element that the destination refuses goes back, with the source's expiry")
    func putsBack() throws {
        for command in ["LMOVE a b LEFT RIGHT", "SMOVE a b 1"] {
            let source: ElementModel.Value = command.hasPrefix("S") ? .set(["1"]) : .list(["1"])
            let model = ElementModel(["a": source], expiries: ["a": 77])
            var plan = try ScriptedPlan(command).plan
            var asked = 0
            let step = model.run { outcomes in
                asked += 1
                // Behind the look, somebody makes a key of another type.
                if asked == 3 { model.put("b", .string) }
                return plan.advance(outcomes)
            }
            guard case .finish(let reply, _) = step else {
                Issue.record("\(String(describing: step))")
                return
            }
            #expect(reply.value == RESPValue.wrongType)
            #expect(model.values == ["a": source, "b": .string] && model.expiries == ["a": 77])
        }
    }

    @Test("Without a replica's word the stage is kept, and the error names it")
    func keepsUnconfirmed() throws {
        let model = ElementModel(["a": .list(["1"])])
        model.replicas = 0
        var plan = try ScriptedPlan("LMOVE a b LEFT LEFT", hasReplica: true).plan
        guard case .fail(.elementStaged(let stage, .unconfirmed)) = model.run({ plan.advance($0) }) else {
            Issue.record("not kept")
            return
        }
        #expect(model.values[stage] == .list(["1"]) && model.values["b"] == .list(["1"]))
        model.replicas = 1
        _ = try Self.recover(model)
        #expect(model.values[stage] == nil && model.values["b"] == .list(["1"]))
    }

    // MARK: Recovery

    @Test("Recovery lists what expires, and leaves keys alone that only look like it")
    func listsOthers() throws {
        let tag = "{\(PrivateKeysTag.a)}"
        let copy = ByteString("slotline:copy:\(tag):x1-3")
        let own: [ByteString] = ["slotline:copy:{a}:x1-3", "slotline:settings", "slotline:stage:{a}:1:LL:0:9:a"]
        var values: [ByteString: ElementModel.Value] = [copy: .string]
        for key in own { values[key] = .list(["1"]) }
        let model = ElementModel(values, expiries: [copy: 5000])
        let items = try Self.recover(model)
        #expect(items.map(\.key) == [copy])
        guard case .passing(milliseconds: 5000) = items[0].state else {
            Issue.record("\(items[0].state)")
            return
        }
        #expect(items[0].isSettled && model.values == values)
        #expect(RecoveryText.line(items[0]) == "left \"\(copy.text)\", which expires in 5 s")
    }

    @Test("An element that its destination refuses is put back, which is for the user to know")
    func recoversRefused() throws {
        let model = ElementModel(["a": .list(["1"])], expiries: ["a": 9])
        var plan = try ScriptedPlan("LMOVE a b LEFT RIGHT").plan
        _ = model.run({ plan.advance($0) }, fate: .stopped(at: 3))
        let staged = ElementModel(model.values.merging(["b": .string]) { $1 })
        let items = try Self.recover(staged)
        #expect(items.count == 1 && !items[0].isSettled)
        #expect(staged.values == ["a": .list(["1"]), "b": .string] && staged.expiries == ["a": 9])
        guard case .putBack(let element, .refused(let error)) = items[0].state else {
            Issue.record("\(items[0].state)")
            return
        }
        #expect(element.source == "a" && element.destination == "b" && error == RESPValue.wrongType.text)
        #expect(
            RecoveryText.line(items[0])
                == "put an element back into \"a\", since \"b\" did not accept it: \(RESPValue.wrongType.text)")
    }

    private static func recover(
        _ model: ElementModel, fate: ElementModel.Fate = .carriedOut
    ) throws -> [RecoveryItem] {
        let node = Node(address: ElementModel.node, id: "", role: .master, isHealthy: true)
        let topology = Topology(shards: [.init(slots: [0...16_383], nodes: [node])])
        let context = CrossSlotContext(
            owners: SlotMap(topology), topology: topology, privateKeys: PrivateKeys(prefix: "slotline:"))
        var plan = RecoveryPlan(nodes: [node], context)
        _ = model.run({ plan.advance($0) }, fate: fate)
        return plan.result
    }
}

/// The tag that names of the slot of the key `a` carry.
private enum PrivateKeysTag {
    static var a: String {
        var keys = PrivateKeys(prefix: "", session: "s")
        let name = keys.next("kind", in: HashSlot(key: "a")).text
        return String(name.dropFirst("kind:{".count).prefix { $0 != "}" })
    }
}
