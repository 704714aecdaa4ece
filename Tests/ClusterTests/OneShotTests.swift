import Foundation
import RESP
import Routing
import TestSupport
import Testing

/// One command from the command line, on a cluster.
struct OneShotTests {
    private let cluster: TestCluster

    init() throws {
        cluster = try TestCluster.shared
    }

    /// A port that no server listens on.
    private static let deadPort = 1

    // MARK: Arguments

    @Test("Arguments are bytes") func argumentsAreBytes() throws {
        let key = ByteString([0xff, 0xfe, 0x01, 0x80] + Array("Привет {x".utf8))
        let value = ByteString((1...255).map { UInt8($0) })
        #expect(try cluster.run("", ["SET", key, value]).text == "OK")
        #expect(try cluster.run("", ["GET", key]).output == value.bytes + [0x0a])
        #expect(try cluster.client(cluster.owner(of: key)).send("GET", key).byteString == value)
        #expect(try cluster.run("", ["DEL", key]).text == "1")
    }

    @Test("Options end at the command") func optionsEndAtTheCommand() throws {
        #expect(try cluster.run("", ["SET", "dashes", "--json"]).text == "OK")
        #expect(try cluster.run("", ["GET", "dashes"]).text == "--json")
        #expect(try cluster.run("", ["@key:dashes", "ECHO", "-p"]).text == "-p")
    }

