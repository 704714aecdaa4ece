import Engine
import RESP
import Routing
import TestSupport
import Testing

/// Nodes that announce addresses other than those they are reached at.
struct AnnouncedAddressTests {
    /// Nodes that announce `host` instead of 127.0.0.1.
    private static func cluster(announcing host: String) throws -> ScriptedCluster {
        let cluster = try ScriptedCluster(masters: 2)
        let shards = ShardsReply.value(cluster.nodes.map { (host, $0.port) })
        cluster.answer { [owner = cluster[1].port] node, request in
            switch request.text {
            case "CLUSTER SHARDS": .value(shards)
            case "CLUSTER MYID": .value(.bulk(ByteString(String(repeating: "\(node)", count: 40))))
            case "GET foo" where node == 0: .error("MOVED 12182 \(host):\(owner)")
            default: nil
            }
        }
        return cluster
    }

    private static func engine(_ seed: NodeAddress, rule: String? = nil) -> Engine {
        var settings = ConnectionSettings()
        settings.addresses.rules = [rule.flatMap { AddressMap.Rule($0) }].compactMap(\.self)
        let engine = Engine(seeds: [seed], settings: settings)
        engine.retryFor = 0.3
        return engine
    }

    @Test("Topology, redirects and targets go through the map", arguments: ["GET foo", "PING", "@all PING"])
    func reachesNodesThroughTheMap(command: String) throws {
        let cluster = try Self.cluster(announcing: "127.9.9.9")
        let engine = Self.engine(cluster[0].address, rule: "127.9.9.9:*=127.0.0.1:*")
        #expect(try engine.run(command).outcome == .succeeded)
        #expect(cluster[1].commands.last == command.split(separator: "@all ").last.map(String.init))
        #expect(try engine.value("@127.9.9.9:\(cluster[1].port) ECHO x") == .ok)
        #expect(cluster[1].commands.last == "ECHO x")
    }

    @Test("A failure knows which node announced the address") func aFailureKnowsWhichNodeAnnouncedTheAddress() throws {
        let cluster = try Self.cluster(announcing: "127.9.9.9")
        let engine = Self.engine(cluster[0].address)
        guard case .retriesExhausted(let node?, _, wasReached: false) = try engine.failure("GET foo") else {
            Issue.record("no failure")
            return
        }
        #expect(node.description == "127.9.9.9:\(cluster[1].port)")
        #expect(node.announcement?.announcer == cluster[0].address)
    }

    /// localhost and 127.0.0.1: a seed, and the address it announces.
    @Test(
        "A node with two names has one connection",
        arguments: ["127.0.0.1", "127.9.9.9"])
    func aNodeWithTwoNamesHasOneConnection(announced: String) throws {
        let cluster = try Self.cluster(announcing: announced)
        let engine = Self.engine(NodeAddress(host: "localhost", port: cluster[0].port))
        #expect(engine.refreshTopology())
        #expect(engine.map.home.description == "\(announced):\(cluster[0].port)")
        for _ in 0..<2 {
            #expect(try engine.value("GET hello") == .ok)
            #expect(try engine.value("COMMAND COUNT") == .ok)
            #expect(engine.refreshTopology())
        }
        #expect(Set(cluster[0].requests.map(\.connection)) == [0])
        #expect(cluster[0].requests.count { $0.text == "CLUSTER MYID" } == 1)
    }

    @Test("An address map that maps several nodes to one is refused")
    func anAddressMapThatMapsSeveralNodesToOneIsRefused() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let shards = ShardsReply.value([("127.8.8.8", cluster[0].port), ("127.9.9.9", cluster[0].port)])
        cluster.answer { _, request in request.text == "CLUSTER SHARDS" ? .value(shards) : nil }
        var settings = ConnectionSettings()
        settings.addresses.otherwise = .atSeed
        let engine = Engine(seeds: [cluster[0].address], settings: settings)
        let announced = ["127.8.8.8", "127.9.9.9"].map { NodeAddress(host: $0, port: cluster[0].port) }
        #expect(try engine.failure("DBSIZE") == .sharedAddress(cluster[0].address, announced: announced))
        #expect(cluster[0].commands.isEmpty)
    }
}
