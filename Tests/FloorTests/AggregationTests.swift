import Commands
import RESP
import Routing
import Testing

/// Replies of a fan-out, and the result of merging them.
private enum FanOut {
    static func node(_ number: Int, _ role: Role = .master) -> Node {
        Node(
            address: NodeAddress(host: "127.0.0.1", port: 7000 + number), id: "\(number)", role: role, isHealthy: true)
    }

    /// The failure of the node with this number.
    static func lost(_ number: Int) -> CommandFailure { .unreachable(node(number).address, reason: "refused") }

    /// A reply from each node in turn; nil for a node that cannot be reached.
    static func replies(_ values: [RESPValue?]) -> [NodeReply] {
        values.enumerated().map { number, value in
            NodeReply(node: node(number), result: value.map { .success($0) } ?? .failure(lost(number)))
        }
    }
}

extension Reply {
    /// The nodes of the dictionary and what they replied, if it is one.
    fileprivate var dictionary: [NodeReply]? {
        if case .perNode(let replies) = body { replies } else { nil }
    }
}

private func array(_ elements: RESPValue...) -> RESPValue { .array(elements) }

struct AggregationTests {
    private static let error = RESPValue.error("ERR no")

    @Test(
        "Successful replies merge as the policy says",
        arguments: [
            (
                .union, [array(.bulk("b"), .bulk("a")), array(.bulk("a"), .bulk("c"))],
                array(.bulk("b"), .bulk("a"), .bulk("c"))
            ),
            (.union, [array(), array()], array()),
            (.union, [.aggregate(.set, [.bulk("a")]), array(.bulk("b"))], .aggregate(.set, [.bulk("a"), .bulk("b")])),
            (
                .sortedUnion, [array(.bulk("b"), .bulk("\u{e9}")), array(.bulk("B"), .bulk("b"), .bulk("ab"))],
                array(.bulk("B"), .bulk("ab"), .bulk("b"), .bulk("\u{e9}"))
            ),
            (.sum, [.integer(1), .integer(-2), .integer(40)], .integer(39)),
            (.sumOfMasters, [.integer(1), .integer(2)], .integer(3)),
            (
                .sumByField,
                [
                    array(.bulk("a"), .integer(1), .bulk("b"), .integer(0)),
                    array(.bulk("a"), .integer(2), .bulk("b"), .integer(3)),
                ],
                array(.bulk("a"), .integer(3), .bulk("b"), .integer(3))
            ),
            // A channel that was asked for twice appears twice, as in a single server's reply.
            (
                .sumByField,
                [
                    array(.bulk("a"), .integer(1), .bulk("a"), .integer(1)),
                    array(.bulk("a"), .integer(2), .bulk("a"), .integer(2)),
                ],
                array(.bulk("a"), .integer(3), .bulk("a"), .integer(3))
            ),
            (.sumByField, [array(), array()], array()),
            (.minimum, [.integer(2), .integer(1), .integer(3)], .integer(1)),
            (
                .minimum, [array(.integer(1), .integer(5)), array(.integer(0), .integer(7))],
                array(.integer(0), .integer(5))
            ),
            (
                .logicalAnd,
                [array(.integer(1), .integer(1), .integer(0)), array(.integer(1), .integer(0), .integer(0))],
                array(.integer(1), .integer(0), .integer(0))
            ),
            (.allSucceeded, [.ok, .ok], .ok),
            (.allSucceeded, [.bulk("sha"), .bulk("sha")], .bulk("sha")),
            (.oneSucceeded, [.status("first"), .status("second")], .status("first")),
            (.single, [.null], .null),
        ] as [(ResponsePolicy, [RESPValue], RESPValue)])
    func merges(policy: ResponsePolicy, values: [RESPValue], merged: RESPValue) throws {
        let reply = try Aggregation.reply(to: policy, from: FanOut.replies(values))
        #expect(reply.value == merged)
        #expect(reply.outcome == .succeeded)
        #expect(reply.notes.isEmpty)
    }

