import Transport
import Clock
import Commands
import Engine
import Glibc
import RESP
import Routing
import TestSupport
import Testing

/// Connections that end: what is sent again, what is not, and what the user is told.
struct LostConnectionTests {
    private static let closed = "Server closed the connection"

    // MARK: One command

    @Test(
        "A write whose reply was lost is never sent again",
        arguments: [
            ("INCR foo", 1, .unanswered), ("LPUSH foo 1", 1, .unanswered),
            // The node was asked something else before.
            ("EVAL x 0", 0, .plain), ("NOSUCHWORD foo", 0, .plain),
        ] as [(String, Int, CommandFailure.ConnectionFault)])
    func writeIsSentOnce(command: String, node: Int, fault: CommandFailure.ConnectionFault) throws {
        let cluster = try ScriptedCluster(masters: 2) { _, request in request.text == command ? .close : nil }
        let engine = Engine(knowing: cluster)
        #expect(try engine.failure(command) == .unknownOutcome(cluster[node].address, reason: Self.closed, fault))
        #expect(cluster.nodes.flatMap(\.commands).filter { $0 == command }.count == 1)
    }

    @Test("A write with half a reply is not sent again")
    func halfReply() throws {
        let server = try ScriptedNode { _ in .sequence([.text("$5\r\nab"), .close]) }
        #expect(try Engine([server]).failure("INCR foo") == .unknownOutcome(server.address, reason: Self.closed))
        #expect(server.commands == ["INCR foo"])
    }

    @Test("Only a connection on which nothing has ever arrived suggests that the port may expect TLS")
    func answeredBefore() throws {
        let server = try ScriptedNode { $0.text == "GET foo" ? .ok : .close }
        let engine = Engine([server])
        #expect(try engine.value("GET foo") == .ok)
        #expect(try engine.failure("INCR foo") == .unknownOutcome(server.address, reason: Self.closed))
    }

    @Test("A read is sent again")
    func readIsSentAgain() throws {
        let losses = Countdown(1)
        let server = try ScriptedNode { _ in losses.next() ? .close : .ok }
        #expect(try Engine([server]).value("GET foo") == .ok)
        #expect(server.requests.map(\.text) == ["GET foo", "GET foo"])
        #expect(server.connectionCount == 2)
    }

    @Test("A read is sent again only once")
    func readIsSentTwice() throws {
        let server = try ScriptedNode { _ in .close }
        #expect(try Engine([server]).failure("GET foo") == .replyLost(server.address, reason: Self.closed, .unanswered))
        #expect(server.requests.map(\.text) == ["GET foo", "GET foo"])
    }

    @Test(
        "A node that hangs up while commands are being built for it: every key is read, none is deleted twice")
    func endsInMidst() throws {
        let keys = (0..<4000).map { "key:\($0)" }
        for (word, place) in [("MGET", 1), ("MGET", 300), ("DEL", 1), ("DEL", 300)] {
            let count = Countdown(place)
            let losses = Countdown(1)
            let cluster = try ScriptedCluster(masters: 2) { _, request in
                guard request.arguments[0].text == word else { return nil }
                if !count.next(), losses.next() { return .close }
                let values = request.arguments.dropFirst().map { RESPValue.bulk($0) }
                return .value(word == "DEL" ? .integer(values.count) : .array(values))
            }
            let command = Command(([word] + keys).map { ByteString($0) })
            let reply = try Engine(knowing: cluster).run(command)
            guard case .value(let value) = reply.body else { throw Failure() }
            let sent = cluster.nodes.flatMap(\.requests).filter { $0.arguments[0].text == word }
                .flatMap { $0.arguments.dropFirst() }
            guard word == "DEL" else {
                #expect(value == .array(keys.map { .bulk(ByteString($0)) }))
                continue
            }
            #expect(Set(sent).count == sent.count)
            guard case .partial(let failed) = reply.notes.first else { throw Failure() }
            #expect(value.integer == keys.count - failed.count && failed.count > 0)
        }
    }

    private struct Failure: Error {}

