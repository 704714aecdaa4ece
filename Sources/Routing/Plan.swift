package import Commands
package import RESP

/// One command to one place, or several back to back on one connection.
package struct Request: Sendable {
    /// Several commands are a ``TransactionBlock``, or reads, or one keyed command with others that a redirect leaves
    /// without effect; so they can all be sent again when a redirect shows that the keyed one did not run.
    package let commands: [[ByteString]]
    package let route: Route
    /// True for commands that change nothing: they are sent again if their reply is lost.
    package let isReadonly: Bool
    /// True for a script, a function or an unknown command, whose error replies may be of its own making. MOVED and ASK
    /// come before it runs, so they prove that it did not, once the server has confirmed that they are its own.
    package let isScript: Bool
    package let connection: ConnectionUse
    /// The index of MULTI among the commands; nil when they are not a block.
    package let opening: Int?
    /// False when TRYAGAIN is a reply that the plan wants to see at once.
    package var waitsForMigration = true

    package init(
        arguments: [ByteString], route: Route, isReadonly: Bool, isScript: Bool = false,
        on connection: ConnectionUse = .shared
    ) {
        self.init([arguments], route, isReadonly, isScript, connection, opening: nil)
    }

    /// - Parameter commands: more than one; their outcome is an array of their replies.
    package init(
        commands: [[ByteString]], route: Route, isReadonly: Bool, on connection: ConnectionUse = .shared
    ) {
        self.init(commands, route, isReadonly, false, connection, opening: nil)
    }

    /// A block, which never uses the shared connection: EXEC would end what the user watches there, and a block left
    /// open would swallow what follows.
    init(_ block: TransactionBlock, in slot: HashSlot, isReadonly: Bool, waitsForMigration: Bool = true) {
        self.init(
            block.words, .slot(slot), isReadonly, false, block.connection, opening: block.preparation.count)
        self.waitsForMigration = waitsForMigration
    }

    private init(
        _ commands: [[ByteString]], _ route: Route, _ isReadonly: Bool, _ isScript: Bool, _ connection: ConnectionUse,
        opening: Int?
    ) {
        self.commands = commands
        self.route = route
        self.isReadonly = isReadonly
        self.isScript = isScript
        self.connection = connection
        self.opening = opening
    }

    /// The first command.
    package var arguments: [ByteString] { commands[0] }

    /// The command word as messages show it.
    var name: String { arguments[0].uppercased.text }
}

/// Which connection to its node a request uses.
package enum ConnectionUse: Equatable, Sendable {
    /// The one that all commands share.
    case shared
    /// One of the plan's own, by number; made on first use, closed when the plan ends.
    case own(Int)
    /// The very connection that the plan last used under this number, on which keys are watched. The outcome is
    /// `.transactionLost` if it is gone; redirects are replies.
    case same(Int)
}

/// Where a request goes and how patient it is.
package enum Route: Hashable, Sendable {
    /// To the owner of the slot; redirects are followed, and temporary errors are waited out.
    case slot(HashSlot)
    /// To the node that the session started with, or another that answers; redirects are followed.
    case home
    /// To this node and no other; its reply is shown whatever it is.
    case node(NodeAddress, asReplica: Bool = false)
}

/// What became of a request.
package enum RequestOutcome: Sendable {
    /// The reply; for several commands an array of their replies.
    case reply(RESPValue, from: NodeAddress)
    /// Indirect, as a failure takes several times the space of a reply and is rare.
    indirect case failure(CommandFailure)
}

/// What a plan wants done next.
package enum PlanStep: Sendable {
    /// Emit `emitting`, send the requests all at once, and continue with their outcomes in the same order.
    case send([Request], emitting: [RESPValue] = [])
    /// Send the requests all at once, and continue with the outcome of the first to have a reply other than null; the
    /// others are abandoned. Each has to use one of the plan's own connections.
    case race([Request])
    /// Continue after this many seconds, with no outcomes.
    case pause(seconds: Double)
    case finish(Reply, emitting: [RESPValue] = [])
    case fail(CommandFailure)
}

/// How a command is executed: a state machine that is asked for its next step until it finishes. Plans compute; only
/// the engine sends.
package enum Plan: Sendable {
    case single(SinglePlan)
    case fanOut(FanOutPlan)
    case iterate(IterationPlan)
    case randomKey(RandomKeyPlan)
    /// - slots: how many slots the keys are in.
    case crossSlot(CrossSlotPlan, slots: Int)

    /// True for a plan that no redirect would correct if the topology it was built from is out of date.
    package var reliesOnTopology: Bool {
        if case .crossSlot(let plan, _) = self { return !plan.confirmedSlots.isEmpty }
        return isForManyNodes
    }

    /// True for a plan that asks all nodes, or all of a kind.
    package var isForManyNodes: Bool {
        switch self {
        case .single, .crossSlot: false
        case .fanOut, .randomKey: true
        case .iterate(let plan): plan.places.contains(where: \.isFixed)
        }
    }

    /// True for a plan that can take long replies in parts.
    package var takesParts: Bool {
        switch self {
        case .single(let plan): plan.request.isReadonly && !plan.request.isScript
        case .fanOut(let plan): plan.union != nil
        case .iterate, .randomKey, .crossSlot: false
        }
    }

    /// - Parameters:
    ///   - part: elements of a reply that is still arriving; the rest of it is passed as the outcome.
    ///   - index: the index of its request.
    /// - Returns: what to emit at once.
    package mutating func take(_ part: RESPValue, of index: Int) -> [RESPValue] {
        switch self {
        case .single(var plan):
            defer { self = .single(plan) }
            return plan.take(part)
        case .fanOut(var plan):
            defer { self = .fanOut(plan) }
            return plan.take(part, of: index)
        case .iterate: return Array(part.elements)
        case .randomKey, .crossSlot: return []
        }
    }

    /// True for a plan for which ``follow(_:of:)`` is called.
    package var follows: Bool { if case .iterate = self { true } else { false } }

    /// Continues after one request at once, whatever becomes of the step's others.
    ///
    /// - Returns: the request that replaces the one with the outcome, and what to emit as a part; nil when the outcome
    ///   has to wait for the others.
    package mutating func follow(
        _ outcome: RequestOutcome, of index: Int
    ) -> (next: Request, found: RESPValue?)? {
        guard case .iterate(var plan) = self else { return nil }
        defer { self = .iterate(plan) }
        return plan.follow(outcome, of: index)
    }

    /// - Parameter outcomes: the outcomes of the last step's requests; empty at the start.
    package mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        switch self {
        case .single(var plan):
            defer { self = .single(plan) }
            return plan.advance(outcomes)
        case .fanOut(var plan):
            defer { self = .fanOut(plan) }
            return plan.advance(outcomes)
        case .iterate(var plan):
            defer { self = .iterate(plan) }
            return plan.advance(outcomes)
        case .randomKey(var plan):
            defer { self = .randomKey(plan) }
            return plan.advance(outcomes)
        case .crossSlot(var plan, let slots):
            defer { self = .crossSlot(plan, slots: slots) }
            return plan.advance(outcomes)
        }
    }
}

