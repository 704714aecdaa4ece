import Commands
import Presentation
import RESP
import Routing
import Testing

/// A case for the model: the keys before, the command, and the expected keys and reply.
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
        ElementMove(
            command: "LMOVEM a b LEFT RIGHT", before: ["a": .list(["1", "2"])],
            after: ["a": .list(["2"]), "b": .list(["1"])], reply: .list(["1"])),
        ElementMove(
            command: "LMOVEM a b LEFT LEFT COUNT 2 BULK", before: ["a": .list(["1", "2", "3"]), "b": .list(["0"])],
            after: ["a": .list(["3"]), "b": .list(["1", "2", "0"])], reply: .list(["1", "2"])),
        ElementMove(
            command: "LMOVEM a b LEFT LEFT COUNT 2 OBO", before: ["a": .list(["1", "2", "3"]), "b": .list(["0"])],
            after: ["a": .list(["3"]), "b": .list(["2", "1", "0"])], reply: .list(["2", "1"])),
        ElementMove(
            command: "LMOVEM a b LEFT RIGHT EXACTLY 2 OBO", before: ["a": .list(["1", "2"]), "b": .list(["0"])],
            expiries: ["a": 7], after: ["b": .list(["0", "1", "2"])], reply: .list(["1", "2"])),
        ElementMove(
            command: "LMOVEM a b RIGHT LEFT COUNT 2 BULK", before: ["a": .list(["1", "2", "3"]), "b": .list(["0"])],
            after: ["a": .list(["1"]), "b": .list(["2", "3", "0"])], reply: .list(["2", "3"])),
        ElementMove(
            command: "LMOVEM a b RIGHT RIGHT COUNT 9 OBO", before: ["a": .list(["1", "2"]), "b": .list(["0"])],
            after: ["b": .list(["0", "2", "1"])], reply: .list(["2", "1"])),
        ElementMove(
            command: "LMOVEM a b RIGHT RIGHT COUNT 2 BULK", before: ["a": .list(["1", "2", "3"])],
            after: ["a": .list(["1"]), "b": .list(["2", "3"])], reply: .list(["2", "3"])),
        ElementMove(
            command: "ZMOVE a b MIN COUNT 2",
            before: ["a": .sortedSet(["m": 1, "n": 2, "o": 3]), "b": .sortedSet(["n": 9, "p": 0])],
            after: ["a": .sortedSet(["o": 3]), "b": .sortedSet(["m": 1, "n": 2, "p": 0])], reply: .list(["m", "n"])),
        ElementMove(
            command: "ZMOVEMEMBER a b MEMBERS 2 m x", before: ["a": .sortedSet(["m": 1])], expiries: ["a": 7],
            after: ["b": .sortedSet(["m": 1])], reply: .list(["m"])),
        ElementMove(
            command: "ZMOVEMEMBER a b NX MEMBERS 2 m n",
            before: ["a": .sortedSet(["m": 1, "n": 2]), "b": .sortedSet(["m": 5])],
            after: ["a": .sortedSet(["m": 1]), "b": .sortedSet(["m": 5, "n": 2])], reply: .list(["n"])),
        ElementMove(
            command: "ZMOVEMEMBER a b XX MEMBERS 3 m n n",
            before: ["a": .sortedSet(["m": 1, "n": 2]), "b": .sortedSet(["n": 5])],
            after: ["a": .sortedSet(["m": 1]), "b": .sortedSet(["n": 2])], reply: .list(["n", "n"])),
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
        ElementMove(
            command: "LMOVEM a b LEFT LEFT EXACTLY 3 BULK", before: ["a": .list(["1", "2"])],
            after: ["a": .list(["1", "2"])], reply: .null),
        ElementMove(command: "LMOVEM a b LEFT LEFT COUNT 3 BULK", before: [:], after: [:], reply: .list([])),
        ElementMove(
            command: "ZMOVE a b MIN COUNT 1", before: ["b": .list(["1"])], after: ["b": .list(["1"])], reply: .null),
        ElementMove(
            command: "ZMOVE a b MIN COUNT 1", before: ["a": .sortedSet(["m": 1]), "b": .list(["1"])],
            after: ["a": .sortedSet(["m": 1]), "b": .list(["1"])], reply: .wrongType),
        ElementMove(
            command: "ZMOVEMEMBER a b NX MEMBERS 1 m", before: ["a": .list(["1"])], after: ["a": .list(["1"])],
            reply: .wrongType),
        ElementMove(
            command: "ZMOVEMEMBER a b NX MEMBERS 1 m", before: ["a": .sortedSet(["m": 1]), "b": .sortedSet(["m": 2])],
            after: ["a": .sortedSet(["m": 1]), "b": .sortedSet(["m": 2])], reply: .null),
        ElementMove(
            command: "ZMOVEMEMBER a b XX MEMBERS 1 m", before: ["a": .sortedSet(["m": 1])],
            after: ["a": .sortedSet(["m": 1])], reply: .null),
    ]
}

