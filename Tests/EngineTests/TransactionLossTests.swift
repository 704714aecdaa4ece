import Commands
import Engine
import RESP
import Routing
import TestSupport
import Testing

/// MULTI blocks that meet a redirect or lose their connection; `foo` is at node 1, `bar` at node 0.
struct TransactionLossTests {
    private static let closed = "Server closed the connection"

    // MARK: Redirects

    @Test("MOVED on the first key opens the block at the right node and discards the other")
    func movedAtOpening() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let blocks = [OpenBlocks(), OpenBlocks()]
        cluster.answer { [zero = cluster[0]] node, request in
            node == 1 && request.text == "SET foo 1" ? .moved(12182, to: zero) : blocks[node].answer(request)
        }
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        try engine.run("PING")
        #expect(try engine.value("SET foo 1") == .status("QUEUED"))
        #expect(try engine.value("EXEC") == .array([.ok, .ok]))
        #expect(cluster[1].commands == ["MULTI", "PING", "SET foo 1", "DISCARD"])
        #expect(cluster[0].commands == ["MULTI", "PING", "DISCARD", "MULTI", "PING", "SET foo 1", "EXEC"])
    }

    /// A cluster whose node 1 redirects a command of a block.
    private static func redirecting(
        _ command: String, _ error: @escaping @Sendable (Int) -> String
    ) throws
        -> ScriptedCluster
    {
        let cluster = try ScriptedCluster(masters: 2)
        let blocks = [OpenBlocks(), OpenBlocks()]
        cluster.answer { [ports = cluster.nodes.map(\.port)] node, request in
            node == 1 && request.text == command ? .error(error(ports[0])) : blocks[node].answer(request)
        }
        return cluster
    }

    private static let redirects = ["MOVED", "ASK"]

    @Test("A redirect of EXEC sends the whole block to the other node, once", arguments: redirects)
    func redirectedExec(_ word: String) throws {
        let cluster = try Self.redirecting("EXEC") { "\(word) 12182 127.0.0.1:\($0)" }
        let engine = Engine(knowing: cluster)
        for line in ["MULTI", "SET foo 1", "GET foo"] { try engine.run(line) }
        #expect(try engine.value("EXEC") == .array([.ok, .ok]))
        #expect(engine.transaction == .none)
        let asking = word == "ASK" ? ["ASKING"] : []
        #expect(cluster[0].commands == asking + ["MULTI", "SET foo 1", "GET foo", "EXEC"])
        #expect(cluster[1].commands == ["MULTI", "SET foo 1", "GET foo", "EXEC"])
        #expect(Set(cluster[0].requests.filter { $0.text != "CLUSTER SHARDS" }.map(\.connection)).count == 1)
    }

    @Test("A redirect while the block is being filled sends its commands to the other node", arguments: redirects)
    func redirectedWhileQueueing(_ word: String) throws {
        let cluster = try Self.redirecting("SET foo 2") { "\(word) 12182 127.0.0.1:\($0)" }
        let engine = Engine(knowing: cluster)
        for line in ["MULTI", "SET foo 1"] { try engine.run(line) }
        #expect(try engine.value("SET foo 2") == .status("QUEUED"))
        #expect(try engine.value("SET foo 3") == .status("QUEUED"))
        #expect(engine.queue.queued.count == 3)
        #expect(try engine.value("EXEC") == .array([.ok, .ok, .ok]))
        let asking = word == "ASK" ? ["ASKING"] : []
        #expect(cluster[0].commands == asking + ["MULTI", "SET foo 1", "SET foo 2", "SET foo 3", "EXEC"])
        #expect(cluster[1].commands == ["MULTI", "SET foo 1", "SET foo 2", "DISCARD"])
    }

    @Test("A second redirect is reported, and nothing runs", arguments: ["SET foo 2", "EXEC"])
    func secondRedirect(second: String) throws {
        let cluster = try ScriptedCluster(masters: 2)
        let blocks = [OpenBlocks(), OpenBlocks()]
        let ports = cluster.nodes.map(\.port)
        cluster.answer { node, request in
            let isRefused = node == 1 ? request.text == "EXEC" : request.text == second
            return isRefused ? .error("MOVED 12182 127.0.0.1:\(ports[1 - node])") : blocks[node].answer(request)
        }
        let engine = Engine(knowing: cluster)
        for line in ["MULTI", "SET foo 1", "SET foo 2"] { try engine.run(line) }
        let reason = "MOVED 12182 127.0.0.1:\(ports[1])"
        #expect(try engine.failure("EXEC") == .transactionLost(cluster[0].address, reason: reason))
        #expect(engine.transaction == .none)
        #expect(cluster[1].commands.count { $0 == "EXEC" } == 1)
        #expect(cluster[0].commands.count { $0 == "EXEC" } == (second == "EXEC" ? 1 : 0))
    }

    @Test("A block that depends on watched keys is never sent to another node", arguments: ["SET foo 1", "EXEC"])
    func redirectedUnderWatch(command: String) throws {
        let cluster = try Self.redirecting(command) { "MOVED 12182 127.0.0.1:\($0)" }
        let engine = Engine(knowing: cluster)
        engine.router.unblocked = ["WATCH"]
        for line in ["WATCH foo", "MULTI"] { try engine.run(line) }
        _ = try engine.failure("SET foo 1")
        let reason = "MOVED 12182 127.0.0.1:\(cluster[0].port)"
        #expect(
            try engine.failure("EXEC") == .transactionLost(cluster[1].address, reason: reason, watched: true))
        #expect(cluster[0].commands.isEmpty)
    }

    @Test("An EXEC lost at the second node has an unknown outcome too, and is not sent again")
    func lostAfterRedirect() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let blocks = [OpenBlocks(), OpenBlocks()]
        cluster.answer { [zero = cluster[0]] node, request in
            guard request.text == "EXEC" else { return blocks[node].answer(request) }
            return node == 1 ? .moved(12182, to: zero) : .close
        }
        let engine = Engine(knowing: cluster)
        for line in ["MULTI", "SET foo 1"] { try engine.run(line) }
        #expect(try engine.failure("EXEC") == .unknownOutcome(cluster[0].address, reason: Self.closed))
        #expect(cluster[0].commands == ["MULTI", "SET foo 1", "EXEC"])
    }

    @Test("A block whose new node cannot be reached is discarded", arguments: ["SET foo 2", "EXEC"])
    func unreachableOwner(command: String) throws {
        let cluster = try ScriptedCluster.withBlocks { _, request in
            request.text == command ? .error("MOVED 12182 127.0.0.1:1") : nil
        }
        let engine = Engine(knowing: cluster)
        for line in ["MULTI", "SET foo 1"] { try engine.run(line) }
        let lost = CommandFailure.transactionLost(
            NodeAddress(host: "127.0.0.1", port: 1), reason: "Connection refused")
        if command != "EXEC" { #expect(try engine.failure(command) == lost) }
        #expect(try engine.failure("EXEC") == lost)
        #expect(engine.transaction == .none)
    }

    @Test(
        "A transient error later in a block dooms it: everything up to EXEC is refused, and nothing runs",
        arguments: ["TRYAGAIN x", "CLUSTERDOWN x"])
    func movedLater(error: String) throws {
        let cluster = try ScriptedCluster.withBlocks { _, request in request.text == "SET foo 2" ? .error(error) : nil }
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        try engine.run("SET foo 1")
        let lost = CommandFailure.transactionLost(cluster[1].address, reason: error)
        #expect(try engine.failure("SET foo 2") == lost)
        #expect(try engine.failure("SET foo 3") == lost)
        #expect(try engine.failure("SET bar 3") == lost)
        #expect(try engine.failure("EXEC") == lost)
        #expect(engine.transaction == .none)
        #expect(cluster[1].commands == ["MULTI", "SET foo 1", "SET foo 2", "DISCARD"])
        #expect(try engine.value("SET bar 1") == .ok)
    }

    @Test("A doomed block can be discarded")
    func discardDoomed() throws {
        let cluster = try ScriptedCluster.withBlocks { _, request in
            request.text == "SET foo 2" ? .error("TRYAGAIN x") : nil
        }
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        try engine.run("SET foo 1")
        #expect(try engine.failure("SET foo 2") != nil)
        #expect(try engine.value("DISCARD") == .ok)
        #expect(engine.transaction == .none)
    }

    // MARK: Lost connections

    @Test("A block whose connection ends between two commands is doomed, and none of it is sent again")
    func idleLoss() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        try engine.run("SET foo 1")
        cluster[1].dropConnections()
        let lost = CommandFailure.transactionLost(cluster[1].address, reason: "the connection was lost")
        #expect(try engine.failure("SET foo 2") == lost)
        #expect(try engine.failure("SET foo 3") == lost)
        #expect(try engine.failure("EXEC") == lost)
        #expect(cluster[1].commands == ["MULTI", "SET foo 1"])
        #expect(try engine.value("SET foo 4") == .ok)
    }

    @Test("A block whose connection ends during a command is doomed", arguments: ["SET foo 2", "GET foo"])
    func lossDuringCommand(command: String) throws {
        let cluster = try ScriptedCluster.withBlocks { _, request in request.text == command ? .close : nil }
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        try engine.run("SET foo 1")
        let lost = CommandFailure.transactionLost(cluster[1].address, reason: "the connection was lost")
        #expect(try engine.failure(command) == lost)
        #expect(try engine.failure("SET foo 3") == lost)
        #expect(try engine.failure("EXEC") == lost)
        #expect(cluster[1].commands == ["MULTI", "SET foo 1", command])
    }

    @Test("RESET ends the block wherever it is")
    func reset() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        try engine.run("SET foo 1")
        #expect(try engine.value("RESET") == .ok)
        #expect(engine.transaction == .none)
        #expect(try engine.value("SET foo 2") == .ok)
    }

    @Test("A block whose first key finds no connection is doomed: without that command it would run in part")
    func lossAtOpening() throws {
        let losses = Countdown(1)
        let cluster = try ScriptedCluster.withBlocks { _, request in
            request.text == "SET foo 1" && losses.next() ? .close : nil
        }
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        let lost = CommandFailure.transactionLost(cluster[1].address, reason: Self.closed)
        #expect(try engine.failure("SET foo 1") == lost)
        #expect(try engine.failure("SET foo 2") == lost)
        #expect(try engine.failure("EXEC") == lost)
        #expect(engine.transaction == .none)
        #expect(!cluster[1].commands.contains("EXEC"))
    }

    @Test("A command of a block that was refused at EXEC does not change the session")
    func refusedInExec() throws {
        let cluster = try ScriptedCluster.withBlocks { _, request in
            request.text == "EXEC" ? .value(.array([.ok, .error("ERR SELECT is not allowed in cluster mode")])) : nil
        }
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        try engine.run("SET foo 1")
        try engine.run("SELECT 1")
        try engine.run("EXEC")
        #expect(engine.session.database == 0)
    }

    @Test("After a failover, a new block opens at the new master")
    func failoverAtOpening() throws {
        let promoted = try ScriptedNode()
        let cluster = try ScriptedCluster.withBlocks()
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        cluster[1].stop()
        #expect(
            try engine.failure("SET foo 1") == .transactionLost(cluster[1].address, reason: "Connection refused"))
        let shards = ScriptedCluster.shards(ports: [cluster[0].port, promoted.port])
        cluster.answer { _, request in request.text == "CLUSTER SHARDS" ? .value(shards) : nil }
        try engine.run("MULTI")
        #expect(try engine.value("SET foo 1") == .ok)
        #expect(promoted.commands == ["MULTI", "SET foo 1"])
    }

    @Test("An EXEC whose reply was lost has an unknown outcome and is not sent again")
    func lossOfExec() throws {
        let cluster = try ScriptedCluster.withBlocks { _, request in request.text == "EXEC" ? .close : nil }
        let engine = Engine(knowing: cluster)
        try engine.run("MULTI")
        try engine.run("SET foo 1")
        #expect(try engine.failure("EXEC") == .unknownOutcome(cluster[1].address, reason: Self.closed))
        #expect(engine.transaction == .none)
        #expect(cluster[1].commands == ["MULTI", "SET foo 1", "EXEC"])
    }
}
