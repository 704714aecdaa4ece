package import Commands
package import RESP

/// The state of a MULTI block.
///
/// On a cluster, MULTI is held back until the first key gives the slot; the block is then opened at that slot's master
/// and stays there, unless a redirect proves that nothing of it has run: then it moves to the new owner as a whole,
/// once. A block that was redirected again, or lost its connection or what it watched, can no longer run anything: it
/// is doomed, and EXEC says so. Source: Redis documentation, "Transactions".
package enum TransactionState: Equatable, Sendable {
    case none
    /// WATCH has pinned the session to a node; there is no block yet.
    case watching(Pin)
    /// The connection that watched keys is gone, or its node has lost the slot, or a WATCH in a file was refused; there
    /// is no block yet, and MULTI starts none.
    case unwatched(CommandFailure)
    /// MULTI was answered locally, and no key has named a slot yet.
    case held
    /// The block is open at a node.
    case open(Pin)
    case doomed(CommandFailure)
    /// A line of a file or a load was not queued. As with a command that a server refuses, the rest of the block is
    /// accepted, and EXEC executes nothing.
    case refused(at: String)

    /// The node that holds the block or the watched keys.
    package struct Pin: Equatable, Sendable {
        package let node: NodeAddress
        /// Nil when any key will do: on a standalone server, or before a key has been named.
        package let slot: HashSlot?
        /// Tells this connection to the node from later ones; nil for one that is gone.
        package let connection: Int?
        /// True when EXEC depends on keys that the connection watches.
        package let watches: Bool

        package init(node: NodeAddress, slot: HashSlot?, connection: Int?, watches: Bool = false) {
            self.node = node
            self.slot = slot
            self.connection = connection
            self.watches = watches
        }
    }

    /// True between MULTI and EXEC or DISCARD.
    package var isInBlock: Bool {
        switch self {
        case .none, .watching, .unwatched: false
        case .held, .open, .doomed, .refused: true
        }
    }

    /// True in a block that goes on: commands are queued, or accepted although EXEC will not carry them out.
    package var goesOn: Bool {
        switch self {
        case .held, .open, .refused: true
        case .none, .watching, .unwatched, .doomed: false
        }
    }

    /// True after a WATCH that nothing has undone, though it may have been lost.
    package var isAfterWatch: Bool {
        switch self {
        case .watching, .unwatched: true
        case .none, .held, .open, .doomed, .refused: false
        }
    }

    /// Checks that keys belong to the slot that a node was pinned for.
    ///
    /// - Throws: `.crossSlot` for keys of two slots, `.outsideTransaction` for keys of another slot than the pin's.
    package static func slot(
        of keys: [ByteString], command: String, pinned: HashSlot?, owners: SlotMap
    ) throws(CommandFailure) -> HashSlot? {
        let places = keys.map { CommandFailure.KeyPlace($0, owners) }
        guard let slot = places.first?.slot else { return nil }
        if places.contains(where: { $0.slot != slot }) { throw .crossSlot(places) }
        if let pinned, slot != pinned {
            throw .outsideTransaction(command: command, transaction: pinned, key: places[0])
        }
        return slot
    }
}

/// The commands of a block, in the order they came in.
package struct TransactionQueue: Sendable {
    package struct Item: Sendable {
        package let command: Command
        /// What the command does to the session once EXEC has executed it.
        package let effect: SessionEffect
        /// True if the server did not queue it.
        package fileprivate(set) var isRefused: Bool
        /// True if it is not sent to a server: subscriptions have connections of their own.
        package let isKept: Bool
    }

    package private(set) var items: [Item] = []
    /// True when the block has been sent to another node, which happens only once.
    package var hasMoved = false

    package init() {}

    package mutating func append(
        _ command: Command, _ effect: SessionEffect, isRefused: Bool = false, isKept: Bool = false
    ) {
        items.append(Item(command: command, effect: effect, isRefused: isRefused, isKept: isKept))
    }

    /// - Returns: true if the command had counted as queued.
    package mutating func refuse(_ place: Int) -> Bool {
        defer { items[place].isRefused = true }
        return !items[place].isRefused
    }

    /// Commands that were reported as queued and not refused.
    package var queued: some Collection<Item> { items.lazy.filter { !$0.isRefused } }

    /// The indexes of the items that are sent to a server.
    package var sentPlaces: [Int] { items.indices.filter { !items[$0].isKept } }

    /// The reply to EXEC with the confirmations of what was kept, each in its place, as a single server would give it;
    /// the command for each of its elements; and what is subscribed to by then.
    package func completed(
        _ reply: RESPValue
    ) -> (reply: RESPValue, commands: [Command], subscriptions: [Subscriptions.Item]) {
        guard reply.kind == .array, items.contains(where: \.isKept) else { return (reply, queued.map(\.command), []) }
        var subscriptions = Subscriptions(at: nil)
        var replies = Array(reply.elements)[...]
        var all: [RESPValue] = []
        var commands: [Command] = []
        for item in queued {
            if item.isKept {
                all += subscriptions.take(item.command.arguments, leaves: item.effect == .unsubscribe)
            } else if let reply = replies.popFirst() {
                all.append(reply)
            }
            while commands.count < all.count { commands.append(item.command) }
        }
        return (.array(all + replies), commands, subscriptions.items)
    }
}

extension ServerError {
    /// True when Redis refuses the word alone: the block stays as it was, and EXEC runs it. After any other error, and
    /// after Valkey's own words for these, EXEC executes nothing.
    package var leavesBlockWhole: Bool {
        [ByteString("MULTI calls can not be nested"), "WATCH inside MULTI is not allowed"].contains(message)
    }

    /// The error that made EXEC execute nothing, if EXECABORT quotes it; otherwise the error itself.
    package var causeOfAbort: ServerError {
        let preface: StaticString = "Transaction discarded because of: "
        guard code == "EXECABORT", message.hasPrefix(preface) else { return self }
        return ServerError(message.dropFirst(preface.utf8CodeUnitCount).bytes)
    }
}
