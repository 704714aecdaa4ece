import Engine
import Foundation
import RESP
import Routing
import Synchronization
import TestSupport
import Testing

/// Passwords that change during the session.
struct TokenTests {
    private static let refusal = "WRONGPASS invalid username-password pair or user is disabled."

    /// The first line of a file, which the test changes, and the token that a server accepts.
    private final class Secret: Sendable {
        let path = FileManager.default.temporaryDirectory.appending(path: "slotline-token-\(UUID())").path
        private let valid = Mutex("")

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }

        var expected: String {
            get { valid.withLock { $0 } }
            set { valid.withLock { $0 = newValue } }
        }

        func write(_ token: String) {
            _ = FileManager.default.createFile(atPath: path, contents: Data("\(token)\r\nmore\n".utf8))
        }
    }

    private static func settings(_ origin: TokenSource.Origin) -> ConnectionSettings {
        var settings = ConnectionSettings()
        settings.session.credentials = .init(user: "joe")
        settings.tokens = TokenSource(origin)
        return settings
    }

    /// A server that accepts the secret's token, and nothing before it.
    private static func server(_ secret: Secret) throws -> ScriptedNode {
        let strangers = Mutex<Set<Int>>([])
        return try ScriptedNode { request in
            if request.text.hasPrefix("AUTH") {
                let isKnown = request.text == "AUTH joe \(secret.expected)"
                strangers.withLock { connections in
                    if isKnown {
                        connections.remove(request.connection)
                    } else {
                        connections.insert(request.connection)
                    }
                }
                return isKnown ? .ok : .error(refusal)
            }
            if request.text == "FORGET" { _ = strangers.withLock { $0.insert(request.connection) } }
            if strangers.withLock({ $0.contains(request.connection) }), request.text != "FORGET" {
                return .error("NOAUTH Authentication required.")
            }
            return request.text == "CLUSTER SHARDS" ? clusterDisabled : .ok
        }
    }

    private static func origins(_ secret: Secret) -> [TokenSource.Origin] {
        let path = ByteString(secret.path)
        return [.file(path), .command("cat " + path, longestAge: 600)]
    }

    @Test("A command whose token is refused is run again at most twice")
    func refusedCommand() throws {
        let secret = Secret()
        secret.expected = "other"
        let server = try Self.server(secret)
        let folder = try TemporaryFolder()
        let runs = "\(folder.path)/runs"
        let command = ByteString("echo x >> \(runs); echo token")
        let engine = Engine([server], Self.settings(.command(command, longestAge: 600)))
        #expect(try engine.failure("GET foo")?.isAboutCredentials == true)
        #expect(try String(contentsOfFile: runs, encoding: .utf8).count { $0 == "x" } <= 3)
    }

    @Test(
        "A replaced token is fetched again on the connection that was refused, and nothing runs before that",
        arguments: [
            [], ["HELLO 3"], ["CLIENT SETNAME job"], ["SELECT 5"], ["CLIENT NO-EVICT ON"],
            ["HELLO 3", "CLIENT SETNAME job", "SELECT 5", "CLIENT NO-EVICT ON", "CLIENT NO-TOUCH ON"],
        ])
    func replaced(steps: [String]) throws {
        for index in 0..<2 {
            let secret = Secret()
            secret.write("one")
            secret.expected = "one"
            let server = try Self.server(secret)
            var settings = Self.settings(Self.origins(secret)[index])
            for step in steps {
                let words = step.split(separator: " ").map { ByteString(String($0)) }
                switch words[0] {
                case "HELLO": settings.session.protocolVersion = 3
                case "SELECT": settings.session.database = 5
                case _ where words[1] == "SETNAME": settings.session.clientName = words[2]
                default: settings.session.settings.append(words)
                }
            }
            let engine = Engine([server], settings)
            #expect(try engine.value("SET foo 1") == .ok)
            secret.write("two")
            secret.expected = "two"
            server.dropConnections()
            var notes: [Note] = []
            engine.onNote = { notes.append($0) }
            #expect(try engine.value("SET foo 2") == .ok)
            let handshake = ["AUTH joe two"] + steps + ["SET foo 2"]
            let last = server.requests.filter { $0.connection == 1 }.map(\.text)
            #expect(last.suffix(handshake.count) == handshake[...], "\(last)")
            #expect(last.filter { $0 == "SET foo 2" }.count == 1)
            #expect(notes.isEmpty)
            // Steps that were not sent the first time are not left over.
            try engine.run("CLIENT NO-TOUCH ON")
            #expect(try engine.value("SET foo 3") == .ok)
        }
    }

    @Test("A connection that has lost its user authenticates again; what it refused is resent, in order")
    func lostUser() throws {
        let secret = Secret()
        secret.write("one")
        secret.expected = "one"
        let server = try Self.server(secret)
        let engine = Engine([server], Self.settings(.command(ByteString("cat \(secret.path)"), longestAge: 600)))
        engine.ensureTopology()
        try engine.run("FORGET")
        secret.write("two")
        secret.expected = "two"
        #expect(try engine.value("RPUSH foo 0") == .ok)
        try engine.run("FORGET")
        var replies: [String] = []
        let pipeline = Pipeline(engine, keepsReplies: true) { outcome, _, _ in
            if case .reply(let bytes, _) = outcome { replies.append(String(decoding: bytes, as: UTF8.self)) }
        }
        for index in 1...9 { #expect(pipeline.submit("RPUSH foo \(index)", line: index)) }
        pipeline.drain()
        #expect(replies == Array(repeating: "+OK\r\n", count: 9))
        // All on one connection, and each command's last run is in order.
        #expect(server.connectionCount == 1)
        let pushes = server.requests.map(\.text).filter { $0.hasPrefix("RPUSH") }
        #expect(pushes.suffix(9) == (1...9).map { "RPUSH foo \($0)" }[...])
    }

    @Test("NOAUTH is the reply when there is no user, and when the server keeps saying it")
    func noUser() throws {
        let error = "NOAUTH Authentication required."
        let server = try ScriptedNode { $0.text.hasPrefix("AUTH") ? .ok : .error(error) }
        #expect(try Engine([server]).value("SET foo 1") == .error(error))
        #expect(server.requests.count { $0.text == "SET foo 1" } == 1)
        let secret = Secret()
        secret.write("one")
        #expect(try Engine([server], Self.settings(.file(ByteString(secret.path)))).value("SET foo 1") == .error(error))
        #expect(server.requests.count { $0.text == "SET foo 1" } == 3)
    }

    @Test("A token that is still refused is reported, and no command was sent")
    func refused() throws {
        let secret = Secret()
        secret.write("one")
        let server = try ScriptedNode { $0.text.hasPrefix("AUTH") ? .error(Self.refusal) : .ok }
        let engine = Engine([server], Self.settings(.file(ByteString(secret.path))))
        #expect(try engine.failure("SET foo 1") == .userRefused(server.address, reason: Self.refusal))
        #expect(server.requests.allSatisfy { $0.text == "AUTH joe one" })
        // The user can still authenticate as someone else.
        server.answer { _ in .ok }
        #expect(try engine.value("AUTH other word") == .ok)
        #expect(try engine.value("SET foo 1") == .ok)
    }

    @Test(
        "Without a password nothing is sent, and the failure says why",
        arguments: [
            (.file("/nonexistent/token"), .unreadable("/nonexistent/token", reason: "No such file or directory")),
            (.file("/dev/null"), .empty(isFile: true)), (.command("true", longestAge: 0), .empty(isFile: false)),
            (.command("echo; echo late", longestAge: 0), .empty(isFile: false)),
            (.command("echo one; exit 3", longestAge: 0), .commandFailed(status: 3)),
            (.command("kill -9 $$", longestAge: 0), .commandFailed(status: 137)),
        ] as [(TokenSource.Origin, CommandFailure.PasswordFault)])
    func noPassword(origin: TokenSource.Origin, expected: CommandFailure.PasswordFault) throws {
        let server = try ScriptedNode()
        let other = try ScriptedNode()
        let engine = Engine([server, other], Self.settings(origin))
        #expect(try engine.failure("SET foo 1") == .noPassword(expected))
        engine.router.routesCommands = false
        #expect(try engine.pipelinedFailure("SET foo 1") == .noPassword(expected))
        #expect(server.requests.isEmpty)
    }

    @Test("A password command runs again for a new connection once its output has aged, and not before")
    func age() throws {
        for (age, runs) in [(600.0, 1), (0.0, 3)] {
            let secret = Secret()
            let server = try ScriptedNode()
            let command = ByteString("echo x >> \(secret.path); wc -l < \(secret.path)")
            let engine = Engine([server], Self.settings(.command(command, longestAge: age)))
            engine.router.routesCommands = false
            for _ in 0..<3 {
                try engine.run("GET foo")
                server.dropConnections()
            }
            let said = server.requests.map(\.text).filter { $0.hasPrefix("AUTH") }
            #expect(said == (0..<3).map { "AUTH joe \(min($0 + 1, runs))" })
        }
    }

    @Test("A process that a password command leaves running is not waited for; a pipe is read once, and its token kept")
    func oddOrigins() throws {
        let server = try ScriptedNode()
        let left = Engine([server], Self.settings(.command("sleep 30 & echo one", longestAge: 0)))
        #expect(try left.value("GET foo") == .ok)
        let secret = Secret()
        mkfifo(secret.path, 0o600)
        let writer = open(secret.path, O_RDWR)
        defer { close(writer) }
        write(writer, "one\n", 4)
        let engine = Engine([server], Self.settings(.file(ByteString(secret.path))))
        for _ in 0..<2 {
            #expect(try engine.value("GET foo") == .ok)
            server.dropConnections()
        }
        #expect(
            server.requests.map(\.text).filter { $0.hasPrefix("AUTH") } == Array(repeating: "AUTH joe one", count: 3))
    }

    @Test("A user given in the session applies to every connection, whatever the token")
    func typed() throws {
        let secret = Secret()
        secret.write("one")
        secret.expected = "one"
        let server = try ScriptedNode()
        let engine = Engine([server], Self.settings(.file(ByteString(secret.path))))
        for command in ["AUTH ann word", "GET foo"] { try engine.run(command) }
        server.dropConnections()
        try engine.run("GET foo")
        #expect(server.requests.last { $0.text.hasPrefix("AUTH") }?.text == "AUTH ann word")
        for command in ["RESET", "GET foo"] { try engine.run(command) }
        #expect(server.requests.last { $0.text.hasPrefix("AUTH") }?.text == "AUTH joe one")
    }
}
