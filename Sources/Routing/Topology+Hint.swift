import Commands
package import RESP

// What is kept of a topology from one run of the program to the next: only the nodes. It says where connections will be
// wanted if nothing has changed, and decides nothing.

extension Topology {
    /// A line for each healthy node, with a master's replicas after it: `master 10.0.0.1:7000`.
    package var hint: ByteString {
        var text = ""
        for shard in shards {
            let nodes = shard.nodes.filter(\.isHealthy).sorted {
                ($0.role.rawValue, $0.address) < ($1.role.rawValue, $1.address)
            }
            for node in nodes { text += "\(node.role.rawValue) \(node.address)\n" }
        }
        return ByteString(text)
    }

    /// Parses a ``hint``; nil for anything else.
    package init?(hint: ByteString) {
        guard hint.bytes.last == 0x0a else { return nil }
        var shards: [[Node]] = []
        for line in hint.bytes.dropLast().split(separator: 0x0a, omittingEmptySubsequences: false) {
            let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
            guard words.count == 2, let role = Role(rawValue: String(decoding: words[0], as: UTF8.self)),
                let (host, port) = Target.splitAddress(String(decoding: words[1], as: UTF8.self))
            else { return nil }
            let node = Node(address: NodeAddress(host: host, port: port), id: "", role: role, isHealthy: true)
            if role == .master || shards.isEmpty { shards.append([]) }
            shards[shards.count - 1].append(node)
        }
        self.init(shards: shards.map { Shard(slots: [], nodes: $0) })
    }
}
