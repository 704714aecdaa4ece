import Clock
import RESP
import Routing
import Transport

/// The connection to one node on which a stream listens.
final class Listener {
    /// What a node owes a confirmation, a refusal or another reply for.
    enum Owed: Equatable {
        case entering(Subscriptions.Item)
        /// Nil for all of a kind, of which there are none.
        case leaving(Subscriptions.Item?)
        case other
    }

    let node: NodeAddress
    /// True for the connection that commands take as well: in RESP3 messages are told from replies, and keep their order.
    let isShared: Bool
    /// Nil while the next attempt is waited for.
    private(set) var link: Link?
    /// What was asked for on this connection.
    private(set) var items: [Subscriptions.Item] = []
    private(set) var owed: [Owed] = []
    /// When the next attempt is made.
    private(set) var resumeAt: Instant?
    private var backOff = BackOff()
    /// When the last message or confirmation came.
    var heardAt = Instant.now
    /// Who has sent the last command that MONITOR has shown.
    private var lastClient: ByteString = ""
    /// Since when nothing may have been heard, and of which node.
    var gap: (node: NodeAddress, start: Instant)?

    init(_ node: NodeAddress, isShared: Bool) {
        self.node = node
        self.isShared = isShared
    }

    deinit {
        if !isShared || !items.isEmpty { link?.close() }
    }

    /// True when all that was asked for has been confirmed.
    var isComplete: Bool { link != nil && !owed.contains { if case .entering = $0 { true } else { false } } }

    /// True when something was asked that is not about a subscription of its own.
    var owesAnswer: Bool { owed.contains { if case .entering = $0 { false } else { true } } }

    func open(by engine: Engine) {
        resumeAt = nil
        backOff.resume()
        link = isShared ? engine.pool.link(to: node) : engine.pool.makeLink(to: node)
    }

    func enter(_ item: Subscriptions.Item) {
        items.append(item)
        send(item.entering, for: .entering(item))
    }

    func leave(_ item: Subscriptions.Item) {
        items.removeAll { $0 == item }
        send(item.leaving, for: .leaving(item))
    }

    /// The node does not listen for it, or not any more.
    func forget(_ item: Subscriptions.Item) {
        items.removeAll { $0 == item }
    }

    func send(_ command: [ByteString], for reply: Owed) {
        owed.append(reply)
        link?.sendUnawaited(command)
    }

    /// What the reply that has come is for; nil for one that nobody has asked for.
    func takeOwed() -> Owed? { owed.isEmpty ? nil : owed.removeFirst() }

    /// The client that a line of MONITOR stands for: what a script does comes behind the command that runs it.
    func caller(_ client: ByteString) -> ByteString {
        if client != "lua" { lastClient = client }
        return lastClient
    }

    /// All has been heard again.
    func recover() {
        gap = nil
        backOff = BackOff()
    }

    /// The connection is gone, or of no use; the next attempt comes after a pause.
    ///
    /// - Parameters:
    ///   - instant: when the node was heard last.
    ///   - seconds: for which it is tried again before it counts as gone; it is tried even then.
    /// - Returns: true when that time is up.
    func fail(since instant: Instant, retryFor seconds: Double) -> Bool {
        if gap == nil { gap = (node, instant) }
        link?.close()
        link = nil
        items = []
        owed = []
        resumeAt = backOff.begin(at: .now, for: seconds)
        guard resumeAt == nil else { return false }
        backOff = BackOff()
        resumeAt = backOff.begin(at: .now, for: .infinity)
        return true
    }
}