extension RESPValue {
    fileprivate static func list(_ elements: [ByteString]) -> RESPValue { .array(elements.map(RESPValue.bulk)) }

    fileprivate static let wrongType = error("WRONGTYPE Operation against a key holding the wrong kind of value")
}

struct CrossSlotElementMoveTests {
    @Test("The element arrives, and nothing is left over", arguments: ElementMove.moves + ElementMove.refusals)
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

    /// Numbers of a move's requests; the requests before them only look.
    private struct At {
        let staging = 4, delivery: Int, clearing: Int, unmarking: Int, end: Int

        init(_ move: ElementMove = ElementMove.moves[0]) {
            // The scores of a sorted set have to be read first.
            delivery = move.command.hasPrefix("Z") ? 6 : 5
            (clearing, unmarking, end) = (delivery + 1, delivery + 2, delivery + 3)
        }
    }

    /// What the user's own keys hold.
    private static func users(_ model: ElementModel) -> [ByteString: ElementModel.Value] {
        model.values.filter { !$0.key.hasPrefix("slotline:") }
    }

    @Test(
        "Wherever it stops, no element is lost, and recovery finishes the move once", arguments: ElementMove.moves)
    func survivesStop(move: ElementMove) throws {
        let at = At(move)
        for number in 0..<at.end {
            let model = ElementModel(move.before, expiries: move.expiries)
            let elements = Set(model.elements)
            var plan = try ScriptedPlan(move.command, hasReplica: true).plan
            #expect(model.run({ plan.advance($0) }, fate: .stopped(at: number)) == nil)
            #expect(Set(model.elements) == elements)
            for _ in 0..<2 { _ = try Self.recover(model) }
            #expect(Self.users(model) == (number <= at.staging ? move.before : move.after), "stopped at \(number)")
            // Markers may stay until they expire.
            #expect(model.privateKeys.allSatisfy { $0.hasPrefix("slotline:moved:") && model.expiries[$0] != nil })
        }
    }

    @Test("Whichever reply is lost, the element moves once, at the latest by recovery", arguments: ElementMove.moves)
    func survivesLostReply(move: ElementMove) throws {
        let at = At(move)
        for number in at.staging..<at.end {
            for isCarriedOut in [true, false] {
                let model = ElementModel(move.before, expiries: move.expiries)
                var plan = try ScriptedPlan(move.command, hasReplica: true).plan
                let step = model.run({ plan.advance($0) }, fate: .lost(at: number, isCarriedOut: isCarriedOut))
                switch step {
                case .finish(let reply, _): #expect(number > at.staging && reply.value == move.reply)
                case .fail(.elementStaged(_, .failure(.unclear))): #expect(number == at.staging)
                default: Issue.record("\(String(describing: step))")
                }
                _ = try Self.recover(model)
                #expect(Self.users(model) == (number == at.staging && !isCarriedOut ? move.before : move.after))
            }
        }
    }

