package import Commands
import RESP

/// What a plan over several slots may know and use.
package struct CrossSlotContext: Sendable {
    package let owners: SlotMap
    package let topology: Topology
    /// Names the keys that a plan needs for itself.
    package var privateKeys: PrivateKeys

    package init(owners: SlotMap, topology: Topology, privateKeys: PrivateKeys) {
        self.owners = owners
        self.topology = topology
        self.privateKeys = privateKeys
    }

    /// True when a replica has to confirm what was written in a slot before its original is destroyed.
    func isReplicated(_ slot: HashSlot) -> Bool { owners[slot].map(topology.isReplicated) ?? false }
}

/// What `:explain` shows of a plan over several slots.
package struct PlanOutline: Equatable, Sendable {
    /// What is done, in order; a few words each.
    package let steps: [String]
    /// Round trips if nothing gets in the way.
    package let roundTrips: Int

    package init(steps: [String], roundTrips: Int) {
        self.steps = steps
        self.roundTrips = roundTrips
    }
}

/// What every plan for a command over several slots provides; each has its own file.
protocol SlotPlan: Sendable {
    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep
    var outline: PlanOutline { get }
    /// Seconds that the command may wait; nil for one that does not block, or blocks forever.
    var timeout: Double? { get }
    /// Slots in which a replica has to confirm the write, if there is one, since an original is destroyed.
    var confirmedSlots: [HashSlot] { get }
}

extension SlotPlan {
    var timeout: Double? { nil }
    var confirmedSlots: [HashSlot] { [] }
}

/// The plan for a command whose keys are in several slots.
package struct CrossSlotPlan: Sendable {
    private var plan: any SlotPlan
    /// The command as the user gave it; nil when some servers might execute it for keys in several slots.
    private var whole: SinglePlan?
    private var isAsking = false

    /// - Parameters:
    ///   - row: the command's row; its keys span slots.
    ///   - request: the command as the user gave it.
    /// - Returns: nil when the row has no plan for keys in several slots.
    init?(_ row: CommandSpec, _ request: Request, _ context: CrossSlotContext) {
        whole = row.flags.contains(.unredirected) ? nil : SinglePlan(request)
        switch row.crossSlot {
        case .refuse: return nil
        case .split(let merge): plan = SplitPlan(request, keys: row.keys, merge: merge)
        case .setByCondition:
            let options = request.arguments.dropFirst((row.keys.indexes(in: request.arguments).last ?? 0) + 2)
            if options.contains(where: { $0.matches("XX") }) { return nil }
            plan =
                options.contains { $0.matches("NX") }
                ? MSETNXPlan(request, keys: row.keys) : SplitPlan(request, keys: row.keys, merge: .allSet)
        case .setUnlessAny: plan = MSETNXPlan(request, keys: row.keys)
        case .pop: plan = PopPlan(request, keys: row.keys, blocks: row.flags.contains(.blocking))
        case .streams:
            guard let streams = StreamReadPlan(request, keys: row.keys) else { return nil }
            plan = streams
        case .transfer(let transfer): plan = KeyTransferPlan(request, transfer, context)
        case .move(let move): plan = ElementMovePlan(request, move, context)
        case .sets(let operation, let result):
            plan = SetAlgebraPlan(
                request, keys: row.keys, operation: operation, result: result, privateKeys: context.privateKeys)
        case .gather(let result):
            plan = GatherPlan(request, keys: row.keys, result: result, privateKeys: context.privateKeys)
        case .sort:
            let options = SortOptions(request.arguments, row)
            plan =
                options.hasPatterns
                ? SortPlan(request, options, context.privateKeys)
                : GatherPlan(request, keys: row.keys, result: .lastKey, privateKeys: context.privateKeys)
        }
    }

    /// True for a command that a cluster's server refuses even though its keys are in one slot.
    static func isNeeded(for request: Request, _ row: CommandSpec?) -> Bool {
        row.map { $0.crossSlot.concernsOneSlot && SortOptions(request.arguments, $0).hasPatterns } ?? false
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        if isAsking, let step = whole?.advance(outcomes) { return step }
        let step = plan.advance(outcomes)
        guard case .finish(let reply, _) = step, reply.notes.isEmpty, case .value(let value) = reply.body,
            let unknown = value.unknownCommand
        else { return step }
        // The error quotes arguments, and those were the plan's, including its private keys.
        guard unknown.uppercased == whole?.request.arguments[0].uppercased, let question = whole?.advance([]) else {
            return .finish(Reply(.error("ERR unknown command '\(unknown.text)'")))
        }
        isAsking = true
        return question
    }

    package var outline: PlanOutline { plan.outline }

    /// Seconds that the command may wait; nil for one that does not block, or blocks forever.
    package var timeout: Double? { plan.timeout }

    package var confirmedSlots: [HashSlot] { plan.confirmedSlots }
}

extension RESPValue {
    /// The name that the server says it does not know, in either kind of quotes; nil for any other reply.
    fileprivate var unknownCommand: ByteString? {
        guard let message = serverError?.message, message.hasPrefix("unknown command ") else { return nil }
        let parts = message.bytes.split(maxSplits: 2, omittingEmptySubsequences: false) { $0 == 0x27 || $0 == 0x60 }
        return parts.count == 3 ? ByteString(parts[1]) : nil
    }
}
