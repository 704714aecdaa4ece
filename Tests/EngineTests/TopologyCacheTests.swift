import Commands
import Engine
import Foundation
import RESP
import Routing
import TestSupport
import Testing

/// A cluster's nodes, kept from one run to the next.
struct TopologyCacheTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/slotline/nodes/seed" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func engine(_ seeds: [ScriptedNode], _ settings: ConnectionSettings = .init()) -> Engine {
        let engine = Engine(seeds, settings)
        engine.cache = TopologyCache { [path] in ByteString(path) }
        return engine
    }

    private func keep(_ text: String, mode: Int = 0o600) throws {
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/slotline/nodes", withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private var kept: String? { try? String(contentsOfFile: path, encoding: .utf8) }

    private static func lines(_ nodes: [ScriptedNode]) -> String {
        nodes.map { "master \($0.address)\n" }.joined()
    }

    @Test("The nodes of the last run are connected to while the seed is asked")
    func connectsAtOnce() throws {
        let cluster = try ScriptedCluster(masters: 3)
        try keep(Self.lines(cluster.nodes))
        cluster.answer { [nodes = cluster.nodes] _, request in
            guard request.text == "CLUSTER SHARDS" else { return nil }
            // Without a hint, there would be no connections.
            while nodes.contains(where: { $0.connectionCount == 0 }) { usleep(1000) }
            return nil
        }
        let engine = engine([cluster[0]])
        engine.patience = 30
        _ = try engine.run("DBSIZE")
        for node in cluster.nodes {
            #expect(node.commands == ["DBSIZE"])
            #expect(node.connectionCount == 1)
        }
    }

    @Test("A node that has left the cluster is sent nothing, least of all a password")
    func sendsNothingToStrangers() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let (stranger, dead) = (try ScriptedNode(), try ScriptedNode())
        dead.stop()
        try keep(Self.lines([cluster[0], stranger, dead]))
        cluster.answer { [stranger] _, request in
            if request.text == "CLUSTER SHARDS" { while stranger.connectionCount == 0 { usleep(1000) } }
            return nil
        }
        var settings = ConnectionSettings()
        settings.session.credentials = .init(user: "alice", password: "secret")
        let engine = engine([cluster[0]], settings)
        engine.patience = 30
        _ = try engine.run("DBSIZE")
        #expect(stranger.requests == [])
        #expect(cluster[1].requests.map(\.text) == ["AUTH alice secret", "DBSIZE"])
        #expect(kept == Self.lines(cluster.nodes))
    }

    @Test("The first command about many nodes creates the file, private to its user, and it follows the cluster")
    func followsTheCluster() throws {
        let cluster = try ScriptedCluster(masters: 2)
        try engine(cluster.nodes).run("GET foo")
        #expect(kept == nil)
        try engine([cluster[0]]).run("DBSIZE")
        #expect(kept == Self.lines(cluster.nodes))
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let smaller = ScriptedCluster.shards(ports: [cluster[0].port])
        cluster.answer { _, request in request.text == "CLUSTER SHARDS" ? .value(smaller) : nil }
        try engine([cluster[0]]).run("DBSIZE")
        #expect(kept == Self.lines([cluster[0]]))
        cluster[0].answer { $0.text.hasPrefix("CLUSTER") ? clusterDisabled : .ok }
        try engine([cluster[0]]).run("DBSIZE")
        #expect(kept == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/slotline/nodes") == [])
    }

    @Test(
        "A file that another user may have written, or that holds something else, is not trusted, and is replaced",
        arguments: ["foreign", "writable", "garbage"])
    func refusesOtherFiles(kind: String) throws {
        let cluster = try ScriptedCluster(masters: 2)
        let stranger = try ScriptedNode()
        let text = Self.lines([stranger])
        try keep(kind == "garbage" ? text + "\u{0}" : text, mode: kind == "writable" ? 0o666 : 0o600)
        // Only root can give a file away.
        if kind == "foreign", chown(path, 65534, 65534) != 0 { return }
        try engine([cluster[0]]).run("DBSIZE")
        #expect(stranger.connectionCount == 0)
        #expect(kept == Self.lines(cluster.nodes))
    }

    @Test("A folder that cannot be created is ignored", arguments: ["/dev/null/x", "/nonexistent/.cache/x/y"])
    func noFolder(folder: String) throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine([cluster[0]])
        engine.cache = TopologyCache { ByteString("\(folder)/seed") }
        try engine.run("DBSIZE")
        #expect(cluster[1].commands == ["DBSIZE"])
        #expect(!FileManager.default.fileExists(atPath: "/nonexistent"))
    }
}
