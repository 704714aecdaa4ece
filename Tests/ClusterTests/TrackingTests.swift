import Foundation
import Glibc
import RESP
import Routing
import TestSupport
import Testing

/// Client-side caching over all nodes of a cluster.
struct TrackingTests {
    private static func invalidation(of key: String, at node: NodeAddress) -> String {
        "{\"\(node)\":[\"invalidate\",[\"\(key)\"]]}"
    }

    @Test("Each master's invalidation comes once, at once, with its node", arguments: ["", " BCAST PREFIX tracked:"])
    func everyMaster(mode: String) throws {
        let cluster = try TestCluster.shared
        let session = try cluster.session("--json --show-pushes yes")
        #expect(try session.ask("CLIENT TRACKING ON\(mode)").reply == "\"OK\"")
        // Connects to replicas as well, which would report the same once more.
        #expect(try session.ask("@all ECHO begin").reply.contains("begin"))
        let prefix = mode.isEmpty ? "tracked" : "tracked:all:"
        for master in cluster.masters {
            let key = cluster.key(prefix, on: master)
            #expect(try session.ask("EXISTS \(key)").reply == "0")
            try cluster.send("SET \(key) 1", to: master)
            #expect(try session.nextLine() == Self.invalidation(of: key, at: master))
        }
        #expect(try session.ask("@all ECHO end").reply.contains("end"))
        for master in cluster.masters { try cluster.send("DEL \(cluster.key(prefix, on: master))", to: master) }
    }

    @Test("A new master's invalidations come unasked, and those lost with the old one are noted")
    func failover() throws {
        let cluster = try TestCluster(options: "--cluster-node-timeout 3000 --cluster-require-full-coverage no")
        defer { cluster.stop() }
        let session = try cluster.session("--json --show-pushes yes")
        #expect(try session.ask("CLIENT TRACKING ON BCAST").reply == "\"OK\"")
        let lost = cluster.masters[1], heir = cluster.replicas[1]
        try cluster.kill(lost)
        let client = try cluster.client(heir)
        while !(try client.send("CLIENT", "LIST").text.split(separator: " ").contains { $0 == "flags=tB" }) {
            usleep(50_000)
        }
        let key = cluster.key("tracked", on: lost)
        while try client.send("SET", ByteString(key), "1").isError { usleep(50_000) }
        #expect(try session.nextLine() == Self.invalidation(of: key, at: heir))
        #expect(try session.end().error.contains("\(lost): the connection ended"))
    }

    @Test("Tracking that would not work is refused with the reason", arguments: ["", "-3"])
    func refusals(option: String) throws {
        let cluster = try TestCluster.shared
        let result = try cluster.run(option, command: "CLIENT TRACKING ON REDIRECT 5")
        #expect(result.exitStatus == 1)
        #expect(result.errorText.contains("CLIENT TRACKING was not sent"))
    }
}
