import Clock
import Glibc
import RESP
import Synchronization
import TestSupport
import Testing

@testable import Transport

/// One socket against the oddities of the system and of its peer.
struct ConnectionTests {
    private static let ping: [UInt8] = Array("*1\r\n$4\r\nPING\r\n".utf8)

    private static func connection(
        to port: Int, host: String = "127.0.0.1", timeout: Double = 2, syscalls: Syscalls = .system
    ) -> Connection {
        Connection(host: host, port: port, connectTimeout: timeout, syscalls: syscalls)
    }

    /// A connection to a name with several addresses.
    private static func connection(toEachOf ports: [Int], timeout: Double) -> Connection {
        Connection(connectTimeout: timeout, syscalls: .system) { () throws(TransportError) in
            var addresses: [SocketAddress] = []
            for port in ports { addresses += try SocketAddress.resolve(host: "127.0.0.1", port: port) }
            return addresses
        }
    }

    /// Runs a connection until a reply is there or the connection has failed.
    private static func nextReply(on connection: Connection, within seconds: Double = 5) -> RESPValue? {
        let deadline = Deadline(seconds: seconds)
        while !deadline.hasPassed {
            if let value = connection.nextReply() { return value }
            guard let interest = connection.interest else { return nil }
            _ = Poller.wait([interest], until: min(deadline, connection.connectDeadline))
            connection.progress()
        }
        return nil
    }

    // MARK: The system

    /// Calls that move at most `step` bytes, and that are interrupted or not ready every other time.
    private static func reluctant(step: Int) -> Syscalls {
        let calls = Atomic(0)
        @Sendable func refuses() -> Bool {
            let call = calls.add(1, ordering: .relaxed).newValue
            errno = call % 4 == 1 ? EINTR : EAGAIN
            return call % 2 == 1
        }
        return Syscalls(
            receive: { descriptor, buffer in
                refuses() ? -1 : recv(descriptor, buffer.baseAddress, min(step, buffer.count), 0)
            },
            send: { descriptor, buffer in
                refuses() ? -1 : send(descriptor, buffer.baseAddress, min(step, buffer.count), Int32(MSG_NOSIGNAL))
            })
    }

    @Test("Short, interrupted and unready calls lose and double nothing", arguments: [1, 7, 4096])
    func survivesReluctantSystem(step: Int) throws {
        let node = try ScriptedNode { .value(.array($0.arguments.map(RESPValue.bulk))) }
        let connection = Self.connection(to: node.port, syscalls: Self.reluctant(step: step))
        var random = SeededRandom(seed: UInt64(step))
        let commands = (1...5).map { number in
            [ByteString("ECHO"), ByteString(random.bytes(number * min(step * 200, 20_000)))]
        }
        for command in commands {
            var bytes: [UInt8] = []
            RESPEncoder.append(command, to: &bytes)
            connection.send(bytes)
            connection.flush()
        }
        for command in commands {
            #expect(Self.nextReply(on: connection) == .array(command.map(RESPValue.bulk)))
        }
        #expect(connection.isQuiet)
        #expect(connection.failure == nil)
        #expect(connection.writtenCount == connection.queuedCount)
        #expect(node.requests.map(\.arguments) == commands)
    }

    @Test("What the server said before it closed is read although a write finds the pipe broken")
    func readsBehindBrokenPipe() throws {
        let node = try ScriptedNode { _ in .error("ERR max number of clients reached") }
        let isBroken = Atomic(false)
        let syscalls = Syscalls(
            receive: { descriptor, buffer in
                guard !isBroken.load(ordering: .relaxed) else { return Syscalls.system.receive(descriptor, buffer) }
                errno = EAGAIN
                return -1
            },
            send: { descriptor, buffer in
                guard isBroken.load(ordering: .relaxed) else { return Syscalls.system.send(descriptor, buffer) }
                errno = EPIPE
                return -1
            })
        let connection = Self.connection(to: node.port, syscalls: syscalls)
        connection.send(Self.ping)
        connection.flush()
        while connection.writtenCount == 0 {
            let interest = try #require(connection.interest)
            _ = Poller.wait([interest], until: .never)
            connection.progress()
        }
        // The reply is in the socket, and not read yet, when the next write fails.
        let interest = try #require(connection.interest)
        #expect(!Poller.wait([interest], until: Deadline(seconds: 5)).isEmpty)
        isBroken.store(true, ordering: .relaxed)
        connection.send(Self.ping)
        connection.flush()
        #expect(connection.failure == .system(EPIPE))
        #expect(connection.nextReply() == .error("ERR max number of clients reached"))
        #expect(connection.writtenCount == Self.ping.count)
        #expect(connection.queuedCount == 2 * Self.ping.count)
        #expect(connection.interest == nil)
    }

    @Test("A read that fails ends the connection with the system's code")
    func failsWithRead() throws {
        let node = try ScriptedNode()
        let syscalls = Syscalls(
            receive: { _, _ in
                errno = ECONNRESET
                return -1
            },
            send: Syscalls.system.send)
        let connection = Self.connection(to: node.port, syscalls: syscalls)
        connection.send(Self.ping)
        connection.flush()
        #expect(Self.nextReply(on: connection) == nil)
        #expect(connection.failure == .system(ECONNRESET))
        #expect(connection.failure?.reason == "Connection reset by peer")
    }

