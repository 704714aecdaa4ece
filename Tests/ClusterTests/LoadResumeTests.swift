import Foundation
import Glibc
import RESP
import TestSupport
import Testing

/// `--pipe --resume`: what a checkpoint promises when a load ends early, and what it takes to resume.
struct LoadResumeTests {
    private let folder: TemporaryFolder
    /// A resumable load does not begin until it has read this much.
    private static let comment = "#" + String(repeating: "-", count: 5000) + "\n"

    init() throws {
        folder = try TemporaryFolder()
    }

    private var checkpoint: String { "\(folder.path)/checkpoint" }
    private var rejects: String { "\(folder.path)/rejects" }

    private func contents(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

    /// Messages without their line breaks.
    private func unwrapped(_ result: Subprocess.Result) -> String { result.errorText.replacing("\n", with: " ") }

    /// The options of a resumable load.
    private func options(_ port: Int, _ more: String = "") -> [ByteString] {
        let text = "-p \(port) --pipe --resume \(checkpoint) --reject \(rejects) \(more)"
        return text.split(separator: " ").map { ByteString(String($0)) }
    }

    private func load(
        _ port: Int, _ text: String, _ more: String = "", beginning: String = comment
    ) throws -> Subprocess.Result {
        try Slotline.run(options(port, more), input: Array((beginning + text).utf8))
    }

    // MARK: The session

    @Test(
        "The database is the one that the earlier lines selected",
        arguments: [
            ("SELECT 3\n", "", 3), ("*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n", "", 3), ("MULTI\nSELECT 3\nEXEC\n", "", 3),
            ("SELECT 3\nRESET\n", "", 0), ("SELECT 0\n", "-n 3", 0), ("SELECT 99\n", "-n 3", 3), ("", "-n 3", 3),
        ])
    func theDatabaseIsTheOneThatTheEarlierLinesSelected(lines: String, more: String, database: Int) throws {
        let server = try RedisServer()
        _ = try load(server.port, lines, more)
        let result = try load(server.port, lines + "SET resume:a 1\n", more)
        #expect(result.exitStatus == 0)
        let client = try server.client()
        _ = try client.send("SELECT", ByteString("\(database)"))
        #expect(try client.send("EXISTS", "resume:a").integer == 1)
    }

    @Test("A missing database is not replaced by another") func aMissingDatabaseIsNotReplacedByAnother() throws {
        let text = "SELECT 3\n"
        let first = try RedisServer()
        _ = try load(first.port, text)
        let server = try RedisServer(["--databases", "2"])
        let result = try load(server.port, text + "SET resume:a 1\n")
        #expect(result.exitStatus == 1)
        #expect(result.errorText.contains("SELECT 3 failed: ERR DB index is out of range"))
        #expect(try server.send("DBSIZE").integer == 0)
    }

    /// The password is kept nowhere, so the user has to be given again.
    @Test(
        "The user is the one that the earlier lines authenticated",
        arguments: [
            "AUTH bob hunter2\n", "HELLO 3 AUTH bob hunter2\n", "*3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$7\r\nhunter2\r\n",
        ])
    func theUserIsTheOneThatTheEarlierLinesAuthenticated(_ line: String) throws {
        let server = try RedisServer()
        try server.send("ACL", "SETUSER", "bob", "on", ">hunter2", "~bob:*", "+@all")
        let text = line + "SET bob:1 1\n"
        #expect(try load(server.port, text).exitStatus == 0)
        let more = text + "SET bob:2 1\nSET resume:other 1\n"
        #expect(contents(checkpoint).contains("\nuser \"bob\"\n"))
        for other in ["", "-a hunter2", "--user alice -a x"] {
            let refused = try load(server.port, more, other)
            #expect(refused.exitStatus == 2)
            #expect(unwrapped(refused).contains("had authenticated as user \"bob\""))
            #expect(unwrapped(refused).contains("--user bob"))
        }
        // A second time as well, when the input did not authenticate in the same run.
        for text in [more, more + "SET bob:3 1\n"] {
            let result = try load(server.port, text, "--user bob -a hunter2 --no-auth-warning")
            #expect(result.exitStatus == (text == more ? 1 : 0))
            #expect(contents(checkpoint).contains("\nuser \"bob\"\n"))
        }
        #expect(try server.send("EXISTS", "bob:1", "bob:2", "bob:3").integer == 3)
        #expect(try server.send("EXISTS", "resume:other").integer == 0)
        for file in folder.contents { #expect(!contents("\(folder.path)/\(file)").contains("hunter2")) }
    }

    // MARK: Completed loads

    /// What was added to the input since then is loaded; an input that has become shorter is another one.
    @Test("A load that was completed says so when it is run again", arguments: ["", comment])
    func aCompletedLoadSaysSo(beginning: String) throws {
        let server = try RedisServer()
        func load(_ text: String) throws -> Subprocess.Result {
            try self.load(server.port, text, beginning: beginning)
        }
        let message = "stdin was loaded completely already, according to \(checkpoint)."
        #expect(try load("APPEND a x\n").errorText.isEmpty)
        for _ in 0..<2 {
            let again = try load("APPEND a x\n")
            #expect(again.exitStatus == 0 && again.lines.last == "errors: 0, replies: 0")
            #expect(unwrapped(again).hasPrefix(message), "\(again.errorText)")
        }
        let grown = try load("APPEND a x\nAPPEND a y\n")
        #expect(grown.errorText.isEmpty && grown.lines.last == "errors: 0, replies: 1")
        #expect(unwrapped(try load("APPEND a x\n")).contains("is not a checkpoint of this input"))
        #expect(unwrapped(try load("APPEND b x\nAPPEND a y\n")).contains("of this input") == beginning.isEmpty)
        #expect(try server.send("GET", "a").text == "xy")
    }

    @Test("A last line without a line feed is not continued with what was added to it since", arguments: ["", comment])
    func aLastLineThatHasGrown(beginning: String) throws {
        let server = try RedisServer()
        func load(_ text: String) throws -> Subprocess.Result {
            try self.load(server.port, text, beginning: beginning)
        }
        #expect(try load("APPEND a x").exitStatus == 0)
        let other = try load("APPEND a xSET b 1\n")
        #expect(other.exitStatus == 2 && unwrapped(other).contains("loaded last has become longer since"))
        #expect(try load("APPEND a x\r\n").exitStatus == 0)
        #expect(try load("APPEND a x\r\nAPPEND a y\n").exitStatus == 0)
        #expect(try server.send("GET", "a").text == "xy")
    }

    @Test("A load goes on from the line after a byte order mark")
    func aByteOrderMark() throws {
        let node = try ScriptedNode { request in
            request.arguments.first == "CLUSTER" ? Self.notACluster : .error("LOADING Redis is loading")
        }
        let text = "\u{feff}SET a 1\nSET b 2\n"
        #expect(try load(node.port, text, "--retry-for 0", beginning: "").exitStatus == 3)
        let server = try RedisServer()
        #expect(try load(server.port, text, beginning: "").exitStatus == 0)
        #expect(try server.send("EXISTS", "a", "b").integer == 2)
    }

    @Test(
        "A load that finds its database refused can be run again with another", arguments: ["-n 99", "-n 99 --quiet"])
    func aRefusedDatabase(options: String) throws {
        let server = try RedisServer()
        let refused = try load(server.port, "SET a 1\n", options)
        #expect(refused.exitStatus != 0)
        #expect(unwrapped(refused).contains("Choose one that exists with -n or SELECT."), "\(refused.errorText)")
        #expect(!unwrapped(refused).contains("the same command line"))
        #expect(contents(checkpoint).isEmpty)
        #expect(try load(server.port, "SET a 1\n", "-n 2").exitStatus == 0)
        #expect(try server.send("INFO", "keyspace").text.contains("db2:keys=1"))
    }

    // MARK: Invalid checkpoints

    @Test(
        "An invalid checkpoint is refused",
        arguments: [
            ("offset 18446744073709551615\nline 1\nrest 5", "is not a checkpoint."),
            ("offset 9223372036854775807\nline 9223372036854775807\nrest 9223372036854775807", "of this input"),
            ("offset -1\nline 1\nrest 5", "is not a checkpoint."),
            ("offset 5\nline -1\nrest 5", "is not a checkpoint."),
            ("offset 5\nline 18446744073709551615\nrest 5", "is not a checkpoint."),
            ("offset 5\nline 9223372036854775807\nrest 5", "is not a checkpoint."),
            ("offset 5\nline 1\nrest 4", "is not a checkpoint."),
            ("offset 5\nline 1\nrest 9\nopen 4 6", "is not a checkpoint."),
            ("offset 5\nline 1\nrest 9\nopen 5 9", "is not a checkpoint."),
            ("offset 5\nline 1\nrest 9\nopen 7 6", "is not a checkpoint."),
            ("offset 5\nline 1\nrest 9\nopen 6 x", "is not a checkpoint."),
            ("offset 5\nline 1\nrest 5\nsession SELECT", "is not a checkpoint."),
            ("offset 5\nline 1\nrest 5\nsession SELECT 99999999999999999999", "is not a checkpoint."),
            ("offset 5\nline 1\nrest 5\nsession HELLO 3 AUTH a b", "is not a checkpoint."),
            ("offset 5\nline 1\nrest 5\nsession FLUSHALL", "is not a checkpoint."),
            ("offset 5\nline 1", "is not a checkpoint."), ("offset 1 2\nline 1\nrest 5", "is not a checkpoint."),
            ("offset 9999\nline 1\nrest 9999", "not a checkpoint of this input"),
            ("offset \"\nline 1", "is not a checkpoint."),
            ("slotline load 1", "older slotline"), ("slotline load 3", "older slotline"), ("", "is not a checkpoint."),
        ])
    func anInvalidCheckpointIsRefused(numbers: String, reason: String) throws {
        let server = try RedisServer()
        _ = try load(server.port, "")
        let head = contents(checkpoint).split(separator: "\n").suffix(2).joined(separator: "\n")
        let text =
            numbers.hasPrefix("slotline")
            ? "\(numbers)\noffset 0\nline 1\n\(head)\n" : "slotline load 4\n\(numbers)\n\(head)\n"
        for input in ["stdin", "--file"] {
            _ = try folder.write(text, to: "checkpoint")
            let file = input == "stdin" ? "" : "--file \(try folder.write(Self.comment + "SET a 1\n", to: "input"))"
            let result = try load(server.port, "SET a 1\n", file)
            #expect(result.exitStatus == 2)
            #expect(unwrapped(result).contains(reason))
            #expect(contents(checkpoint) == text)
        }
        #expect(try server.send("DBSIZE").integer == 0)
    }

    @Test("A checkpoint that cannot be read is not replaced") func aCheckpointThatCannotBeReadIsNotReplaced() throws {
        let server = try RedisServer()
        for path in ["/dev/full", folder.path] {
            let result = try Slotline.run(
                ["-p", ByteString("\(server.port)"), "--pipe", "--resume", ByteString(path)], input: [])
            #expect(result.exitStatus == 2)
        }
    }

    /// Neither file is read or written through a link, which is checked before anything is loaded.
    @Test(
        "Links are not followed",
        arguments: ["checkpoint", "rejects", "rejects.unknown"])
    func linksAreNotFollowed(_ name: String) throws {
        let server = try RedisServer()
        let target = try folder.write("kept", to: "target")
        symlink(target, "\(folder.path)/\(name)")
        let result = try load(server.port, "SET resume:a 1\n")
        #expect(result.exitStatus == 2)
        #expect(unwrapped(result).contains("it is a symbolic link"))
        #expect(contents(target) == "kept")
        #expect(try server.send("DBSIZE").integer == 0)
    }

    /// The files hold data of the servers.
    @Test("The files of a load are private to the user") func theFilesOfALoadArePrivateToTheUser() throws {
        let node = try ScriptedNode { request in
            switch request.arguments.first {
            case "CLUSTER": Self.notACluster
            case "SETNX": .close
            default: .error("WRONGTYPE no")
            }
        }
        _ = try load(node.port, "LPUSH a 1\nSETNX a 1\n", "--retry-for 0")
        for file in [checkpoint, rejects, rejects + ".unknown"] {
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    // MARK: Commands that were not carried out

    private static let notACluster = ScriptedNode.Answer.error("ERR This instance has cluster support disabled")

    /// The load stops before a command that no server has accepted, and resumes there once a server is back. A command
    /// that a server has refused is behind the checkpoint.
    @Test(
        "A checkpoint is set before commands that no server took",
        arguments: [
            ("", "SET down 1"), ("", "GET down"), ("", "MULTI\nSET down 1\nEXEC"), ("\nMULTI\nSET down 1", "EXEC"),
            ("\nMULTI", "SET down 1\nEXEC"), ("", "@random SET down 1"), ("", "EVAL \"return 1\" 1 down"),
        ])
    func aCheckpointIsSetBeforeCommandsThatNoServerTook(before: String, after: String) throws {
        let server = try RedisServer()
        let port = server.port
        try server.send("SET", "resume:s", "x")
        let session = try PipedSession(options(port))
        session.send(Self.comment + "SET resume:a 1\nLPUSH resume:s y\(before)")
        while !contents(checkpoint).contains("\nline 4\n") { usleep(1000) }
        while try !before.isEmpty && !server.send("CLIENT", "LIST").text.contains(/multi=[0-9]/) { usleep(1000) }
        server.stop()
        session.send(after)
        _ = try session.nextLine()
        let end = try session.end()
        #expect(end.status == .exited(before.isEmpty ? 3 : 1))
        #expect(contents(checkpoint).contains("\nline 4\n"))
        #expect(contents(rejects) == "LPUSH resume:s y\n")

        let next = try RedisServer(port: port)
        let again = try load(port, "SET resume:a 1\nLPUSH resume:s y\(before)\n\(after)\n")
        #expect(again.exitStatus == 0)
        #expect(try next.send("DBSIZE").integer == ((before + after).contains("SET down") ? 1 : 0))
        #expect(contents(rejects) == "LPUSH resume:s y\n")
    }

    @Test(
        "A checkpoint is set before a command that was waited for",
        arguments: [
            ("SET down 1", "CLUSTERDOWN The cluster is down"), ("SET down 1", "LOADING Redis is loading"),
            ("PING", "LOADING Redis is loading"), ("MULTI\nSET down 1\nEXEC", "CLUSTERDOWN The cluster is down"),
            ("CONFIG SET maxmemory 0", "MASTERDOWN Link with MASTER is down"),
        ])
    func aCheckpointIsSetBeforeACommandThatWasWaitedFor(lines: String, error: String) throws {
        let node = try ScriptedNode { request in
            switch request.arguments.first {
            case "CLUSTER": Self.notACluster
            case "MULTI": .ok
            case _ where request.text.hasPrefix("SET up"): .ok
            default: .error(error)
            }
        }
        let result = try load(node.port, "SET up 1\n\(lines)\nSET up 2\n", "--retry-for 0.2")
        #expect(result.exitStatus == 3)
        #expect(contents(checkpoint).contains("\nline 3\n"))
        #expect(contents(rejects) == "")
    }

    /// A dead master may leave thousands of them.
    @Test("Commands that no server took are reported once for each reason, and counted")
    func commandsThatNoServerTookAreReportedOnce() throws {
        let node = try ScriptedNode { request in
            switch request.text {
            case _ where request.text.hasPrefix("CLUSTER"): Self.notACluster
            case _ where request.text.hasPrefix("SET up"): .ok
            default: .error("LOADING Redis is loading")
            }
        }
        let lines = (1...50).map { "SET {down}\($0) 1\n" }.joined()
        let result = try load(node.port, "SET up 1\n" + lines, "--retry-for 0.2")
        #expect(result.exitStatus == 3)
        #expect(result.lines.contains { $0.hasPrefix("commands: 51, ok: 1, failed: 50, ") }, "\(result.outputText)")
        #expect(result.errorText.components(separatedBy: "LOADING").count == 2, "\(result.errorText)")
        #expect(
            unwrapped(result).hasSuffix(
                "50 commands were not carried out: the same command line, run again, continues with them. "))
        node.answer { $0.text.hasPrefix("CLUSTER") ? Self.notACluster : .ok }
        let again = try load(node.port, "SET up 1\n" + lines)
        #expect(again.exitStatus == 0 && again.errorText.isEmpty, "\(again.errorText)")
        #expect(again.lines.contains { $0.hasPrefix("commands: 50, ok: 50, failed: 0, ") }, "\(again.outputText)")
    }

    /// Commands given up on at the second Ctrl-C were not done either, except those that may have been.
    @Test("A checkpoint is set before commands that were given up on")
    func aCheckpointIsSetBeforeCommandsThatWereGivenUpOn() throws {
        let node = try ScriptedNode { request in
            switch request.arguments.first {
            case "CLUSTER": Self.notACluster
            case "GET", "SETNX": .silence
            default: .ok
            }
        }
        let session = try PipedSession(options(node.port))
        session.send(Self.comment + "SET a 1\nGET b\nSETNX c 1")
        while !node.requests.contains(where: { $0.text == "SETNX c 1" }) { usleep(1000) }
        while !session.hasEnded {
            session.interrupt()
            usleep(10_000)
        }
        #expect(try session.end().status == .signalled(SIGINT))
        #expect(contents(checkpoint).contains("\nline 3\n"))
        #expect(contents(rejects + ".unknown") == "SETNX c 1\n")
    }

    // MARK: Signals

    @Test(
        "A signal ends a load cleanly",
        arguments: [SIGINT, SIGTERM, SIGHUP])
    func aSignalEndsALoadCleanly(_ signal: CInt) throws {
        let node = try ScriptedNode { request in
            switch request.text {
            case _ where request.text.hasPrefix("CLUSTER"): Self.notACluster
            case "SET slow 1": .later(.milliseconds(500), .ok)
            case _ where request.text.hasPrefix("LPUSH"): .error("WRONGTYPE no")
            default: .ok
            }
        }
        let session = try PipedSession(options(node.port))
        session.send(Self.comment + "LPUSH a 1\nSET slow 1\nLPUSH b 1")
        while !node.requests.contains(where: { $0.text == "SET slow 1" }) { usleep(1000) }
        session.signal(signal)
        #expect(try session.nextLine().hasPrefix("commands: 3, ok: 1, failed: 2, "))
        let end = try session.end()
        #expect(end.status == .signalled(signal))
        #expect(end.error.contains("stdin:5: stopped"))
        #expect(contents(rejects) == "LPUSH a 1\nLPUSH b 1\n")
        #expect(contents(checkpoint).contains("\nline 5\n"))
    }

    /// A signal that comes while a line waits for earlier ones, or runs alone, ends the load too.
    @Test(
        "A signal ends a load at a line that runs alone",
        arguments: ["SET slow 1\nCONFIG GET slow", "CONFIG GET slow", "MULTI\nSET slow 1"])
    func aSignalEndsALoadAtALineThatRunsAlone(_ lines: String) throws {
        let node = try ScriptedNode { request in
            switch request.text {
            case _ where request.text.hasPrefix("CLUSTER"): Self.notACluster
            case _ where request.text.contains("slow"): .later(.milliseconds(500), .ok)
            default: .ok
            }
        }
        let session = try PipedSession(options(node.port))
        session.send(Self.comment + lines + "\nSET after 1")
        while !node.requests.contains(where: { $0.text.contains("slow") }) { usleep(1000) }
        session.signal(SIGTERM)
        #expect(try session.end().status == .signalled(SIGTERM))
        #expect(!node.requests.contains { $0.text == "SET after 1" })
        #expect(node.requests.count { $0.text.contains("slow") } == 1)
        #expect(contents(checkpoint).contains("\nline \(lines.hasPrefix("SET") ? 3 : 2)\n"))
    }

    @Test("A load under nohup ignores a hangup") func aLoadUnderNohupIgnoresAHangup() throws {
        let server = try RedisServer()
        let words = options(server.port).map { "'\($0.text)'" }.joined(separator: " ")
        let session = try PipedSession(
            ["-c", ByteString("trap '' HUP; exec \(BuiltProduct.slotline) \(words)")], program: "/bin/sh")
        session.send(Self.comment + "SET resume:a 1")
        while try server.send("EXISTS", "resume:a").integer == 0 { usleep(1000) }
        session.signal(SIGHUP)
        session.send("SET resume:b 1")
        #expect(try session.end().status == .exited(0))
        #expect(try server.send("EXISTS", "resume:b").integer == 1)
    }

    /// The messages no longer have a reader, but the commands matter more.
    @Test(
        "A load outlives its readers",
        arguments: ["2>&1 | true", "2>&1 >/dev/null | true", "| true"])
    func aLoadOutlivesItsReaders(_ readers: String) throws {
        let server = try RedisServer()
        try server.send("SET", "resume:s", "x")
        let input = try folder.write(
            String(repeating: "LPUSH resume:s y\n", count: 5000) + "SET resume:last 1\n", to: "input")
        _ = try Subprocess.run(
            "/bin/sh",
            [
                "-c",
                ByteString(
                    "\(BuiltProduct.slotline) -p \(server.port) --pipe --reject \(rejects) <\(input) \(readers)"),
            ],
            environment: Slotline.environment())
        while try server.send("EXISTS", "resume:last").integer == 0 { usleep(1000) }
        while contents(rejects).count < 5000 * 17 { usleep(1000) }
    }

    // MARK: Files that cannot be written

    @Test(
        "A load stops when it cannot keep track",
        arguments: [
            "reject", "full reject", "reject gone", "unknown", "checkpoint", "checkpoint has no folder", "folder gone",
        ])
    func aLoadStopsWhenItCannotKeepTrack(_ what: String) throws {
        let node = try ScriptedNode { request in
            switch request.arguments.first {
            case "CLUSTER": Self.notACluster
            case "LPUSH": .error("WRONGTYPE no")
            case "SETNX": .close
            default: .ok
            }
        }
        let kept = "\(folder.path)/kept"
        let manager = FileManager.default
        try manager.createDirectory(atPath: kept, withIntermediateDirectories: false)
        var reject = rejects, checkpoint = "\(kept)/checkpoint"
        var first = "LPUSH a 1\n"
        switch what {
        case "reject": reject = "/dev/full"
        case "full reject":
            reject = "/dev/full"
            first = "LPUSH a \(String(repeating: "x", count: 100_000))\n"
        case "unknown":
            first = "SETNX a 1\n"
            try manager.createDirectory(atPath: reject + ".unknown", withIntermediateDirectories: false)
        case "checkpoint":
            try manager.createDirectory(atPath: checkpoint + ".new", withIntermediateDirectories: false)
        case "checkpoint has no folder": checkpoint = "\(kept)/nowhere/checkpoint"
        default: break
        }
        let session = try PipedSession(
            ["-p", "\(node.port)", "--pipe", "--reject", reject, "--resume", checkpoint].map { ByteString($0) })
        session.send(Self.comment + "SET a 1")
        if what.hasSuffix("gone") {
            while !contents(checkpoint).contains("\nline 3\n") { usleep(1000) }
            try manager.removeItem(atPath: what == "reject gone" ? reject : kept)
        }
        session.send(first)
        // The pipe stays open: it is the file that stops the load.
        let hasBegun = !what.hasPrefix("checkpoint")
        if hasBegun { #expect(try session.nextLine().hasPrefix("commands: ")) }
        let end = try session.end()
        let status: Int32 = hasBegun ? what == "unknown" ? 4 : 1 : 2
        #expect(end.status == .exited(status))
        #expect(end.error.components(separatedBy: hasBegun ? "Cannot write \"" : "Cannot open \"").count == 2)
        let line = contents(checkpoint).split(separator: "\n").first { $0.hasPrefix("line ") }
        #expect(line.map { "line 1"..."line 3" ~= $0 } ?? true)
    }
}
