import Glibc

/// The calls that move bytes, as values, so that tests can pass ones that are interrupted, short or failing.
package struct Syscalls: Sendable {
    /// `recv`: bytes read, 0 at the end, -1 with `errno`.
    package var receive: @Sendable (Int32, UnsafeMutableRawBufferPointer) -> Int
    /// `send` without SIGPIPE: bytes written, -1 with `errno`.
    package var send: @Sendable (Int32, UnsafeRawBufferPointer) -> Int

    package init(
        receive: @escaping @Sendable (Int32, UnsafeMutableRawBufferPointer) -> Int,
        send: @escaping @Sendable (Int32, UnsafeRawBufferPointer) -> Int
    ) {
        self.receive = receive
        self.send = send
    }

    package static let system = Syscalls(
        receive: { descriptor, buffer in recv(descriptor, buffer.baseAddress, buffer.count, 0) },
        send: { descriptor, buffer in
            Glibc.send(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
        }
    )
}
