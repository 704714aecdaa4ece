import Commands
import Engine
import Glibc
import RESP
import Routing
import Synchronization
import TestSupport
import Testing

/// Nodes that owe a reply, and that the rest of the cluster says have failed, or have lost the slot.
struct SilentNodeTests {
    /// Two masters that know each other; node 1 is silent, and the other's view of the cluster shows it.
    ///
    /// - Parameter successor: the new owner of the slots of node 1; nil when it has only failed.
    private static func cluster(successor: ScriptedNode?) throws -> ScriptedCluster {
        let cluster = try ScriptedCluster(masters: 2)
        let view = ScriptedCluster.shards(
            ports: [cluster[0].port, successor?.port ?? cluster[1].port],
            health: ["online", successor == nil ? "fail" : "online"])
        let asked = Countdown(1)
        cluster.answer { node, request in
            guard node == 0 else { return .silence }
            return request.text == "CLUSTER SHARDS" && !asked.next() ? .value(view) : nil
        }
        return cluster
    }

    @Test(
        "A read moves on to the new owner, and a write's outcome is unknown",
        arguments: ["GET foo", "SET foo 1", "BLPOP foo 0"],
        [false, true])
    func replaced(command: String, isPipelined: Bool) throws {
        let successor = try ScriptedNode()
        let cluster = try Self.cluster(successor: successor)
        let engine = Engine([cluster[0]], retryFor: 5)
        engine.ensureTopology()
        engine.patience = 0.05
        let failure = try engine.failure(command, isPipelined && !command.hasPrefix("BLPOP"))
        if command.hasPrefix("GET") {
            #expect(failure == nil)
            #expect(successor.commands == [command])
        } else {
            #expect(failure == .unknownOutcome(cluster[1].address, reason: "no reply"))
            #expect(successor.commands.isEmpty)
        }
    }

    @Test("A fan-out has an entry for a failed node, beside the replies of the others")
    func failed() throws {
        let cluster = try Self.cluster(successor: nil)
        let engine = Engine([cluster[0]], retryFor: 5)
        engine.ensureTopology()
        engine.patience = 0.05
        let replies = try engine.dictionary("@all DBSIZE")
        #expect(replies.map(\.isAnswer) == [true, false])
    }