    @Test("Two recoveries that stop anywhere and are repeated move the element once", arguments: ElementMove.moves)
    func recoversTwice(move: ElementMove) throws {
        let at = At(move)
        for (first, second) in (0..<4).flatMap({ first in (0..<4).map { (first, $0) } }) {
            let model = ElementModel(move.before, expiries: move.expiries)
            var plan = try ScriptedPlan(move.command).plan
            _ = model.run({ plan.advance($0) }, fate: .stopped(at: at.delivery))
            _ = try Self.recover(model, fate: .stopped(at: first))
            _ = try Self.recover(model, fate: .stopped(at: second))
            _ = try Self.recover(model)
            #expect(Self.users(model) == move.after)
        }
    }

    @Test("A command that resumes after a recovery does not deliver again")
    func deliversOnceBesideRecovery() throws {
        let at = At()
        var deliveries = 0
        for number in at.delivery..<at.end {
            let move = ElementMove.moves[0]
            let model = ElementModel(move.before)
            var plan = try ScriptedPlan(move.command).plan
            var asked = 0
            let step = model.run { outcomes in
                if asked == number, let items = try? Self.recover(model) {
                    deliveries += items.count { if case .delivered = $0.state { true } else { false } }
                }
                asked = outcomes.isEmpty ? at.staging : asked + 1
                return plan.advance(outcomes)
            }
            guard case .finish(let reply, _) = step else {
                Issue.record("\(String(describing: step))")
                return
            }
            #expect(reply.value == move.reply)
            #expect(Self.users(model) == move.after)
        }
        // Before the push and after it; later there is nothing to recover.
        #expect(deliveries == 2)
    }

    // MARK: Exactly once

    /// Reasons why a destination accepts nothing for a while.
    enum Trouble: String, CaseIterable {
        case memory = "OOM command not allowed when used memory > 'maxmemory'."
        case replicas = "NOREPLICAS Not enough good replicas to write."
        case disk = "MISCONF Errors writing to the AOF file"
        case down

        func strike(_ model: ElementModel) {
            if self == .down { model.slotWithoutNode = HashSlot(key: "b") } else { model.refusal = .error(rawValue) }
        }
    }

    @Test("Recovery does not put back what was delivered, or may still be", arguments: Trouble.allCases)
    func putsNothingBackThatMayArrive(trouble: Trouble) throws {
        for move in ElementMove.moves {
            let at = At(move)
            for number in [at.delivery, at.clearing] {
                let model = ElementModel(move.before, expiries: move.expiries)
                var plan = try ScriptedPlan(move.command).plan
                _ = model.run({ plan.advance($0) }, fate: .stopped(at: number))
                trouble.strike(model)
                _ = try Self.recover(model)
                #expect(Self.users(model)["a"] == move.after["a"])
                (model.refusal, model.slotWithoutNode) = (nil, nil)
                _ = try Self.recover(model)
                #expect(Self.users(model) == move.after)
            }
        }
    }

    @Test("The delivery of a dead command may arrive at any time, even when the element is back")
    func lateDelivery() throws {
        let at = At()
        for (isRefused, arrivesFirst) in [(false, true), (false, false), (true, true), (true, false)] {
            let model = ElementModel(["a": .list(["1"])])
            var plan = try ScriptedPlan("LMOVE a b LEFT RIGHT").plan
            var late: Request?
            _ = model.run(
                { outcomes in
                    let step = plan.advance(outcomes)
                    if case .send(let requests, _) = step { late = requests[0] }
                    return step
                }, fate: .stopped(at: at.delivery))
            let delivery = try #require(late)
            if isRefused { model.put("b", .string) }
            if arrivesFirst { model.outcome(of: delivery) }
            _ = try Self.recover(model)
            model.put("b", isRefused ? .list([]) : model.values["b"] ?? .string)
            model.outcome(of: delivery)
            #expect(model.elements == ["1"], "\(isRefused), \(arrivesFirst)")
            model.elapse(days: 6)
            model.outcome(of: delivery)
            #expect(model.elements == ["1"])
        }
    }

