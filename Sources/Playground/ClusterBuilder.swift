import Clock
import Commands
import Engine
import RESP
import Routing
import Transport

/// Joins empty servers into a cluster: gives the masters their slots, introduces all nodes to each other, and gives
/// each master its replicas. Source: Redis documentation, "Scale with Redis Cluster".
struct ClusterBuilder {
    /// Masters first.
    let nodes: [NodeAddress]
    let masters: Int
    let tls: TLSContext?
    /// How the path of the folder ends in which a node's server works.
    let folder: (NodeAddress) -> String
    /// The last words of a server that has ended; nil while all of them run.
    let complaint: () -> String?

    /// What a server complained about, or what the cluster was waiting for when the time was up.
    struct Failure: Error {
        let reason: String
    }

    private static let patience = 20.0

    /// Returns when every node reports the cluster as ok and knows all replicas, and every replica follows its master.
    func build() throws(Failure) {
        let deadline = Instant(seconds: Self.patience)
        var settings = ConnectionSettings()
        settings.tls = tls
        let engines = nodes.map { node in
            let engine = Engine(seeds: [node], settings: settings)
            engine.router.routesCommands = false
            return engine
        }
        func wait(_ what: String, until isTrue: (Engine) -> Bool) throws(Failure) {
            for engine in engines {
                while !isTrue(engine) {
                    if let complaint = complaint() { throw Failure(reason: complaint) }
                    if deadline.hasPassed { throw Failure(reason: "timed out waiting for \(what)") }
                    Poller.sleep(seconds: 0.02)
                }
            }
        }
        func introduce(_ newcomers: ArraySlice<Engine>) {
            for engine in newcomers {
                for node in nodes where node != engine.map.home {
                    _ = engine.answer("CLUSTER", "MEET", node.host, String(node.port))
                }
            }
        }
        // Another program's server may have taken the port in the meantime.
        try wait("the servers to answer") { engine in
            let setting = engine.reply("CONFIG", "GET", "dir")?.elements.map(\.text) ?? []
            return setting.last?.hasSuffix(folder(engine.map.home)) ?? false
        }
        for (index, engine) in engines.prefix(masters).enumerated() {
            let slots = (HashSlot.count * index / masters)..<(HashSlot.count * (index + 1) / masters)
            _ = engine.answer("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1))
            _ = engine.answer(["CLUSTER", "ADDSLOTS"] + slots.map(String.init))
        }
        introduce(engines[...])
        try wait("the nodes to find each other") { engine in
            engine.answer("CLUSTER", "INFO")?.contains("cluster_known_nodes:\(nodes.count)\r\n") ?? false
        }
        for (index, engine) in engines.enumerated().dropFirst(masters) {
            guard let identifier = engines[index % masters].answer("CLUSTER", "MYID") else { continue }
            while engine.answer("CLUSTER", "REPLICATE", identifier) != "OK" {
                if deadline.hasPassed { throw Failure(reason: "timed out waiting for replicas to find their masters") }
                Poller.sleep(seconds: 0.02)
            }
        }
        // Otherwise the others hear of the replicas by gossip, which takes seconds when the node timeout is long.
        introduce(engines.dropFirst(masters))
        try wait("the cluster to be healthy") { $0.answer("CLUSTER", "INFO")?.contains("cluster_state:ok") ?? false }
        try wait("the replicas to follow their masters") { engine in
            let info = engine.answer("INFO", "replication") ?? ""
            return info.contains("role:master") || info.contains("master_link_status:up")
        }
        let replicas = nodes.count - masters
        try wait("every node to know the replicas") { engine in
            let view = engine.answer("CLUSTER", "NODES") ?? ""
            let lines = view.split(separator: "\n")
            return lines.count == nodes.count && lines.count { $0.contains("slave ") } == replicas
        }
        // CLUSTER SHARDS may know later than CLUSTER NODES which master they belong to.
        try wait("every node to know whose the replicas are") { engine in
            guard engine.refreshTopology(), let topology = engine.map.topology else { return true }
            return topology.shards.lazy.filter { !$0.slots.isEmpty }.reduce(0) { $0 + $1.nodes.count } == nodes.count
        }
    }
}

extension Engine {
    fileprivate func answer(_ words: String...) -> String? { reply(words)?.text }
    fileprivate func answer(_ words: [String]) -> String? { reply(words)?.text }
    fileprivate func reply(_ words: String...) -> RESPValue? { reply(words) }

    private func reply(_ words: [String]) -> RESPValue? {
        guard let reply = try? run(Command(words.map { ByteString($0) })), case .value(let value) = reply.body else {
            return nil
        }
        return value
    }
}
