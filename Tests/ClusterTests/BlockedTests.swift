import RESP
import TestSupport
import Testing

extension Specification {
    /// The blocked commands: refused on a cluster before anything is sent, unless the user lifts the block.
    @Suite struct Blocked {
        private let cluster: TestCluster

        init() throws {
            cluster = try Specification.cluster
        }

        static let commands = [
            "BITOP AND {b}d {b}x {b}y", "bitop not {b}d {b}x", "MOVE b 1", "RESTORE b 0 x", "SCRIPT KILL",
            "script Kill", "SENTINEL GET-MASTER-ADDR-BY-NAME m", "SENTINEL MASTER m", "sentinel masters",
            "SENTINEL MONITOR m 10.0.0.1 1 1", "SENTINEL REMOVE m", "SENTINEL SENTINELS m", "SENTINEL SET m quorum 1",
            "SENTINEL SLAVES m", "SENTINEL anything", "sentinel", "SHUTDOWN", "shutdown nosave", "SLAVEOF NO ONE",
            "slaveof no one", "sLaVeOf 10.0.0.1 6379", "REPLICAOF NO ONE", "UNWATCH", "WATCH b", "watch {b}x {b}y",
            "@all SHUTDOWN", "@masters slaveof no one", "@random SCRIPT KILL", "HIMPORT PREPARE f a",
            "HIMPORT SET b f 1", "CLUSTER MIGRATION STATUS ALL",
        ]

