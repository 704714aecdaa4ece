import Clock
import Commands
import RESP
import Routing
import Transport

/// One connection to each node that has been needed so far.
final class NodePool {
    /// How connections are made from now on.
    var settings: ConnectionSettings
    private let loop: Loop
    /// The state that every connection is brought to before its next command.
    var session: SessionState
    /// True while a command runs that decides which database can be selected: it goes ahead of SELECT.
    var leavesDatabase = false
    private var members: [Member] = []
    /// The index of each in ``members``.
    private var places: [Key: Int] = [:]
    private var count = 0
    /// Connections opened for a command before it was known whether it wants them.
    var ahead: [Link] = []
    /// Nodes whose last connection failed, with the pause before the next one and when it ends.
    private var failing: [NodeAddress: (loss: Loss, pause: Double, end: Instant)] = [:]
    /// For names with several addresses, how many connections in a row got no answer: the next one starts with another
    /// address, since each address is a seed.
    private var unanswered: [NodeAddress: (count: Int, addresses: Int)] = [:]
    /// Seconds of such a pause: something that accepts connections and closes them is not tried thousands of times.
    private static let pauses = (shortest: 0.05, longest: 0.5)

    /// True for a server that only a target has named: it does not get the password.
    var isStranger: (NodeAddress) -> Bool = { _ in false }
    /// Called with a node whose connection has ended although it was to report changed keys.
    var onLostTracking: (NodeAddress) -> Void = { _ in }

    /// How the last connection to a node failed.
    enum Loss {
        /// It ended; another might be made.
        case ended
        /// It could not be made, or ended before any answer.
        case refused
    }

    private struct Member {
        let link: Link
        /// Which of the running plan's own connections it is; nil for the one that commands share.
        let lane: Int?

        var key: Key { Key(address: link.address, lane: lane) }
    }

    private struct Key: Hashable {
        let address: NodeAddress
        let lane: Int?
    }

    /// The same with what the user has set for the session since it started.
    var currentSettings: ConnectionSettings {
        var settings = settings
        settings.session = session
        return settings
    }

    init(settings: ConnectionSettings, _ loop: Loop) {
        self.settings = settings
        self.loop = loop
        session = settings.session
    }

    var trace: ((Trace) -> Void)? { settings.trace }

    var all: some Sequence<Link> { members.lazy.map(\.link) }

    /// The connection to a node, made when there is none or when the old one has died.
    ///
    /// An idle connection is checked first: if a server closed it in the meantime, that must not cost the next command.
    func link(to address: NodeAddress, lane: Int? = nil) -> Link {
        let place = place(of: address, lane: lane)
        if let place {
            let link = members[place].link
            if link.isIdle { link.progress() }
            // One that could not even be made has to report that to its first request.
            if link.isUsable || link.isFresh, link.bring(to: state(for: address, tracks: lane == nil, from: link.state))
            {
                return link
            }
            noteEnd(of: link, isFailure: !link.hasAnswered)
            tellOfLostTracking(on: link)
            link.close()
        }
        let member = Member(link: makeLink(to: address, in: state(for: address, tracks: lane == nil)), lane: lane)
        if let place { members[place] = member } else { append(member) }
        return member.link
    }

    /// False while the connection to a node is in use.
    func isFree(_ address: NodeAddress) -> Bool {
        guard let place = place(of: address, lane: nil) else { return true }
        let link = members[place].link
        return link.isIdle || link.isFresh || !link.isUsable
    }

    private func append(_ member: Member) {
        places[member.key] = members.count
        members.append(member)
    }

    /// Connects, while something else is being waited for, to nodes that may no longer be part of the cluster. Nothing
    /// is sent to them, not even who the user is, until ``link(to:lane:)`` is asked for the connection.
    func open(ahead addresses: [NodeAddress]) {
        for address in addresses where place(of: address, lane: nil) == nil {
            let link = makeLink(to: address, in: SessionState(), opensAt: .now)
            append(Member(link: link, lane: nil))
            ahead.append(link)
        }
    }

    /// Ends the opening ahead: closes those of its connections that are not wanted after all.
    func closeAhead(where isUnwanted: (NodeAddress) -> Bool) {
        for link in ahead where link.isFresh && isUnwanted(link.address) {
            link.close()
            remove(link)
        }
        ahead = []
    }

    private func place(of address: NodeAddress, lane: Int?) -> Int? {
        places[Key(address: address, lane: lane)]
    }

    /// - Parameter present: the state of the connection now.
    private func state(
        for address: NodeAddress, tracks: Bool, from present: SessionState = SessionState()
    ) -> SessionState {
        var state = tracks ? session : session.withoutTracking
        if leavesDatabase { state.database = present.database }
        if state.credentials != nil, isStranger(address) { state.credentials = nil }
        return state
    }

