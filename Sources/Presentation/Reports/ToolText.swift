package import Routing

/// What tools that look at one node print besides their reports.
package enum ToolText {
    /// Printed on stderr, on a cluster with several masters.
    package static func oneNode(_ node: NodeAddress, of masters: Int) -> String {
        "\(node) only, one node of a cluster with \(masters) masters (-h and -p choose another)"
    }
}
