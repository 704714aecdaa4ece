import Commands
import Presentation
import RESP
import Routing
import TestSupport
import Testing

/// Reports, tables and texts of numbers and shapes that no server should send: nothing may trap, which would end the
/// test run.
struct OddTextTests {
    private static let rounds: UInt64 = 40

    private static func node(_ number: Int, _ role: Role = .master) -> Node {
        Node(address: NodeAddress(host: "127.0.0.1", port: 7000 + number), id: "\(number)", role: role, isHealthy: true)
    }

    @Test("Keys of any size are reported")
    func keys() {
        for seed in 0..<Self.rounds {
            var server = OddReplies(seed: seed)
            var sizes = KeySizeReport(countsBytes: seed.isMultiple(of: 2), quoting: .utf8)
            var statistics = KeyStatisticsReport(top: Int(seed % 3), quoting: .utf8)
            var hot = HotKeyReport(length: Int(seed % 3), quoting: .utf8)
            for number in 0..<Int(seed % 6) {
                let key = ByteString("k\(number)")
                let progress = Double(server.number()) / Double(server.number())
                _ = sizes.add(key, type: "list", size: server.number(), progress: progress)
                statistics.add(key, type: "string", memory: server.number(), length: server.number())
                _ = hot.add(key, counter: server.number(), progress: progress)
            }
            for progress in [KeyStatisticsReport.Progress.words, .bar(isColored: true)] {
                _ = statistics.overview(of: server.number(), progress)
            }
            _ = sizes.summary + statistics.distributions + hot.summary
        }
    }

    @Test("Numbers as texts are accepted")
    func numbers() {
        var server = OddReplies(seed: 1)
        for _ in 0..<Self.rounds {
            let number = server.number()
            _ = number.byteText + Units.duration(milliseconds: number) + Units.date(seconds: number)
            _ = (Double(number) * 1e300).text(decimals: 2)
        }
        var summary = LatencySummary(decimals: 2)
        var spectrum = LatencySpectrum(.gray)
        for time in [0, -1, .infinity, -.infinity, .nan, .greatestFiniteMagnitude] as [Double] {
            summary.add(milliseconds: time)
            spectrum.add(milliseconds: time)
            _ = summary.text(.json) + spectrum.text + time.text(decimals: 4) + time.shortText
        }
    }

    @Test("INFO may have any numbers, in the line of --stat and in the table of nodes")
    func information() {
        for seed in 0..<Self.rounds {
            var server = OddReplies(seed: seed)
            func info() -> RESPValue {
                if server.chance(of: 10) { return server.anything() }
                let fields = [
                    "# Memory", "used_memory:", "# Replication", "role:\(seed.isMultiple(of: 3) ? "slave" : "master")",
                    "master_repl_offset:", "slave_repl_offset:", "total_commands_processed:", "connected_clients:",
                    "# Keyspace", "db0:keys=", "db1:keys=", "db99999999999999999999:keys=", "db:", ":", "",
                ]
                let lines = fields.map { field in
                    field.hasSuffix(":") || field.hasSuffix("=") ? "\(field)\(server.number())" : field
                }
                return .bulk(ByteString(lines.joined(separator: "\r\n")))
            }
            let statistics = ServerStatistics(info: info())
            _ = statistics.line(requestsBefore: ServerStatistics(info: info()).requestCount)
            let topology = Topology(shards: [
                Shard(slots: [0...16_383], nodes: [Self.node(1), Self.node(2, .replica)]),
                Shard(slots: [0...16_383, 5...5], nodes: [Self.node(3), Self.node(1, .replica), Self.node(1)]),
            ])
            let replies = [1, 2, 3].map { NodeReply(node: Self.node($0), result: .success(info())) }
            let table = NodeTable.table(topology, replies)
            for width in [0, 1, 80, .max] { _ = table.text(in: Window(columns: width)) }
            _ = table.value
        }
    }

    @Test("Topologies of any shape are shown and drawn")
    func topologies() {
        for seed in 0..<Self.rounds {
            var server = OddReplies(seed: seed)
            func part(_ value: RESPValue) -> RESPValue { server.chance(of: 8) ? server.anything() : value }
            func slot() -> RESPValue { part(.integer(server.chance(of: 50) ? server.number() : 100)) }
            func port() -> RESPValue { part(.integer(server.chance(of: 20) ? server.number() : 7000)) }
            let shards = RESPValue.array(
                (0..<3).map { _ in
                    let node = RESPValue.map([
                        .bulk("id"), part(.bulk("x")), .bulk("port"), port(), .bulk("ip"), part(.bulk("127.0.0.1")),
                        .bulk("role"), part(.bulk("master")), .bulk("health"), part(.bulk("online")),
                    ])
                    return part(
                        .map([
                            .bulk("slots"), part(.array([slot(), slot(), slot(), slot()])), .bulk("nodes"),
                            part(.array([part(node)])),
                        ]))
                })
            let slots = RESPValue.array(
                (0..<3).map { _ in
                    part(.array([slot(), slot(), part(.array([part(.bulk("127.0.0.1")), port(), part(.bulk("x"))]))]))
                })
            for topology in [
                Topology(clusterShards: shards, by: Announcer(NodeAddress(host: "h", port: 6379))),
                Topology(clusterSlots: slots, by: Announcer(NodeAddress(host: "h", port: 6379))),
            ] {
                guard let topology else { continue }
                #expect(topology.shards.allSatisfy { $0.slots.reduce(0) { $0 + $1.count } <= HashSlot.count })
                _ = SlotMap(topology)
                let lines = (0..<3).map { _ in
                    "x 127.0.0.1:\(server.number())@\(server.number()) myself,master - \(server.number()) 0 1 connected"
                        + " \(server.number())-\(server.number()) \(server.number())"
                        + " [\(server.number())->-x] [\(server.number())-<-y]\n"
                }
                let replies = topology.nodes.map { node in
                    NodeReply(node: node, result: .success(part(.bulk(ByteString(lines.joined())))))
                }
                let picture = SlotPicture(topology, replies)
                _ = picture.text(isColored: true, in: Window(columns: [0, 80, .max][Int(seed % 3)]))
                _ = picture.table.value
                _ = NodeTable.table(topology, replies)
                for reply in replies { _ = reply.value.map { ServerText.object($0, .clusterNodes) } }
            }
        }
    }

