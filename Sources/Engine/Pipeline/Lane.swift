import RESP
import Clock
import Routing
import Transport

/// The way to one node.
final class Lane {
    let address: NodeAddress
    private unowned let engine: Engine
    /// Nil until something is to be sent, and between two uses of the pipeline.
    private(set) var link: Link?
    /// Replies in the link's incoming bytes that wait for those of earlier commands.
    var heldCount = 0

    init(_ address: NodeAddress, _ engine: Engine) {
        self.address = address
        self.engine = engine
    }

    /// The connection, borrowed from the engine's.
    func connected() -> Link {
        if let link { return link }
        let link = engine.pool.link(to: address)
        link.isLent = true
        self.link = link
        return link
    }

    var isEmpty: Bool { link?.entries.isEmpty ?? true }

    /// The pipeline's commands that were not answered yet, oldest first.
    var commands: some Sequence<Entry> { (link?.entries.all ?? []).lazy.filter { $0.kind == .command } }

    /// Gives the connection back, which owes nothing any more.
    func release() {
        link?.isLent = false
        link = nil
    }

    /// Gives up a connection of no more use.
    func close() {
        if let link {
            link.isLent = false
            engine.pool.drop(link)
        }
        link = nil
    }
}
