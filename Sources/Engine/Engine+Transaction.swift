import Commands
import RESP
import Routing
import Transport

/// MULTI, WATCH and everything between them and EXEC.
extension Engine {
    /// Runs a command that belongs to a transaction, or that starts one.
    ///
    /// - Returns: nil when the command has nothing to do with one.
    func runInTransaction(_ command: Command, row: CommandSpec?) throws(CommandFailure) -> Reply? {
        // With the wrong number of arguments, any of these words is for the server to refuse.
        let isWhole = row?.accepts(argumentCount: command.arguments.count) ?? false
        let effect = isWhole ? row?.effect ?? .none : .none
        guard transaction != .none || effect == .multi || effect == .watch else { return nil }
        try router.refuseTarget(command, row: row)
        defer { if !transaction.isInBlock { queue = TransactionQueue() } }
        // UNWATCH is allowed wherever WATCH was.
        if effect == .watch, !transaction.isInBlock { _ = try plan(for: command) }
        if transaction == .none, map.isUnknown, router.routesCommands { try requireTopology() }
        let hasJustLostWatch = noticeLostWatch()
        switch effect {
        case .multi where !transaction.isInBlock: return try multi()
        case .multi: if case .doomed = transaction { return try multi() }
        case .exec: return try exec(command)
        case .discard: return try discard(command)
        case .watch where !transaction.isInBlock: return try watch(command, row: row)
        case .unwatch where !transaction.isInBlock: return try unwatch(command)
        case .reset:
            // The block or the watched keys may be on a different node from the one that runs RESET.
            transaction = .none
            pool.closeAll()
            return nil
        default: break
        }
        // A server queues SSUBSCRIBE and MONITOR, and EXEC returns an error for each.
        let isKept = effect == .unsubscribe || effect == .subscribe && row?.keys.isEmpty ?? true
        switch transaction {
        case .none, .watching: return nil
        case .unwatched(let failure):
            if hasJustLostWatch, case .transactionLost(let node, _, _) = failure { onNote(.watchLost(node)) }
            return nil
        case .doomed(let failure): throw failure
        case .refused:
            try refuse(command, row: row)
            return Reply(effect == .multi ? .error("ERR MULTI calls can not be nested") : .status("QUEUED"))
        case .held where isKept, .open where isKept:
            try refuse(command, row: row)
            queue.append(command, effect, isKept: true)
            return Reply(.status("QUEUED"))
        case .held: return try hold(command, effect, row: row)
        case .open(let pin): return try queue(command, effect, row: row, at: pin)
        }
    }

    /// Makes EXEC of the open block carry out nothing: without the line that was not queued, it would run only in part.
    ///
    /// - Parameter line: where that line is.
    package func refuseBlock(at line: String) {
        switch transaction {
        case .none, .watching, .unwatched, .doomed, .refused: return
        case .open(let pin): _ = release(pin, by: Self.discardCommand)
        case .held: break
        }
        transaction = .refused(at: line)
    }

    /// Makes the next MULTI start no block: without the WATCH that was refused, nothing would guard what it changes.
    ///
    /// - Parameter line: where the WATCH is.
    package func refuseWatch(at line: String) {
        switch transaction {
        case .none: break
        case .watching(let pin): _ = release(pin, by: Self.unwatchCommand)
        case .unwatched, .held, .open, .doomed, .refused: return
        }
        transaction = .unwatched(.watchRefused(line: line))
    }

    /// A connection has ended while nothing was waiting for it: what it held is gone, and EXEC will say so.
    func loseTransaction(with link: Link) {
        switch transaction {
        case .watching(let pin) where pin.connection == link.number: transaction = .unwatched(lost(pin))
        case .open(let pin) where pin.connection == link.number: _ = doom(pin)
        default: break
        }
    }

    /// - Returns: true when the connection that watched keys turns out to be gone.
    private func noticeLostWatch() -> Bool {
        guard case .watching(let pin) = transaction else { return false }
        guard pin.connection == nil || pool.number(of: pin.node) != pin.connection else { return false }
        transaction = .unwatched(lost(pin))
        return true
    }

    // MARK: The words of a transaction

