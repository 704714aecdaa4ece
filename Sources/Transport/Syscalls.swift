import Glibc

/// The calls that transfer bytes and find addresses, as values, so that tests can pass ones that are interrupted,
/// short, failing or silent.
package struct Syscalls: Sendable {
    /// `recv`: bytes read, 0 at the end, -1 with `errno`.
    package var receive: @Sendable (Int32, UnsafeMutableRawBufferPointer) -> Int
    /// `send` without SIGPIPE: bytes written, -1 with `errno`.
    package var send: @Sendable (Int32, UnsafeRawBufferPointer) -> Int

    /// `getaddrinfo`: the addresses of a name with a port, in the resolver's order. Called in its own thread.
    package var resolve: @Sendable (String, Int) throws(TransportError) -> [SocketAddress]

    package static let system = Syscalls(
        receive: { descriptor, buffer in recv(descriptor, buffer.baseAddress, buffer.count, 0) },
        send: { descriptor, buffer in
            Glibc.send(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
        },
        resolve: { host, port throws(TransportError) in try SocketAddress.resolve(host: host, port: port) }
    )
}
