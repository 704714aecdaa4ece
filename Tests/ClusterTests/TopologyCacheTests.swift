import Foundation
import Glibc
import RESP
import Routing
import TestSupport
import Testing

/// What one command about many nodes leaves for the next: where the nodes are.
struct TopologyCacheTests {
    private let folder: TemporaryFolder
    private let cluster: TestCluster

    init() throws {
        folder = try TemporaryFolder()
        cluster = try TestCluster.shared
    }

    private func run(
        _ words: [ByteString], _ environment: [String: String]? = nil
    ) throws -> (lines: [String], status: Int32, error: String) {
        let result = try Slotline.run(words, environment: environment ?? ["XDG_CACHE_HOME": folder.path])
        return (result.lines.sorted(), result.exitStatus, result.errorText)
    }

    private func path(_ seed: NodeAddress, _ suffix: String = "") -> String {
        "\(folder.path)/slotline/nodes/\(seed)\(suffix)"
    }

    private func kept(_ seed: NodeAddress, _ suffix: String = "") -> Set<String> {
        let text = (try? String(contentsOfFile: path(seed, suffix), encoding: .utf8)) ?? ""
        return Set(text.split(separator: "\n").map { String($0.split(separator: " ").last ?? "") })
    }

    private static func names(_ nodes: [NodeAddress]) -> Set<String> { Set(nodes.map(\.description)) }

    @Test("Every run gives the same replies, both the first and those that know where the nodes are")
    func sameReplies() throws {
        let plain = try run(cluster.seed + ["--no-cache", "@all", "ECHO", "x"])
        #expect(plain.lines.count == 6)
        #expect(kept(cluster.nodes[0]) == [])
        for _ in 0..<2 {
            #expect(try run(cluster.seed + ["@all", "ECHO", "x"]) == plain)
            #expect(kept(cluster.nodes[0]) == Self.names(cluster.nodes))
        }
        #expect(try run(cluster.seed + ["DBSIZE"]).lines.count == 6)
    }

    @Test("The nodes of another cluster, which the seed led to the last time, are not asked")
    func anotherCluster() throws {
        let former = try TestCluster()
        defer { former.stop() }
        #expect(try run(former.seed + ["@masters", "ECHO", "x"]).status == 0)
        // As if the seeds' ports had been swapped.
        try FileManager.default.moveItem(atPath: path(former.nodes[0]), toPath: path(cluster.nodes[0]))
        let replies = try run(cluster.seed + ["@masters", "ECHO", "x"])
        #expect(Set(replies.lines) == Set(cluster.masters.map { "\($0)\tx" }))
        #expect(kept(cluster.nodes[0]) == Self.names(cluster.nodes))
        for node in former.nodes {
            #expect(
                try former.send("INFO commandstats", to: node).text.contains("cmdstat_echo")
                    == (former.masters.contains(node)))
        }
    }

    @Test("A node that has died since is one entry among the others, and is not kept")
    func deadNode() throws {
        let own = try TestCluster(options: "--cluster-node-timeout 1000")
        defer { own.stop() }
        #expect(try run(own.seed + ["@all", "ECHO", "x"]).status == 0)
        try own.kill(own.replicas[1])
        let replies = try run(own.seed + ["@all", "ECHO", "x"])
        #expect(replies.lines.count == 6)
        #expect(replies.lines.filter { $0.hasSuffix("\tx") }.count == 5)
        let deadline = ContinuousClock.now + patience
        while kept(own.nodes[0]).count == 6, ContinuousClock.now < deadline {
            _ = try run(own.seed + ["@all", "ECHO", "x"])
        }
        #expect(kept(own.nodes[0]) == Self.names(own.nodes.filter { $0 != own.replicas[1] }))
    }

    @Test("Several runs that start at once leave one complete file")
    func severalAtOnce() async throws {
        let words = cluster.seed + ["@all", "ECHO", "x"]
        try await withThrowingTaskGroup(of: Int32.self) { group in
            for _ in 0..<8 { group.addTask { try run(words).status } }
            for try await status in group { #expect(status == 0) }
        }
        #expect(kept(cluster.nodes[0]) == Self.names(cluster.nodes))
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/slotline/nodes").count == 1)
    }

    @Test(
        "Without a place for files, everything works as before",
        arguments: [
            ["HOME": "/nonexistent"], ["XDG_CACHE_HOME": "/dev/null"], ["XDG_CACHE_HOME": "", "HOME": ""],
            ["XDG_CACHE_HOME": "relative", "HOME": ""],
        ])
    func noPlace(environment: [String: String]) throws {
        let replies = try run(cluster.seed + ["@all", "ECHO", "x"], environment)
        #expect((replies.lines.count, replies.status, replies.error) == (6, 0, ""))
        #expect(!FileManager.default.fileExists(atPath: "/nonexistent"))
    }

    @Test("In place of redis-cli, nothing is kept")
    func inPlaceOfRedisCLI() throws {
        let result = try Slotline.run(
            cluster.seed + ["-c", "DBSIZE"], program: folder.link("redis-cli"),
            environment: ["XDG_CACHE_HOME": folder.path])
        #expect(result.lines.count > 0)
        #expect(kept(cluster.nodes[0]) == [])
    }

    @Test("An encrypted cluster has its own file, and early connections to it are encrypted")
    func encrypted() throws {
        let encrypted = try EncryptedCluster()
        defer { encrypted.stop() }
        let words = encrypted.seed() + ["@all", "ECHO", "x"]
        for _ in 0..<2 {
            #expect(try run(words).lines.count == 6)
            #expect(kept(encrypted.nodes[0], ".tls") == Self.names(encrypted.nodes))
        }
        let stranger = try ScriptedNode()
        try "master 127.0.0.1:\(stranger.port)\n".write(
            toFile: path(encrypted.nodes[0], ".tls"), atomically: false, encoding: .utf8)
        #expect(try run(words).lines.count == 6)
        #expect(stranger.requests == [])
    }
}
