package import Routing

/// What those say beside their reports that look at one node.
package enum ToolText {
    /// On stderr, on a cluster of several masters.
    package static func oneNode(_ node: NodeAddress, of masters: Int) -> String {
        "\(node) only, one node of a cluster with \(masters) masters (-h and -p choose another)"
    }
}
