import Foundation
import RESP
import TestSupport
import Testing

/// `--pipe`: loads that end early, and when things are counted.
struct LoadEndTests {
    private let cluster: TestCluster
    private let folder: TemporaryFolder
    private static let stopped = "stopped; nothing from here on was loaded"

    init() throws {
        cluster = try TestCluster.shared
        folder = try TemporaryFolder()
    }

    @Test("Nothing is lost when no server listens") func nothingIsLostWhenNoServerListens() throws {
        let rejects = try folder.write("SET kept 1\n", to: "rejects")
        let input = Array("SET a 1\nSET b 1\n".utf8)
        let result = try Slotline.run(["-p", "1", "--pipe", "--reject", ByteString(rejects)], input: input)
        #expect(result.exitStatus == 3)
        #expect(result.outputText == "")
        #expect(result.errorText.hasPrefix("Could not connect to 127.0.0.1:1: Connection refused. Check that "))
        #expect(!result.errorText.contains("stdin"))
        #expect(try String(contentsOfFile: rejects, encoding: .utf8) == "SET kept 1\n")
        let standIn = try Slotline.run(["-p", "1", "--pipe"], input: input, program: try folder.link("redis-cli"))
        #expect(standIn.exitStatus == 1)
        #expect(standIn.outputText == "")
        #expect(standIn.errorText == "Could not connect to Redis at 127.0.0.1:1: Connection refused\n")
    }

    @Test(
        "A load does not write over its own input, and keeps two things in two files",
        arguments: ["--reject input", "--reject input.rejects --file input.rejects.unknown", "--resume input"])
    func filesOfALoad(options: String) throws {
        let server = try RedisServer()
        for name in ["input", "input.rejects.unknown"] { _ = try folder.write("SET a 1\nINCR b\n", to: name) }
        let words = options.split(separator: " ").map { $0.hasPrefix("-") ? "\($0)" : "\(folder.path)/\($0)" }
        let file = words.contains("--file") ? [] : ["--file", "\(folder.path)/input"]
        let result = try Slotline.run(
            (["-p", "\(server.port)", "--pipe"] + words + file).map { ByteString($0) })
        #expect(result.exitStatus == 2)
        #expect(result.errorText.contains("it is the input of this load"), "\(result.errorText)")
        let pair = ["--reject", "\(folder.path)/x", "--resume", "\(folder.path)/x"]
        let both = try Slotline.run((["-p", "\(server.port)", "--pipe"] + pair + file).map { ByteString($0) })
        #expect(both.exitStatus == 2 && both.errorText.contains("--reject keeps commands in it"))
        #expect(try server.send("DBSIZE").integer == 0)
        for name in ["input", "input.rejects.unknown"] {
            #expect(try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8) == "SET a 1\nINCR b\n")
        }
    }

    @Test("What an earlier load left in the files of failed commands is gone") func earlierRejects() throws {
        let server = try RedisServer()
        let rejects = try folder.write("INCR old\n", to: "rejects")
        let unknown = try folder.write("INCR old\n", to: "rejects.unknown")
        let result = try Slotline.run(
            ["-p", ByteString("\(server.port)"), "--pipe", "--reject", ByteString(rejects)],
            input: Array("SET a 1\n".utf8))
        #expect(result.exitStatus == 0)
        #expect(try String(contentsOfFile: rejects, encoding: .utf8) == "")
        #expect(!FileManager.default.fileExists(atPath: unknown))
    }

    @Test("In place of redis-cli, a load whose database is refused ends as there") func refusedDatabase() throws {
        let server = try RedisServer()
        let words: [ByteString] = ["-p", ByteString("\(server.port)"), "-n", "99", "--pipe"]
        let input = Array("SET a 1\nSET b 1\n".utf8)
        let own = try Slotline.run(words, input: input, program: try folder.link("redis-cli"))
        let stock = try Slotline.run(words, input: input, program: "redis-cli")
        #expect(own.exitStatus == stock.exitStatus && own.outputText == stock.outputText)
        #expect(own.errorText == stock.errorText)
        #expect(try server.send("DBSIZE").integer == 0)
    }

    @Test("A load stops when its server is gone") func aLoadStopsWhenItsServerIsGone() throws {
        let server = try RedisServer()
        let session = try PipedSession(["-p", ByteString("\(server.port)"), "--pipe"])
        session.send("SET gone:1 1")
        while try server.send("EXISTS", "gone:1").integer == 0 { usleep(1000) }
        server.stop()
        session.send("SET gone:2 1")
        // The next line is not read; the pipe stays open.
        #expect(try session.nextLine().hasPrefix("commands: 2, ok: 1, failed: 1, "))
        let end = try session.end()
        #expect(end.status == .exited(3))
        #expect(end.error.hasPrefix("stdin:2: SET gone:2 1: "))
        #expect(end.error.contains("127.0.0.1:\(server.port): "))
        #expect(end.error.hasSuffix("\nstdin:3: \(Self.stopped)\n"))
    }

