import Foundation
package import RESP
import Synchronization

/// A server on loopback that says whatever a test wants it to, however odd, and remembers the commands it got.
package final class ScriptedNode: Sendable {
    /// A command that came in.
    package struct Request: Equatable, Sendable {
        /// Which connection it came on: 0 for the first that the node accepted.
        package let connection: Int
        package let arguments: [ByteString]

        /// The arguments as text, with a space between them.
        package var text: String { arguments.map(\.text).joined(separator: " ") }
    }

    /// How the node answers a command.
    package indirect enum Answer: Sendable {
        /// Sends these bytes, whatever they are: `+OK\r\n`, half a reply, two replies.
        case bytes([UInt8])
        /// Sends these bytes one at a time.
        case singleBytes([UInt8])
        /// Sends nothing, and reads on.
        case silence
        /// Closes the connection.
        case close
        /// Waits, then gives the other answer. Other connections are served meanwhile.
        case later(Duration, Answer)
        case sequence([Answer])

        /// Sends text in the protocol: `"*1\r\n:1\r\n"`.
        package static func text(_ text: String) -> Answer { .bytes(Array(text.utf8)) }

        package static func value(_ value: RESPValue) -> Answer { .bytes(RESPText.bytes(of: value)) }

        /// An error reply: its code and message.
        package static func error(_ text: String) -> Answer { .text("-\(text)\r\n") }

        package static func moved(_ slot: Int, to node: ScriptedNode) -> Answer {
            .error("MOVED \(slot) 127.0.0.1:\(node.port)")
        }

        package static func ask(_ slot: Int, to node: ScriptedNode) -> Answer {
            .error("ASK \(slot) 127.0.0.1:\(node.port)")
        }

        package static var ok: Answer { .text("+OK\r\n") }
    }

    package typealias Script = @Sendable (Request) -> Answer

    private struct State {
        var script: Script
        var requests: [Request] = []
        /// The numbers of open connections by their descriptors. Closing one removes it under the lock, so that another
        /// connection that has got the same descriptor since is not closed.
        var connections: [CInt: Int] = [:]
        var accepted = 0
        var isStopped = false
    }

    /// What the threads of a node share; they may outlive it.
    private final class Shared: Sendable {
        let state: Mutex<State>

        init(_ script: @escaping Script) {
            state = Mutex(State(script: script))
        }

        func serve(_ descriptor: CInt) {
            let number: Int? = state.withLock { state in
                guard !state.isStopped else { return nil }
                defer { state.accepted += 1 }
                state.connections[descriptor] = state.accepted
                return state.accepted
            }
            guard let number else {
                Glibc.close(descriptor)
                return
            }
            Thread.detachNewThread { [self] in
                answer(descriptor, number)
                // The other side must see the end even if a program that was started meanwhile has inherited the
                // connection.
                shutdown(descriptor, CInt(SHUT_RDWR))
                state.withLock { state in
                    state.connections[descriptor] = nil
                    _ = Glibc.close(descriptor)
                }
            }
        }

        /// Answers until the connection ends or the node is stopped.
        private func answer(_ descriptor: CInt, _ number: Int) {
            var parser = RESPParser()
            var chunk = [UInt8](repeating: 0, count: 65536)
            while case let count = recv(descriptor, &chunk, chunk.count, 0), count > 0 {
                chunk[..<count].withUnsafeBytes { parser.append($0) }
                while let value = try? parser.next() {
                    let request = Request(connection: number, arguments: value.elements.map(\.byteString))
                    let script: Script? = state.withLock { state in
                        guard !state.isStopped else { return nil }
                        state.requests.append(request)
                        return state.script
                    }
                    guard let script, ScriptedNode.perform(script(request), on: descriptor) else { return }
                }
            }
        }
    }

    package let port: Int
    private let listener: CInt
    private let shared: Shared

    /// - Parameters:
    ///   - port: nil for any that is free.
    ///   - script: called once for each command, on the thread of its connection.
    package init(port: Int? = nil, _ script: @escaping Script = { _ in .ok }) throws {
        (listener, self.port) = try Loopback.listen(port: port ?? Loopback.freePort())
        shared = Shared(script)
        Thread.detachNewThread { [listener, shared] in
            while true {
                let descriptor = accept(listener, nil, nil)
                if descriptor >= 0 {
                    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                    shared.serve(descriptor)
                } else if shared.state.withLock(\.isStopped) {
                    break
                }
            }
            Glibc.close(listener)
        }
    }

    /// Gives these answers, one per command, in turn over all connections, and then no more.
    package convenience init(answers: [Answer]) throws {
        let rest = Queue(answers)
        try self.init { _ in rest.next() ?? .silence }
    }

    deinit {
        stop()
    }

    /// Switches to another script.
    package func answer(_ script: @escaping Script) {
        shared.state.withLock { $0.script = script }
    }

    /// Every command that came in so far, in order.
    package var requests: [Request] { shared.state.withLock { $0.requests } }

    /// How many connections have been accepted so far.
    package var connectionCount: Int { shared.state.withLock { $0.accepted } }

    /// Sends unsolicited bytes on every open connection.
    package func push(_ bytes: [UInt8]) {
        shared.state.withLock { state in
            for descriptor in state.connections.keys { _ = Loopback.send(bytes, on: descriptor) }
        }
    }

    /// Sends text in the protocol on one connection.
    ///
    /// - Parameter connection: its number, as in ``Request``.
    package func say(_ text: String, on connection: Int) {
        shared.state.withLock { state in
            for (descriptor, number) in state.connections where number == connection {
                _ = Loopback.send(Array(text.utf8), on: descriptor)
            }
        }
    }

    /// Closes every connection; new ones are accepted.
    package func dropConnections() {
        shared.state.withLock { state in
            for descriptor in state.connections.keys { shutdown(descriptor, CInt(SHUT_RDWR)) }
        }
    }

    /// Closes every connection and stops listening.
    package func stop() {
        shared.state.withLock { state in
            guard !state.isStopped else { return }
            state.isStopped = true
            // Wakes the thread that accepts, which then closes the socket.
            shutdown(listener, CInt(SHUT_RDWR))
        }
        dropConnections()
    }

    /// False when the connection is over.
    fileprivate static func perform(_ answer: Answer, on descriptor: CInt) -> Bool {
        switch answer {
        case .bytes(let bytes): return Loopback.send(bytes, on: descriptor)
        case .singleBytes(let bytes):
            var noDelay: CInt = 1
            setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<CInt>.size))
            return bytes.allSatisfy { Loopback.send([$0], on: descriptor) }
        case .silence: return true
        case .close: return false
        case .later(let delay, let next):
            Thread.sleep(forTimeInterval: delay / .seconds(1))
            return perform(next, on: descriptor)
        case .sequence(let answers): return answers.allSatisfy { perform($0, on: descriptor) }
        }
    }

    private final class Queue: Sendable {
        private let answers: Mutex<ArraySlice<Answer>>

        init(_ answers: [Answer]) {
            self.answers = Mutex(answers[...])
        }

        func next() -> Answer? {
            answers.withLock { $0.popFirst() }
        }
    }
}
