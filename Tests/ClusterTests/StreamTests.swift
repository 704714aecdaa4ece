import Commands
import Foundation
import Glibc
import RESP
import Routing
import TestSupport
import Testing

/// SUBSCRIBE and MONITOR over all nodes of a cluster.
struct StreamTests {
    private static let writes = 300
    private static let options =
        "--cluster-node-timeout 3000 --cluster-require-full-coverage no --notify-keyspace-events KEA"

    /// Listens to every write, in two ways.
    private struct Listening {
        let events: PipedSession
        let monitor: PipedSession

        init(to cluster: TestCluster) throws {
            events = try cluster.session("--json")
            monitor = try cluster.session("--json")
            #expect(try events.ask("PSUBSCRIBE __keyevent@0__:set").reply == #"["psubscribe","__keyevent@0__:set",1]"#)
            #expect(try monitor.ask("MONITOR").reply == "\"OK\"")
        }

        /// Both ways report each write once, from the master that owns the key; MONITOR in order of time.
        func expect(_ keys: [String], on owner: (String) -> NodeAddress) throws {
            var heard: [String: String] = [:]
            while heard.count < keys.count {
                let message = try JSON(events.nextLine()).members
                let (node, event) = try #require(message.first)
                let key = try #require(event.elements.last?.text)
                #expect(heard[key] == nil)
                heard[key] = node
            }
            #expect(Set(heard.keys) == Set(keys))
            for (key, node) in heard { #expect(node == owner(key).description) }
            var stamps: [Double] = []
            while stamps.count < keys.count {
                let message = try JSON(monitor.nextLine()).members
                let (node, line) = try #require(message.first)
                let text = try #require(line.text)
                guard let key = keys.first(where: { text.hasSuffix(" \"SET\" \"\($0)\" \"x\"") }) else { continue }
                #expect(node == owner(key).description)
                stamps.append(try #require(Double(text.prefix { $0 != " " })))
            }
            #expect(stamps == stamps.sorted())
        }
    }

    private static func write(_ prefix: String, to cluster: TestCluster, through seed: NodeAddress) throws -> [String] {
        let keys = (0..<Self.writes).map { "\(prefix)\($0)" }
        let lines = keys.map { "SET \($0) x\n" }.joined()
        let result = try Slotline.run(["-p", ByteString("\(seed.port)")], input: Array(lines.utf8))
        #expect(result.lines.count { $0 == "OK" } == keys.count)
        return keys
    }

    @Test(
        "Every write is reported once, with its node, and even after a failover, whose gap is noted",
        arguments: [SIGKILL, SIGSTOP])
    func everyWrite(signal: CInt) throws {
        let cluster = try TestCluster(options: Self.options)
        defer { cluster.stop() }
        let listening = try Listening(to: cluster)
        let before = try Self.write("before", to: cluster, through: cluster.masters[0])
        try listening.expect(before) { cluster.owner(of: ByteString($0)) }

        let lost = cluster.masters[1], heir = cluster.replicas[1]
        try cluster.signal(signal, to: lost)
        let client = try cluster.client(cluster.masters[0])
        while !(try client.send("CLUSTER", "SLOTS").list.contains { $0.list[2].list[1].integer == heir.port }) {
            usleep(50_000)
        }
        // Once the session listens there.
        let newcomer = try cluster.client(heir)
        while try newcomer.send("PUBSUB", "NUMPAT").integer != 1
            || !newcomer.send("CLIENT", "LIST").text.contains("cmd=monitor")
        { usleep(50_000) }
        let after = try Self.write("after", to: cluster, through: cluster.masters[0])
        try listening.expect(after) {
            let owner = cluster.owner(of: ByteString($0))
            return owner == lost ? heir : owner
        }
        for session in [listening.events, listening.monitor] {
            session.interrupt()
            let end = try session.end()
            #expect(end.status == .signalled(SIGINT))
            let gaps = end.error.split(separator: "\n").filter { $0.contains("no events from") }
            #expect(gaps.count == 1)
            #expect(gaps.first?.contains(": \(lost): no events from ") == true)
        }
    }

    @Test("What is said of a stream names the line that started it", arguments: ["SUBSCRIBE news", "MONITOR"])
    func lineOfStream(line: String) throws {
        let server = try RedisServer()
        let session = try PipedSession(["-p", ByteString("\(server.port)"), "--retry-for", "0.2"])
        session.send("PING\n\(line)")
        for _ in 0..<(line == "MONITOR" ? 2 : 4) { _ = try session.nextLine() }
        let command = "cmd=\(line.prefix { $0 != " " }.lowercased())"
        func listener() throws -> Substring? {
            let clients = try server.send("CLIENT", "LIST").text.split(separator: "\n")
            return clients.first { $0.contains(command) }?.prefix { $0 != " " }
        }
        let first = try #require(try listener())
        try server.send("CLIENT", "KILL", "SKIPME", "yes")
        while try [nil, first].contains(listener()) { usleep(1000) }
        server.stop()
        session.closeInput()
        let end = try session.end()
        let messages = end.error.split(separator: "\n")
        let gaps = messages.filter { $0.contains("no events") }
        #expect(gaps.count == 2)
        for message in gaps + messages.suffix(1) {
            #expect(message.hasPrefix("stdin:2: \(line): "), "\(end.error)")
        }
    }

    @Test("A shard channel follows its slot")
    func movedShardChannel() throws {
        let cluster = try TestCluster()
        defer { cluster.stop() }
        let channel = cluster.key("channel", on: cluster.masters[0])
        let other = cluster.key("channel", on: cluster.masters[2])
        let session = try cluster.session("--json")
        session.send("SSUBSCRIBE \(channel) \(other)")
        let confirmations = try [session.nextLine(), session.nextLine()]
        #expect(try Set(confirmations.map { try JSON($0).elements[1].text }) == [channel, other])
        #expect(confirmations[0].hasSuffix(",1]") && confirmations[1].hasSuffix(",2]"))
        let slot = HashSlot(key: ByteString(channel)).number
        let id = try cluster.send("CLUSTER MYID", to: cluster.masters[1]).text
        for node in [cluster.masters[1], cluster.masters[0], cluster.masters[2]] {
            try cluster.send("CLUSTER SETSLOT \(slot) NODE \(id)", to: node)
        }
        let owner = try cluster.client(cluster.masters[1])
        while try owner.send("SPUBLISH", ByteString(channel), "hello").integer != 1 { usleep(20_000) }
        #expect(
            try session.nextLine() == "{\"\(cluster.masters[1])\":[\"smessage\",\"\(channel)\",\"hello\"]}")
        session.interrupt()
        #expect(try session.end().error.contains("\(cluster.masters[0]): no events from "))
    }

