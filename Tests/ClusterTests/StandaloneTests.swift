import RESP
import TestSupport
import Testing

/// On a standalone server nothing is blocked, and fan-out commands have plain replies.
@Suite struct StandaloneTests {
    private let server: RedisServer

    init() throws {
        server = try RedisServer()
    }

    private func run(_ options: [ByteString] = [], file: String) throws -> Subprocess.Result {
        try Slotline.run(["-p", ByteString("\(server.port)")] + options, input: Array(file.utf8))
    }

    @Test("Nothing is blocked") func nothingIsBlocked() throws {
        let result = try run(
            file: """
                SET a abc
                BITOP NOT d a
                MOVE a 1
                SLAVEOF NO ONE
                REPLICAOF NO ONE
                WATCH d
                UNWATCH
                WATCH d
                MULTI
                STRLEN d
                EXEC

                """)
        #expect(result.lines == ["OK", "3", "1", "OK", "OK", "OK", "OK", "OK", "OK", "QUEUED", "3"])
        #expect(result.exitStatus == 0)
        #expect(result.errorText == "")
        let kill = try run(file: "SCRIPT KILL\n")
        #expect(kill.text.hasPrefix("NOTBUSY"))
        #expect(try run(file: "SENTINEL MASTERS\n").text.hasPrefix("ERR unknown command"))
        let payload = try server.send("DUMP", "d").byteString
        #expect(try run(file: "RESTORE copy 0 \(payload.escaped)\n").text == "OK")
    }

    /// Else the first socket gets the number of stdout, and the server is sent what is to be printed.
    @Test("A closed standard output is no socket") func aClosedStandardOutputIsNoSocket() throws {
        try server.send("SET", "closed:1", "SET closed:2 1")
        let script = ByteString("exec \"$0\" -p \(server.port) GET closed:1 >&-")
        let result = try Subprocess.run(
            "sh", ["-c", script, ByteString(BuiltProduct.slotline)], environment: Slotline.environment())
        #expect(result.errorText == "Cannot write to stdout: Bad file descriptor.\n")
        #expect(result.exitStatus == 1)
        #expect(try server.send("EXISTS", "closed:2").integer == 0)
    }

    @Test(
        "Pushes are shown where a person reads, or as --show-pushes says",
        arguments: [
            ("--no-raw", true), ("--raw", false), ("--no-raw --show-pushes no", false),
            ("--raw --show-pushes yes", true),
        ])
    func pushes(options: String, areShown: Bool) throws {
        let words = "-3 -p \(server.port) \(options)".split(separator: " ").map { ByteString(String($0)) }
        let session = try PipedSession(words)
        #expect(try session.ask("CLIENT TRACKING ON").reply == "OK")
        #expect(try session.ask("STRLEN watched").reply.contains("0"))
        try server.send("SET", "watched", "1")
        // The push comes before this reply.
        session.send("ECHO end")
        var text = ""
        while !text.contains("end") { text += try session.nextLine() }
        #expect(text.contains("invalidate") == areShown)
    }

    @Test("Replies are plain") func repliesArePlain() throws {
        let result = try run(
            ["--json"],
            file: """
                FLUSHALL
                SET a 1
                DBSIZE
                PING
                KEYS *
                SCAN 0
                CONFIG GET maxmemory
                CLIENT SETNAME me
                CLIENT GETNAME
                PUBSUB NUMPAT
                SCAN_ITER
                @all DBSIZE

                """)
        let name = "127.0.0.1:\(server.port)"
        #expect(
            try result.json() == [
                "OK", "OK", 1, "PONG", ["a"], ["0", ["a"]], .object(["maxmemory": "0"]), "OK", "me", 0, ["a"],
                .object([name: 1]),
            ])
        #expect(result.exitStatus == 0)
    }

    @Test("A server can be shut down") func aServerCanBeShutDown() throws {
        let result = try Slotline.run(["-p", ByteString("\(server.port)"), "SHUTDOWN", "NOSAVE"])
        #expect(result.outputText == "")
        #expect(result.exitStatus == 0)
        #expect(try Slotline.run(["-p", ByteString("\(server.port)"), "PING"]).exitStatus == 3)
    }
}
