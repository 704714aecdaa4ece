package import Clock
import Glibc
package import RESP

/// One socket to one server: bytes go out and replies come in, in order, without ever blocking.
///
/// The owner polls `interest`, calls ``progress()`` when the socket is ready or ``connectDeadline`` has passed, and takes
/// replies with ``nextReply()``.
package final class Connection {
    private static let readSize = 128 << 10

    private var descriptor: FileDescriptor?
    /// Addresses of the name that were not tried yet.
    private var addresses: ArraySlice<SocketAddress>
    private let connectTimeout: Double
    private let syscalls: Syscalls
    private var parser = RESPParser()
    private var outgoing: [UInt8] = []
    private var outgoingStart = 0
    private var isConnecting = true

    /// Why the connection is of no more use; nil while it is.
    package private(set) var failure: TransportError?
    /// True when the connection was made, whatever became of it.
    package var wasOpen: Bool { !isConnecting }
    /// When the present attempt to connect is given up.
    package private(set) var connectDeadline = Deadline.never
    /// Bytes handed to ``send(_:)`` and bytes the system has taken, both since the beginning.
    package private(set) var queuedCount = 0
    package private(set) var writtenCount = 0

    /// Begins to connect to the first address of a host; the others are tried in turn.
    ///
    /// - Parameters:
    ///   - family: whose addresses are tried first; nil for the resolver's order.
    ///   - connectTimeout: seconds for each address.
    package convenience init(
        host: String, port: Int, preferring family: AddressFamily? = nil, connectTimeout: Double,
        syscalls: Syscalls = .system
    ) {
        self.init(connectTimeout: connectTimeout, syscalls: syscalls) { () throws(TransportError) in
            let addresses = try SocketAddress.resolve(host: host, port: port)
            guard let family else { return addresses }
            return addresses.filter { $0.family == family.number } + addresses.filter { $0.family != family.number }
        }
    }

    /// Connects to a unix socket.
    package convenience init(socketPath: String, connectTimeout: Double, syscalls: Syscalls = .system) {
        self.init(connectTimeout: connectTimeout, syscalls: syscalls) { () throws(TransportError) in
            [try SocketAddress.unix(path: socketPath)]
        }
    }

    init(
        connectTimeout: Double, syscalls: Syscalls, resolve: () throws(TransportError) -> [SocketAddress]
    ) {
        self.connectTimeout = connectTimeout
        self.syscalls = syscalls
        addresses = []
        do {
            addresses = try resolve()[...]
            connectNext(after: .closed)
        } catch {
            failure = error
        }
    }

    /// What to poll for; nil when the connection is of no more use.
    package var interest: Poller.Interest? {
        guard failure == nil, let number = descriptor?.number else { return nil }
        return Poller.Interest(descriptor: number, reads: !isConnecting, writes: isConnecting || hasOutgoing)
    }

    private var hasOutgoing: Bool { outgoingStart < outgoing.count }

    /// True between replies, when no byte is waiting to go out either.
    package var isQuiet: Bool { parser.isIdle && !hasOutgoing }

    /// Queues bytes, which ``flush()`` or ``progress()`` writes.
    package func send(_ bytes: [UInt8]) {
        guard failure == nil else { return }
        queuedCount += bytes.count
        if hasOutgoing { outgoing += bytes } else { (outgoing, outgoingStart) = (bytes, 0) }
    }

    /// Writes what the system takes at once.
    package func flush() {
        if failure == nil, !isConnecting, hasOutgoing { write() }
    }

    /// True when the connection is made and no byte is under way either way: bytes can be moved raw then.
    package var isOpen: Bool { failure == nil && !isConnecting && isQuiet }

    /// Writes bytes past the queue of ``send(_:)``, which has to be empty.
    ///
    /// - Returns: how many the system took. 0 also when the server takes no more; what it has said is still to be read.
    package func write(raw bytes: UnsafeRawBufferPointer) -> Int {
        while failure == nil, let number = descriptor?.number {
            let count = syscalls.send(number, bytes)
            if count >= 0 { return count }
            if errno != EINTR { return 0 }
        }
        return 0
    }

    /// Reads bytes past the parser, which has to be between replies.
    ///
    /// - Returns: how many came; 0 when there are none for now, or the connection has failed.
    package func read(raw buffer: UnsafeMutableRawBufferPointer) -> Int {
        while failure == nil, let number = descriptor?.number {
            let count = syscalls.receive(number, buffer)
            if count > 0 { return count }
            if count == 0 {
                fail(.closed)
            } else if errno == EAGAIN {
                return 0
            } else if errno != EINTR {
                fail(.system(errno))
            }
        }
        return 0
    }

    /// What came raw was no reply.
    package func refuse(_ error: ProtocolError) {
        fail(.violation(error))
    }

    /// Goes on with connecting, writing and reading as far as that is possible without waiting.
    package func progress() {
        guard failure == nil else { return }
        if isConnecting { finishConnecting() }
        guard failure == nil, !isConnecting else { return }
        flush()
        read()
    }

    /// The next whole reply that has come; nil when there is none. Replies that came before a failure are still given.
    package func nextReply() -> RESPValue? {
        do {
            return try parser.next()
        } catch {
            fail(.violation(error))
            return nil
        }
    }

    /// Takes all bytes that have come and were not given out as replies.
    package func takeBytes() -> [UInt8] { parser.takeBytes() }

    /// Gives back bytes that were taken too many: they are replies.
    package func giveBack(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { parser.append($0) }
    }

    /// Closes the socket. Nothing can be sent or received after it.
    package func close() {
        fail(.closed)
    }

    private func fail(_ error: TransportError) {
        if failure == nil { failure = error }
        descriptor = nil
    }

    // MARK: Connecting

    /// Tries the next address; fails with `error` when there is none.
    private func connectNext(after error: TransportError) {
        var error = error
        while let address = addresses.popFirst() {
            let number = socket(
                address.family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard number >= 0 else {
                error = .system(errno)
                continue
            }
            descriptor = FileDescriptor(number)
            switch address.connect(number) {
            case 0:
                isConnecting = false
                connectDeadline = .never
                prepare(number, family: address.family)
                return
            case EINPROGRESS, EINTR:
                connectDeadline = Deadline(seconds: connectTimeout)
                prepare(number, family: address.family)
                return
            case let code: error = .system(code)
            }
        }
        fail(error)
    }

    private func finishConnecting() {
        guard let number = descriptor?.number else { return }
        if Poller.wait([.init(descriptor: number, reads: false, writes: true)], until: .now).isEmpty {
            if connectDeadline.hasPassed { connectNext(after: .timedOut) }
            return
        }
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(number, SOL_SOCKET, SO_ERROR, &code, &size)
        guard code == 0 else { return connectNext(after: .system(code)) }
        isConnecting = false
        connectDeadline = .never
    }

    /// No delay for small commands, and a probe every 15 s so that a dead peer is noticed.
    private func prepare(_ number: Int32, family: Int32) {
        guard family != AF_UNIX else { return }
        func set(_ level: Int32, _ option: Int32, _ value: Int32) {
            var value = value
            setsockopt(number, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 15)
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 5)
        set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
    }

    // MARK: Moving bytes

    private func write() {
        while hasOutgoing, let number = descriptor?.number {
            let count = outgoing.withUnsafeBytes {
                syscalls.send(number, UnsafeRawBufferPointer(rebasing: $0[outgoingStart...]))
            }
            if count >= 0 {
                outgoingStart += count
                writtenCount += count
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                // What the server said before it closed is still to be read.
                let code = errno
                read()
                return fail(.system(code))
            }
        }
        outgoing = []
        outgoingStart = 0
    }

    private func read() {
        withUnsafeTemporaryAllocation(byteCount: Self.readSize, alignment: 16) { buffer in
            while let number = descriptor?.number {
                let count = syscalls.receive(number, buffer)
                if count > 0 {
                    parser.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                    if count < buffer.count { return }
                } else if count == 0 {
                    return fail(.closed)
                } else if errno == EAGAIN {
                    return
                } else if errno != EINTR {
                    return fail(.system(errno))
                }
            }
        }
    }
}
