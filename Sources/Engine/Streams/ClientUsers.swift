import Clock
import Commands
import RESP
import Routing
import Transport

/// Finds out which user a client belongs to, as far as its node can still say: MONITOR names only addresses, and CLIENT
/// LIST the users of clients that are still connected. A node is asked when an address appears that it has not named
/// yet.
final class ClientUsers {
    private struct Clients {
        /// By address; nil for an address shared by clients of several users.
        var users: [ByteString: ByteString?] = [:]
        var link: Link?
        /// Questions sent, and questions settled.
        var askedCount = 0, settledCount = 0
        var askedAt = Instant.now
        /// True when a new address has appeared since.
        var isWanted = false
        /// The earliest time to ask again.
        var resumeAt = Instant.now
    }

    /// A node is not kept busy: after an answer it is left alone for this many times as long as the answer took.
    private static let leisure = 9.0

    private unowned let engine: Engine
    private var nodes: [NodeAddress: Clients] = [:]
    /// Why a node does not say.
    private(set) var refusal: String?

    init(_ engine: Engine) {
        self.engine = engine
    }

    deinit {
        for link in links { link.close() }
    }

    var links: [Link] { nodes.values.compactMap(\.link) }

    /// When to ask next; `.never` while there is nothing to ask.
    var nextAsk: Instant {
        nodes.values.lazy.filter { $0.isWanted && $0.askedCount == $0.settledCount }.map(\.resumeAt).min() ?? .never
    }

    /// Finds out which user a client belongs to.
    ///
    /// - Returns: the user if known, else the number of the question that will settle it.
    func note(_ client: ByteString, at node: NodeAddress) -> (user: ByteString?, question: Int) {
        if case .some(let user) = nodes[node]?.users[Self.address(client)] { return (user, 0) }
        nodes[node, default: Clients()].isWanted = true
        let question = nodes[node, default: Clients()].askedCount + 1
        ask()
        return (nil, question)
    }

    /// The client may belong to another user from now on.
    func forget(_ client: ByteString, at node: NodeAddress) {
        nodes[node]?.users[Self.address(client)] = nil
    }

    func user(of client: ByteString, at node: NodeAddress) -> ByteString? {
        nodes[node]?.users[Self.address(client)] ?? nil
    }

    func isSettled(_ question: Int, at node: NodeAddress) -> Bool {
        nodes[node].map { $0.settledCount >= question } ?? true
    }

    /// Asks the nodes from which something is wanted, except those that were asked only just now.
    func ask() {
        for (node, clients) in nodes where clients.isWanted && clients.resumeAt.hasPassed {
            guard clients.askedCount == clients.settledCount else { continue }
            let link = clients.link ?? engine.pool.makeLink(to: node)
            link.send(["CLIENT", "LIST"], ticket: 0)
            link.flush()
            nodes[node]?.link = link
            nodes[node]?.isWanted = false
            nodes[node]?.askedCount += 1
            nodes[node]?.askedAt = .now
        }
    }

    /// Takes an answer. False for what arrived on another connection.
    func take(_ value: RESPValue, from link: Link) -> Bool {
        guard let (node, clients) = nodes.first(where: { $0.value.link === link }) else { return false }
        if value.isError { refusal = value.text }
        nodes[node]?.settledCount = clients.askedCount
        nodes[node]?.resumeAt = .now.advanced(by: clients.askedAt.secondsAgo * Self.leisure)
        nodes[node]?.users = value.isError ? [:] : Self.users(in: value.payload)
        return true
    }

    /// A connection has ended. False when it is not one of these.
    func lose(_ link: Link) -> Bool {
        guard let (node, clients) = nodes.first(where: { $0.value.link === link }) else { return false }
        nodes[node]?.link = nil
        nodes[node]?.settledCount = clients.askedCount
        nodes[node]?.resumeAt = .now.advanced(by: engine.patience)
        return true
    }

    /// The lines of CLIENT LIST: `id=3 addr=127.0.0.1:60866 ... user=default ...`.
    private static func users(in list: ArraySlice<UInt8>) -> [ByteString: ByteString?] {
        var users: [ByteString: ByteString?] = [:]
        for line in list.split(separator: 0x0a) {
            var address: ByteString?, user: ByteString?
            for word in line.split(separator: 0x20) {
                if word.starts(with: "addr=".utf8) { address = ByteString(word.dropFirst(5)) }
                if word.starts(with: "user=".utf8) { user = ByteString(word.dropFirst(5)) }
            }
            guard let address, let user else { continue }
            if case .some(let known) = users[address], known != user {
                users.updateValue(nil, forKey: address)
            } else {
                users[address] = user
            }
        }
        return users
    }

    /// The address as CLIENT LIST gives it: all clients on a Unix socket share one.
    private static func address(_ client: ByteString) -> ByteString {
        client.hasPrefix("unix:") ? ByteString(client.bytes.dropFirst(5)) + ":0" : client
    }
}
