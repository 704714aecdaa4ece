import Commands
import RESP
import Routing
import Testing

private func node(_ number: Int, _ role: Role = .master) -> Node {
    Node(address: NodeAddress(host: "127.0.0.1", port: 7000 + number), id: "", role: role, isHealthy: true)
}

/// A step in a form that can be compared.
private enum Step: Equatable {
    /// The words of each request and its place, and what is delivered before.
    case send([Sent], emitting: [RESPValue] = [])
    case finish(RESPValue?, Reply.Outcome, notes: [Note] = [], emitting: [RESPValue] = [])
    case race([Sent])
    case pause(seconds: Double)
    case fail(CommandFailure)

    struct Sent: Equatable {
        let words: String
        let route: Route
        var isReadonly = true

        init(words: String, route: Route, isReadonly: Bool = true) {
            self.words = words
            self.route = route
            self.isReadonly = isReadonly
        }

        init(_ request: Request) {
            // The question about a server's run comes before the first page.
            words = (request.commands.last ?? []).map(\.text).joined(separator: " ")
            route = request.route
            isReadonly = request.isReadonly
        }
    }

    init(_ step: PlanStep) {
        switch step {
        case .send(let requests, let emitting): self = .send(requests.map(Sent.init), emitting: emitting)
        case .race(let requests): self = .race(requests.map(Sent.init))
        case .pause(let seconds): self = .pause(seconds: seconds)
        case .finish(let reply, let emitting):
            let value: RESPValue? = if case .value(let value) = reply.body { value } else { nil }
            self = .finish(value, reply.outcome, notes: reply.notes, emitting: emitting)
        case .fail(let failure): self = .fail(failure)
        }
    }
}

extension Plan {
    fileprivate mutating func step(_ outcomes: RequestOutcome...) -> Step { Step(advance(outcomes)) }

    fileprivate mutating func following(_ outcome: RequestOutcome, _ index: Int) -> Step? {
        follow(outcome, of: index).map { .send([.init($0.next)], emitting: $0.found.map { [$0] } ?? []) }
    }
}

extension RequestOutcome {
    /// A page of a cursor command.
    ///
    /// - Parameter run: what the server reports about its run beside it; nil when it was not asked.
    fileprivate static func page(
        _ cursor: ByteString, _ elements: [ByteString], from number: Int, run: String? = nil
    ) -> RequestOutcome {
        let page = RESPValue.array([.bulk(cursor), .array(elements.map(RESPValue.bulk))])
        return run.map { .first(page, from: number, run: $0) } ?? .reply(page, from: node(number).address)
    }

    /// The replies to the question about the run, and to the first page.
    fileprivate static func first(_ value: RESPValue, from number: Int, run: String = "1") -> RequestOutcome {
        .reply(.array([.bulk(ByteString("run_id:\(run)\r\n")), value]), from: node(number).address)
    }
}

private let lost = CommandFailure.unreachable(node(0).address, reason: "refused")

struct SinglePlanTests {
    private let request = Request(arguments: ["GET", "k"], route: .home, isReadonly: true)

    @Test("A plan of one request gives its reply", arguments: [.bulk("v"), .null, .error("ERR x")] as [RESPValue])
    func passesReply(value: RESPValue) {
        var plan = Plan.single(SinglePlan(request))
        #expect(plan.step() == .send([.init(words: "GET k", route: .home)]))
        let outcome: Reply.Outcome = value.isError ? .failed : .succeeded
        #expect(plan.step(.reply(value, from: node(0).address)) == .finish(value, outcome))
    }

    @Test("A failure of the request is the plan's")
    func passesFailure() {
        var plan = Plan.single(SinglePlan(request))
        _ = plan.step()
        #expect(plan.step(.failure(lost)) == .fail(lost))
    }

    @Test("A reply that counts only one node's view says whose")
    func notesLocalCount() {
        for (scope, value, notes) in [
            (.ofItsSubscribers, .integer(1), [.localCount(node(2).address)]), (.ofItsSubscribers, .error("ERR x"), []),
            (.ofItself(nodes: 6), .integer(1), [.oneOfMany(node(2).address, of: 6)]), (.ofAll, .integer(1), []),
        ] as [(SinglePlan.Scope, RESPValue, [Note])] {
            var plan = Plan.single(SinglePlan(request, tells: scope))
            _ = plan.step()
            let outcome: Reply.Outcome = value.isError ? .failed : .succeeded
            #expect(plan.step(.reply(value, from: node(2).address)) == .finish(value, outcome, notes: notes))
        }
    }
}

struct FanOutPlanTests {
    private static let nodes = [node(0), node(1), node(2, .replica)]

    @Test("Every node is asked at once, and replicas are asked as such when keys are read", arguments: [true, false])
    func asksEveryNode(readsKeys: Bool) {
        var plan = Plan.fanOut(
            FanOutPlan(
                nodes: Self.nodes, arguments: ["GET", "k"], policy: .perNode, isReadonly: true, readsKeys: readsKeys))
        let sent = Self.nodes.map { node in
            Step.Sent(
                words: "GET k", route: .node(node.address, asReplica: node.role == .replica && readsKeys))
        }
        #expect(plan.step() == .send(sent))
    }

