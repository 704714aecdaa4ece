import Glibc
import Synchronization

/// Sockets on 127.0.0.1.
package enum Loopback {
    package struct Failure: Error, CustomStringConvertible {
        let action: String
        let code: CInt

        package var description: String { "cannot \(action): \(String(cString: strerror(code)))" }
    }

    /// A listening socket; port 0 picks any that is free.
    static func listen(port: Int = 0) throws(Failure) -> (descriptor: CInt, port: Int) {
        let socket = try bind(port: port)
        guard Glibc.listen(socket.descriptor, 64) == 0 else {
            defer { close(socket.descriptor) }
            throw Failure(action: "listen on 127.0.0.1:\(port)", code: errno)
        }
        return socket
    }

    private static func bind(port: Int) throws(Failure) -> (descriptor: CInt, port: Int) {
        let descriptor = try open()
        var yes: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        var address = address(port)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                Glibc.bind(descriptor, pointer, size) == 0 && getsockname(descriptor, pointer, &size) == 0 ? 0 : errno
            }
        }
        guard code == 0 else {
            close(descriptor)
            throw Failure(action: "bind 127.0.0.1:\(port)", code: code)
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    static func connect(port: Int) throws(Failure) -> CInt {
        let descriptor = try open()
        var address = address(port)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                Glibc.connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 ? 0 : errno
            }
        }
        guard code == 0 else {
            close(descriptor)
            throw Failure(action: "connect to 127.0.0.1:\(port)", code: code)
        }
        return descriptor
    }

    /// Writes all of `bytes`; false when the other side is gone.
    static func send(_ bytes: some Collection<UInt8>, on descriptor: CInt) -> Bool {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// A port that is free, and whose cluster bus port (10,000 higher) is free too. Both are below the ports that the
    /// system gives to outgoing connections, and apart from those that playgrounds and their buses take. None is handed
    /// out twice, to this process or to other tests that run meanwhile.
    package static func freePort() throws(Failure) -> Int {
        for _ in 0..<1000 {
            let port = Int.random(in: 16_000..<21_000)
            guard reserve(port), isFree(port), isFree(port + 10_000) else { continue }
            return port
        }
        throw Failure(action: "find a free port", code: EADDRINUSE)
    }

    /// It is bound but not listened on: a program that is just being started may hold the socket for a moment.
    private static func isFree(_ port: Int) -> Bool {
        guard let socket = try? bind(port: port) else { return false }
        close(socket.descriptor)
        return true
    }

    /// Locks one byte, of a file that has one for each port, until this process ends.
    private static func reserve(_ port: Int) -> Bool {
        guard givenOut.withLock({ $0.insert(port).inserted }) else { return false }
        var lock = flock()
        (lock.l_type, lock.l_whence, lock.l_start, lock.l_len) = (Int16(F_WRLCK), Int16(SEEK_SET), port, 1)
        return fcntl(ports, F_SETLK, &lock) == 0
    }

    /// The ports handed out to this process.
    private static let givenOut = Mutex<Set<Int>>([])
    private static let ports = Glibc.open("/tmp/slotline-test-ports-\(getuid())", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)

    private static func open() throws(Failure) -> CInt {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(action: "open a socket", code: errno) }
        return descriptor
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}
