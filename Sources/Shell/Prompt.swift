import Engine
import Routing

/// What stands in front of the line that is typed.
enum Prompt {
    /// `127.0.0.1:7000[3/3]> `: the seed, and how many of the masters with slots are in health. On a standalone server
    /// the database if it is not 0, as in redis-cli; `(TX)` in a transaction, `(read-only)` where nothing can be changed.
    static func text(_ session: Session) -> String {
        let map = session.engine.map
        guard session.presenter.isConnected else { return "not connected> " }
        var text = map.seed.isSocket ? "redis \(map.seed)" : "\(map.seed)"
        if let topology = map.topology {
            let shards = topology.shards.filter { !$0.slots.isEmpty }
            text += "[\(shards.count { $0.master?.isHealthy ?? false })/\(shards.count)]"
        }
        if session.engine.session.database != 0 { text += "[\(session.engine.session.database)]" }
        if session.engine.transaction.isInBlock { text += "(TX)" }
        if session.engine.router.isReadOnly { text += "(read-only)" }
        if session.stream != nil { text += "(subscribed mode)" }
        return text + "> "
    }
}
