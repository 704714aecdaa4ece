import Glibc
package import RESP

/// A plain connection to a server on loopback, for what a test sets up and checks behind slotline's back.
package final class TestClient {
    private let descriptor: CInt
    private var parser = RESPParser()

    /// - Parameter timeout: how long to wait for a reply.
    package init(port: Int, timeout: Duration = patience) throws {
        descriptor = try Loopback.connect(port: port)
        var time = timeval(tv_sec: Int(timeout.components.seconds), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(descriptor)
    }

    /// Sends a command and returns its reply; an error reply is a value like any other.
    @discardableResult
    package func send(_ arguments: [ByteString]) throws -> RESPValue {
        var bytes: [UInt8] = []
        RESPEncoder.append(arguments, to: &bytes)
        guard Loopback.send(bytes, on: descriptor) else { throw NoReply() }
        return try nextReply()
    }

    @discardableResult
    package func send(_ arguments: ByteString...) throws -> RESPValue {
        try send(arguments)
    }

    /// Sends commands without waiting for their replies.
    package func sendAhead(_ commands: [[ByteString]]) throws {
        var bytes: [UInt8] = []
        for command in commands { RESPEncoder.append(command, to: &bytes) }
        guard Loopback.send(bytes, on: descriptor) else { throw NoReply() }
    }

    /// The next value from the server: a reply, or a message of a subscription.
    package func nextReply() throws -> RESPValue {
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            if let value = try parser.next() { return value }
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { throw NoReply() }
            chunk[..<count].withUnsafeBytes { parser.append($0) }
        }
    }

    /// The connection ended, or nothing came in time.
    package struct NoReply: Error {}
}