    @Test("A request says whether it changes anything", arguments: [true, false])
    func tellsReadonly(isReadonly: Bool) {
        var plan = Plan.fanOut(
            FanOutPlan(
                nodes: [node(0)], arguments: ["SAVE"], policy: .perNode, isReadonly: isReadonly, readsKeys: false))
        #expect(
            plan.step() == .send([.init(words: "SAVE", route: .node(node(0).address), isReadonly: isReadonly)]))
    }

    @Test("Replies are matched with the nodes by order, and merged by the policy")
    func mergesReplies() {
        var plan = Plan.fanOut(
            FanOutPlan(
                nodes: Self.nodes, arguments: ["DBSIZE"], policy: .sumOfMasters, isReadonly: true, readsKeys: false))
        _ = plan.step()
        let outcomes = [1, 10, 100].map { RequestOutcome.reply(.integer($0), from: node(0).address) }
        #expect(Step(plan.advance(outcomes)) == .finish(.integer(11), .succeeded))
    }

    @Test("A node's failure is that node's entry")
    func keepsFailure() throws {
        var plan = Plan.fanOut(
            FanOutPlan(nodes: Self.nodes, arguments: ["PING"], policy: .perNode, isReadonly: true, readsKeys: false))
        _ = plan.step()
        let address = node(1).address
        let step = plan.advance([.failure(lost), .reply(.ok, from: address), .reply(.error("ERR x"), from: address)])
        guard case .finish(let reply, let emitting) = step, case .perNode(let entries) = reply.body else {
            Issue.record("no dictionary: \(step)")
            return
        }
        #expect(entries.map(\.node) == Self.nodes)
        #expect(entries.map(\.isAnswer) == [false, true, true])
        #expect(entries.map(\.value) == [nil, .ok, nil])
        #expect(reply.outcome == .partial)
        #expect(emitting.isEmpty)
    }

    @Test("When no node answers and one value was wanted, the plan fails")
    func failsWithoutAnswer() {
        var plan = Plan.fanOut(
            FanOutPlan(nodes: [node(0)], arguments: ["KEYS", "*"], policy: .union, isReadonly: true, readsKeys: false))
        _ = plan.step()
        #expect(plan.step(.failure(lost)) == .fail(lost))
    }
}

struct IterationPlanTests {
    private static func keyed() -> Plan {
        let slot = HashSlot(key: "h")
        return .iterate(IterationPlan(arguments: ["HSCAN", "h", "COUNT", "5"], cursorIndex: 2, route: .slot(slot)))
    }

    private static func keyedSend(_ cursor: String, emitting: [RESPValue] = []) -> Step {
        .send([.init(words: "HSCAN h \(cursor) COUNT 5", route: .slot(HashSlot(key: "h")))], emitting: emitting)
    }

    private static func scan(_ nodes: [Node]) -> Plan {
        .iterate(IterationPlan(arguments: ["SCAN"], cursorIndex: 1, nodes: nodes))
    }

    private static func sent(_ cursor: String, to number: Int) -> Step.Sent {
        .init(words: "SCAN \(cursor)", route: .node(node(number).address))
    }

