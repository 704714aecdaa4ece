import Commands

/// What a plan over several slots may know and use.
package struct CrossSlotContext: Sendable {
    package let owners: SlotMap
    package let topology: Topology
    /// Makes the names of the keys that a plan needs for itself.
    package var privateKeys: PrivateKeys

    package init(owners: SlotMap, topology: Topology, privateKeys: PrivateKeys) {
        self.owners = owners
        self.topology = topology
        self.privateKeys = privateKeys
    }

    /// Healthy replicas of a slot's master. A copy is confirmed by one of them before its original is destroyed, if
    /// there is one.
    func replicaCount(of slot: HashSlot) -> Int {
        let shard = topology.shards.first { shard in shard.slots.contains { $0.contains(slot.number) } }
        return shard?.nodes.count { $0.role == .replica && $0.isHealthy } ?? 0
    }
}

/// What `:explain` tells of a plan over several slots.
package struct PlanOutline: Equatable, Sendable {
    /// What is done, in order; each a few words.
    package let steps: [String]
    /// Round trips when nothing is in the way.
    package let roundTrips: Int

    package init(steps: [String], roundTrips: Int) {
        self.steps = steps
        self.roundTrips = roundTrips
    }
}

/// The plans for commands whose keys lie in several slots, a file each.
package enum CrossSlotPlan: Sendable {
    case split(SplitPlan)
    case setUnlessAny(MSETNXPlan)
    case pop(PopPlan)
    case streams(StreamReadPlan)
    case transfer(KeyTransferPlan)
    case move(ElementMovePlan)
    case sets(SetAlgebraPlan)
    case gather(GatherPlan)
    case sort(SortPlan)

    /// - Parameters:
    ///   - row: of the command, whose keys span slots.
    ///   - request: the command as the user gave it.
    /// - Returns: nil when the row has no plan for keys of several slots.
    init?(_ row: CommandSpec, _ request: Request, _ context: CrossSlotContext) {
        switch row.crossSlot {
        case .refuse: return nil
        case .split(let merge): self = .split(SplitPlan(request, keys: row.keys, merge: merge))
        case .setUnlessAny: self = .setUnlessAny(MSETNXPlan(request, keys: row.keys))
        case .pop: self = .pop(PopPlan(request, keys: row.keys, blocks: row.flags.contains(.blocking)))
        case .streams: self = .streams(StreamReadPlan(request, keys: row.keys))
        case .transfer(let transfer): self = .transfer(KeyTransferPlan(request, transfer, context))
        case .move(let move): self = .move(ElementMovePlan(request, move, context))
        case .sets(let operation, let result):
            self = .sets(
                SetAlgebraPlan(
                    request, keys: row.keys, operation: operation, result: result, privateKeys: context.privateKeys))
        case .gather(let result):
            self = .gather(
                GatherPlan(request, keys: row.keys, result: result, privateKeys: context.privateKeys))
        case .sort:
            let options = SortOptions(request.arguments, row)
            self =
                options.hasPatterns
                ? .sort(SortPlan(request, options))
                : .gather(
                    GatherPlan(request, keys: row.keys, result: .lastKey, privateKeys: context.privateKeys))
        }
    }

    /// True for a command that a server of a cluster denies though its keys lie in one slot.
    static func isNeeded(for request: Request, _ row: CommandSpec?) -> Bool {
        row.map { $0.crossSlot.concernsOneSlot && SortOptions(request.arguments, $0).hasPatterns } ?? false
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        switch self {
        case .split(var plan):
            defer { self = .split(plan) }
            return plan.advance(outcomes)
        case .setUnlessAny(var plan):
            defer { self = .setUnlessAny(plan) }
            return plan.advance(outcomes)
        case .pop(var plan):
            defer { self = .pop(plan) }
            return plan.advance(outcomes)
        case .streams(var plan):
            defer { self = .streams(plan) }
            return plan.advance(outcomes)
        case .transfer(var plan):
            defer { self = .transfer(plan) }
            return plan.advance(outcomes)
        case .move(var plan):
            defer { self = .move(plan) }
            return plan.advance(outcomes)
        case .sets(var plan):
            defer { self = .sets(plan) }
            return plan.advance(outcomes)
        case .gather(var plan):
            defer { self = .gather(plan) }
            return plan.advance(outcomes)
        case .sort(var plan):
            defer { self = .sort(plan) }
            return plan.advance(outcomes)
        }
    }

    package var outline: PlanOutline {
        switch self {
        case .split(let plan): plan.outline
        case .setUnlessAny(let plan): plan.outline
        case .pop(let plan): plan.outline
        case .streams(let plan): plan.outline
        case .transfer(let plan): plan.outline
        case .move(let plan): plan.outline
        case .sets(let plan): plan.outline
        case .gather(let plan): plan.outline
        case .sort(let plan): plan.outline
        }
    }
}
