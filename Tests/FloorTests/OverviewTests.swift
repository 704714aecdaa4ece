import Commands
import Presentation
import RESP
import Routing
import Testing

/// The cluster at a glance: tables and the slot map.
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

    @Test("Nodes are listed with keys, memory, lag and health")
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
                127.0.0.1:7003  master      7809     0       ?         loading
                127.0.0.1:7004  replica              0       ?     0B  syncing with its master
                127.0.0.1:7005  replica              ?       ?      ?  failed
                total           2 masters  16001     7  1.00M+
                8192 slots not served (see :slots). The keys are in databases 0, 3 and 12.

                """)
        // Programs find each column in its place.
        #expect(
            table.withoutBlanks.text(in: Window(columns: .max)).contains(
                """
                127.0.0.1:7001  master      8192     7   1.00M      -  ok
                127.0.0.1:7002  replica        -     0   1.00K  1.00K  master link down
                """))
        // Health comes before everything but the node.
        #expect(
            table.text(in: Window(columns: 40)).hasPrefix(
                """
                node            role       health
                127.0.0.1:7001  master     ok
                127.0.0.1:7002  replica    master lin...
                """))
        #expect(table.text(in: Window(columns: 30)).hasPrefix("node            health\n127.0.0.1:7001  ok\n"))
        let values = table.value.elements.map { $0 }
        #expect(values.count == 5)
        #expect(values[0][field: "memory"] == .integer(1_048_576) && values[0][field: "lag"] == .null)
        #expect(values[1][field: "lag"] == .integer(1024) && values[1][field: "slots"] == .null)
    }

    @Test("A sum that lacks some masters says so, and what they answered instead of INFO")
    func partialSums() {
        func table(_ second: String) -> String {
            let refusal = NodeReply(
                node: Self.node(3), result: .success(.error("BUSY Redis is busy running a script.")))
            let first = "# Memory\nused_memory:1048576\n# Keyspace\ndb0:keys=4"
            return NodeTable.table(
                Self.topology, [second.isEmpty ? Self.information(1, nil) : Self.information(1, first), refusal]
            ).text(in: Window(columns: 80))
        }
        #expect(table("known").contains("  INFO refused (BUSY)\n"))
        #expect(table("known").contains("\ntotal           2 masters  16001    4+  1.00M+\n8192 slots not served ("))
        #expect(table("").contains("\ntotal           2 masters  16001     ?       ?\n"))
    }

    @Test("The keys of a replaced master are in no sum; a healthy master without slots counts")
    func replacedMaster() {
        func table(isHealthy: Bool) -> String {
            let other = Self.node(6, isHealthy: isHealthy)
            let topology = Topology(shards: [
                Shard(slots: [0...16_383], nodes: [Self.node(1)]), Shard(slots: [], nodes: [other]),
            ])
            let replies = [Self.node(1), other].map {
                NodeReply(
                    node: $0, result: .success(.bulk("# Memory\nused_memory:1048576\n# Keyspace\ndb0:keys=4\n")))
            }
            return NodeTable.table(topology, replies).text(in: Window(columns: 80))
        }
        #expect(table(isHealthy: false).contains("\ntotal           1 master  16384     4   1.00M"))
        #expect(table(isHealthy: true).contains("\ntotal           1 master  16384     8   2.00M"))
    }

    @Test("For programs, a table is an array of maps; a cell that is a number is one")
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

    @Test("A table first drops empty columns, then cuts what may be cut, then drops the least important columns")
    func tableText() {
        var table = Table([.init("a"), .init("empty"), .init("n", isNumber: true), .init("b", rank: 1, least: 6)])
        table.append(["1", "", "12", "a long text"])
        #expect(table.text(in: Window(columns: 80)) == "a   n  b\n1  12  a long text\n")
        #expect(table.text(in: Window(columns: 16)) == "a   n  b\n1  12  a long...\n")
        #expect(table.text(in: Window(columns: 14)) == "a   n  b\n1  12  a lo...\n")
        #expect(table.text(in: Window(columns: 10)) == "a  b\n1  a lo...\n(not\nshown: n;\nsee :set\ncolumns)\n")
        #expect(table.text(in: Window(columns: 10), .all) == "a   n  b\n1  12  a long text\n")
        #expect(table.text(in: Window(columns: 80), .named(["b"])) == "a  b\n1  a long text\n")
    }

    @Test("A narrow window shows health even when all is well")
    func healthyNodes() {
        let topology = Topology(shards: [Shard(slots: [0...16_383], nodes: [Self.node(1)])])
        let table = NodeTable.table(
            topology, [Self.information(1, "# Memory\nused_memory:1\n# Keyspace\ndb0:keys=4\n")])
        #expect(
            table.text(in: Window(columns: 40)) == """
                node            role      health
                127.0.0.1:7001  master    ok
                total           1 master  all slots ok
                (not shown: slots, keys, memory; see
                :set columns)

                """)
    }

    @Test("A narrow window shows only the time of a date, and cuts the heading at a word")
    func narrowDate() {
        var table = Table([.init("time (UTC)", least: 8, keepsEnd: true), .init("command", least: 6)])
        table.append(["2023-11-14 22:13:21", "GET a long key"])
        #expect(
            table.text(in: Window(columns: 40)) == "time (UTC)           command\n2023-11-14 22:13:21  GET a long key\n"
        )
        #expect(table.text(in: Window(columns: 30)) == "time (UTC)           command\n2023-11-14 22:13:21  GET a ...\n")
        #expect(table.text(in: Window(columns: 24)) == "time      command\n22:13:21  GET a long key\n")
    }

    @Test("A character may take two columns of a window")
    func wideTable() {
        let wide = { @Sendable (columns: Int) in Window(columns: columns) { $0.isASCII ? 1 : 2 } }
        var table = Table([.init("name"), .init("b")])
        table.append(["漢字字", "1"])
        table.append(["x", "漢字字"])
        #expect(table.text(in: wide(80)) == "name    b\n漢字字  1\nx       漢字字\n")
        var elastic = Table([.init("name"), .init("b", least: 3)])
        elastic.append(["漢字字", "1"])
        elastic.append(["x", "漢字字"])
        #expect(elastic.text(in: wide(13)) == "name    b\n漢字字  1\nx       漢...\n")
    }

    @Test("The slot map marks owners, gaps and moves, once each")
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
            rows[8...].joined(separator: "\n") == """
                Each character is 32 slots.

                mark  master                    count  slots
                A     127.0.0.1:7001             8192  0-8191
                B     127.0.0.1:7003             7809  8192-16000
                .     not served                  383  16001-16383
                *     moving to 127.0.0.1:7003         40

                """)
        #expect(rows.allSatisfy { $0.count <= 80 })
        let counts = SlotPicture(Self.topology, lines).table.value.elements.compactMap { $0[field: "count"]?.integer }
        #expect(counts.reduce(0, +) == HashSlot.count)
        let colored = SlotPicture(Self.topology, lines).text(isColored: true, in: Window(columns: 80))
        #expect(colored.contains("\u{1b}[31m*\u{1b}[0m"))
    }

    @Test("The slot map marks the slots of masters that cannot be asked")
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
            rows[8...].joined(separator: "\n") == """
                Each character is 32 slots; a + has several masters.

                mark  master                      count  slots
                !     127.0.0.1:7001 (failed)      8192  0-8191
                B     127.0.0.1:7003               8191  8192-16382
                !     127.0.0.1:7004 (no answer)      1  16383
                +     127.0.0.1:7004                     16383

                """)
    }

    @Test("Single slots among another master's are marked, and the slot map is as wide as the window allows")
    func oddSlots() {
        let moved = Topology(shards: [
            Shard(slots: [0...99, 101...16_383], nodes: [Self.node(1)]),
            Shard(slots: [100...100], nodes: [Self.node(3)]),
        ])
        let replies = [Self.information(1, ""), Self.information(3, "")]
        for (columns, cells) in [(20, 8), (40, 32), (80, 64), (200, 128)] {
            let text = SlotPicture(moved, replies).text(isColored: false, in: Window(columns: columns))
            let rows = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            #expect(rows[0] == "    0  AAA+" + String(repeating: "A", count: cells - 4))
            #expect(rows[1].hasPrefix("\(cells * 32)".aligned(to: 5)))
            #expect(rows.allSatisfy { $0.count <= columns }, "\(text)")
        }
        #expect(
            SlotPicture(moved, replies).text(isColored: false, in: Window(columns: 80))
                .contains("+     127.0.0.1:7003         100\n"))
    }

    @Test("Clients and slow commands are tables; nodes that gave none are listed below with their errors")
    func tables() throws {
        let window = Window(columns: 80)
        let entry = RESPValue.array([
            .integer(1), .integer(1_700_000_000), .integer(1500), .array([.bulk("GET"), .bulk("a b")]), .bulk("c:1"),
            .bulk(""),
        ])
        let later = RESPValue.array([.integer(0), .integer(1_700_000_001), .integer(2), .array([.bulk("PING")])])
        let slow = Reply(
            body: .perNode([
                NodeReply(node: Self.node(1), result: .success(.array([entry]))),
                NodeReply(node: Self.node(3), result: .success(.array([later]))),
            ]), outcome: .succeeded)
        #expect(
            try #require(slow.table(.slowLog, ["SLOWLOG", "GET"], in: window)).text(in: window) == """
                node            time (UTC)              ms  command    client  id
                127.0.0.1:7003  2023-11-14 22:13:21  0.002  PING                0
                127.0.0.1:7001  2023-11-14 22:13:20  1.500  GET "a b"  c:1      1

                """)
        #expect(
            try #require(Reply(.array([entry])).table(.slowLog, ["COMMANDLOG", "GET", "1", "large-reply"], in: window))
                .text(in: Window(columns: 50)) == """
                    time (UTC)           bytes  command    client  id
                    2023-11-14 22:13:20   1500  GET "a b"  c:1      1

                    """)
        let line = RESPValue.bulk("id=3 addr=a:1 laddr=b:1 name= age=5 idle=0 flags=N db=0 cmd=get user=default\n")
        let clients = Reply(
            body: .perNode([NodeReply(node: Self.node(1), result: .success(line))]), outcome: .succeeded)
        let table = try #require(clients.table(.clients, ["CLIENT", "LIST"], in: window))
        #expect(
            table.text(in: window) == """
                node            id  addr  user     db  age  idle  flags  cmd  laddr
                127.0.0.1:7001   3  a:1   default   0    5     0  N      get  b:1

                """)
        #expect(
            table.text(in: Window(columns: 40)) == """
                node            id  addr  user     cmd
                127.0.0.1:7001   3  a:1   default  get
                (not shown: db, age, idle, flags, laddr;
                see :set columns)

                """)
        // With a count, each node gives that many.
        let limited = try #require(slow.table(.slowLog, ["SLOWLOG", "GET", "1"], in: window)).text(in: window)
        #expect(limited.hasSuffix("\nAt most 1 per node.\n"))
        let narrow = Window(columns: 40)
        #expect(
            try #require(slow.table(.slowLog, ["SLOWLOG", "GET"], in: narrow)).text(in: narrow) == """
                node            time      command
                127.0.0.1:7003  22:13:21  PING
                127.0.0.1:7001  22:13:20  GET "a b"
                (not shown: ms, client, id; see :set
                columns)

                """)
        let failed = Reply(
            body: .perNode([NodeReply(node: Self.node(1), result: .success(.error("NOPERM x")))]), outcome: .failed)
        #expect(failed.table(.clients, [], in: window) == nil)
        let gone = NodeReply(node: Self.node(3), result: .failure(.unreachable(Self.node(3).address, reason: "gone")))
        let partial = Reply(
            body: .perNode([NodeReply(node: Self.node(1), result: .success(line)), gone]), outcome: .partial)
        #expect(partial.table(.clients, ["CLIENT", "LIST"], in: window)?.text(in: window) == table.text(in: window))
        guard case .perNode(let rest) = partial.withoutRecords.body else {
            Issue.record("no dictionary")
            return
        }
        #expect(rest.map(\.node) == [Self.node(3)])
        #expect(Reply(line).table(.clients, [], in: window) != nil)
        #expect(Reply(.bulk("")).table(.clients, [], in: window) == nil)
    }

    @Test("A table names the chosen columns that it does not have, whether or not it has others")
    func missingColumns() {
        var table = Table([Table.Column("node"), Table.Column("id"), Table.Column("addr")])
        table.append(["a", "1", "x"])
        let window = Window(columns: 80)
        let note = "; :set columns all shows all)\n"
        #expect(table.text(in: window, .named(["id", "addr"])) == "node  id  addr\na     1   x\n")
        #expect(table.text(in: window, .named(["id", "adr"])) == "node  id\na     1\n(no such column: adr\(note)")
        #expect(
            table.text(in: window, .named(["adr", "no"]))
                == "node  id  addr\na     1   x\n(no such column: adr, no\(note)")
    }

    @Test("CLUSTER NODES is a table whose IDs are cut to what a target takes, in one form or the other")
    func clusterNodes() throws {
        let lines = [
            "\(Self.digits("a")) 10.0.0.1:7000@17000 myself,master - 0 1700000000000 3 connected 0-99 200 [7->-\(Self.digits("b"))]",
            "\(Self.digits("b")) 10.0.0.2:7000@17000,two slave,fail? \(Self.digits("a")) 1700000001000 0 12 disconnected",
        ]
        func text(_ value: RESPValue, columns: Int) throws -> String {
            let window = Window(columns: columns)
            return try #require(Reply(value).table(.clusterNodes, [], in: window)).text(in: window)
        }
        let list = RESPValue.bulk(ByteString(lines.joined(separator: "\n") + "\n"))
        #expect(
            try text(list, columns: 79) == """
                addr           flags          slots        link          id          master
                10.0.0.1:7000  myself,master  0-99 200...  connected     aaaaaaa...
                10.0.0.2:7000  slave,fail?                 disconnected  bbbbbbb...  aaaaaaa...
                (not shown: epoch, hostname, pong, ping, bus-port; see :set columns)

                """)
        #expect(
            try text(list, columns: 40) == """
                addr           flags
                10.0.0.1:7000  myself,master
                10.0.0.2:7000  slave,fail?
                (not shown: slots, link, id, master,
                epoch, hostname, pong, ping, bus-port;
                see :set columns)

                """)
        let wide = try text(list, columns: 400)
        #expect(wide.contains("  0-99 200 [7->-\(Self.digits("b"))]  connected     \(Self.digits("a"))  "))
        #expect(wide.contains("2023-11-14 22:13:20Z"))
        #expect(try text(.array(lines.map { .bulk(ByteString($0)) }), columns: 400) == wide)
        let reply = Reply(.bulk("ERR what"))
        #expect(reply.table(.clusterNodes, [], in: Window(columns: 80)) == nil)
    }

    private static func digits(_ digit: String) -> String { String(repeating: digit, count: 40) }

    private static func texts(_ words: String...) -> RESPValue { .array(words.map { .bulk(ByteString($0)) }) }

    @Test("Records that are longer than the window show the fields that matter most, and name the others")
    func longRecords() throws {
        let record = Self.texts(
            "count", "2", "reason", "auth", "object", "AUTH", "client-info", "id=1 addr=h:1 laddr=h:2")
        func text(columns: Int) throws -> String {
            let window = Window(columns: columns)
            let table = Reply(.array([record])).table(.longRecords("reason client-info count"), [], in: window)
            return try #require(table).text(in: window)
        }
        #expect(
            try text(columns: 80)
                == "reason  client-info                count  object\n"
                + "auth    \"id=1 addr=h:1 laddr=h:2\"      2  AUTH\n")
        #expect(
            try text(columns: 40)
                == "reason  client-info                count\n"
                + "auth    \"id=1 addr=h:1 laddr=h:2\"      2\n(not shown: object; see :set columns)\n")
        #expect(Reply(.ok).table(.longRecords("reason"), [], in: Window(columns: 80)) == nil)
        for name in ["ACL LOG", "CLUSTER GETSLOTMIGRATIONS"] {
            let words = name.split(separator: " ").map { ByteString(String($0)) }
            guard case .longRecords = CommandTable.row(for: words)?.shape else {
                Issue.record("\(name)")
                return
            }
        }
    }

    @Test("Lists of records are tables in both protocols, where the window has room for all columns")
    func records() {
        let flat = RESPValue.array([Self.texts("name", "g", "lag", "12"), Self.texts("name", "h i", "lag", "3")])
        let maps = RESPValue.array(flat.elements.map { .map(Array($0.elements)) })
        func table(_ value: RESPValue, _ shape: ReplyShape, _ words: ByteString..., columns: Int = 80) -> String? {
            let window = Window(columns: columns)
            return Reply(value).table(shape, words, in: window)?.text(in: window)
        }
        for value in [flat, maps] {
            #expect(table(value, .records) == "name   lag\ng       12\n\"h i\"    3\n")
            #expect(table(value, .records, columns: 9) == nil)
        }
        let scores: [RESPValue] = [
            Self.texts("a", "1", "bc", "2.5"), .array([Self.texts("a", "1"), Self.texts("bc", "2.5")]),
        ]
        for value in scores {
            #expect(
                table(value, .scoredMembers, "ZRANGE", "k", "WITHSCORES")
                    == "member  score\na           1\nbc        2.5\n")
            #expect(table(value, .scoredMembers, "ZRANGE", "k") == nil)
        }
        let entries = RESPValue.array([
            .array([.bulk("1-1"), Self.texts("f", "v", "g", "w x")]), .array([.bulk("1-2"), Self.texts("f", "")]),
        ])
        #expect(table(entries, .entries) == "id   f   g\n1-1  v   \"w x\"\n1-2  \"\"\n")
        #expect(
            table(.array([.array([.bulk("s"), entries])]), .streams)
                == "stream  id   f   g\ns       1-1  v   \"w x\"\ns       1-2  \"\"\n")
        #expect(
            table(.array([Self.texts("13.3", "38.1"), .null]), .positions, "GEOPOS", "k", "a", "b")
                == "member  longitude  latitude\na            13.3      38.1\nb           (nil)     (nil)\n")
        let place = RESPValue.array([.array([.bulk("a"), .bulk("1.5"), Self.texts("13.3", "38.1")])])
        #expect(
            table(place, .places, "GEOSEARCH", "k", "WITHCOORD", "WITHDIST")
                == "member  distance  longitude  latitude\na            1.5       13.3      38.1\n")
        #expect(
            table(.array([.array([.bulk("fork"), .integer(1)])]), .nested("[(event,time)]"))
                == "event  time\nfork      1\n")
        // Entries that have little in common, or a field twice.
        for fields in [Self.texts("f", "1", "f", "2"), Self.texts("p", "1", "q", "1", "r", "1", "s", "1")] {
            #expect(
                table(
                    .array([.array([.bulk("1-1"), fields]), .array([.bulk("1-2"), Self.texts("x", "1")])]), .entries)
                    == nil)
        }
    }

    @Test("Names and values are pairs at every depth that the row describes, in both protocols")
    func nested() {
        func json(_ value: RESPValue, _ shape: ReplyShape) -> String {
            guard case .value(let value) = Reply(value).pairs(shape, []).body else { return "" }
            var output: [UInt8] = []
            Renderer(Style(format: .json)).append(value, isText: false, to: &output)
            return String(decoding: output.dropLast(), as: UTF8.self)
        }
        let docs = RESPValue.array([
            .bulk("get"),
            .array([
                .bulk("summary"), .bulk("s"), .bulk("arguments"),
                .array([.array([.bulk("name"), .bulk("key"), .bulk("arguments"), .array([Self.texts("name", "x")])])]),
            ]),
        ])
        #expect(
            json(docs, .nested("{*:{arguments:[{arguments:[^]}]}}"))
                == #"{"get":{"summary":"s","arguments":[{"name":"key","arguments":[{"name":"x"}]}]}}"#)
        let shards = RESPValue.array([
            .array([
                .bulk("slots"), .array([.integer(0), .integer(5)]), .bulk("nodes"), .array([Self.texts("id", "x")]),
            ])
        ])
        #expect(json(shards, .nested("[{nodes:[{}]}]")) == #"[{"slots":[0,5],"nodes":[{"id":"x"}]}]"#)
        #expect(json(Self.texts("b", "2", "a", "1"), .settings) == #"{"a":"1","b":"2"}"#)
        #expect(json(Self.texts("a", "1", "b"), .pairs) == #"["a","1","b"]"#, "not in pairs")
        let entries = RESPValue.array([.array([.bulk("1-1"), Self.texts("f", "v")])])
        #expect(json(entries, .entries) == #"{"1-1":{"f":"v"}}"#)
        #expect(json(.array([.array([.bulk("s"), entries])]), .streams) == #"{"s":{"1-1":{"f":"v"}}}"#)
        #expect(json(.map([.bulk("s"), entries]), .streams) == #"{"s":{"1-1":{"f":"v"}}}"#)
    }

    @Test("Dates are those of the calendar")
    func dates() {
        #expect(
            [0, 951_782_400, 1_709_208_000, 4_102_444_799].map(Units.date) == [
                "1970-01-01 00:00:00", "2000-02-29 00:00:00", "2024-02-29 12:00:00", "2099-12-31 23:59:59",
            ])
    }
}
