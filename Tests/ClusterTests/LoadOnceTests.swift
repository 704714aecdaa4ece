import Foundation
import RESP
import Synchronization
import TestSupport
import Testing

/// `--pipe --resume`: commands that are done are not repeated, however far back another one waits, and watched keys are
/// watched again.
struct LoadOnceTests {
    private let folder: TemporaryFolder
    /// A resumable load does not begin until it has read this much.
    private static let comment = "#" + String(repeating: "-", count: 5000) + "\n"

    init() throws {
        folder = try TemporaryFolder()
    }

    private var checkpoint: String {
        (try? String(contentsOfFile: "\(folder.path)/checkpoint", encoding: .utf8)) ?? ""
    }

    private func options(_ port: Int) -> [ByteString] {
        "-p \(port) --pipe --resume \(folder.path)/checkpoint --retry-for 30".split(separator: " ").map {
            ByteString(String($0))
        }
    }

    /// Sends lines to a load, and waits until its checkpoint says how many were read.
    private func begin(_ port: Int, _ lines: String) throws -> PipedSession {
        let session = try PipedSession(options(port))
        let text = Self.comment + lines
        session.send(text)
        while !checkpoint.contains("\nrest \(text.utf8.count + 1)\n") { usleep(1000) }
        return session
    }

    // MARK: The session

    @Test(
        "The session is as the earlier lines left it",
        arguments: [
            ("CLIENT SETNAME loader", "name=loader "), ("CLIENT SETNAME a\nCLIENT SETNAME loader", "name=loader "),
            ("CLIENT SETNAME loader\nRESET", "name= "), ("HELLO 3", "resp=3"),
            ("HELLO 3 SETNAME loader", "name=loader "),
            ("SELECT 3\nCLIENT SETNAME loader", "name=loader "), ("SELECT 3\nHELLO 3", "db=3 "),
        ])
    func theSessionIsAsTheEarlierLinesLeftIt(lines: String, shown: String) throws {
        let server = try RedisServer()
        try begin(server.port, lines).kill()
        let session = try PipedSession(options(server.port))
        session.send(Self.comment + lines + "\nINFO")
        while try !server.send("CLIENT", "LIST").text.contains("cmd=info") { usleep(1000) }
        let clients = try server.send("CLIENT", "LIST").text.split(separator: "\n")
        #expect(try #require(clients.first { $0.contains("cmd=info") }).contains(shown))
        #expect(try session.end().status == .exited(0))
    }

