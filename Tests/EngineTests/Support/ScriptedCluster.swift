import RESP
import Routing
import TestSupport

/// Scripted nodes that act as the masters of one cluster and share its slots evenly, in order.
///
/// Of two masters, 0 owns `bar` (slot 5061) and `hello` (866), 1 owns `foo` (12182) and `key` (12539).
final class ScriptedCluster: Sendable {
    /// A node's answer to a command; nil for its usual one: the topology, or `+OK`.
    typealias Script = @Sendable (_ node: Int, ScriptedNode.Request) -> ScriptedNode.Answer?

    let nodes: [ScriptedNode]

    init(masters: Int, _ script: @escaping Script = { _, _ in nil }) throws {
        nodes = try (0..<masters).map { _ in try ScriptedNode() }
        answer(script)
    }

    /// Switches to another script.
    func answer(_ script: @escaping Script) {
        let shards = Self.shards(ports: nodes.map(\.port))
        for (number, node) in nodes.enumerated() {
            node.answer { request in
                script(number, request) ?? (request.text == "CLUSTER SHARDS" ? .value(shards) : .ok)
            }
        }
    }

    subscript(number: Int) -> ScriptedNode { nodes[number] }

    /// The reply to CLUSTER SHARDS with masters at these ports.
    static func shards(ports: [Int], health: [String] = []) -> RESPValue {
        ShardsReply.value(ports: ports, health: health)
    }
}

extension ScriptedNode {
    var address: NodeAddress { NodeAddress(host: "127.0.0.1", port: port) }

    /// The commands that came in, without the topology questions.
    var commands: [String] { requests.map(\.text).filter { !$0.hasPrefix("CLUSTER ") } }

    /// The topology questions.
    var questions: [String] { requests.map(\.text).filter { $0.hasPrefix("CLUSTER ") && $0 != "CLUSTER INFO" } }
}

/// A standalone server's answer to CLUSTER.
let clusterDisabled = ScriptedNode.Answer.error("ERR This instance has cluster support disabled")
