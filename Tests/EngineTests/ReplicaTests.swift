import Commands
import Engine
import RESP
import Routing
import TestSupport
import Testing

/// Whether a master has replicas, which have to confirm a write before an original is destroyed.
struct ReplicaTests {
    /// `foo` (node 1) moves to `bar` (node 0); the topology has no replicas.
    @Test(
        "A master without known replicas is asked, and replicas that it reports count",
        arguments: [
            ("RENAME foo bar", [0]), ("RPOPLPUSH foo bar", [0, 1]), ("COPY foo bar", []), ("MGET foo bar", []),
        ])
    func asksMaster(command: String, asked: [Int]) throws {
        for replicas in [0, 1] {
            let cluster = try ScriptedCluster(masters: 2) { _, request in
                guard request.text == "INFO replication" else { return nil }
                return .value(.bulk(ByteString("# Replication\r\nrole:master\r\nconnected_slaves:\(replicas)\r\n")))
            }
            #expect(try Self.waits(command, cluster) == (replicas > 0 && !asked.isEmpty))
            #expect((0..<2).filter { cluster[$0].commands.contains("INFO replication") } == asked)
        }
    }

    @Test("A master that does not say is assumed to have the replicas that the cluster knows")
    func refused() throws {
        let cluster = try ScriptedCluster(masters: 2) { _, request in
            request.text == "INFO replication" ? .error("NOPERM this user has no permissions") : nil
        }
        #expect(try !Self.waits("RENAME foo bar", cluster))
    }

    private static func waits(_ text: String, _ cluster: ScriptedCluster) throws -> Bool {
        let words = text.split(separator: " ").map { ByteString(String($0)) }
        let plan = try Engine(cluster).plan(for: Command(words, target: nil))
        guard case .crossSlot(let plan, _) = plan else {
            Issue.record("not a plan over slots")
            return false
        }
        return plan.outline.steps.joined().contains("WAIT")
    }
}
