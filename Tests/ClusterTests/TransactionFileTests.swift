import Foundation
import RESP
import TestSupport
import Testing

/// MULTI in files and loads: a block with a line that was not queued is not carried out at all, never in part.
struct TransactionFileTests {
    private let cluster: TestCluster
    private let folder: TemporaryFolder

    init() throws {
        cluster = try TestCluster.shared
        folder = try TemporaryFolder()
    }

    /// Lines that are not queued anywhere.
    private static let unreadable = [
        "INCRBY \"{tx}bob 10", "INCRBY {tx}'bob' '1", "@nowhere INCRBY {tx}bob 10", "@all",
    ]
    /// Lines that a server refuses, which then itself decides what becomes of the block.
    private static let unknown = ["NOSUCHCOMMAND {tx}bob", "INCRBY {tx}bob"]
    /// Lines that a cluster does not accept in a transaction.
    private static let refused = [
        "INCRBY bob 10", "@random INCRBY {tx}bob 10", "BITOP NOT {tx}d {tx}alice", "FLUSHALL",
    ]
    /// Lines that only mean something in files.
    private static let words = [
        "0 INCRBY {tx}bob 1", ":nosuchalias {tx}bob 10", "connect 127.0.0.1 1", ":source /nonexistent",
        ":unblock nosuch",
    ]

    private static func block(_ bad: String, isFirst: Bool = false) -> String {
        let good = "DECRBY {tx}alice 10"
        let lines = isFirst ? [bad, good] : [good, bad]
        return (["MULTI"] + lines + ["INCRBY {tx}carol 10", "EXEC"]).joined(separator: "\n") + "\n"
    }

    /// The line of the block that is not queued: of two slots, the second one.
    private static func line(_ bad: String, isFirst: Bool) -> Int { isFirst && bad != "INCRBY bob 10" ? 2 : 3 }

    @Test(
        "Whatever keeps a line from being queued, what becomes of the block is said",
        arguments: [
            "MGET {tx}a b", "GET b", "DBSIZE", "@random GET {tx}a", "WATCH {tx}a", "BITOP NOT {tx}d {tx}a",
            "SET {tx}a 1", "GET \"{tx}a", ":nosuch", "@all", "@nowhere GET {tx}a", ":set nosuch 1", "0 GET {tx}a",
            "connect 127.0.0.1 1",
        ])
    func whatBecomesOfTheBlock(line: String) throws {
        let options: [ByteString] = line.hasPrefix("SET") ? ["--read-only"] : []
        let result = try Slotline.run(
            cluster.seed + options, input: Array("MULTI\nGET {tx}a\n\(line)\nEXEC\n".utf8))
        #expect(result.errorText.contains("Nothing of this transaction will be executed."), "\(result.errorText)")
        #expect(!result.errorText.contains("--unblock watch"))
    }

    @Test(
        "A file does not carry out a faulty block",
        arguments: [unreadable, unknown, refused, words].joined(), [false, true])
    func aFileDoesNotCarryOutAFaultyBlock(_ bad: String, isFirst: Bool) throws {
        let owner = cluster.owner(of: "{tx}alice")
        let text = Self.block(bad, isFirst: isFirst)
        let source = ":source \(try folder.write(text, to: "source"))\n"
        let link = try folder.link("redis-cli")
        for (options, text) in [("", text), ("--json", text), ("-c", text), ("", source)] {
            try cluster.send("DEL {tx}alice {tx}bob {tx}carol", to: owner)
            let result = try Slotline.run(
                cluster.seed + (options.isEmpty ? [] : [ByteString(options)]), input: Array(text.utf8),
                program: options == "-c" ? link : BuiltProduct.slotline)
            #expect(result.outputText.contains("EXECABORT"), "\(options) \(text)")
            #expect(result.exitStatus == (options == "-c" ? 0 : 1))
            #expect(try cluster.send("EXISTS {tx}alice {tx}bob {tx}carol", to: owner).integer == 0)
            let reason = "\(Self.line(bad, isFirst: isFirst)) was not queued"
            #expect(Self.unknown.contains(bad) || result.outputText.contains(reason))
        }
    }

