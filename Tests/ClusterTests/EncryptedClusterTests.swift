import RESP
import TestSupport
import Testing

/// A cluster without any plain port, by every way in.
struct EncryptedClusterTests {
    private static let cluster = Result { try EncryptedCluster() }

    @Test("One-shots work") func oneShotsWork() throws {
        let seed = try Self.cluster.get().seed()
        for (command, expected): ([ByteString], String) in [
            (["SET", "one:a", "1"], "OK"), (["MSET", "one:b", "2", "one:c", "3"], "OK"),
            (["MGET", "one:a", "one:b", "one:c"], "1\n2\n3"), (["SUNION", "one:x", "one:y"], ""),
            (["RENAME", "one:a", "one:d"], "OK"), (["EXISTS", "one:a", "one:d"], "1"),
        ] {
            let result = try Slotline.run(seed + command)
            #expect(result.text == expected, "\(command): \(result.errorText)")
        }
        #expect(try Slotline.run(seed + ["PING"]).lines.count == 6)
    }

    @Test("Files and loads work") func filesAndLoadsWork() throws {
        let seed = try Self.cluster.get().seed()
        let value = String(repeating: "x", count: 40_000)
        let lines = (0..<2_000).map { "SET load:\($0) \($0 % 100 == 0 ? value : "v")\n" }.joined()
        let load = try Slotline.run(seed + ["--pipe"], input: Array(lines.utf8))
        #expect(load.exitStatus == 0, "\(load.errorText)")
        let file = "GET load:100\nSTRLEN load:200\nMULTI\nINCR {t}a\nINCR {t}b\nEXEC\nGET load:1\n"
        let replies = try Slotline.run(seed, input: Array(file.utf8))
        #expect(replies.lines == [value, "40000", "OK", "QUEUED", "QUEUED", "1", "1", "v"], "\(replies.errorText)")
    }

    @Test("Subscriptions work") func subscriptionsWork() throws {
        let seed = try Self.cluster.get().seed()
        let listener = try PipedSession(seed)
        listener.send("SUBSCRIBE news")
        #expect(try (0..<3).map { _ in try listener.nextLine() } == ["subscribe", "news", "1"])
        #expect(try Slotline.run(seed + ["PUBLISH", "news", "hello"]).exitStatus == 0)
        #expect(try (0..<3).map { _ in try listener.nextLine() } == ["message", "news", "hello"])
        listener.kill()
    }

    @Test("Tools work") func toolsWork() throws {
        let seed = try Self.cluster.get().seed()
        #expect(try Slotline.run(seed + ["SET", "tool:a", "1"]).exitStatus == 0)
        #expect(try Slotline.run(seed + ["--scan", "--pattern", "tool:*"]).lines == ["tool:a"])
        #expect(try Slotline.run(seed + ["--bigkeys"]).exitStatus == 0)
    }

    @Test("A replica takes over for a session and a load that are under way")
    func failover() throws {
        let cluster = try EncryptedCluster(options: "")
        defer { cluster.stop() }
        let session = try PipedSession(cluster.seed(1))
        let load = try PipedSession(cluster.seed(1) + ["--pipe"])
        // One key for each master.
        let keys = ["b", "c", "d"]
        for key in keys {
            #expect(try session.ask("SET \(key) before").reply == "OK")
            #expect(try session.ask("@key:\(key) WAIT 1 10000").reply == "1")
            load.send("SET load:{\(key)} before")
        }
        for key in keys { while try session.ask("EXISTS load:{\(key)}").reply != "1" {} }
        cluster.kill(0)
        for key in keys { load.send("SET load:{\(key)} after") }
        for key in keys {
            #expect(try session.ask("GET \(key)").reply == "before")
            #expect(try session.ask("MULTI").reply == "OK")
            #expect(try session.ask("SET \(key) after").reply == "QUEUED")
            session.send("EXEC")
            #expect(try session.nextLine() == "OK")
        }
        let end = try load.end()
        #expect(end.status == .exited(0), "\(end.error)")
        for key in keys { #expect(try session.ask("GET load:{\(key)}").reply == "after") }
        #expect(try Slotline.run(cluster.seed(1) + ["MGET", "b", "c", "d"]).text == "after\nafter\nafter")
        #expect(try session.end().status == .exited(0))
    }

    @Test("Nodes that want a client certificate get it, and without one the error says so")
    func clientCertificates() throws {
        let cluster = try EncryptedCluster()
        defer { cluster.stop() }
        let subscriber = try PipedSession(cluster.seed() + cluster.identity)
        let change = try Slotline.run(cluster.seed() + ["CONFIG", "SET", "tls-auth-clients", "yes"])
        #expect(change.lines.count { $0.hasSuffix("\tOK") } == 6)
        let seed = cluster.seed() + cluster.identity
        subscriber.send("SUBSCRIBE news")
        #expect(try (0..<3).map { _ in try subscriber.nextLine() } == ["subscribe", "news", "1"])
        #expect(try Slotline.run(seed + ["PING"]).lines.count { $0.hasSuffix("\tPONG") } == 6)
        #expect(try Slotline.run(seed + ["MSET", "b", "1", "c", "2", "d", "3"]).text == "OK")
        let file = "GET b\nGET c\nMULTI\nSET {d}x 1\nGET d\nEXEC\n"
        #expect(
            try Slotline.run(seed, input: Array(file.utf8)).lines == ["1", "2", "OK", "QUEUED", "QUEUED", "OK", "3"])
        let lines = (0..<300).map { "SET load:\($0) v\n" }.joined()
        #expect(try Slotline.run(seed + ["--pipe"], input: Array(lines.utf8)).exitStatus == 0)
        #expect(try Slotline.run(seed + ["--aggregate", "DBSIZE"]).text == "304")
        #expect(try Slotline.run(seed + ["--bigkeys"]).exitStatus == 0)
        for words in [["GET", "b"], ["PING"], ["MGET", "b", "c"]] as [[ByteString]] {
            let refused = try Slotline.run(cluster.seed() + words)
            #expect(refused.exitStatus == 3)
            #expect(refused.errorText.contains("requires a client certificate"))
        }
    }
}
