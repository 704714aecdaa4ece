import Foundation
import Glibc
import RESP
import Routing
import TestSupport
import Testing

/// A load whose master dies: answered commands are done, commands not sent yet go to the replica, and those that may
/// have been carried out are reported.
struct LoadFailoverTests {
    private static let commandCount = getenv("SLOTLINE_LOAD").flatMap { Int(String(cString: $0)) } ?? 60_000
    private static let keyCount = 500

    @Test("Every counter is right except those reported as unknown")
    func everyCounterIsRightExceptThoseReportedAsUnknown() throws {
        let cluster = try TestCluster(options: "")
        defer { cluster.stop() }
        let dead = cluster.masters[1]
        let witness = try cluster.client(dead)
        try witness.send("SET", ByteString(cluster.key("load:", on: dead)), "0")
        #expect(try witness.send("WAIT", "1", "10000").integer == 1)
        let folder = try TemporaryFolder()
        let keys = (0..<Self.keyCount).map { "counter:\($0)" }
        let lines = (0..<Self.commandCount).map { "INCR \(keys[$0 * 7 % Self.keyCount])\n" }.joined()
        let reject = "\(folder.path)/rejects"

        // Halfway through, the master stops writing, so that its replica has everything it has acknowledged, and dies
        // while it owes replies.
        let heir = cluster.replicas[1]
        Thread.detachNewThread {
            func number(_ field: String, _ section: String, of node: NodeAddress) -> Int {
                let text = (try? cluster.send("INFO \(section)", to: node).text) ?? ""
                let line = text.split(separator: "\r\n").first { $0.hasPrefix("\(field)") }
                return line.flatMap { Int($0.dropFirst(field.count).prefix { $0.isNumber }) } ?? 0
            }
            while number("cmdstat_incr:calls=", "commandstats", of: dead) < Self.commandCount / 12 { usleep(1000) }
            _ = try? cluster.send("CLIENT PAUSE 60000 WRITE", to: dead)
            while number("blocked_clients:", "clients", of: dead) == 0 { usleep(1000) }
            let offset = number("master_repl_offset:", "replication", of: dead)
            while number("slave_repl_offset:", "replication", of: heir) < offset { usleep(1000) }
            try? cluster.kill(dead)
        }
        let result = try cluster.run(
            "--pipe --rate \(Self.commandCount / 2) --reject \(reject)", input: lines, timeout: .seconds(600))
        #expect(result.exitStatus == 4)
        let unknown = try String(contentsOfFile: "\(reject).unknown", encoding: .utf8).split(separator: "\n")
        #expect(!unknown.isEmpty)
        #expect(
            result.errorText.split(separator: "\n").count { $0.contains("may or may not have run") } == unknown.count)
        let report = try #require(result.lines.first { $0.hasPrefix("commands: ") })
        #expect(report.contains("ok: \(Self.commandCount - unknown.count), failed: 0, "))
        #expect(report.contains("unknown: \(unknown.count); "))
        #expect(try String(contentsOfFile: reject, encoding: .utf8) == "")

        var missing: [String: Int] = [:]
        for line in unknown { missing[String(line.dropFirst("INCR ".count)), default: 0] += 1 }
        let live = ["-p", ByteString("\(cluster.masters[0].port)")] as [ByteString]
        let values = try Slotline.run(live, input: Array(keys.map { "GET \($0)\n" }.joined().utf8)).lines
        for (key, value) in zip(keys, values) {
            #expect(Int(value) == Self.commandCount / Self.keyCount - (missing[key] ?? 0), "\(key)")
        }
    }

    /// A block waits for the replica as a line does.
    @Test("Every block runs once") func everyBlockRunsOnce() throws {
        let cluster = try TestCluster(options: "")
        defer { cluster.stop() }
        let dead = cluster.masters[1]
        let key = cluster.key("block:", on: dead)
        let witness = try cluster.client(dead)
        try witness.send("SET", ByteString(key), "0")
        #expect(try witness.send("WAIT", "1", "10000").integer == 1)
        let count = 4000
        let block = "MULTI\nINCR \(key)\nINCR \(key)\nEXEC\n"
        Thread.detachNewThread {
            usleep(700_000)
            _ = try? cluster.send("CLIENT PAUSE 60000 WRITE", to: dead)
            usleep(200_000)
            try? cluster.kill(dead)
        }
        let result = try cluster.run(
            "--pipe --rate \(count * 2)", input: String(repeating: block, count: count), timeout: .seconds(600))
        let report = try #require(result.lines.first { $0.hasPrefix("commands: ") })
        // At most one EXEC was in flight.
        let unknown = report.contains("unknown: 4; ") ? 1 : 0
        #expect(report.contains("ok: \((count - unknown) * 4), failed: 0, "), "\(result.errorText)")
        #expect(result.exitStatus == (unknown == 0 ? 0 : 4))
        let live = ["-p", ByteString("\(cluster.masters[0].port)")] as [ByteString]
        #expect(try Slotline.run(live + ["GET", ByteString(key)]).text == "\((count - unknown) * 2)")
    }

    /// A file reports it line by line, and continues.
    @Test("A file continues at the replica") func aFileContinuesAtTheReplica() throws {
        let cluster = try TestCluster(options: "")
        defer { cluster.stop() }
        let dead = cluster.masters[1]
        let key = cluster.key("file:", on: dead)
        let session = try cluster.session()
        #expect(try session.ask("SET \(key) 0").reply == "OK")
        let witness = try cluster.client(dead)
        try witness.send("SET", ByteString(key), "0")
        #expect(try witness.send("WAIT", "1", "10000").integer == 1)
        try cluster.kill(dead)
        session.send("INCR \(key)\nINCR \(key)\nGET \(key)")
        let lines = (0..<3).compactMap { _ in try? session.nextLine() }
        let end = try session.end()
        #expect(lines == ["1", "2", "2"], "\(end.error)")
        #expect(end.status == .exited(0))
    }
}
