import Foundation
import RESP
import TestSupport
import Testing

/// Passwords on real servers, and the places where they must not be seen.
struct CredentialsTests {
    @Test("A session whose token changes every 2 seconds, and whose connections end in between, never fails")
    func changingToken() throws {
        let cluster = try TestCluster()
        let folder = try TemporaryFolder()
        let rotation = { (number: Int) in
            for node in cluster.nodes {
                try cluster.send("ACL SETUSER joe resetpass >token\(number)", to: node)
            }
            // A moment in which the token that can be read is no longer valid.
            usleep(50_000)
            _ = try folder.write("token\(number)\n", to: "token")
        }
        for node in cluster.nodes { try cluster.send("ACL SETUSER joe on +@all ~* &*", to: node) }
        try rotation(0)
        let session = try PipedSession(
            cluster.seed + ["--user", "joe", "--pass-command", ByteString("cat \(folder.path)/token")])
        let start = ContinuousClock.now
        var (number, count) = (0, 0)
        while ContinuousClock.now - start < .seconds(7) {
            if ContinuousClock.now - start > .seconds(2 * (number + 1)) {
                number += 1
                try rotation(number)
            }
            for key in ["a", "b", "c"] {
                count += 1
                #expect(try session.ask("SET \(key) \(count)").reply == "OK")
                #expect(try session.ask("MULTI").reply == "OK")
                #expect(try session.ask("GET \(key)").reply == "QUEUED")
                #expect(try session.ask("EXEC").reply == "\(count)")
            }
            for node in cluster.nodes { try cluster.send("CLIENT KILL TYPE normal", to: node) }
        }
        #expect(number == 3)
        let end = try session.end()
        #expect(end.status == .exited(0))
        #expect(end.error == "")
    }

    @Test("A load carries on with the next token")
    func load() throws {
        let server = try RedisServer(["--requirepass", "one"])
        let folder = try TemporaryFolder()
        let path = try folder.write("one\n", to: "token")
        let session = try PipedSession(["-p", ByteString("\(server.port)"), "--pass-file", ByteString(path), "--pipe"])
        for number in 0..<1000 { session.send("SET load:\(number) v") }
        let client = try server.client()
        _ = try client.send(["AUTH", "one"])
        while try client.send(["DBSIZE"]) != .integer(1000) { usleep(1000) }
        _ = try client.send(["CONFIG", "SET", "requirepass", "two"])
        _ = try folder.write("two\n", to: "token")
        _ = try client.send(["CLIENT", "KILL", "TYPE", "normal"])
        for number in 1000..<2000 { session.send("SET load:\(number) v") }
        let end = try session.end()
        #expect(end.status == .exited(0), "\(end.error)")
        #expect(try client.send(["DBSIZE"]) == .integer(2000))
    }

    @Test(
        "Once started, the process shows no password in its arguments",
        arguments: [
            (["-a", "sesame"], "-a\0******"), (["--pass=sesame"], "--pass=******"),
            (["-u", "redis://:sesame@127.0.0.1"], "redis://:******@127.0.0.1"),
            (["-u", "redis://default:se%73ame@127.0.0.1"], "redis://default:********@127.0.0.1"),
            (["-u", "redis://sesame@127.0.0.1"], "redis://******@127.0.0.1"),
            (["--pass", "x", "--pass", "sesame"], "--pass\0*\0--pass\0******"),
        ] as [([ByteString], String)])
    func arguments(words: [ByteString], expected: String) throws {
        let server = try RedisServer(["--requirepass", "sesame"])
        let session = try PipedSession(["-p", ByteString("\(server.port)")] + words + ["--no-auth-warning"])
        #expect(try session.ask("PING").reply == "PONG")
        let line = try String(contentsOfFile: "/proc/\(session.processIdentifier)/cmdline", encoding: .utf8)
        #expect(line.contains(expected), "\(line)")
        #expect(!line.contains("sesame"))
        #expect(line.hasSuffix("--no-auth-warning\0"))
    }

    @Test(
        "The process shows only the first word of a command that may hold a password",
        arguments: [
            (["AUTH", "sesame"], "AUTH\0******\0"),
            (["@all", "CONFIG", "SET", "requirepass", "sesame"], "@all\0******\0***\0"),
            (["ACL", "SETUSER", "joe", ">sesame"], "ACL\0*******\0***\0*******\0"),
            (["SET", "k", "open"], "SET\0k\0open\0"),
        ] as [([ByteString], String)])
    func commandWords(words: [ByteString], expected: String) throws {
        let server = try ScriptedNode {
            $0.text.hasPrefix("CLUSTER") ? .error("ERR cluster support disabled") : .silence
        }
        let session = try PipedSession(["-p", ByteString("\(server.port)"), "--reply-timeout", "0"] + words)
        while !server.requests.contains(where: { !$0.text.hasPrefix("CLUSTER") }) { usleep(1000) }
        let line = try String(contentsOfFile: "/proc/\(session.processIdentifier)/cmdline", encoding: .utf8)
        #expect(line.contains(expected), "\(line)")
        #expect(!line.contains("sesame"))
    }

