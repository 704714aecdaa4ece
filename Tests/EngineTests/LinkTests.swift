import Clock
import Glibc
import RESP
import Routing
import Synchronization
import TestSupport
import Testing

@testable import Engine
@testable import Transport

/// One connection against the quirks of the system and of its peer.
struct LinkTests {
    private static func link(
        to port: Int, host: String = "127.0.0.1", timeout: Double = 2, syscalls: Syscalls = .system
    ) -> Link {
        link(to: NodeAddress(host: host, port: port), timeout: timeout, syscalls: syscalls)
    }

    private static func link(to address: NodeAddress, timeout: Double = 2, syscalls: Syscalls = .system) -> Link {
        var settings = ConnectionSettings()
        settings.connectTimeout = timeout
        settings.syscalls = syscalls
        return Link(to: address, number: 1, settings: settings)
    }

    private static func ping(_ link: Link) {
        link.send(["PING"], ticket: 0)
        link.flush()
    }

    /// Runs a connection until a reply has arrived or the connection has failed.
    private static func nextReply(on link: Link, within seconds: Double = 60) -> RESPValue? {
        let deadline = Instant(seconds: seconds)
        while !deadline.hasPassed {
            switch link.receive() {
            case .reply(_, let value), .push(let value): return value
            case .part, .note, .bytes, nil: break
            }
            guard let interest = link.interest() else { return nil }
            _ = Poller.wait([interest], until: min(deadline, link.connectDeadline))
            link.progress()
        }
        return nil
    }

