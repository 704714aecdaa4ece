import RESP
import Synchronization
import TestSupport

/// The MULTI blocks that are open at a scripted node: for each connection, the number of commands queued.
final class OpenBlocks: Sendable {
    private let counts = Mutex<[Int: Int]>([:])
    /// What Redis says to a MULTI within a block.
    static let redis = "ERR MULTI calls can not be nested"
    /// What this node says.
    private let nested: String

    init(nested: String = redis) {
        self.nested = nested
    }

    /// False when the connection already has a block.
    private func begin(_ connection: Int) -> Bool {
        counts.withLock { counts in
            guard counts[connection] == nil else { return false }
            counts[connection] = 0
            return true
        }
    }

    /// Counts a command; false when the connection has no block.
    private func queue(_ connection: Int) -> Bool {
        counts.withLock { counts in
            guard let count = counts[connection] else { return false }
            counts[connection] = count + 1
            return true
        }
    }

    /// The number of commands of the block, which is then over; nil without a block.
    private func end(_ connection: Int) -> Int? {
        counts.withLock { $0.removeValue(forKey: connection) }
    }

    /// Answers as a server does; nil for a command outside a block.
    func answer(_ request: ScriptedNode.Request) -> ScriptedNode.Answer? {
        switch request.text {
        case "MULTI":
            return begin(request.connection) ? .ok : .error(nested)
        case "DISCARD", "EXEC":
            guard let count = end(request.connection) else { return .error("ERR \(request.text) without MULTI") }
            return request.text == "DISCARD" ? .ok : .value(.array([RESPValue](repeating: .ok, count: count)))
        default:
            return queue(request.connection) ? .text("+QUEUED\r\n") : nil
        }
    }
}

extension ScriptedCluster {
    /// Two masters that support MULTI; `script` is asked first.
    static func withBlocks(
        nested: String = OpenBlocks.redis, _ script: @escaping Script = { _, _ in nil }
    ) throws -> ScriptedCluster {
        let blocks = [OpenBlocks(nested: nested), OpenBlocks(nested: nested)]
        return try ScriptedCluster(masters: 2) { node, request in
            script(node, request) ?? blocks[node].answer(request)
        }
    }
}
