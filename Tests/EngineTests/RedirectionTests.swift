import Commands
import Engine
import RESP
import Routing
import TestSupport
import Testing

/// MOVED, ASK and transient errors.
struct RedirectionTests {
    private static let foo = HashSlot(key: "foo")

    @Test("MOVED is followed and patches only its slot; the next command goes directly to the new owner")
    func moved() throws {
        let target = try ScriptedNode { $0.text == "CLUSTER SHARDS" ? .error("NOPERM") : .ok }
        let seed = try ScriptedNode { [target] request in
            if request.text.hasPrefix("CLUSTER") { return .error("NOPERM") }
            return request.text.hasSuffix("foo") ? .moved(12182, to: target) : .ok
        }
        let engine = Engine([seed])
        #expect(try engine.value("GET foo") == .ok)
        #expect(seed.commands == ["GET foo"])
        #expect(engine.map.owners[Self.foo] == target.address)
        #expect(engine.map.owners[HashSlot(key: "key")] == nil)
        #expect(try engine.value("DEL foo") == .ok)
        #expect(try engine.value("GET key") == .ok)
        #expect(seed.commands == ["GET foo", "HELLO", "GET key"])
        #expect(target.commands == ["GET foo", "DEL foo"])
        #expect(seed.questions == ["CLUSTER SHARDS", "CLUSTER SLOTS"])
    }

    @Test("MOVED leads to a topology refresh with the next command, and not earlier")
    func refreshesAfterMoved() throws {
        let cluster = try ScriptedCluster(masters: 2)
        cluster.answer { [right = cluster[1]] node, request in
            node == 0 && request.text == "GET foo" ? .moved(12182, to: right) : nil
        }
        let engine = Engine([cluster[0]])
        #expect(try engine.value("GET foo") == .ok)
        #expect(cluster[0].questions.isEmpty && cluster[1].questions.isEmpty)
        #expect(engine.map.topology == nil)
        #expect(try engine.value("GET key") == .ok)
        #expect(engine.map.topology?.nodes.count == 2)
        #expect(cluster[0].commands == ["GET foo"])
        #expect(cluster[1].commands == ["GET foo", "GET key"])
        #expect(cluster[0].questions == ["CLUSTER SHARDS"])
    }

