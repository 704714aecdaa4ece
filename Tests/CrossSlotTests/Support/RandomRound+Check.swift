import RESP
import Routing

extension RandomRound {
    /// How the cluster's side differs from the standalone server's.
    struct Mismatch: CustomStringConvertible {
        let round: RandomRound
        let differences: [String]

        var description: String {
            let repetition = "SLOTLINE_SEED=\(round.seed) SLOTLINE_ROUND=\(round.number)"
            return
                (["\(repetition):"] + round.setup.map { "    " + $0.quoted } + ["  > " + round.command.quoted]
                + differences.map { "  " + $0 }).joined(separator: "\n")
        }
    }

    var protocolVersion: Int { number.isMultiple(of: 2) ? 2 : 3 }

    /// Runs the round on both sides; nil when they fully agree.
    func run(on bed: TestBed) throws -> Mismatch? {
        try bed.fill(setup)
        let replies = try bed.run(command, protocolVersion: protocolVersion)
        return try compare(replies.cluster, replies.standalone, on: bed)
    }

    /// Compares replies and all keys.
    func compare(
        _ cluster: Result<RESPValue, CommandFailure>, _ standalone: RESPValue, on bed: TestBed
    ) throws -> Mismatch? {
        var differences: [String] = []
        let all = try bed.states(of: keys)
        switch cluster {
        case .failure(let failure):
            differences.append("cluster:    failure \(failure)\n  standalone: \(standalone.summary)")
        case .success(let reply):
            let existing = zip(keys, all[0].cluster).filter { $1.type != "none" }.map(\.0)
            if !matches(reply, standalone, existing: existing) {
                differences.append("cluster:    \(reply.summary)\n  standalone: \(standalone.summary)")
            }
        }
        for (place, states) in all.enumerated() {
            let database = place == 0 ? "" : " in database 0"
            for (key, (ours, theirs)) in zip(keys, zip(states.cluster, states.standalone)) where ours != theirs {
                differences.append(
                    "\(key.quoted)\(database) on the cluster:  \(ours)\n  \(key.quoted) on the standalone: \(theirs)")
            }
            if states.clusterCount != states.standaloneCount {
                let others = try bed.allKeys().filter { !keys.contains($0) }
                differences.append(
                    "\(states.clusterCount) keys\(database) instead of \(states.standaloneCount); nobody named \(others.quoted)"
                )
            }
        }
        return differences.isEmpty ? nil : Mismatch(round: self, differences: differences)
    }

    private func matches(_ cluster: RESPValue, _ standalone: RESPValue, existing: [ByteString]) -> Bool {
        switch order {
        case .oneKey where standalone.kind == .bulkString:
            cluster.kind == .bulkString && existing.contains(cluster.byteString)
        case .any where standalone.kind.isAggregate:
            cluster.kind == standalone.kind && cluster.sortedSummaries == standalone.sortedSummaries
        case .any, .exact, .oneKey: cluster == standalone
        }
    }
}

extension RESPValue {
    fileprivate var sortedSummaries: [String] { elements.map(\.summary).sorted() }
}
