import Commands
import Presentation
import RESP
import Routing
import Testing

/// The cluster at a glance: tables and the picture of the slots.
struct OverviewTests {
    private static func node(_ number: Int, _ role: Role = .master, isHealthy: Bool = true) -> Node {
        Node(
            address: NodeAddress(host: "127.0.0.1", port: 7000 + number), id: "id\(number)", role: role,
            isHealthy: isHealthy)
    }

    private static let topology = Topology(shards: [
        Shard(slots: [0...8191], nodes: [node(1), node(2, .replica)]),
        Shard(slots: [8192...16_000], nodes: [node(3), node(4, .replica), node(5, .replica, isHealthy: false)]),
    ])

    private static func information(_ number: Int, _ text: String?) -> NodeReply {
        NodeReply(
            node: node(number),
            result: text.map { .success(.bulk(ByteString($0))) }
                ?? .failure(.unreachable(node(number).address, reason: "x")))
    }

    @Test("Nodes with keys, memory, lag and health")
    func nodes() {
        let table = NodeTable.table(
            Self.topology,
            [
                Self.information(
                    1,
                    "# Memory\nused_memory:1048576\n# Replication\nrole:master\nmaster_repl_offset:5000\n# Keyspace\ndb0:keys=4,expires=0\ndb12:keys=1\ndb3:keys=2,expires=0"
                ),
                Self.information(
                    2,
                    "# Memory\nused_memory:1024\n# Replication\nrole:slave\nmaster_link_status:down\nslave_repl_offset:3976\n"
                ),
                Self.information(3, "# Persistence\nloading:1\n# Replication\nrole:master\nmaster_repl_offset:1\n"),
                Self.information(4, "# Replication\nrole:slave\nmaster_sync_in_progress:1\nslave_repl_offset:5\n"),
                Self.information(5, nil),
            ])
        #expect(
            table.text(in: Window(columns: 80)) == """
                node            role       slots  keys  memory    lag  health
                127.0.0.1:7001  master      8192     7   1.00M         ok
                127.0.0.1:7002  replica              0   1.00K  1.00K  master link down
                127.0.0.1:7003  master      7809     0                 loading
                127.0.0.1:7004  replica              0             0B  syncing with its master
                127.0.0.1:7005  replica                             ?  failed
                total           2 masters  16001     7   1.00M         8192 slots not served;...

                """)
        #expect(table.text(in: Window(columns: 120)).contains("8192 slots not served; keys in databases 0, 3 and 12\n"))
    }

    @Test("A table for programs is an array of maps; a cell that is a number is one")
    func tableValue() {
        var table = Table([.init("name"), .init("count", isNumber: true)])
        table.append(["a", "1"])
        table.append(["", "x"])
        #expect(
            table.value
                == .array([
                    .map([.bulk("name"), .bulk("a"), .bulk("count"), .integer(1)]),
                    .map([.bulk("name"), .null, .bulk("count"), .bulk("x")]),
                ]))
    }

    @Test("A table leaves out empty columns and cuts what the window has no room for")
    func tableText() {
        var table = Table([.init("a"), .init("empty"), .init("b")])
        table.append(["1", "", "a long text"])
        #expect(table.text(in: Window(columns: 80)) == "a  b\n1  a long text\n")
        #expect(table.text(in: Window(columns: 10)) == "a  b\n1  a lo...\n")
    }

    @Test("A character may take two columns of a window")
    func wideTable() {
        let wide = { @Sendable (columns: Int) in Window(columns: columns) { $0.isASCII ? 1 : 2 } }
        var table = Table([.init("name"), .init("b")])
        table.append(["漢字字", "1"])
        table.append(["x", "漢字字"])
        #expect(table.text(in: wide(80)) == "name    b\n漢字字  1\nx       漢字字\n")
        #expect(table.text(in: wide(12)) == "name    b\n漢字字  1\nx       ...\n")
    }

    @Test("The picture of the slots marks owners, gaps and moves, once each")
    func picture() throws {
        let lines = [
            Self.information(1, "id1 127.0.0.1:7001@1 myself,master - 0 0 1 connected 0-8191 [40->-id3]\n"),
            Self.information(
                3,
                """
                id3 127.0.0.1:7003@1 myself,master - 0 0 1 connected 8192-16000 [40-<-id1]
                id1 127.0.0.1:7001@1 master - 0 0 1 connected 0-8191

                """),
        ]
        let text = SlotPicture(Self.topology, lines).text(isColored: false, in: Window(columns: 80))
        let rows = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(rows[0] == "    0  A*" + String(repeating: "A", count: 62))
        #expect(rows[3] == " 6144  " + String(repeating: "A", count: 64))
        #expect(rows[4] == " 8192  " + String(repeating: "B", count: 64))
        #expect(rows[7] == "14336  " + String(repeating: "B", count: 52) + String(repeating: ".", count: 12))
        #expect(
            rows[9...].joined(separator: "\n") == """
                mark  master                    count  slots
                A     127.0.0.1:7001             8192  0-8191
                B     127.0.0.1:7003             7809  8192-16000
                .     not served                  383  16001-16383
                *     moving to 127.0.0.1:7003      1  40

                """)
        #expect(rows.allSatisfy { $0.count <= 80 })
        let colored = SlotPicture(Self.topology, lines).text(isColored: true, in: Window(columns: 80))
        #expect(colored.contains("\u{1b}[31m*\u{1b}[0m"))
    }

    @Test("The picture marks the slots of masters that cannot be asked")
    func failedMasters() {
        let failed = Topology(shards: [
            Shard(slots: [0...8191], nodes: [Self.node(1, isHealthy: false), Self.node(2, .replica)]),
            Shard(slots: [8192...16_382], nodes: [Self.node(3)]),
            Shard(slots: [16_383...16_383], nodes: [Self.node(4)]),
        ])
        let text = SlotPicture(failed, [Self.information(3, ""), Self.information(4, nil)])
            .text(isColored: false, in: Window(columns: 80))
        let rows = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(rows[0] == "    0  " + String(repeating: "!", count: 64))
        #expect(rows[4] == " 8192  " + String(repeating: "B", count: 64))
        #expect(rows[7] == "14336  " + String(repeating: "B", count: 63) + "!")
        #expect(
            rows[9...].joined(separator: "\n") == """
                mark  master                      count  slots
                !     127.0.0.1:7001 (failed)      8192  0-8191
                B     127.0.0.1:7003               8191  8192-16382
                !     127.0.0.1:7004 (no answer)      1  16383

                """)
    }

    @Test("Clients and slow commands of many nodes are tables; a node's error keeps the dictionary")
    func tables() throws {
        let entry = RESPValue.array([
            .integer(1), .integer(1_700_000_000), .integer(1500), .array([.bulk("GET"), .bulk("a b")]),
        ])
        let later = RESPValue.array([.integer(0), .integer(1_700_000_001), .integer(2), .array([.bulk("PING")])])
        let slow = Reply(
            body: .perNode([
                NodeReply(node: Self.node(1), result: .success(.array([entry]))),
                NodeReply(node: Self.node(3), result: .success(.array([later]))),
            ]), outcome: .succeeded)
        #expect(
            try #require(slow.table(.slowLog)).text(in: Window(columns: 80)) == """
                time (UTC)           node              ms  command
                2023-11-14 22:13:21  127.0.0.1:7003  0.00  PING
                2023-11-14 22:13:20  127.0.0.1:7001  1.50  GET "a b"

                """)
        let clients = Reply(
            body: .perNode([
                NodeReply(
                    node: Self.node(1), result: .success(.bulk("id=3 addr=a:1 name= age=5 idle=0 flags=N cmd=get\n")))
            ]), outcome: .succeeded)
        #expect(
            try #require(clients.table(.clients)).text(in: Window(columns: 80))
                == "node            id  addr  age  idle  flags  cmd\n127.0.0.1:7001   3  a:1     5     0  N      get\n")
        let failed = Reply(
            body: .perNode([NodeReply(node: Self.node(1), result: .success(.error("NOPERM x")))]), outcome: .failed)
        #expect(failed.table(.clients) == nil)
        #expect(Reply(.bulk("id=3")).table(.clients) == nil)
    }

    @Test("Dates are those of the calendar")
    func dates() {
        #expect(
            [0, 951_782_400, 1_709_208_000, 4_102_444_799].map(Units.date) == [
                "1970-01-01 00:00:00", "2000-02-29 00:00:00", "2024-02-29 12:00:00", "2099-12-31 23:59:59",
            ])
    }
}