    @Test("Bytes that are not text keep JSON valid") func bytesThatAreNotTextKeepJSONValid() throws {
        #expect(
            try cluster.run("--json", ["@random", "ECHO", ByteString([0x61, 0xff, 0x62])]).text == "\"a\\udcffb\"")
        #expect(try cluster.run("--json", ["@random", "ECHO", "é\u{1}\""]).text == "\"é\\u0001\\\"\"")
    }

    @Test("Standard input is an argument") func standardInputIsAnArgument() throws {
        let bytes = ByteString(Array(0...255) + Array("\n".utf8))
        let put = try Slotline.run(cluster.seed + ["-x", "SET", "stdin:1"], input: bytes.bytes)
        #expect(put.text == "OK")
        #expect(try cluster.client(cluster.owner(of: "stdin:1")).send("GET", "stdin:1").byteString == bytes)
        let tagged = try Slotline.run(
            cluster.seed + ["-X", "tag", "SET", "stdin:2", "tag", "EX", "100"], input: bytes.bytes)
        #expect(tagged.text == "OK")
        #expect(try cluster.client(cluster.owner(of: "stdin:2")).send("GET", "stdin:2").byteString == bytes)
        let keyed = try Slotline.run(cluster.seed + ["-X", "tag", "STRLEN", "tag"], input: Array("stdin:2".utf8))
        #expect(keyed.text == "257")
        let missing = try Slotline.run(cluster.seed + ["-X", "tag", "GET", "other"], input: [])
        #expect(missing.exitStatus == 2)
    }

    @Test("A refused password is reported once") func aRefusedPasswordIsReportedOnce() throws {
        let result = try cluster.run("--no-auth-warning --user nobody -a wrong", command: "@all ECHO x")
        #expect(result.errorText.ranges(of: "AUTH failed").count == 1)
        #expect(result.errorText.ranges(of: "WRONGPASS").count == 1)
    }

    @Test("A command that failed is not called atomic") func aCommandThatFailedIsNotCalledAtomic() throws {
        let failed = try cluster.run(command: "ZUNIONSTORE atomic:1 2 atomic:2 atomic:3 WEIGHTS x y")
        #expect(failed.text.hasPrefix("ERR weight value is not a float"))
        #expect(failed.errorText == "")
        // A note is for people: no one wants it from cron.
        #expect(try cluster.run(command: "MSETNX atomic:1 x atomic:2 y").errorText == "")
        _ = try cluster.run(command: "DEL atomic:1 atomic:2")
    }

    @Test("Help includes what the server says") func helpIncludesWhatTheServerSays() throws {
        let result = try cluster.run(command: "help get")
        #expect(result.lines.contains { $0.hasPrefix("  summary ") })
        // Without a server, it is only what the table knows.
        let alone = try Slotline.run(["-p", ByteString("\(Self.deadPort)"), "help", "get"])
        #expect(alone.lines.first == "  GET key")
        #expect(alone.exitStatus == 0)
        #expect(alone.errorText == "")
    }

    // MARK: Shell commands

    @Test("Shell commands are answered as at the prompt") func shellCommandsAreAnsweredAsAtThePrompt() throws {
        let nodes = try cluster.run("--json", command: ":nodes")
        #expect(try nodes.json().count == 1)
        for node in cluster.nodes { #expect(nodes.outputText.contains("\(node)")) }
        _ = try cluster.run(command: "RPUSH oneshot:peek a b")
        #expect(try cluster.run("--json", command: ":peek oneshot:peek").outputText.contains("\"a\""))
        #expect(try cluster.run("--raw", command: ":peek oneshot:peek").outputText.contains("\n1) \"a\"\n2) \"b\"\n"))
        #expect(try cluster.run(command: ":peek oneshot:none").outputText == "There is no key \"oneshot:none\".\n")
        let explained = try cluster.run(command: ":explain MGET oneshot:a oneshot:b")
        #expect(explained.exitStatus == 0 && explained.outputText.contains("oneshot:a"))
        let twice = try cluster.run("-r 2", command: ":explain MGET oneshot:a oneshot:b")
        #expect(twice.outputText == explained.outputText + explained.outputText)
        _ = try cluster.run(command: "DEL oneshot:peek")
        _ = try cluster.run(command: "XADD oneshot:peek 1-1 a 1 b 2 c 3 d 4")
        let makeGroups = "for i = 1, 25 do redis.call('XGROUP', 'CREATE', KEYS[1], 'g' .. i, '0') end"
        _ = try Slotline.run(cluster.seed + ["EVAL", ByteString(makeGroups), "1", "oneshot:peek"])
        let stream = try cluster.run("--json", command: ":peek oneshot:peek 1").outputText
        #expect(stream.contains("\"d\":\"4\"") && stream.contains("\"g25\""))
        _ = try cluster.run(command: "DEL oneshot:peek")
    }

    @Test("An unknown shell command is refused") func anUnknownShellCommandIsRefused() throws {
        let result = try cluster.run(command: ":node")
        #expect(result.exitStatus == 1 && result.outputText == "")
        #expect(result.errorText.contains("\":node\"") && result.errorText.contains("Did you mean :nodes?"))
        #expect(try cluster.run("--json", command: ":node").outputText.hasPrefix("{\"error\":\"ERR "))
        #expect(try cluster.run(command: ":peek").exitStatus == 1)
        let edited = try cluster.run(command: ":edit")
        #expect(edited.exitStatus == 1 && edited.errorText.contains(":edit works only at the prompt"))
    }

    @Test("A shell command needs its server") func aShellCommandNeedsItsServer() throws {
        let result = try Slotline.run(["-p", ByteString("\(Self.deadPort)"), "--retry-for", "0", ":nodes"])
        #expect(result.exitStatus == 3)
        #expect(result.errorText.contains("127.0.0.1:\(Self.deadPort)"))
    }

    @Test(
        "A server that does not report its topology has its reason shown",
        arguments: [":nodes", ":slots", "--diagnose"])
    func aServerThatDoesNotReportItsTopologyHasItsReasonShown(word: ByteString) throws {
        let server = try RedisServer(["--requirepass", "sesame"])
        let result = try Slotline.run(["-p", ByteString("\(server.port)"), word])
        #expect((result.text + result.errorText).contains("the topology") && result.exitStatus == 1)
        let lines = (result.text + result.errorText).split(separator: "\n").filter { $0.contains("the topology") }
        #expect(lines.allSatisfy { $0.contains(": NOAUTH") }, "\(lines)")
    }

    @Test("A silent server is given up on, and waiting for it is shown only on a terminal")
    func aSilentServerIsGivenUpOn() throws {
        let node = try ScriptedNode { _ in .silence }
        let result = try Slotline.run(["-p", ByteString("\(node.port)"), "--reply-timeout", "2", "GET", "k"])
        #expect(!result.errorText.contains("Waiting for"))
        #expect(result.errorText.contains("no reply for 2 s") && result.exitStatus == 3)
    }

    @Test("Numbers and redis-cli's own commands are data") func numbersAndRedisClisOwnCommandsAreData() throws {
        #expect(try cluster.run(command: "@random 3 PING").outputText.contains("unknown command"))
        #expect(try cluster.run(command: "3 PING").outputText.contains("unknown command"))
        let folder = try TemporaryFolder()
        let result = try Slotline.run(cluster.seed + [":nodes"], program: folder.link("redis-cli"))
        #expect(result.outputText.contains("unknown command") && result.errorText == "")
    }

    @Test("A similar name is suggested to a person") func aSimilarNameIsSuggestedToAPerson() throws {
        func run(_ command: [ByteString], _ environment: [String: String] = ["FAKETTY": "1"]) throws -> [String] {
            let result = try Slotline.run(cluster.seed + command, environment: environment)
            #expect(result.text.contains("ERR unknown "))
            return result.errorText.split(separator: "\n").map(String.init)
        }
        #expect(try run(["gett", "k"]) == ["Did you mean GET?"])
        #expect(try run(["cluster", "ndoes"]) == ["Did you mean CLUSTER NODES?"])
        #expect(try run(["nothinglikeit", "k"]) == [])
        #expect(try run(["gett", "k"], [:]) == [])
    }

    @Test("Commands are repeated") func commandsAreRepeated() throws {
        try cluster.send("DEL repeat:1", to: cluster.owner(of: "repeat:1"))
        #expect(try cluster.run("-r 5", command: "INCR repeat:1").lines == ["1", "2", "3", "4", "5"])
        let start = ContinuousClock.now
        #expect(try cluster.run("-r 3 -i 0.2 --json", command: "INCR repeat:1").lines == ["6", "7", "8"])
        #expect(ContinuousClock.now - start > .milliseconds(400))
        #expect(try cluster.run("-r 3 -e", command: "LPUSH repeat:1 x").errorText.split(separator: "\n").count == 1)
        #expect(try cluster.run("-r 0", command: "INCR repeat:1").outputText == "")
    }

    @Test("A script file goes to the node of its keys") func aScriptFileGoesToTheNodeOfItsKeys() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("redis.call('SET', KEYS[1], ARGV[1])\nreturn {KEYS[1], ARGV[1]}", to: "script.lua")
        for master in cluster.masters {
            let key = cluster.key("eval:", on: master)
            let result = try cluster.run("--eval \(file) \(key) , value")
            #expect(result.lines == [key, "value"])
            #expect(try cluster.send("GET \(key)", to: master).text == "value")
        }
        #expect(try cluster.run("--eval \(file) a b , value").exitStatus == 1)
        #expect(try cluster.run("--eval \(folder.path)/none a").exitStatus == 2)
    }

    // MARK: Connections

    @Test("The first seed that answers is used") func theFirstSeedThatAnswersIsUsed() throws {
        let live = cluster.masters[1]
        let dead = "127.0.0.1:\(Self.deadPort)"
        let key = cluster.key("seed:", on: cluster.masters[2])
        for seeds in [
            ["-u", "redis://\(dead),\(live)"], ["-u", "redis://\(dead)", "-u", "redis://\(live)"],
            ["-h", "127.0.0.1", "-p", "\(Self.deadPort)", "-u", "redis://\(live)"], ["-u", "redis://\(live),\(dead)"],
        ] {
            let arguments = seeds.map { ByteString($0) }
            #expect(try Slotline.run(arguments + ["SET", ByteString(key), "x"]).text == "OK", "\(seeds)")
            let all = try Slotline.run(arguments + ["PING"])
            #expect(all.lines.count == 6)
            #expect(all.exitStatus == 0)
            #expect(try Slotline.run(arguments, input: Array("GET \(key)\nPING\n".utf8)).lines.count == 7)
        }
    }

    @Test("No server is status three") func noServerIsStatusThree() throws {
        let dead = ByteString("\(Self.deadPort)")
        for command: [ByteString] in [["PING"], ["GET", "a"], ["DBSIZE"], ["SHUTDOWN"], ["MGET", "a", "b"]] {
            let raw = try Slotline.run(["-p", dead] + command)
            #expect(raw.exitStatus == 3)
            #expect(raw.outputText == "")
            #expect(raw.errorText.contains("127.0.0.1:1"))
            let json = try Slotline.run(["-p", dead, "--json"] + command)
            #expect(try JSON(json.text).error?.hasPrefix("NOCONN ") == true)
        }
        let several = try Slotline.run(["-u", "redis://127.0.0.1:1,127.0.0.1:2", "PING"])
        #expect(several.exitStatus == 3)
        for seed in ["127.0.0.1:1", "127.0.0.1:2"] { #expect(several.errorText.contains(seed)) }
        let file = try Slotline.run(["-p", dead, "--json"], input: Array("PING\nGET a\n".utf8))
        #expect(file.exitStatus == 3)
        #expect(try file.json().count == 2)
    }

    @Test(
        "A usage error is status two",
        arguments: [
            ["--nosuch", "PING"], ["-p"], ["-p", "x", "PING"], ["-n", "-1", "PING"], ["-t", "soon", "PING"],
            ["-u", "http://a", "PING"], ["--unblock", "get", "PING"], ["--pattern", "x", "PING"], ["-x"],
            ["--json=1", "PING"],
        ])
    func aUsageErrorIsStatusTwo(_ arguments: [String]) throws {
        let result = try Slotline.run(arguments.map { ByteString($0) })
        #expect(result.exitStatus == 2)
        #expect(result.outputText == "")
        #expect(result.errorText != "")
    }

    @Test("A profiles file is created once, private to its user, and read if no one else may write it")
    func profiles() throws {
        let server = try RedisServer(["--requirepass", "sesame"])
        let folder = try TemporaryFolder()
        let environment = ["HOME": folder.path, "XDG_CONFIG_HOME": ""]
        let path = "\(folder.path)/.config/slotline/config"
        func run(_ words: ByteString...) throws -> (status: Int32, output: String, error: String) {
            let result = try Slotline.run(words, environment: environment)
            return (result.exitStatus, result.text, result.errorText)
        }
        #expect(try run("--profile", "a", "PING").status == 2)
        #expect(try run("--write-config").status == 0)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try run("--write-config").error.contains("File exists"))
        let text = "[a]\nport = \(server.port)\npass = sesame\nread-only = true\n"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        #expect(try run("--profile", "a", "PING") == (0, "PONG", ""))
        #expect(try run("--profile", "a", "SET", "k", "v").error.contains("read-only"))
        let explained = try run("--profile", "a", "--explain-config")
        #expect(explained.output.contains("\(path):2"))
        #expect(!explained.output.contains("sesame"))
        for word in ["--write-config", "--explain-config"] {
            let result = try Slotline.run(
                ["--profile", "a", ByteString(word)], environment: ["HOME": "", "XDG_CONFIG_HOME": ""])
            #expect(result.exitStatus != 0 && result.errorText.contains("HOME is not set"), "\(result.errorText)")
        }
        // Nobody can make a folder there.
        let unwritable = try Slotline.run(["--write-config"], environment: ["HOME": "/sys", "XDG_CONFIG_HOME": ""])
        #expect(unwritable.errorText.hasPrefix("Cannot write \"/sys/.config/slotline/config\": "))
        #expect(!unwritable.errorText.contains("No such file"), "\(unwritable.errorText)")
        for (mode, words) in [
            (0o640, "this is a password"), (0o604, "this is a password"), (0o620, "was not read"),
        ] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            let result = try run("--profile", "a", "PING")
            #expect(result.status == 2)
            #expect(result.error.contains(words))
            #expect(!result.error.contains("sesame"))
        }
    }

    @Test("Error replies are status one") func errorRepliesAreStatusOne() throws {
        try cluster.send("SET plain x", to: cluster.owner(of: "plain"))
        let plain = try cluster.run(command: "LPUSH plain x")
        #expect(plain.exitStatus == 1)
        #expect(plain.text.hasPrefix("WRONGTYPE"))
        #expect(plain.errorText == "")
        let moved = try cluster.run("-e", command: "LPUSH plain x")
        #expect(moved.exitStatus == 1)
        #expect(moved.outputText == "")
        #expect(moved.errorText.hasPrefix("WRONGTYPE"))
        #expect(try cluster.run("--ignore-errors", command: "LPUSH plain x").exitStatus == 0)
        let partial = try cluster.run("--json", command: "@masters GET plain")
        #expect(partial.exitStatus == 4)
        #expect(partial.errorText.contains("2 of 3 nodes replied with an error."))
    }

    // MARK: In place of redis-cli

    @Test("A link named redis-cli stands in for it") func aLinkNamedRedisCliStandsInForIt() throws {
        let folder = try TemporaryFolder()
        let link = try folder.link("redis-cli")
        let port: [ByteString] = ["-p", ByteString("\(cluster.masters[0].port)")]
        let key = ByteString(cluster.key("dropin:", on: cluster.masters[1]))
        func run(_ words: [ByteString], input: String = "") throws -> Subprocess.Result {
            try Slotline.run(words, input: Array(input.utf8), program: link)
        }

        let moved = try run(port + ["SET", key, "x"])
        #expect(moved.text.hasPrefix("MOVED "))
        // Its messages keep their lines, and name no line of a file.
        let unfit = try run(["--ldb", "PING"])
        #expect(
            unfit.errorText
                == "Options --ldb and --ldb-sync-mode require --eval.\nTry redis-cli --help for more information.\n")
        #expect(try run(port, input: "connect 127.0.0.1 1\n").errorText.hasPrefix("Could not connect to Redis at "))
        #expect(moved.exitStatus == 0)
        #expect(moved.errorText == "")
        #expect(try run(port + ["-e", "SET", key, "x"]).exitStatus == 1)
        #expect(try run(port + ["-c", "SET", key, "x"]).text == "OK")
        #expect(try run(port + ["-c", "GET", key]).text == "x")
        #expect(try run(port + ["-c"], input: "GET \(key.text)\nLPUSH \(key.text) y\n").exitStatus == 0)
        #expect(try run(port + ["PING"]).outputText == "PONG\n")
        #expect(try run(port + ["-c", "PING"]).lines.count == 6)
        #expect(try run(port + ["SLAVEOF", "NO", "ONE"]).text.contains("not allowed in cluster mode"))

        let dead = try run(["-p", "1", "PING"])
        #expect(dead.exitStatus == 1)
        #expect(dead.errorText == "Could not connect to Redis at 127.0.0.1:1: Connection refused\n")
        #expect(try run(["--nosuch"]).exitStatus == 1)
        #expect(try run(port + ["-c", "@masters", "GET", key]).exitStatus == 0)
        let valkey = try folder.link("valkey-cli")
        #expect(try Slotline.run(port + ["SET", key, "x"], program: valkey).text.hasPrefix("MOVED "))
    }

    @Test(
        "A port that does not speak RESP is no connection, by every way in",
        arguments: ["HTTP/1.1 400 Bad Request\r\n", "SSH-2.0-OpenSSH_9\r\n", "\u{15}\u{3}\u{1}\0\u{2}\u{2}F"])
    func foreignPort(answer: String) throws {
        let node = try ScriptedNode { _ in .text(answer) }
        defer { node.stop() }
        for (words, input) in [
            (["SET", "a", "1"], ""), (["DBSIZE"], ""), (["--scan"], ""), ([], "SET a 1\n"), (["--pipe"], "SET a 1\n"),
        ] as [([ByteString], String)] {
            let result = try Slotline.run(["-p", ByteString("\(node.port)")] + words, input: Array(input.utf8))
            #expect(result.exitStatus == 3, "\(words) \(input): \(result.errorText)")
            #expect(result.errorText.contains("does not speak the Redis protocol"))
        }
    }

    @Test("A transaction that is begun on the command line is said to have ended there")
    func openTransaction() throws {
        let node = try ScriptedNode()
        defer { node.stop() }
        let result = try Slotline.run(["-p", ByteString("\(node.port)"), "MULTI"])
        #expect(result.exitStatus == 1)
        #expect(result.errorText.hasPrefix("The transaction ended with slotline, and nothing was executed."))
    }

    @Test("Why lines of a file have no reply is said once, and every line is on record")
    func repeatedFailure() throws {
        let node = try ScriptedNode { _ in .error("WRONGPASS no") }
        defer { node.stop() }
        let words = ["-p", ByteString("\(node.port)"), "-a", "x", "--no-auth-warning"] as [ByteString]
        let result = try Slotline.run(words, input: Array("SET a 1\nGET a\nGET b\n".utf8))
        #expect(result.outputText.components(separatedBy: "AUTH failed").count == 4)
        #expect(result.errorText.components(separatedBy: "AUTH failed").count == 2)
        #expect(result.errorText.hasSuffix("stdin:2: GET a: the same as above.\nstdin:3: GET b: the same as above.\n"))
    }

    @Test("A setting that a user may not make is said to be refused once, not for each node")
    func refusedSetting() throws {
        let nodes = try (0..<3).map { _ in try ScriptedNode() }
        defer { for node in nodes { node.stop() } }
        let ports = nodes.map(\.port)
        for (place, node) in nodes.enumerated() {
            node.answer { request in
                switch request.text {
                case "CLUSTER SHARDS": .value(ShardsReply.value(ports: ports))
                case "CLIENT NO-EVICT ON" where place > 0: .error("NOPERM no")
                default: .ok
                }
            }
        }
        let result = try Slotline.run(
            ["-p", ByteString("\(ports[0])")], input: Array("CLIENT NO-EVICT ON\nPING\n".utf8))
        #expect(result.errorText.components(separatedBy: "CLIENT NO-EVICT ON failed").count == 2)
    }

    @Test("The cache that --lru-test simulates is of one node of a cluster, in one of its slots")
    func cacheSimulation() throws {
        let cluster = try TestCluster()
        defer { cluster.stop() }
        let seed = cluster.masters[1]
        let script = ByteString("\"$0\" -p \(seed.port) --quiet --lru-test 10 | head -n 2")
        let result = try Subprocess.run(
            "sh", ["-c", script, ByteString(BuiltProduct.slotline)], environment: Slotline.environment())
        #expect(result.lines.count { $0.contains("Gets/sec") } == 2)
        #expect(
            try cluster.masters.map { try cluster.send("DBSIZE", to: $0) } == [.integer(0), .integer(10), .integer(0)])
    }
}