    @Test("A node whose CLUSTER has been renamed is followed all the same, again and again")
    func movedWithoutCluster() throws {
        let target = try ScriptedNode()
        let seed = try ScriptedNode { [target] request in
            request.text == "SET foo 1" ? .moved(12182, to: target) : .error("ERR unknown command")
        }
        let engine = Engine([seed])
        for _ in 0..<3 { #expect(try engine.value("SET foo 1") == .ok) }
        #expect(target.commands.filter { $0 == "SET foo 1" }.count == 3)
    }

    @Test("An empty host in MOVED means the host that was asked", arguments: ["", "?"])
    func movedWithoutHost(host: String) throws {
        let target = try ScriptedNode()
        let seed = try ScriptedNode { [port = target.port] _ in .error("MOVED 12182 \(host):\(port)") }
        #expect(try Engine([seed]).value("SET foo 1") == .ok)
        #expect(target.commands == ["SET foo 1"])
    }

    @Test("ASK sends ASKING before the command, even to an unknown node, and leaves the map as it was")
    func ask() throws {
        let importing = try ScriptedNode()
        let cluster = try ScriptedCluster(masters: 2) { [importing] _, request in
            request.text == "GET foo" ? .ask(12182, to: importing) : nil
        }
        let engine = Engine(cluster)
        #expect(engine.ensureTopology())
        #expect(try engine.value("GET foo") == .ok)
        #expect(try engine.value("GET foo") == .ok)
        #expect(importing.commands == ["ASKING", "GET foo", "ASKING", "GET foo"])
        #expect(Set(importing.requests.map(\.connection)) == [0])
        #expect(cluster[1].commands == ["GET foo", "GET foo"])
        #expect(engine.map.owners[Self.foo] == cluster[1].address)
        #expect(cluster[0].questions.count + cluster[1].questions.count == 1)
    }

    @Test(
        "Transient errors are waited out",
        arguments: [
            "TRYAGAIN Multiple keys request during rehashing of slot", "CLUSTERDOWN The cluster is down",
            "LOADING Redis is loading the dataset in memory",
            "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
            "READONLY You can't write against a read only replica.",
        ])
    func waits(error: String) throws {
        let answers = Countdown(2)
        let cluster = try ScriptedCluster(masters: 2) { _, request in
            request.text == "SET foo 1" && answers.next() ? .error(error) : nil
        }
        let engine = Engine(knowing: cluster, retryFor: 5)
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        #expect(try engine.value("SET foo 1") == .ok)
        #expect(cluster[1].commands == ["SET foo 1", "SET foo 1", "SET foo 1"])
        let node = cluster[1].address
        #expect(notes.count == 2)
        for note in notes {
            guard case .waiting(node, error, _) = note else {
                Issue.record("\(note)")
                continue
            }
        }
    }

    @Test(
        "When the retry time is up, the server's last error is the reply",
        arguments: ["TRYAGAIN a", "CLUSTERDOWN b", "READONLY c"])
    func givesUp(error: String) throws {
        let cluster = try ScriptedCluster(masters: 1) { _, request in
            request.text == "SET foo 1" ? .error(error) : nil
        }
        let engine = Engine(knowing: cluster, retryFor: 0.2)
        #expect(try engine.value("SET foo 1") == .error(error))
        #expect(cluster[0].commands.count > 1)
    }

    @Test("A node that has become a replica is left for the new master")
    func readonlyMovesOn() throws {
        let promoted = try ScriptedNode()
        let shards = ScriptedCluster.shards(ports: [promoted.port])
        let demoted = try ScriptedNode { request in
            request.text == "CLUSTER SHARDS"
                ? .value(shards) : .error("READONLY You can't write against a read only replica.")
        }
        #expect(try Engine([demoted], retryFor: 5).value("SET foo 1") == .ok)
        #expect(demoted.requests.map(\.text) == ["SET foo 1", "CLUSTER SHARDS", "CLUSTER MYID"])
        #expect(promoted.commands == ["SET foo 1"])
    }

    @Test("A standalone replica has no master to look for: its READONLY is the reply")
    func standaloneReplica() throws {
        let error = "READONLY You can't write against a read only replica."
        let server = try ScriptedNode { $0.text == "CLUSTER SHARDS" ? clusterDisabled : .error(error) }
        let engine = Engine([server], retryFor: 5)
        #expect(try engine.value("SET foo 1") == .error(error))
        #expect(try engine.value("SET foo 1") == .error(error))
        #expect(server.commands.count == 3)
        #expect(server.questions.count == 1)
    }

    @Test(
        "Nodes that send a command in circles are given time, and given up on when it runs out",
        arguments: [false, true])
    func loops(isPipelined: Bool) throws {
        let cluster = try ScriptedCluster(masters: 2)
        cluster.answer { [zero = cluster[0], one = cluster[1]] node, request in
            request.text == "GET foo" ? .moved(12182, to: node == 0 ? one : zero) : nil
        }
        let engine = Engine([cluster[0]])
        let failure = isPipelined ? try engine.pipelinedFailure("GET foo") : try engine.failure("GET foo")
        guard case .redirectLoop(let node) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        // The node that sent the last redirect.
        #expect(cluster.nodes.contains { $0.address == node })
        #expect(4...Redirect.maximumHops ~= cluster[0].commands.count + cluster[1].commands.count)
    }

    @Test("MOVED to a node that is gone is retried until the time is up", arguments: ["GET foo", "SET foo 1"])
    func movedToDeadNode(command: String) throws {
        let gone = try ScriptedNode()
        gone.stop()
        let seed = try ScriptedNode { [port = gone.port] request in
            request.text.hasPrefix("CLUSTER") ? .error("NOPERM") : .error("MOVED 12182 127.0.0.1:\(port)")
        }
        let engine = Engine([seed], retryFor: 0.2)
        #expect(
            try engine.failure(command)
                == .retriesExhausted(gone.address, last: "Connection refused", wasReached: false))
        #expect(
            try engine.failure(command)
                == .retriesExhausted(gone.address, last: "Connection refused", wasReached: false))
        #expect(seed.commands.count < 20)
    }

    @Test(
        "A direct session shows redirects and follows none",
        arguments: ["MOVED 12182 127.0.0.1:1", "ASK 12182 127.0.0.1:1", "TRYAGAIN x", "CLUSTERDOWN x"])
    func direct(error: String) throws {
        let server = try ScriptedNode { _ in .error(error) }
        let engine = Engine([server])
        engine.router.routesCommands = false
        #expect(try engine.value("GET foo") == .error(error))
        #expect(server.requests.map(\.text) == ["GET foo"])
    }

    @Test("With a target of one node, its MOVED is shown")
    func target() throws {
        let cluster = try ScriptedCluster(masters: 2) { node, request in
            node == 0 && request.text == "GET foo" ? .error("MOVED 12182 127.0.0.1:1") : nil
        }
        #expect(try Engine(cluster).value("@\(cluster[0].address) GET foo") == .error("MOVED 12182 127.0.0.1:1"))
        #expect(cluster[1].requests.isEmpty)
    }
}