    @Test("A server that accepts connections and closes them is retried with pauses", arguments: ["GET foo", "DBSIZE"])
    func pauses(command: String) throws {
        let server = try ScriptedNode { _ in .close }
        let engine = Engine([server])
        let start = Instant.now
        for _ in 1...4 { #expect(try engine.failure(command) != nil) }
        #expect(server.connectionCount >= 4)
        // At least 50, 100 and 200 ms.
        #expect(start.secondsAgo > 0.3)
    }

    @Test("A command that was never written is sent again: a write waits for a master that is away")
    func unwrittenIsRetried() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster, retryFor: 5)
        let port = cluster[1].port
        cluster[1].stop()
        var returned: ScriptedNode?
        engine.onNote = { _ in
            if returned == nil { returned = try? ScriptedNode(port: port) }
        }
        #expect(try engine.value("INCR foo") == .ok)
        #expect(returned?.commands == ["INCR foo"])
    }

    @Test("A command with a timeout is not retried for longer than that", arguments: ["BLPOP foo bar 0.1"])
    func blockingCommand(command: String) throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster, retryFor: 600)
        cluster[1].stop()
        #expect(
            try engine.failure(command)
                == .retriesExhausted(cluster[1].address, last: "Connection refused", wasReached: false))
        #expect(engine.retryFor == 600)
    }

    @Test("A master that stays away is given up on")
    func deadMaster() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster, retryFor: 0.2)
        cluster[1].stop()
        #expect(
            try engine.failure("INCR foo")
                == .retriesExhausted(cluster[1].address, last: "Connection refused", wasReached: false))
        #expect(try engine.value("INCR bar") == .ok)
    }

    @Test("After a failover, the new master is found without the user's help")
    func failover() throws {
        let promoted = try ScriptedNode()
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster, retryFor: 5)
        cluster[1].stop()
        let shards = ScriptedCluster.shards(ports: [cluster[0].port, promoted.port])
        cluster.answer { _, request in request.text == "CLUSTER SHARDS" ? .value(shards) : nil }
        #expect(try engine.value("INCR foo") == .ok)
        #expect(promoted.commands == ["INCR foo"])
    }

    @Test("A connection that the server closed between two commands costs nothing")
    func idleClose() throws {
        let server = try ScriptedNode()
        let engine = Engine([server])
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        for _ in 1...3 {
            #expect(try engine.value("INCR foo") == .ok)
            server.dropConnections()
        }
        #expect(server.requests.map(\.connection) == [0, 1, 2])
        #expect(notes.isEmpty)
    }

    /// Idles until a node counts as out of reach, or no longer does; or for many looks at the cluster.
    ///
    /// - Returns: how many looks that took.
    private func idle(_ engine: Engine, until isMet: @escaping () -> Bool, looks most: Int = 200) throws -> Int {
        var ends: [CInt] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        var looks = 0
        engine.onConnection = { [ends] _ in
            looks += 1
            if isMet() || looks == most { write(ends[1], "x", 1) }
        }
        _ = engine.idle(until: .init(descriptor: ends[0]))
        return looks
    }

    @Test("A master that cannot be connected to is out of reach at once, whatever the cluster says, and comes back")
    func outOfReach() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster)
        engine.patience = 0.3
        let (node, port) = (cluster[1].address, cluster[1].port)
        #expect(try engine.value("GET foo") == .ok)
        #expect(!engine.cannotReach(node))
        cluster[1].stop()
        #expect(try idle(engine) { engine.cannotReach(node) } < 200)
        #expect(engine.map.healthyMasters.contains(node))
        let again = try ScriptedNode(port: port)
        #expect(try idle(engine) { !engine.cannotReach(node) } < 200)
        again.stop()
    }

    @Test("A master that only closes a connection stays within reach")
    func withinReach() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster)
        engine.patience = 0.5
        let node = cluster[1].address
        #expect(try engine.value("GET foo") == .ok)
        cluster[1].dropConnections()
        #expect(try idle(engine, until: { engine.cannotReach(node) }, looks: 3) == 3)
        // It was asked itself whether it is still there.
        #expect(cluster[1].questions == ["CLUSTER SHARDS"])
        #expect(try engine.value("GET foo") == .ok)
    }

    @Test("A keyless command goes to another node when the session's is gone")
    func homeMoves() throws {
        let cluster = try ScriptedCluster(masters: 3)
        let engine = Engine([cluster[0]])
        engine.ensureTopology()
        cluster[0].stop()
        #expect(try engine.value("EVAL x 0") == .ok)
        #expect(cluster[1].commands == ["EVAL x 0"])
        #expect(engine.map.home == cluster[1].address)
    }

    @Test("A keyless command goes to the seed again once that answers, and until then the prompt names the other node")
    func homeReturns() throws {
        let cluster = try ScriptedCluster(masters: 2) { node, request in
            guard request.text == "CLUSTER MYID" else { return nil }
            return node == 0 ? .close : .text("+me\r\n")
        }
        let engine = Engine([cluster[0]])
        engine.ensureTopology()
        #expect(engine.map.homeName == cluster[0].address)
        #expect(try engine.value("CLUSTER MYID").text == "me")
        #expect(engine.map.homeName == cluster[1].address)
        _ = try engine.run("DBSIZE")
        #expect(engine.refreshTopology())
        #expect(engine.map.homeName == cluster[0].address)
    }

    @Test("Garbage after a reply leaves open whether the command ran")
    func garbageAfterReply() throws {
        let server = try ScriptedNode { $0.text == "GET foo" ? .text("+ok\r\n") : .text("hello\r\n") }
        let engine = Engine([server])
        #expect(try engine.value("GET foo").text == "ok")
        let violation = ProtocolError.unknownType(UInt8(ascii: "h"))
        #expect(try engine.failure("INCR foo") == .protocolViolation(server.address, violation))
    }

    @Test("Garbage instead of a reply is reported as such", arguments: ["GET foo", "INCR foo"])
    func garbage(command: String) throws {
        let server = try ScriptedNode { _ in .text("hello\r\n") }
        let violation = ProtocolError.unknownType(UInt8(ascii: "h"))
        #expect(
            try Engine([server]).failure(command) == .protocolViolation(server.address, violation, isFirstReply: true))
        #expect(server.commands == [command])
    }

    // MARK: Many nodes

    @Test("In a fan-out, dead, closing and failing nodes are entries beside the good one")
    func fanOut() throws {
        let cluster = try ScriptedCluster(masters: 5) { node, request in
            guard request.text == "DBSIZE" else { return nil }
            return switch node {
            case 1: .close
            case 2: .error("ERR no")
            case 3: .text("hello\r\n")
            default: .text(":7\r\n")
            }
        }
        let engine = Engine(knowing: cluster, retryFor: 5)
        cluster[4].stop()
        let replies = try engine.dictionary("DBSIZE")
        #expect(replies.map(\.node.address) == cluster.nodes.map(\.address))
        #expect(
            replies.map(\.result) == [
                .success(.integer(7)),
                .failure(.replyLost(cluster[1].address, reason: Self.closed, .unanswered)),
                .success(.error("ERR no")),
                .failure(
                    .protocolViolation(cluster[3].address, .unknownType(UInt8(ascii: "h")), isFirstReply: true)),
                .failure(.unreachable(cluster[4].address, reason: "Connection refused")),
            ])
        let reply = try engine.run("DBSIZE")
        #expect(reply.outcome == .partial)
        guard case .coverage(let answered, 5, let failed) = reply.notes.first else {
            Issue.record("\(reply.notes)")
            return
        }
        #expect(answered == 1 || answered == 2)
        #expect(failed.map(\.subject) == cluster.nodes[1...].map(\.address))
    }

    @Test("A write in a fan-out is sent to each node once")
    func fanOutWrite() throws {
        let cluster = try ScriptedCluster(masters: 2) { node, request in
            node == 1 && request.text == "CONFIG SET a b" ? .close : nil
        }
        let replies = try Engine(cluster).dictionary("@all CONFIG SET a b")
        #expect(
            replies.map(\.result) == [
                .success(.ok), .failure(.unknownOutcome(cluster[1].address, reason: Self.closed, .unanswered)),
            ])
        #expect(cluster[1].commands == ["CONFIG SET a b"])
    }

    @Test("One slow node does not hold up the others")
    func slowNode() throws {
        let cluster = try ScriptedCluster(masters: 3)
        cluster.answer { [one = cluster[1], two = cluster[2]] node, request in
            guard request.text == "DBSIZE" else { return nil }
            // Answers once the others have been asked.
            while node == 0, !one.commands.contains("DBSIZE") || !two.commands.contains("DBSIZE") { usleep(1000) }
            return .text(":1\r\n")
        }
        let engine = Engine(knowing: cluster)
        #expect(try engine.dictionary("DBSIZE").allSatisfy { $0.value == .integer(1) })
    }
}
