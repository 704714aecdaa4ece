import RESP
import Routing
import TestSupport
import Testing

extension Specification {
    /// What a table of replies cannot show: the effects of commands on the cluster.
    @Suite struct State {
        private let cluster: TestCluster

        init() throws {
            cluster = try Specification.cluster
        }

        // MARK: Settings and connections

        @Test("A setting is changed on every node") func aSettingIsChangedOnEveryNode() throws {
            #expect(try cluster.run(command: "config set slowlog-max-len 99").exitStatus == 0)
            for node in cluster.nodes {
                #expect(try cluster.send("CONFIG GET slowlog-max-len", to: node).list.last?.text == "99")
            }
        }

        @Test("A client name applies to the connection to every node")
        func aClientNameAppliesToTheConnectionToEveryNode() throws {
            let result = try cluster.run("--json", file: "CLIENT SETNAME somebody\nclient getname\n")
            let replies = try result.json()
            #expect(replies.last?.members.count == 6)
            #expect(replies.last?.members.values.allSatisfy { $0 == "somebody" } == true)
        }

        @Test("A client of one node is killed by its address") func aClientOfOneNodeIsKilledByItsAddress() throws {
            for node in [cluster.masters[2], cluster.replicas[0]] {
                let client = try cluster.client(node)
                let fields = try client.send("CLIENT", "INFO").text.split(separator: " ")
                let address = try #require(fields.first { $0.hasPrefix("addr=") }).dropFirst("addr=".count)
                let result = try cluster.run("--json", command: "CLIENT KILL \(address)")
                #expect(result.exitStatus == 0)
                #expect(result.errorText == "")
                for (name, reply) in try JSON(result.text).members {
                    #expect(name == node.description ? reply == "OK" : reply.error == "ERR No such client")
                }
                #expect(throws: TestClient.NoReply.self) { try client.send("PING") }
            }
        }

        // MARK: Messages

        @Test("Subscribers are counted over all nodes") func subscribersAreCountedOverAllNodes() throws {
            let subscriptions: [(node: NodeAddress, words: [ByteString])] = [
                (cluster.masters[0], ["SUBSCRIBE", "news", "sport"]),
                (cluster.replicas[1], ["SUBSCRIBE", "news", "art"]),
                (cluster.masters[1], ["PSUBSCRIBE", "n*"]), (cluster.replicas[2], ["PSUBSCRIBE", "n*", "s*"]),
            ]
            let clients = try subscriptions.map { subscription in
                let client = try cluster.client(subscription.node)
                try client.send(subscription.words)
                for _ in subscription.words.dropFirst(2) { _ = try client.nextReply() }
                return client
            }
            try withExtendedLifetime(clients) {
                let rows: [SpecificationRow] = [
                    .init("PUBSUB CHANNELS", .one(.array([.text("art"), .text("news"), .text("sport")]))),
                    .init("PUBSUB CHANNELS *s", .one(.array([.text("news")]))),
                    .init(
                        "PUBSUB NUMSUB news art none",
                        .one(
                            .array([
                                .text("news"), .integer(2), .text("art"), .integer(1), .text("none"), .integer(0),
                            ]))),
                    .init("PUBSUB NUMPAT", .one(.integer(3))),
                ]
                for row in rows { try row.check(on: cluster) }
                let perNode = try cluster.run("--json --no-aggregate", command: "PUBSUB NUMPAT")
                #expect(try JSON(perNode.text)[cluster.replicas[2].description] == 2)
                #expect(try JSON(perNode.text)[cluster.masters[0].description] == 0)
                #expect(try cluster.run(command: "PUBLISH news hello").exitStatus == 0)
                for (client, subscription) in zip(clients, subscriptions) {
                    #expect(try client.nextReply().list.last?.text == "hello", "\(subscription.words)")
                }
            }
        }

        // MARK: Merging on demand

        @Test(
            "--no-aggregate shows every node",
            arguments: ["PUBSUB CHANNELS", "PUBSUB NUMSUB news", "PUBSUB NUMPAT", "PING"])
        func noAggregateShowsEveryNode(_ command: String) throws {
            let result = try cluster.run("--json --no-aggregate", command: command)
            #expect(try JSON(result.text).members.keys.sorted() == cluster.nodes.map(\.description).sorted())
        }

