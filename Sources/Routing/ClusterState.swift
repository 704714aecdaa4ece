package import RESP

/// What a node says about the cluster besides its topology. Source: Redis documentation, "CLUSTER INFO".
package struct ClusterState: Sendable {
    /// True for a node that serves no slot, because slots have no owner or it is cut off from the others.
    package let isDown: Bool
    /// Rises with each failover and each slot move: of two nodes, the one with the higher epoch knows more. Nil when
    /// the node did not say.
    package let epoch: Int?

    /// - Parameter reply: the reply to CLUSTER INFO; an error says nothing.
    package init(clusterInfo reply: RESPValue) {
        let lines = reply.text.split(whereSeparator: \.isNewline)
        func value(_ field: String) -> Substring? {
            lines.first { $0.hasPrefix("\(field):") }?.dropFirst(field.utf8.count + 1)
        }
        isDown = value("cluster_state") == "fail"
        epoch = value("cluster_current_epoch").flatMap { Int($0) }
    }
}