    /// A load that was killed between WATCH and EXEC carries nothing out if the key changes after the load is resumed.
    @Test(
        "Watched keys are watched again",
        arguments: [
            "WATCH once:w", "WATCH once:v\nWATCH once:w\nINCR once:a", "WATCH once:w\nMULTI",
            "WATCH once:w\nMULTI\nINCR once:b",
        ])
    func watchedKeysAreWatchedAgain(lines: String) throws {
        let server = try RedisServer()
        try begin(server.port, "INCR once:a\n" + lines).kill()
        let rest = (lines.contains("MULTI") ? "" : "MULTI\n") + "INCR once:c"
        let session = try PipedSession(options(server.port))
        session.send(Self.comment + "INCR once:a\n" + lines + "\n" + rest)
        while try !server.send("CLIENT", "LIST").text.contains(#/multi=[1-9]/#) { usleep(1000) }
        try server.send("SET", "once:w", "1")
        session.send("EXEC")
        #expect(try session.end().error.contains("a watched key changed"))
        #expect(try server.send("EXISTS", "once:b", "once:c").integer == 0)
        #expect(try server.send("GET", "once:a").text == (lines.contains("once:a") ? "2" : "1"))
    }

    // MARK: Commands beyond a waiting one

    /// A cluster of one node that refuses the commands that meet a condition, and counts those it has carried out.
    private func cluster(refusing isRefused: @escaping @Sendable (String) -> Bool) throws -> (ScriptedNode, Counts) {
        let counts = Counts()
        let node = try ScriptedNode()
        let port = node.port
        node.answer { request in
            if request.text == "CLUSTER SHARDS" { return .value(ShardsReply.value(ports: [port])) }
            if isRefused(request.text) { return .error("CLUSTERDOWN Hash slot not served") }
            counts.add(request.text)
            return .ok
        }
        return (node, counts)
    }

    private final class Counts: Sendable {
        private let counts = Mutex<[String: Int]>([:])

        func add(_ text: String) {
            counts.withLock { $0[text, default: 0] += 1 }
        }

        var done: [String: Int] { counts.withLock { $0.filter { $0.key.hasPrefix("INCR ") } } }
    }

    enum End: CaseIterable {
        case killed, terminated, retryTimeIsUp
    }

    @Test("Commands that overtook a waiting slot are not repeated", arguments: End.allCases)
    func nothingIsDoneTwice(_ end: End) throws {
        let lines = (0..<3000).map { $0 % 1000 == 500 ? "INCR stuck:\($0)" : "INCR other:\($0)" }
        let isStuck = Mutex(true)
        let (node, counts) = try cluster { text in
            text.hasPrefix("INCR stuck:") && isStuck.withLock { $0 }
        }
        var options = options(node.port)
        if end == .retryTimeIsUp { options[options.count - 1] = "2" }
        let first = try PipedSession(options)
        let text = Self.comment + lines.joined(separator: "\n")
        first.send(text)
        while counts.done.count < 2997 { usleep(1000) }
        switch end {
        case .killed:
            let open = "\nopen " + text.offsets(of: "INCR stuck").map(String.init).joined(separator: " ") + "\n"
            while !checkpoint.contains("\nrest \(text.utf8.count + 1)\n") || !checkpoint.contains(open) { usleep(1000) }
            first.kill()
        case .terminated:
            while !first.hasEnded {
                first.signal(SIGTERM)
                usleep(10_000)
            }
        case .retryTimeIsUp: while !first.hasEnded { usleep(1000) }
        }
        isStuck.withLock { $0 = false }
        let second = try Slotline.run(options, input: Array("\(text)\nINCR more\n".utf8))
        #expect(second.exitStatus == 0)
        #expect(second.lines.contains { $0.hasPrefix("commands: 4, ok: 4, ") })
        #expect(counts.done.count == 3001)
        #expect(counts.done.filter { $0.value != 1 }.isEmpty)
    }

    /// Lines that run alone leave no moment to wait for input.
    @Test("Lines that run alone are known to be done") func linesThatRunAloneAreKnownToBeDone() throws {
        let count = Mutex(0)
        let node = try ScriptedNode { request in
            guard request.text == "CONFIG GET slow" else {
                return .error("ERR This instance has cluster support disabled")
            }
            count.withLock { $0 += 1 }
            return .later(.milliseconds(20), .text("*0\r\n"))
        }
        let session = try PipedSession(options(node.port))
        session.send(Self.comment + String(repeating: "CONFIG GET slow\n", count: 1000))
        while checkpoint.isEmpty || checkpoint.contains("\nline 1\n") { usleep(1000) }
        #expect(count.withLock { $0 } < 1000)
        session.kill()
    }

    /// A line that needs all earlier ones to be done does not run when one of them found no server.
    @Test(
        "Nothing runs after a command that found no server",
        arguments: ["CONFIG SET a 1", "SELECT 3", "MULTI\nSET up 2\nEXEC", "GET \"open"])
    func nothingRunsAfterACommandThatFoundNoServer(line: String) throws {
        let node = try ScriptedNode { request in
            switch request.arguments.first {
            case "CLUSTER": .error("ERR This instance has cluster support disabled")
            case "SET": .error("CLUSTERDOWN The cluster is down")
            default: .ok
            }
        }
        var options = options(node.port)
        options[options.count - 1] = "0.2"
        let result = try Slotline.run(options, input: Array((Self.comment + "SET down 1\n\(line)\n").utf8))
        #expect(result.exitStatus == 3)
        #expect(
            result.errorText.hasSuffix(
                """
                stdin:3: stopped; nothing from here on was loaded
                1 command was not carried out: the same command line, run again, continues with it.

                """))
        #expect(node.requests.allSatisfy { ["CLUSTER", "SET"].contains($0.arguments[0]) })
    }
}

extension String {
    fileprivate func offsets(of text: String) -> [Int] {
        ranges(of: text).map { utf8.distance(from: utf8.startIndex, to: $0.lowerBound) }
    }
}
