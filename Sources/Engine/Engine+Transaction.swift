import Commands
import RESP
import Routing
import Transport

/// MULTI, WATCH and what lies between them and EXEC.
extension Engine {
    /// Runs a command that belongs to a transaction, or that begins one.
    ///
    /// - Returns: nil when the command has nothing to do with one.
    func runInTransaction(_ command: Command, row: CommandSpec?) throws(CommandFailure) -> Reply? {
        let effect = row?.effect ?? .none
        guard transaction != .none || effect == .multi || effect == .watch else { return nil }
        if effect == .watch || effect == .unwatch { _ = try plan(for: command) }
        if transaction == .none, map.isUnknown, router.routesCommands { try requireTopology() }
        switch effect {
        case .multi: return try multi(command)
        case .exec: return try exec(command)
        case .discard: return try discard(command)
        case .watch where !transaction.isInBlock: return try watch(command, row: row)
        case .unwatch where !transaction.isInBlock: return try unwatch(command)
        case .reset:
            // The block or the watched keys may be at another node than the one that runs RESET.
            transaction = .none
            pool.closeAll()
            return nil
        default: break
        }
        switch transaction {
        case .none, .watching: return nil
        case .doomed(let failure): throw failure
        case .refused:
            try refuse(command, row: row)
            return Reply(.status("QUEUED"))
        case .held(let commands): return try hold(command, row: row, behind: commands)
        case .open(let pin): return try queue(command, row: row, at: pin)
        }
    }

    /// Lets EXEC of the open block carry nothing out: without the line that was not queued it would be a half.
    ///
    /// - Parameter line: where that line stands.
    package func refuseBlock(at line: String) {
        switch transaction {
        case .none, .watching, .doomed, .refused: return
        case .open(let pin): _ = release(pin, by: Self.discardCommand)
        case .held: break
        }
        transaction = .refused(at: line)
    }

    // MARK: The words of a transaction

    private func multi(_ command: Command) throws(CommandFailure) -> Reply {
        switch transaction {
        case .none where isOnCluster, .doomed where isOnCluster:
            transaction = .held([])
            return Reply(.ok)
        case .none, .doomed:
            return try open(at: map.home, slot: nil, with: [])
        case .watching(let pin):
            return try open(at: pin.node, slot: pin.slot, with: [], watching: pin)
        case .open(let pin): return try send(command, to: pin)
        case .held, .refused: return Reply(.error("ERR MULTI calls can not be nested"))
        }
    }

    private func exec(_ command: Command) throws(CommandFailure) -> Reply? {
        switch transaction {
        case .none, .watching: return nil
        case .held(let commands):
            transaction = .none
            guard !commands.isEmpty else { return Reply(.array([])) }
            let opened = try open(at: keylessNode, slot: nil, with: commands)
            guard case .open(let pin) = transaction else { return opened }
            return try exec(command, at: pin)
        case .open(let pin): return try exec(command, at: pin)
        case .doomed(let failure):
            transaction = .none
            throw failure
        case .refused(let line):
            transaction = .none
            return Reply(
                .error("EXECABORT Transaction discarded because \(line) was not queued; nothing was executed"))
        }
    }

    private func exec(_ command: Command, at pin: TransactionState.Pin) throws(CommandFailure) -> Reply {
        transaction = .none
        let effects = queuedEffects
        queuedEffects = []
        switch exchange(command, on: pin) {
        case .reply(let value, _):
            if isOnCluster, let error = value.serverError, redirect(error, from: pin.node) != nil {
                map.isStale = true
                throw .transactionLost(pin.node, reason: error.text)
            }
            // EXEC replies with an array when it carried the block out.
            if value.kind == .array {
                let replies = Array(value.elements)
                for queued in effects where queued.place < replies.count && !replies[queued.place].isError {
                    apply(queued.effect, of: queued.command, carriedOutBy: [pin.node])
                }
            }
            return Reply(value)
        case .failure(let failure):
            if case .unknownOutcome = failure { throw failure }
            throw .lost(pin)
        }
    }

