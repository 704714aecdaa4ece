import RESP
import Clock
import Routing
import Transport

/// The way to one node. A value, since every command of a load passes it: one thing less to count.
struct Lane {
    let address: NodeAddress
    /// The connection, borrowed from the engine's; nil until something is to be sent, and between two uses of the pipeline.
    private(set) var link: Link?
    /// Replies in the link's incoming bytes that wait for those of earlier commands.
    var heldCount = 0

    init(_ address: NodeAddress) {
        self.address = address
    }

    mutating func connect(by engine: Engine) -> Link {
        let link = engine.pool.link(to: address)
        link.isLent = true
        self.link = link
        return link
    }

    var isEmpty: Bool { link?.entries.isEmpty ?? true }

    /// The pipeline's commands that were not answered yet, oldest first.
    var commands: some Sequence<Entry> { (link?.entries.all ?? []).lazy.filter { $0.kind == .command } }

    /// Gives the connection back, which owes nothing any more.
    mutating func release() {
        link?.isLent = false
        link = nil
    }

    /// Gives up a connection of no more use.
    mutating func close(by engine: Engine) {
        guard let link else { return }
        release()
        engine.pool.drop(link)
    }
}