    @Test(
        "With one node failed, the successful replies merge, and the result is partial",
        arguments: [
            (.union, [array(.bulk("a")), nil, array(.bulk("b"))], array(.bulk("a"), .bulk("b"))),
            (.sortedUnion, [array(.bulk("b")), nil, array(.bulk("a"))], array(.bulk("a"), .bulk("b"))),
            (.sum, [nil, .integer(1), .integer(2)], .integer(3)),
            (.sumOfMasters, [.integer(1), .integer(2), error], .integer(3)),
            (
                .sumByField, [array(.bulk("a"), .integer(1)), array(.bulk("a"), .integer(2)), nil],
                array(.bulk("a"), .integer(3))
            ),
            (.minimum, [.integer(4), error, .integer(5)], .integer(4)),
            (.logicalAnd, [array(.integer(1)), array(.integer(1)), nil], array(.integer(1))),
            // Every node had to succeed: the error says which did not.
            (.allSucceeded, [.ok, error, .ok], error),
        ] as [(ResponsePolicy, [RESPValue?], RESPValue)])
    func mergesPartially(policy: ResponsePolicy, values: [RESPValue?], merged: RESPValue) throws {
        let reply = try Aggregation.reply(to: policy, from: FanOut.replies(values))
        #expect(reply.value == merged)
        #expect(reply.outcome == .partial)
        let failed = values.enumerated().compactMap { number, value -> Note.Failed<NodeAddress>? in
            guard value?.isError ?? true else { return nil }
            return Note.Failed(
                FanOut.node(number).address, error: value?.text,
                failure: value == nil ? FanOut.lost(number) : nil)
        }
        #expect(reply.notes == [.coverage(answered: values.count { $0 != nil }, asked: 3, failed: failed)])
    }

    @Test("With a node out of reach, not all succeeded: the dictionary shows which did")
    func doesNotClaimSuccessOfAll() throws {
        let reply = try Aggregation.reply(to: .allSucceeded, from: FanOut.replies([.ok, nil]))
        #expect(reply.dictionary?.map(\.isAnswer) == [true, false])
        #expect(reply.outcome == .partial)
    }

    private static let merging: [ResponsePolicy] = [
        .union, .sortedUnion, .sum, .sumOfMasters, .sumByField, .minimum, .logicalAnd, .allSucceeded, .oneSucceeded,
    ]

    @Test("When all nodes fail with errors, the first one is the reply", arguments: merging)
    func givesFirstError(policy: ResponsePolicy) throws {
        let reply = try Aggregation.reply(to: policy, from: FanOut.replies([nil, Self.error, .error("ERR other")]))
        #expect(reply.value == Self.error)
        #expect(reply.outcome == .failed)
    }

    @Test("When no node answers, the first failure is thrown", arguments: merging)
    func throwsFirstFailure(policy: ResponsePolicy) {
        #expect(throws: FanOut.lost(0)) { try Aggregation.reply(to: policy, from: FanOut.replies([nil, nil])) }
    }

    @Test(
        "Successful replies that do not fit the policy come as a dictionary",
        arguments: [
            (.union, [array(.bulk("a")), .integer(1)]),
            (.union, [.integer(1), .integer(2)]),
            (.union, [array(array(.bulk("a"))), array(array(.bulk("b")))]),
            (.sortedUnion, [.map([.bulk("a"), .bulk("b")]), array()]),
            (.sum, [.integer(1), .bulk("x")]),
            (.sum, [.null, .null]),
            (.sumOfMasters, [.ok, .ok]),
            (.sumByField, [array(.bulk("a"), .integer(1)), array(.bulk("a"))]),
            (.sumByField, [array(.bulk("a"), .integer(1)), array(.bulk("b"), .integer(1))]),
            (.sumByField, [array(.bulk("a"), .integer(1)), array(.bulk("a"), .bulk("1"))]),
            (.sumByField, [.ok, .ok]),
            (.minimum, [.integer(1), .null]),
            (.minimum, [array(.integer(1)), .integer(1)]),
            (.logicalAnd, [array(.integer(1)), array(.integer(1), .integer(1))]),
            (.logicalAnd, [array(.integer(1)), array(.bulk("x"))]),
            (.logicalAnd, [.ok, .ok]),
            (.single, [.ok, .ok]),
        ] as [(ResponsePolicy, [RESPValue])])
    func fallsBackToDictionary(policy: ResponsePolicy, values: [RESPValue]) throws {
        let reply = try Aggregation.reply(to: policy, from: FanOut.replies(values))
        #expect(reply.dictionary?.map(\.value) == values)
        #expect(reply.outcome == .succeeded)

        let partial = try Aggregation.reply(to: policy, from: FanOut.replies(values + [nil]))
        #expect(partial.outcome == .partial)
        #expect(partial.dictionary?.count == 3)
    }