    /// A node that is lost may leave thousands of them.
    @Test(
        "Commands that a lost node leaves undone are reported once, with their number, and each of unknown outcome",
        arguments: [true, false], [true, false])
    func commandsOfALostNode(isUnknown: Bool, keeps: Bool) throws {
        let node = try ScriptedNode { request in
            switch request.text {
            case _ where request.text.hasPrefix("CLUSTER"): .error("ERR This instance has cluster support disabled")
            case "SET up 1": .ok
            case _ where !isUnknown: .error("LOADING Redis is loading")
            case "SET down50 1": .close
            default: .silence
            }
        }
        let lines = (1...50).map { "SET down\($0) 1\n" }.joined()
        let rejects: [ByteString] = keeps ? ["--reject", ByteString("\(folder.path)/rejects")] : []
        let result = try Slotline.run(
            ["-p", ByteString("\(node.port)"), "--pipe", "--retry-for", "0.2"] + rejects,
            input: Array(("SET up 1\n" + lines).utf8))
        #expect(result.exitStatus == (isUnknown ? 4 : 3))
        let messages = result.errorText.split(separator: "\n")
        let server = "127.0.0.1:\(node.port)"
        #expect(
            messages.count { $0.contains(": SET down") && $0.contains(": \(server): ") } == (isUnknown ? 50 : 1))
        let rest = "stdin: \(server): 49 more commands were not carried out (the last on line 51): "
        #expect(messages.contains { $0.hasPrefix(rest) } != isUnknown, "\(result.errorText)")
        #expect(result.errorText.contains("--reject FILE keeps such commands") == (!isUnknown && !keeps))
        #expect(isUnknown || messages.count <= 4, "\(result.errorText)")
        let counts = isUnknown ? "failed: 0, retried: 0, unknown: 50; " : "failed: 50, "
        #expect(result.outputText.contains("commands: 51, ok: 1, \(counts)"), "\(result.outputText)")
    }

    @Test(
        "An error of a line that runs alone names its node, like any other",
        arguments: ["GETEX a b c", "CONFIG SET nosuch 1", "SELECT x"])
    func nodeOfALineThatRunsAlone(line: String) throws {
        let server = try RedisServer()
        let result = try Slotline.run(["-p", ByteString("\(server.port)"), "--pipe"], input: Array("\(line)\n".utf8))
        #expect(result.errorText.hasPrefix("stdin:1: \(line): 127.0.0.1:\(server.port): ERR "), "\(result.errorText)")
    }

    @Test("A load waits for replies as long as it was told to") func aLoadWaitsForRepliesAsLongAsItWasToldTo() throws {
        let server = try RedisServer()
        let input = Array("SET silent:1 1\nGET silent:1\n".utf8)
        let words: [ByteString] = ["-p", ByteString("\(server.port)"), "--pipe", "--pipe-timeout"]
        _ = try server.send("CLIENT", "PAUSE", "20000", "WRITE")
        let result = try Slotline.run(words + ["0.3"], input: input)
        #expect(result.exitStatus == 4)
        #expect(
            result.errorText.contains(
                "stdin:1: SET silent:1 1: 127.0.0.1:\(server.port): may or may not have run: no reply\n"))
        #expect(result.errorText.hasSuffix("\nNo replies for 0.3 seconds: exiting.\n"))
        #expect(result.lines.last == "errors: 2, replies: 2")
        #expect(!result.outputText.contains("Last reply"))
        let standIn = try Slotline.run(words + ["1"], input: input, program: try folder.link("redis-cli"))
        #expect(standIn.exitStatus == 1)
        #expect(standIn.errorText.hasSuffix("\nNo replies for 1 seconds: exiting.\n"))
    }

    @Test("A line that runs alone uses the timeout of the load") func aLineThatRunsAloneUsesTheTimeoutOfTheLoad() throws
    {
        let server = try RedisServer()
        _ = try server.send("CLIENT", "PAUSE", "20000", "WRITE")
        let words: [ByteString] = ["-p", ByteString("\(server.port)"), "--pipe", "--reply-timeout", "15"]
        let start = ContinuousClock.now
        let result = try Slotline.run(
            words + ["--pipe-timeout", "0.3"], input: Array("FLUSHALL\n".utf8))
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(result.exitStatus == 4)
        #expect(
            result.errorText
                == "stdin:1: FLUSHALL: 127.0.0.1:\(server.port): may or may not have run: no reply for 0.3 s\n")
    }

    @Test("A load is not given up on before its own timeout") func aLoadIsNotGivenUpOnBeforeItsOwnTimeout() throws {
        let server = try RedisServer()
        _ = try server.send("CLIENT", "PAUSE", "1500", "WRITE")
        let words: [ByteString] = ["-p", ByteString("\(server.port)"), "--pipe", "--reply-timeout", "0.3"]
        let result = try Slotline.run(words + ["--pipe-timeout", "30"], input: Array("SET late:1 1\n".utf8))
        #expect(result.exitStatus == 0)
        #expect(result.errorText == "")
    }

    @Test("A load says so before it waits for the last reply") func aLoadSaysSoBeforeItWaitsForTheLastReply() throws {
        let server = try RedisServer()
        _ = try server.send("CLIENT", "PAUSE", "40000", "WRITE")
        let session = try PipedSession(["-p", ByteString("\(server.port)"), "--pipe"])
        session.send("SET last:1 1")
        session.closeInput()
        #expect(try session.nextLine(within: .seconds(15)) == "All data transferred. Waiting for the last reply...")
        _ = try server.send("CLIENT", "UNPAUSE")
        #expect(try session.end().status == .exited(0))
    }

    @Test("Secrets after a target are not shown") func secretsAfterATargetAreNotShown() throws {
        let result = try cluster.run("--pipe", file: "@all AUTH nobody hunter2\nAUTH nobody hunter2\n")
        #expect(result.exitStatus != 0)
        #expect(result.errorText.contains("stdin:1: AUTH") && result.errorText.contains("stdin:2: AUTH"))
        #expect(!result.errorText.contains("hunter2"))
    }

    /// Lines that bypass the pipeline count as well.
    @Test("A load stops at too many refused lines") func aLoadStopsAtTooManyRefusedLines() throws {
        let result = try cluster.run("--pipe --max-errors 3", file: String(repeating: "BITOP NOT a b\n", count: 100))
        #expect(result.lines[0].hasPrefix("commands: 3, ok: 0, failed: 3, "))
        #expect(result.errorText.hasSuffix("\nstdin:4: \(Self.stopped)\n"))
    }

    @Test("Ctrl-C ends a load after the commands already sent") func ctrlCEndsALoadAfterTheCommandsAlreadySent() throws
    {
        let server = try RedisServer()
        let session = try PipedSession(["-p", ByteString("\(server.port)"), "--pipe"])
        session.send("SET end:1 1\nMULTI\nSET end:2 1")
        while try !server.send("CLIENT", "LIST").text.contains("multi=1") { usleep(1000) }
        session.interrupt()
        #expect(try session.nextLine().hasPrefix("commands: 1, ok: 1, failed: 0, "))
        let end = try session.end()
        #expect(end.status == .signalled(SIGINT))
        #expect(end.error.hasSuffix("stdin:2: \(Self.stopped)\n"))
    }

    @Test(
        "Ctrl-C ends a load while a line runs alone or ends a block",
        arguments: ["SELECT 1", "MULTI\nSET a 1\nEXEC", "@random PING", "SUNIONSTORE a b c"])
    func ctrlCEndsALoadThatWaitsForALine(lines: String) throws {
        let last = String(lines.split(separator: "\n").last?.replacing("@random ", with: "") ?? "")
        let node = try ScriptedNode { request in
            switch request.text {
            case last: .silence
            case "SET a 1": .text("+QUEUED\r\n")
            case let text where text.hasPrefix("CLUSTER"):
                .error("ERR This instance has cluster support disabled")
            default: .ok
            }
        }
        let session = try PipedSession(["-p", ByteString("\(node.port)"), "--pipe"])
        session.send(lines)
        while !node.requests.contains(where: { $0.text == last }) { usleep(1000) }
        session.interrupt()
        #expect(try session.end().status == .signalled(SIGINT))
    }

    @Test(
        "Ctrl-C ends a load that waits for the last replies",
        arguments: ["SET slow 1", "GET slow", "SET a 1\nSET slow 1"])
    func ctrlCEndsALoadThatWaitsForTheLastReply(lines: String) throws {
        let node = try ScriptedNode { request in
            switch request.text {
            case let text where text.hasSuffix("slow") || text.contains("slow "): .silence
            case let text where text.hasPrefix("CLUSTER"):
                .error("ERR This instance has cluster support disabled")
            default: .ok
            }
        }
        let session = try PipedSession(["-p", ByteString("\(node.port)"), "--pipe"])
        session.send(lines)
        session.closeInput()
        while !node.requests.contains(where: { $0.text.contains("slow") }) { usleep(1000) }
        // A Ctrl-C before the end of the input is seen only ends the input.
        while !session.hasEnded {
            session.interrupt()
            usleep(10_000)
        }
        #expect(try session.end().status == .signalled(SIGINT))
    }

    /// Ctrl-C before the first byte of the input.
    @Test("Ctrl-C ends a load that waits for input") func ctrlCEndsALoadThatWaitsForInput() throws {
        let session = try cluster.session("--pipe")
        while !session.catches(SIGINT) { usleep(1000) }
        session.interrupt()
        #expect(try session.end().status == .signalled(SIGINT))
    }

    // MARK: Transactions

    @Test("The commands of a transaction are counted once EXEC has run")
    func theCommandsOfATransactionAreCountedOnceEXECHasRun() throws {
        let file = """
            MULTI
            SET {end}a x
            LPUSH {end}a y
            GET {end}a
            EXEC
            MULTI
            SET {end}a y
            NOSUCHCOMMAND {end}a
            EXEC
            MULTI
            SET {end}a z
            DISCARD
            MULTI
            SET {end}b 1

            """
        let rejects = "\(folder.path)/rejects"
        let result = try cluster.run("--pipe --reject \(rejects)", file: file)
        #expect(result.exitStatus == 1)
        // Failed: one line of the first block, all four of the second, both of the last. Only DISCARD counts as ok.
        #expect(result.lines[1].hasPrefix("commands: 12, ok: 5, failed: 7, retried: 0, unknown: 0; "))
        let told = result.errorText.split(separator: "\n").filter { $0.hasPrefix("stdin:") }
        #expect(told.map { $0.prefix { $0 != " " } } == ["stdin:3:", "stdin:8:", "stdin:9:"])
        #expect(told[0].hasPrefix("stdin:3: LPUSH {end}a y: \(cluster.owner(of: "{end}a")): WRONGTYPE "))
        #expect(result.errorText.contains("stdin ends inside a transaction"))
        let blocks = ["LPUSH {end}a y", "MULTI", "SET {end}a y", "NOSUCHCOMMAND {end}a", "EXEC"]
        let kept = try String(contentsOfFile: rejects, encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(kept == blocks + ["MULTI", "SET {end}b 1"])
        #expect(try cluster.run("", ["GET", "{end}a"]).text == "x")
    }

    @Test("A changed watched key is a failure") func aChangedWatchedKeyIsAFailure() throws {
        let server = try RedisServer()
        let session = try PipedSession(["-p", ByteString("\(server.port)"), "--pipe"])
        session.send("WATCH end:w\nMULTI\nSET end:x 1")
        while try !server.send("CLIENT", "LIST").text.contains("multi=1") { usleep(1000) }
        try server.send("SET", "end:w", "1")
        session.send("EXEC")
        let end = try session.end()
        #expect(end.error == "stdin:4: EXEC: a watched key changed, so the transaction was not executed\n")
        #expect(try session.nextLine() == "All data transferred. Waiting for the last reply...")
        #expect(try session.nextLine().hasPrefix("commands: 4, ok: 1, failed: 3, "))
        #expect(end.status == .exited(1))
    }

    /// A line that continues on the next one is known by its first, and a load resumes there.
    @Test("A checkpoint is set before an open transaction") func aCheckpointIsSetBeforeAnOpenTransaction()
        throws
    {
        try cluster.send("DEL end:c", to: cluster.owner(of: "end:c"))
        let checkpoint = "\(folder.path)/checkpoint"
        // A resumable load does not begin until it has read this much.
        let comment = "#" + String(repeating: "-", count: 5000)
        let head = "\(comment)\nINCR \\\n  end:c\nMULTI \\\n\nINCR \\\nend:c"
        let session = try cluster.session("--pipe --resume \(checkpoint)")
        session.send(head)
        while (try? String(contentsOfFile: checkpoint, encoding: .utf8))?.contains("\nline 4\n") != true {
            usleep(1000)
        }
        session.kill()
        let path = try folder.write(head + "\nEXEC\nLPUSH \\\n end:c x\n", to: "input")
        let result = try cluster.run("--pipe --resume \(checkpoint) --file \(path)")
        #expect(result.errorText.hasPrefix("\(path):9: LPUSH end:c x: "))
        #expect(try cluster.run("", ["GET", "end:c"]).text == "2")
    }
}
