import Foundation
import Presentation
import RESP
import TestSupport
import Testing

/// The modes that measure, sample and copy one node, on a standalone server: one after the other, since a server forks
/// for only one of them at a time.
@Suite(.serialized) struct ToolTests {
    private static let started = Result { try Fixture() }

    private final class Fixture: Sendable {
        let server: RedisServer
        let link: String
        private let folder: TemporaryFolder

        init() throws {
            server = try RedisServer([
                "--maxmemory-policy", "allkeys-lfu", "--enable-debug-command", "yes", "--repl-diskless-sync-delay", "0",
            ])
            folder = try TemporaryFolder()
            link = try folder.link("redis-cli")
            for words: [ByteString] in [
                ["DEBUG", "POPULATE", "500", "key", "20"], ["RPUSH", "a \"list\"", "a", "b"],
                ["HSET", "hash", "f", "v"],
                ["SADD", "set", "a", "b", "c"], ["ZADD", "zset", "1", "a"], ["XADD", "stream", "*", "f", "v"],
                ["PFADD", "big", "a"],
            ] {
                let reply = try server.client().send(words)
                try #require(!reply.isError, "\(reply.text)")
            }
            for _ in 0..<20 { try server.send("GET", "key:1") }
        }

        func run(_ options: [ByteString], program: String? = nil) throws -> Subprocess.Result {
            try Slotline.run(["-p", ByteString("\(server.port)")] + options, program: program ?? link)
        }
    }

    @Test(
        "Sampling reports the same as redis-cli",
        arguments: [
            "--bigkeys", "--memkeys", "--memkeys-samples 2", "--bigkeys --pattern key:1*", "--hotkeys",
            "--bigkeys -n 3",
            "--bigkeys --no-raw",
        ])
    func samplingReportsTheSameAsRedisCli(_ options: String) throws {
        let fixture = try Self.started.get()
        let options = options.split(separator: " ").map { ByteString(String($0)) }
        let own = try fixture.run(options)
        let stock = try fixture.run(options, program: "redis-cli")
        // redis-cli lists the types in an order that varies by version.
        #expect(own.lines.sorted() == stock.lines.sorted())
        #expect(own.errorText == stock.errorText)
        #expect(own.status == stock.status)
    }

    @Test("Keys are measured, and the distribution of their sizes shown")
    func keysAreMeasuredAndTheDistributionOfTheirSizesShown() throws {
        let fixture = try Self.started.get()
        let lines = try fixture.run(["--keystats", "--top", "3"]).lines
        #expect(lines.contains("100.00% keys scanned"))
        #expect(lines.contains("Keys sampled: 506"))
        let top = lines.drop { $0 != "--- Top 3 key sizes ---" }.dropFirst().prefix { !$0.isEmpty }
        #expect(top.count == 3)
        let biggest = try fixture.server.send("MEMORY", "USAGE", "stream").integer ?? 0
        #expect(top.first?.wholeMatch(of: #/  1 +(\S+) stream     "stream"/#)?.1 == Substring(biggest.byteText))
        #expect(lines.contains("list       a \\\"list\\\" has 2 items"))
        #expect(lines.contains { $0.hasPrefix("set        set is ") })
        #expect(lines.contains { $0.wholeMatch(of: #/ +\S+ +100.0000% +506/#) != nil })
        #expect(lines.contains { $0.wholeMatch(of: #/zset +1 +0.20% +\S+ +\S+ +1 members +1.00/#) != nil })
        // From another cursor, only a part is seen.
        let part = try fixture.run(["--keystats", "--cursor", "3", "--pattern", "key:*"])
        let sampled = part.lines.first { $0.hasPrefix("Keys sampled: ") }?.dropFirst(14)
        #expect((1..<500).contains(Int(sampled ?? "") ?? 0))
    }

    @Test(
        "Scripts are debugged as in redis-cli",
        arguments: ["s\np\nr get x\n\nnosuch a\ns\nc\n", "s\nrestart\nc\n", "a\n"])
    func scriptsAreDebuggedAsInRedisCLI(_ input: String) throws {
        let fixture = try Self.started.get()
        let script = "\(fixture.server.folder)/script.lua"
        try "local a = 1\nlocal b = redis.call('set', KEYS[1], 'v')\nreturn {a, b}\n"
            .write(toFile: script, atomically: true, encoding: .utf8)
        let words: [ByteString] = [
            "-p", ByteString("\(fixture.server.port)"), "--ldb", "--eval", ByteString(script), "debugged", ",", "x",
        ]
        let own = try Slotline.run(words, input: Array(input.utf8), program: fixture.link)
        let stock = try Slotline.run(words, input: Array(input.utf8), program: "redis-cli")
        #expect(own.outputText == stock.outputText.replacing(#/\u{1b}\[[0-9;]*m/#, with: ""))
        #expect(own.exitStatus == 0)
        #expect(try fixture.server.send("EXISTS", "debugged").integer == 0)
    }

