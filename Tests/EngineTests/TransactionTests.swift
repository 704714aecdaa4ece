import Commands
import Engine
import RESP
import Routing
import TestSupport
import Testing

/// MULTI blocks on a cluster of two masters; `foo` is at node 1, `bar` at node 0.
struct TransactionTests {
    private static let foo = HashSlot(key: "foo")

    @Test("MULTI is held until the first key, and the block opens at the owner of its slot")
    func opensAtOwner() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = Engine(knowing: cluster)
        #expect(try engine.value("MULTI") == .ok)
        #expect(try engine.value("PING") == .status("QUEUED"))
        // A server was asked what it would reply, and keeps nothing.
        #expect(cluster.nodes.flatMap(\.commands) == ["MULTI", "PING", "DISCARD"])
        #expect(try engine.value("SET foo 1") == .status("QUEUED"))
        #expect(try engine.value("GET foo") == .status("QUEUED"))
        #expect(cluster[1].commands == ["MULTI", "PING", "SET foo 1", "GET foo"])
        #expect(engine.transaction.isInBlock)
        #expect(try engine.value("EXEC") == .array([.ok, .ok, .ok]))
        #expect(engine.transaction == .none)
        #expect(cluster[0].commands.count == 3)
        #expect(cluster[1].requests.map(\.connection) == [0, 0, 0, 0, 0])
    }

    @Test("A key of another slot is refused, nothing is sent, and the block stays open")
    func otherSlot() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        try engine.run("SET foo 1")
        let place = CommandFailure.KeyPlace(key: "bar", slot: HashSlot(key: "bar"), node: cluster[0].address)
        #expect(
            try engine.failure("SET bar 1")
                == .outsideTransaction(command: "SET", transaction: Self.foo, key: place))
        #expect(try engine.failure("MSET foo 1 bar 1").map { if case .crossSlot = $0 { true } else { false } } == true)
        #expect(try engine.value("SET foo 2") == .status("QUEUED"))
        #expect(try engine.value("EXEC") == .array([.ok, .ok]))
        #expect(cluster[1].commands == ["MULTI", "SET foo 1", "SET foo 2", "EXEC"])
        #expect(cluster[0].commands.isEmpty)
    }

    @Test("A target for MULTI, EXEC, DISCARD or UNWATCH is refused, and the block stays open")
    func noTarget() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = Engine(knowing: cluster)
        #expect(try engine.failure("@masters MULTI") == .sessionHasNoTarget(command: "MULTI"))
        #expect(engine.transaction == .none)
        try engine.run("MULTI")
        for held in [true, false] {
            for word in ["EXEC", "DISCARD", "UNWATCH"] {
                #expect(try engine.failure("@slot:1 \(word)") == .sessionHasNoTarget(command: word))
                #expect(engine.transaction.goesOn)
            }
            if held { #expect(try engine.value("SET foo 1") == .status("QUEUED")) }
        }
        #expect(try engine.value("EXEC") == .array([.ok]))
    }

    @Test("WATCH in a block is refused for coming too late, not for being blocked, and the block stays open")
    func lateWatch() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        for line in ["PING", "SET foo 1"] {
            #expect(try engine.value(line) == .status("QUEUED"))
            #expect(try engine.failure("WATCH foo") == .watchInTransaction)
            #expect(engine.transaction.goesOn)
        }
        #expect(try engine.value("EXEC") == .array([.ok, .ok]))
    }

    @Test("A block without a key runs at the session's node")
    func withoutKey() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        #expect(try engine.value("PING") == .status("QUEUED"))
        #expect(try engine.value("EXEC") == .array([.ok]))
        #expect(cluster[0].commands == ["MULTI", "PING", "DISCARD", "MULTI", "PING", "EXEC"])
    }

    @Test("An empty block and a discarded one need no node")
    func heldBlock() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        #expect(try engine.value("EXEC") == .array([]))
        try engine.run("MULTI")
        #expect(try engine.value("DISCARD") == .ok)
        #expect(engine.transaction == .none)
        #expect(cluster.nodes.flatMap(\.commands).isEmpty)
    }

    @Test(
        "Commands before the first key are checked by a server right away, and again where the block runs",
        arguments: ["PING a b", "NOSUCH x", "GET", "EXEC now", "MULTI now"])
    func faultBeforeFirstKey(fault: String) throws {
        let error = "ERR said by the server"
        let cluster = try ScriptedCluster.withBlocks { _, request in request.text == fault ? .error(error) : nil }
        let engine = Engine(knowing: cluster)
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        try engine.run("MULTI")
        #expect(try engine.value(fault) == .error(error))
        try engine.run("SET foo 1")
        #expect(cluster[0].commands.filter { !$0.hasPrefix("COMMAND") } == ["MULTI", fault, "DISCARD"])
        #expect(cluster[1].commands == ["MULTI", fault, "SET foo 1"])
        #expect(engine.queue.items.map(\.isRefused) == [true, false])
        // The error was shown when the command was entered.
        #expect(notes == [])
    }

    @Test(
        "A nested MULTI counts as refused only where EXEC will fail because of it",
        arguments: [
            ("ERR MULTI calls can not be nested", [false, false]),
            ("ERR Command 'multi' not allowed inside a transaction", [false, true, false]),
            ("ERR Command not allowed inside a transaction", [false, true, false]),
        ], ["PING", "SET foo 1"])
    func nestedBlock(row: (error: String, refused: [Bool]), first: String) throws {
        let cluster = try ScriptedCluster.withBlocks(nested: row.error)
        let engine = Engine(knowing: cluster)
        for line in ["MULTI", first] { try engine.run(line) }
        #expect(try engine.value("MULTI") == .error(row.error))
        #expect(try engine.value("GET foo") == .status("QUEUED"))
        #expect(engine.queue.items.map(\.isRefused) == row.refused)
    }

    @Test(
        "A command that one node cannot answer is refused, and the block stays open",
        arguments: ["DBSIZE", "KEYS *", "SCAN 0", "RANDOMKEY", "INFO", "FLUSHALL", "CONFIG GET x", "SCAN_ITER"])
    func manyNodes(command: String) throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = Engine(knowing: cluster)
        for first in ["PING", "SET foo 1"] {
            for line in ["MULTI", first] { try engine.run(line) }
            guard case .outsideTransaction = try engine.failure(command) else {
                Issue.record("queued")
                return
            }
            #expect(try engine.value("ECHO x") == .status("QUEUED"))
            #expect(try engine.value("EXEC") == .array([.ok, .ok]))
        }
        #expect(!cluster.nodes.flatMap(\.commands).contains(command))
    }

    @Test("DISCARD ends an open block")
    func discard() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        try engine.run("SET foo 1")
        #expect(try engine.value("DISCARD") == .ok)
        #expect(try engine.value("SET bar 1") == .ok)
        #expect(cluster[1].commands == ["MULTI", "SET foo 1", "DISCARD"])
    }

    @Test("EXEC and DISCARD without a block are left to the server to refuse")
    func withoutBlock() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = Engine(knowing: cluster)
        #expect(try engine.value("EXEC") == .error("ERR EXEC without MULTI"))
        #expect(try engine.value("DISCARD") == .error("ERR DISCARD without MULTI"))
        #expect(cluster[0].commands == ["EXEC", "DISCARD"])
    }

    @Test("Blocked commands and targets are refused inside a block, which stays open")
    func refusals() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        for _ in 1...2 {
            guard case .blocked(command: "MOVE", _, _, _) = try engine.failure("MOVE foo 1") else {
                Issue.record("MOVE was not blocked")
                return
            }
            #expect(
                try engine.failure("@all ping") == .outsideTransaction(command: "PING", transaction: nil, key: nil))
            #expect(throws: CommandFailure.notInTransaction(word: ":peek")) { try engine.peek("foo") }
            try engine.run("SET foo 1")
        }
        #expect(try engine.value("EXEC") == .array([.ok, .ok]))
        #expect(cluster[1].commands == ["MULTI", "SET foo 1", "SET foo 1", "EXEC"])
    }

    @Test("A faulty command is left to the server to refuse, and so is its block")
    func faultyCommand() throws {
        let cluster = try ScriptedCluster.withBlocks { _, request in
            switch request.text {
            case "SET foo": .error("ERR wrong number of arguments for 'set' command")
            case "EXEC": .error("EXECABORT Transaction discarded because of previous errors.")
            default: nil
            }
        }
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        #expect(try engine.value("SET foo").isError)
        #expect(try engine.value("EXEC").serverError?.code == "EXECABORT")
        #expect(engine.transaction == .none)
    }

    @Test("Questions about the topology and about commands are never asked inside a block")
    func questionsStayOutside() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let blocks = [OpenBlocks(), OpenBlocks()]
        cluster.answer { [zero = cluster[0]] node, request in
            // The map is out of date: foo moved to node 0, which is also the node that is asked questions.
            if node == 1, request.text == "SET foo 1" { return .moved(12182, to: zero) }
            return blocks[node].answer(request)
        }
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        try engine.run("SET foo 1")
        #expect(try engine.value("SET foo 2") == .status("QUEUED"))
        #expect(try engine.value("MOD.WORD foo") == .status("QUEUED"))
        #expect(try engine.value("EXEC") == .array([.ok, .ok, .ok]))
        let onBlock = cluster[0].requests.last?.connection
        #expect(
            cluster[0].requests.filter { $0.connection == onBlock }.map(\.text).suffix(5)
                == ["MULTI", "SET foo 1", "SET foo 2", "MOD.WORD foo", "EXEC"])
    }

    // MARK: Standalone

    @Test("On a standalone server, the block is the server's from the start")
    func standalone() throws {
        let blocks = OpenBlocks()
        let server = try ScriptedNode { request in
            request.text.hasPrefix("CLUSTER") ? clusterDisabled : blocks.answer(request) ?? .ok
        }
        let engine = Engine([server])
        #expect(try engine.value("WATCH foo bar") == .ok)
        #expect(try engine.value("MULTI") == .ok)
        #expect(try engine.value("SET foo 1") == .status("QUEUED"))
        #expect(try engine.value("SET bar 1") == .status("QUEUED"))
        #expect(try engine.value("MULTI") == .error("ERR MULTI calls can not be nested"))
        #expect(try engine.value("EXEC") == .array([.ok, .ok]))
        #expect(server.commands == ["WATCH foo bar", "MULTI", "SET foo 1", "SET bar 1", "MULTI", "EXEC"])
    }

    @Test("On a standalone server, a lost connection dooms the block too")
    func standaloneLoss() throws {
        let blocks = OpenBlocks()
        let server = try ScriptedNode { request in
            request.text.hasPrefix("CLUSTER") ? clusterDisabled : blocks.answer(request) ?? .ok
        }
        let engine = Engine([server])
        try engine.run("MULTI")
        try engine.run("SET foo 1")
        server.dropConnections()
        #expect(try engine.failure("SET foo 2") != nil)
        #expect(try engine.failure("EXEC") != nil)
        #expect(server.commands == ["MULTI", "SET foo 1"])
    }

    @Test(
        "An EXEC error that names no other node means that the block was discarded",
        arguments: [
            "TRYAGAIN Multiple keys request", "CLUSTERDOWN no", "READONLY You can't write", "LOADING no",
            "EXECABORT Transaction discarded because of: MASTERDOWN Link with MASTER is down",
        ])
    func redirectedExec(error: String) throws {
        let cluster = try ScriptedCluster.withBlocks { _, request in request.text == "EXEC" ? .error(error) : nil }
        let engine = Engine(knowing: cluster)
        for line in ["MULTI", "SET foo 1"] { try engine.run(line) }
        let reason = error.split(separator: ": ").last.map(String.init) ?? ""
        #expect(try engine.failure("EXEC") == .transactionLost(cluster[1].address, reason: reason))
        #expect(engine.transaction == .none)
        #expect(cluster[1].commands == ["MULTI", "SET foo 1", "EXEC"])
    }

    @Test("Subscriptions in a block are queued here, and EXEC confirms them in their place, as a server does")
    func streamsInBlock() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = Engine(knowing: cluster)
        func confirmation(_ word: ByteString, _ name: ByteString?, _ count: Int) -> RESPValue {
            .array([.bulk(word), name.map { .bulk($0) } ?? .null, .integer(count)])
        }
        for line in ["MULTI", "SUBSCRIBE a b", "SET foo 1", "PSUBSCRIBE p", "UNSUBSCRIBE a", "GET foo", "SUNSUBSCRIBE"]
        {
            let expected = line == "MULTI" ? RESPValue.ok : .status("QUEUED")
            #expect(try engine.value(line) == expected)
        }
        #expect(try engine.value("SUBSCRIBE").isError == false)
        #expect(
            try engine.value("EXEC")
                == .array([
                    confirmation("subscribe", "a", 1), confirmation("subscribe", "b", 2), .ok,
                    confirmation("psubscribe", "p", 3), confirmation("unsubscribe", "a", 2), .ok,
                    confirmation("sunsubscribe", nil, 0), .ok,
                ]))
        #expect(engine.subscriptionsOfBlock == [.init(.channel, "b"), .init(.pattern, "p")])
        #expect(cluster[1].commands == ["MULTI", "SET foo 1", "GET foo", "SUBSCRIBE", "EXEC"])
    }

    @Test("A discarded block subscribes to nothing", arguments: ["DISCARD", "EXEC"])
    func discardedSubscription(end: String) throws {
        let cluster = try ScriptedCluster.withBlocks { _, request in request.text == "EXEC" ? .value(.null) : nil }
        let engine = Engine(knowing: cluster)
        for line in ["MULTI", "SUBSCRIBE a", end] { try engine.run(line) }
        #expect(engine.subscriptionsOfBlock == [])
    }
}
