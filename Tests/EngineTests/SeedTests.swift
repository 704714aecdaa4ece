import Clock
import Commands
import Engine
import RESP
import Routing
import TestSupport
import Testing
import Transport

/// Several seeds, and discovering what is behind them.
struct SeedTests {
    private static let refused = "Connection refused"

    private static func stoppedNode() throws -> ScriptedNode {
        let node = try ScriptedNode()
        node.stop()
        return node
    }

    @Test("A dead seed is skipped", arguments: ["GET foo", "INCR foo", "EVAL x 0", "DBSIZE", "NOSUCHWORD"])
    func firstSeedDead(command: String) throws {
        let server = try ScriptedNode { $0.text.hasPrefix("CLUSTER") ? clusterDisabled : .ok }
        let engine = Engine([try Self.stoppedNode(), server])
        #expect(try engine.value(command) == .ok)
        #expect(server.commands.filter { !$0.hasPrefix("COMMAND INFO") } == [command])
        #expect(engine.map.home == server.address)
    }

    @Test("When no seed answers, all are named", arguments: ["GET foo", "INCR foo", "EVAL x 0", "DBSIZE"])
    func allSeedsDead(command: String) throws {
        let dead = try (0..<3).map { _ in try Self.stoppedNode() }
        #expect(
            try Engine(dead, retryFor: 5).failure(command)
                == .noSeed(dead.map { .init(node: $0.address, reason: Self.refused) }))
    }

    @Test("A single seed that does not answer is named", arguments: ["GET foo", "DBSIZE"])
    func onlySeedDead(command: String) throws {
        let dead = try Self.stoppedNode()
        #expect(
            try Engine([dead], retryFor: 5).failure(command)
                == .noSeed([.init(node: dead.address, reason: Self.refused)]))
        #expect(throws: CommandFailure.noSeed([.init(node: dead.address, reason: Self.refused)])) {
            try Engine([dead]).connect()
        }
    }

    // If the time for a question counted here, the failure would be a lost reply.
    @Test("A seed has the full connect timeout to connect, however short the time for a question")
    func slowSeed() throws {
        let full = try Listener.full()
        let address = NodeAddress(host: "127.0.0.1", port: full.port)
        var settings = ConnectionSettings()
        settings.connectTimeout = 0.3
        let engine = Engine(seeds: [address], settings: settings)
        engine.patience = 0.05
        #expect(throws: CommandFailure.noSeed([.init(node: address, reason: "Connection timed out")])) {
            try engine.connect()
        }
    }

    @Test("A unix socket that does not exist is named", arguments: ["GET foo", "DBSIZE", "MULTI"])
    func noSocket(command: String) throws {
        let address = NodeAddress(socketPath: "/nonexistent/slotline.sock")
        let engine = Engine(seeds: [address], settings: .init())
        #expect(try engine.failure(command) == .noSeed([.init(node: address, reason: "No such file or directory")]))
    }

    @Test("Each address of a seed's name is a seed", arguments: [("DBSIZE", 0), ("DBSIZE", 3), ("GET foo", 1)])
    func namesOfSeveralAddresses(command: String, oddCount: Int) throws {
        let answers: [ScriptedNode.Answer] = [.close, .silence, .text("HTTP/1.1 400 Bad Request\r\n")]
        let odd = try answers.prefix(oddCount).map { answer in try ScriptedNode { _ in answer } }
        let server = try ScriptedNode { $0.text == "CLUSTER SHARDS" ? clusterDisabled : .ok }
        let ports = (odd + [server]).map(\.port)
        var settings = ConnectionSettings()
        settings.syscalls.resolve = { _, _ throws(TransportError) in
            var addresses: [SocketAddress] = []
            for port in ports { addresses += try SocketAddress.resolve(host: "127.0.0.1", port: port) }
            return addresses
        }
        let engine = Engine(seeds: [NodeAddress(host: "cluster.test", port: 7000)], settings: settings)
        (engine.retryFor, engine.patience) = (5, 0.2)
        #expect(try engine.value(command) == .ok)
        #expect(server.commands == [command])
    }

    @Test("A write that may have run at the first seed is not sent to the second")
    func writeStaysAtFirstSeed() throws {
        let first = try ScriptedNode { $0.text == "CLUSTER SHARDS" ? clusterDisabled : .close }
        let second = try ScriptedNode()
        guard case .unknownOutcome = try Engine([first, second]).failure("INCR foo") else {
            Issue.record("no unknown outcome")
            return
        }
        #expect(second.requests.isEmpty)
    }

    @Test("A silent first seed gets only the topology question, and the next seed is used")
    func silentSeed() throws {
        let silent = try ScriptedNode { _ in .silence }
        let second = try ScriptedNode { $0.text == "CLUSTER SHARDS" ? clusterDisabled : .ok }
        #expect(try Engine([silent, second], retryFor: 5, patience: 0.05).value("INCR foo") == .ok)
        #expect(Set(silent.requests.map(\.text)) == ["CLUSTER SHARDS", "CLUSTER INFO"])
    }

    @Test(
        "A keyed command asks for no topology, and neither does a command for any node",
        arguments: ["GET foo", "SET foo 1", "MGET {a}1 {a}2", "EVAL x 0"])
    func noQuestion(command: String) throws {
        let server = try ScriptedNode()
        let engine = Engine([server])
        #expect(try engine.value(command) == .ok)
        #expect(server.requests.map(\.text) == [command])
    }

    @Test("One question is enough to recognize a standalone server")
    func standalone() throws {
        let server = try ScriptedNode { $0.text == "CLUSTER SHARDS" ? clusterDisabled : .text(":3\r\n") }
        let engine = Engine([server])
        #expect(try engine.value("DBSIZE") == .integer(3))
        #expect(try engine.value("DBSIZE") == .integer(3))
        #expect(try engine.dictionary("@all DBSIZE").map(\.node.address) == [server.address])
        #expect(server.requests.map(\.text) == ["CLUSTER SHARDS", "DBSIZE", "DBSIZE", "DBSIZE"])
        guard case .standalone = engine.map.view else {
            Issue.record("\(engine.map.view)")
            return
        }
    }

    @Test(
        "A server without CLUSTER SHARDS is asked for CLUSTER SLOTS",
        arguments: ["ERR unknown subcommand 'SHARDS'.", "NOPERM no"], [true, false])
    func slots(error: String, mayListNodes: Bool) throws {
        let nodes = try (0..<2).map { _ in try ScriptedNode() }
        let empty = try ScriptedNode()
        let ports = nodes.map(\.port)
        let lines = [
            "a 127.0.0.1:\(ports[0])@1 myself,master - 0 0 1 connected 0-8191",
            "b 127.0.0.1:\(ports[1])@1 master - 0 0 2 connected 8192-16383",
            "c 127.0.0.1:\(empty.port)@1 master - 0 0 3 connected", "d :0@0 master,noaddr - 0 0 4 disconnected", "",
        ].joined(separator: "\n")
        func range(_ first: Int, _ last: Int, _ port: Int) -> RESPValue {
            let id = ByteString(port == ports[0] ? "a" : "b")
            return .array([.integer(first), .integer(last), .array([.bulk(""), .integer(port), .bulk(id)])])
        }
        let slots = RESPValue.array([range(0, 8191, ports[0]), range(8192, 16383, ports[1])])
        for node in nodes {
            node.answer { request in
                switch request.text {
                case "CLUSTER SHARDS": .error(error)
                case "CLUSTER SLOTS": .value(slots)
                case "CLUSTER NODES": mayListNodes ? .value(.bulk(ByteString(lines))) : .error(error)
                default: .ok
                }
            }
        }
        let engine = Engine([nodes[0]])
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        // A master without slots, such as one that is about to get some, is asked as well.
        let asked = nodes + (mayListNodes ? [empty] : [])
        engine.refreshTopology()
        #expect(notes.isEmpty)
        #expect(try engine.dictionary("DBSIZE").map(\.node.address) == asked.map(\.address))
        #expect(notes == (mayListNodes ? [] : [.emptyMastersHidden(nodes[0].address, error: error)]))
        #expect(try engine.value("GET foo") == .ok)
        #expect(nodes[0].requests.map(\.text) == ["CLUSTER SHARDS", "CLUSTER SLOTS", "CLUSTER NODES", "DBSIZE"])
        #expect(nodes[1].requests.map(\.text) == ["DBSIZE", "GET foo"])
    }

    @Test("A user who may not ask for the topology of a cluster works as on a single server, and is told so")
    func refusedQuestions() throws {
        let server = try Self.refusingNode(mode: "cluster")
        let engine = Engine([server])
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        #expect(!engine.ensureTopology())
        #expect(notes == [.topologyRefused(server.address, error: "NOPERM this user has no permissions")])
        #expect(try engine.value("DBSIZE") == .integer(3))
        #expect(try engine.value("KEYS *") == .integer(3))
        #expect(try engine.value("INCR foo") == .integer(3))
        #expect(try engine.value("@random PING") == .integer(3))
        #expect(server.commands.filter { $0 != "HELLO" } == ["DBSIZE", "KEYS *", "INCR foo", "PING"])
    }

    @Test("A user who may no longer ask for the topology continues with the one that is known")
    func refusedLater() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(cluster.nodes)
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        #expect(engine.refreshTopology())
        for node in cluster.nodes { node.answer(Self.refusal(mode: "cluster")) }
        #expect(!engine.refreshTopology())
        #expect(engine.map.topology?.masters.count == 2)
        #expect(notes.isEmpty)
    }

    @Test("On a standalone server, a user who may not ask for the topology is told nothing")
    func refusedQuestionsOnStandalone() throws {
        let server = try Self.refusingNode(mode: "standalone")
        let engine = Engine([server])
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        #expect(engine.ensureTopology())
        #expect(engine.map.topology == nil)
        #expect(try engine.value("DBSIZE") == .integer(3))
        #expect(notes.isEmpty)
        #expect(server.commands == ["HELLO", "DBSIZE"])
    }

    private static func refusingNode(mode: String) throws -> ScriptedNode {
        let node = try ScriptedNode()
        node.answer(refusal(mode: mode))
        return node
    }

    private static func refusal(mode: String) -> ScriptedNode.Script {
        { request in
            request.text.hasPrefix("CLUSTER")
                ? .error("NOPERM this user has no permissions")
                : .text(request.text == "HELLO" ? "*2\r\n$4\r\nmode\r\n$\(mode.utf8.count)\r\n\(mode)\r\n" : ":3\r\n")
        }
    }

    @Test("When a node is silent, another is asked for the topology")
    func silentNode() throws {
        let silent = try ScriptedNode { _ in .silence }
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine([silent] + cluster.nodes, retryFor: 5, patience: 0.05)
        #expect(try engine.value("EVAL x 0") == .ok)
        #expect(cluster.nodes.map(\.address).contains(engine.map.home))
        #expect(engine.map.topology != nil)
        #expect(Set(silent.requests.map(\.text)) == ["CLUSTER SHARDS", "CLUSTER INFO"])
    }

    @Test("When a node is loading, the next one is asked")
    func loadingSeed() throws {
        let loading = try ScriptedNode { _ in .error("LOADING Redis is loading the dataset in memory") }
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine([loading] + cluster.nodes)
        #expect(engine.ensureTopology())
        #expect(engine.map.topology?.nodes.map(\.address) == cluster.nodes.map(\.address))
    }

    @Test("When the seeds are gone, the nodes learned from them are asked")
    func informants() throws {
        let cluster = try ScriptedCluster(masters: 3)
        let engine = Engine([cluster[0]])
        engine.ensureTopology()
        cluster[0].stop()
        #expect(engine.refreshTopology())
        #expect(cluster[1].questions == ["CLUSTER SHARDS"])
    }

    @Test(
        "An old topology is refreshed where no redirect would correct it",
        arguments: [
            ("DBSIZE", true), ("KEYS *", true), ("SCAN_ITER", true), ("@all PING", true), ("RANDOMKEY", true),
            ("RENAME foo bar", true), ("GET foo", false), ("MGET foo bar", false),
        ])
    func oldTopology(command: String, isAsked: Bool) throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster)
        _ = try engine.failure(command)
        #expect(cluster[0].questions.count == 1)
        engine.trustedAge = 0
        _ = try engine.failure(command)
        #expect(cluster[0].questions.count == (isAsked ? 2 : 1))
    }

    @Test("The reason for a missing topology is the server's error, or that it was not ready")
    func refusedTopology() throws {
        let node = try ScriptedNode { _ in .error("NOAUTH Authentication required.") }
        let engine = Engine([node])
        #expect(try engine.topologyRefusal(by: node.address) == "NOAUTH Authentication required.")
        node.answer { _ in .value(.array([])) }
        #expect(try engine.topologyRefusal(by: node.address) == "it was not ready yet; try again")
    }

    @Test("A node that is cut off from the cluster does not keep its slots from the user", arguments: [false, true])
    func isolatedNode(isPipelined: Bool) throws {
        let successor = try ScriptedNode()
        let cluster = try ScriptedCluster(masters: 2)
        let view = ScriptedCluster.shards(ports: [successor.port, cluster[1].port])
        cluster.answer { node, request in
            guard request.text == "CLUSTER SHARDS" else {
                return node == 0 ? .error("CLUSTERDOWN The cluster is down") : nil
            }
            return node == 1 ? .value(view) : nil
        }
        let engine = Engine(cluster.nodes, retryFor: 60)
        engine.ensureTopology()
        #expect(engine.map.home == cluster[0].address)
        #expect(try engine.failure("SET bar 1", isPipelined) == nil)
        #expect(successor.commands == ["SET bar 1"])
    }

    @Test("The seed stays the node for keyless commands when another has answered for the cluster")
    func staysHome() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let refused = Countdown(1)
        cluster.answer { _, request in
            request.text == "GET bar" && refused.next() ? .error("CLUSTERDOWN The cluster is down") : nil
        }
        let engine = Engine(cluster.nodes, retryFor: 60)
        engine.ensureTopology()
        #expect(try engine.failure("GET bar") == nil)
        #expect(try engine.failure("LOLWUT") == nil)
        #expect(cluster.nodes.map { $0.commands.contains("LOLWUT") } == [true, false])
    }

    @Test("A seed that is cut off from the cluster does not decide which nodes a command for all goes to")
    func isolatedSeed() throws {
        let cluster = try ScriptedCluster(masters: 3)
        let others = ScriptedCluster.shards(ports: [cluster[2].port, cluster[1].port])
        cluster.answer { node, request in
            switch request.text {
            case "CLUSTER INFO": .value(.bulk(node == 0 ? "cluster_state:fail\r\n" : "cluster_state:ok\r\n"))
            case "CLUSTER SHARDS" where node > 0: .value(others)
            default: nil
            }
        }
        try Engine(cluster.nodes).run("DBSIZE")
        #expect(cluster.nodes.map { $0.commands.contains("DBSIZE") } == [false, true, true])
    }

    @Test("A node with an older epoch does not decide while another can be asked")
    func olderEpoch() throws {
        let cluster = try ScriptedCluster(masters: 3)
        let recent = ScriptedCluster.shards(ports: [cluster[2].port])
        cluster.answer { node, request in
            switch request.text {
            case "CLUSTER INFO": .value(.bulk(ByteString("cluster_current_epoch:\(node == 1 ? 5 : 6)\r\n")))
            case "CLUSTER SHARDS" where node != 1: .value(recent)
            default: nil
            }
        }
        let engine = Engine(cluster.nodes)
        engine.ensureTopology()
        cluster[0].stop()
        #expect(engine.refreshTopology())
        #expect(engine.map.home == cluster[2].address)
        // The only one left is believed.
        cluster[2].stop()
        #expect(engine.refreshTopology())
        #expect(engine.map.topology?.nodes.count == 3)
    }

    @Test("A cluster that is down is believed to be, without asking every node")
    func downCluster() throws {
        let cluster = try ScriptedCluster(masters: 5) { _, request in
            request.text == "CLUSTER INFO" ? .value(.bulk("cluster_state:fail\r\n")) : nil
        }
        let engine = Engine(cluster.nodes)
        #expect(engine.ensureTopology())
        #expect(engine.map.topology?.nodes.count == 5)
        #expect(cluster.nodes.map(\.questions.count) == [1, 1, 1, 0, 0])
    }

    @Test("Of two masters in a shard, CLUSTER SLOTS says which has taken over")
    func twoMasters() throws {
        let nodes = try (0..<2).map { _ in try ScriptedNode() }
        let ids = ["dead", "successor"]
        let members = zip(ids, nodes).map { id, node in
            let fields: [(ByteString, RESPValue)] = [
                ("id", .bulk(ByteString(id))), ("port", .integer(node.port)), ("ip", .bulk("127.0.0.1")),
                ("role", .bulk("master")), ("health", .bulk("online")),
            ]
            return RESPValue.map(fields.flatMap { [.bulk($0), $1] })
        }
        let shards = RESPValue.array([.map([.bulk("slots"), .array([]), .bulk("nodes"), .array(members)])])
        let owner = RESPValue.array([.bulk("127.0.0.1"), .integer(nodes[1].port), .bulk("successor")])
        let slots = RESPValue.array([.array([.integer(0), .integer(16383), owner])])
        nodes[0].answer { $0.text == "CLUSTER SHARDS" ? .value(shards) : .silence }
        nodes[1].answer {
            $0.text == "CLUSTER SHARDS" ? .value(shards) : $0.text == "CLUSTER SLOTS" ? .value(slots) : .ok
        }
        let engine = Engine([nodes[1]])
        engine.ensureTopology()
        #expect(try engine.value("SET foo 1") == .ok)
        #expect(nodes[1].commands == ["SET foo 1"])
    }

    @Test("With other seeds, the engine starts afresh")
    func reconnect() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let server = try ScriptedNode { $0.text.hasPrefix("CLUSTER") ? clusterDisabled : .ok }
        let engine = Engine(knowing: cluster)
        engine.reconnect(to: [server.address])
        #expect(try engine.value("GET foo") == .ok)
        #expect(server.commands == ["GET foo"])
        #expect(cluster.nodes.flatMap(\.commands).isEmpty)
    }

    @Test("An unknown command is looked up at the server once, and goes to the node of its key")
    func learnedWord() throws {
        let info = "*1\r\n*6\r\n$8\r\nmod.incr\r\n:2\r\n*1\r\n+write\r\n:1\r\n:1\r\n:1\r\n"
        let cluster = try ScriptedCluster(masters: 2) { _, request in
            request.text.hasPrefix("COMMAND INFO") ? .text(info) : nil
        }
        let engine = Engine([cluster[0]])
        engine.ensureTopology()
        #expect(try engine.value("MOD.INCR foo") == .ok)
        #expect(try engine.value("MOD.INCR foo") == .ok)
        #expect(cluster[1].commands == ["MOD.INCR foo", "MOD.INCR foo"])
        #expect(cluster[0].commands.count == 1)
    }

    @Test(
        "An unknown command goes nowhere before it has been looked up",
        arguments: ["MOD.INCR foo", "strict MOD.INCR foo", "@slot:12182 MOD.INCR foo", "@masters MOD.INCR foo"])
    func learnedWordOfAOneShot(line: String) throws {
        let info = "*1\r\n*6\r\n$8\r\nmod.incr\r\n:2\r\n*1\r\n+write\r\n:1\r\n:1\r\n:1\r\n"
        let cluster = try ScriptedCluster(masters: 2) { _, request in
            request.text.hasPrefix("COMMAND INFO") ? .text(info) : nil
        }
        let engine = Engine([cluster[0]])
        engine.router.isStrict = line.hasPrefix("strict")
        try engine.run(line.replacing("strict ", with: ""))
        #expect(cluster[0].requests.prefix(2).map(\.text) == ["CLUSTER SHARDS", "COMMAND INFO MOD.INCR"])
        #expect(cluster[1].commands == ["MOD.INCR foo"])
        // Not every server refuses keys of several slots.
        engine.router.isStrict = true
        let info2 = "*1\r\n*6\r\n$8\r\nmod.mset\r\n:-3\r\n*1\r\n+write\r\n:1\r\n:-1\r\n:1\r\n"
        cluster.answer { _, request in request.text.hasPrefix("COMMAND INFO") ? .text(info2) : nil }
        guard case .crossSlot = try engine.failure("MOD.MSET foo bar") else {
            Issue.record("not refused")
            return
        }
        engine.router.isReadOnly = true
        guard case .readOnly = try engine.failure("MOD.INCR foo") else {
            Issue.record("not refused")
            return
        }
    }

    @Test(
        "A command that any node would answer goes to the one that has the keys",
        arguments: [
            "CLUSTER COUNTKEYSINSLOT 12182", "CLUSTER GETKEYSINSLOT 12182 10", "DEBUG OBJECT foo", "DEBUG SDSLEN foo",
            "DEBUG DIGEST-VALUE foo", "DEBUG LISTPACK foo", "DEBUG QUICKLIST foo", "DEBUG HTSTATS-KEY foo",
        ])
    func ownerIsFoundFirst(command: String) throws {
        let cluster = try ScriptedCluster(masters: 2)
        #expect(try Engine([cluster[0]]).value(command) == .ok)
        #expect(cluster[0].requests.map(\.text) == ["CLUSTER SHARDS"])
        #expect(cluster[1].requests.map(\.text) == [command])
    }

    @Test(
        "A server that is busy for longer than a question may take is waited for",
        arguments: ["PING", "INFO", "DBSIZE", "KEYS *", "CONFIG GET x", "SCAN_ITER", "NOSUCHWORD", "MGET a b"])
    func busyServer(command: String) throws {
        let patience = 0.05
        let asked = Countdown(1)
        let server = try ScriptedNode { request in
            switch request.text {
            case "CLUSTER SHARDS" where asked.next(): .silence
            case "CLUSTER SHARDS": .later(.seconds(2 * patience), clusterDisabled)
            case _ where request.text.hasPrefix("SCAN"): .text("*2\r\n$1\r\n0\r\n*0\r\n")
            case _ where request.text.hasPrefix("COMMAND"): .text("*1\r\n*-1\r\n")
            default: .ok
            }
        }
        let engine = Engine([server], retryFor: 20, patience: patience)
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        try engine.run(command)
        #expect(notes == [.silent([server.address])])
    }

    @Test("Refreshing, connecting and recovery also wait for a busy server", arguments: 0..<3)
    func busyNode(need: Int) throws {
        let patience = 0.05
        let asked = Countdown(1)
        let cluster = try ScriptedCluster(masters: 1) { _, request in
            if request.arguments[0] == "SCAN" { return .text("*2\r\n$1\r\n0\r\n*0\r\n") }
            return request.text == "CLUSTER SHARDS" && asked.next() ? .silence : nil
        }
        let engine = Engine(cluster.nodes, retryFor: 20, patience: patience)
        switch need {
        case 0: #expect(engine.refreshTopology())
        case 1: try engine.reach()
        default: _ = try engine.recover(as: ":recover")
        }
        #expect(engine.map.topology != nil)
    }

    @Test("A server that stays busy is given up on when the retry time is up", arguments: ["PING", "DBSIZE"])
    func hangingServer(command: String) throws {
        let server = try ScriptedNode { _ in .silence }
        #expect(
            try Engine([server], retryFor: 0.1, patience: 0.05).failure(command)
                == .replyLost(server.address, reason: "Connection timed out"))
    }
}