    @Test("A password command sees no password, reads none of the input, and its stderr is shown")
    func command() throws {
        let server = try RedisServer(["--requirepass", "sesame"])
        let command = "env | grep -c CLI_AUTH >&2; cat >&2; ls /proc/self/fd | wc -l >&2; echo sesame"
        let result = try Slotline.run(
            ["-p", ByteString("\(server.port)"), "--pass-command", ByteString(command)],
            input: Array("PING\n".utf8), environment: ["REDISCLI_AUTH": "wrong", "VALKEYCLI_AUTH": "wrong"])
        #expect(result.text == "PONG")
        // Its own three, and the folder that ls reads.
        #expect(result.errorText == "0\n4\n")
        let failed = try Slotline.run(
            ["-p", ByteString("\(server.port)"), "--pass-command", "echo no token >&2; exit 7", "PING"])
        #expect(failed.errorText.hasPrefix("no token\nNo password: --pass-command ended with status 7."))
        #expect(failed.exitStatus == 3)
        let missing = try Slotline.run(["-p", ByteString("\(server.port)"), "--pass-file", "/nonexistent", "PING"])
        #expect(missing.exitStatus == 2 && missing.errorText.hasPrefix("Cannot open \"/nonexistent\": "))
    }

    @Test(
        "No error shows a password",
        arguments: [
            ["-a", "sesame", "PING"], ["-a", "sesame", "--user", "joe", "PING"],
            ["-u", "redis://joe:sesame@127.0.0.1"],
            ["-u", "redis://joe:sesame@127.0.0.1/x"], ["-u", "redis://joe:sesame@:x"], ["-u", "http://:sesame@h"],
            ["--pass-command", "echo sesame", "PING"], ["-a", "sesame", "--pass-file", "sesame"],
            ["AUTH", "sesame"], ["HELLO", "3", "AUTH", "joe", "sesame"],
        ] as [[ByteString]])
    func errors(words: [ByteString]) throws {
        let server = try RedisServer(["--requirepass", "other"])
        let result = try Slotline.run(["-p", ByteString("\(server.port)")] + words, input: Array("PING\n".utf8))
        #expect(result.exitStatus != 0)
        #expect(!result.errorText.contains("sesame"))
        #expect(!result.errorText.isEmpty || !result.text.isEmpty)
        #expect(!result.text.contains("sesame"))
    }

    @Test("Whoever comes back to a server is logged in as before, and no other server gets the password")
    func comingBack() throws {
        let (home, other) = (try RedisServer(["--requirepass", "sesame"]), try RedisServer())
        for options in [["-a", "sesame", "--no-auth-warning"], ["--pass-command", "echo sesame"]] as [[ByteString]] {
            let session = try PipedSession(["-p", ByteString("\(home.port)")] + options)
            for _ in 0..<2 {
                #expect(try session.ask("PING").reply == "PONG")
                session.send("connect 127.0.0.1 \(other.port)")
                #expect(try session.ask("CONFIG GET port").reply == "port")
                #expect(try session.nextLine() == "\(other.port)")
                session.send("connect 127.0.0.1 \(home.port)")
            }
            #expect(try session.ask("PING").reply == "PONG")
        }
        #expect(Array(try other.send("ACL", "LOG").elements).isEmpty)
    }

    @Test("A setting that a node refuses is reported once, however often that node is connected to")
    func refusedSettings() throws {
        let cluster = try TestCluster()
        let refusing = cluster.owner(of: "c")
        let session = try cluster.session()
        for line in ["CLIENT SETNAME job", "CLIENT NO-EVICT on", "SET c done"] { session.send(line) }
        session.send("GET c")
        while try session.nextLine() != "done" {}
        try cluster.send("ACL SETUSER default -client|setname -client|no-evict", to: refusing)
        for _ in 0..<3 {
            for key in ["a", "b", "c"] { #expect(try session.ask("SET \(key) 1").reply == "OK") }
            for node in cluster.nodes { try cluster.send("CLIENT KILL TYPE normal", to: node) }
        }
        let error = try session.end().error
        for command in ["CLIENT SETNAME job", "CLIENT NO-EVICT on"] {
            #expect(error.ranges(of: "\(command) failed at \(refusing)").count == 1, "\(error)")
        }
    }
}
