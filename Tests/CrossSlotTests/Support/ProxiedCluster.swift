import Transport
import Playground
import Options
import Commands
import Engine
import Foundation
import RESP
import Routing
import Synchronization
import TestSupport

/// A cluster whose nodes are reached through a proxy that can cut a command short, and the data on it.
final class ProxiedCluster {
    static let masterCount = 3

    /// Masters by slot, then their replicas in the same order; the real addresses, behind the proxy.
    let nodes: [NodeAddress]
    let proxy: FaultProxy
    private let playground: Playground
    private let clients: [TestClient]

    init(replicasPerMaster: Int = 0) throws {
        let shape = PlaygroundShape(masters: Self.masterCount, replicasPerMaster: replicasPerMaster)
        let server = ProcessInfo.processInfo.environment["SLOTLINE_TEST_SERVER"]
        playground = try TestBed.oneAtATime.withLock { _ in
            try Playground(shape, server: server, options: "--cluster-node-timeout 30000")
        }
        nodes = playground.nodes
        proxy = try FaultProxy(to: nodes.map(\.port))
        clients = try nodes.map { try TestClient(port: $0.port) }
        // News travels with the pings that nodes send each other; at least two are sent within this time.
        for (client, port) in zip(clients, proxy.ports) {
            try client.send("CONFIG", "SET", "cluster-node-timeout", "1000")
            try client.send("CONFIG", "SET", "cluster-announce-port", ByteString("\(port)"))
        }
        let deadline = ContinuousClock.now + patience
        while try !clients.allSatisfy({ try knowsProxies($0) }) {
            guard ContinuousClock.now < deadline else { throw NotReady() }
            Thread.sleep(forTimeInterval: 0.02)
        }
        for client in clients { try client.send("CONFIG", "SET", "cluster-node-timeout", "30000") }
    }

    struct NotReady: Error {}

    private func knowsProxies(_ client: TestClient) throws -> Bool {
        let view = try client.send("CLUSTER", "NODES").text
        let info = try client.send("INFO", "replication").text
        return proxy.ports.allSatisfy { view.contains(":\($0)@") }
            && (info.contains("role:master") || info.contains("master_link_status:up"))
    }

    /// An index into `nodes`.
    func owner(of key: ByteString) -> Int {
        let slot = HashSlot(key: key).number
        return (0..<Self.masterCount).first { slot < HashSlot.count * ($0 + 1) / Self.masterCount } ?? 0
    }

    /// Sends a signal to the server of a node.
    func signal(_ number: Int32, to node: Int) {
        if let process = playground.processIdentifier(of: nodes[node]) { kill(process, number) }
    }

    /// Kills a master and makes its replica take over at once; for another thread.
    func failover(of master: Int) -> @Sendable () -> Void {
        let process = playground.processIdentifier(of: nodes[master])
        let replica = nodes[master + Self.masterCount].port
        return {
            if let process { kill(process, SIGKILL) }
            _ = try? TestClient(port: replica).send("CLUSTER", "FAILOVER", "TAKEOVER")
        }
    }

    /// Runs slotline through the proxy.
    func slotline(_ words: [ByteString], retryFor: String = "0") throws -> Subprocess.Result {
        let seeds = "redis://" + proxy.ports.map { "127.0.0.1:\($0)" }.joined(separator: ",")
        let environment = ChildProcess.ownEnvironment.filter { !$0.hasPrefix("SLOTLINE_") && !$0.hasPrefix("HOME=") }
        return try Subprocess.run(
            BuiltProduct.slotline,
            ["-u", ByteString(seeds), "--retry-for", ByteString(retryFor), "--unblock", "bitop"] + words,
            environment: environment + ["HOME=/nonexistent"])
    }

    // MARK: Data

    /// Empties the cluster and creates the data again; returns when the replicas have it.
    func fill(_ setup: [[ByteString]]) throws {
        for master in 0..<Self.masterCount {
            let client = clients[master]
            for command in [["FLUSHALL"]] + setup where command.count == 1 || owner(of: command[1]) == master {
                let reply = try client.send(command)
                if reply.isError { throw TestBed.BadSetup(error: reply.text) }
            }
            // FLUSHALL goes to the replica even if there is nothing to flush.
            if nodes.count > Self.masterCount { try client.send("WAIT", "1", "5000") }
        }
    }

    /// Everything on the cluster, from the nodes that are masters now.
    ///
    /// - Parameter left: nodes that are not asked.
    func contents(except left: [Int] = []) throws -> [ByteString: KeyState] {
        var states: [ByteString: KeyState] = [:]
        for (node, client) in clients.enumerated() where !left.contains(node) {
            // A node that was killed holds nothing; a replica holds nothing its master does not.
            guard let role = try? client.send("ROLE"), Array(role.elements)[0].text == "master" else { continue }
            states.merge(try client.contents()) { _, later in later }
        }
        return states
    }
}
