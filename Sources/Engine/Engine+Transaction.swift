import Commands
import RESP
import Routing

/// MULTI, WATCH and what lies between them and EXEC.
extension Engine {
    /// Runs a command that belongs to a transaction, or that begins one.
    ///
    /// - Returns: nil when the command has nothing to do with one.
    func runInTransaction(_ command: Command, row: CommandSpec?) throws(CommandFailure) -> Reply? {
        let effect = row?.effect ?? .none
        guard transaction != .none || effect == .multi || effect == .watch else { return nil }
        if effect == .watch || effect == .unwatch { _ = try plan(for: command) }
        ensureTopology()
        dropLostPin()
        switch effect {
        case .multi: return try multi(command)
        case .exec: return try exec(command)
        case .discard: return try discard(command)
        case .watch where !transaction.isInBlock: return try watch(command, row: row)
        case .unwatch where !transaction.isInBlock: return try unwatch(command)
        case .reset:
            transaction = .none
            return nil
        default: break
        }
        switch transaction {
        case .none, .watching: return nil
        case .doomed(let failure): throw failure
        case .held(let commands): return try hold(command, row: row, behind: commands)
        case .open(let pin): return try queue(command, row: row, at: pin)
        }
    }

    /// A block or a WATCH whose connection is gone runs nothing any more.
    private func dropLostPin() {
        switch transaction {
        case .watching(let pin), .open(let pin):
            if pool.number(of: pin.node) != pin.connection {
                transaction = .doomed(.transactionLost(pin.node, reason: "the connection was lost"))
            }
        case .none, .held, .doomed: break
        }
    }

    // MARK: The words of a transaction

    private func multi(_ command: Command) throws(CommandFailure) -> Reply {
        switch transaction {
        case .none where map.topology != nil && !router.isDirect:
            transaction = .held([])
            return Reply(.ok)
        case .none:
            return try open(at: map.home, slot: nil, with: [command])
        case .watching(let pin):
            return try open(at: pin.node, slot: pin.slot, with: [command])
        case .open(let pin): return try send(command, to: pin)
        case .held: return Reply(.error("ERR MULTI calls can not be nested"))
        case .doomed(let failure): throw failure
        }
    }

    private func exec(_ command: Command) throws(CommandFailure) -> Reply? {
        switch transaction {
        case .none, .watching: return nil
        case .held(let commands):
            transaction = .none
            guard !commands.isEmpty else { return Reply(.array([])) }
            let opened = try open(at: map.home, slot: nil, with: [Self.multiCommand] + commands)
            guard case .open(let pin) = transaction else { return opened }
            return try end(command, at: pin)
        case .open(let pin): return try end(command, at: pin)
        case .doomed(let failure):
            transaction = .none
            throw failure
        }
    }

    private func discard(_ command: Command) throws(CommandFailure) -> Reply? {
        switch transaction {
        case .none, .watching: return nil
        case .held, .doomed:
            transaction = .none
            return Reply(.ok)
        case .open(let pin): return try end(command, at: pin)
        }
    }

    /// WATCH of keys of one slot: pins the session to their node until EXEC, DISCARD or UNWATCH.
    private func watch(_ command: Command, row: CommandSpec?) throws(CommandFailure) -> Reply? {
        var pinned: HashSlot?
        if case .watching(let pin) = transaction { pinned = pin.slot }
        let slot = try slot(of: command, row: row, pinned: pinned)
        let request = Request(arguments: command.arguments, route: slot.map { .slot($0) } ?? .home, isReadonly: true)
        switch exchange([request])[0] {
        case .failure(let failure): throw failure
        case .reply(let value, let node):
            if !value.isError, let number = pool.number(of: node) {
                transaction = .watching(.init(node: node, slot: slot, connection: number))
            }
            return Reply(value)
        }
    }

    private func unwatch(_ command: Command) throws(CommandFailure) -> Reply? {
        guard case .watching(let pin) = transaction else { return nil }
        transaction = .none
        return try send(command, to: pin)
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
        return try open(at: owner, slot: slot, with: [Self.multiCommand] + commands + [command], hops: 0)
    }

