import Glibc
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

    @Test("In RESP3, a transaction adds to the subscriptions, and later lines are answered")
    func subscriptionInTransaction() throws {
        let session = try PipedSession(["-3", "--json", "-p", ByteString("\(server.port)")])
        _ = try session.ask("SUBSCRIBE a")
        for line in ["MULTI", "SUBSCRIBE b"] { _ = try session.ask(line) }
        #expect(try session.ask("EXEC").reply.contains("subscribe"))
        #expect(try session.ask("PING").reply == "\"PONG\"")
        for channel in ["a", "b"] as [ByteString] {
            #expect(try server.send("PUBLISH", channel, "hello").integer == 1)
            #expect(try session.nextLine().contains("hello"))
        }
        session.interrupt()
        _ = try session.end()
    }

    @Test("The node of each key of an explained command is the server")
    func explained() throws {
        let plan = try run(["--json"], file: ":explain MGET a b\n").outputText
        #expect(plan.ranges(of: "\"node\":\"127.0.0.1:\(server.port)\"").count == 2, "\(plan)")
    }

    @Test("A user who logs in works in the database of -n, by every way in; before that, -n changes nothing")
    func databaseBeforeUser() throws {
        let server = try RedisServer(["--requirepass", "secret"])
        let client = try server.client()
        _ = try client.send(["AUTH", "secret"])
        _ = try client.send(["SELECT", "5"])
        let port = ["-p", ByteString("\(server.port)")] as [ByteString]
        let folder = try TemporaryFolder()
        let inPlace = try folder.link("redis-cli")
        func results(_ words: [ByteString], _ file: String) throws -> [Subprocess.Result] {
            let ways: [([ByteString], String)] = [
                ([], BuiltProduct.slotline), (["--pipe"], BuiltProduct.slotline), ([], inPlace),
            ]
            return try ways.map { try Slotline.run(port + words + $0, input: Array(file.utf8), program: $1) }
        }
        for login in ["AUTH secret", "HELLO 3 AUTH default secret"] {
            for result in try results(["-n", "5"], "GET a\n\(login)\nINCR \(login.first ?? "k")\n") {
                #expect(!result.errorText.contains("database"))
            }
        }
        #expect(try client.send(["MGET", "A", "H"]) == .array([.bulk("3"), .bulk("3")]))
        #expect(try client.send(["INFO", "keyspace"]).text.contains("db0") == false)
        for (first, second) in zip(try results([], "GET a\nDBSIZE\n"), try results(["-n", "5"], "GET a\nDBSIZE\n")) {
            #expect(first.exitStatus == second.exitStatus)
            #expect(first.lines.first == second.lines.first)
        }
        for program in [BuiltProduct.slotline, inPlace] {
            let (first, second) = (
                try Slotline.run(port + ["GET", "a"], program: program),
                try Slotline.run(port + ["-n", "5", "GET", "a"], program: program)
            )
            #expect(first.outputText.hasPrefix("NOAUTH"))
            #expect(first.outputText == second.outputText)
            #expect(first.exitStatus == second.exitStatus)
            // What redis-cli says.
            let refusal = program == inPlace ? "SELECT 5 failed: NOAUTH Authentication required.\n" : ""
            #expect(first.errorText == "" && second.errorText == refusal)
            let file = try Slotline.run(port + ["-n", "5"], input: Array("GET a\nGET a\n".utf8), program: program)
            #expect(file.errorText == refusal)
        }
    }

    @Test("Where the user may not use the database, a load lets AUTH go first, and without it stops at once")
    func databaseOfAnotherUser() throws {
        for (name, rights) in [("bob", "+select"), ("eve", "-select")] as [(ByteString, ByteString)] {
            try server.send("ACL", "SETUSER", name, "on", ">secret", "~*", "&*", "+@all", rights)
        }
        let options: [ByteString] = ["--pipe", "-n", "5", "--user", "eve", "-a", "secret", "--no-auth-warning"]
        let lines = (1...50).map { "SET a\($0) 1\n" }.joined()
        let refused = try run(options, file: lines)
        #expect(refused.exitStatus == 1)
        #expect(refused.errorText.contains(": SELECT 5 failed: NOPERM "), "\(refused.errorText)")
        #expect(refused.errorText.split(separator: "\n").count < 5, "\(refused.errorText)")
        #expect(refused.errorText.contains(": stopped; nothing from here on was loaded"))
        #expect(try server.send("DBSIZE").integer == 0)
        let result = try run(options, file: "AUTH bob secret\n" + lines)
        #expect(result.exitStatus == 0, "\(result.errorText)")
        #expect(try server.send("INFO", "keyspace").text.contains("db5:keys=50,"))
        #expect(try server.send("DBSIZE").integer == 0)
    }

    /// The server itself refuses what it lacks, in either protocol.
    @Test("Replies with names, IDs or scores in them are laid out the same in RESP2 and RESP3")
    func layoutsOfProtocols() throws {
        _ = try run(
            file: """
                HSET h name ann age 30
                ZADD z 1 a 2.5 b
                XADD s 1-1 f v g w
                XADD s 2-1 f v
                XGROUP CREATE s grp 0
                XREADGROUP GROUP grp alice STREAMS s >
                GEOADD geo 13.36 38.11 Palermo 15.08 37.50 Catania
                MSET a ohmytext b mynewtext
                VADD v VALUES 2 1 2 e1
                VADD v VALUES 2 1 3 e2

                """)
        for line in [
            "HGETALL h", "HSCAN h 0", "HRANDFIELD h 2 WITHVALUES", "ZRANGE z 0 -1 WITHSCORES", "ZSCAN z 0",
            "ZUNION 1 z WITHSCORES", "ZDIFF 1 z WITHSCORES", "XRANGE s - +", "XREAD STREAMS s 0", "XINFO STREAM s",
            "XINFO STREAM s FULL", "XINFO GROUPS s", "XPENDING s grp", "XCLAIM s grp alice 100000 1-1 JUSTID",
            "XAUTOCLAIM s grp alice 100000 0",
            "GEOSEARCH geo FROMLONLAT 15 37 BYRADIUS 200 km WITHCOORD WITHDIST WITHHASH",
            "GEOPOS geo Palermo x", "LCS a b IDX", "LCS a b", "ROLE", "CONFIG GET maxmemory*", "MODULE LIST",
            "FUNCTION STATS", "PUBSUB NUMSUB a b", "VINFO v", "VSIM v ELE e1 WITHSCORES WITHATTRIBS",
            "VSIM v ELE e1 WITHSCORES", "VLINKS v e1 WITHSCORES", "CLUSTER SLOTS",
        ] {
            let texts = try ["-2", "-3"].map { try run(["--table", $0], file: line + "\n").outputText }
            #expect(texts[0] == texts[1], "\(line)")
            #expect(!texts[0].isEmpty)
        }
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

    /// Otherwise the first socket would get the number of stdout, and the output would be sent to the server.
    @Test("A closed standard output does not become a socket") func aClosedStandardOutputDoesNotBecomeASocket() throws {
        try server.send("SET", "closed:1", "SET closed:2 1")
        let script = ByteString("exec \"$0\" -p \(server.port) GET closed:1 >&-")
        let result = try Subprocess.run(
            "sh", ["-c", script, ByteString(BuiltProduct.slotline)], environment: Slotline.environment())
        #expect(result.errorText == "Cannot write to stdout: Bad file descriptor.\n")
        #expect(result.exitStatus == 1)
        #expect(try server.send("EXISTS", "closed:2").integer == 0)
    }

    @Test(
        "Pushes are shown to a person, or as --show-pushes says",
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

    @Test(
        "A note that messages are awaited is shown on a terminal, and nowhere else",
        arguments: ["redis-cli", "slotline"])
    func readingMessages(name: String) throws {
        let folder = try TemporaryFolder()
        let program = try folder.link(name)
        for isTerminal in [true, false] {
            let environment = isTerminal ? ["TERM": "dumb", "FAKETTY": "1"] : [:]
            let session = try PipedSession(
                ["-p", ByteString("\(server.port)")], program: program, environment: environment)
            session.send("SUBSCRIBE ch")
            for line in isTerminal ? ["1) \"subscribe\"", "2) \"ch\"", "3) (integer) 1"] : ["subscribe", "ch", "1"] {
                #expect(try session.nextLine() == line)
            }
            let wipe = name == "slotline" ? "\u{1b}[J" : "\u{1b}[K"
            let status = "Reading messages... (press Ctrl-C to quit or any key to type command)\r\(wipe)"
            #expect(try session.ask("PING").reply == (isTerminal ? "\(status)1) \"pong\"" : "pong"))
            #expect(try session.nextLine() == (isTerminal ? "2) \"\"" : ""))
            #expect(try session.ask("RESET").reply == (isTerminal ? "\(status)RESET" : "RESET"))
            #expect(try session.ask("PING").reply == "PONG")
        }
    }

    @Test(
        "Ctrl-C ends a command that waits, and in place of redis-cli without a word",
        arguments: ["redis-cli", "slotline"])
    func interrupted(name: String) throws {
        let folder = try TemporaryFolder()
        let session = try PipedSession(
            ["-p", ByteString("\(server.port)"), "BLPOP", "q", "0"], program: try folder.link(name))
        while try !server.send("CLIENT", "LIST").text.contains("cmd=blpop") { usleep(1000) }
        session.interrupt()
        let end = try session.end()
        #expect(end.status == .signalled(SIGINT))
        #expect(end.error.isEmpty == (name == "redis-cli"), "\(end.error)")
    }

    @Test("RESET in a subscription undoes what the session had set")
    func resetOfSubscription() throws {
        for version in ["2", "3"] {
            let session = try PipedSession(["-p", ByteString("\(server.port)")])
            session.send("HELLO \(version) SETNAME me")
            for line in ["SELECT 3", "SUBSCRIBE ch", "RESET"] { session.send(line) }
            while try session.nextLine() != "RESET" {}
            session.send("CLIENT INFO")
            let client = try session.nextLine().split(separator: " ")
            for word in ["name=", "db=0", "sub=0", "resp=2", "user=default"] { #expect(client.contains { $0 == word }) }
        }
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
