import Commands
import Engine
import Routing

/// What stands in front of the line that is typed.
enum Prompt {
    /// `127.0.0.1:7000[3/3]> `: the seed, and how many of the masters with slots are in health. On a standalone server
    /// the database if it is not 0, as in redis-cli; a transaction, `(read-only)` where nothing can be changed.
    static func text(_ session: Session) -> String {
        let map = session.engine.map
        guard session.presenter.isConnected else { return "not connected> " }
        var text = map.seed.isSocket ? "redis \(map.seed)" : "\(map.seed)"
        if let topology = map.topology {
            let shards = topology.shards.filter { !$0.slots.isEmpty }
            text += "[\(shards.count { $0.master?.isHealthy ?? false })/\(shards.count)]"
        }
        if session.engine.session.database != 0 { text += "[\(session.engine.session.database)]" }
        text += transaction(session)
        if session.engine.router.isReadOnly { text += "(read-only)" }
        if session.stream != nil { text += "(subscribed mode)" }
        return text + "> "
    }

    /// `(TX slot 866 at 127.0.0.1:7001, 3 queued)`: where a block is open and how much it holds, or that EXEC will execute
    /// nothing; `(WATCH slot 866 at 127.0.0.1:7001)` before it. As redis-cli: `(TX)`.
    private static func transaction(_ session: Session) -> String {
        let engine = session.engine
        guard session.dialect.showsTransactions else { return engine.transaction.isInBlock ? "(TX)" : "" }
        switch engine.transaction {
        case .none: return ""
        case .watching(let pin): return "(WATCH\(place(pin)))"
        case .unwatched: return "(WATCH lost)"
        case .held: return "(TX\(size(engine.queue)))"
        case .open(let pin): return "(TX\(place(pin))\(size(engine.queue)))"
        case .doomed, .refused: return "(TX discarded)"
        }
    }

    private static func place(_ pin: TransactionState.Pin) -> String {
        pin.slot.map { " slot \($0.number) at \(pin.node)" } ?? ""
    }

    private static func size(_ queue: TransactionQueue) -> String {
        let refused = queue.items.count - queue.queued.count
        return ", \(queue.queued.count) queued" + (refused > 0 ? ", \(refused) refused" : "")
    }
}