    /// The whole block is rejected, and it is not carried out in part when it is loaded again.
    @Test(
        "A load does not carry out a faulty block",
        arguments: [unreadable, unknown, refused].joined(), [false, true])
    func aLoadDoesNotCarryOutAFaultyBlock(_ bad: String, isFirst: Bool) throws {
        let owner = cluster.owner(of: "{tx}alice")
        try cluster.send("DEL {tx}alice {tx}bob {tx}carol", to: owner)
        let text = Self.block(bad, isFirst: isFirst)
        var input = text
        for _ in 0..<2 {
            let result = try cluster.run("--pipe --reject \(folder.path)/rejects", file: input)
            #expect(result.exitStatus == 1)
            #expect(result.lines[1].hasPrefix("commands: 5, ok: 0, failed: 5, "))
            #expect(result.errorText.contains("stdin:5: EXEC: EXECABORT Transaction discarded: "))
            let reason = "stdin:\(Self.line(bad, isFirst: isFirst)) was not queued\n"
            // An unknown command before the first key is not looked up until there is a key.
            #expect(bad.hasPrefix("NOSUCH") && isFirst || result.errorText.hasSuffix(reason))
            input = try String(contentsOfFile: "\(folder.path)/rejects", encoding: .utf8)
            #expect(input == text)
        }
        #expect(try cluster.send("EXISTS {tx}alice {tx}bob {tx}carol", to: owner).integer == 0)
    }

    @Test(
        "A standalone server does not carry out a faulty block",
        arguments: unreadable + unknown, ["", "--pipe"])
    func aStandaloneServerDoesNotCarryOutAFaultyBlock(_ bad: String, options: String) throws {
        let server = try RedisServer()
        let words = options.isEmpty ? [] : [ByteString(options)]
        for program in [BuiltProduct.slotline, try folder.link("redis-cli")] {
            let input = Array((Self.block(bad) + "SET after 1\n").utf8)
            let result = try Slotline.run(["-p", ByteString("\(server.port)")] + words, input: input, program: program)
            #expect((result.outputText + result.errorText).contains("EXECABORT"))
            #expect(try server.send("DBSIZE").integer == 1)
            try server.send("DEL", "after")
        }
    }

    @Test(
        "Without a WATCH that was refused, the block after it is not carried out; the next one is",
        arguments: ["WATCH {tw}a", "WATCH {tw}a b", "@all WATCH {tw}a", "@nowhere WATCH {tw}a", "WATCH"],
        ["", "--json", "--pipe"])
    func aBlockWithoutItsWatch(watch: String, options: String) throws {
        let key = "{tw}\(watch.count)\(options)"
        let lines = [watch, "MULTI", "INCR \(key)", "EXEC", "MULTI", "INCR \(key):next", "EXEC"]
        let input = Array(lines.map { "\($0)\n" }.joined().utf8)
        let unblock: [ByteString] = watch.hasSuffix(" b") ? ["--unblock", "watch"] : []
        let result = try Slotline.run(
            cluster.seed + unblock + (options.isEmpty ? [] : [ByteString(options)]), input: input)
        #expect(result.exitStatus == 1)
        #expect(result.errorText.contains("WATCH was refused at stdin:1"), "\(result.errorText)")
        let owner = cluster.owner(of: "{tw}")
        #expect(try cluster.send("GET \(key)", to: owner).kind == .null)
        #expect(try cluster.send("GET \(key):next", to: owner).text == "1")
    }

    /// The block that could not be run is over; the next one is separate.
    @Test(
        "The next block is separate",
        arguments: ["EXEC", "DISCARD", "MULTI\nEXEC"])
    func theNextBlockIsSeparate(_ end: String) throws {
        // Cases run in parallel.
        let next = "{tx}next:\(end.utf8.count)", lost = "{tx}lost:\(end.utf8.count)"
        let owner = cluster.owner(of: ByteString(next))
        for options in ["", "--pipe"] {
            try cluster.send("DEL \(next) \(lost)", to: owner)
            let file = "MULTI\nSET \(lost) 1\nGET \"open\n\(end)\nMULTI\nINCR \(next)\nEXEC\n"
            _ = try cluster.run(options, file: file)
            #expect(try cluster.send("GET \(next)", to: owner).text == "1")
            #expect(try cluster.send("EXISTS \(lost)", to: owner).integer == 0)
        }
    }

