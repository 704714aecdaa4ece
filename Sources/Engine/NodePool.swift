import Routing
import Transport

/// One connection to each node that was needed so far.
final class NodePool {
    var settings: ConnectionSettings
    private var connections: [Key: NodeConnection] = [:]
    private var count = 0

    /// A node, and which of its connections: 0 is the one that commands share, others belong to the plan that runs.
    private struct Key: Hashable {
        let address: NodeAddress
        let lane: Int
    }

    init(settings: ConnectionSettings) {
        self.settings = settings
    }

    var all: some Sequence<NodeConnection> { connections.values }

    /// The connection to a node, made when there is none or when the old one has died meanwhile.
    ///
    /// An idle connection is looked at first: a server that closed it in between must not cost the next command.
    func connection(to address: NodeAddress, lane: Int = 0) -> NodeConnection {
        let key = Key(address: address, lane: lane)
        if let connection = connections[key] {
            if connection.isIdle { connection.progress() }
            // One that could not even be made has that to tell to its first request.
            if connection.isUsable || connection.isFresh { return connection }
        }
        let connection = makeConnection(to: address)
        connections[key] = connection
        return connection
    }

    /// A connection that the pool does not keep.
    func makeConnection(to address: NodeAddress) -> NodeConnection {
        count += 1
        return NodeConnection(to: address, settings: settings, number: count)
    }

    /// The number of the connection in use to a node, if it is alive.
    func number(of address: NodeAddress) -> Int? {
        guard let connection = connections[Key(address: address, lane: 0)] else { return nil }
        if connection.isIdle { connection.progress() }
        return connection.isUsable ? connection.number : nil
    }

    func drop(_ connection: NodeConnection) {
        connection.close()
        connections = connections.filter { $0.value !== connection }
    }

    /// Closes every connection but one, so that the next use makes them anew with the present settings.
    func closeAll(except kept: NodeAddress? = nil) {
        for connection in connections.values where connection.address != kept { drop(connection) }
    }

    /// Closes the connections that a plan had for itself, and so gives up what they watch.
    func closeLanes() {
        for (key, connection) in connections where key.lane != 0 { drop(connection) }
    }
}