    private func queue(
        _ command: Command, row: CommandSpec?, at pin: TransactionState.Pin
    ) throws(CommandFailure) -> Reply {
        try refuse(command, row: row)
        if pin.slot != nil { _ = try slot(of: command, row: row, pinned: pin.slot) }
        let reply = try send(command, to: pin)
        if case .value(let value) = reply.body, let error = value.serverError, map.topology != nil,
            Redirect(error, askedHost: pin.node.host) != nil
        {
            let failure = CommandFailure.transactionLost(pin.node, reason: error.text)
            map.isStale = true
            abandonBlock(at: pin)
            transaction = .doomed(failure)
            throw failure
        }
        return reply
    }

    private static let multiCommand = Command(["MULTI"])

    /// Opens the block at a node: MULTI and what came before, back to back on one connection. The reply is the last one's.
    ///
    /// While nothing else is queued a MOVED is followed: the block is opened again where the slot lives.
    private func open(
        at node: NodeAddress, slot: HashSlot?, with commands: [Command], hops: Int = 0
    ) throws(CommandFailure) -> Reply {
        let requests = commands.map { Request(arguments: $0.arguments, route: .node(node), isReadonly: false) }
        let outcomes = exchange(requests)
        var last = RESPValue.null
        for outcome in outcomes {
            switch outcome {
            case .failure(.unknownOutcome(let node, let reason)):
                // Nothing of a block runs before EXEC.
                throw .unreachable(node, reason: reason)
            case .failure(let failure): throw failure
            case .reply(let value, _): last = value
            }
        }
        guard let number = pool.number(of: node) else {
            throw .transactionLost(node, reason: "the connection was lost")
        }
        let pin = TransactionState.Pin(node: node, slot: slot, connection: number)
        if slot != nil, let redirect = last.serverError.flatMap({ Redirect($0, askedHost: node.host) }) {
            abandonBlock(at: pin)
            guard case .moved(let slot, let owner) = redirect, hops < Redirect.maximumHops else {
                throw .transactionLost(node, reason: last.text)
            }
            map.owners.patch(slot, to: owner)
            map.isStale = true
            return try open(at: owner, slot: slot, with: commands, hops: hops + 1)
        }
        if case .reply(let first, _) = outcomes[0], first.isError { return Reply(first) }
        transaction = .open(pin)
        return Reply(last)
    }

    /// EXEC or DISCARD at the node.
    private func end(_ command: Command, at pin: TransactionState.Pin) throws(CommandFailure) -> Reply {
        transaction = .none
        return try send(command, to: pin)
    }

    /// DISCARD, whose reply nobody waits for.
    private func abandonBlock(at pin: TransactionState.Pin) {
        _ = exchange([Request(arguments: ["DISCARD"], route: .node(pin.node), isReadonly: false)])
    }

    private func send(_ command: Command, to pin: TransactionState.Pin) throws(CommandFailure) -> Reply {
        let request = Request(arguments: command.arguments, route: .node(pin.node), isReadonly: false)
        switch exchange([request])[0] {
        case .reply(let value, _): return Reply(value)
        case .failure(let failure):
            let isExec = command.name.matches("EXEC")
            if case .unknownOutcome = failure, isExec { throw failure }
            let lost = CommandFailure.transactionLost(pin.node, reason: "the connection was lost")
            if transaction.isInBlock { transaction = .doomed(lost) }
            throw lost
        }
    }

    // MARK: Checks

    private func slot(
        of command: Command, row: CommandSpec?, pinned: HashSlot?
    ) throws(CommandFailure) -> HashSlot? {
        guard let row, map.topology != nil, !router.isDirect else { return nil }
        let keys = row.keys.indexes(in: command.arguments).map { command.arguments[$0] }
        return try TransactionState.slot(of: keys, command: command, pinned: pinned, owners: map.owners)
    }

    /// What cannot stand in a block: a blocked command, and a target, since the block has its node.
    private func refuse(_ command: Command, row: CommandSpec?) throws(CommandFailure) {
        if map.topology != nil, !router.isDirect { try router.refuseBlocked(command, row: row) }
        guard command.target != nil else { return }
        throw .outsideTransaction(command: command.name.text, transaction: nil, key: nil)
    }
}
