import Foundation
import Glibc
import RESP
import Synchronization

/// Sits between clients and a group of nodes, with one port per node, and acts on a command that the test chooses: it
/// cuts all connections as if the client had died, or does whatever else the test wants.
///
/// The nodes have to announce the proxy's ports (`cluster-announce-port`), so that clients find no other way. What
/// replicas say to their masters passes through it as well, and is not counted.
package final class FaultProxy: Sendable {
    /// What happens to the command with the chosen number.
    package enum Fault: Sendable {
        /// It does not reach its node: all connections end, and no new ones are served.
        case cutBefore
        /// Its node carries it out, but the reply reaches no one; then the same happens.
        case cutAfter
        /// An action is performed, and the command continues to its node.
        case perform(@Sendable () -> Void)
    }

    private struct State {
        var fault: (number: Int, fault: Fault)?
        var count = 0
        /// The connection whose next reply ends everything.
        var doomed: CInt?
        var isCut = false
        /// Descriptors of the connections being served, on both sides.
        var open: Set<CInt> = []

        /// Ends all connections; none are served from now on.
        mutating func cut() {
            isCut = true
            for descriptor in open { shutdown(descriptor, CInt(SHUT_RDWR)) }
            open = []
        }
    }

    /// The proxy's ports, in the order of the nodes.
    package let ports: [Int]
    private let listeners: [CInt]
    private let state = Mutex(State())

    /// - Parameter nodes: their ports on loopback.
    package init(to nodes: [Int]) throws {
        let pairs = try nodes.map { _ in try Loopback.listen() }
        listeners = pairs.map(\.descriptor)
        ports = pairs.map(\.port)
        for (listener, node) in zip(listeners, nodes) {
            Thread.detachNewThread { [weak self] in
                while true {
                    let client = accept(listener, nil, nil)
                    guard client >= 0 else { break }
                    // The listener is about to be closed by its owner, not here: its descriptor could belong to
                    // something else by then.
                    guard let self else {
                        Glibc.close(client)
                        continue
                    }
                    _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                    self.serve(client, node)
                }
                Glibc.close(listener)
            }
        }
    }

    deinit {
        for listener in listeners { shutdown(listener, CInt(SHUT_RDWR)) }
        state.withLock { $0.cut() }
    }

    /// Counts commands from 1, and triggers the fault at the one with this number.
    package func arm(_ fault: Fault, at number: Int) {
        state.withLock { state in
            state.fault = (number, fault)
            state.count = 0
        }
    }

    /// Serves connections again and lets every command pass.
    ///
    /// - Returns: how many commands came since ``arm(_:at:)``.
    @discardableResult
    package func disarm() -> Int {
        state.withLock { state in
            state.fault = nil
            state.isCut = false
            state.doomed = nil
            return state.count
        }
    }

    private func serve(_ client: CInt, _ port: Int) {
        let node = (try? Loopback.connect(port: port)) ?? -1
        let isServed = state.withLock { state in
            guard node >= 0, !state.isCut else { return false }
            state.open.formUnion([client, node])
            return true
        }
        guard isServed else {
            for descriptor in [client, node] where descriptor >= 0 { Glibc.close(descriptor) }
            return
        }
        var noDelay: CInt = 1
        for descriptor in [client, node] {
            setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<CInt>.size))
        }
        let hasEnded = DispatchSemaphore(value: 0)
        Thread.detachNewThread { [weak self] in
            self?.forwardReplies(from: node, to: client)
            for descriptor in [client, node] { shutdown(descriptor, CInt(SHUT_RDWR)) }
            hasEnded.signal()
        }
        Thread.detachNewThread { [weak self] in
            self?.forwardCommands(from: client, to: node)
            for descriptor in [client, node] { shutdown(descriptor, CInt(SHUT_RDWR)) }
            hasEnded.wait()
            // Under the lock, so that no other connection that is given the same descriptor meanwhile gets shut down.
            self?.state.withLock { state in
                state.open.subtract([client, node])
                for descriptor in [client, node] { Glibc.close(descriptor) }
            }
        }
    }

    /// Forwards command by command, so that a block can be cut in its middle.
    private func forwardCommands(from client: CInt, to node: CInt) {
        var parser = RESPParser()
        var chunk = [UInt8](repeating: 0, count: 65536)
        var isReplica = false
        while case let count = recv(client, &chunk, chunk.count, 0), count > 0 {
            chunk[..<count].withUnsafeBytes { parser.append($0) }
            while let value = try? parser.next() {
                let command = value.elements.map(\.byteString)
                isReplica = isReplica || command.first?.matches("REPLCONF") ?? false
                guard isReplica || passes(over: node) else { return }
                var bytes: [UInt8] = []
                RESPEncoder.append(command, to: &bytes)
                guard Loopback.send(bytes, on: node) else { return }
            }
        }
    }

    /// Counts a command; false when it must not reach its node.
    private func passes(over node: CInt) -> Bool {
        let (isServed, action) = state.withLock { state -> (Bool, (@Sendable () -> Void)?) in
            guard state.open.contains(node) else { return (false, nil) }
            state.count += 1
            guard let chosen = state.fault, chosen.number == state.count else { return (true, nil) }
            switch chosen.fault {
            case .cutBefore:
                state.cut()
                return (false, nil)
            case .cutAfter:
                state.doomed = node
                return (true, nil)
            case .perform(let action): return (true, action)
            }
        }
        action?()
        return isServed
    }

    private func forwardReplies(from node: CInt, to client: CInt) {
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = recv(node, &chunk, chunk.count, 0), count > 0 {
            let isForwarded = state.withLock { state in
                if state.doomed == node { state.cut() }
                return state.doomed == nil
            }
            // A reply that a client about to die does not read might as well never have been sent.
            guard !isForwarded || Loopback.send(chunk[..<count], on: client) else { return }
        }
    }
}