    @Test(
        "A delivery that was cut off and arrives after everything is done finds its marker",
        arguments: ElementMove.moves)
    func cutDelivery(move: ElementMove) throws {
        let at = At(move)
        let model = ElementModel(move.before, expiries: move.expiries)
        var plan = try ScriptedPlan(move.command, hasReplica: true).plan
        var sent: [Request] = []
        let step = model.run(
            { outcomes in
                let step = plan.advance(outcomes)
                if case .send(let requests, _) = step { sent += requests }
                return step
            }, fate: .lost(at: at.delivery, isCarriedOut: false))
        guard case .finish = step else {
            Issue.record("\(String(describing: step))")
            return
        }
        model.outcome(of: sent[at.delivery])
        #expect(Self.users(model) == move.after)
        model.elapse(days: 8)
        #expect(model.privateKeys.isEmpty)
    }

    @Test("However late recovery comes, it delivers nothing twice", arguments: ElementMove.moves)
    func lateRecovery(move: ElementMove) throws {
        let at = At(move)
        let model = ElementModel(move.before)
        var plan = try ScriptedPlan(move.command).plan
        _ = model.run({ plan.advance($0) }, fate: .stopped(at: at.clearing))
        model.elapse(days: 700)
        _ = try Self.recover(model)
        #expect(Self.users(model) == move.after)
        model.elapse(days: 8)
        #expect(model.privateKeys.isEmpty)
    }

    @Test("A forgotten marker gets an expiry, one in use does not")
    func endsMarkers() throws {
        let at = At()
        for (number, isForgotten) in [(at.clearing, false), (at.unmarking, true)] {
            let model = ElementModel(["a": .list(["1", "2"])])
            var plan = try ScriptedPlan("LMOVE a b LEFT RIGHT").plan
            _ = model.run({ plan.advance($0) }, fate: .stopped(at: number))
            let marker = try #require(model.privateKeys.first { $0.hasPrefix("slotline:moved:") })
            #expect(model.expiries[marker] == nil)
            // A scan that came by before the stage was created.
            model.hidesStages = true
            let items = try Self.recover(model)
            #expect((model.expiries[marker] != nil) == isForgotten)
            #expect(items.map(\.key) == (isForgotten ? [marker] : []) && items.allSatisfy { $0.isSettled })
        }
    }

    @Test("An element whose removal no replica confirms goes back, as a failover would bring it back too")
    func confirmsRemoval() throws {
        for move in ElementMove.moves {
            let at = At(move)
            let model = ElementModel(move.before, expiries: move.expiries)
            model.replicas = 0
            var plan = try ScriptedPlan(move.command, hasReplica: true).plan
            guard case .finish(let reply, _) = model.run({ plan.advance($0) }) else {
                Issue.record("not finished")
                return
            }
            #expect(reply.value?.serverError?.code == "NOREPLICAS")
            #expect(model.values == move.before && model.expiries == move.expiries)
            // The same for a stage that recovery takes over.
            let staged = ElementModel(move.before, expiries: move.expiries)
            plan = try ScriptedPlan(move.command, hasReplica: true).plan
            _ = staged.run({ plan.advance($0) }, fate: .stopped(at: at.delivery))
            staged.replicas = 0
            _ = try Self.recover(staged, hasReplica: true)
            #expect(Self.users(staged)["b"] == move.before["b"])
            staged.replicas = 1
            _ = try Self.recover(staged, hasReplica: true)
            #expect(Self.users(staged) == move.after)
        }
    }

    @Test("A user who may not delete or wait is refused before anything moves", arguments: [2, 3])
    func refusesWithoutRights(place: Int) throws {
        let error = RESPValue.error("NOPERM this user has no permissions to run this command")
        for replies in [[error, .integer(0)], [RESPValue.integer(0), error]] {
            var plan = try ScriptedPlan("RPOPLPUSH a b", hasReplica: true)
            let looks = try plan.start()
            #expect(looks[place].hasPrefix("DEL slotline:missing:") && looks[place].hasSuffix(" | WAIT 0 0"))
            let good = RequestOutcome.reply(.array([.integer(0), .integer(0)]))
            let refused = RequestOutcome.reply(.array(replies))
            _ = try plan.send(
                Self.found, .zero, place == 2 ? refused : good, place == 3 ? refused : good)
            #expect(try plan.finish(.block(.null)) == error)
        }
    }

