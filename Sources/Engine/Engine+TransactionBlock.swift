package import Commands
import RESP
package import Routing
import Transport

// Where a block is open, and what may go into it.

extension Engine {
    // MARK: Commands

    /// Before the first key: a command without a key is held back; one with a key opens the block on its slot's master.
    func hold(
        _ command: Command, _ effect: SessionEffect, row: CommandSpec?
    ) throws(CommandFailure) -> Reply {
        try refuse(command, row: row)
        guard let slot = try slot(of: command, row: row, pinned: nil) else {
            return take(try rehearse(command), command, effect)
        }
        guard let owner = map.owners[slot] else { throw .slotWithoutOwner(slot) }
        queue.append(command, effect)
        do throws(CommandFailure) {
            let value = try open(at: owner, slot: slot)
            guard case .open = transaction else { throw .transactionLost(owner, reason: value.text) }
            return Reply(value)
        } catch {
            // Without this command only part of the block would be executed.
            let failure = discarded(by: error, at: owner)
            transaction = .doomed(failure)
            throw error == .interrupted ? error : failure
        }
    }

    /// What a server says to a command that is held back: whether it knows the word, takes that many arguments and lets
    /// this user run it. The block used for asking is discarded.
    private func rehearse(_ command: Command) throws(CommandFailure) -> RESPValue {
        let node = keylessNode
        let pin = TransactionState.Pin(node: node, slot: nil, connection: pool.link(to: node).number)
        let opening = exchange(Self.multiCommand, on: pin)
        if case .reply(let value, _) = opening, !value.isError {
            let requests = [command, Self.discardCommand].map { request(for: $0, at: pin) }
            if case .reply(let value, _) = exchange(requests, on: pin)[0] { return value }
        }
        if loop.hasBeenInterrupted { throw .interrupted }
        // The server will answer when the block is opened.
        return .status("QUEUED")
    }

    func queue(
        _ command: Command, _ effect: SessionEffect, row: CommandSpec?, at pin: TransactionState.Pin
    ) throws(CommandFailure) -> Reply {
        try refuse(command, row: row)
        if pin.slot != nil { _ = try slot(of: command, row: row, pinned: pin.slot) }
        guard case .reply(let value, _) = exchange(command, on: pin) else { throw doom(pin) }
        guard isOnCluster, let error = value.serverError, let redirect = redirect(error, from: pin.node) else {
            return take(value, command, effect)
        }
        _ = release(pin, by: Self.discardCommand)
        queue.append(command, effect)
        do {
            return Reply(try move(from: pin, behind: redirect, error.text).last)
        } catch {
            transaction = .doomed(error)
            throw error
        }
    }

    /// Records what a server has said to a command of the block.
    private func take(_ reply: RESPValue, _ command: Command, _ effect: SessionEffect) -> Reply {
        // An EXEC with too many arguments discards the block.
        if reply.serverError?.code == "EXECABORT" { transaction = .none }
        if reply.serverError?.leavesBlockWhole != true { queue.append(command, effect, isRefused: reply.isError) }
        return Reply(reply)
    }

    /// Marks the block as lost with its connection.
    func doom(_ pin: TransactionState.Pin) -> CommandFailure {
        transaction = .doomed(lost(pin))
        return lost(pin)
    }

    private static let multiCommand = Command(["MULTI"])
    static let discardCommand = Command(["DISCARD"])
    static let unwatchCommand = Command(["UNWATCH"])
    private static let askingCommand = Command(["ASKING"])

    // MARK: Opening

    /// Opens the block on a node, with what it holds so far. Returns the reply to the last command, or to MULTI.
    ///
    /// While only the last command has a key, a redirect is followed: the block is opened again where the slot lives.
    ///
    /// - Parameter watching: the connection that watches keys, the only one on which the block may be opened.
    func open(
        at first: NodeAddress, slot: HashSlot?, watching: TransactionState.Pin? = nil
    ) throws(CommandFailure) -> RESPValue {
        var delivery = Self.delivery(to: slot.map { .slot($0) } ?? .node(first))
        delivery.arrive(at: first, isAtOwner: true)
        var isAsking = false
        while true {
            let node = delivery.node ?? first
            let pin = watching ?? .init(node: node, slot: slot, connection: pool.link(to: node).number)
            let replies = try begin(at: pin, isAsking: isAsking)
            let last = replies[replies.count - 1]
            if slot != nil, watching == nil, let error = last.serverError, let redirect = redirect(error, from: node) {
                if replies.count > 1 { _ = release(pin, by: Self.discardCommand) }
                isAsking = try reopen(&delivery, behind: redirect, from: node, last.text)
                continue
            }
            guard !replies[0].isError else { return last }
            transaction = .open(pin)
            // Commands that were held back have already been reported as queued; the reply to EXEC is shown instead of
            // the last one's.
            settle(replies.dropFirst(), at: node, tellsOfLast: slot == nil)
            return last
        }
    }

