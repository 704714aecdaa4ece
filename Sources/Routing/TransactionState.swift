package import Commands
package import RESP

/// Where a MULTI block stands.
///
/// On a cluster MULTI is held back until the first key tells the slot; the block is then opened at that slot's master
/// and stays there. A block that met a redirect or lost its connection runs nothing any more: it is doomed, and EXEC
/// says so. Source: Redis documentation, "Transactions".
package enum TransactionState: Equatable, Sendable {
    case none
    /// WATCH pinned the session to a node; there is no block yet.
    case watching(Pin)
    /// MULTI was answered here; these commands came before the first key.
    case held([Command])
    /// The block is open at a node.
    case open(Pin)
    case doomed(CommandFailure)
    /// A line of a file or a load was not queued. As a server does with a command it refuses, the rest of the block is
    /// taken, and EXEC carries nothing out.
    case refused(at: String)

    /// The node that holds the block or the watched keys.
    package struct Pin: Equatable, Sendable {
        package let node: NodeAddress
        /// Nil when any key will do: on a standalone server, or before a key was named.
        package let slot: HashSlot?
        /// Tells one connection to the node from the next; nil for one that is gone.
        package let connection: Int?

        package init(node: NodeAddress, slot: HashSlot?, connection: Int?) {
            self.node = node
            self.slot = slot
            self.connection = connection
        }
    }

    /// True between MULTI and EXEC or DISCARD.
    package var isInBlock: Bool {
        switch self {
        case .none, .watching: false
        case .held, .open, .doomed, .refused: true
        }
    }

    /// Checks that keys belong to the slot a node was pinned for.
    ///
    /// - Throws: `.crossSlot` for keys of two slots, `.outsideTransaction` for keys of another slot than the pin's.
    package static func slot(
        of keys: [ByteString], command: Command, pinned: HashSlot?, owners: SlotMap
    ) throws(CommandFailure) -> HashSlot? {
        guard let first = keys.first else { return nil }
        let places = keys.map { key in
            let slot = HashSlot(key: key)
            return CommandFailure.KeyPlace(key: key, slot: slot, node: owners[slot])
        }
        let slot = HashSlot(key: first)
        if places.contains(where: { $0.slot != slot }) { throw .crossSlot(places) }
        if let pinned, slot != pinned {
            throw .outsideTransaction(command: command.name.text, transaction: pinned, key: places[0])
        }
        return slot
    }
}
