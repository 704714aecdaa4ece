import Clock
import Commands
import RESP
import Routing
import Transport

/// Tells whose a client is, as far as its node can still tell: MONITOR names addresses alone, and CLIENT LIST the users of
/// those that are still connected. A node is asked when an address shows up that it has not named yet.
final class ClientUsers {
    private struct Clients {
        /// By address; nil for one that clients of several users have.
        var users: [ByteString: ByteString?] = [:]
        var link: Link?
        /// Questions that were sent, and those that are settled.
        var askedCount = 0, settledCount = 0
        var askedAt = Instant.now
        /// True when an address has shown up since.
        var isWanted = false
        /// When to ask at the earliest.
        var resumeAt = Instant.now
    }

    /// A node is not kept busy: after an answer it has so many times the answer's time for others.
    private static let leisure = 9.0

    private unowned let engine: Engine
    private var nodes: [NodeAddress: Clients] = [:]
    /// Why a node does not tell.
    private(set) var refusal: String?

    init(_ engine: Engine) {
        self.engine = engine
    }

    deinit {
        for link in links { link.close() }
    }

    var links: [Link] { nodes.values.compactMap(\.link) }

    /// When to ask next; `.never` while nothing is to be asked.
    var nextAsk: Instant {
        nodes.values.lazy.filter { $0.isWanted && $0.askedCount == $0.settledCount }.map(\.resumeAt).min() ?? .never
    }

    /// Finds out whose a client is.
    ///
    /// - Returns: the user where that is known, else the number of the question that is going to tell.
    func note(_ client: ByteString, at node: NodeAddress) -> (user: ByteString?, question: Int) {
        if case .some(let user) = nodes[node]?.users[Self.address(client)] { return (user, 0) }
        nodes[node, default: Clients()].isWanted = true
        let question = nodes[node, default: Clients()].askedCount + 1
        ask()
        return (nil, question)
    }

    /// The client may be another user's from now on.
    func forget(_ client: ByteString, at node: NodeAddress) {
        nodes[node]?.users[Self.address(client)] = nil
    }

    func user(of client: ByteString, at node: NodeAddress) -> ByteString? {
        nodes[node]?.users[Self.address(client)] ?? nil
    }

    func isSettled(_ question: Int, at node: NodeAddress) -> Bool {
        nodes[node].map { $0.settledCount >= question } ?? true
    }

    /// Asks the nodes of which something is wanted, those that were not asked just now.
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

    /// Takes an answer. False for what has come on another connection.
    func take(_ value: RESPValue, from link: Link) -> Bool {
        guard let (node, clients) = nodes.first(where: { $0.value.link === link }) else { return false }
        if value.isError { refusal = value.text }
        nodes[node]?.settledCount = clients.askedCount
        nodes[node]?.resumeAt = .now.advanced(by: clients.askedAt.secondsAgo * Self.leisure)
        nodes[node]?.users = value.isError ? [:] : Self.users(in: value.payload)
        return true
    }

    /// A connection has ended. False for another one.
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

    /// As CLIENT LIST names a client: all that come by a Unix socket have one address.
    private static func address(_ client: ByteString) -> ByteString {
        client.hasPrefix("unix:") ? ByteString(client.bytes.dropFirst(5)) + ":0" : client
    }
}
