package import Presentation
package import Routing

/// What the shell starts with: what this is, what it is connected to, and where to go from here.
package struct Greeting {
    /// Shown when there is no server, and the user has not named one.
    package static let wayOut = "To try slotline without a server: slotline --playground starts a throwaway cluster."

    /// Not yet wrapped.
    package let text: String

    /// - Parameters:
    ///   - server: nil when it does not say.
    ///   - refusal: why it does not say whether it is a cluster; nil when it does.
    ///   - playground: the server's program, if this is a throwaway cluster.
    package init(
        isConnected: Bool, server: ServerVersion?, map: ClusterMap, refusal: String?, playground: String?
    ) {
        let place: String
        if !isConnected {
            place = "not connected"
        } else if let topology = map.topology {
            let masters = Self.count(topology.masters.count, "master")
            let replicas = Self.count(topology.replicas.count, "replica")
            place = "\(playground == nil ? "a cluster" : "a throwaway cluster") of \(masters) and \(replicas)"
        } else {
            place =
                switch refusal?.prefix(while: { $0 != " " }) {
                case _ where map.isStandalone: "a standalone server"
                case "NOAUTH": "a server that requires a password (AUTH logs in)"
                // A standalone server tells every user that it is one.
                case "NOPERM": "a node of a cluster (this user may not see the others)"
                default: "a single node"
                }
        }
        let version = server.map { ", \($0.text)" } ?? ""
        let origin = playground.map { " from \($0), deleted when you leave" } ?? ""
        text = "slotline \(UsageText.versionNumber): \(place)\(version)\(origin). Type :help for help."
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        number == 0 ? "no \(noun)s" : number.of(noun)
    }
}
