import Foundation
import RESP
import Routing
import TestSupport
import Testing

/// `--read-from` on real replicas.
@Suite(.serialized) struct ReplicaReadTests {
    /// How many commands of this name each node has run, masters first.
    private static func calls(_ name: String, _ cluster: TestCluster) throws -> [Int] {
        try cluster.nodes.map { node in
            let line = try cluster.send("INFO commandstats", to: node).text.split(whereSeparator: \.isNewline)
                .first { $0.hasPrefix("cmdstat_\(name):calls=") }
            return line.flatMap { Int($0.split(separator: "=")[1].prefix { $0.isNumber }) } ?? 0
        }
    }

    private static let cluster = Result { try TestCluster() }

    /// Runs commands and counts how many each kind of node has run.
    private static func served(
        _ options: String, file: String, name: String
    ) throws -> (masters: Int, replicas: Int, result: Subprocess.Result) {
        let cluster = try cluster.get()
        let before = try calls(name, cluster)
        let result = try cluster.run(options, file: file)
        let counts = zip(try calls(name, cluster), before).map { $0 - $1 }
        return (counts[..<3].reduce(0, +), counts[3...].reduce(0, +), result)
    }

    private static let keys = (0..<12).map { "read:\($0)" }
    private static let reads = keys.map { "GET \($0)\n" }.joined()

    @Test("Reads go where they should, and writes to masters") func readsGoWhereTheyShouldAndWritesToMasters() throws {
        let cluster = try Self.cluster.get()
        for key in Self.keys { #expect(try cluster.run(command: "SET \(key) \(key)").exitStatus == 0) }
        for node in cluster.masters { #expect(try cluster.send("WAIT 1 5000", to: node).integer == 1) }
        for option in ["prefer-replica", "replica", "az:nowhere"] {
            let served = try Self.served("--read-from \(option)", file: Self.reads, name: "get")
            #expect(served.result.lines == Self.keys, "\(served.result.errorText)")
            #expect(served.masters == 0 && served.replicas == 12, "\(option)")
        }
        let masters = try Self.served("", file: Self.reads, name: "get")
        #expect(masters.masters == 12 && masters.replicas == 0)
        let preference = try Self.served("", file: ":set read-from replica\n" + Self.reads, name: "get")
        #expect(preference.replicas == 12)
        let writes = try Self.served(
            "--read-from replica", file: Self.keys.map { "APPEND \($0)w 1\n" }.joined(), name: "append")
        #expect(writes.result.lines == Array(repeating: "1", count: 12), "\(writes.result.errorText)")
        let block = try Self.served("--read-from replica", file: "MULTI\nGET read:1\nEXEC\n", name: "get")
        #expect(block.masters == 1 && block.result.lines.last == "read:1")
        #expect(try Self.served("--read-from replica --pipe", file: Self.reads, name: "get").masters == 12)
        #expect(
            try Self.served("--read-from replica", file: "MGET \(Self.keys.joined(separator: " "))\n", name: "mget")
                .replicas == 0)
        let timing = try cluster.run("--read-from replica", file: ":timing on\nGET read:1\n")
        #expect(cluster.replicas.contains { timing.errorText.contains("\($0)") }, "\(timing.errorText)")
    }

    @Test("When no replica answers, the preference says what happens")
    func whenNoReplicaAnswersThePreferenceSaysWhatHappens()
        throws
    {
        let cluster = try TestCluster()
        defer { cluster.stop() }
        let key = cluster.key("read:", on: cluster.masters[0])
        #expect(try cluster.run(command: "SET \(key) v").exitStatus == 0)
        try cluster.kill(cluster.replicas[0])
        #expect(try cluster.run("--read-from prefer-replica", command: "GET \(key)").text == "v")
        let alone = try cluster.run("--read-from replica", command: "GET \(key)")
        #expect(alone.exitStatus == 3 || alone.errorText.contains("no healthy replica"), "\(alone.errorText)")
        #expect(alone.output.isEmpty)
    }
}
