import RESP
import TestSupport
import Testing

/// `--read-only` for one command and for a file.
struct ReadOnlySessionTests {
    @Test("Only reads are sent, and the rest of a file continues")
    func refusals() throws {
        let server = try RedisServer()
        let port = ByteString("\(server.port)")
        let single = try Slotline.run(["-p", port, "--read-only", "SET", "k", "v"])
        #expect(single.exitStatus == 1)
        #expect(single.outputText == "")
        #expect(single.errorText.contains("read-only"))
        let file = try Slotline.run(
            ["-p", port, "--read-only", "--json"],
            input: Array("SET k v\nEVAL 'return redis.call(\"SET\",\"k\",1)' 0\nMULTI\nSET k v\nEXEC\nEXISTS k\n".utf8))
        #expect(file.exitStatus == 1)
        let replies = try file.json()
        #expect(replies.count == 6)
        for index in [0, 1, 3] { #expect(replies[index].error?.hasPrefix("READONLY ") == true) }
        #expect(file.lines.last == "0")
        #expect(try server.send("EXISTS", "k").integer == 0)
        for name in ["--recover", ":recover"] as [ByteString] {
            let recovery = try Slotline.run(["-p", port, "--read-only", name])
            #expect(recovery.exitStatus == 1)
            #expect(recovery.errorText.hasPrefix("\(name.text) was not sent: "), "\(recovery.errorText)")
        }
    }

    @Test("A file made read-only by a repeated line or an alias writes nothing more")
    func refusalsFromThenOn() throws {
        let server = try RedisServer()
        for line in [
            "1 :set read-only on", ":alias careful :set read-only on\ncareful",
            ":alias echo :set read-only on\necho",
        ] {
            let file = try Slotline.run(
                ["-p", ByteString("\(server.port)")], input: Array("SET a 1\n\(line)\nSET b 2\n".utf8))
            #expect(file.exitStatus == 1)
            #expect(try server.send("EXISTS", "b").integer == 0)
        }
    }

    @Test(
        "Tools that write are refused", arguments: [["--lru-test", "10"], ["--ldb-sync-mode", "--eval", "/dev/null"]])
    func refusalsOfTools(options: [String]) throws {
        let server = try RedisServer()
        let tool = try Slotline.run(
            ["-p", ByteString("\(server.port)"), "--read-only"] + options.map { ByteString($0) })
        #expect(tool.exitStatus == 1)
        #expect(tool.errorText.contains("read-only"))
        #expect(try server.send("DBSIZE").integer == 0)
    }

    @Test("A load writes nothing, and counts the lines it refused")
    func refusalsOfALoad() throws {
        let server = try RedisServer()
        let load = try Slotline.run(
            ["-p", ByteString("\(server.port)"), "--read-only", "--pipe"], input: Array("SET k v\nEXISTS k\n".utf8))
        #expect(load.exitStatus == 1)
        #expect(load.outputText.contains("ok: 1, failed: 1, "))
        #expect(load.errorText.contains("stdin:1: SET k v: "))
        #expect(try server.send("EXISTS", "k").integer == 0)
    }
}