    @Test("A peer that acknowledges nothing is given up on long before the system would")
    func userTimeout() throws {
        let node = try ScriptedNode()
        let link = Self.link(to: node.address)
        Self.ping(link)
        #expect(Self.nextReply(on: link) == .ok)
        var timeouts: [CInt] = []
        for descriptor in 3..<CInt(1024) {
            var peer = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isFound = withUnsafeMutablePointer(to: &peer) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &size) == 0 }
            }
            guard isFound, Int(UInt16(bigEndian: peer.sin_port)) == node.port else { continue }
            var timeout: CInt = 0
            size = socklen_t(MemoryLayout<CInt>.size)
            getsockopt(descriptor, CInt(IPPROTO_TCP), TCP_USER_TIMEOUT, &timeout, &size)
            timeouts.append(timeout)
        }
        #expect(timeouts == [30_000])
    }

    /// A socket to a name with several addresses, once it is connected or has failed.
    private static func socket(toEachOf ports: [Int], timeout: Double) -> Socket {
        var syscalls = Syscalls.system
        syscalls.resolve = { _, _ throws(TransportError) in
            var addresses: [SocketAddress] = []
            for port in ports { addresses += try SocketAddress.resolve(host: "127.0.0.1", port: port) }
            return addresses
        }
        let socket = Socket(host: "cluster.test", port: 0, connectTimeout: timeout, syscalls: syscalls)
        while !socket.isOpen, let interest = socket.interest(reads: true, writes: false) {
            _ = Poller.wait([interest], until: socket.connectDeadline)
            socket.progress()
        }
        return socket
    }

    // MARK: The system

    /// System calls that move at most `step` bytes, and are interrupted or not ready every other time.
    private static func reluctant(step: Int) -> Syscalls {
        let calls = Atomic(0)
        @Sendable func refuses() -> Bool {
            let call = calls.add(1, ordering: .relaxed).newValue
            errno = call % 4 == 1 ? EINTR : EAGAIN
            return call % 2 == 1
        }
        var syscalls = Syscalls.system
        syscalls.receive = { descriptor, buffer in
            refuses() ? -1 : recv(descriptor, buffer.baseAddress, min(step, buffer.count), 0)
        }
        syscalls.send = { descriptor, buffer in
            refuses() ? -1 : send(descriptor, buffer.baseAddress, min(step, buffer.count), Int32(MSG_NOSIGNAL))
        }
        return syscalls
    }

    @Test("Short, interrupted and unready calls neither lose nor duplicate anything", arguments: [1, 7, 4096])
    func survivesReluctantSystem(step: Int) throws {
        let node = try ScriptedNode { .value(.array($0.arguments.map(RESPValue.bulk))) }
        let link = Self.link(to: node.port, syscalls: Self.reluctant(step: step))
        var random = SeededRandom(seed: UInt64(step))
        let commands = (1...5).map { number in
            [ByteString("ECHO"), ByteString(random.bytes(number * min(step * 200, 20_000)))]
        }
        for command in commands {
            link.send(command, ticket: 0)
            link.flush()
        }
        for command in commands {
            #expect(Self.nextReply(on: link) == .array(command.map(RESPValue.bulk)))
        }
        #expect(link.isIdle)
        #expect(link.failure == nil)
        #expect(link.unsentCount == 0)
        #expect(node.requests.map(\.arguments) == commands)
    }

    @Test("A reply sent before the server closed is read even if a write finds the pipe broken")
    func readsBehindBrokenPipe() throws {
        let node = try ScriptedNode { _ in .error("ERR max number of clients reached") }
        let isBroken = Atomic(false)
        var syscalls = Syscalls.system
        syscalls.receive = { descriptor, buffer in
            guard !isBroken.load(ordering: .relaxed) else { return Syscalls.system.receive(descriptor, buffer) }
            errno = EAGAIN
            return -1
        }
        syscalls.send = { descriptor, buffer in
            guard isBroken.load(ordering: .relaxed) else { return Syscalls.system.send(descriptor, buffer) }
            errno = EPIPE
            return -1
        }
        let link = Self.link(to: node.port, syscalls: syscalls)
        Self.ping(link)
        while link.sentCount == 0 {
            let interest = try #require(link.interest())
            _ = Poller.wait([interest], until: .never)
            link.progress()
        }
        // When the next write fails, the reply is in the socket but not read yet.
        let interest = try #require(link.interest())
        #expect(!Poller.wait([interest], until: Instant(seconds: 5)).isEmpty)
        isBroken.store(true, ordering: .relaxed)
        Self.ping(link)
        #expect(link.failure == .system(EPIPE))
        #expect(Self.nextReply(on: link) == .error("ERR max number of clients reached"))
        // Nothing of the second command was sent.
        #expect(link.abandon().map(\.mayHaveRun) == [false])
        #expect(link.interest() == nil)
    }

    @Test("A failed read ends the connection with the system's error code")
    func failsWithRead() throws {
        let node = try ScriptedNode()
        var syscalls = Syscalls.system
        syscalls.receive = { _, _ in
            errno = ECONNRESET
            return -1
        }
        let link = Self.link(to: node.port, syscalls: syscalls)
        Self.ping(link)
        #expect(Self.nextReply(on: link) == nil)
        #expect(link.failure == .system(ECONNRESET))
        #expect(link.failure?.reason == "Connection reset by peer")
    }

    // MARK: Connecting

    @Test("A refused connection is reported in the system's words, and nothing was written")
    func refused() throws {
        let node = try ScriptedNode()
        node.stop()
        let link = Self.link(to: node.port)
        Self.ping(link)
        #expect(Self.nextReply(on: link) == nil)
        #expect(link.failure == .system(ECONNREFUSED))
        #expect(link.failure?.reason == "Connection refused")
        #expect(link.abandon().map(\.mayHaveRun) == [false])
    }

    @Test("A host that does not answer is given up on after the connect timeout")
    func timesOut() throws {
        let listener = try Listener.full()
        let link = Self.link(to: listener.port, timeout: 0.2)
        Self.ping(link)
        #expect(Self.nextReply(on: link) == nil)
        #expect(link.failure == .timedOut)
    }

    @Test("A name without an address fails in the resolver's words")
    func unresolved() {
        let link = Self.link(to: 1, host: "no-such-host.invalid")
        Self.ping(link)
        #expect(Self.nextReply(on: link) == nil)
        guard case .unresolved(let reason) = link.failure else {
            Issue.record("\(String(describing: link.failure))")
            return
        }
        #expect(!reason.isEmpty)
        #expect(link.interest() == nil)
    }

    @Test("A name is looked up while the loop runs, and the connection goes to the result")
    func resolves() throws {
        let node = try ScriptedNode()
        var syscalls = Syscalls.system
        syscalls.resolve = { _, port throws(TransportError) in
            usleep(50_000)
            return try SocketAddress.resolve(host: "127.0.0.1", port: port)
        }
        let link = Self.link(to: node.port, host: "node.test", syscalls: syscalls)
        Self.ping(link)
        #expect(!link.wasOpen && link.failure == nil)
        #expect(Self.nextReply(on: link) == .ok)
    }

    @Test("A name server that does not answer is given up on after the connect timeout")
    func lookupTimesOut() {
        let resolver = SilentResolver()
        let link = Self.link(to: 1, host: "node.test", timeout: 0.1, syscalls: resolver.syscalls())
        Self.ping(link)
        #expect(Self.nextReply(on: link) == nil)
        #expect(link.failure == .unresolved("No answer from name resolution"))
        #expect(link.abandon().map(\.mayHaveRun) == [false])
    }

    @Test("An address as a host needs no resolver", arguments: ["127.0.0.1", "::1"])
    func needsNoResolver(host: String) throws {
        let resolver = SilentResolver()
        let link = Self.link(to: 1, host: host, timeout: 30, syscalls: resolver.syscalls())
        Self.ping(link)
        #expect(Self.nextReply(on: link) == nil)
        #expect(resolver.calls == 0)
        #expect(link.failure != nil)
    }

    @Test("Every address of a name is tried in turn", arguments: [false, true])
    func triesEveryAddress(isSilent: Bool) throws {
        let node = try ScriptedNode()
        let full = try Listener.full()
        let stopped = try ScriptedNode()
        stopped.stop()
        let socket = Self.socket(toEachOf: [isSilent ? full.port : stopped.port, node.port], timeout: 0.2)
        #expect(socket.isOpen)
        #expect(socket.connectDeadline == .never)
    }

    @Test("When no address answers, the last one's failure is reported")
    func noAddressAnswers() throws {
        let full = try Listener.full()
        let stopped = try ScriptedNode()
        stopped.stop()
        #expect(Self.socket(toEachOf: [full.port, stopped.port], timeout: 0.1).failure == .system(ECONNREFUSED))
    }

    @Test("IPv6 works")
    func reachesIPv6() throws {
        let listener = try Listener.onIPv6()
        let link = Self.link(to: listener.port, host: "::1")
        Self.ping(link)
        link.progress()
        listener.serveOnce("+PONG\r\n")
        #expect(Self.nextReply(on: link) == .status("PONG"))
    }

    @Test("A unix socket works, and one that does not exist fails")
    func reachesUnixSocket() throws {
        let path = "/tmp/slotline-test-\(getpid()).sock"
        defer { unlink(path) }
        let missing = Self.link(to: NodeAddress(socketPath: path))
        #expect(missing.failure == .system(ENOENT))
        let listener = try Listener.onUnixSocket(path: path)
        let link = Self.link(to: NodeAddress(socketPath: path))
        Self.ping(link)
        link.progress()
        listener.serveOnce("+PONG\r\n")
        #expect(Self.nextReply(on: link) == .status("PONG"))
        #expect(Self.nextReply(on: link) == nil)
        #expect(link.failure == .closed)
        #expect(
            Self.link(to: NodeAddress(socketPath: String(repeating: "x", count: 200))).failure
                == .system(ENAMETOOLONG))
    }

    // MARK: The peer

    @Test("Nothing of a block is sent when its MULTI is refused; what follows the block is")
    func refusedBlock() throws {
        let node = try ScriptedNode { $0.text == "MULTI" ? .error("NOPERM no MULTI") : .ok }
        let link = Self.link(to: node.port)
        link.send(["MULTI"], ticket: 1, as: .opening)
        for command in [["SET", "a", "1"], ["EXEC"]] as [[ByteString]] { link.send(command, ticket: 1) }
        link.send(["PING"], ticket: 2)
        link.flush()
        let replies = (0..<4).map { _ in Self.nextReply(on: link) }
        #expect(replies.prefix(3).allSatisfy { $0 == .error("NOPERM no MULTI") })
        #expect(replies.last == .ok)
        #expect(node.requests.map(\.text) == ["MULTI", "PING"])
        #expect(link.isIdle)
    }

    @Test("A reply may arrive in single bytes")
    func readsSingleBytes() throws {
        let node = try ScriptedNode { _ in .singleBytes(Array("*2\r\n$3\r\nfoo\r\n:42\r\n".utf8)) }
        let link = Self.link(to: node.port)
        Self.ping(link)
        #expect(Self.nextReply(on: link) == .array([.bulk("foo"), .integer(42)]))
    }

    @Test("Half a reply is not a reply; a whole one before the end still is")
    func closeMidReply() throws {
        let node = try ScriptedNode { _ in .sequence([.text("+first\r\n$10\r\nhalf"), .close]) }
        let link = Self.link(to: node.port)
        Self.ping(link)
        #expect(Self.nextReply(on: link) == .status("first"))
        #expect(Self.nextReply(on: link) == nil)
        #expect(link.failure == .closed)
    }

    @Test("Bytes that are not RESP end the connection")
    func garbage() throws {
        let node = try ScriptedNode { _ in .text("HTTP/1.1 400 Bad Request\r\n\r\n") }
        let link = Self.link(to: node.port)
        Self.ping(link)
        #expect(Self.nextReply(on: link) == nil)
        #expect(link.failure == .violation(.unknownType(UInt8(ascii: "H"))))
        #expect(link.interest() == nil)
    }

    @Test("A closed connection neither accepts nor returns anything")
    func close() throws {
        let node = try ScriptedNode()
        let link = Self.link(to: node.port)
        link.close()
        Self.ping(link)
        link.progress()
        #expect(link.failure == .closed)
        #expect(link.sentCount == 0)
        #expect(Self.nextReply(on: link) == nil)
    }
}