    @Test("A cursor is run to its end, and elements are delivered as they arrive")
    func runsToEnd() {
        var plan = Self.keyed()
        #expect(plan.step() == Self.keyedSend("0"))
        #expect(
            plan.step(.page("17", ["a", "1"], from: 0, run: "1"))
                == Self.keyedSend("17", emitting: [.bulk("a"), .bulk("1")]))
        #expect(plan.step(.page("4", [], from: 0)) == Self.keyedSend("4"))
        #expect(
            plan.step(.page("0", ["b", "2"], from: 0))
                == .finish(nil, .succeeded, emitting: [.bulk("b"), .bulk("2")]))
    }

    @Test("A cursor larger than any signed number is sent back as it came")
    func keepsCursor() {
        var plan = Self.keyed()
        _ = plan.step()
        #expect(
            plan.step(.page("18446744073709551615", [], from: 0, run: "1")) == Self.keyedSend("18446744073709551615"))
    }

    @Test(
        "When another node or another run of a server answers, the cursor is meaningless, and the iteration starts over",
        arguments: [(1, "1"), (0, "2")])
    func beginsAgainInOtherRun(number: Int, run: String) {
        for way in [
            RequestOutcome.failure(.transactionLost(node(0).address, reason: "closed")),
            .reply(.error("MOVED 11694 127.0.0.1:7001"), from: node(0).address),
        ] {
            var plan = Self.keyed()
            _ = plan.step()
            _ = plan.step(.page("17", ["a"], from: 0, run: "1"))
            #expect(plan.step(way) == Self.keyedSend("17"))
            var same = plan
            #expect(
                same.step(.page("0", ["b"], from: 0, run: "1")) == .finish(nil, .succeeded, emitting: [.bulk("b")]))
            #expect(plan.step(.page("0", ["x"], from: number, run: run)) == Self.keyedSend("0"))
            #expect(plan.step(.page("3", ["a"], from: number)) == Self.keyedSend("3", emitting: [.bulk("a")]))
            #expect(plan.step(.page("0", [], from: number)) == .finish(nil, .succeeded))
        }
    }

    @Test("An error from a single place is the reply")
    func passesError() {
        var plan = Self.keyed()
        _ = plan.step()
        let error = RESPValue.error("WRONGTYPE Operation against a key holding the wrong kind of value")
        #expect(plan.step(.first(error, from: 0)) == .finish(error, .failed))
    }

    @Test("A failure of a single place is the plan's")
    func passesFailure() {
        var plan = Self.keyed()
        _ = plan.step()
        _ = plan.step(.page("17", ["a"], from: 0, run: "1"))
        #expect(plan.step(.failure(lost)) == .fail(lost))
    }

    @Test("Nodes are asked at once, each until its own end")
    func runsOverNodes() {
        var plan = Self.scan([node(0), node(1)])
        #expect(plan.step() == .send([Self.sent("0", to: 0), Self.sent("0", to: 1)]))
        #expect(
            plan.step(.page("0", ["a"], from: 0, run: "1"), .page("9", ["b"], from: 1, run: "2"))
                == .send([Self.sent("9", to: 1)], emitting: [.bulk("a"), .bulk("b")]))
        #expect(
            plan.step(.page("5", ["c"], from: 1)) == .send([Self.sent("5", to: 1)], emitting: [.bulk("c")]))
        #expect(plan.step(.page("0", ["d"], from: 1)) == .finish(nil, .succeeded, emitting: [.bulk("d")]))
    }

    @Test("A node continues without the others, and rejoins them at its end")
    func follows() {
        var plan = Self.scan([node(0), node(1), node(2)])
        _ = plan.step()
        #expect(plan.following(.page("0", ["a"], from: 0, run: "1"), 0) == nil)
        #expect(plan.following(.first(.error("NOPERM no"), from: 2), 2) == nil)
        #expect(
            plan.following(.page("9", ["b"], from: 1, run: "2"), 1)
                == .send([Self.sent("9", to: 1)], emitting: [.array([.bulk("b")])]))
        #expect(
            plan.following(.failure(.transactionLost(node(1).address, reason: "closed")), 1)
                == .send([Self.sent("9", to: 1)]))
        #expect(
            plan.step(
                .page("0", ["a"], from: 0, run: "1"), .page("4", ["c"], from: 1, run: "2"),
                .first(.error("NOPERM no"), from: 2))
                == .send([Self.sent("4", to: 1)], emitting: [.bulk("a"), .bulk("c")]))
        // It is now the only request of the last step.
        #expect(
            plan.following(.page("5", ["d"], from: 1), 0)
                == .send([Self.sent("5", to: 1)], emitting: [.array([.bulk("d")])]))
    }

    @Test("A replica needs no READONLY for SCAN, which names no key")
    func asksReplica() {
        var plan = Self.scan([node(3, .replica)])
        #expect(plan.step() == .send([Self.sent("0", to: 3)]))
    }

    @Test("A node that fails ends only its own part")
    func goesOnWithoutFailedNode() {
        var plan = Self.scan([node(0), node(1), node(2)])
        _ = plan.step()
        #expect(
            plan.step(
                .failure(lost), .page("9", ["b"], from: 1, run: "1"), .first(.error("NOPERM no"), from: 2))
                == .send([Self.sent("9", to: 1)], emitting: [.bulk("b")]))
        let failed = [
            Note.Failed(node(0).address, error: nil, failure: lost),
            Note.Failed(node(2).address, error: "NOPERM no", failure: nil),
        ]
        #expect(
            plan.step(.page("0", ["c"], from: 1))
                == .finish(
                    nil, .partial, notes: [.coverage(answered: 1, asked: 3, failed: failed)], emitting: [.bulk("c")]))
    }

    @Test("When every node fails, so does the iteration")
    func failsWithAllNodes() {
        var plan = Self.scan([node(0), node(1)])
        _ = plan.step()
        guard case .finish(_, let outcome, let notes, let emitting) = plan.step(.failure(lost), .failure(lost)) else {
            Issue.record("not finished")
            return
        }
        #expect(outcome == .failed && notes.count == 1 && emitting.isEmpty)
    }

    @Test(
        "A reply that is not a page ends the node's part",
        arguments: [.ok, .null, .array([.bulk("0")]), .array([])] as [RESPValue])
    func refusesOtherShapes(value: RESPValue) {
        var plan = Self.scan([node(0), node(1)])
        _ = plan.step()
        let step = plan.step(.first(value, from: 0), .page("0", ["a"], from: 1, run: "1"))
        guard case .finish(_, .partial, _, let emitting) = step else {
            Issue.record("not partial: \(step)")
            return
        }
        #expect(emitting == [.bulk("a")])
    }
}
