import Glibc

/// The two kinds of IP addresses.
package enum AddressFamily: Sendable {
    case version4, version6

    var number: Int32 { self == .version4 ? AF_INET : AF_INET6 }
}

/// An address a socket can connect to: IPv4, IPv6 or a unix socket.
package struct SocketAddress: Sendable {
    let family: Int32
    private let bytes: [UInt8]

    /// The address of a host given by its numbers, which needs no lookup; nil for a name.
    static func numeric(host: String, port: Int) -> [SocketAddress]? {
        try? resolve(host: host, port: port, flags: AI_NUMERICHOST)
    }

    /// All addresses of a host, in the resolver's order.
    ///
    /// - Throws: `.unresolved` with the resolver's message.
    package static func resolve(host: String, port: Int, flags: Int32 = 0) throws(TransportError) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_flags = flags
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        guard status == 0 else { throw .unresolved(String(cString: gai_strerror(status))) }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let address = entry.ai_addr {
                let raw = UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen))
                addresses.append(SocketAddress(family: entry.ai_family, bytes: Array(raw)))
            }
            next = entry.ai_next
        }
        return addresses
    }

    /// A unix socket.
    ///
    /// - Throws: `.system(ENAMETOOLONG)` for a path that does not fit.
    static func unix(path: String) throws(TransportError) -> SocketAddress {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { throw .system(ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        return SocketAddress(family: AF_UNIX, bytes: withUnsafeBytes(of: &address) { Array($0) })
    }

    /// This end of a socket; nil when the system does not say.
    init?(ofSocket descriptor: Int32) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard status == 0 else { return nil }
        let bytes = withUnsafeBytes(of: &storage) { Array($0.prefix(Int(length))) }
        self.init(family: Int32(storage.ss_family), bytes: bytes)
    }

    private init(family: Int32, bytes: [UInt8]) {
        self.family = family
        self.bytes = bytes
    }

    /// The numbers of an IP address; empty for a unix socket.
    var text: String { numbers.host }

    /// An IP address and its port, the way servers show their clients: `127.0.0.1:1234`, `[::1]:1234`.
    var clientName: String {
        let (host, port) = numbers
        return family == AF_INET6 ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Empty for a unix socket.
    private var numbers: (host: String, port: String) {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST)), port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let status = bytes.withUnsafeBytes { raw in
            raw.bindMemory(to: sockaddr.self).baseAddress.map {
                getnameinfo(
                    $0, socklen_t(raw.count), &host, socklen_t(host.count), &port, socklen_t(port.count),
                    NI_NUMERICHOST | NI_NUMERICSERV)
            }
        }
        func text(_ characters: [CChar]) -> String {
            String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return status == 0 ? (text(host), text(port)) : ("", "")
    }

    /// Starts to connect: 0, or the `errno` of `connect`.
    func connect(_ descriptor: Int32) -> Int32 {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.bindMemory(to: sockaddr.self).baseAddress else { return EINVAL }
            return Glibc.connect(descriptor, base, socklen_t(raw.count)) == 0 ? 0 : errno
        }
    }
}
