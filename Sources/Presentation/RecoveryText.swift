import RESP
package import Routing

/// What `--recover` says of each thing it found, one line each.
package enum RecoveryText {
    package static func line(_ item: RecoveryItem) -> String {
        let key = Quoting.utf8.text(item.key)
        return switch item.state {
        case .delivered(let element):
            "moved an element from \(Quoting.utf8.text(element.source)) to \(Quoting.utf8.text(element.destination))"
        case .putBack(let element, let obstacle):
            "put an element back to \(Quoting.utf8.text(element.source)), since"
                + " \(Quoting.utf8.text(element.destination)) does not take it: \(obstacle.text)"
        case .kept(let obstacle): "left \(key) as it is: \(obstacle.text)"
        case .passing(let milliseconds?): "left \(key), which expires in \(milliseconds.adding(999) / 1000) s"
        case .passing(nil): "left \(key), which does not expire"
        }
    }
}