        @Test(
            "--no-aggregate shows every master",
            arguments: ["KEYS *", "SCRIPT EXISTS 0000", "SCRIPT FLUSH", "SCRIPT LOAD 'return 1'"])
        func noAggregateShowsEveryMaster(_ command: String) throws {
            let result = try cluster.run("--json --no-aggregate", command: command)
            #expect(try JSON(result.text).members.keys.sorted() == cluster.masters.map(\.description).sorted())
        }

        @Test("--aggregate makes one value") func aggregateMakesOneValue() throws {
            let setup = try cluster.run(file: "FLUSHALL\n" + (1...30).map { "SET one:\($0) x\n" }.joined())
            #expect(setup.exitStatus == 0)
            #expect(try cluster.run("--aggregate", command: "DBSIZE").text == "30")
            #expect(try cluster.run("--aggregate --json", command: "DBSIZE").text == "30")
            #expect(try cluster.run("--aggregate", command: "CONFIG SET slowlog-max-len 98").text == "OK")
            #expect(try cluster.run("--aggregate", command: "PING").text == "PONG")
            #expect(try cluster.run("--aggregate", command: "SAVE").text == "OK")
            #expect(try cluster.run("--aggregate", command: "FLUSHALL").text == "OK")
        }

        // MARK: Keys

        @Test(
            "A flush empties every master",
            arguments: ["FLUSHALL", "flushdb"]) func aFlushEmptiesEveryMaster(_ command: String) throws
        {
            for master in cluster.masters {
                try cluster.send("SET \(cluster.key("flushed:", on: master)) x", to: master)
            }
            #expect(try cluster.run(command: command).exitStatus == 0)
            for master in cluster.masters { #expect(try cluster.send("DBSIZE", to: master).integer == 0) }
        }

        @Test("SCAN shows each master's keys") func scanShowsEachMastersKeys() throws {
            let keys = cluster.masters.map { cluster.key("scanned:", on: $0) }
            for (key, master) in zip(keys, cluster.masters) { try cluster.send("SET \(key) x", to: master) }
            let result = try cluster.run("--json", command: "scan 0 match scanned:* count 100000")
            for (key, master) in zip(keys, cluster.masters) {
                #expect(try JSON(result.text)[master.description] == ["0", [.string(key)]])
            }
        }

        @Test("A cursor needs its node") func aCursorNeedsItsNode() throws {
            let refused = try cluster.run("--json", command: "SCAN 5")
            #expect(refused.exitStatus == 1)
            #expect(try JSON(refused.text).error?.hasPrefix("ERR ") == true)
            #expect(refused.errorText.contains("SCAN_ITER"))
            let master = cluster.masters[1]
            let fill = (0..<40).map { "SET {\(cluster.key("walk:", on: master))}\($0) x\n" }.joined()
            #expect(try cluster.run(file: fill).exitStatus == 0)
            let first = try JSON(cluster.run("--json", command: "@\(master) SCAN 0 COUNT 5").text)
            let cursor = try #require(first.elements.first?.text)
            #expect(cursor != "0")
            let next = try cluster.run("--json", command: "@\(master) SCAN \(cursor) COUNT 5")
            #expect(next.exitStatus == 0)
            #expect(try JSON(next.text).elements.count == 2)
        }

        // MARK: Scripts

        @Test("A script exists only if all masters have it") func aScriptExistsOnlyIfAllMastersHaveIt() throws {
            let sha = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"
            #expect(try cluster.run(command: "SCRIPT LOAD 'return 1'").text == sha)
            for master in cluster.masters {
                #expect(try cluster.send("SCRIPT EXISTS \(sha)", to: master).list.first?.integer == 1)
            }
            #expect(try cluster.run(command: "SCRIPT EXISTS \(sha)").text == "1")
            try cluster.send("SCRIPT FLUSH", to: cluster.masters[1])
            #expect(try cluster.run(command: "SCRIPT EXISTS \(sha)").text == "0")
            #expect(try cluster.run(command: "SCRIPT FLUSH").text == "OK")
            for master in cluster.masters {
                #expect(try cluster.send("SCRIPT EXISTS \(sha)", to: master).list.first?.integer == 0)
            }
        }
    }
}