/// One request, one reply.
package struct SinglePlan: Sendable {
    package let request: Request
    package let tells: Scope
    /// Where to try next if the previous node does not answer or redirects.
    private var alternatives: ArraySlice<Route>
    /// True once part of the reply has been emitted.
    private var hasBegun = false

    /// What the reply is about.
    package enum Scope: Equatable, Sendable {
        /// All that the command could be about.
        case ofAll
        /// The subscribers that the answering node has (PUBLISH).
        case ofItsSubscribers
        /// That node alone, of so many.
        case ofItself(nodes: Int)

        fileprivate func note(from node: NodeAddress) -> [Note] {
            switch self {
            case .ofAll: []
            case .ofItsSubscribers: [.localCount(node)]
            case .ofItself(let count): [.oneOfMany(node, of: count)]
            }
        }
    }

    package init(_ request: Request, tells: Scope = .ofAll, alternatives: ArraySlice<Route> = []) {
        self.request = request
        self.tells = tells
        self.alternatives = alternatives
    }

    mutating func take(_ part: RESPValue) -> [RESPValue] {
        hasBegun = true
        return Array(part.elements)
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        if let outcome = outcomes.first, !hasBegun, outcome.isOfNoUse, let next = alternatives.popFirst() {
            return .send([request.at(next)])
        }
        return switch outcomes.first {
        case nil: .send([request])
        case .reply(let value, _) where hasBegun:
            .finish(Reply(body: .streamed, outcome: .succeeded), emitting: Array(value.elements))
        case .reply(let value, let node):
            .finish(Reply(value, notes: value.isError ? [] : tells.note(from: node)))
        case .failure(let failure): .fail(failure)
        }
    }
}

extension RequestOutcome {
    /// True where another node may have an answer.
    fileprivate var isOfNoUse: Bool {
        switch self {
        case .reply(let value, _): value.isRedirect
        case .failure: true
        }
    }
}

/// The same request, sent to several nodes at once.
package struct FanOutPlan: Sendable {
    package let nodes: [Node]
    package let arguments: [ByteString]
    package let policy: ResponsePolicy
    let isReadonly: Bool
    /// True for a command with keys, which a replica answers only after READONLY.
    package let readsKeys: Bool
    /// Merges the keys listed in long replies; nil for any other reply.
    private(set) var union: KeyUnion?

    package init(
        nodes: [Node], arguments: [ByteString], policy: ResponsePolicy, isReadonly: Bool, readsKeys: Bool,
        union: KeyUnion? = nil
    ) {
        self.nodes = nodes
        self.arguments = arguments
        self.policy = policy
        self.isReadonly = isReadonly
        self.readsKeys = readsKeys
        self.union = union
    }

    mutating func take(_ part: RESPValue, of index: Int) -> [RESPValue] {
        union?.take(part, from: nodes[index].address) ?? []
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        guard !outcomes.isEmpty else {
            return .send(
                nodes.map {
                    let route = Route.node($0.address, asReplica: $0.role == .replica && readsKeys)
                    return Request(arguments: arguments, route: route, isReadonly: isReadonly)
                })
        }
        let replies = zip(nodes, outcomes).map { NodeReply(node: $0, $1) }
        if union?.hasBegun == true { return finishUnion(replies) }
        do {
            return .finish(try Aggregation.reply(to: policy, from: replies))
        } catch {
            return .fail(error)
        }
    }

    /// - Parameter replies: what was not taken in parts.
    private mutating func finishUnion(_ replies: [NodeReply]) -> PlanStep {
        let good = replies.filter { $0.value != nil }
        var found: [RESPValue] = []
        for reply in good { if let rest = reply.value { found += union?.take(rest, from: reply.node.address) ?? [] } }
        let strays = union?.strays ?? []
        let notes = strays.isEmpty ? [] : [Note.mayRepeat(keys: strays.count)]
        let reply = Reply(
            body: .streamed, outcome: good.count == replies.count ? .succeeded : .partial,
            notes: Aggregation.coverageNotes(replies) + notes)
        return .finish(reply, emitting: found + strays)
    }
}
