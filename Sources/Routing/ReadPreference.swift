import Commands

/// Which nodes answer single-slot reads. A replica's data may be older than its master's.
package enum ReadPreference: Equatable, Sendable {
    case master
    /// A replica, or the master if none answers.
    case preferReplica
    case replica
    /// A node in the availability zone, else another replica, else the master.
    case zone(String)

    private static let zonePrefix = "az:"

    /// How each is written; the zone's name follows the colon.
    package static let forms = ["master", "prefer-replica", "replica", "az:NAME"]

    /// Nil for anything but the ``forms``.
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

    /// True for a command that it applies to: one that a replica can answer as well, and that need not continue at the
    /// node where an earlier one ran.
    func concerns(_ row: CommandSpec) -> Bool {
        self != .master && row.request == .keyed && row.effect == .none && row.flags.contains(.readonly)
            && row.flags.isDisjoint(with: [.blocking, .unredirected]) && row.iterates == nil
            && !CommandTable.isIterated(row)
    }

    /// Where to try a read of a slot, in this order. The slot itself stands for its master, which is looked for as long
    /// as it takes.
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
