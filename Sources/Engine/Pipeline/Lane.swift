import RESP
import Clock
import Routing
import Transport

/// The way to one node: its connection, and the pause before a new one is made.
final class Lane {
    /// Seconds.
    private static let shortestPause = 0.05
    private static let longestPause = 1.0

    let address: NodeAddress
    private unowned let engine: Engine
    /// Nil until something is to be sent, and between two uses of the pipeline.
    private(set) var link: Link?
    /// Replies in the link's incoming bytes that wait for those of earlier commands.
    var heldCount = 0
    /// When the next connection may be made: at once after one that gave a reply, later after others.
    private var opensAt = Instant.now
    private var pause = 0.0

    init(_ address: NodeAddress, _ engine: Engine) {
        self.address = address
        self.engine = engine
    }

    /// The connection, borrowed from the engine's.
    func connected() -> Link {
        if let link { return link }
        let link = engine.pool.link(to: address, opensAt: opensAt.hasPassed ? nil : opensAt)
        link.isLent = true
        self.link = link
        return link
    }

    var isEmpty: Bool { link?.entries.isEmpty ?? true }

    /// The pipeline's commands that were not answered yet, oldest first.
    var commands: some Sequence<Entry> { (link?.entries.all ?? []).lazy.filter { $0.kind == .command } }

    /// A reply has come.
    func hasAnswered() {
        pause = 0
    }

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
        opensAt = Instant(seconds: pause)
        pause = min(max(Self.shortestPause, pause * 2), Self.longestPause)
    }
}
