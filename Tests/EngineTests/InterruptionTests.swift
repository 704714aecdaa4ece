import Commands
import Engine
import Glibc
import RESP
import Routing
import TestSupport
import Testing
import Transport

/// Ctrl-C. One test at a time, since a process has one set of signal handlers.
@Suite(.serialized) struct InterruptionTests {
    /// A node that is asked again when the test is over raises it again. Ignored, it would never be watched.
    private static let nothing: @convention(c) (CInt) -> Void = { _ in }

    init() {
        signal(SIGINT, Self.nothing)
    }

    /// An engine that watches SIGINT; the tests raise it while a node is working on a command.
    private static func interruptible(_ nodes: [ScriptedNode], retryFor: Double = 5) -> Engine {
        let engine = Engine(nodes, retryFor: retryFor)
        engine.loop.signals = SignalPipe()
        return engine
    }

    private static func interrupt() {
        kill(getpid(), SIGINT)
    }

    @Test("An interrupted write has an unknown outcome, an interrupted read has none, and the session continues")
    func duringCommand() throws {
        let cluster = try ScriptedCluster(masters: 2) { _, request in
            guard ["BLPOP foo 0", "GET foo"].contains(request.text) else { return nil }
            Self.interrupt()
            return .silence
        }
        let engine = Self.interruptible(cluster.nodes)
        engine.ensureTopology()
        #expect(try engine.failure("BLPOP foo 0") == .unknownOutcome(cluster[1].address, reason: "interrupted"))
        #expect(try engine.failure("GET foo") == .interrupted)
        #expect(try engine.value("GET key") == .ok)
        #expect(cluster[1].commands == ["CLIENT ID", "BLPOP foo 0", "GET foo", "GET key"])
        #expect(cluster[1].requests.map(\.connection) == [0, 0, 1, 2])
    }

    @Test("The node is asked to stop waiting, and what it returns by then is the reply", arguments: [true, false])
    func duringWait(isLate: Bool) throws {
        let cluster = try ScriptedCluster(masters: 2)
        let node = cluster[1]
        cluster.answer { number, request in
            switch (number, request.text) {
            case (1, "CLIENT ID"): return .value(.integer(7))
            case (1, "BLPOP foo 0"):
                Self.interrupt()
                return .silence
            case (1, "CLIENT UNBLOCK 7"):
                node.say(isLate ? "*2\r\n+foo\r\n+x\r\n" : "*-1\r\n", on: 0)
                return .value(.integer(isLate ? 0 : 1))
            default: return nil
            }
        }
        let engine = Self.interruptible(cluster.nodes)
        engine.ensureTopology()
        if isLate {
            #expect(try engine.value("BLPOP foo 0") == .array([.status("foo"), .status("x")]))
        } else {
            #expect(try engine.failure("BLPOP foo 0") == .interrupted)
        }
        #expect(engine.loop.hasBeenInterrupted)
        #expect(try engine.value("GET foo") == .ok)
        // The last command is on the same connection as the first.
        #expect(cluster[1].requests.map(\.connection) == [0, 0, 1, 0])
    }

