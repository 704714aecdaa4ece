import RESP
import Clock
import Routing
import Transport

/// The way to one node. A value, because every command of a load goes through it: one less reference to count.
struct Lane {
    let address: NodeAddress
    /// The connection, borrowed from the engine; nil until something is to be sent, and between uses of the pipeline.
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

    /// The pipeline's commands that have not been answered yet, oldest first.
    var commands: some Sequence<Entry> { (link?.entries.all ?? []).lazy.filter { $0.kind == .command } }

    /// Gives back the connection, which owes nothing more.
    mutating func release() {
        link?.isLent = false
        link = nil
    }

    /// Gives up a connection that is no longer usable.
    mutating func close(by engine: Engine) {
        guard let link else { return }
        release()
        engine.pool.drop(link)
    }
}
