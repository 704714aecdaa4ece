import Glibc

/// A listening socket that no thread serves, for tests that a scripted node does not suit.
final class Listener {
    let descriptor: CInt
    private(set) var port = 0
    private var callers: [CInt] = []

    struct Failure: Error {
        let code: CInt
    }

    /// On `::1`, at any free port.
    static func onIPv6() throws -> Listener {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_addr = in6addr_loopback
        return try Listener(AF_INET6, &address, backlog: 8)
    }

    /// On a unix socket.
    static func onUnixSocket(path: String) throws -> Listener {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return try Listener(AF_UNIX, &address, backlog: 8)
    }

    /// On 127.0.0.1, with a queue so full that the system lets every further connection wait.
    static func full() throws -> Listener {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let listener = try Listener(AF_INET, &address, backlog: 0)
        address.sin_port = UInt16(listener.port).bigEndian
        for _ in 0..<3 {
            let caller = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
            listener.callers.append(caller)
            _ = withAddress(&address) { connect(caller, $0, $1) }
        }
        return listener
    }

    private init<Address>(_ family: CInt, _ address: inout Address, backlog: CInt) throws {
        descriptor = socket(family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard Self.withAddress(&address, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, backlog) == 0 else {
            throw Failure(code: errno)
        }
        var name = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        _ = Self.withAddress(&name) { pointer, _ in getsockname(descriptor, pointer, &size) }
        // The port is at the same place in the addresses of both versions.
        port = Int(UInt16(bigEndian: name.sin6_port))
    }

    deinit {
        for caller in callers { close(caller) }
        close(descriptor)
    }

    /// Accepts the next connection, answers the first thing that arrives on it, and closes it.
    func serveOnce(_ answer: String) {
        let caller = accept(descriptor, nil, nil)
        var chunk = [UInt8](repeating: 0, count: 4096)
        _ = recv(caller, &chunk, chunk.count, 0)
        _ = send(caller, answer, answer.utf8.count, CInt(MSG_NOSIGNAL))
        close(caller)
    }

    private static func withAddress<Address>(
        _ address: inout Address, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }
}
