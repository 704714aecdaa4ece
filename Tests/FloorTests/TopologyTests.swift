import Commands
import RESP
import Routing
import TestSupport
import Testing

/// How a server lists fields: as a map (RESP3), or as an array of alternating names and values (RESP2).
enum FieldShape: CaseIterable {
    case map, array

    func callAsFunction(_ fields: [RESPValue]) -> RESPValue {
        switch self {
        case .map: .map(fields)
        case .array: .array(fields)
        }
    }

    /// A node as CLUSTER SHARDS lists it.
    func node(
        _ id: ByteString, port: Int, endpoint: RESPValue = .bulk("127.0.0.1"), role: ByteString = "master",
        health: ByteString = "online", offset: Int = 42
    ) -> RESPValue {
        self([
            .bulk("id"), .bulk(id), .bulk("port"), .integer(port), .bulk("ip"), .bulk("127.0.0.1"),
            .bulk("endpoint"), endpoint, .bulk("role"), .bulk(role),
            .bulk("replication-offset"), .integer(offset), .bulk("health"), .bulk(health),
        ])
    }

    func shard(slots: [Int], nodes: [RESPValue]) -> RESPValue {
        self([.bulk("slots"), .array(slots.map(RESPValue.integer)), .bulk("nodes"), .array(nodes)])
    }
}

private func local(_ port: Int) -> NodeAddress { NodeAddress(host: "127.0.0.1", port: port) }