    @Test("A fan-out has an entry for a node that has left the topology")
    func departed() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let rest = ScriptedCluster.shards(ports: [cluster[0].port])
        let asked = Countdown(1)
        cluster.answer { node, request in
            guard node == 0 else { return .silence }
            return request.text == "CLUSTER SHARDS" && !asked.next() ? .value(rest) : nil
        }
        let engine = Engine(knowing: cluster, retryFor: 5)
        engine.patience = 0.05
        let replies = try engine.dictionary("@all DBSIZE")
        #expect(replies.map(\.isAnswer) == [true, false])
    }

    @Test(
        "A late reply from a node that has been replaced meanwhile does not count",
        arguments: [
            ("GET foo", false, false), ("SET foo 1", false, false), ("GET foo", true, false),
            ("SET foo 1", true, false),
            ("SET foo 1", false, true), ("SET foo 1", true, true),
        ])
    func late(command: String, isPipelined: Bool, staysListed: Bool) throws {
        let successor = try ScriptedNode()
        let cluster = try ScriptedCluster(masters: 2)
        var views = [cluster[1].port, successor.port].map { ScriptedCluster.shards(ports: [cluster[0].port, $0]) }
        if staysListed {
            // The cluster still lists it as a master, alive and without slots.
            let node = RESPValue.map([
                .bulk("id"), .bulk("replaced"), .bulk("port"), .integer(cluster[1].port), .bulk("ip"),
                .bulk("127.0.0.1"), .bulk("role"), .bulk("master"), .bulk("health"), .bulk("online"),
            ])
            let shard = RESPValue.map([.bulk("slots"), .array([]), .bulk("nodes"), .array([node])])
            views[1] = .array(Array(views[1].elements) + [shard])
        }
        let answers = views
        let isReplaced = Atomic(false)
        cluster.answer { node, request in
            guard request.text != "CLUSTER SHARDS" else {
                return .value(answers[isReplaced.load(ordering: .relaxed) ? 1 : 0])
            }
            guard node == 1 else { return nil }
            // The topology is looked at before, and has not changed.
            usleep(500_000)
            isReplaced.store(true, ordering: .relaxed)
            return .ok
        }
        let engine = Engine(knowing: cluster, retryFor: 5)
        engine.patience = 0.2
        let failure = try engine.failure(command, isPipelined)
        if command.hasPrefix("GET") {
            #expect(failure == nil)
            #expect(successor.commands == [command])
        } else {
            #expect(failure == .unknownOutcome(cluster[1].address, reason: "no reply"))
        }
    }

    @Test("A node known only from a MOVED is asked about too", arguments: ["GET foo", "SET foo 1"])
    func replacedBehindMoved(command: String) throws {
        let successor = try ScriptedNode()
        let cluster = try ScriptedCluster(masters: 2)
        let view = ScriptedCluster.shards(ports: [cluster[0].port, cluster[1].port, successor.port])
        cluster.answer { [one = cluster[1]] node, request in
            guard node == 0 else { return .silence }
            return request.text == "CLUSTER SHARDS" ? .value(view) : .moved(12182, to: one)
        }
        let engine = Engine([cluster[0]], retryFor: 5)
        engine.patience = 0.05
        let failure = try engine.failure(command)
        #expect(failure == (command == "GET foo" ? nil : .unknownOutcome(cluster[1].address, reason: "no reply")))
        #expect(successor.commands == (command == "GET foo" ? [command] : []))
    }

    @Test(
        "Nothing is sent to a node that the cluster calls failed; its slots wait for another", arguments: [false, true])
    func waitsForSuccessor(isPipelined: Bool) throws {
        let successor = try ScriptedNode()
        let cluster = try ScriptedCluster(masters: 2)
        let failed = ScriptedCluster.shards(ports: cluster.nodes.map(\.port), health: ["online", "fail"])
        let view = ScriptedCluster.shards(ports: [cluster[0].port, cluster[1].port, successor.port])
        let looks = Countdown(3)
        cluster.answer { node, request in
            guard node == 0 else { return .silence }
            return request.text == "CLUSTER SHARDS" ? .value(looks.next() ? failed : view) : nil
        }
        let engine = Engine(knowing: cluster, retryFor: 20)
        #expect(try engine.failure("SET foo 1", isPipelined) == nil)
        #expect(cluster[1].commands.isEmpty)
        #expect(successor.commands == ["SET foo 1"])
        // The time for that runs out eventually.
        cluster.answer { node, request in
            node == 0 && request.text == "CLUSTER SHARDS" ? .value(failed) : node == 0 ? nil : .silence
        }
        engine.refreshTopology()
        engine.retryFor = 0.2
        #expect(
            try engine.failure("SET foo 1", isPipelined)
                == .retriesExhausted(cluster[1].address, last: "marked as failed by the cluster"))
        #expect(cluster[1].commands.isEmpty)
    }

    @Test(
        "A reply has a timeout, except that of a blocking command",
        arguments: [
            ("GET foo", false), ("SET foo 1", false), ("DBSIZE", false), ("GET foo", true), ("SET foo 1", true),
        ])
    func timeout(command: String, isPipelined: Bool) throws {
        let server = try ScriptedNode { request in
            switch request.text {
            case "CLUSTER SHARDS": clusterDisabled
            case "BLPOP foo 0": .later(.milliseconds(400), .ok)
            default: .silence
            }
        }
        let engine = Engine([server])
        engine.ensureTopology()
        engine.replyTimeout = 0.1
        let reason = "no reply for 0.1 s"
        #expect(
            try engine.failure(command, isPipelined)
                == (command == "SET foo 1"
                    ? .unknownOutcome(server.address, reason: reason) : .replyLost(server.address, reason: reason)))
        #expect(try engine.value("BLPOP foo 0") == .ok)
    }

    @Test("A node that is only busy is waited for")
    func busy() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster)
        engine.patience = 0.05
        cluster.answer { [other = cluster[0]] _, request in
            // Two looks would be enough to leave a node that has lost the slot.
            while request.text == "GET foo", other.questions.count < 5 { usleep(1000) }
            return nil
        }
        #expect(try engine.value("GET foo") == .ok)
        #expect(cluster[1].commands == ["GET foo"])
    }

    // The first look may be at a node that has not heard yet that the slot has moved here.
    @Test("A node that has lost its slot in just one look is waited for")
    func oneLook() throws {
        let successor = try ScriptedNode()
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster, retryFor: 5)
        engine.patience = 0.05
        let view = ScriptedCluster.shards(ports: [cluster[0].port, cluster[1].port, successor.port])
        let wrong = Countdown(1)
        cluster.answer { [other = cluster[0]] node, request in
            if node == 0, request.text == "CLUSTER SHARDS", wrong.next() { return .value(view) }
            while node == 1, request.text == "GET foo", other.questions.count < 5 { usleep(1000) }
            return nil
        }
        #expect(try engine.value("GET foo") == .ok)
        #expect(successor.commands.isEmpty)
    }
}
