import Commands
import Foundation
import Glibc
import RESP
import Routing
import TestSupport
import Testing

/// Commands that wait for data from others, while their slot moves or their master is replaced.
struct WaitingTests {
    private let cluster: TestCluster

    init() throws {
        cluster = try TestCluster()
    }

    /// How long a command may wait: far longer than the test takes.
    private static let seconds = 300

    private func until(_ what: String, _ condition: () throws -> Bool) throws {
        let deadline = ContinuousClock.now + patience
        while try !condition() {
            guard ContinuousClock.now < deadline else { throw PipedSession.TimedOut(description: "not \(what)") }
            usleep(5000)
        }
    }

    private func waitUntilSomebodyWaits(at node: NodeAddress) throws {
        try until("waiting at \(node)") {
            try cluster.send("INFO clients", to: node).text.contains("\r\nblocked_clients:1\r\n")
        }
    }

    private func other(than node: NodeAddress) -> NodeAddress {
        cluster.masters[0] == node ? cluster.masters[1] : cluster.masters[0]
    }

    /// Moves a slot that holds nothing.
    private func move(_ slot: HashSlot, from source: NodeAddress, to target: NodeAddress) throws {
        let ids = try [source, target].map { try cluster.send("CLUSTER MYID", to: $0).text }
        for (command, node) in [
            ("IMPORTING \(ids[0])", target), ("MIGRATING \(ids[1])", source), ("NODE \(ids[1])", target),
            ("NODE \(ids[1])", source),
        ] {
            #expect(try cluster.send("CLUSTER SETSLOT \(slot.number) \(command)", to: node).text == "OK")
        }
    }

    /// Makes the replica of a master take over cleanly.
    private func replace(_ master: NodeAddress) throws -> NodeAddress {
        let number = try #require(cluster.masters.firstIndex(of: master))
        let replica = cluster.replicas[number]
        try until("the master's link to be up") {
            try cluster.send("INFO replication", to: replica).text.contains("master_link_status:up")
        }
        #expect(try cluster.send("CLUSTER FAILOVER", to: replica).text == "OK")
        try until("a new master") { try cluster.send("ROLE", to: replica).list[0].text == "master" }
        return replica
    }

    /// The command that the server has waiting, as it was received.
    private func command(_ name: String, at node: NodeAddress) throws -> [String] {
        let log = try cluster.send("SLOWLOG GET 128", to: node)
        return log.list.map { $0.list[3].list.map(\.text) }.first { $0[0] == name } ?? []
    }

    private static let commands = [
        ("BLPOP {w}list \(seconds)", "RPUSH {w}list x", "[\"{w}list\",\"x\"]", 2),
        ("BLMPOP \(seconds) 1 {w}list LEFT", "RPUSH {w}list x", "[\"{w}list\",[\"x\"]]", 1),
        ("BZPOPMIN {w}set \(seconds)", "ZADD {w}set 1 x", "[\"{w}set\",\"x\",1]", 2),
        ("BLMOVE {w}list {w}other LEFT RIGHT \(seconds)", "RPUSH {w}list x", "\"x\"", 5),
        // Over two slots.
        ("BLMOVE {w}list other LEFT RIGHT \(seconds)", "RPUSH {w}list x", "\"x\"", 5),
        (
            "XREAD BLOCK \(seconds)000 STREAMS {w}stream $", "XADD {w}stream 1-1 f v",
            "{\"{w}stream\":[[\"1-1\",[\"f\",\"v\"]]]}", 2
        ),
    ]

