import Commands
import Engine
import Glibc
import RESP
import Routing
import Synchronization
import TestSupport
import Testing
import Transport

/// SUBSCRIBE and MONITOR on a connection of their own.
struct EventStreamTests {
    private static func words(_ kind: String, _ rest: RESPValue...) -> RESPValue {
        .array([.bulk(ByteString(kind))] + rest)
    }

    private static let confirmation = words("subscribe", .bulk("news"), .integer(1))
    private static let message = words("message", .bulk("news"), .bulk("hello"))

    private static func stream(_ engine: Engine, _ text: String) throws -> EventStream {
        let words = text.split(separator: " ").map { ByteString(String($0)) }
        return try EventStream(engine, try #require(try Command(words: words)))
    }

    /// The next message; any other event fails the test.
    private static func message(of stream: EventStream) throws -> RESPValue {
        let event = stream.next()
        guard case .message(let value, _) = event else {
            Issue.record("\(event)")
            throw Unexpected()
        }
        return value
    }

    private static func loss(of stream: EventStream) throws -> CommandFailure {
        let event = stream.next()
        guard case .lost(let failure) = event else {
            Issue.record("\(event)")
            throw Unexpected()
        }
        return failure
    }

    private struct Unexpected: Error {}

    @Test("A stream gives the confirmation and the messages, listens again, and ends when the server is gone")
    func subscribe() throws {
        let server = try ScriptedNode { request in
            switch request.text {
            case "CLUSTER SHARDS": clusterDisabled
            case "SUBSCRIBE news":
                .sequence([Self.confirmation, Self.message, Self.message].map(ScriptedNode.Answer.value))
            default: .ok
            }
        }
        let engine = Engine([server])
        let stream = try Self.stream(engine, "SUBSCRIBE news")
        #expect(try Self.message(of: stream) == Self.confirmation)
        #expect(try Self.message(of: stream) == Self.message)
        #expect(try Self.message(of: stream) == Self.message)
        #expect(try engine.value("GET foo") == .ok)
        #expect(
            server.requests.map { "\($0.connection) \($0.text)" } == [
                "0 CLUSTER SHARDS", "1 SUBSCRIBE news", "0 GET foo",
            ])
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        server.dropConnections()
        for _ in 0..<2 { #expect(try Self.message(of: stream) == Self.message) }
        let missed = notes.compactMap { if case .eventsMissed(let node, _, _?) = $0 { node } else { nil } }
        #expect(missed == [server.address])
        server.stop()
        #expect(try Self.loss(of: stream) == .noSeed([.init(node: server.address, reason: "Connection refused")]))
    }

    @Test("In place of redis-cli, and at a node that the user named, a stream ends with its connection")
    func endsWithConnection() throws {
        for isNamed in [true, false] {
            let server = try ScriptedNode { request in
                request.text == "SUBSCRIBE news" ? .value(Self.confirmation) : clusterDisabled
            }
            let engine = Engine([server])
            engine.router.routesCommands = isNamed
            let stream = try Self.stream(engine, (isNamed ? "@\(server.address) " : "") + "SUBSCRIBE news")
            #expect(try Self.message(of: stream) == Self.confirmation)
            server.dropConnections()
            #expect(try Self.loss(of: stream) == .replyLost(server.address, reason: "Server closed the connection"))
        }
    }

    @Test("A stream that is refused when it listens again is over, and says since when it has heard nothing")
    func refusedAgain() throws {
        for error in ["WRONGPASS invalid username-password pair", "NOAUTH Authentication required."] {
            let server = try ScriptedNode { $0.text.hasPrefix("CLUSTER") ? clusterDisabled : .ok }
            var settings = ConnectionSettings()
            let isUserRefused = error.hasPrefix("WRONGPASS")
            if isUserRefused { settings.session.credentials = .init(user: "bob", password: "secret") }
            let engine = Engine([server], settings)
            let stream = try Self.stream(engine, "MONITOR")
            #expect(try Self.message(of: stream) == .ok)
            var notes: [Note] = []
            engine.onNote = { notes.append($0) }
            server.answer { _ in .error(error) }
            server.dropConnections()
            if isUserRefused {
                #expect(try Self.loss(of: stream) == .userRefused(server.address, reason: error))
            } else {
                #expect(try Self.message(of: stream) == .error(error))
                #expect(stream.isOver)
            }
            let missed = notes.compactMap { if case .eventsMissed(let node, _, nil) = $0 { node } else { nil } }
            #expect(missed == [server.address])
        }
    }

    @Test("A reply that a lost connection still owed ends a stream on a standalone server")
    func lostReply() throws {
        let server = try ScriptedNode { request in
            switch request.text {
            case "SUBSCRIBE news": .value(Self.confirmation)
            case "PING": .close
            default: clusterDisabled
            }
        }
        let stream = try Self.stream(Engine([server]), "SUBSCRIBE news")
        #expect(try Self.message(of: stream) == Self.confirmation)
        stream.send(["PING"])
        #expect(try Self.loss(of: stream) == .replyLost(server.address, reason: "Server closed the connection"))
    }

    @Test("In RESP3 the messages are pushes, and other commands get their replies in between")
    func pushes() throws {
        let push = RESPValue.aggregate(.push, [.bulk("message"), .bulk("news"), .bulk("hello")])
        let confirmation = RESPValue.aggregate(.push, [.bulk("subscribe"), .bulk("news"), .integer(1)])
        let server = try ScriptedNode { request in
            switch request.text {
            case "CLUSTER SHARDS": clusterDisabled
            case "SUBSCRIBE news": .value(confirmation)
            case "PING": .sequence([.value(push), .text("+PONG\r\n")])
            default: .ok
            }
        }
        var settings = ConnectionSettings()
        settings.session.protocolVersion = 3
        let stream = try Self.stream(Engine([server], settings), "SUBSCRIBE news")
        #expect(try Self.message(of: stream) == confirmation)
        stream.send(["PING"])
        #expect(try Self.message(of: stream) == push)
        #expect(try Self.message(of: stream) == .status("PONG"))
    }

    @Test("MONITOR's lines are messages")
    func monitor() throws {
        let line = #"1700000000.000000 [0 127.0.0.1:1] "ping""#
        let server = try ScriptedNode { request in
            request.text == "MONITOR" ? .text("+OK\r\n+\(line)\r\n") : clusterDisabled
        }
        let stream = try Self.stream(Engine([server]), "MONITOR")
        #expect(try Self.message(of: stream) == .ok)
        #expect(try Self.message(of: stream) == .status(line))
    }

    @Test("A shard channel goes to the owner of its slot and follows MOVED")
    func shardChannel() throws {
        let confirmation = Self.words("ssubscribe", .bulk("foo"), .integer(1))
        let cluster = try ScriptedCluster(masters: 2)
        cluster.answer { [zero = cluster[0]] node, request in
            guard request.text == "SSUBSCRIBE foo" else { return nil }
            return node == 0 ? .value(confirmation) : .moved(12182, to: zero)
        }
        let engine = Engine(cluster)
        let stream = try Self.stream(engine, "SSUBSCRIBE foo")
        #expect(stream.node == cluster[1].address)
        #expect(try Self.message(of: stream) == confirmation)
        #expect(stream.node == cluster[0].address)
        #expect(engine.map.owners[HashSlot(key: "foo")] == cluster[0].address)
        #expect(cluster[1].commands == ["SSUBSCRIBE foo"])
    }

    @Test("A target picks the node, whose MOVED is shown")
    func target() throws {
        let cluster = try ScriptedCluster(masters: 2) { _, request in
            request.text == "SSUBSCRIBE foo" ? .error("MOVED 12182 127.0.0.1:1") : nil
        }
        let stream = try Self.stream(Engine(cluster), "@\(cluster[0].address) SSUBSCRIBE foo")
        #expect(stream.node == cluster[0].address)
        #expect(try Self.message(of: stream) == .error("MOVED 12182 127.0.0.1:1"))
    }

    @Test(
        "A single seed that cannot be reached is reported as the seed that the user named",
        arguments: ["MONITOR", "SUBSCRIBE a"])
    func deadSeed(command: String) throws {
        let node = try ScriptedNode { _ in .ok }
        node.stop()
        let stream = try Self.stream(Engine([node]), command)
        #expect(try Self.loss(of: stream) == .noSeed([.init(node: node.address, reason: "Connection refused")]))
    }

    @Test("A node that is down is retried for as long as a command would be")
    func dead() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster)
        engine.retryFor = 0.1
        cluster[1].stop()
        let stream = try Self.stream(engine, "SSUBSCRIBE foo")
        #expect(try Self.loss(of: stream) == .unreachable(cluster[1].address, reason: "Connection refused"))
        // The next command finds out who owns the slot now.
        let shards = ScriptedCluster.shards(ports: [cluster[0].port])
        cluster.answer { _, request in request.text == "CLUSTER SHARDS" ? .value(shards) : nil }
        #expect(try engine.value("GET foo") == .ok)
    }

    @Test("Input on another descriptor is reported")
    func input() throws {
        let server = try ScriptedNode { _ in clusterDisabled }
        let stream = try Self.stream(Engine([server]), "MONITOR")
        #expect(try Self.message(of: stream).isError)
        var ends: [CInt] = [-1, -1]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        #expect(write(ends[1], "x", 1) == 1)
        guard case .inputReady = stream.next(watching: ends[0]) else {
            Issue.record("the descriptor was not seen")
            return
        }
    }

    // MARK: The end of a subscription

    @Test("A subscription ends with its last channel of any kind, and not before")
    func kindsOfChannels() throws {
        let server = try ScriptedNode { request in
            switch request.text {
            case "CLUSTER SHARDS": clusterDisabled
            case "SUBSCRIBE news": .value(Self.confirmation)
            case "PSUBSCRIBE n*": .value(Self.words("psubscribe", .bulk("n*"), .integer(2)))
            case "SSUBSCRIBE foo": .value(Self.words("ssubscribe", .bulk("foo"), .integer(1)))
            case "SUNSUBSCRIBE": .value(Self.words("sunsubscribe", .bulk("foo"), .integer(0)))
            case "PUNSUBSCRIBE": .value(Self.words("punsubscribe", .bulk("n*"), .integer(1)))
            default: .value(Self.words("unsubscribe", .bulk("news"), .integer(0)))
            }
        }
        let stream = try Self.stream(Engine([server]), "SUBSCRIBE news")
        _ = try Self.message(of: stream)
        for command in ["PSUBSCRIBE n*", "SSUBSCRIBE foo", "SUNSUBSCRIBE", "PUNSUBSCRIBE", "UNSUBSCRIBE"] {
            #expect(!stream.isOver)
            stream.send(command.split(separator: " ").map { ByteString(String($0)) })
            _ = try Self.message(of: stream)
        }
        #expect(stream.isOver)
    }

    @Test("Leaving channels without a subscription is confirmed once per channel", arguments: [2, 3])
    func withoutSubscription(version: Int) throws {
        let server = try ScriptedNode { request in
            guard request.text.hasPrefix("UNSUBSCRIBE") else { return clusterDisabled }
            let channels = request.arguments.dropFirst()
            let replies = channels.isEmpty ? [RESPValue.null] : channels.map { .bulk($0) }
            return .sequence(
                replies.map {
                    .value(.aggregate(version == 2 ? .array : .push, [.bulk("unsubscribe"), $0, .integer(0)]))
                })
        }
        var settings = ConnectionSettings()
        settings.session.protocolVersion = version
        for (command, count) in [("UNSUBSCRIBE", 1), ("UNSUBSCRIBE a b", 2)] {
            let stream = try Self.stream(Engine([server], settings), command)
            for _ in 0..<count {
                #expect(!stream.isOver)
                _ = try Self.message(of: stream)
            }
            #expect(stream.isOver)
        }
    }

    @Test(
        "An oddly shaped reply ends the leaving too",
        arguments: [
            .integer(1), .array([.error("MOVED 1 127.0.0.1:1"), .integer(1), .integer(-1)]),
            words("subscribe", .bulk("news"), .integer(1)), .array([.bulk("message"), .bulk("news"), .bulk("hi")]),
        ] as [RESPValue])
    func oddConfirmation(reply: RESPValue) throws {
        let server = try ScriptedNode { $0.text == "UNSUBSCRIBE" ? .value(reply) : clusterDisabled }
        let stream = try Self.stream(Engine([server]), "UNSUBSCRIBE")
        #expect(try Self.message(of: stream) == reply)
        #expect(stream.isOver)
    }

    @Test("When a node drops a shard channel on its own, it has lost the slot, and the new owner is subscribed to")
    func movedShardChannel() throws {
        let cluster = try ScriptedCluster(masters: 2) { _, request in
            request.text == "SSUBSCRIBE foo" ? .value(Self.words("ssubscribe", .bulk("foo"), .integer(1))) : nil
        }
        let engine = Engine(cluster)
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        let stream = try Self.stream(engine, "SSUBSCRIBE foo")
        _ = try Self.message(of: stream)
        let shards = ScriptedCluster.shards(ports: [cluster[0].port])
        let message = Self.words("smessage", .bulk("foo"), .bulk("hello"))
        cluster.answer { [zero = cluster[0]] node, request in
            switch request.text {
            case "CLUSTER SHARDS": .value(shards)
            case "SSUBSCRIBE foo" where node == 1: .moved(12182, to: zero)
            case "SSUBSCRIBE foo":
                .sequence([
                    .value(Self.words("ssubscribe", .bulk("foo"), .integer(1))), .value(message),
                ])
            default: nil
            }
        }
        cluster[1].push(RESPText.bytes(of: Self.words("sunsubscribe", .bulk("foo"), .integer(0))))
        #expect(try Self.message(of: stream) == message)
        #expect(stream.node == cluster[0].address)
        let missed = notes.compactMap { if case .eventsMissed(let node, _, _?) = $0 { node } else { nil } }
        #expect(missed == [cluster[1].address])
    }

    @Test("When a node that the user named drops a shard channel, the subscription is over")
    func leftByNamedNode() throws {
        let cluster = try ScriptedCluster(masters: 2) { _, request in
            request.text == "SSUBSCRIBE foo" ? .value(Self.words("ssubscribe", .bulk("foo"), .integer(1))) : nil
        }
        let stream = try Self.stream(Engine(cluster), "@\(cluster[1].address) SSUBSCRIBE foo")
        _ = try Self.message(of: stream)
        let left = Self.words("sunsubscribe", .bulk("foo"), .integer(0))
        cluster[1].push(RESPText.bytes(of: left))
        guard case .left(left, .shardChannelElsewhere(cluster[1].address, owner: nil)) = stream.next() else {
            Issue.record("not told")
            return
        }
        #expect(stream.isOver)
    }

    @Test("Shard channels of several slots are heard at their owners, even an owner that MOVED names")
    func channelsOfSeveralSlots() throws {
        let cluster = try ScriptedCluster(masters: 2)
        cluster.answer { [zero = cluster[0]] node, request in
            switch request.text {
            case "SSUBSCRIBE foo" where node == 1, "SSUBSCRIBE bar" where node == 0:
                .value(Self.words("ssubscribe", .bulk(request.arguments[1]), .integer(1)))
            case "SSUBSCRIBE qux":
                node == 0 ? .value(Self.words("ssubscribe", .bulk("qux"), .integer(2))) : .moved(9995, to: zero)
            default: nil
            }
        }
        let engine = Engine(cluster)
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        let stream = try Self.stream(engine, "SSUBSCRIBE foo bar")
        var heard: [RESPValue] = []
        for _ in 0..<2 { heard.append(try Self.message(of: stream)) }
        stream.send(["SSUBSCRIBE", "qux"])
        heard.append(try Self.message(of: stream))
        // The order is open, but the user has one subscription, which counts all of its channels.
        #expect(Set(heard.map { Array($0.elements)[1].text }) == ["foo", "bar", "qux"])
        #expect(heard.map { Array($0.elements)[2].integer } == [1, 2, 3])
        #expect(!stream.isOver)
        // A channel that was not subscribed to before has missed nothing.
        #expect(!notes.contains { if case .eventsMissed = $0 { true } else { false } })
    }

    @Test("SUNSUBSCRIBE without a subscription goes to the owners of the channels' slots")
    func leavesShardChannels() throws {
        let cluster = try ScriptedCluster(masters: 2) { node, request in
            switch (request.text, node) {
            case ("SUNSUBSCRIBE foo", 1), ("SUNSUBSCRIBE bar", 0):
                .value(Self.words("sunsubscribe", .bulk(request.arguments[1]), .integer(0)))
            default: nil
            }
        }
        let stream = try Self.stream(Engine(cluster), "SUNSUBSCRIBE foo bar")
        var left: Set<String> = []
        for _ in 0..<2 { left.insert(Array(try Self.message(of: stream).elements).dropFirst().first?.text ?? "") }
        #expect(left == ["foo", "bar"])
        #expect(stream.isOver)
    }

    @Test("Keyspace events come from every master, are confirmed once, and each carries its node")
    func keySpaceEvents() throws {
        let confirmation = Self.words("psubscribe", .bulk("__key*"), .integer(1))
        let event = Self.words("pmessage", .bulk("__key*"), .bulk("__keyevent@0__:set"), .bulk("k"))
        let cluster = try ScriptedCluster(masters: 3) { _, request in
            request.text == "PSUBSCRIBE __key*" ? .sequence([.value(confirmation), .value(event)]) : nil
        }
        let stream = try Self.stream(Engine(cluster), "PSUBSCRIBE __key*")
        var confirmations = 0
        var nodes: Set<NodeAddress> = []
        while nodes.count < 3 {
            guard case .message(let value, let node) = stream.next() else { throw Unexpected() }
            if value == event, let node { nodes.insert(node) } else { confirmations += 1 }
        }
        #expect(confirmations == 1)
        #expect(nodes == Set((0..<3).map { cluster[$0].address }))
    }

    @Test("A connection that ends is replaced, and what may have been missed is reported once")
    func reconnects() throws {
        let line = #"1700000000.000001 [0 127.0.0.1:1] "get""#
        let asked = Mutex(0)
        let cluster = try ScriptedCluster(masters: 2) { node, request in
            guard request.text == "MONITOR" else { return nil }
            // The second node sends a message on its second connection.
            let isSecond =
                node == 1
                && asked.withLock { count in
                    count += 1
                    return count == 2
                }
            return isSecond ? .text("+OK\r\n+\(line)\r\n") : .ok
        }
        let engine = Engine(cluster)
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        let stream = try Self.stream(engine, "MONITOR")
        #expect(try Self.message(of: stream) == .ok)
        while asked.withLock({ $0 }) == 0 { usleep(1000) }
        cluster[1].dropConnections()
        #expect(try Self.message(of: stream) == .status(line))
        let missed = notes.compactMap { if case .eventsMissed(let node, _, _?) = $0 { node } else { nil } }
        #expect(missed == [cluster[1].address])
    }

    @Test("In RESP3, a standalone server sends messages on the connection of commands, in order")
    func sharedConnection() throws {
        func push(_ words: RESPValue...) -> RESPValue { .aggregate(.push, words) }
        let confirmation = push(.bulk("subscribe"), .bulk("news"), .integer(1))
        let invalidation = push(.bulk("invalidate"), .array([.bulk("k")]))
        let message = push(.bulk("message"), .bulk("news"), .bulk("hello"))
        let left = push(.bulk("unsubscribe"), .bulk("news"), .integer(0))
        let server = try ScriptedNode { request in
            switch request.text {
            case "CLUSTER SHARDS": clusterDisabled
            // A push that is not an answer comes before the confirmation.
            case "SUBSCRIBE news": .sequence([.value(invalidation), .value(confirmation)])
            case "GET k": .sequence([.value(message), .value(invalidation), .value(.bulk("v"))])
            case "UNSUBSCRIBE news": .value(left)
            default: .ok
            }
        }
        var settings = ConnectionSettings()
        settings.session.protocolVersion = 3
        let engine = Engine([server], settings)
        let stream = try Self.stream(engine, "SUBSCRIBE news")
        var heard: [RESPValue] = []
        engine.onPush = { value, _ in
            if case .message(let value, _)? = stream.take(push: value) { heard.append(value) }
        }
        #expect(try Self.message(of: stream) == invalidation)
        #expect(try Self.message(of: stream) == confirmation)
        #expect(try engine.value("GET k") == .bulk("v"))
        #expect(heard == [message, invalidation])
        stream.send(["UNSUBSCRIBE", "news"])
        #expect(try Self.message(of: stream) == left)
        #expect(stream.isOver)
        #expect(Set(server.requests.map(\.connection)) == [0])
    }

    @Test("MONITOR lines whose user can no longer be told are left out and counted")
    func untoldUsers() throws {
        let lines = (1...3).map { #"1700000000.00000\#($0) [0 10.0.0.\#($0):1] "get" "k""# }
        let server = try ScriptedNode { request in
            switch request.text {
            case "CLUSTER SHARDS": clusterDisabled
            case "MONITOR": .text("+OK\r\n" + lines.map { "+\($0)\r\n" }.joined())
            case "CLIENT LIST":
                .value(.bulk("id=1 addr=10.0.0.1:1 name= user=ann\nid=3 addr=10.0.0.3:1 user=joe lib-name=\n"))
            default: .ok
            }
        }
        let stream = try Self.stream(Engine([server]), "MONITOR")
        stream.user = "joe"
        #expect(try Self.message(of: stream) == .ok)
        #expect(try Self.message(of: stream) == .status(lines[2]))
        #expect(stream.untoldCount == 1)
        #expect(server.requests.count { $0.text == "CLIENT LIST" } <= 3)
    }
}
