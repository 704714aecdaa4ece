package import Clock
package import Commands
package import RESP

/// Decides what to do with a command in flight, whatever may happen to it. Plans, files, loads, transactions and
/// subscriptions all follow the same decisions, so a command fares the same however it came in.
///
/// MOVED, ASK, TRYAGAIN, CLUSTERDOWN, MASTERDOWN, LOADING, READONLY and UNBLOCKED prove that a command did not run, so
/// it is redirected or retried. A lost connection proves nothing: a command is sent again only if none of its bytes
/// were sent or it changes nothing. No command goes on forever: redirects are counted, a second visit to a node pauses,
/// and pauses come to an end.
package struct Delivery: Sendable {
    /// What may be done with the command.
    package struct Terms: Equatable, Sendable {
        package let route: Route
        package let isReadonly: Bool
        /// See ``Request/isScript``.
        package let isScript: Bool
        /// False when TRYAGAIN is a reply that is wanted at once.
        package var waitsForMigration = true
        /// False when the command has to stay where it is: redirects are then replies.
        package var followsRedirects = true

        package init(route: Route, isReadonly: Bool, isScript: Bool) {
            self.route = route
            self.isReadonly = isReadonly
            self.isScript = isScript
        }
    }

    package enum Event: Sendable {
        /// An error reply that a ``Redirect`` was parsed from.
        ///
        /// - isConfirmed: true once the node's own view of the slot has said the same.
        case redirected(Redirect, from: NodeAddress, text: String, isConfirmed: Bool = false)
        /// The connection is lost.
        ///
        /// - wasOpen: true if it had been established.
        /// - mayHaveRun: false if the server certainly saw nothing of the command.
        case lost(
            NodeAddress, reason: String, wasOpen: Bool, mayHaveRun: Bool, CommandFailure.ConnectionFault = .plain)
        /// The node owes a reply, but the rest of the cluster says that it has failed or lost the slot.
        case silent(NodeAddress, mayHaveRun: Bool)
        /// The node has owed a reply for as long as is allowed.
        case timedOut(NodeAddress, seconds: Double, mayHaveRun: Bool)
        /// The user gave up on the command.
        case interrupted(NodeAddress?, mayHaveRun: Bool)
    }

    package enum Decision: Equatable, Sendable {
        /// What the server sent is the command's reply.
        case reply
        /// Ask the node for its view of the slot, then decide again.
        case confirm
        /// Send it at once to where ``depart(by:)`` leads, with or without ASKING before it.
        case send(isAsking: Bool)
        /// Send it after a pause.
        case wait(until: Instant)
        case fail(CommandFailure)
    }

    package let terms: Terms
    package var backOff = BackOff()
    /// True once part of the reply has been emitted: the command is then not sent again, although it is a read.
    package var hasBegun = false
    /// When the command was first sent.
    package var begunAt: Instant?
    /// The node that the command is at; nil while it waits.
    package private(set) var node: NodeAddress?
    /// True if the map or a redirect named that node, false if it is only a stand-in.
    private var isAtOwner = false
    /// The node that the last redirect named; nil to go where the map leads.
    private var redirected: NodeAddress?
    private var hops = 0
    /// Nodes that the command visited before this one since the last pause.
    private var visited: [NodeAddress] = []
    /// Nodes that could not be reached, and why.
    private var unreachable: [CommandFailure.Unreachable] = []
    private var hasReconnected = false
    private var hasAuthenticatedAgain = false

    /// Why nothing is sent to a node that the cluster calls failed.
    package static let failedNode = "marked as failed by the cluster"

    package init(_ terms: Terms) {
        self.terms = terms
    }

    /// The node that the command goes to now.
    package mutating func depart(by map: ClusterMap) -> NodeAddress {
        let destination = destination(by: map)
        let node = destination ?? map.home
        arrive(at: node, isAtOwner: destination != nil)
        return node
    }

    /// Nil when any node will do.
    private func destination(by map: ClusterMap) -> NodeAddress? {
        switch terms.route {
        case .node(let node, _): node
        case .slot(let slot): redirected ?? map.owners[slot]
        case .home: redirected
        }
    }

    /// The words to send now: a command that may wait gets only the time it has left, wherever it has waited before.
    package mutating func words(_ arguments: [ByteString], _ waiting: WaitingTime, at now: Instant) -> [ByteString] {
        guard let begunAt else {
            begunAt = now
            return arguments
        }
        return waiting.left(of: arguments, after: now.seconds(since: begunAt))
    }

    /// Records that the command was sent to this node.
    package mutating func arrive(at node: NodeAddress, isAtOwner: Bool) {
        if let last = self.node, last != node { visited.append(last) }
        self.node = node
        self.isAtOwner = isAtOwner
        backOff.resume()
    }

    /// - Parameters:
    ///   - map: updated with what a redirect says.
    ///   - seconds: how long to keep retrying.
    /// - Returns: what to do, and what the user should know.
    package mutating func decide(
        _ event: Event, _ map: inout ClusterMap, at now: Instant, retryFor seconds: Double
    ) -> (Decision, Note?) {
        switch event {
        case .redirected(let redirect, let node, let text, let isConfirmed):
            return follow(redirect, from: node, text, isConfirmed, &map, now, seconds)
        case .lost(let node, let reason, let wasOpen, let mayHaveRun, let fault):
            let loss = CommandFailure.Unreachable(node: node, reason: reason, fault)
            return lose(loss, wasOpen, mayHaveRun, &map, now, seconds)
        case .silent(let node, let mayHaveRun):
            let reason = "no reply"
            guard !terms.route.isFixed, !hasBegun, terms.isReadonly || !mayHaveRun else {
                return (.fail(end(at: node, reason, mayHaveRun)), nil)
            }
            redirected = nil
            guard map.hasFailed(destination(by: map) ?? map.home) else { return (.send(isAsking: false), nil) }
            // No node has taken over yet.
            map.isStale = true
            return wait(at: node, because: reason, now, seconds)
                ?? (.fail(.retriesExhausted(node, last: reason)), nil)
        case .timedOut(let node, let seconds, let mayHaveRun):
            return (.fail(end(at: node, "no reply for \(seconds.shortText) s", mayHaveRun)), nil)
        case .interrupted(let node, let mayHaveRun):
            guard let node, mayHaveRun, !terms.isReadonly else { return (.fail(.interrupted), nil) }
            return (.fail(.unknownOutcome(node, reason: "interrupted")), nil)
        }
    }

    // MARK: Redirects

    private mutating func follow(
        _ redirect: Redirect, from node: NodeAddress, _ text: String, _ isConfirmed: Bool, _ map: inout ClusterMap,
        _ now: Instant, _ seconds: Double
    ) -> (Decision, Note?) {
        guard terms.followsRedirects else {
            guard map.addresses.otherwise == .unreachable, let owner = redirect.node else { return (.reply, nil) }
            return (.fail(.beyondEndpoint(owner, seed: map.seed)), nil)
        }
        if terms.isScript, !isConfirmed {
            return (redirect.comesBeforeScripts(of: terms.route) ? .confirm : .reply, nil)
        }
        switch (redirect, terms.route) {
        case (.unauthenticated, _):
            guard !hasAuthenticatedAgain else { return (.reply, nil) }
            hasAuthenticatedAgain = true
            return (.send(isAsking: false), nil)
        case (_, .node):
            map.isStale = map.topology != nil
            return (.reply, nil)
        // A lone server has nowhere to redirect a command to.
        case (.moved, _) where map.isAlone, (.ask, _) where map.isAlone, (.demoted, _) where map.isStandalone,
            (.tryAgain, _) where !terms.waitsForMigration,
            (.tryAgain, .home), (.unavailable, .home), (.demoted, .home):
            return (.reply, nil)
        case (.moved(let slot, let owner), _):
            map.patch(slot, to: owner)
            map.isStale = true
            return hop(to: owner, isAsking: false, slot, from: node, now, seconds)
        case (.ask(let slot, let importing), _):
            return hop(to: importing, isAsking: true, slot, from: node, now, seconds)
        case (.tryAgain, .slot):
            hops = 0
            return wait(at: node, because: text, now, seconds) ?? (.reply, nil)
        case (.unavailable, .slot), (.demoted, .slot):
            hops = 0
            map.isStale = true
            if text.hasPrefix("CLUSTERDOWN") { map.doubt(node) }
            return wait(at: node, because: text, now, seconds) ?? (.reply, nil)
        }
    }

    private mutating func hop(
        to next: NodeAddress, isAsking: Bool, _ slot: HashSlot, from node: NodeAddress, _ now: Instant,
        _ seconds: Double
    ) -> (Decision, Note?) {
        hops += 1
        guard hops <= Redirect.maximumHops else { return (.fail(.redirectLoop(node)), nil) }
        if next == node, let announced = next.announcement?.address, announced != next {
            return (.fail(.sharedAddress(node, announced: [announced])), nil)
        }
        // Two nodes that redirect to each other need time to agree.
        guard next != node, !visited.contains(next) else {
            return wait(at: node, because: "\(isAsking ? "ASK" : "MOVED") to \(next)", now, seconds)
                ?? (.fail(.redirectLoop(node)), nil)
        }
        redirected = next
        return (.send(isAsking: isAsking), .redirected(slot, next))
    }

    // MARK: Lost connections

    private mutating func lose(
        _ loss: CommandFailure.Unreachable, _ wasOpen: Bool, _ mayHaveRun: Bool, _ map: inout ClusterMap,
        _ now: Instant, _ seconds: Double
    ) -> (Decision, Note?) {
        let (node, reason) = (loss.node, loss.reason)
        let failure = mayHaveRun ? end(at: node, reason, mayHaveRun, loss.fault) : loss.failure
        guard !hasBegun, !mayHaveRun || terms.isReadonly else { return (.fail(failure), nil) }
        if wasOpen, !hasReconnected, !terms.route.isFixed {
            // The connection may have been the only thing wrong.
            hasReconnected = true
            return (.send(isAsking: false), nil)
        }
        unreachable.append(loss)
        if terms.route.isFixed {
            map.isStale = map.topology != nil
            return (.fail(failure), nil)
        }
        if isAtOwner {
            map.isStale = true
            return wait(at: node, because: reason, now, seconds)
                ?? (.fail(.retriesExhausted(node, last: reason, wasReached: wasOpen || map.hasFailed(node))), nil)
        }
        // Another node may stand in.
        let tried = unreachable.map(\.node)
        guard let next = map.informants.first(where: { !tried.contains($0) }) else {
            return (.fail(mayHaveRun ? failure : .noSeed(unreachable)), nil)
        }
        map.home = next
        return (.send(isAsking: false), nil)
    }

    /// The failure of a command that is not sent again.
    private func end(
        at node: NodeAddress, _ reason: String, _ mayHaveRun: Bool, _ fault: CommandFailure.ConnectionFault = .plain
    ) -> CommandFailure {
        guard mayHaveRun else { return .unreachable(node, reason: reason) }
        return terms.isReadonly ? .replyLost(node, reason: reason, fault) : .unknownOutcome(node, reason: reason, fault)
    }

    /// Nil when the time is up.
    private mutating func wait(
        at node: NodeAddress, because reason: String, _ now: Instant, _ seconds: Double
    ) -> (Decision, Note?)? {
        guard let end = backOff.begin(at: now, for: seconds), let giveUpAt = backOff.giveUpAt else { return nil }
        visited = []
        self.node = nil
        redirected = nil
        let left = Int(giveUpAt.seconds(since: now).rounded(.up))
        return (.wait(until: end), .waiting(node, reason: reason, secondsLeft: left))
    }
}

extension Route {
    /// True when only one node will do.
    package var isFixed: Bool {
        if case .node = self { true } else { false }
    }

    package var slot: HashSlot? {
        if case .slot(let slot) = self { slot } else { nil }
    }
}

extension Redirect {
    /// True for what a server says about a script's slot before it runs the script. Other errors may be the script's
    /// own, after it has changed something.
    fileprivate func comesBeforeScripts(of route: Route) -> Bool {
        switch self {
        case .moved(let slot, _), .ask(let slot, _): route.slot == slot
        case .tryAgain, .unavailable, .demoted, .unauthenticated: false
        }
    }
}