    /// Sends the whole block again, to the node that a redirect names. The redirect proves that none of it was
    /// executed.
    ///
    /// - Returns: where the block is now open, and the reply to its last command.
    /// - Throws: `.transactionLost` for a second redirect, for one that names no other node, and where keys were
    ///   watched, because there is no telling what has happened to them in the meantime.
    func move(
        from pin: TransactionState.Pin, behind redirect: Redirect, _ reason: String
    ) throws(CommandFailure) -> (pin: TransactionState.Pin, last: RESPValue) {
        let failure = CommandFailure.transactionLost(pin.node, reason: reason, watched: pin.watches)
        guard let slot = pin.slot, !pin.watches, !queue.hasMoved else {
            map.isStale = true
            throw failure
        }
        var delivery = Self.delivery(to: .slot(slot))
        delivery.arrive(at: pin.node, isAtOwner: true)
        let event = Delivery.Event.redirected(redirect, from: pin.node, text: reason)
        let (decision, note) = delivery.decide(event, &map, at: .now, retryFor: 0)
        guard case .send(let isAsking) = decision else { throw failure }
        queue.hasMoved = true
        if let note { onNote(note) }
        let node = delivery.depart(by: map)
        let next = TransactionState.Pin(node: node, slot: slot, connection: pool.link(to: node).number)
        let replies: [RESPValue]
        do {
            replies = try begin(at: next, isAsking: isAsking)
        } catch {
            throw discarded(by: error, at: node)
        }
        let obstacle = replies.first { reply in
            reply.serverError.map { self.redirect($0, from: node) != nil } ?? false
        }
        guard obstacle == nil, !replies[0].isError else {
            if !replies[0].isError { _ = release(next, by: Self.discardCommand) }
            map.isStale = true
            throw .transactionLost(node, reason: (obstacle ?? replies[0]).text)
        }
        transaction = .open(next)
        settle(replies.dropFirst(), at: node, tellsOfLast: true)
        return (next, replies[replies.count - 1])
    }

    /// Sends MULTI and, once that is accepted, everything the block holds, back to back on the same connection.
    ///
    /// - Returns: the replies, MULTI's first; if that is an error, nothing else was sent.
    private func begin(at pin: TransactionState.Pin, isAsking: Bool) throws(CommandFailure) -> [RESPValue] {
        let opening = try replies(to: (isAsking ? [Self.askingCommand] : []) + [Self.multiCommand], on: pin).suffix(1)
        let commands = queue.sentPlaces.map { queue.items[$0].command }
        guard !opening.contains(where: \.isError), !commands.isEmpty else { return Array(opening) }
        return try opening + replies(to: commands, on: pin)
    }

    /// Records which commands a server has refused, and reports those that were called queued before.
    private func settle(_ replies: ArraySlice<RESPValue>, at node: NodeAddress, tellsOfLast: Bool) {
        let places = queue.sentPlaces
        for (place, value) in zip(places, replies) where value.isError && queue.refuse(place) {
            guard tellsOfLast || place != places.last else { continue }
            let command = queue.items[place].command
            onNote(.notQueued(node, command: command.title(row(for: command)), error: value.text))
        }
    }

    private static func delivery(to route: Route) -> Delivery {
        Delivery(.init(route: route, isReadonly: false, isScript: false))
    }

    /// Finds the node on which to reopen a block that met a redirect.
    ///
    /// - Returns: true when ASKING has to precede it.
    private func reopen(
        _ delivery: inout Delivery, behind redirect: Redirect, from node: NodeAddress, _ text: String
    ) throws(CommandFailure) -> Bool {
        let event = Delivery.Event.redirected(redirect, from: node, text: text)
        let (decision, note) = delivery.decide(event, &map, at: .now, retryFor: retryFor)
        if let note { onNote(note) }
        defer { _ = delivery.depart(by: map) }
        switch decision {
        case .send(let isAsking): return isAsking
        case .wait(let end):
            loop.sleep(until: end)
            if loop.hasBeenInterrupted { throw .interrupted }
            if map.isStale { try refreshUnlessInterrupted() }
            return false
        case .reply, .confirm, .fail: throw .transactionLost(node, reason: text)
        }
    }