    @Test(
        "A command that fails within a block counts as an error, and with -e ends the file", arguments: [false, true])
    func errorInBlock(stops: Bool) throws {
        let cluster = try TestCluster.shared
        // Cases run in parallel.
        let after = "{inblock}after:\(stops)"
        let input = "SET {inblock}s x\nMULTI\nLPUSH {inblock}s y\nEXEC\nSET \(after) 1\n"
        _ = try cluster.run("", ["DEL", ByteString(after)])
        let result = try cluster.run(stops ? "-e" : "", input: input)
        #expect(result.exitStatus == 1)
        #expect(result.lines.contains { $0.hasPrefix("WRONGTYPE") })
        #expect(result.errorText.contains("stdin:4: EXEC: WRONGTYPE") == stops, "\(result.errorText)")
        #expect(try cluster.run("", ["EXISTS", ByteString(after)]).text == (stops ? "0" : "1"))
    }

    /// Redis refuses the word alone, Valkey the whole block.
    @Test("A nested MULTI counts as the server counts it, by every way in", arguments: ["", "--json", "--pipe"])
    func nestedMulti(options: String) throws {
        // Cases run in parallel.
        let name = "{tx}nested:\(options)", key = ByteString(name)
        let client = try cluster.client(cluster.owner(of: key))
        for command in [["MULTI"], ["MULTI"], ["SET", key, "1"]] as [[ByteString]] { _ = try client.send(command) }
        let isExecuted = try client.send(["EXEC"]).kind == .array
        try client.send(["DEL", key])
        let result = try cluster.run(options, file: "MULTI\nMULTI\nSET \(name) 1\nEXEC\n")
        #expect(result.exitStatus == 1)
        #expect(try client.send(["EXISTS", key]).integer == (isExecuted ? 1 : 0), "\(result.outputText)")
        if options == "--pipe", isExecuted { #expect(result.outputText.contains("ok: 3, failed: 1")) }
    }

    @Test("EXEC with a surplus word discards the block, as the server does", arguments: ["SET {tx}surplus 1", "PING"])
    func surplusWord(_ line: String) throws {
        let result = try cluster.run(file: "MULTI\n\(line)\nEXEC now\nSET {tx}behind 1\nEXEC\n")
        let lines = result.lines.filter { !$0.isEmpty }
        #expect(lines.contains { $0.hasPrefix("EXECABORT") }, "\(lines)")
        #expect(lines.suffix(2) == ["OK", "ERR EXEC without MULTI"], "\(lines)")
    }

    @Test(":queue lists the commands of a block, but no password")
    func queue() throws {
        let file = "MULTI\nPING\nSET {tx}queue \"a b\"\nAUTH hunter2\n:queue\nDISCARD\n:queue\n"
        let result = try cluster.run(file: file)
        #expect(
            result.lines.suffix(5)
                == ["1) PING", "2) SET {tx}queue \"a b\"", "3) AUTH ...", "OK", "No transaction is open."])
        #expect(!(result.outputText + result.errorText).contains("hunter2"))
        let json = try cluster.run("--json", file: file)
        #expect(json.lines.suffix(3) == [#"["PING","SET {tx}queue \"a b\"","AUTH ..."]"#, "\"OK\"", "[]"])
    }

    @Test("A transaction subscribes when it is executed, and later lines are read", arguments: ["-2", "-3"])
    func subscription(version: String) throws {
        // Cases run in parallel.
        let (a, b, earlier) = ("tx\(version):a", "tx\(version):b", "tx\(version):earlier")
        let session = try cluster.session("\(version) --json")
        _ = try session.ask("SUBSCRIBE \(earlier)")
        for line in ["MULTI", "SUBSCRIBE \(a) \(b)", "SET {tx}sub 1"] { _ = try session.ask(line) }
        #expect(
            try session.ask("EXEC").reply == #"[["subscribe","\#(a)",1],["subscribe","\#(b)",2],"OK"]"#)
        while try !cluster.nodes.contains(where: { try cluster.send("PUBSUB NUMSUB \(b)", to: $0).list[1].integer == 1 }
        ) {
            usleep(5000)
        }
        try cluster.send("PUBLISH \(b) hello", to: cluster.masters[2])
        #expect(try session.nextLine().contains(#"["message","\#(b)","hello"]"#))
        try cluster.send("PUBLISH \(earlier) still", to: cluster.masters[1])
        #expect(try session.nextLine().contains(#"["message","\#(earlier)","still"]"#))
        #expect(try session.ask("GET {tx}sub").reply == "\"1\"")
        session.interrupt()
        _ = try session.end()
    }
}
