package import Clock
import Glibc

/// One socket to one server; it never blocks.
///
/// The owner polls the `interest`, and calls ``progress()`` when the socket is ready or ``connectDeadline`` has passed.
/// A name is looked up first, and an encrypted socket shakes hands between connecting and being open; `poll` waits for
/// both as well.
package final class Socket {
    private var descriptor: FileDescriptor?
    /// Set while the addresses of the host's name are looked up.
    private var lookup: NameLookup?
    /// The family whose addresses are tried first; nil for the resolver's order.
    private let family: AddressFamily?
    /// The address being connected to, and those of the name that have not been tried yet.
    private var addresses: ArraySlice<SocketAddress>
    /// How many addresses the host's name has; 0 until that is known.
    package private(set) var addressCount = 0
    /// How many of them are tried only after all the others.
    private let skippedCount: Int
    private let connectTimeout: Double
    private let encryption: Encryption?
    private let syscalls: Syscalls
    /// Called as the socket gets further.
    private let onStep: ((ConnectionStep) -> Void)?
    /// Set once the connection to an encrypted server is made.
    private var tls: TLSConnection?

    /// What encrypted connections have in common, and which server this one goes to.
    struct Encryption {
        let context: TLSContext
        let host: String
        let port: Int
    }

    /// False until the connection is made; true from then on, whatever happens to it.
    package private(set) var wasOpen = false
    /// Why the socket is no longer usable; nil while it is.
    package private(set) var failure: TransportError?
    /// Why the peer takes no more bytes. What it sent before may still be there to read.
    package private(set) var writeFailure: TransportError?
    /// When the current attempt to connect is given up.
    package private(set) var connectDeadline = Instant.never

    /// Starts to look up a host and to connect to its first address; the others are tried in turn.
    ///
    /// - Parameters:
    ///   - family: the one whose addresses are tried first; nil for the resolver's order.
    ///   - connectTimeout: seconds for each address, for the lookup and for the handshake of an encrypted connection.
    ///   - tls: nil for a plain connection.
    ///   - skippedCount: this many addresses, in order, are tried after all the others.
    package convenience init(
        host: String, port: Int, preferring family: AddressFamily? = nil, connectTimeout: Double,
        tls: TLSContext? = nil, skipping skippedCount: Int = 0, syscalls: Syscalls = .system,
        onStep: ((ConnectionStep) -> Void)? = nil
    ) {
        let encryption = tls.map { Encryption(context: $0, host: host, port: port) }
        self.init(
            connectTimeout: connectTimeout, encryption: encryption, syscalls: syscalls, preferring: family,
            skipping: skippedCount, onStep: onStep)
        if let addresses = SocketAddress.numeric(host: host, port: port) {
            connect(to: addresses)
        } else {
            // A string that only the thread has: the layers above count references without locks.
            let name = String(decoding: Array(host.utf8), as: UTF8.self)
            let resolve = syscalls.resolve
            lookup = NameLookup { () throws(TransportError) in try resolve(name, port) }
            connectDeadline = Instant(seconds: connectTimeout)
        }
    }

    /// Connects to a unix socket.
    package convenience init(
        socketPath: String, connectTimeout: Double, syscalls: Syscalls = .system,
        onStep: ((ConnectionStep) -> Void)? = nil
    ) {
        self.init(connectTimeout: connectTimeout, syscalls: syscalls, onStep: onStep)
        do {
            connect(to: [try SocketAddress.unix(path: socketPath)])
        } catch {
            fail(error)
        }
    }

    private init(
        connectTimeout: Double, encryption: Encryption? = nil, syscalls: Syscalls,
        preferring family: AddressFamily? = nil, skipping skippedCount: Int = 0, onStep: ((ConnectionStep) -> Void)?
    ) {
        self.skippedCount = skippedCount
        self.onStep = onStep
        self.connectTimeout = connectTimeout
        self.encryption = encryption
        self.syscalls = syscalls
        self.family = family
        addresses = []
    }

    /// True when bytes can be transferred.
    package var isOpen: Bool { wasOpen && failure == nil }

    /// What to poll for; nil when the socket is no longer usable.
    package func interest(reads: Bool, writes: Bool) -> Poller.Interest? {
        guard failure == nil else { return nil }
        guard let number = descriptor?.number else { return lookup.map { Poller.Interest(descriptor: $0.descriptor) } }
        guard !wasOpen else { return Poller.Interest(descriptor: number, reads: reads, writes: writes) }
        let writes = tls?.wantsToWrite ?? true
        return Poller.Interest(descriptor: number, reads: !writes, writes: writes)
    }

    /// Continues connecting, as far as possible without waiting.
    package func progress() {
        guard failure == nil, !wasOpen else { return }
        if let lookup { return take(lookup.answer) }
        guard let number = descriptor?.number, let address = addresses.first else { return }
        guard tls == nil else { return shakeHands() }
        switch address.connect(number) {
        case 0, EISCONN: open()
        case EALREADY, EINPROGRESS, EINTR:
            if connectDeadline.hasPassed { connectNext(after: .timedOut) }
        case let code: connectNext(after: .system(code))
        }
    }

    // MARK: Transferring bytes

    /// - Returns: how many bytes the system took; 0 for none now, or for none ever again when there is a
    ///   ``writeFailure``.
    package func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        if let tls {
            guard isOpen, writeFailure == nil else { return 0 }
            do {
                return try tls.write(bytes)
            } catch {
                writeFailure = error
                return 0
            }
        }
        while isOpen, writeFailure == nil, let number = descriptor?.number {
            let count = syscalls.send(number, bytes)
            if count >= 0 { return count }
            if errno == EAGAIN { return 0 }
            if errno != EINTR { writeFailure = .system(errno) }
        }
        return 0
    }

    /// - Returns: how many bytes arrived; 0 when there are none for now, or the socket has failed.
    package func read(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        if let tls {
            guard isOpen else { return 0 }
            do {
                return try tls.read(buffer)
            } catch {
                fail(error)
                return 0
            }
        }
        while isOpen, let number = descriptor?.number {
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

    /// Bytes that ``read(_:)`` returns without asking the system.
    package var decryptedCount: Int { tls?.decryptedCount ?? 0 }

    /// The address and port of this end, the way a server shows its clients: `127.0.0.1:1234`, `[::1]:1234`.
    package var clientName: String? {
        if knownName == nil, wasOpen, let number = descriptor?.number {
            knownName = SocketAddress(ofSocket: number)?.clientName
        }
        return knownName
    }
    private var knownName: String?

    /// Closes the socket. Only the first reason is kept.
    package func fail(_ error: TransportError) {
        if failure == nil {
            failure = error
            onStep?(.failed(error))
        }
        lookup = nil
        descriptor = nil
        tls = nil
    }

    // MARK: Connecting

    private func take(_ answer: Result<[SocketAddress], TransportError>?) {
        switch answer {
        case .success(let addresses):
            onStep?(.resolved(addresses.map(\.text)))
            connect(to: addresses)
        case .failure(let error): fail(error)
        case nil: if connectDeadline.hasPassed { fail(.unresolved("No answer from name resolution")) }
        }
    }

    private func connect(to all: [SocketAddress]) {
        lookup = nil
        addresses = all[...]
        if let number = family?.number {
            addresses = (all.filter { $0.family == number } + all.filter { $0.family != number })[...]
        }
        addressCount = all.count
        if skippedCount > 0, addressCount > 1 {
            let first = skippedCount % addressCount
            addresses = (addresses.dropFirst(first) + addresses.prefix(first))[...]
        }
        connect(after: .closed)
    }

    private func connectNext(after error: TransportError) {
        addresses.removeFirst()
        connect(after: error)
    }

    /// Tries the first remaining address; fails with `error` when there is none.
    private func connect(after error: TransportError) {
        var error = error
        while let address = addresses.first {
            var number = Self.open(family: address.family)
            if number < 0, errno == EMFILE, FileDescriptor.raiseLimit() { number = Self.open(family: address.family) }
            guard number >= 0 else {
                error = .system(errno)
                addresses.removeFirst()
                continue
            }
            descriptor = FileDescriptor(number)
            switch address.connect(number) {
            case 0:
                prepare(number, family: address.family)
                return open()
            case EINPROGRESS, EINTR:
                connectDeadline = Instant(seconds: connectTimeout)
                return prepare(number, family: address.family)
            case let code:
                error = .system(code)
                addresses.removeFirst()
            }
        }
        fail(error)
    }

    /// - Returns: a descriptor; -1 with `errno`.
    private static func open(family: Int32) -> Int32 {
        socket(family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }

    /// The connection is made; an encrypted one is open once both sides have shaken hands.
    private func open() {
        onStep?(.connected)
        guard let encryption, let number = descriptor?.number else {
            wasOpen = true
            connectDeadline = .never
            return
        }
        connectDeadline = Instant(seconds: connectTimeout)
        tls = encryption.context.connect(
            number, host: encryption.host, peer: "\(encryption.host):\(encryption.port)")
        tls == nil ? fail(.encryption(.other(TLSContext.firstError))) : shakeHands()
    }

    private func shakeHands() {
        do {
            if try tls?.shakeHands() == true {
                if let onStep, let tls { onStep(.encrypted(tls.summary)) }
                wasOpen = true
                connectDeadline = .never
            } else if connectDeadline.hasPassed {
                fail(.encryption(.noAnswer))
            }
        } catch {
            fail(error)
        }
    }

    /// Milliseconds for which the peer may leave what was sent unacknowledged; the system's own limit is 15 minutes.
    private static let userTimeout: Int32 = 30_000

    /// No delay for small commands. Probes after 15 s of silence, or missing acknowledgements, reveal a dead peer.
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
        set(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, Self.userTimeout)
    }
}