    // MARK: The one connection

    /// Sends DISCARD or UNWATCH. If the connection is gone, so are the block and the watched keys.
    func release(_ pin: TransactionState.Pin, by command: Command) -> Reply {
        guard case .reply(let value, _) = exchange(command, on: pin) else { return Reply(.ok) }
        return Reply(value)
    }

    /// Where a block without a key runs: on the session's node if that is a master.
    var keylessNode: NodeAddress {
        let masters = map.topology?.masters.map(\.address) ?? []
        return masters.contains(map.home) ? map.home : masters.first ?? map.home
    }

    private func request(for command: Command, at pin: TransactionState.Pin) -> Request {
        Request(arguments: command.arguments, route: .node(pin.node), isReadonly: false)
    }

    /// Sends commands of a block that is being opened.
    private func replies(to commands: [Command], on pin: TransactionState.Pin) throws(CommandFailure) -> [RESPValue] {
        var values: [RESPValue] = []
        for outcome in exchange(commands.map { request(for: $0, at: pin) }, on: pin) {
            switch outcome {
            case .failure(let failure):
                map.isStale = true
                if pin.watches { throw doom(pin) }
                // Nothing of a block runs before EXEC.
                if case .unknownOutcome(let node, let reason, let fault) = failure {
                    throw .unreachable(node, reason: reason, fault)
                }
                throw failure
            case .reply(let value, _): values.append(value)
            }
        }
        return values
    }

    /// Sends a command on the connection that holds the block or the watched keys, and on no other.
    func exchange(_ command: Command, on pin: TransactionState.Pin) -> RequestOutcome {
        exchange([request(for: command, at: pin)], on: pin)[0]
    }

    /// Why a block could not be opened, as EXEC will report it.
    private func discarded(by error: CommandFailure, at node: NodeAddress) -> CommandFailure {
        switch error {
        case .transactionLost: error
        case .unreachable(let node, let reason, _), .notConnectable(let node, let reason):
            .transactionLost(node, reason: reason)
        default: .transactionLost(node, reason: loop.hasBeenInterrupted ? "interrupted" : CommandFailure.connectionLost)
        }
    }

    /// The connection that held a block or watched keys is gone.
    func lost(_ pin: TransactionState.Pin) -> CommandFailure {
        let reason = loop.hasBeenInterrupted ? "interrupted" : CommandFailure.connectionLost
        return .transactionLost(pin.node, reason: reason, watched: pin.watches)
    }

    // MARK: Checks

    var isOnCluster: Bool { map.topology != nil && router.routesCommands }

    func slot(
        of command: Command, row: CommandSpec?, pinned: HashSlot?
    ) throws(CommandFailure) -> HashSlot? {
        guard let row, isOnCluster else { return nil }
        let keys = row.keys.indexes(in: command.arguments).map { command.arguments[$0] }
        return try TransactionState.slot(of: keys, command: command.title(row), pinned: pinned, owners: map.owners)
    }

    /// Refuses what would not be queued in the open block; nothing if no block is open.
    package func refuseInBlock(_ command: Command) throws(CommandFailure) {
        let row = try learnRow(for: command)
        switch (transaction, row?.effect) {
        case (_, .exec), (_, .discard), (_, .reset): break
        case (.open(let pin), _):
            try refuse(command, row: row)
            _ = try slot(of: command, row: row, pinned: pin.slot)
        case (.held, _), (.refused, _):
            try refuse(command, row: row)
            _ = try slot(of: command, row: row, pinned: nil)
        default: break
        }
    }

    /// Refuses what a block cannot contain: a blocked command, a target (the block already has its node), and what only
    /// many nodes can answer.
    func refuse(_ command: Command, row: CommandSpec?) throws(CommandFailure) {
        try router.refuseWrite(command, row: row)
        if isOnCluster, let row {
            // Unblocked, it would be refused by the server.
            if row.effect == .watch, !router.allows(row, isCluster: true) { throw .watchInTransaction }
            try router.refuseBlocked(command, row: row)
            if row.needsManyNodes { throw .outsideTransaction(command: command.title(row), transaction: nil, key: nil) }
        }
        guard command.target != nil else { return }
        throw .outsideTransaction(command: command.title(row), transaction: nil, key: nil)
    }
}