struct TopologyTests {
    @Test(
        "CLUSTER SHARDS is read: masters by slot, each followed by its replicas", arguments: FieldShape.allCases)
    func readsShards(shape: FieldShape) throws {
        let reply = RESPValue.array([
            shape.shard(slots: [], nodes: [shape.node("d", port: 7003)]),
            shape.shard(slots: [8000, 16383], nodes: [shape.node("b", port: 7001)]),
            shape.shard(
                slots: [0, 99, 200, 7999],
                nodes: [shape.node("c", port: 7002, role: "replica"), shape.node("a", port: 7000)]),
        ])
        let topology = try #require(
            Topology(clusterShards: reply, by: Announcer(NodeAddress(host: "seed", port: 6379))))
        #expect(topology.shards.map(\.slots) == [[0...99, 200...7999], [8000...16383], []])
        #expect(topology.nodes.map(\.address) == [local(7000), local(7002), local(7001), local(7003)])
        #expect(topology.nodes.map(\.role) == [.master, .replica, .master, .master])
        #expect(topology.nodes.map(\.id) == ["a", "c", "b", "d"])
        #expect(topology.masters.map(\.id) == ["a", "b", "d"])
        #expect(topology.replicas.map(\.id) == ["c"])
        #expect(topology.node(at: local(7002))?.id == "c")
        #expect(topology.node(at: local(9999)) == nil)
    }

    /// As Redis 8.2 and Valkey 9.1 answer while a dead master is not yet marked as failed.
    @Test(
        "Of two masters in a shard, the one that owns its slots counts",
        arguments: [
            [], ["replica"], ["another shard"],
        ], [[], [10922, 16383]])
    func settlesTakeover(others: [String], told: [Int]) throws {
        let shape = FieldShape.array
        var members = [shape.node("dead", port: 7000, offset: 14), shape.node("successor", port: 7001, offset: 0)]
        if others.contains("replica") { members.append(shape.node("replica", port: 7002, role: "replica")) }
        var shards = [shape.shard(slots: told, nodes: members)]
        if others.contains("another shard") {
            shards.append(shape.shard(slots: [0, 10921], nodes: [shape.node("other", port: 7003)]))
        }
        let topology = try #require(
            Topology(clusterShards: .array(shards), by: Announcer(NodeAddress(host: "seed", port: 6379))))
        #expect(topology.isAmbiguous)
        let slots = try #require(
            Topology(
                clusterSlots: .array([
                    .array([
                        .integer(10922), .integer(16383),
                        .array([.bulk("127.0.0.1"), .integer(7001), .bulk("successor")]),
                    ])
                ]), by: Announcer(NodeAddress(host: "seed", port: 6379))))
        let settled = topology.settled(by: slots)
        #expect(!settled.isAmbiguous)
        #expect(
            settled.shards.first { $0.slots == [10922...16383] }?.nodes.map(\.id)
                == ["successor"] + (others.contains("replica") ? ["replica"] : []))
        #expect(settled.shards.last?.nodes.map(\.id) == ["dead"] && settled.shards.last?.slots == [])
        #expect(Set(settled.nodes) == Set(topology.nodes))
        #expect(SlotMap(settled)[HashSlot(key: "foo")] == local(7001))
    }

    @Test("If CLUSTER SLOTS names neither master, the shard stays as it is")
    func leavesUnsettled() throws {
        let shape = FieldShape.array
        let shard = shape.shard(slots: [0, 5], nodes: [shape.node("a", port: 7000), shape.node("b", port: 7001)])
        let topology = try #require(
            Topology(clusterShards: .array([shard]), by: Announcer(NodeAddress(host: "seed", port: 6379))))
        let entry = RESPValue.array([
            .integer(0), .integer(5), .array([.bulk("127.0.0.1"), .integer(7009), .bulk("c")]),
        ])
        let slots = try #require(
            Topology(clusterSlots: .array([entry]), by: Announcer(NodeAddress(host: "seed", port: 6379))))
        #expect(topology.settled(by: slots) == topology)
    }

    @Test(
        "A master's own word on its replicas counts, and an error says nothing",
        arguments: [
            (.bulk("role:master\r\nconnected_slaves:2\r\nslave0:ip=::1"), true),
            (.bulk("role:master\r\nconnected_slaves:0\r\n"), false), (.error("NOPERM no permissions"), false),
            (.bulk("connected_slaves:?"), true), (.null, false),
        ] as [(RESPValue, Bool)])
    func replication(reply: RESPValue, isReplicated: Bool) throws {
        let shards = RESPValue.array([
            FieldShape.map.shard(slots: [0, 16383], nodes: [FieldShape.map.node("a", port: 7000)])
        ])
        var topology = try #require(
            Topology(clusterShards: shards, by: Announcer(NodeAddress(host: "seed", port: 6379))))
        #expect(!topology.isReplicated(local(7000)))
        topology.add(replication: reply, of: local(7000))
        #expect(topology.isReplicated(local(7000)) == isReplicated)
    }

    @Test("CLUSTER SLOTS is read, and ranges of one master are one shard")
    func readsSlots() throws {
        let reply = try RESPText.value(
            """
            *3\r
            *4\r\n:8000\r\n:16383\r\n*4\r\n$9\r\n127.0.0.1\r\n:7001\r\n$1\r\nb\r\n%1\r\n+hostname\r\n+b.example\r
            *3\r\n$9\r\n127.0.0.1\r\n:7003\r\n$1\r\nd\r
            *3\r\n:0\r\n:99\r\n*3\r\n$9\r\n127.0.0.1\r\n:7000\r\n$1\r\na\r
            *3\r\n:200\r\n:7999\r\n*3\r\n$9\r\n127.0.0.1\r\n:7000\r\n$1\r\na\r\n
            """)
        let topology = try #require(Topology(clusterSlots: reply, by: Announcer(NodeAddress(host: "seed", port: 6379))))
        #expect(topology.shards.map(\.slots) == [[0...99, 200...7999], [8000...16383]])
        #expect(topology.nodes.map(\.address) == [local(7000), local(7001), local(7003)])
        #expect(topology.nodes.map(\.id) == ["a", "b", "d"])
        #expect(topology.masters.map(\.address) == [local(7000), local(7001)])
        #expect(topology.replicas.map(\.address) == [local(7003)])
    }

    @Test(
        "An endpoint that the node does not know is the host that was asked; others stay",
        arguments: [
            (.null, "seed"), (.bulk(""), "seed"), (.bulk("10.0.0.1"), "10.0.0.1"),
            (.bulk("redis-1.example"), "redis-1.example"), (.bulk("2001:db8::5"), "2001:db8::5"),
        ] as [(RESPValue, String)])
    func readsEndpoints(endpoint: RESPValue, host: String) throws {
        for shape in FieldShape.allCases {
            let shards = RESPValue.array([
                shape.shard(slots: [0, 16383], nodes: [shape.node("a", port: 7000, endpoint: endpoint)])
            ])
            let topology = try #require(
                Topology(clusterShards: shards, by: Announcer(NodeAddress(host: "seed", port: 6379))))
            #expect(topology.nodes.map(\.address) == [NodeAddress(host: host, port: 7000)])
        }
        let slots = RESPValue.array([
            .array([.integer(0), .integer(16383), .array([endpoint, .integer(7000), .bulk("a")])])
        ])
        let topology = try #require(Topology(clusterSlots: slots, by: Announcer(NodeAddress(host: "seed", port: 6379))))
        #expect(topology.nodes.map(\.address) == [NodeAddress(host: host, port: 7000)])
    }

    @Test("Unknown fields are skipped, and optional ones are not missed")
    func skipsUnknownFields() throws {
        let node = RESPValue.map([
            .bulk("availability-zone"), .bulk("eu-1"), .bulk("tls-port"), .integer(7443), .bulk("ip"),
            .bulk("10.0.0.1"),
            .bulk("role"), .bulk("master"), .bulk("extra"), .array([.integer(1), .map([])]),
        ])
        let shard = RESPValue.map([
            .bulk("id"), .bulk("s1"), .bulk("nodes"), .array([node]), .bulk("slots"),
            .array([.integer(0), .integer(1)]),
        ])
        let topology = try #require(
            Topology(clusterShards: .array([shard]), by: Announcer(NodeAddress(host: "seed", port: 6379))))
        let address = NodeAddress(host: "10.0.0.1", port: 7443)
        #expect(topology.nodes == [Node(address: address, id: "", role: .master, isHealthy: true, zone: "eu-1")])
    }

    @Test("A failed master counts among the masters only while it owns slots")
    func countsFailedMasters() throws {
        let shape = FieldShape.map
        let reply = RESPValue.array([
            shape.shard(slots: [0, 99], nodes: [shape.node("alone", port: 7000, health: "fail")]),
            shape.shard(
                slots: [100, 199],
                nodes: [shape.node("old", port: 7001, health: "failed"), shape.node("new", port: 7002)]),
            shape.shard(slots: [], nodes: [shape.node("gone", port: 7003, health: "fail")]),
            shape.shard(slots: [], nodes: [shape.node("empty", port: 7004)]),
            shape.shard(
                slots: [200, 299],
                nodes: [shape.node("busy", port: 7005, health: "loading")]),
        ])
        let topology = try #require(
            Topology(clusterShards: reply, by: Announcer(NodeAddress(host: "seed", port: 6379))))
        #expect(topology.masters.map(\.id) == ["alone", "new", "busy", "empty"])
        #expect(Set(topology.nodes.map(\.id)) == ["alone", "old", "new", "gone", "empty", "busy"])
        #expect(topology.nodes.filter { !$0.isHealthy }.map(\.id).sorted() == ["alone", "gone", "old"])
        #expect(topology.shards.map { $0.master?.id } == ["alone", "new", "busy", "gone", "empty"])
    }

    @Test("Of two masters of a shard that have both failed, the one that had taken over has the slots")
    func attributesSlotsOfTheDead() throws {
        let nodes = FieldShape.allCases.map { shape in
            [
                shape.node("old", port: 7001, health: "fail", offset: 41),
                shape.node("new", port: 7002, health: "fail", offset: 42),
            ]
        }
        for (shape, nodes) in zip(FieldShape.allCases, nodes) {
            for nodes in [nodes, nodes.reversed()] {
                let reply = RESPValue.array([shape.shard(slots: [0, 99], nodes: nodes)])
                #expect(
                    Topology(clusterShards: reply, by: Announcer(NodeAddress(host: "seed", port: 6379)))?.shards[0]
                        .master?.id == "new")
            }
        }
    }

    @Test("A node without a reachable port is left out")
    func skipsNodesWithoutPort() throws {
        let shape = FieldShape.array
        let nodes = [("a", 7000), ("b", 0), ("c", -1), ("d", 65536)].map { shape.node(ByteString($0), port: $1) }
        let reply = RESPValue.array([shape.shard(slots: [0, 16383], nodes: nodes)])
        #expect(
            Topology(clusterShards: reply, by: Announcer(NodeAddress(host: "seed", port: 6379)))?.nodes.map(\.id) == [
                "a"
            ])
    }

    @Test(
        "Invalid ranges are left out of CLUSTER SHARDS",
        arguments: [[5, 4], [-1, 4], [-5, -4], [0, 16384], [16384, 16385], [5]])
    func skipsOddRanges(range: [Int]) throws {
        let shape = FieldShape.array
        let reply = RESPValue.array([shape.shard(slots: [7, 8] + range, nodes: [shape.node("a", port: 7000)])])
        #expect(
            Topology(clusterShards: reply, by: Announcer(NodeAddress(host: "seed", port: 6379)))?.shards.map(\.slots)
                == [[7...8]])
    }

    @Test(
        "A reply that is not a topology is refused",
        arguments: [
            "-ERR This instance has cluster support disabled\r\n", "+OK\r\n", "$-1\r\n", ":1\r\n",
            "*1\r\n:1\r\n", "*1\r\n*2\r\n:0\r\n:1\r\n", "*1\r\n*3\r\n:0\r\n:1\r\n*0\r\n",
            "*1\r\n*3\r\n:5\r\n:-1\r\n*2\r\n+h\r\n:7000\r\n", "*1\r\n*3\r\n:0\r\n:99999\r\n*2\r\n+h\r\n:7000\r\n",
            "*1\r\n*3\r\n+x\r\n:1\r\n*2\r\n+h\r\n:7000\r\n",
        ])
    func refusesOtherReplies(text: String) throws {
        let reply = try RESPText.value(text)
        #expect(Topology(clusterShards: reply, by: Announcer(NodeAddress(host: "seed", port: 6379))) == nil)
        #expect(Topology(clusterSlots: reply, by: Announcer(NodeAddress(host: "seed", port: 6379))) == nil)
    }

    @Test("CLUSTER SLOTS of a cluster without any slots names no node")
    func readsEmptySlots() {
        #expect(Topology(clusterSlots: .array([]), by: Announcer(NodeAddress(host: "seed", port: 6379))) == nil)
    }

    @Test("A kept topology lists where its healthy nodes are, each master followed by its replicas")
    func keepsNodes() {
        func node(_ host: String, _ role: Role, isHealthy: Bool = true) -> Node {
            Node(address: NodeAddress(host: host, port: 7000), id: host, role: role, isHealthy: isHealthy)
        }
        let topology = Topology(shards: [
            Shard(slots: [8192...16383], nodes: [node("b", .master)]),
            Shard(
                slots: [0...8191],
                nodes: [
                    node("::1", .master), node("d", .replica), node("c", .replica),
                    node("e", .replica, isHealthy: false),
                ]),
        ])
        let hint: ByteString = "master [::1]:7000\nreplica c:7000\nreplica d:7000\nmaster b:7000\n"
        #expect(topology.hint == hint)
        let nodes = Topology(hint: hint)?.nodes ?? []
        #expect(nodes.map(\.address.host) == ["::1", "c", "d", "b"])
        #expect(nodes.map(\.role) == [.master, .replica, .replica, .master])
        #expect(Topology(hint: hint)?.masters.count == 2)
    }

    @Test(
        "An invalid list of nodes is ignored",
        arguments: [
            "", "\n", "master a:7000", "master a:7000\n\n", "master a:0\n", "master a\n", "slave a:7000\n", "a:7000\n",
            "master a:7000 0-5\n", "master a:7000\nreplica b:7", "master a:7000\n\u{0}",
        ])
    func refusesOtherHints(text: String) {
        #expect(Topology(hint: ByteString(text)) == nil)
    }
}