    @Test("Lines after a subscription are read and answered in order", arguments: ["", "-3", "--json"])
    func linesBehindSubscription(option: String) throws {
        let cluster = try TestCluster.shared
        let session = try cluster.session(option)
        func expect(_ line: String, _ replies: [String], json: [String]) throws {
            session.send(line)
            for reply in option == "--json" ? json : replies { #expect(try session.nextLine() == reply) }
        }
        try expect("SUBSCRIBE a", ["subscribe", "a", "1"], json: [#"["subscribe","a",1]"#])
        usleep(100_000)
        try expect("UNSUBSCRIBE a", ["unsubscribe", "a", "0"], json: [#"["unsubscribe","a",0]"#])
        try expect("@\(cluster.masters[0]) PING", ["PONG"], json: ["\"PONG\""])
        usleep(100_000)
        try expect("SUBSCRIBE b\(option)", ["subscribe", "b\(option)", "1"], json: [#"["subscribe","b--json",1]"#])
        try expect("SET {stream}\(option) 5", ["OK"], json: ["\"OK\""])
        // The end of the input does not end the subscription.
        session.closeInput()
        while try cluster.send("PUBLISH b\(option) hello", to: cluster.masters[0]).integer != 1 { usleep(20_000) }
        let lines = option == "--json" ? 1 : 3
        #expect(try (0..<lines).map { _ in try session.nextLine() }.last?.contains("hello") == true)
        session.interrupt()
        #expect(try session.end().status == .signalled(SIGINT))
    }

    @Test("MONITOR ends on its own, shows only what was asked for, hides passwords, and counts")
    func narrowedMonitor() throws {
        let cluster = try TestCluster.shared
        let limited = try cluster.session()
        #expect(try limited.ask("MONITOR --limit 2 --match narrow:*").reply == "OK")
        let counting = try cluster.session()
        counting.send("MONITOR --limit 3 --match narrow:* --summary")
        let secrets = try cluster.session()
        #expect(try secrets.ask("MONITOR --limit 1 --command hello").reply == "OK")
        // All of them listen to all masters.
        for master in cluster.masters {
            let client = try cluster.client(master)
            while try client.send("CLIENT", "LIST").text.split(separator: "\n").count(where: {
                $0.contains("cmd=monitor")
            }) < 3 {
                usleep(20_000)
            }
        }
        try cluster.client(cluster.masters[1]).send("HELLO", "3", "AUTH", "default", "hushhush")
        #expect(try secrets.nextLine().hasSuffix("] HELLO (redacted)"))
        for number in 0..<3 { _ = try cluster.run(command: "SET narrow:\(number) x") }
        for number in 0..<2 { #expect(try limited.nextLine().hasSuffix(#"] "SET" "narrow:\#(number)" "x""#)) }
        #expect(try limited.end().status == .exited(0))
        var rows: [String] = []
        while rows.last?.contains("narrow:*") != true { rows.append(try counting.nextLine()) }
        #expect(rows.contains { $0.hasPrefix("all") && $0.contains(" 3 ") })
        #expect(try cluster.run(command: "MONITOR --limit none").errorText.contains("a number of lines"))
    }

    @Test("A pattern that matches events and other channels shows each message once")
    func mixedPatterns() throws {
        let cluster = try TestCluster(options: Self.options)
        defer { cluster.stop() }
        let sessions = try ["*", "_*", "?_key*@0__:*"].map { (pattern: $0, session: try cluster.session("--json")) }
        for (pattern, session) in sessions {
            #expect(try session.ask("PSUBSCRIBE \(pattern)").reply == #"["psubscribe","\#(pattern)",1]"#)
        }
        for master in cluster.masters {
            let client = try cluster.client(master)
            while try client.send("PUBSUB", "NUMPAT").integer != 3 { usleep(20_000) }
        }
        let channel = "_plain"
        for (number, node) in cluster.nodes.enumerated() {
            try cluster.send("PUBLISH \(channel) \(number)", to: node)
            for (pattern, session) in sessions.prefix(2) {
                let message = #"["pmessage","\#(pattern)","\#(channel)","\#(number)"]"#
                #expect(try session.nextLine().hasSuffix(":\(message)}"))
            }
        }
        for master in cluster.masters {
            let key = cluster.key("mixed", on: master)
            try cluster.send("SET \(key) 1", to: master)
            for (pattern, session) in sessions {
                for event in [#"__keyspace@0__:\#(key)","set"#, #"__keyevent@0__:set","\#(key)"#] {
                    #expect(
                        try session.nextLine() == #"{"\#(master)":["pmessage","\#(pattern)","\#(event)"]}"#)
                }
            }
        }
        for (_, session) in sessions { #expect(try session.ask("ECHO end").reply.contains("end")) }
    }

    @Test("MONITOR shows the commands of one user, including those of scripts")
    func oneUser() throws {
        let cluster = try TestCluster.shared
        let session = try cluster.session("--json")
        for node in cluster.nodes { try cluster.send("ACL SETUSER joe on >secret ~* +@all", to: node) }
        defer { for node in cluster.nodes { _ = try? cluster.send("ACL DELUSER joe", to: node) } }
        // One that was connected before, and one that connects later.
        let clients = try cluster.masters.map { try (joe: cluster.client($0), other: cluster.client($0)) }
        for client in clients { try client.joe.send("AUTH", "joe", "secret") }
        #expect(try session.ask("MONITOR --user joe --match whose*").reply == "\"OK\"")
        for master in cluster.masters {
            let client = try cluster.client(master)
            while !(try client.send("CLIENT", "LIST").text.contains("cmd=monitor")) { usleep(20_000) }
        }
        for (number, client) in clients.enumerated() {
            let key = ByteString(cluster.key("whose", on: cluster.masters[number]))
            try client.other.send("SET", key, "other")
            try client.joe.send("SET", key, "joe")
            try client.joe.send("EVAL", "return redis.call('STRLEN', KEYS[1])", "1", key)
            try client.other.send("DEL", key)
            for part in ["\"SET\"", "\"EVAL\"", "\"STRLEN\""] {
                let members = try JSON(session.nextLine()).members
                #expect(members.first?.key == cluster.masters[number].description)
                let line = try #require(members.first?.value.text)
                #expect(line.contains(part), "\(line)")
                #expect(!line.contains("other"))
            }
        }
        session.interrupt()
        #expect(try session.end().status == .signalled(SIGINT))
    }

    @Test("Events of a slot that has moved come from its new owner")
    func movedSlot() throws {
        let cluster = try TestCluster(options: Self.options)
        defer { cluster.stop() }
        let listening = try Listening(to: cluster)
        for master in cluster.masters {
            let client = try cluster.client(master)
            while try client.send("PUBSUB", "NUMPAT").integer != 1
                || !client.send("CLIENT", "LIST").text.contains("cmd=monitor")
            { usleep(20_000) }
        }
        let slot = HashSlot(key: ByteString("{moved}")).number
        let owner = cluster.owner(of: "{moved}")
        let heir = try #require(cluster.masters.first { $0 != owner })
        let id = try cluster.send("CLUSTER MYID", to: heir).text
        for node in [heir, owner] + cluster.nodes.filter({ $0 != heir && $0 != owner }) {
            _ = try cluster.send("CLUSTER SETSLOT \(slot) NODE \(id)", to: node)
        }
        let keys = try Self.write("{moved}", to: cluster, through: heir)
        try listening.expect(keys) { _ in heir }
    }

    @Test(
        "A line of a file that leaves ends its subscription, and so does an error with -e",
        arguments: [
            ("", "SUBSCRIBE a\nGET {leaving}\nquit\nGET a\n", ["subscribe", "a", "1", ""], 0),
            ("-3", "SUBSCRIBE a\nexit\n", ["subscribe", "a", "1"], 0), ("", "MONITOR\nquit\n", ["OK"], 0),
            ("-e", "SUBSCRIBE a\nNOSUCH\nGET a\n", ["subscribe", "a", "1"], 1),
        ])
    func leaving(options: String, file: String, lines: [String], status: Int32) throws {
        let cluster = try TestCluster.shared
        let folder = try TemporaryFolder()
        let path = folder.path + "/file"
        try file.write(toFile: path, atomically: false, encoding: .utf8)
        for result in [try cluster.run(options, file: file), try cluster.run(options, [":source", ByteString(path)])] {
            #expect(result.lines == lines)
            #expect(result.exitStatus == status)
        }
    }

    @Test("A file that a one-shot runs keeps its subscription printing")
    func fileOfOneShot() throws {
        let cluster = try TestCluster.shared
        let file = FileManager.default.temporaryDirectory.appending(path: "slotline-test-\(UUID())").path
        try "SUBSCRIBE sourced\nSET {stream}sourced 1\n".write(toFile: file, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let session = try PipedSession(cluster.seed + [":source", ByteString(file)])
        for line in ["subscribe", "sourced", "1", "OK"] { #expect(try session.nextLine() == line) }
        while try cluster.send("PUBLISH sourced hello", to: cluster.masters[0]).integer != 1 { usleep(20_000) }
        for line in ["message", "sourced", "hello"] { #expect(try session.nextLine() == line) }
        session.interrupt()
        #expect(try session.end().status == .signalled(SIGINT))
    }

    @Test("A shard channel whose slot is unserved is given up on, in the server's words")
    func unservedShardChannel() throws {
        let cluster = try TestCluster(options: "--cluster-require-full-coverage no")
        defer { cluster.stop() }
        let channel = cluster.key("channel", on: cluster.masters[0])
        let slot = HashSlot(key: ByteString(channel)).number
        for node in cluster.nodes { try cluster.send("CLUSTER DELSLOTS \(slot)", to: node) }
        let result = try cluster.run("--retry-for 0.5", command: "SSUBSCRIBE \(channel)")
        #expect(result.exitStatus == 1)
        #expect(result.text.hasPrefix("CLUSTERDOWN "), "\(result.text) \(result.errorText)")
    }
}
