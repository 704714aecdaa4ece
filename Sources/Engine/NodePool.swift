import Clock
import Routing
import Transport

/// One connection to each node that was needed so far.
final class NodePool {
    let settings: ConnectionSettings
    /// What every connection is brought to before its next command.
    var session: SessionState
    private var members: [Member] = []
    private var count = 0

    private struct Member {
        let link: Link
        /// Which of the running plan's own connections it is; nil for the one that commands share.
        let lane: Int?
    }

    init(settings: ConnectionSettings) {
        self.settings = settings
        session = settings.session
    }

    var all: some Sequence<Link> { members.lazy.map(\.link) }

    /// The connection to a node, made when there is none or when the old one has died meanwhile.
    ///
    /// An idle connection is looked at first: a server that closed it in between must not cost the next command.
    ///
    /// - Parameter opensAt: when a new one may be made; nil for at once.
    func link(to address: NodeAddress, lane: Int? = nil, opensAt: Instant? = nil) -> Link {
        let place = place(of: address, lane: lane)
        if let place {
            let link = members[place].link
            if link.isIdle { link.progress() }
            // One that could not even be made has that to tell to its first request.
            if link.isUsable || link.isFresh, link.bring(to: session) { return link }
            link.close()
        }
        let member = Member(link: makeLink(to: address, opensAt: opensAt), lane: lane)
        if let place { members[place] = member } else { members.append(member) }
        return member.link
    }

    private func place(of address: NodeAddress, lane: Int?) -> Int? {
        members.firstIndex { $0.lane == lane && $0.link.address == address }
    }

    /// A connection that the pool does not keep.
    func makeLink(to address: NodeAddress, opensAt: Instant? = nil) -> Link {
        count += 1
        let link = Link(to: address, number: count, settings: settings, opensAt: opensAt)
        _ = link.bring(to: session)
        return link
    }

    /// The number of the connection in use to a node, if it is alive.
    func number(of address: NodeAddress) -> Int? {
        guard let place = place(of: address, lane: nil) else { return nil }
        let link = members[place].link
        if link.isIdle { link.progress() }
        return link.isUsable ? link.number : nil
    }

    /// The node has executed what has changed the session.
    func hasReachedSession(at address: NodeAddress) {
        guard let place = place(of: address, lane: nil) else { return }
        members[place].link.hasReached(session)
    }

    func drop(_ link: Link) {
        link.close()
        members.removeAll { $0.link === link }
    }

    func closeAll() {
        for link in all { drop(link) }
    }

    /// Closes the connections that a plan had for itself, and so gives up what they watch.
    func closeLanes() {
        for member in members where member.lane != nil { drop(member.link) }
    }
}