        @Test(
            "No blocked command is sent",
            arguments: commands) func noBlockedCommandIsSent(_ command: String) throws
        {
            // Before Redis 7 the node that is asked for the topology refuses this first, and counts no subcommands.
            let hasShards = try !cluster.send("CLUSTER SHARDS", to: cluster.nodes[0]).isError
            let before = try errorCounts()
            for node in cluster.nodes { try cluster.send("CONFIG RESETSTAT", to: node) }
            #expect(try errorCounts() == before.map { _ in 0 })

            let raw = try cluster.run(command: command)
            #expect(raw.exitStatus == 1)
            #expect(raw.outputText == "")
            #expect(raw.errorText.contains("blocked"))
            let json = try cluster.run("--json", command: command)
            #expect(json.exitStatus == 1)
            #expect(try JSON(json.text).error?.hasPrefix("BLOCKED ") == true)
            let file = try cluster.run("--json", file: "\(command)\nECHO next\n")
            #expect(file.exitStatus == 1)
            let replies = try file.json()
            #expect(replies.count == 2)
            #expect(replies.first?.error?.hasPrefix("BLOCKED ") == true)
            #expect(file.errorText.contains("stdin:1: "))

            let expected = Set([
                "cluster|shards", "config|get", "hello", "echo", "config|resetstat", "info", "ping", "replconf",
            ]).union(hasShards ? [] : ["cluster", "config"])
            for node in cluster.nodes {
                let statistics = try cluster.send("INFO commandstats", to: node).text
                let asked = statistics.split(separator: "\r\n").filter { $0.hasPrefix("cmdstat_") }
                    .map { String($0.dropFirst("cmdstat_".count).prefix { $0 != ":" }) }
                #expect(Set(asked).subtracting(expected) == [], "\(node)")
            }
            if hasShards { #expect(try errorCounts() == before.map { _ in 0 }) }
        }

        /// Errors that each node has returned since its statistics were reset; unknown commands are counted nowhere
        /// else.
        private func errorCounts() throws -> [Int] {
            try cluster.nodes.map { node in
                let statistics = try cluster.send("INFO stats", to: node).text
                let line = statistics.split(separator: "\r\n").first { $0.hasPrefix("total_error_replies:") }
                return try #require(line.flatMap { Int($0.dropFirst("total_error_replies:".count)) })
            }
        }

        @Test("The refusal says how to lift it") func theRefusalSaysHowToLiftIt() throws {
            let liftable = try cluster.run(command: "BITOP AND {b}d {b}x {b}y").errorText
            #expect(liftable.contains("--unblock bitop"))
            #expect(liftable.contains(":unblock"))
            #expect(try cluster.run(command: "SCRIPT KILL").errorText.contains("--unblock script_kill"))
            #expect(try !cluster.run(command: "SLAVEOF NO ONE").errorText.contains("--unblock"))
        }

        @Test("Only some blocks can be lifted") func onlySomeBlocksCanBeLifted() throws {
            let result = try cluster.run("--unblock slaveof", command: "SLAVEOF NO ONE")
            #expect(result.exitStatus == 2)
            #expect(result.outputText == "")
        }

        @Test("A lifted BITOP works") func aLiftedBitopWorks() throws {
            try cluster.send("SET {b}x abc", to: cluster.owner(of: "{b}"))
            try cluster.send("SET {b}y abd", to: cluster.owner(of: "{b}"))
            #expect(try cluster.run("--unblock bitop", command: "BITOP AND {b}d {b}x {b}y").text == "3")
            #expect(try cluster.run("--unblock BITOP,restore", command: "bitop or {b}d {b}x {b}y").text == "3")
            #expect(try cluster.run(file: ":unblock bitop\nBITOP XOR {b}d {b}x {b}y\n").text == "3")
        }

        @Test("A lifted RESTORE takes every byte") func aLiftedRestoreTakesEveryByte() throws {
            let owner = cluster.owner(of: "{b}")
            try cluster.send("SET {b}from \u{1}value", to: owner)
            let payload = try cluster.client(owner).send("DUMP", "{b}from").byteString
            let result = try cluster.run("--unblock=restore", file: "RESTORE {b}to 0 \(payload.escaped) REPLACE\n")
            #expect(result.text == "OK")
            #expect(try cluster.send("GET {b}to", to: owner).text == "\u{1}value")
        }

        @Test("A lifted SCRIPT KILL finds the script") func aLiftedScriptKillFindsTheScript() throws {
            let kill: [ByteString] = ["--unblock", "script kill", "SCRIPT", "KILL"]
            #expect(try Slotline.run(cluster.seed + kill).text.hasPrefix("NOTBUSY"))
            for node in cluster.nodes { try cluster.send("CONFIG SET busy-reply-threshold 50", to: node) }
            let busy = try cluster.session("--json")
            busy.send("@\(cluster.masters[2]) EVAL 'while true do end' 0")
            let probe = try cluster.client(cluster.masters[2])
            while try probe.send("PING").text == "PONG" {}
            let result = try Slotline.run(cluster.seed + kill)
            #expect(result.text == "OK")
            #expect(result.exitStatus == 0)
            #expect(try JSON(busy.nextLine()).error?.contains("killed") == true)
        }

        @Test("A lifted WATCH guards its keys") func aLiftedWatchGuardsItsKeys() throws {
            let owner = cluster.owner(of: "{b}")
            let session = try cluster.session("--json --unblock watch,unwatch")
            func run(_ lines: String...) throws -> [String] { try lines.map { try session.ask($0).reply } }
            #expect(try run("WATCH {b}w", "MULTI", "SET {b}w 1", "EXEC").last == "[\"OK\"]")
            #expect(try run("watch {b}w") == ["\"OK\""])
            try cluster.send("SET {b}w 2", to: owner)
            #expect(try run("MULTI", "SET {b}w 3", "EXEC").last == "null")
            #expect(try run("WATCH {b}w") == ["\"OK\""])
            try cluster.send("SET {b}w 4", to: owner)
            #expect(try run("UNWATCH", "MULTI", "SET {b}w 5", "EXEC").last == "[\"OK\"]")
            #expect(try cluster.send("GET {b}w", to: owner).text == "5")
        }

        @Test("A named node is the operator's decision") func aNamedNodeIsTheOperatorsDecision() throws {
            let owner = cluster.owner(of: "{b}")
            try cluster.send("SET {b}x abc", to: owner)
            #expect(try cluster.run(command: "@\(owner) BITOP NOT {b}d {b}x").text == "3")
            #expect(try cluster.run(command: "@key:{b} BITOP NOT {b}d {b}x").text == "3")
            #expect(try cluster.run(command: "@slot:3300 BITOP NOT {b}d {b}x").text == "3")
            #expect(try cluster.run(file: "@key:{b} WATCH {b}w\nUNWATCH\n").lines == ["OK", "OK"])
            #expect(try cluster.run(command: "@key:{b} MOVE {b}x 1").exitStatus == 1)
            let id = try cluster.send("CLUSTER MYID", to: owner).text
            #expect(try cluster.run(command: "@\(id.prefix(12)) BITOP NOT {b}d {b}x").text == "3")
            let refused = try cluster.run(command: "@\(owner) SLAVEOF NO ONE")
            #expect(refused.text.contains("not allowed in cluster mode"))
            #expect(refused.exitStatus == 1)
        }
    }
}
