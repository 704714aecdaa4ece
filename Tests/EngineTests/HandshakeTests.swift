import Commands
import Engine
import RESP
import Routing
import Synchronization
import TestSupport
import Testing

/// What a new connection sends before its first command.
struct HandshakeTests {
    private static func settings(_ change: (inout ConnectionSettings) -> Void) -> ConnectionSettings {
        var settings = ConnectionSettings()
        change(&settings)
        return settings
    }

    @Test(
        "AUTH is sent with or without a user name",
        arguments: [(nil, "AUTH secret"), ("alice", "AUTH alice secret")] as [(ByteString?, String)])
    func authenticates(user: ByteString?, expected: String) throws {
        let server = try ScriptedNode()
        let settings = Self.settings { $0.session.credentials = .init(user: user, password: "secret") }
        let engine = Engine([server], settings)
        #expect(try engine.value("GET foo") == .ok)
        #expect(try engine.value("GET foo") == .ok)
        #expect(server.requests.map(\.text) == [expected, "GET foo", "GET foo"])
    }

    @Test("The whole handshake is sent in order, with the command right after it")
    func inOrder() throws {
        let server = try ScriptedNode()
        let settings = Self.settings {
            $0.session.credentials = .init(user: "alice", password: "secret")
            $0.session.protocolVersion = 3
            $0.session.clientName = "job"
            $0.session.database = 5
        }
        #expect(try Engine([server], settings).value("GET foo") == .ok)
        #expect(
            server.requests.map(\.text)
                == ["AUTH alice secret", "HELLO 3", "CLIENT SETNAME job", "SELECT 5", "GET foo"])
        #expect(server.connectionCount == 1)
    }

    private struct ListenedInVain: Error {}

    @Test("A server that a target names gets the password only if it is a seed or a node of the cluster")
    func stranger() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let stranger = try ScriptedNode { request in
            switch request.text {
            case "GET foo": .error("NOAUTH Authentication required.")
            case "MONITOR": .text("+OK\r\n+1.0 [0 127.0.0.1:1] \"PING\"\r\n")
            default: .value(.ok)
            }
        }
        let engine = Engine(
            [cluster[0]], Self.settings { $0.session.credentials = .init(user: nil, password: "secret") })
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        for node in [stranger, cluster[1], stranger] { try engine.run("@\(node.address) PING") }
        #expect(try engine.value("@\(stranger.address) GET foo").serverError?.code == "NOAUTH")
        let monitor = try EventStream(
            engine, try #require(try Command(words: [ByteString("@\(stranger.address)"), "MONITOR"])))
        guard case .message = monitor.next() else { throw ListenedInVain() }
        #expect(Set(stranger.commands) == ["PING", "GET foo", "MONITOR"])
        #expect(cluster[1].commands == ["AUTH secret", "PING"])
        #expect(notes == [.passwordKept(from: stranger.address)])
    }

    @Test("Every node of a cluster gets the handshake, and so does the one that ASK names")
    func everyNode() throws {
        let importing = try ScriptedNode()
        let cluster = try ScriptedCluster(masters: 2) { [importing] _, request in
            request.text == "GET foo" ? .ask(12182, to: importing) : nil
        }
        let settings = Self.settings {
            $0.session.credentials = .init(user: nil, password: "secret")
            $0.session.protocolVersion = 3
        }
        let engine = Engine(cluster.nodes, settings)
        engine.ensureTopology()
        #expect(try engine.value("GET foo") == .ok)
        #expect(cluster[0].requests.map(\.text) == ["AUTH secret", "HELLO 3", "CLUSTER SHARDS", "CLUSTER INFO"])
        #expect(cluster[1].requests.map(\.text) == ["AUTH secret", "HELLO 3", "GET foo"])
        #expect(importing.requests.map(\.text) == ["AUTH secret", "HELLO 3", "ASKING", "GET foo"])
    }

    private static let wrongPassword = "WRONGPASS invalid username-password pair or user is disabled."

    @Test(
        "A command waits for its AUTH: if that is refused, nothing reaches the node as another user",
        arguments: ["SET foo 1", "GET foo", "FLUSHDB", "DBSIZE", "EVAL x 0", "MULTI", "MSET foo 1 bar 2", "NOSUCHWORD"])
    func refusedUser(command: String) throws {
        let server = try ScriptedNode { request in
            request.text.hasPrefix("AUTH") ? .later(.milliseconds(10), .error(Self.wrongPassword)) : .ok
        }
        let engine = Engine([server], Self.settings { $0.session.credentials = .init(user: "bob", password: "bad") })
        #expect(try engine.failure(command) == .userRefused(server.address, reason: Self.wrongPassword))
        #expect(server.requests.allSatisfy { $0.text == "AUTH bob bad" })
    }

    @Test(
        "After a refused AUTH, the user can authenticate as someone else",
        arguments: ["AUTH joe good", "HELLO 3 AUTH joe good"])
    func anotherUser(command: String) throws {
        let server = try ScriptedNode { $0.text == "AUTH bob bad" ? .error(Self.wrongPassword) : .ok }
        let engine = Engine([server], Self.settings { $0.session.credentials = .init(user: "bob", password: "bad") })
        #expect(try engine.failure("SET foo 1") != nil)
        #expect(try engine.value(command) == .ok)
        #expect(try engine.value("SET foo 1") == .ok)
        let last = try #require(server.requests.last?.connection)
        #expect(server.requests.filter { $0.connection == last }.first?.text.contains("joe good") == true)
        #expect(server.requests.last?.text == "SET foo 1")
    }

    @Test("In place of redis-cli, a refused AUTH is noted, and the command is tried all the same")
    func toleratedRefusal() throws {
        let server = try ScriptedNode {
            $0.text.hasPrefix("AUTH") ? .error(Self.wrongPassword) : .error("NOAUTH Authentication required.")
        }
        let settings = Self.settings {
            $0.session.credentials = .init(user: nil, password: "bad")
            $0.toleratesRefusedUser = true
        }
        let engine = Engine([server], settings)
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        #expect(try engine.value("GET foo") == .error("NOAUTH Authentication required."))
        #expect(notes == [.authenticationFailed(server.address, error: Self.wrongPassword)])
    }

    @Test(
        "Session changes made in a block apply to every connection, including the block's own",
        arguments: [
            ("SELECT 5", "SELECT 5"), ("AUTH joe secret", "AUTH joe secret"),
            ("HELLO 3 AUTH joe secret", "AUTH joe secret"),
            ("HELLO 3 AUTH joe secret SETNAME job", "CLIENT SETNAME job"),
            ("HELLO 3 SETNAME job AUTH joe secret", "AUTH joe secret"), ("HELLO 3 SETNAME job", "CLIENT SETNAME job"),
        ])
    func changedInBlock(command: String, expected: String) throws {
        let cluster = try ScriptedCluster.withBlocks()
        let engine = Engine(knowing: cluster)
        for line in ["GET bar", "MULTI", "SET foo 1", command, "EXEC", "GET foo", "GET bar"] { try engine.run(line) }
        for (node, read) in zip(cluster.nodes, ["GET bar", "GET foo"]) {
            let last = try #require(node.requests.last { $0.text == read })
            let said = node.requests.filter { $0.connection == last.connection }.map(\.text)
            #expect(said.contains(expected) || said.contains(command), "\(said)")
        }
    }

    @Test("Session changes in a block that is not carried out do not apply", arguments: ["DISCARD", "EXEC"])
    func notChangedInBlock(end: String) throws {
        let cluster = try ScriptedCluster.withBlocks { _, request in
            request.text == "EXEC" ? .error("EXECABORT Transaction discarded because of previous errors.") : nil
        }
        let engine = Engine(knowing: cluster)
        for line in ["MULTI", "SET foo 1", "SELECT 5", end, "GET bar"] { try engine.run(line) }
        #expect(engine.session.database == 0)
        #expect(cluster[0].commands == ["GET bar"])
    }

    @Test(
        "A command that is about the session is refused with a target",
        arguments: [
            "SELECT 5", "AUTH joe secret", "HELLO 3", "CLIENT SETNAME job", "RESET", "CLIENT TRACKING ON",
            "CLIENT NO-EVICT ON", "READONLY", "MULTI", "EXEC", "DISCARD", "UNWATCH",
        ], ["@all", "@masters", "@slot:1", "@random", "@127.0.0.1:1"])
    func changedAtTarget(command: String, target: String) throws {
        for answer in [nil, clusterDisabled] {
            let cluster = try ScriptedCluster(masters: 2) { _, request in
                request.text.hasPrefix("CLUSTER") ? answer : nil
            }
            let engine = Engine(knowing: cluster)
            guard case .sessionHasNoTarget = try engine.failure("\(target) \(command)") else {
                Issue.record("not refused")
                return
            }
            #expect(cluster.nodes.flatMap(\.commands).isEmpty)
            #expect(engine.session == SessionState())
        }
    }

    @Test("A refused HELLO is noted, and the session continues")
    func helloFailed() throws {
        let server = try ScriptedNode { $0.text == "HELLO 3" ? .error("ERR unknown command 'HELLO'") : .ok }
        let engine = Engine([server], Self.settings { $0.session.protocolVersion = 3 })
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        #expect(try engine.value("GET foo") == .ok)
        #expect(notes == [.helloFailed(server.address, error: "ERR unknown command 'HELLO'")])
    }

    @Test(
        "A command waits for its SELECT: if that is refused, nothing reaches the node",
        arguments: ["SET foo 1", "FLUSHDB"])
    func refusedDatabase(command: String) throws {
        let error = "ERR DB index is out of range"
        let server = try ScriptedNode { request in
            request.text.hasPrefix("SELECT") ? .later(.milliseconds(30), .error(error)) : .ok
        }
        let engine = Engine([server], Self.settings { $0.session.database = 99 })
        let refusal = CommandFailure.databaseRefused(server.address, database: 99, reason: error)
        engine.router.routesCommands = false
        #expect(try engine.failure(command) == refusal)
        #expect(try engine.failure(command) == refusal)
        #expect(server.requests.map(\.text) == ["SELECT 99", "SELECT 99"])
    }

    // MARK: A database before the user is known

    private static let noUser = "NOAUTH Authentication required."

    /// A standalone server on which a connection may do nothing before AUTH; GET tells the connection's database.
    private final class Guarded: Sendable {
        private let users = Mutex<Set<Int>>([])
        private let databases = Mutex<[Int: ByteString]>([:])

        func knows(_ connection: Int) -> Bool { users.withLock { $0.contains(connection) } }

        func answer(_ request: ScriptedNode.Request) -> ScriptedNode.Answer {
            let (words, connection) = (request.arguments, request.connection)
            if words.contains("AUTH") {
                users.withLock { _ = $0.insert(connection) }
                return .ok
            }
            guard knows(connection) else { return .error(HandshakeTests.noUser) }
            switch words[0] {
            case "CLUSTER": return clusterDisabled
            case "SELECT": databases.withLock { $0[connection] = words[1] }
            case "GET": return .value(.bulk(databases.withLock { $0[connection] } ?? "0"))
            default: break
            }
            return .ok
        }
    }

    @Test(
        "Until the server knows the user, it refuses commands, and after that they run in the session's database",
        arguments: ["AUTH secret", "HELLO 3 AUTH default secret"], [true, false])
    func databaseBeforeUser(command: String, routes: Bool) throws {
        let guarded = Guarded()
        let server = try ScriptedNode { guarded.answer($0) }
        let engine = Engine(
            [server],
            Self.settings {
                $0.session.protocolVersion = 3
                $0.session.clientName = "job"
                $0.session.database = 5
                $0.session.settings = [["CLIENT", "NO-EVICT", "ON"]]
            })
        engine.router.routesCommands = routes
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        try engine.connect()
        for line in ["GET foo", "SET foo 1", "MULTI", "WATCH foo", "CLIENT NO-TOUCH ON", "SELECT 7"] {
            #expect(try engine.value(line) == .error(Self.noUser))
        }
        // A server that has no user for the connection may have one at any moment.
        #expect(!server.requests.contains { $0.text.hasSuffix("foo") || $0.text.hasSuffix("1") || $0.text == "MULTI" })
        // As redis-cli says it.
        #expect(notes == [.settingRefused(server.address, ["SELECT", "5"], error: Self.noUser)])
        #expect(engine.session.database == 5)
        #expect(try engine.value(command) == .ok)
        #expect(try engine.value("GET foo") == .bulk("5"))
        let last = try #require(server.requests.last?.connection)
        let texts = server.requests.filter { $0.connection == last }.map(\.text)
        let rest = texts.drop { $0 != command }
        for text in ["CLIENT SETNAME job", "SELECT 5", "CLIENT NO-EVICT ON"] { #expect(rest.contains(text)) }
        server.dropConnections()
        #expect(try engine.value("GET foo") == .bulk("5"))
        try engine.run("SELECT 7")
        #expect(try engine.value("GET foo") == .bulk("7"))
    }

    @Test("Commands in flight are refused as well, and are not sent")
    func databaseBeforeUserInFlight() throws {
        let guarded = Guarded()
        let server = try ScriptedNode { guarded.answer($0) }
        let engine = Engine([server], Self.settings { $0.session.database = 5 })
        engine.router.routesCommands = false
        var replies: [String] = []
        let pipeline = Pipeline(engine, keepsReplies: true) { outcome, _, _ in
            if case .reply(let reply, _) = outcome { replies.append(String(decoding: reply, as: UTF8.self)) }
        }
        for _ in 0..<3 { #expect(pipeline.submit("GET foo")) }
        pipeline.drain()
        #expect(replies == [String](repeating: "-\(Self.noUser)\r\n", count: 3))
        #expect(server.requests.map(\.text) == ["SELECT 5"])
        try engine.run("AUTH secret")
        for _ in 0..<3 { #expect(pipeline.submit("GET foo")) }
        pipeline.drain()
        #expect(replies.dropFirst(3) == ["$1\r\n5\r\n", "$1\r\n5\r\n", "$1\r\n5\r\n"])
    }

    @Test("A subscription is refused too before the server knows the user, whatever the database")
    func subscriptionBeforeUser() throws {
        let server = try ScriptedNode { _ in .error(Self.noUser) }
        let settings = Self.settings {
            $0.session.database = 5
            $0.session.settings = [["CLIENT", "NO-EVICT", "ON"]]
        }
        let stream = try EventStream(Engine([server], settings), Command(["SUBSCRIBE", "news"]))
        guard case .message(let value, _) = stream.next() else { throw ListenedInVain() }
        #expect(value == .error(Self.noUser))
    }

    @Test("Where the user may not use the database, another user can, and the session never runs in a different one")
    func forbiddenDatabase() throws {
        let guarded = Guarded()
        let error = "NOPERM No permissions to access database"
        let server = try ScriptedNode { request in
            let isKnown = guarded.knows(request.connection)
            return request.text == "SELECT 5" && !isKnown ? .error(error) : guarded.answer(request)
        }
        let engine = Engine([server], Self.settings { $0.session.database = 5 })
        let refusal = CommandFailure.databaseRefused(server.address, database: 5, reason: error)
        #expect(throws: refusal) { try engine.connect() }
        #expect(try engine.failure("GET foo") == refusal)
        #expect(Engine([server], engine.settings).firstFailure() == refusal)
        #expect(engine.session.database == 5)
        #expect(try engine.value("AUTH secret") == .ok)
        #expect(try engine.value("GET foo") == .bulk("5"))
    }

    @Test("A database that is refused can be replaced by another")
    func otherDatabase() throws {
        let server = try ScriptedNode { $0.text == "SELECT 99" ? .error("ERR DB index is out of range") : .ok }
        let engine = Engine([server], Self.settings { $0.session.database = 99 })
        engine.router.routesCommands = false
        #expect(try engine.failure("GET foo") != nil)
        #expect(try engine.value("SELECT 2") == .ok)
        #expect(try engine.value("GET foo") == .ok)
        #expect(server.requests.map(\.text) == ["SELECT 99", "SELECT 2", "GET foo"])
    }

    @Test("SELECT in the session applies to the next connection")
    func selectIsRepeated() throws {
        let server = try ScriptedNode { $0.text == "CLUSTER SHARDS" ? clusterDisabled : .ok }
        let engine = Engine([server])
        engine.ensureTopology()
        #expect(try engine.value("SELECT 4") == .ok)
        #expect(try engine.value("GET foo") == .ok)
        server.dropConnections()
        #expect(try engine.value("GET foo") == .ok)
        #expect(
            server.requests.map { "\($0.connection) \($0.text)" } == [
                "0 CLUSTER SHARDS", "0 SELECT 4", "0 GET foo", "1 SELECT 4", "1 GET foo",
            ])
    }

    @Test("RESET takes every node back to the user that the session began with")
    func reset() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster)
        for command in ["AUTH joe secret", "GET foo", "GET bar", "RESET", "GET foo", "GET bar"] {
            try engine.run(command)
        }
        for node in cluster.nodes {
            let connections = Set(node.requests.filter { $0.text.hasPrefix("AUTH") }.map(\.connection))
            let last = try #require(node.requests.last { $0.text.hasPrefix("GET") })
            #expect(!connections.contains(last.connection))
        }
    }

    @Test("A refused SELECT changes nothing")
    func refusedSelect() throws {
        let server = try ScriptedNode { $0.text == "SELECT 99" ? .error("ERR DB index is out of range") : .ok }
        let engine = Engine([server])
        #expect(try engine.value("SELECT 99").isError)
        #expect(engine.session.database == 0)
    }

    @Test("CLIENT SETNAME is repeated on later connections")
    func nameIsRepeated() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(cluster)
        try engine.run("CLIENT SETNAME job")
        #expect(engine.session.clientName == "job")
        cluster[1].dropConnections()
        #expect(try engine.value("GET foo") == .ok)
        #expect(
            cluster[1].requests.map { "\($0.connection) \($0.text)" } == [
                "0 CLIENT SETNAME job", "1 CLIENT SETNAME job", "1 GET foo",
            ])
    }

    @Test("AUTH in the session applies to every connection, new or old")
    func typedAuthentication() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster)
        #expect(try engine.value("GET foo") == .ok)
        #expect(try engine.value("AUTH alice secret") == .ok)
        #expect(engine.session.credentials == .init(user: "alice", password: "secret"))
        #expect(try engine.value("GET foo") == .ok)
        #expect(try engine.value("GET bar") == .ok)
        #expect(cluster[0].commands == ["AUTH alice secret", "GET bar"])
        #expect(
            cluster[1].requests.map { "\($0.connection) \($0.text)" } == [
                "0 GET foo", "0 AUTH alice secret", "0 GET foo",
            ])
    }

    @Test("HELLO in the session sets version, user and name on later connections")
    func typedHello() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster)
        #expect(try engine.value("HELLO 3 AUTH alice secret SETNAME job") == .ok)
        #expect(try engine.value("GET foo") == .ok)
        #expect(cluster[1].requests.map(\.text) == ["AUTH alice secret", "HELLO 3", "CLIENT SETNAME job", "GET foo"])
    }

    @Test(
        "A setting applies to every node and to later connections until it is switched off",
        arguments: [
            "CLIENT NO-EVICT ON", "CLIENT NO-TOUCH ON", "CLIENT TRACKING ON", "CLIENT TRACKING ON BCAST PREFIX a",
            "CLIENT SETINFO LIB-NAME job", "READONLY",
        ])
    func settings(command: String) throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster)
        try engine.run("HELLO 3")
        for line in [command, "GET foo", "GET bar"] { try engine.run(line) }
        #expect(cluster[0].commands.suffix(2) == [command, "GET bar"])
        #expect(cluster[1].commands.suffix(2) == [command, "GET foo"])
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        cluster[1].dropConnections()
        try engine.run("GET foo")
        #expect(cluster[1].requests.suffix(2).map { "\($0.connection) \($0.text)" } == ["1 \(command)", "1 GET foo"])
        // Keys read on the connection that ended are no longer tracked.
        #expect(notes == (command.contains("TRACKING") ? [.trackingLost(cluster[1].address)] : []))
        guard !command.contains("SETINFO") else { return }
        let off =
            command == "READONLY"
            ? "READWRITE" : command.split(separator: " ").prefix(2).joined(separator: " ") + " OFF"
        for line in [off, "GET foo", "GET bar"] { try engine.run(line) }
        #expect(cluster[0].commands.suffix(2) == [off, "GET bar"])
        #expect(cluster[1].commands.suffix(2) == [off, "GET foo"])
        cluster[1].dropConnections()
        try engine.run("GET foo")
        #expect(cluster[1].requests.suffix(1).map { "\($0.connection) \($0.text)" } == ["2 GET foo"])
    }

    @Test("Settings add up, a connection that has some gets the rest, and RESET ends them all")
    func severalSettings() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster)
        let lines = ["CLIENT NO-EVICT ON", "GET foo", "CLIENT NO-TOUCH ON", "CLIENT NO-EVICT ON", "GET foo"]
        for line in lines { try engine.run(line) }
        #expect(cluster[1].commands == ["CLIENT NO-EVICT ON", "GET foo", "CLIENT NO-TOUCH ON", "GET foo"])
        for line in ["RESET", "GET foo"] { try engine.run(line) }
        #expect(cluster[1].commands.suffix(2) == ["GET foo", "GET foo"])
        #expect(engine.session == SessionState())
    }

    @Test("A setting that a node refuses is noted, and one that is refused right away is not kept")
    func refusedSetting() throws {
        let cluster = try ScriptedCluster(masters: 2) { node, request in
            request.text.hasPrefix("CLIENT TRACKING") || node == 1 && request.text.hasPrefix("CLIENT NO")
                ? .error("ERR no") : nil
        }
        let engine = Engine(knowing: cluster)
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        for line in ["CLIENT NO-EVICT ON", "GET foo"] { try engine.run(line) }
        #expect(notes == [.settingRefused(cluster[1].address, ["CLIENT", "NO-EVICT", "ON"], error: "ERR no")])
        try engine.run("HELLO 3")
        try engine.run("CLIENT TRACKING ON")
        #expect(engine.session.settings == [["CLIENT", "NO-EVICT", "ON"]])
    }

    @Test("Tracking that servers would accept but not carry out is refused before anything is sent")
    func untracked() throws {
        let cluster = try ScriptedCluster(masters: 2)
        let engine = Engine(knowing: cluster)
        func fault(_ line: String) throws -> SessionState.TrackingFault? {
            guard case .notTracked(let fault)? = try engine.failure(line) else { return nil }
            return fault
        }
        #expect(try fault("CLIENT TRACKING ON") == .needsRESP3)
        #expect(try fault("client tracking on redirect 0") == .needsRESP3)
        #expect(
            try engine.failure("client tracking on redirect 7")
                == .clientNeedsNode(command: "CLIENT TRACKING", isOfSession: true))
        #expect(try fault("CLIENT CACHING YES") == .cachingNeedsNode)
        #expect(cluster[0].commands.isEmpty && cluster[1].commands.isEmpty)
        for line in [
            "CLIENT TRACKING OFF", "@\(cluster[1].address) CLIENT CACHING YES", "HELLO 3",
            "CLIENT TRACKING ON OPTIN NOLOOP",
        ] {
            #expect(try fault(line) == nil)
        }
        #expect(try fault("HELLO 2") == .wouldFallSilent)
        for line in ["CLIENT TRACKING OFF", "HELLO 2"] { #expect(try fault(line) == nil) }
    }

    @Test(
        "On a standalone server, tracking may redirect to another client, and CLIENT CACHING is allowed")
    func trackingAlone() throws {
        let server = try ScriptedNode { $0.text == "CLUSTER SHARDS" ? clusterDisabled : .ok }
        let engine = Engine([server])
        for line in ["CLIENT TRACKING ON REDIRECT 7", "CLIENT CACHING YES", "HELLO 2"] { try engine.run(line) }
        guard case .notTracked(.needsRESP3)? = try engine.failure("CLIENT TRACKING ON") else {
            Issue.record("not refused")
            return
        }
    }
}
