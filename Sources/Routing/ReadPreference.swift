import Commands

/// Which nodes answer reads of a single slot. What a replica says may be older than what its master knows.
package enum ReadPreference: Equatable, Sendable {
    case master
    /// A replica, and the master where none answers.
    case preferReplica
    case replica
    /// A node in the availability zone, else another replica, else the master.
    case zone(String)

    private static let zonePrefix = "az:"

    /// What is written for each; after the colon comes the zone's name.
    package static let forms = ["master", "prefer-replica", "replica", "az:NAME"]

    /// Nil for what is none of the ``forms``.
    package init?(_ text: String) {
        switch text {
        case "master": self = .master
        case "prefer-replica": self = .preferReplica
        case "replica": self = .replica
        case _ where text.hasPrefix(Self.zonePrefix) && text.count > Self.zonePrefix.count:
            self = .zone(String(text.dropFirst(Self.zonePrefix.count)))
        default: return nil
        }
    }

    package var text: String {
        switch self {
        case .master: "master"
        case .preferReplica: "prefer-replica"
        case .replica: "replica"
        case .zone(let name): Self.zonePrefix + name
        }
    }

    /// True for a command that it is for: one that a replica answers as well, and that does not go on at the node where an
    /// earlier one has been.
    func concerns(_ row: CommandSpec) -> Bool {
        self != .master && row.request == .keyed && row.effect == .none && row.flags.contains(.readonly)
            && row.flags.isDisjoint(with: [.blocking, .unredirected]) && row.iterates == nil
            && !CommandTable.isIterated(row)
    }

    /// Where a read of a slot is tried, one after the other. The slot itself stands for its master, which is looked for as
    /// long as it takes.
    func routes(of slot: HashSlot, in topology: Topology, owner: NodeAddress?) -> [Route] {
        let shard = topology.shards.first { $0.master?.address == owner }
        let replicas = (shard?.nodes ?? []).filter { $0.role == .replica && $0.isHealthy }.shuffled()
        func routes(_ nodes: [Node]) -> [Route] { nodes.map { .node($0.address, asReplica: true) } }
        switch self {
        case .master: return [.slot(slot)]
        case .preferReplica: return routes(replicas) + [.slot(slot)]
        case .replica: return routes(replicas)
        case .zone(let name):
            let near = replicas.filter { $0.zone == name }
            let isMasterNear = shard?.master?.zone == name
            return routes(near) + (isMasterNear ? [] : routes(replicas.filter { $0.zone != name })) + [.slot(slot)]
        }
    }
}