    /// A connection that the pool does not keep.
    ///
    /// - Parameter hasDatabase: false for one whose commands are about no database, which may be refused.
    func makeLink(to address: NodeAddress, hasDatabase: Bool = true) -> Link {
        var state = state(for: address, tracks: false)
        if !hasDatabase { state.undo(.database) }
        return makeLink(to: address, in: state)
    }

    private func makeLink(to address: NodeAddress, in state: SessionState, opensAt: Instant? = nil) -> Link {
        count += 1
        let end = failing[address].flatMap { $0.end.hasPassed ? nil : $0.end }
        let link = Link(
            to: address, number: count, settings: settings, opensAt: end ?? opensAt,
            skipping: unanswered[address]?.count ?? 0)
        if let tokens = settings.tokens {
            link.token = { [loop] refused throws(CommandFailure) in try tokens.token(insteadOf: refused, loop) }
        }
        _ = link.bring(to: state)
        return link
    }

    /// The number of the connection in use to a node, if it is alive.
    func number(of address: NodeAddress) -> Int? {
        guard let place = place(of: address, lane: nil) else { return nil }
        let link = members[place].link
        if link.isIdle { link.progress() }
        return link.isUsable ? link.number : nil
    }

    /// The node has executed a command that changes the session.
    func hasCarriedOut(_ command: [ByteString], _ effect: SessionEffect, at address: NodeAddress) {
        guard let place = place(of: address, lane: nil) else { return }
        members[place].link.hasCarriedOut(command, effect, resetting: settings.session)
    }

    /// The address that the node's connection goes to.
    func dialed(_ address: NodeAddress) -> NodeAddress {
        place(of: address, lane: nil).map { members[$0].link.dialed } ?? address
    }

    /// The node at one address turns out to be the one at another: its connection serves both. False when it is in use,
    /// or when the other address has a connection.
    func rename(_ address: NodeAddress, to known: NodeAddress) -> Bool {
        closeAhead { $0 == known }
        guard let place = self.place(of: address, lane: nil), self.place(of: known, lane: nil) == nil,
            members[place].link.isIdle
        else { return false }
        members[place].link.address = known
        places[Key(address: address, lane: nil)] = nil
        places[members[place].key] = place
        return true
    }

    /// - Parameter isFailure: false for one that is given up, or that the server closed while it was idle.
    func noteEnd(of link: Link, isFailure: Bool) {
        guard isFailure else {
            if link.hasAnswered { failing[link.address] = nil }
            return
        }
        let last = link.hasAnswered ? 0 : failing[link.address]?.pause ?? 0
        let pause = min(max(Self.pauses.shortest, last * 2), Self.pauses.longest)
        failing[link.address] = (link.hasAnswered ? .ended : .refused, pause, Instant(seconds: pause))
    }

    /// How the last connection to a node failed; nil if it did not.
    func loss(of node: NodeAddress) -> Loss? {
        guard let loss = failing[node]?.loss else { return nil }
        return members.contains { $0.link.address == node && $0.link.hasAnswered && $0.link.isUsable } ? nil : loss
    }

    private func tellOfLostTracking(on link: Link) {
        guard session.tracksKeys, link.state.tracksKeys, link.hasAnswered,
            members.contains(where: { $0.link === link })
        else { return }
        onLostTracking(link.address)
    }

    /// True when the last connection to a name got no answer, and the name has an address that has not been tried since
    /// the last answer.
    func hasAnotherAddress(_ node: NodeAddress) -> Bool {
        unanswered[node].map { !$0.count.isMultiple(of: $0.addresses) } ?? false
    }

    func drop(_ link: Link) {
        noteEnd(of: link, isFailure: link.failure != nil)
        tellOfLostTracking(on: link)
        if link.hasAnswered {
            unanswered[link.dialed] = nil
        } else if link.addressCount > 1 {
            unanswered[link.dialed] = ((unanswered[link.dialed]?.count ?? 0) + 1, link.addressCount)
        }
        link.close()
        remove(link)
    }

    /// Removes a link; the last member takes its place.
    private func remove(_ link: Link) {
        let shared = place(of: link.address, lane: nil).flatMap { members[$0].link === link ? $0 : nil }
        guard let place = shared ?? members.firstIndex(where: { $0.link === link }) else { return }
        places[members[place].key] = nil
        let last = members.removeLast()
        guard place < members.count else { return }
        members[place] = last
        places[last.key] = place
    }

    func closeAll() {
        for member in members { drop(member.link) }
    }

    /// Closes a plan's own connections, and so gives up what they watch.
    func closeLanes() {
        for member in members where member.lane != nil { drop(member.link) }
    }
}
