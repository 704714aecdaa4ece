import RESP
package import Routing

/// What `--recover` prints, one line for each item it found.
package enum RecoveryText {
    /// A note about keys in other databases; nil if there are none.
    ///
    /// - Parameter keyspaces: those of the masters.
    package static func others(than database: Int, _ keyspaces: [Keyspace]) -> String? {
        let others = keyspaces.reduce(into: Set<Int>()) { $0.formUnion($1.databases) }.subtracting([database])
        guard let first = others.min() else { return nil }
        return "Only database \(database) was searched; \(Keyspace.text(of: others)) hold"
            + "\(others.count == 1 ? "s" : "") keys too: use -n \(first), or SELECT \(first) in the shell."
    }

    package static var nothing: String { "There is nothing to recover." }

    package static func line(_ item: RecoveryItem) -> String {
        let key = Quoting.utf8.text(item.key)
        return switch item.state {
        case .delivered(let element):
            "finished moving an element from \(Quoting.utf8.text(element.source)) to \(Quoting.utf8.text(element.destination))"
        case .putBack(let element, let obstacle):
            "returned to \(Quoting.utf8.text(element.source)) what \(Quoting.utf8.text(element.destination)) did not"
                + " accept: \(obstacle.text)"
        case .kept(let obstacle): "left \(key) untouched: \(obstacle.text)"
        case .passing(let milliseconds?): "left \(key), which expires in \(milliseconds.adding(999) / 1000) s"
        case .passing(nil): "left \(key), which does not expire"
        }
    }
}
