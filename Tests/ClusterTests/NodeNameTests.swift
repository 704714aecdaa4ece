import Commands
import Engine
import Glibc
import RESP
import Routing
import TestSupport
import Testing
import Transport

/// A cluster whose nodes announce host names, each with a certificate that is only for its own name.
struct NodeNameTests {
    private static let names = ["a.slotline.test", "b.slotline.test", "c.slotline.test"]
    /// A key in each third of the slots.
    private static let keys: [ByteString] = ["b", "c", "a"]

    private struct Cluster {
        let certificates: Certificates
        private(set) var nodes: [(server: RedisServer, port: Int)] = []

        /// - Parameter names: the names that the nodes' certificates are for, in order.
        init(certificatesFor names: [String]) throws {
            certificates = try Certificates()
            for (index, name) in names.enumerated() {
                try certificates.make("node\(index)", for: "DNS:\(name)")
                let port = try Loopback.freePort()
                let server = try RedisServer([
                    "--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1", "--cluster-announce-hostname",
                    NodeNameTests.names[index], "--cluster-preferred-endpoint-type", "hostname", "--tls-port",
                    "\(port)",
                    "--tls-cert-file", certificates.path("node\(index).crt"), "--tls-key-file",
                    certificates.path("node\(index).key"), "--tls-ca-cert-file", certificates.path("ca.crt"),
                    "--tls-auth-clients", "no", "--tls-cluster", "yes",
                ])
                let start = HashSlot.count * index / names.count, end = HashSlot.count * (index + 1) / names.count - 1
                try server.send("CLUSTER", "ADDSLOTSRANGE", ByteString("\(start)"), ByteString("\(end)"))
                nodes.append((server, port))
            }
            for node in nodes.dropFirst() {
                try nodes[0].server.send("CLUSTER", "MEET", "127.0.0.1", ByteString("\(node.port)"))
            }
            for node in nodes {
                while try !isSettled(node.server) { usleep(20_000) }
            }
        }

        /// True when the node knows all slots and all names.
        private func isSettled(_ server: RedisServer) throws -> Bool {
            guard try server.send("CLUSTER", "INFO").text.contains("cluster_state:ok") else { return false }
            let text = try server.send("CLUSTER", "NODES").text
            return NodeNameTests.names.allSatisfy { text.contains($0) }
        }

        /// An engine whose resolver knows only the three names.
        func engine() throws -> Engine {
            var tls = TLSSettings()
            tls.authorityFile = ByteString(certificates.path("ca.crt"))
            var settings = ConnectionSettings()
            settings.tls = try TLSContext(tls)
            settings.syscalls.resolve = { name, port throws(TransportError) in
                guard NodeNameTests.names.contains(name) else { throw .unresolved("no such name") }
                return try SocketAddress.resolve(host: "127.0.0.1", port: port)
            }
            return Engine(seeds: [NodeAddress(host: NodeNameTests.names[0], port: nodes[0].port)], settings: settings)
        }
    }

    @Test("A command that follows MOVED verifies each node by its own name", .enabled(if: try hasHostNames))
    func eachByItsOwnName() throws {
        let cluster = try Cluster(certificatesFor: Self.names)
        let engine = try cluster.engine()
        for key in Self.keys {
            #expect(try engine.run(Command(["SET", key, "v"])).outcome == .succeeded)
            #expect(try engine.run(Command(["GET", key])).outcome == .succeeded)
        }
        for (node, key) in zip(cluster.nodes, Self.keys) { #expect(try node.server.send("GET", key).text == "v") }
        #expect(Set(engine.map.owners.owners.map(\.host)) == Set(Self.names))
    }

    @Test("A certificate for another node's name is not the node's own", .enabled(if: try hasHostNames))
    func anotherNodesName() throws {
        let cluster = try Cluster(certificatesFor: [Self.names[0], Self.names[0], Self.names[2]])
        let engine = try cluster.engine()
        engine.retryFor = 0.2
        for key in [Self.keys[0], Self.keys[2]] {
            #expect(try engine.run(Command(["SET", key, "v"])).outcome == .succeeded)
        }
        #expect {
            try engine.run(Command(["SET", Self.keys[1], "v"]))
        } throws: { error in
            "\(error)".contains("for a.slotline.test, not for b.slotline.test")
        }
        #expect(try cluster.nodes[1].server.send("EXISTS", Self.keys[1]).integer == 0)
    }

    /// Since Redis 7.0.
    private static var hasHostNames: Bool {
        get throws {
            let server = try RedisServer(["--cluster-enabled", "yes"])
            defer { server.stop() }
            return try !server.send("CONFIG", "GET", "cluster-announce-hostname").list.isEmpty
        }
    }
}
