import Glibc
import RESP
import Routing
import TestSupport
import Testing

/// Nodes that die or fall silent during a session.
struct FailoverTests {
    /// The session's seed, a master, is killed: everything except its own slots keeps working, and those come back with
    /// its replica. The failover is held back until the outage has been examined.
    @Test("A session outlives a master") func aSessionOutlivesAMaster() throws {
        let cluster = try TestCluster(options: "--cluster-require-full-coverage no")
        defer { cluster.stop() }
        let dead = cluster.masters[0], heir = cluster.replicas[0], live = cluster.masters[1]
        let keys = cluster.masters.map { cluster.key("failover:", on: $0) }
        try cluster.send("CONFIG SET cluster-replica-no-failover yes", to: heir)
        func oneShot(_ options: [ByteString], _ words: ByteString...) throws -> Subprocess.Result {
            try Slotline.run(["-p", ByteString("\(live.port)")] + options + words)
        }

        let session = try cluster.session("--json")
        for key in keys { #expect(try session.ask("SET \(key) before").reply == "\"OK\"") }
        for (key, master) in zip(keys, cluster.masters) {
            let client = try cluster.client(master)
            try client.send("SET", ByteString(key), "before")
            #expect(try client.send("WAIT", "1", "10000").integer == 1)
        }
        try cluster.kill(dead)

        // Commands that wait for the dead master would fail: no replica takes over yet.
        for key in keys.dropFirst() {
            for (command, reply) in [
                ("GET \(key)", "\"before\""), ("SET \(key) during", "\"OK\""), ("GET \(key)", "\"during\""),
            ] {
                #expect(try session.ask(command).reply == reply)
            }
        }
        try expectPartialAnswers(cluster, dead: dead, keys: keys, oneShot: oneShot)

        // A bounded wait ends without a reply.
        let impatient = try oneShot(["--retry-for", "0.3", "--json"], "GET", ByteString(keys[0]))
        #expect(impatient.exitStatus == 3)
        #expect(try JSON(impatient.text).error?.hasPrefix("NOCONN ") == true)

        try cluster.send("CONFIG SET cluster-replica-no-failover no", to: heir)
        #expect(try session.ask("GET \(keys[0])").reply == "\"before\"")
        #expect(try session.ask("SET \(keys[0]) after").reply == "\"OK\"")
        #expect(try cluster.send("GET \(keys[0])", to: heir).text == "after")

        let all = try JSON(session.ask("PING").reply)
        #expect(all.members.count == 6)
        #expect(all.members.values.count { $0 == "PONG" } == 5)
        #expect(all[dead.description]?.error?.hasPrefix("NOCONN ") == true)
        #expect(try JSON(session.ask("KEYS failover:*").reply).elements.count == 3)
        let end = try session.end()
        #expect(end.status == .exited(4))
        #expect(end.error.contains("5 of 6 nodes answered"))
    }

    /// Replies of all nodes, or all masters, while one is dead.
    private func expectPartialAnswers(
        _ cluster: TestCluster, dead: NodeAddress, keys: [String],
        oneShot: ([ByteString], ByteString...) throws -> Subprocess.Result
    ) throws {
        let json = try oneShot(["--json"], "INFO", "server")
        #expect(json.exitStatus == 4)
        #expect(json.errorText.contains("5 of 6 nodes answered"))
        let replies = try JSON(json.text).members
        #expect(replies.keys.sorted() == cluster.nodes.map(\.description).sorted())
        #expect(replies.values.count { $0.text?.contains("redis_version:") == true } == 5)
        #expect(replies[dead.description]?.error?.hasPrefix("NOCONN ") == true)

        let raw = try oneShot([], "PING")
        #expect(raw.exitStatus == 4)
        #expect(raw.lines.count { $0.hasSuffix("\tPONG") } == 5)
        #expect(raw.lines.count { $0.hasPrefix("\(dead)\tNOCONN ") } == 1)

        let found = try oneShot([], "KEYS", "failover:*")
        #expect(found.exitStatus == 4)
        #expect(found.lines.sorted() == keys.dropFirst().sorted())
        #expect(found.errorText.contains("2 of 3 nodes answered"))

        let scanned = try oneShot(["--json"], "SCAN_ITER", "MATCH", "failover:*")
        #expect(scanned.exitStatus == 4)
        #expect(try JSON(scanned.text).elements.compactMap(\.text).sorted() == keys.dropFirst().sorted())
        #expect(scanned.errorText.contains("2 of 3 nodes answered"))

        let flushed = try oneShot(["--aggregate", "--json"], "CONFIG", "RESETSTAT")
        #expect(flushed.exitStatus == 4)
    }

    /// The same without help: the cluster itself finds out that a master is dead, and slotline waits for it.
    @Test("A replica takes over") func aReplicaTakesOver() throws {
        let cluster = try TestCluster(options: "")
        defer { cluster.stop() }
        let dead = cluster.masters[1]
        let key = cluster.key("failover:", on: dead), other = cluster.key("failover:", on: cluster.masters[2])
        let session = try cluster.session("--json")
        for key in [key, other] { #expect(try session.ask("SET \(key) 1").reply == "\"OK\"") }
        let client = try cluster.client(dead)
        try client.send("SET", ByteString(key), "1")
        #expect(try client.send("WAIT", "1", "10000").integer == 1)
        try cluster.kill(dead)

        #expect(try session.ask("GET \(other)").reply == "\"1\"")
        // The session still has a connection to the dead node; a write must be neither lost on it nor run twice.
        session.send("INCR \(key)")
        let oneShot = try cluster.run(command: "GET \(key)")
        #expect(["1", "2"].contains(oneShot.text))
        #expect(oneShot.exitStatus == 0)
        #expect(try session.nextLine(within: .seconds(30)) == "2")
        #expect(try session.ask("MGET \(key)").reply == "[\"2\"]")
        let end = try session.end()
        #expect(end.status == .exited(0))
        #expect(end.error == "")
    }

    /// A topology question gives a silent node a second before another is asked.
    @Test("A silent node does not hold up the topology") func aSilentNodeDoesNotHoldUpTheTopology() throws {
        let cluster = try TestCluster()
        defer { cluster.stop() }
        let silent = cluster.masters[0], live = cluster.masters[1]
        try cluster.signal(SIGSTOP, to: silent)
        let seeds: [ByteString] = ["-u", ByteString("redis://\(silent),\(live)")]
        let owner = try Slotline.run(seeds + ["@slot:6000", "CLUSTER", "MYID"])
        #expect(try owner.text == cluster.send("CLUSTER MYID", to: live).text)
        #expect(owner.exitStatus == 0)
        let nodes = try Slotline.run(seeds, input: Array(":nodes\n@replicas PING\n".utf8))
        for node in cluster.nodes { #expect(nodes.outputText.contains(node.description)) }
        #expect(nodes.lines.count { $0.hasSuffix("\tPONG") } == 3)
        try cluster.signal(SIGCONT, to: silent)
        #expect(try Slotline.run(seeds + ["PING"]).lines.count == 6)
    }
}
