import Commands
import Engine
import Presentation
import Routing

/// The shell's prompt.
enum Prompt {
    /// `127.0.0.1:7000[3/3]> `: the node that commands without a key go to, which is the seed while it answers, and on a
    /// cluster how many of the masters with slots are healthy and within reach. Then the database if it is not 0, as in
    /// redis-cli; the transaction; and `(read-only)` where nothing can be changed.
    ///
    /// In a narrow window, details that can be looked up make room for the line: the node of a transaction, its slot,
    /// then the seed. A seed on its own stays as long as there is any room after it.
    static func text(_ session: Session) -> String {
        let columns = session.presenter.window.columns
        let most = columns == .max ? .max : columns * 2 / 3
        let texts = Detail.allCases.map { text(session, $0) }
        if let text = texts.dropLast().first(where: { $0.count <= most }) { return text }
        let engine = session.engine
        let isPlain = engine.transaction == .none && session.stream == nil && !engine.router.isReadOnly
        return isPlain && texts[0].count <= columns - leastRoom ? texts[0] : texts.last ?? ""
    }

    /// Columns that are left for the line, at least.
    private static let leastRoom = 10

    /// How much the prompt says, most first.
    private enum Detail: Int, CaseIterable {
        case full, slot, count, state
    }

    private static func text(_ session: Session, _ detail: Detail) -> String {
        let map = session.engine.map
        guard session.presenter.isConnected else { return "not connected> " }
        var text = map.homeName.isSocket ? "redis \(map.homeName)" : "\(map.homeName)"
        if detail == .state { text = "" }
        if let topology = map.topology {
            let masters = map.healthyMasters.count { !session.engine.cannotReach($0) }
            text += "[\(masters)/\(topology.shards.count { !$0.slots.isEmpty })]"
        }
        if session.engine.session.database != 0 { text += "[\(session.engine.session.database)]" }
        text += transaction(session, detail)
        if session.engine.router.isReadOnly { text += "(read-only)" }
        if let stream = session.stream {
            // Nothing that is subscribed to ends MONITOR.
            text +=
                !session.dialect.showsTransactions
                ? "(subscribed mode)"
                : stream.isMonitor ? "(monitor)" : detail == .state ? "(subscribed)" : "(subscribed mode)"
        }
        return text + "> "
    }

    /// `(TX slot 866 at 127.0.0.1:7001, 3 queued)`: where a block is open and how much it holds, or that EXEC will
    /// execute nothing; `(WATCH slot 866 at 127.0.0.1:7001)` before it. In place of redis-cli: `(TX)`.
    private static func transaction(_ session: Session, _ detail: Detail) -> String {
        let engine = session.engine
        guard session.dialect.showsTransactions else { return engine.transaction.isInBlock ? "(TX)" : "" }
        switch engine.transaction {
        case .none: return ""
        case .watching(let pin): return "(WATCH\(place(pin, detail)))"
        case .unwatched: return "(WATCH lost)"
        case .held: return "(TX\(size(engine.queue, detail)))"
        case .open(let pin): return "(TX\(place(pin, detail))\(size(engine.queue, detail)))"
        case .doomed, .refused: return "(TX discarded)"
        }
    }

    private static func place(_ pin: TransactionState.Pin, _ detail: Detail) -> String {
        guard let slot = pin.slot, detail.rawValue <= Detail.slot.rawValue else { return "" }
        return " slot \(slot.number)" + (detail == .full ? " at \(pin.node)" : "")
    }

    private static func size(_ queue: TransactionQueue, _ detail: Detail) -> String {
        let refused = queue.items.count - queue.queued.count
        if detail == .state { return " \(queue.queued.count)" }
        return ", \(queue.queued.count) queued" + (refused > 0 ? ", \(refused) refused" : "")
    }
}