    private static let found = RequestOutcome.reply(
        .array([.integer(1), .integer(-1), .integer(-1), .array([])]))

    // MARK: Refusals

    @Test("A destination of the wrong type is reported before anything moves, but after faulty arguments")
    func looksFirst() throws {
        var plan = try ScriptedPlan("BLMOVE a b UP LEFT 1")
        #expect(
            try plan.start().prefix(2) == [
                "LLEN a | PEXPIRETIME a | PTTL a | TIME", "EVAL return redis.pcall(ARGV[1], KEYS[1]) 1 b LLEN",
            ])
        #expect(plan.requests.allSatisfy { $0.isReadonly })
        let sent = try plan.send(Self.found, .reply(RESPValue.wrongType), .zero, .zero)
        #expect(sent.count == 1 && sent[0].hasPrefix("MULTI | BLMOVE slotline:missing:"))
        var correct = plan
        #expect(try correct.finish(.block(.null)) == RESPValue.wrongType)
        let error = RESPValue.error("ERR syntax error")
        #expect(try plan.finish(.block(error)) == error)
    }

    @Test("A user who may not run scripts is refused before anything moves")
    func refusesWithoutScripts() throws {
        var plan = try ScriptedPlan("BRPOPLPUSH a b 0")
        _ = try plan.start()
        let error = RESPValue.error("NOPERM this user has no permissions to run the 'eval' command")
        let missing = RequestOutcome.reply(.array([.integer(0), .integer(-2), .integer(-2), .array([])]))
        _ = try plan.send(missing, .reply(error), .zero, .zero)
        #expect(try plan.finish(.block(.null)) == error)
    }

    @Test("The command itself stages the element, so it blocks and checks its arguments as always")
    func stagesNatively() throws {
        var plan = try ScriptedPlan("BRPOPLPUSH a b 2.5")
        _ = try plan.start()
        let missing = RequestOutcome.reply(.array([.integer(0), .integer(-2), .integer(-2), .array([])]))
        let sent = try plan.send(missing, .zero, .zero, .zero)
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
                // After the look, another client creates a key of another type.
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

    @Test("Members whose condition fails at the destination midway go back, and the rest moves in another round")
    func looksAgain() throws {
        for (condition, rival) in [("NX", ["m": 5, "n": 6]), ("XX", [ByteString: Int]())] {
            let known: [ByteString: Int] = condition == "XX" ? ["m": 5, "n": 6] : [:]
            let model = ElementModel(["a": .sortedSet(["m": 1, "n": 2]), "b": .sortedSet(known)], expiries: ["a": 7])
            var plan = try ScriptedPlan("ZMOVEMEMBER a b \(condition) MEMBERS 2 m n").plan
            var asked = 0, pauses = 0
            let step = model.run { outcomes in
                asked += 1
                if asked == 4 { model.put("b", .sortedSet(rival)) }
                let step = plan.advance(outcomes)
                guard case .pause = step else { return step }
                pauses += 1
                #expect(model.values["a"] == .sortedSet(["m": 1, "n": 2]) && model.expiries["a"] == 7)
                return plan.advance([])
            }
            guard case .finish(let reply, _) = step else {
                Issue.record("\(String(describing: step))")
                return
            }
            #expect(reply.value == .null && pauses == 1)
            #expect(model.values == ["a": .sortedSet(["m": 1, "n": 2]), "b": .sortedSet(rival)])
        }
    }

    @Test("A score that was set at the source meanwhile is not overwritten by the old one")
    func keepsNewScore() throws {
        let model = ElementModel(["a": .sortedSet(["m": 1, "n": 2])])
        var plan = try ScriptedPlan("ZMOVE a b MIN COUNT 1").plan
        var asked = 0
        _ = model.run { outcomes in
            asked += 1
            if asked == 4 {
                model.put("b", .string)
                model.put("a", .sortedSet(["m": 7, "n": 2]))
            }
            return plan.advance(outcomes)
        }
        #expect(model.values == ["a": .sortedSet(["m": 7, "n": 2]), "b": .string])
    }

    @Test(
        "A ZMOVEMEMBER with unclear members is refused by the server, or else here",
        arguments: [
            "ZMOVEMEMBER a b MEMBERS 2 m", "ZMOVEMEMBER a b MEMBERS 1 m NX", "ZMOVEMEMBER a b NX XX MEMBERS 1 m",
            "ZMOVEMEMBER a b NX MEMBERS x m",
        ])
    func refusesUnclearMembers(line: String) throws {
        for error in [RESPValue.error("ERR syntax error"), .null] {
            var plan = try ScriptedPlan(line)
            #expect(try plan.start().map { $0.hasPrefix("MULTI | ZMOVEMEMBER slotline:missing:") } == [true])
            let reply = try plan.finish(.block(error))
            #expect(error.isError ? reply == error : reply.text.hasPrefix("CROSSSLOT "))
        }
    }

    @Test("Without a replica's confirmation the stage is kept, and the error names it")
    func keepsUnconfirmed() throws {
        let model = ElementModel(["a": .list(["1"])])
        var plan = try ScriptedPlan("LMOVE a b LEFT LEFT", hasReplica: true).plan
        var asked = 0
        let step = model.run { outcomes in
            asked += 1
            if asked == 3 { model.replicas = 0 }
            return plan.advance(outcomes)
        }
        guard case .fail(.elementStaged(let stage, .unconfirmed)) = step else {
            Issue.record("not kept")
            return
        }
        #expect(model.values[stage] == .list(["1"]) && model.values["b"] == .list(["1"]))
        model.replicas = 1
        _ = try Self.recover(model)
        #expect(model.values[stage] == nil && model.values["b"] == .list(["1"]))
    }

    // MARK: Recovery

    @Test("Recovery lists keys that expire, and leaves alone those that only look like its own")
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

    @Test("An element that its destination refuses is put back, and the user is told")
    func recoversRefused() throws {
        let at = At()
        let model = ElementModel(["a": .list(["1"])], expiries: ["a": 9])
        var plan = try ScriptedPlan("LMOVE a b LEFT RIGHT").plan
        _ = model.run({ plan.advance($0) }, fate: .stopped(at: at.delivery))
        let staged = ElementModel(model.values.merging(["b": .string]) { $1 })
        let items = try Self.recover(staged)
        #expect(items.count == 1 && !items[0].isSettled)
        #expect(Self.users(staged) == ["a": .list(["1"]), "b": .string] && staged.expiries["a"] == 9)
        guard case .putBack(let element, .refused(let error)) = items[0].state else {
            Issue.record("\(items[0].state)")
            return
        }
        #expect(element.source == "a" && element.destination == "b" && error == RESPValue.wrongType.text)
        #expect(
            RecoveryText.line(items[0])
                == "returned to \"a\" what \"b\" did not accept: \(RESPValue.wrongType.text)")
    }

    private static func recover(
        _ model: ElementModel, hasReplica: Bool = false, fate: ElementModel.Fate = .carriedOut
    ) throws -> [RecoveryItem] {
        let node = Node(address: ElementModel.node, id: "", role: .master, isHealthy: true)
        let replica = Node(
            address: NodeAddress(host: "127.0.0.1", port: 7001), id: "", role: .replica, isHealthy: true)
        let nodes = hasReplica ? [node, replica] : [node]
        let topology = Topology(shards: [.init(slots: [0...16_383], nodes: nodes)])
        let context = CrossSlotContext(
            owners: SlotMap(topology), topology: topology, privateKeys: PrivateKeys(prefix: "slotline:"))
        var plan = RecoveryPlan(nodes: [node], context)
        _ = model.run({ plan.advance($0) }, fate: fate)
        return plan.result
    }
}

/// The hash tag in names for the slot of the key `a`.
private enum PrivateKeysTag {
    static var a: String {
        var keys = PrivateKeys(prefix: "", session: "s")
        let name = keys.next("kind", in: HashSlot(key: "a")).text
        return String(name.dropFirst("kind:{".count).prefix { $0 != "}" })
    }
}
