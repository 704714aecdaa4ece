import Commands
import RESP
import Routing
import Testing

/// Where reads go when replicas may answer them.
struct ReadPreferenceTests {
    private static let slot = HashSlot(key: "foo")
    private static let master = node(7000, .master, zone: "a")
    private static let near = node(7001, .replica, zone: "b")
    private static let far = node(7002, .replica, zone: "c")
    private static let failed = node(7003, .replica, zone: "b", isHealthy: false)

    private static func node(_ port: Int, _ role: Role, zone: String, isHealthy: Bool = true) -> Node {
        Node(
            address: NodeAddress(host: "127.0.0.1", port: port), id: "\(port)", role: role, isHealthy: isHealthy,
            zone: zone)
    }

    private static func plan(_ command: String, _ preference: ReadPreference, replicas: [Node]) throws -> Plan? {
        var router = Router()
        router.readFrom = preference
        let command = Command(command.split(separator: " ").map { ByteString(String($0)) })
        let topology = Topology(shards: [Shard(slots: [0...16383], nodes: [master] + replicas)])
        return try router.plan(
            for: command, row: CommandTable.row(for: command.arguments), view: .cluster(topology),
            owners: SlotMap(topology), home: master.address)
    }

    /// The ports that a command is tried at, in order; 0 stands for the slot's master.
    private static func ports(
        _ command: String, _ preference: ReadPreference, replicas: [Node] = [near, far, failed]
    ) throws -> [Int] {
        guard var plan = try plan(command, preference, replicas: replicas) else { return [] }
        var ports: [Int] = []
        var outcomes: [RequestOutcome] = []
        while case .send(let requests, _) = plan.advance(outcomes) {
            switch requests[0].route {
            case .node(let node, asReplica: true): ports.append(node.port)
            case .slot(slot): ports.append(0)
            default: ports.append(-1)
            }
            // A replica that is still loading, and one that is not there.
            let node = NodeAddress(host: "127.0.0.1", port: 1)
            outcomes = [
                ports.count.isMultiple(of: 2)
                    ? .reply(.error("MASTERDOWN Link with MASTER is down"), from: node)
                    : .failure(.unreachable(node, reason: "Connection refused"))
            ]
        }
        return ports
    }

    @Test("Reads are tried where the preference says") func readsAreTriedWhereThePreferenceSays() throws {
        #expect(try Self.ports("GET foo", .master) == [0])
        let preferred = try Self.ports("GET foo", .preferReplica)
        #expect(Set(preferred.dropLast()) == [7001, 7002] && preferred.last == 0 && preferred.count == 3)
        #expect(Set(try Self.ports("GET foo", .replica)) == [7001, 7002])
        #expect(try Self.ports("GET foo", .zone("b")) == [7001, 7002, 0])
        #expect(try Self.ports("GET foo", .zone("c")) == [7002, 7001, 0])
        #expect(try Self.ports("GET foo", .zone("a")) == [0])
        #expect(try Self.ports("GET foo", .preferReplica, replicas: []) == [0])
        #expect(throws: CommandFailure.noReplica(Self.slot)) {
            try Self.ports("GET foo", .replica, replicas: [Self.failed])
        }
    }

    @Test(
        "Other commands go to the master",
        arguments: ["SET foo 1", "HSCAN foo 0", "XREAD BLOCK 0 STREAMS foo 0"])
    func otherCommandsGoToTheMaster(command: String) throws {
        #expect(try Self.ports(command, .replica) == [0])
    }

    @Test("A reply is not looked for elsewhere") func aReplyIsNotLookedForElsewhere() throws {
        var plan = try #require(try Self.plan("GET foo", .preferReplica, replicas: [Self.near]))
        _ = plan.advance([])
        guard case .finish(let reply, _) = plan.advance([.reply(.error("WRONGTYPE x"), from: Self.near.address)]) else {
            Issue.record("not finished")
            return
        }
        #expect(reply.outcome == .failed)
    }

    @Test("A preference reads back as it is written") func aPreferenceReadsBackAsItIsWritten() {
        for text in ["master", "prefer-replica", "replica", "az:eu-1"] { #expect(ReadPreference(text)?.text == text) }
        for text in ["", "az:", "slave", "MASTER", "eu-1"] { #expect(ReadPreference(text) == nil) }
    }

    @Test("Zones are read from the topology") func zonesAreReadFromTheTopology() throws {
        let fields: [(String, RESPValue)] = [
            ("ip", .bulk("127.0.0.1")), ("port", .integer(7000)), ("role", .bulk("master")),
            ("availability-zone", .bulk("eu-1")),
        ]
        let node = RESPValue.array(fields.flatMap { [.bulk(ByteString($0)), $1] })
        let shards = RESPValue.array([
            .array([.bulk("slots"), .array([.integer(0), .integer(1)]), .bulk("nodes"), .array([node])])
        ])
        let topology = Topology(clusterShards: shards, by: Announcer(NodeAddress(host: "127.0.0.1", port: 7000)))
        #expect(topology?.nodes.map(\.zone) == ["eu-1"])
    }
}