    @Test("An error reply ends a tool") func anErrorReplyEndsATool() throws {
        let server = try RedisServer()
        try server.send("SET", "a", "1")
        let port = ByteString("\(server.port)")
        let own = try Slotline.run(["-p", port, "--hotkeys"])
        #expect(own.exitStatus == 1)
        #expect(own.errorText.contains("ERR An LFU maxmemory policy is not selected"))
    }

    @Test(
        "A server that breaks the protocol ends a tool with a message",
        arguments: [
            "--rdb -", "--functions-rdb -", "--replica", "--stat", "--scan", "--bigkeys", "--memkeys", "--keystats",
            "--hotkeys", "--latency", "--lru-test 10", "--pipe",
        ])
    func aServerThatBreaksTheProtocol(mode: String) throws {
        let node = try ScriptedNode { request in
            request.text.hasPrefix("CLUSTER")
                ? .error("ERR This instance has cluster support disabled") : .text("x\r\n")
        }
        let result = try Slotline.run(
            ["-p", ByteString("\(node.port)")] + mode.split(separator: " ").map { ByteString(String($0)) },
            input: Array("SET a 1\n".utf8))
        #expect(result.status == .exited(4) || result.status == .exited(3), "\(result.status)")
        #expect(result.errorText.contains("does not speak the Redis protocol"), "\(result.errorText)")
    }

    @Test("A tool needs a server") func aToolNeedsAServer() throws {
        let result = try Slotline.run(["-p", "1", "--stat"])
        #expect(result.exitStatus == 3)
        #expect(result.errorText.hasPrefix("Could not connect to 127.0.0.1:1: Connection refused"))
    }

    @Test("Latency outside a terminal is one line") func latencyOutsideATerminalIsOneLine() throws {
        let fixture = try Self.started.get()
        #expect(try fixture.run(["--latency", "-i", "0.1"]).text.wholeMatch(of: #/\d+ \d+ \d+\.\d\d \d+/#) != nil)
        #expect(try fixture.run(["--json", "--latency", "-i", "0.1"]).text.hasPrefix("{\"min\": "))
        let fine = try fixture.run(["--csv", "--latency", "-i", "0.1"], program: BuiltProduct.slotline).text
        #expect(fine.wholeMatch(of: #/\d+\.\d\d,\d+\.\d\d,\d+\.\d\d,\d+/#) != nil)
    }

    @Test("Intrinsic latency needs no server") func intrinsicLatencyNeedsNoServer() throws {
        let result = try Slotline.run(["-p", "1", "--intrinsic-latency", "1"])
        #expect(result.exitStatus == 0)
        #expect(result.lines.first?.hasPrefix("Max latency so far: ") == true)
        #expect(result.lines.last?.hasPrefix("Worst run took ") == true)
    }

    @Test(
        "A snapshot is written",
        arguments: ["no", "yes"]) func aSnapshotIsWritten(_ diskless: String) throws
    {
        let fixture = try Self.started.get()
        try fixture.server.send("CONFIG", "SET", "repl-diskless-sync", ByteString(diskless))
        let file = "\(fixture.server.folder)/copy-\(diskless)"
        let result = try fixture.run(["--rdb", ByteString(file)])
        #expect(result.exitStatus == 0)
        #expect(result.errorText.contains("Transfer finished with success"))
        let toStandardOutput = try fixture.run(["--rdb", "-"])
        let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: file)))
        #expect(bytes.starts(with: Array("REDIS".utf8)))
        #expect(toStandardOutput.output.starts(with: Array("REDIS".utf8)))
        // The end of a snapshot: its own opcode and 8 bytes of checksum.
        #expect(bytes.dropLast(8).last == 0xff)
        #expect(toStandardOutput.output.dropLast(8).last == 0xff)
        #expect(try fixture.run(["--functions-rdb", "-"]).output.count < 500)
    }

    @Test("A file that cannot be written is reported") func aFileThatCannotBeWrittenIsReported() throws {
        let fixture = try Self.started.get()
        let file = "\(fixture.server.folder)/no-such-folder/x"
        let result = try fixture.run(["--rdb", ByteString(file)])
        #expect(result.errorText == "Can't open file '\(file)': No such file or directory\n")
        #expect(result.exitStatus == 1)
    }

    @Test("A replica prints writes until it is disconnected") func aReplicaPrintsWritesUntilItIsDisconnected() throws {
        let fixture = try Self.started.get()
        let session = try PipedSession(
            ["-p", ByteString("\(fixture.server.port)"), "--replica"], program: fixture.link)
        // Anything written before the snapshot is made is part of it.
        let write = #""SET","replicated","a \"b\"""#
        let deadline = ContinuousClock.now + patience
        var line: String?
        while line != write, ContinuousClock.now < deadline {
            try fixture.server.send("SET", "replicated", "a \"b\"")
            line = try? session.nextLine(within: .milliseconds(100))
        }
        #expect(line == write)
        try fixture.server.send("CLIENT", "KILL", "TYPE", "slave")
        let end = try session.end()
        #expect(end.error.hasSuffix("Error: Server closed the connection\n"))
        #expect(end.status == .exited(1))
    }
}