    @Test(
        "The dictionary holds every node, errors and failures included",
        arguments: [
            ([.integer(1), .integer(2)], .succeeded),
            ([.integer(1), error], .partial),
            ([.integer(1), nil], .partial),
            ([error, nil], .failed),
            ([nil, nil], .failed),
        ] as [([RESPValue?], Reply.Outcome)])
    func keepsEveryNode(values: [RESPValue?], outcome: Reply.Outcome) throws {
        let reply = try Aggregation.reply(to: .perNode, from: FanOut.replies(values))
        let entries = try #require(reply.dictionary)
        #expect(entries.map(\.node) == [FanOut.node(0), FanOut.node(1)])
        #expect(entries.map { try? $0.result.get() } == values)
        #expect(reply.outcome == outcome)
        #expect(reply.notes.isEmpty == (outcome == .succeeded))
    }

    @Test(
        "CLIENT KILL succeeds when one node has killed a client",
        arguments: [
            ([.ok, error], .succeeded, 0),
            ([error, .ok, error], .succeeded, 0),
            ([.ok, nil], .succeeded, 1),
            ([error, error], .failed, 0),
            ([error, nil], .failed, 1),
        ] as [([RESPValue?], Reply.Outcome, Int)])
    func needsOneSuccess(values: [RESPValue?], outcome: Reply.Outcome, notes: Int) throws {
        let reply = try Aggregation.reply(to: .perNodeOneSucceeded, from: FanOut.replies(values))
        #expect(reply.dictionary?.map { try? $0.result.get() } == values)
        #expect(reply.outcome == outcome)
        #expect(reply.notes.count == notes)
    }

    @Test("With the policy of one success, one is enough, and the errors of others are not noted")
    func takesOneSuccess() throws {
        let reply = try Aggregation.reply(to: .oneSucceeded, from: FanOut.replies([Self.error, nil, .ok]))
        #expect(reply.value == .ok)
        #expect(reply.outcome == .succeeded)
        #expect(reply.notes.isEmpty)
    }

    @Test("A sum over masters leaves out replicas, and becomes a dictionary when no master answers")
    func leavesOutReplicas() throws {
        let master = FanOut.node(0), replica = FanOut.node(1, .replica)
        let both = [(master, 5), (replica, 5)].map { NodeReply(node: $0, result: .success(.integer($1))) }
        #expect(try Aggregation.reply(to: .sumOfMasters, from: both).value == .integer(5))

        let replicaAlone = [NodeReply(node: master, result: .failure(FanOut.lost(0))), both[1]]
        let reply = try Aggregation.reply(to: .sumOfMasters, from: replicaAlone)
        #expect(reply.dictionary?.count == 2)
        #expect(reply.outcome == .partial)
    }

    @Test("What a replica did not say does not make a sum over masters incomplete")
    func silentReplicaDoesNotMatter() throws {
        let master = FanOut.node(0), other = FanOut.node(1), replica = FanOut.node(2, .replica)
        let lost = NodeReply(node: replica, result: .failure(FanOut.lost(2)))
        let one = NodeReply(node: master, result: .success(.integer(5)))
        let sum = try Aggregation.reply(to: .sumOfMasters, from: [one, lost])
        #expect(sum.value == .integer(5) && sum.outcome == .succeeded && sum.notes.isEmpty)
        #expect(try Aggregation.reply(to: .perNode, from: [one, lost]).outcome == .partial)

        let silent = NodeReply(node: other, result: .failure(FanOut.lost(1)))
        let part = try Aggregation.reply(to: .sumOfMasters, from: [one, silent, lost])
        let failed = [Note.Failed(other.address, error: nil, failure: FanOut.lost(1))]
        #expect(part.value == .integer(5) && part.outcome == .partial)
        #expect(part.notes == [.coverage(answered: 1, asked: 2, failed: failed)])
    }
}