    private func multi() throws(CommandFailure) -> Reply {
        queue = TransactionQueue()
        switch transaction {
        case .watching(let pin): return Reply(try open(at: pin.node, slot: pin.slot, watching: pin))
        case .unwatched(let failure):
            transaction = .doomed(failure)
            throw failure
        case _ where isOnCluster:
            transaction = .held
            return Reply(.ok)
        default: return Reply(try open(at: map.home, slot: nil))
        }
    }

    private func exec(_ command: Command) throws(CommandFailure) -> Reply? {
        switch transaction {
        case .none, .watching, .unwatched: return nil
        case .held:
            transaction = .none
            guard !queue.items.isEmpty else { return Reply(.array([])) }
            let opened = try open(at: keylessNode, slot: nil)
            guard case .open(let pin) = transaction else { return Reply(opened) }
            return try exec(command, at: pin)
        case .open(let pin): return try exec(command, at: pin)
        case .doomed(let failure):
            transaction = .none
            throw failure
        case .refused(let line):
            transaction = .none
            return Reply(
                .error("EXECABORT Transaction discarded: \(line) was not queued"))
        }
    }

    private func exec(_ command: Command, at pin: TransactionState.Pin) throws(CommandFailure) -> Reply {
        transaction = .none
        switch exchange(command, on: pin) {
        case .reply(let value, _):
            if isOnCluster, let cause = value.serverError?.causeOfAbort, let redirect = redirect(cause, from: pin.node)
            {
                return try exec(command, at: move(from: pin, behind: redirect, cause.text).pin)
            }
            // EXEC replies with an array when it has carried out the block.
            if value.kind == .array {
                for (item, reply) in zip(queue.queued.filter { !$0.isKept }, value.elements) where !reply.isError {
                    apply(item.effect, of: item.command, carriedOutBy: [pin.node])
                }
            }
            let completed = queue.completed(value)
            subscriptionsOfBlock = completed.subscriptions
            commandsOfBlock = completed.commands
            return Reply(completed.reply)
        case .failure(let failure):
            if case .unknownOutcome = failure { throw failure }
            throw lost(pin)
        }
    }

    private func discard(_ command: Command) throws(CommandFailure) -> Reply? {
        switch transaction {
        case .none, .watching, .unwatched: return nil
        case .held, .doomed, .refused:
            transaction = .none
            return Reply(.ok)
        case .open(let pin):
            transaction = .none
            return release(pin, by: command)
        }
    }

    /// WATCH of keys of one slot: pins the session to their node until EXEC, DISCARD or UNWATCH.
    private func watch(_ command: Command, row: CommandSpec?) throws(CommandFailure) -> Reply? {
        switch transaction {
        case .unwatched(let failure): throw failure
        case .watching(let pin):
            _ = try slot(of: command, row: row, pinned: pin.slot)
            guard case .reply(let value, _) = exchange(command, on: pin) else {
                transaction = .unwatched(lost(pin))
                throw lost(pin)
            }
            guard isOnCluster, let error = value.serverError, redirect(error, from: pin.node) != nil else {
                return Reply(value)
            }
            // The watch on this node says nothing about the keys where they live now.
            map.isStale = true
            _ = release(pin, by: Self.unwatchCommand)
            let failure = CommandFailure.transactionLost(pin.node, reason: value.text, watched: true)
            transaction = .unwatched(failure)
            throw failure
        default: break
        }
        let slot = try slot(of: command, row: row, pinned: nil)
        let request = Request(arguments: command.arguments, route: slot.map { .slot($0) } ?? .home, isReadonly: true)
        switch exchange([request])[0] {
        case .failure(let failure): throw failure
        case .reply(let value, let node):
            guard !value.isError else { return Reply(value) }
            // If the connection is lost, so are its watched keys: MULTI and EXEC say so.
            transaction = .watching(.init(node: node, slot: slot, connection: pool.number(of: node), watches: true))
            return Reply(value)
        }
    }

    private func unwatch(_ command: Command) throws(CommandFailure) -> Reply? {
        defer { transaction = .none }
        // There is nothing to undo.
        if case .unwatched(.watchRefused) = transaction { return nil }
        guard case .watching(let pin) = transaction else { return transaction.isAfterWatch ? Reply(.ok) : nil }
        return release(pin, by: command)
    }
}

extension CommandFailure {
    static let connectionLost = "the connection was lost"
}
