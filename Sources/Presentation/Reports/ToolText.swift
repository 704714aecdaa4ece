package import Routing

/// What the modes that work on one node say beside their reports.
package enum ToolText {
    /// On stderr, on a cluster of several masters.
    package static func oneNode(_ node: NodeAddress, of masters: Int) -> String {
        "\(node) only, one node of a cluster with \(masters) masters (-h and -p choose another)"
    }
}
