import Options
import Playground
import RESP
import Routing
import Synchronization
import TestSupport

/// A cluster of three masters with a replica each, and no plain port.
final class EncryptedCluster: Sendable {
    private let playground: Mutex<Playground>
    /// Masters by slot, then their replicas in the same order.
    let nodes: [NodeAddress]
    private let folder: String

    init(options: String = TestCluster.patient) throws {
        let playground = try Playground(
            PlaygroundShape(masters: 3, replicasPerMaster: 1), server: RedisServer.program, options: options,
            isEncrypted: true)
        nodes = playground.nodes
        folder = playground.directory
        self.playground = Mutex(playground)
        AtExit.run { [weak self] in self?.stop() }
    }

    func stop() {
        playground.withLock { $0.stop() }
    }

    /// The options that name a node and trust its authority.
    func seed(_ node: Int = 0) -> [ByteString] {
        ["-p", ByteString("\(nodes[node].port)"), "--tls", "--cacert", ByteString("\(folder)/ca.crt")]
    }

    /// The options that present a client certificate.
    var identity: [ByteString] {
        ["--cert", ByteString("\(folder)/node.crt"), "--key", ByteString("\(folder)/node.key")]
    }

    /// Kills the server of a node, and waits until all its connections have ended.
    func kill(_ node: Int) {
        if let process = playground.withLock({ $0.processIdentifier(of: nodes[node]) }) { TestCluster.kill(process) }
    }
}