    private static let shapes: [ReplyShape] = [
        .plain, .pairs, .scoredMembers, .sections, .fields, .client, .clients, .clusterNodes, .slowLog, .records,
        .longRecords("b c"),
        .settings,
        .columns("a b"), .entries, .streams, .positions, .places, .nested("[(a,b:<>)]|(a)+"), .nested("<{*:[^]}>"),
    ]

    @Test("Replies of any shape are shown in every format, as objects, pairs and tables")
    func replies() {
        let formats = Format.allCases
        for seed in 0..<Self.rounds {
            var server = OddReplies(seed: seed)
            let value = server.anything(depth: 4)
            let reply = Reply(
                body: .perNode((1...2).map { NodeReply(node: Self.node($0), result: .success(server.anything())) }),
                outcome: .succeeded)
            for shape in Self.shapes {
                let read = [Reply(value), reply].flatMap {
                    [$0, $0.objects(shape), $0.pairs(shape, ["X", "WITHSCORES"])]
                }
                let table = reply.table(shape, ["X", "k", "WITHSCORES", "WITHDIST"], in: Window(columns: .max))
                for columns in [0, 1, 40, 80] { _ = table?.text(in: Window(columns: columns)) }
                var output: [UInt8] = []
                var style = Style(format: formats[Int(seed) % formats.count], isUTF8: true, indentsJSON: seed % 2 == 0)
                style.longestValue = 3
                let renderer = Renderer(style)
                for reply in read { renderer.append(reply, isText: false, total: .sum, to: &output) }
                var stream = ElementStream(renderer, of: .reply, to: &output)
                stream.append([value], to: &output)
            }
            _ = CommandSpec(commandInfo: value)
            for docs in [CommandDocs(value), CommandDocs(.map([.bulk("get"), value]))] {
                let vocabulary = Vocabulary(docs)
                for entry in vocabulary.entries(about: ["get"]) {
                    _ = CommandHelp.entry(entry) + CommandHelp.line(entry) + entry.syntax.next.joined()
                }
                _ = vocabulary.subcommands(of: "get")
            }
        }
    }

    @Test("A map with an odd number of elements has no pair too many")
    func oddMap() {
        let numbers = (0..<19).map { RESPValue.integer($0) }
        #expect(RESPValue.map(numbers).count == 18)
        var output: [UInt8] = []
        Renderer(Style(format: .terminal)).append(.map(numbers), isText: false, to: &output)
        #expect(String(decoding: output, as: UTF8.self).hasSuffix("9# (integer) 16 => (integer) 17\n"))
    }

    @Test("COMMAND INFO may have any numbers")
    func commands() {
        for seed in 0..<Self.rounds {
            var server = OddReplies(seed: seed)
            func number() -> RESPValue { server.chance(of: 90) ? .integer(server.number()) : server.anything() }
            let spec = RESPValue.map([
                .bulk("begin_search"),
                .map([.bulk("type"), .bulk("index"), .bulk("spec"), .map([.bulk("index"), number()])]),
                .bulk("find_keys"),
                .map([
                    .bulk("type"), .bulk(seed.isMultiple(of: 2) ? "range" : "keynum"), .bulk("spec"),
                    .map([
                        .bulk("lastkey"), number(), .bulk("keystep"), number(), .bulk("limit"), number(),
                        .bulk("keynumidx"), number(), .bulk("firstkey"), number(),
                    ]),
                ]),
            ])
            let entry = RESPValue.array([
                .bulk("x"), number(), .array([]), number(), number(), number(), .array([]), .array([]), .array([spec]),
            ])
            guard let row = CommandSpec(commandInfo: entry) else { continue }
            for count in 1..<6 {
                let words = ["X"] + (1..<count).map { ByteString("\($0)") }
                #expect(row.keys.indexes(in: words).allSatisfy { words.indices.contains($0) })
                _ = row.accepts(argumentCount: count)
            }
        }
    }
}