    private func discard(_ command: Command) throws(CommandFailure) -> Reply? {
        switch transaction {
        case .none, .watching: return nil
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
        if case .watching(let pin) = transaction {
            _ = try slot(of: command, row: row, pinned: pin.slot)
            guard case .reply(let value, _) = exchange(command, on: pin) else { throw .lost(pin) }
            return Reply(value)
        }
        let slot = try slot(of: command, row: row, pinned: nil)
        let request = Request(arguments: command.arguments, route: slot.map { .slot($0) } ?? .home, isReadonly: true)
        switch exchange([request])[0] {
        case .failure(let failure): throw failure
        case .reply(let value, let node):
            guard !value.isError else { return Reply(value) }
            // A connection that is gone took what it watched along: MULTI and EXEC say so.
            transaction = .watching(.init(node: node, slot: slot, connection: pool.number(of: node)))
            return Reply(value)
        }
    }

    private func unwatch(_ command: Command) throws(CommandFailure) -> Reply? {
        guard case .watching(let pin) = transaction else { return nil }
        transaction = .none
        return release(pin, by: command)
    }

    /// DISCARD or UNWATCH. A connection that is gone took the block and the watched keys with it.
    private func release(_ pin: TransactionState.Pin, by command: Command) -> Reply {
        guard case .reply(let value, _) = exchange(command, on: pin) else { return Reply(.ok) }
        return Reply(value)
    }

    /// Where a block without a key runs: at the session's node if that is a master.
    private var keylessNode: NodeAddress {
        let masters = map.topology?.masters.map(\.address) ?? []
        return masters.contains(map.home) ? map.home : masters.first ?? map.home
    }

    // MARK: Commands within a block

    /// Before the first key: a command without one is kept back, a keyed one opens the block at its slot's master.
    private func hold(
        _ command: Command, row: CommandSpec?, behind commands: [Command]
    ) throws(CommandFailure) -> Reply {
        try refuse(command, row: row)
        guard let slot = try slot(of: command, row: row, pinned: nil) else {
            transaction = .held(commands + [command])
            return Reply(.status("QUEUED"))
        }
        guard let owner = map.owners[slot] else { throw .slotWithoutOwner(slot) }
        do {
            return try open(at: owner, slot: slot, with: commands + [command])
        } catch {
            // Without this command the block would be executed in part.
            let failure: CommandFailure =
                switch error {
                case .transactionLost: error
                case .unreachable(let node, let reason, _), .encryptionFailed(let node, let reason):
                    .transactionLost(node, reason: reason)
                default: .transactionLost(owner, reason: CommandFailure.connectionLost)
                }
            transaction = .doomed(failure)
            throw error == .interrupted ? error : failure
        }
    }

    private func queue(
        _ command: Command, row: CommandSpec?, at pin: TransactionState.Pin
    ) throws(CommandFailure) -> Reply {
        try refuse(command, row: row)
        if pin.slot != nil { _ = try slot(of: command, row: row, pinned: pin.slot) }
        let reply = try send(command, to: pin)
        guard case .value(let value) = reply.body else { return reply }
        note(command, effect: row?.effect, value)
        if let error = value.serverError, map.topology != nil,
            redirect(error, from: pin.node) != nil
        {
            let failure = CommandFailure.transactionLost(pin.node, reason: error.text)
            map.isStale = true
            _ = release(pin, by: Self.discardCommand)
            transaction = .doomed(failure)
            throw failure
        }
        return reply
    }

    private func send(_ command: Command, to pin: TransactionState.Pin) throws(CommandFailure) -> Reply {
        guard case .reply(let value, _) = exchange(command, on: pin) else { throw doom(pin) }
        return Reply(value)
    }

    /// Marks the block as lost with its connection.
    private func doom(_ pin: TransactionState.Pin) -> CommandFailure {
        transaction = .doomed(.lost(pin))
        return .lost(pin)
    }

    private static let multiCommand = Command(["MULTI"])
    private static let discardCommand = Command(["DISCARD"])

    /// Opens the block at a node: MULTI, and once that is taken what came before, back to back on the same connection.
    /// The reply is that to the last of them.
    ///
    /// While nothing else is queued a redirect is followed: the block is opened again where the slot lives.
    ///
    /// - Parameter watching: the connection that watches keys, on which alone the block may be opened.
    private func open(
        at first: NodeAddress, slot: HashSlot?, with commands: [Command], watching: TransactionState.Pin? = nil
    ) throws(CommandFailure) -> Reply {
        var terms = Delivery.Terms(
            route: slot.map { .slot($0) } ?? .node(first), isReadonly: false, isScript: false)
        terms.followsRedirects = slot != nil && watching == nil
        var delivery = Delivery(terms)
        delivery.arrive(at: first, isAtOwner: true)
        while true {
            let node = delivery.node ?? first
            let pin = watching ?? .init(node: node, slot: slot, connection: pool.link(to: node).number)
            queuedEffects = []
            queuedCount = 0
            let opening = try replies(to: [Self.multiCommand], on: pin, watching: watching)
            guard !opening[0].isError else { return Reply(opening[0]) }
            let values = try replies(to: commands, on: pin, watching: watching)
            let last = values.last ?? opening[0]
            if slot != nil, let redirect = last.serverError.flatMap({ redirect($0, from: node) }) {
                _ = release(pin, by: Self.discardCommand)
                try reopen(&delivery, behind: redirect, from: node, last.text)
                continue
            }
            for (command, value) in zip(commands, values) {
                note(command, effect: self.row(for: command)?.effect, value)
            }
            transaction = .open(pin)
            // Those that were kept back have been called queued; the reply to EXEC is shown in place of the last one's.
            for (command, value) in zip(commands, slot == nil ? values[...] : values.dropLast()) where value.isError {
                onNote(.notQueued(node, command: command.name, error: value.text))
            }
            return Reply(last)
        }
    }

    /// Finds the node where a block that met a redirect is opened next.
    private func reopen(
        _ delivery: inout Delivery, behind redirect: Redirect, from node: NodeAddress, _ text: String
    ) throws(CommandFailure) {
        let event = Delivery.Event.redirected(redirect, from: node, text: text)
        let (decision, toldOf) = delivery.decide(event, &map, at: .now, retryFor: retryFor)
        if let toldOf { onNote(toldOf) }
        switch decision {
        case .send(isAsking: false): break
        case .wait(let end):
            loop.sleep(until: end)
            if loop.hasBeenInterrupted { throw .interrupted }
            if map.isStale { try refreshUnlessInterrupted() }
        // The keys of a block may be on both sides of a slot that is on its way.
        case .send(isAsking: true), .reply, .confirm, .fail: throw .transactionLost(node, reason: text)
        }
        _ = delivery.depart(by: map)
    }

    /// Counts a command of the block that was queued, and keeps it in mind if it changes the session.
    private func note(_ command: Command, effect: SessionEffect?, _ reply: RESPValue) {
        guard !reply.isError else { return }
        if let effect, effect != .none { queuedEffects.append((queuedCount, effect, command)) }
        queuedCount += 1
    }

    /// Sends commands of a block that is being opened.
    private func replies(
        to commands: [Command], on pin: TransactionState.Pin, watching: TransactionState.Pin?
    ) throws(CommandFailure) -> [RESPValue] {
        let requests = commands.map { Request(arguments: $0.arguments, route: .node(pin.node), isReadonly: false) }
        var values: [RESPValue] = []
        for outcome in exchange(requests, on: pin) {
            switch outcome {
            case .failure(let failure):
                map.isStale = true
                if let watching { throw doom(watching) }
                // Nothing of a block runs before EXEC.
                if case .unknownOutcome(let node, let reason) = failure { throw .unreachable(node, reason: reason) }
                throw failure
            case .reply(let value, _): values.append(value)
            }
        }
        return values
    }

    /// Sends a command on the connection that holds the block or the watched keys, and on no other.
    private func exchange(_ command: Command, on pin: TransactionState.Pin) -> RequestOutcome {
        exchange([Request(arguments: command.arguments, route: .node(pin.node), isReadonly: false)], on: pin)[0]
    }

    // MARK: Checks

    private var isOnCluster: Bool { map.topology != nil && router.routesCommands }

    private func slot(
        of command: Command, row: CommandSpec?, pinned: HashSlot?
    ) throws(CommandFailure) -> HashSlot? {
        guard let row, isOnCluster else { return nil }
        let keys = row.keys.indexes(in: command.arguments).map { command.arguments[$0] }
        return try TransactionState.slot(of: keys, command: command, pinned: pinned, owners: map.owners)
    }

    /// What cannot stand in a block: a blocked command, a target, since the block has its node, and what has another
    /// number of replies than one, or leaves the connection subscribed.
    private func refuse(_ command: Command, row: CommandSpec?) throws(CommandFailure) {
        switch row?.effect {
        case .subscribe, .unsubscribe, .monitor:
            throw .outsideTransaction(command: command.name.text, transaction: nil, key: nil)
        default: break
        }
        try router.refuseWrite(command, row: row)
        if isOnCluster, let row {
            try router.refuseBlocked(command, row: row)
            let isForMany = row.request == .masters || row.request == .allNodes
            if isForMany && !row.flags.contains(.readonly) || row.iterates != nil {
                throw .outsideTransaction(command: command.name.text, transaction: nil, key: nil)
            }
        }
        guard command.target != nil else { return }
        throw .outsideTransaction(command: command.name.text, transaction: nil, key: nil)
    }
}

extension CommandFailure {
    static let connectionLost = "the connection was lost"

    /// The connection that held a block or watched keys is gone.
    static func lost(_ pin: TransactionState.Pin) -> CommandFailure {
        .transactionLost(pin.node, reason: connectionLost)
    }
}
