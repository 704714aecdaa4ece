import Commands
import Engine
import RESP
import Routing
import TestSupport
import Testing

/// WATCH on a cluster of two masters; `foo` is at node 1, `bar` at node 0.
struct WatchTests {
    @Test("WATCH is blocked on a cluster until it is unblocked")
    func watchIsBlocked() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = Engine(knowing: cluster)
        for command in ["WATCH foo", "UNWATCH"] {
            guard case .blocked = try engine.failure(command) else {
                Issue.record("\(command) was not blocked")
                return
            }
        }
        #expect(cluster.nodes.flatMap(\.commands).isEmpty)
    }

    private static func watching(_ cluster: ScriptedCluster) throws -> Engine {
        let engine = Engine(knowing: cluster)
        engine.router.unblocked = ["WATCH", "UNWATCH"]
        #expect(try engine.value("WATCH foo") == .ok)
        return engine
    }

    @Test("WATCH pins the session: the block opens at its node, on its connection")
    func watch() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = try Self.watching(cluster)
        #expect(try engine.value("GET foo") == .ok)
        #expect(try engine.value("MULTI") == .ok)
        #expect(try engine.value("SET foo 1") == .status("QUEUED"))
        #expect(
            try engine.failure("SET bar 1").map { if case .outsideTransaction = $0 { true } else { false } } == true)
        #expect(try engine.value("EXEC") == .array([.ok]))
        #expect(cluster[1].commands == ["WATCH foo", "GET foo", "MULTI", "SET foo 1", "EXEC"])
        #expect(Set(cluster[1].requests.map(\.connection)) == [0])
        #expect(engine.transaction == .none)
    }

    @Test("Keys of another slot cannot be watched as well; UNWATCH goes to the node and ends the pin")
    func unwatch() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = try Self.watching(cluster)
        #expect(
            try engine.failure("WATCH bar").map { if case .outsideTransaction = $0 { true } else { false } } == true)
        #expect(try engine.value("UNWATCH") == .ok)
        #expect(try engine.value("WATCH bar") == .ok)
        #expect(cluster[1].commands == ["WATCH foo", "UNWATCH"])
        #expect(cluster[0].commands == ["WATCH bar"])
    }

    @Test("When the watching connection is lost, plain commands continue, but MULTI is refused")
    func lostWatch() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = try Self.watching(cluster)
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        cluster[1].dropConnections()
        #expect(try engine.value("GET foo") == .ok)
        #expect(notes == [.watchLost(cluster[1].address)])
        let lost = CommandFailure.transactionLost(cluster[1].address, reason: "the connection was lost", watched: true)
        #expect(try engine.failure("WATCH foo") == lost)
        #expect(try engine.failure("MULTI") == lost)
        #expect(try engine.failure("SET foo 1") == lost)
        #expect(try engine.failure("EXEC") == lost)
        #expect(cluster[1].commands == ["WATCH foo", "GET foo"])
        #expect(try engine.value("SET foo 1") == .ok)
    }

    @Test("A connection that ends right after WATCH's OK dooms the block, whatever comes before it")
    func lostAtOnce() throws {
        let cluster = try ScriptedCluster.withBlocks { _, request in
            request.text == "WATCH foo" ? .sequence([.ok, .close]) : nil
        }
        let engine = try Self.watching(cluster)
        let lost = CommandFailure.transactionLost(cluster[1].address, reason: "the connection was lost", watched: true)
        #expect(try engine.value("GET foo") == .ok)
        #expect(try engine.failure("MULTI") == lost)
        #expect(try engine.failure("SET foo 1") == lost)
        #expect(try engine.failure("EXEC") == lost)
        #expect(!cluster[1].commands.contains("EXEC"))
    }

    @Test("A slot that moves ends the watch on its keys: no block can begin")
    func movedWatch() throws {
        let cluster = try ScriptedCluster.withBlocks { node, request in
            node == 1 && request.text == "WATCH {foo}2" ? .error("MOVED 12182 127.0.0.1:1") : nil
        }
        let engine = try Self.watching(cluster)
        let lost = CommandFailure.transactionLost(
            cluster[1].address, reason: "MOVED 12182 127.0.0.1:1", watched: true)
        for line in ["WATCH {foo}2", "MULTI", "SET foo 1", "EXEC"] { #expect(try engine.failure(line) == lost) }
        #expect(cluster[1].commands == ["WATCH foo", "WATCH {foo}2", "UNWATCH"])
        #expect(engine.transaction == .none)
    }

    @Test("UNWATCH clears a watch that was lost")
    func unwatchLost() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = try Self.watching(cluster)
        cluster[1].dropConnections()
        #expect(try engine.value("UNWATCH") == .ok)
        #expect(try engine.value("MULTI") == .ok)
        #expect(try engine.value("SET foo 1") == .status("QUEUED"))
        #expect(try engine.value("EXEC") == .array([.ok]))
    }
}
