import Commands
import RESP
import Routing
import TestSupport
import Testing

/// A slot on its way from one master to another, moved by hand during a session.
struct MigrationTests {
    /// A half-moved slot: `{m}1` and `{m}2` are at the target, `{m}3` and `{m}4` still at the source.
    private struct Migration {
        let cluster: TestCluster
        let slot = HashSlot(key: "{m}").number
        let source: NodeAddress
        let target: NodeAddress

        init() throws {
            cluster = try TestCluster()
            let owner = cluster.owner(of: "{m}")
            source = owner
            target = owner == cluster.masters[0] ? cluster.masters[1] : cluster.masters[0]
            for number in 1...4 { try cluster.send("SET {m}\(number) v\(number)", to: source) }
            let ids = try [source, target].map { try cluster.send("CLUSTER MYID", to: $0).text }
            #expect(try cluster.send("CLUSTER SETSLOT \(slot) IMPORTING \(ids[0])", to: target).text == "OK")
            #expect(try cluster.send("CLUSTER SETSLOT \(slot) MIGRATING \(ids[1])", to: source).text == "OK")
            try move(1, 2)
        }

        func move(_ numbers: Int...) throws {
            let words: [ByteString] = ["MIGRATE", "127.0.0.1", ByteString("\(target.port)"), "", "0", "5000", "KEYS"]
            let reply = try cluster.client(source).send(words + numbers.map { ByteString("{m}\($0)") })
            #expect(reply.text == "OK")
        }

        func finish() throws {
            let id = try cluster.send("CLUSTER MYID", to: target).text
            for node in [target, source] {
                #expect(try cluster.send("CLUSTER SETSLOT \(slot) NODE \(id)", to: node).text == "OK")
            }
        }
    }

    @Test("A session follows a moving slot") func aSessionFollowsAMovingSlot() throws {
        let migration = try Migration()
        let cluster = migration.cluster
        defer { cluster.stop() }
        let session = try cluster.session("--json")
        func run(_ lines: String...) throws -> [String] { try lines.map { try session.ask($0).reply } }

        // Keys are found on both sides, and new ones are created at the target.
        #expect(try run("GET {m}1", "GET {m}3", "GET {m}2", "GET {m}4") == ["\"v1\"", "\"v3\"", "\"v2\"", "\"v4\""])
        #expect(
            try run("SET {m}new x", "GET {m}new", "APPEND {m}1 +", "APPEND {m}3 +") == ["\"OK\"", "\"x\"", "3", "3"])
        #expect(try cluster.send("CLUSTER COUNTKEYSINSLOT \(migration.slot)", to: migration.source).integer == 2)
        #expect(try cluster.send("CLUSTER COUNTKEYSINSLOT \(migration.slot)", to: migration.target).integer == 3)
        #expect(
            try run("MGET {m}3 {m}4", "EVAL \"return redis.call('GET', KEYS[1])\" 1 {m}2") == [
                "[\"v3+\",\"v4\"]", "\"v2\"",
            ])
        #expect(try cluster.run("--json", command: "GET {m}1").text == "\"v1+\"")

        // A command with keys on both sides has to wait.
        let impatient = try cluster.run("--retry-for 0.3 --json", command: "MGET {m}1 {m}3")
        #expect(impatient.exitStatus == 1)
        #expect(try JSON(impatient.text).error?.contains("TRYAGAIN") == true)
        session.send("MGET {m}1 {m}2 {m}3 {m}4")
        #expect(throws: PipedSession.TimedOut.self) { try session.nextLine(within: .milliseconds(300)) }
        try migration.move(3, 4)
        #expect(try session.nextLine() == "[\"v1+\",\"v2\",\"v3+\",\"v4\"]")

        // Once the slot is the target's, the source says MOVED.
        try migration.finish()
        #expect(try run("GET {m}3", "SET {m}last x", "MGET {m}1 {m}last") == ["\"v3+\"", "\"OK\"", "[\"v1+\",\"x\"]"])
        #expect(try cluster.send("GET {m}last", to: migration.target).text == "x")
        #expect(try run("@slot:\(migration.slot) EXISTS {m}last") == ["1"])
        let end = try session.end()
        #expect(end.status == .exited(0))
        #expect(end.error == "")
    }

    @Test("A transaction does not run in two halves") func aTransactionDoesNotRunInTwoHalves() throws {
        let migration = try Migration()
        let cluster = migration.cluster
        defer { cluster.stop() }
        let file = "MULTI\nSET {m}3 a\nSET {m}1 a\nEXEC\nGET {m}3\nGET {m}1\n"
        let replies = try cluster.run("--json", file: file).json()
        #expect(replies.count == 6)
        #expect(replies[3].error != nil)
        #expect(replies[4...] == ["v3", "v1"])
        try migration.move(3, 4)
        try migration.finish()
        #expect(try cluster.run("--json", file: file).json()[3...] == [["OK", "OK"], "a", "a"])
    }
}