    // MARK: Connecting

    @Test("A refused connection is told with the system's words, and nothing was written")
    func refused() throws {
        let node = try ScriptedNode()
        node.stop()
        let connection = Self.connection(to: node.port)
        connection.send(Self.ping)
        connection.flush()
        #expect(Self.nextReply(on: connection) == nil)
        #expect(connection.failure == .system(ECONNREFUSED))
        #expect(connection.failure?.reason == "Connection refused")
        #expect(connection.writtenCount == 0)
    }

    @Test("A host that does not answer is given up after the connect time-out")
    func timesOut() throws {
        let listener = try Listener.full()
        let start = Deadline.now
        let connection = Self.connection(to: listener.port, timeout: 0.2)
        connection.send(Self.ping)
        connection.flush()
        #expect(Self.nextReply(on: connection) == nil)
        #expect(connection.failure == .timedOut)
        #expect(0.2..<1 ~= start.secondsAgo)
    }

    @Test("A name without an address fails at once with the resolver's words")
    func unresolved() {
        let connection = Self.connection(to: 1, host: "no-such-host.invalid")
        guard case .unresolved(let reason) = connection.failure else {
            Issue.record("\(String(describing: connection.failure))")
            return
        }
        #expect(!reason.isEmpty)
        #expect(connection.interest == nil)
    }

    @Test("Every address of a name is tried in turn", arguments: [false, true])
    func triesEveryAddress(isSilent: Bool) throws {
        let node = try ScriptedNode()
        let full = try Listener.full()
        let stopped = try ScriptedNode()
        stopped.stop()
        let connection = Self.connection(toEachOf: [isSilent ? full.port : stopped.port, node.port], timeout: 0.2)
        connection.send(Self.ping)
        connection.flush()
        #expect(Self.nextReply(on: connection) == .ok)
        #expect(connection.connectDeadline == .never)
    }

    @Test("When no address answers, the last one's failure is told")
    func noAddressAnswers() throws {
        let full = try Listener.full()
        let stopped = try ScriptedNode()
        stopped.stop()
        let connection = Self.connection(toEachOf: [full.port, stopped.port], timeout: 0.1)
        #expect(Self.nextReply(on: connection) == nil)
        #expect(connection.failure == .system(ECONNREFUSED))
    }

    @Test("IPv6")
    func reachesIPv6() throws {
        let listener = try Listener.onIPv6()
        let connection = Self.connection(to: listener.port, host: "::1")
        connection.send(Self.ping)
        connection.flush()
        connection.progress()
        listener.serveOnce("+PONG\r\n")
        #expect(Self.nextReply(on: connection) == .status("PONG"))
    }

    @Test("A unix socket, and one that is not there")
    func reachesUnixSocket() throws {
        let path = "/tmp/slotline-test-\(getpid()).sock"
        defer { unlink(path) }
        let missing = Connection(socketPath: path, connectTimeout: 1)
        #expect(missing.failure == .system(ENOENT))
        let listener = try Listener.onUnixSocket(path: path)
        let connection = Connection(socketPath: path, connectTimeout: 1)
        connection.send(Self.ping)
        connection.flush()
        connection.progress()
        listener.serveOnce("+PONG\r\n")
        #expect(Self.nextReply(on: connection) == .status("PONG"))
        #expect(Self.nextReply(on: connection) == nil)
        #expect(connection.failure == .closed)
        #expect(
            Connection(socketPath: String(repeating: "x", count: 200), connectTimeout: 1).failure
                == .system(ENAMETOOLONG))
    }

    // MARK: The peer

    @Test("A reply may come in single bytes")
    func readsSingleBytes() throws {
        let node = try ScriptedNode { _ in .singleBytes(Array("*2\r\n$3\r\nfoo\r\n:42\r\n".utf8)) }
        let connection = Self.connection(to: node.port)
        connection.send(Self.ping)
        connection.flush()
        #expect(Self.nextReply(on: connection) == .array([.bulk("foo"), .integer(42)]))
    }

    @Test("Half a reply is no reply; a whole one in front of the end still is")
    func closeMidReply() throws {
        let node = try ScriptedNode { _ in .sequence([.text("+first\r\n$10\r\nhalf"), .close]) }
        let connection = Self.connection(to: node.port)
        connection.send(Self.ping)
        connection.flush()
        #expect(Self.nextReply(on: connection) == .status("first"))
        #expect(Self.nextReply(on: connection) == nil)
        #expect(connection.failure == .closed)
    }

    @Test("What is no RESP ends the connection")
    func garbage() throws {
        let node = try ScriptedNode { _ in .text("HTTP/1.1 400 Bad Request\r\n\r\n") }
        let connection = Self.connection(to: node.port)
        connection.send(Self.ping)
        connection.flush()
        #expect(Self.nextReply(on: connection) == nil)
        #expect(connection.failure == .violation(.unknownType(UInt8(ascii: "H"))))
        #expect(connection.interest == nil)
    }

    @Test("A closed connection takes and gives nothing more")
    func close() throws {
        let node = try ScriptedNode()
        let connection = Self.connection(to: node.port)
        connection.close()
        connection.send(Self.ping)
        connection.flush()
        connection.progress()
        #expect(connection.failure == .closed)
        #expect(connection.queuedCount == 0)
        #expect(connection.nextReply() == nil)
    }
}
