import Clock
import RESP
import Routing
import Transport

/// The connection to one node on which a stream listens.
final class Listener {
    /// What a node still owes a confirmation, a refusal or another reply for.
    enum Owed: Equatable {
        case entering(Subscriptions.Item)
        /// Nil for all of a kind when there are none.
        case leaving(Subscriptions.Item?)
        case other
    }

    let node: NodeAddress
    /// True for the connection that commands also use: RESP3 tells messages from replies and keeps their order.
    let isShared: Bool
    /// Nil while waiting for the next attempt.
    private(set) var link: Link?
    /// What was asked for on this connection.
    private(set) var items: [Subscriptions.Item] = []
    private(set) var owed: [Owed] = []
    /// When the next attempt is made.
    private(set) var resumeAt: Instant?
    private var backOff = BackOff()
    /// When the last message or confirmation arrived.
    var heardAt = Instant.now
    /// The client whose command MONITOR showed last, scripts aside.
    private var lastClient: ByteString = ""
    /// Since when messages may have been missed, and from which node.
    var gap: (node: NodeAddress, start: Instant)?

    init(_ node: NodeAddress, isShared: Bool) {
        self.node = node
        self.isShared = isShared
    }

    deinit {
        if !isShared || !items.isEmpty { link?.close() }
    }

    /// True when everything that was asked for has been confirmed.
    var isComplete: Bool { link != nil && !owed.contains { if case .entering = $0 { true } else { false } } }

    /// True when a reply is owed to something other than a subscription.
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

    /// The node does not deliver it, or no longer does.
    func forget(_ item: Subscriptions.Item) {
        items.removeAll { $0 == item }
    }

    func send(_ command: [ByteString], for reply: Owed) {
        owed.append(reply)
        link?.sendUnawaited(command)
    }

    /// What the reply that has just arrived is for; nil for one that was not asked for.
    func takeOwed() -> Owed? { owed.isEmpty ? nil : owed.removeFirst() }

    /// The client behind a line of MONITOR: what a script does comes after the command that runs it.
    func caller(_ client: ByteString) -> ByteString {
        if client != "lua" { lastClient = client }
        return lastClient
    }

    /// Everything can be heard again.
    func recover() {
        gap = nil
        backOff = BackOff()
    }

    /// The connection is lost or unusable; the next attempt comes after a pause.
    ///
    /// - Parameters:
    ///   - instant: when the node was last heard.
    ///   - seconds: how long to retry before the node counts as gone; attempts continue even then.
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