    @Test(
        "A waiting command follows its slot, or a failover, for the time that is left", arguments: commands,
        [false, true])
    func goesOnForTheTimeThatIsLeft(
        _ row: (command: String, gift: String, reply: String, place: Int), isReplaced: Bool
    ) throws {
        defer { cluster.stop() }
        let source = cluster.owner(of: "{w}")
        for node in cluster.nodes { try cluster.send("CONFIG SET slowlog-log-slower-than 0", to: node) }
        let session = try cluster.session("--json")
        session.send(row.command)
        try waitUntilSomebodyWaits(at: source)
        let target: NodeAddress
        if isReplaced {
            target = try replace(source)
        } else {
            target = other(than: source)
            try move(HashSlot(key: "{w}"), from: source, to: target)
        }
        try waitUntilSomebodyWaits(at: target)
        try cluster.send(row.gift, to: target)
        #expect(try session.nextLine() == row.reply)
        let left = try command(String(row.command.prefix { $0 != " " }), at: target)
        let given = Double(row.command.split(separator: " ")[row.place]) ?? 0
        #expect(left.indices.contains(row.place) && 0 < Double(left[row.place]) ?? 0, "\(left)")
        #expect(Double(left[row.place]) ?? given < given, "\(left)")
        let end = try session.end()
        #expect(end.status == .exited(0))
    }

    /// Whether a dead master gave an element away is unknowable; a command that only reads loses nothing.
    @Test("Only a reader follows a dead master's slot")
    func onlyAReaderFollowsADeadMastersSlot() throws {
        defer { cluster.stop() }
        let dead = cluster.owner(of: "{w}")
        let heir = cluster.replicas[try #require(cluster.masters.firstIndex(of: dead))]
        let reader = try cluster.session("--json"), taker = try cluster.session("--json")
        reader.send("XREAD BLOCK \(Self.seconds)000 STREAMS {w}stream $")
        try waitUntilSomebodyWaits(at: dead)
        taker.send("BLPOP {w}list \(Self.seconds)")
        try until("two that wait") {
            try cluster.send("INFO clients", to: dead).text.contains("\r\nblocked_clients:2\r\n")
        }
        try cluster.kill(dead)
        #expect(try taker.nextLine().contains("\"UNKNOWN "))
        try until("a new master") {
            _ = try cluster.send("CLUSTER FAILOVER TAKEOVER", to: heir)
            return try cluster.send("ROLE", to: heir).list[0].text == "master"
        }
        try waitUntilSomebodyWaits(at: heir)
        try cluster.send("XADD {w}stream 1-1 f v", to: heir)
        #expect(try reader.nextLine() == "{\"{w}stream\":[[\"1-1\",[\"f\",\"v\"]]]}")
        #expect(try taker.end().status == .exited(4))
    }

    /// However Ctrl-C and an element cross paths, the element is either printed or still in the list.
    @Test("Ctrl-C loses no element")
    func aCtrlCLosesNoElement() throws {
        defer { cluster.stop() }
        let node = cluster.owner(of: "{w}")
        let rival = try cluster.client(node)
        var random = SeededRandom(seed: 7)
        var printed = 0
        for round in 0..<40 {
            try rival.send("DEL", "{w}list")
            let session = try PipedSession(["-p", ByteString("\(node.port)"), "--json", "BLPOP", "{w}list", "0"])
            try waitUntilSomebodyWaits(at: node)
            let isFirst = Bool.random(using: &random)
            let pause = UInt32.random(in: 0...400, using: &random)
            if isFirst { session.interrupt() }
            usleep(pause)
            try rival.send("RPUSH", "{w}list", "x")
            if !isFirst {
                usleep(pause)
                session.interrupt()
            }
            let output = try? session.nextLine()
            let end = try session.end()
            let left = try rival.send("LLEN", "{w}list").integer
            let isPrinted = output == "[\"{w}list\",\"x\"]"
            printed += isPrinted ? 1 : 0
            #expect(left == (isPrinted ? 0 : 1), "round \(round): \(output ?? "nothing"), \(end.error)")
            // One that was fast enough was not interrupted.
            #expect(end.status == .signalled(SIGINT) || isPrinted && end.status == .exited(0), "\(end)")
            #expect(isPrinted || end.error.contains("nothing was changed"), "\(end)")
        }
        #expect(0 < printed)
    }
}
