import Routing
import Transport

/// One connection to each node that was needed so far.
final class NodePool {
    var settings: ConnectionSettings
    private var members: [Member] = []
    private var count = 0

    private struct Member {
        let connection: NodeConnection
        /// Which of the running plan's own connections it is; nil for the one that commands share.
        let lane: Int?
    }

    init(settings: ConnectionSettings) {
        self.settings = settings
    }

    var all: some Sequence<NodeConnection> { members.lazy.map(\.connection) }

    /// The connection to a node, made when there is none or when the old one has died meanwhile.
    ///
    /// An idle connection is looked at first: a server that closed it in between must not cost the next command.
    func connection(to address: NodeAddress, lane: Int? = nil) -> NodeConnection {
        let place = place(of: address, lane: lane)
        if let place {
            let connection = members[place].connection
            if connection.isIdle { connection.progress() }
            // One that could not even be made has that to tell to its first request.
            if connection.isUsable || connection.isFresh { return connection }
        }
        let member = Member(connection: makeConnection(to: address), lane: lane)
        if let place { members[place] = member } else { members.append(member) }
        return member.connection
    }

    private func place(of address: NodeAddress, lane: Int?) -> Int? {
        members.firstIndex { $0.lane == lane && $0.connection.address == address }
    }

    /// A connection that the pool does not keep.
    func makeConnection(to address: NodeAddress) -> NodeConnection {
        count += 1
        return NodeConnection(to: address, settings: settings, number: count)
    }

    /// The number of the connection in use to a node, if it is alive.
    func number(of address: NodeAddress) -> Int? {
        guard let place = place(of: address, lane: nil) else { return nil }
        let connection = members[place].connection
        if connection.isIdle { connection.progress() }
        return connection.isUsable ? connection.number : nil
    }

    func drop(_ connection: NodeConnection) {
        connection.close()
        members.removeAll { $0.connection === connection }
    }

    /// Closes every connection but one, so that the next use makes them anew with the present settings.
    func closeAll(except kept: NodeAddress? = nil) {
        for connection in all where connection.address != kept { drop(connection) }
    }

    /// Closes the connections that a plan had for itself, and so gives up what they watch.
    func closeLanes() {
        for member in members where member.lane != nil { drop(member.connection) }
    }
}
