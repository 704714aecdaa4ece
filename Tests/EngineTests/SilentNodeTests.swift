import Commands
import Engine
import Glibc
import RESP
import Routing
import TestSupport
import Testing

/// Nodes that owe a reply, and that the rest of the cluster calls failed, or says to have lost the slot.
struct SilentNodeTests {
    /// Two masters that know each other; node 1 is silent, and the other says so in its view of the cluster.
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
        "A read goes on at the new owner, a write is unknown", arguments: ["GET foo", "SET foo 1", "BLPOP foo 0"],
        [false, true])
    func replaced(command: String, isPipelined: Bool) throws {
        let successor = try ScriptedNode()
        let cluster = try Self.cluster(successor: successor)
        let engine = Engine([cluster[0]], retryFor: 5)
        engine.ensureTopology()
        engine.patience = 0.05
        let failure =
            isPipelined && !command.hasPrefix("BLPOP")
            ? try engine.pipelinedFailure(command) : try engine.failure(command)
        if command.hasPrefix("GET") {
            #expect(failure == nil)
            #expect(successor.commands == [command])
        } else {
            #expect(failure == .unknownOutcome(cluster[1].address, reason: "no reply"))
            #expect(successor.commands.isEmpty)
        }
    }

    @Test("A fan-out has an entry for a node that has failed, beside the replies of the others")
    func failed() throws {
        let cluster = try Self.cluster(successor: nil)
        let engine = Engine([cluster[0]], retryFor: 5)
        engine.ensureTopology()
        engine.patience = 0.05
        let replies = try engine.dictionary("@all DBSIZE")
        #expect(replies.map(\.isAnswer) == [true, false])
    }

    @Test("A node that is only busy is waited for")
    func busy() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster)
        engine.patience = 0.05
        cluster.answer { [other = cluster[0]] _, request in
            // Two looks would do to leave a node that has lost the slot.
            while request.text == "GET foo", other.questions.count < 5 { usleep(1000) }
            return nil
        }
        #expect(try engine.value("GET foo") == .ok)
        #expect(cluster[1].commands == ["GET foo"])
    }

    // The first look may be at a node that has not heard yet that the slot has come there.
    @Test("A node that has lost its slot by one look alone is waited for")
    func oneLook() throws {
        let successor = try ScriptedNode()
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster, retryFor: 5)
        engine.patience = 0.05
        let view = ScriptedCluster.shards(ports: [cluster[0].port, successor.port])
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
