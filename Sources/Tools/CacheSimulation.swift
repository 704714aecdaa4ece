import Commands
import Terminal
import Clock
import Engine
import Glibc
import Presentation
import RESP
import Routing
import Transport

/// `--lru-test`: writes and reads keys, a few of them often, and reports how many the server still has.
struct CacheSimulation {
    let session: any ToolSession
    let node: DirectConnection

    private static let batchSize = 250
    private static let valueLength = 5
    /// Gives a fifth of the keys about four fifths of the uses.
    private static let exponent = 6.2

    /// What the names of keys begin with: on a cluster they are all in one of the node's slots.
    private var prefix: String {
        session.engine.ensureTopology()
        let map = session.engine.map
        let shard = map.topology?.shards.first { $0.master?.address == map.seedNode }
        let slot = shard?.slots.first.flatMap { HashSlot($0.lowerBound) }
        return slot.map { "lru:{\(PrivateKeys.tag(of: $0))}:" } ?? "lru:"
    }

    func run(keys: Int) throws(DirectConnection.Failure) {
        let prefix = self.prefix
        var random = SystemRandomNumberGenerator()
        while session.output.isWritable {
            var hits = 0
            var misses = 0
            let start = Instant.now
            while start.secondsAgo < 1 {
                _ = try replies { ["SET", Self.key(prefix, keys, &random), Self.value(&random)] }
                for reply in try replies({ ["GET", Self.key(prefix, keys, &random)] }) {
                    if reply.kind == .null { misses += 1 } else { hits += 1 }
                }
            }
            let total = hits + misses
            let percent = { (count: Int) in (100 * Double(count) / Double(max(1, total))).text(decimals: 2) }
            session.output.write(
                "\(total) Gets/sec | Hits: \(hits) (\(percent(hits))%) | Misses: \(misses) (\(percent(misses))%)\n")
            session.output.flush()
        }
    }

    private func replies(_ request: () -> [ByteString]) throws(DirectConnection.Failure) -> [RESPValue] {
        try node.replies(to: (0..<Self.batchSize).map { _ in request() })
    }

    private static func key(
        _ prefix: String, _ keys: Int, _ random: inout SystemRandomNumberGenerator
    ) -> ByteString {
        let part = pow(Double.random(in: 0..<1, using: &random), exponent)
        return ByteString("\(prefix)\(1 + Int(part * Double(keys)))")
    }

    private static func value(_ random: inout SystemRandomNumberGenerator) -> ByteString {
        ByteString((0..<valueLength).map { _ in UInt8.random(in: 0x41...0x7a, using: &random) })
    }
}