    @Test("In a block, a command that would wait is queued as usual")
    func waitInBlock() throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = Self.interruptible(cluster.nodes)
        for line in ["MULTI", "BLPOP foo 1"] { try engine.run(line) }
        #expect(try engine.value("EXEC") == .array([.ok]))
        #expect(cluster[1].commands == ["MULTI", "BLPOP foo 1", "EXEC"])
    }

    @Test("Ctrl-C ends waiting for a cluster that is down")
    func duringPause() throws {
        let cluster = try ScriptedCluster(masters: 1) { _, request in
            request.text == "SET foo 1" ? .error("CLUSTERDOWN The cluster is down") : nil
        }
        let engine = Self.interruptible(cluster.nodes, retryFor: 30)
        engine.ensureTopology()
        engine.onNote = { _ in Self.interrupt() }
        #expect(try engine.failure("SET foo 1") == .interrupted)
        engine.onNote = { _ in }
        #expect(try engine.value("SET key 1") == .ok)
    }

    @Test("Ctrl-C ends asking a silent node for the topology, and no other node is asked")
    func duringQuestion() throws {
        let silent = try ScriptedNode { _ in
            Self.interrupt()
            return .silence
        }
        let other = try ScriptedNode()
        let engine = Self.interruptible([silent, other])
        #expect(try engine.failure("DBSIZE") == .interrupted)
        #expect(other.requests.isEmpty)
    }

    @Test("Once the signals are no longer watched, they have their former effect again")
    func formerActions() {
        withExtendedLifetime(SignalPipe()) { Self.interrupt() }
        Self.interrupt()
        let handler = signal(SIGINT, Self.nothing)
        #expect(unsafeBitCast(handler, to: Int.self) == unsafeBitCast(Self.nothing, to: Int.self))
    }

    @Test("A block whose command was interrupted is doomed")
    func duringBlock() throws {
        let cluster = try ScriptedCluster(masters: 2) { _, request in
            guard request.text == "GET foo" else { return nil }
            Self.interrupt()
            return .silence
        }
        let engine = Self.interruptible(cluster.nodes)
        engine.ensureTopology()
        try engine.run("MULTI")
        try engine.run("SET foo 1")
        #expect(try engine.failure("GET foo") != nil)
        #expect(try engine.failure("EXEC") != nil)
        #expect(cluster[1].commands == ["MULTI", "SET foo 1", "GET foo"])
    }

    @Test("A command over several slots stops at a safe point, and Ctrl-C works as before afterwards")
    func duringCrossSlotCommand() throws {
        let cluster = try ScriptedCluster(masters: 2) { node, request in
            guard request.arguments[0] == "MGET" else { return nil }
            guard node == 1 else { return .value(.array([.bulk("1")])) }
            Self.interrupt()
            return .silence
        }
        let engine = Engine(cluster.nodes)
        engine.guardsCrossSlotCommands = true
        #expect(try engine.failure("MGET foo bar") == .interrupted)
        #expect(engine.loop.hasBeenInterrupted)
        #expect(engine.loop.signals == nil)
    }

    @Test("A long command over several slots reports its progress")
    func duringLongCommand() throws {
        let cluster = try ScriptedCluster(masters: 2) { _, request in
            request.arguments[0] == "MGET" ? .silence : nil
        }
        let engine = Self.interruptible(cluster.nodes)
        engine.ensureTopology()
        engine.patience = 0.05
        var notes: [Note] = []
        engine.onNote = {
            notes.append($0)
            Self.interrupt()
        }
        #expect(try engine.failure("MGET foo bar") == .interrupted)
        guard case .working("MGET", step: 1, of: 1, _) = notes.first else {
            Issue.record("\(notes)")
            return
        }
    }

    @Test("Ctrl-C ends waiting for a name server")
    func duringLookup() throws {
        let resolver = SilentResolver()
        var settings = ConnectionSettings()
        settings.connectTimeout = 600
        settings.syscalls = resolver.syscalls { Self.interrupt() }
        let engine = Engine(seeds: [NodeAddress(host: "node.test", port: 1)], settings: settings)
        engine.loop.signals = SignalPipe()
        #expect(try engine.failure("GET foo") == .interrupted)
        #expect(try engine.failure("DBSIZE") == .interrupted)
        #expect(resolver.calls > 0)
    }

    @Test("Ctrl-C ends waiting for the command that prints the password")
    func duringPasswordCommand() throws {
        let server = try ScriptedNode()
        var settings = ConnectionSettings()
        settings.session.credentials = .init(user: nil)
        settings.tokens = TokenSource(.command(ByteString("kill -INT \(getpid()); sleep 60"), longestAge: 0))
        let engine = Engine([server], retryFor: 5, settings)
        engine.loop.signals = SignalPipe()
        #expect(try engine.failure("SET foo 1") == .interrupted)
        #expect(server.requests.isEmpty)
    }

    @Test("Lines that MONITOR holds back for a moment are delivered before it ends")
    func duringMonitor() throws {
        let lines = (1...3).map { "+1700000000.00000\($0) [0 127.0.0.1:1] \"get\" \"\($0)\"\r\n" }
        let server = try ScriptedNode { request in
            request.text == "MONITOR" ? .text("+OK\r\n" + lines.joined()) : clusterDisabled
        }
        let engine = Self.interruptible([server])
        let stream = try EventStream(engine, Command(["MONITOR"]))
        guard case .message(let value, _) = stream.next(), value == .ok else { throw CommandFailure.interrupted }
        Self.interrupt()
        var found: [String] = []
        while case .message(let value, _) = stream.next() { found.append(value.text) }
        #expect(found.count == 3, "\(found)")
    }
}
