package import RESP

/// Runs a cursor command (SCAN, HSCAN, SSCAN, ZSCAN) to its end, at one key's master or at several nodes at once, and
/// emits what it finds as it arrives. An element may appear twice, as with the server's own cursor commands.
package struct IterationPlan: Sendable {
    private struct Source: Sendable {
        var walk: CursorWalk
        let node: Node?
        var failure: Note.Failed<NodeAddress>?

        var isDone: Bool { walk.isDone || failure != nil }
    }

    private var sources: [Source]

    /// - Parameters:
    ///   - arguments: the server's command without its cursor, such as `HSCAN key MATCH a*`.
    ///   - cursorIndex: where the cursor goes among them.
    ///   - route: the one place to ask.
    package init(arguments: [ByteString], cursorIndex: Int, route: Route) {
        sources = [Source(walk: CursorWalk(arguments, cursorIndex: cursorIndex, at: route, on: 0), node: nil)]
    }

    /// - Parameter nodes: the nodes to ask, all at the same time.
    package init(arguments: [ByteString], cursorIndex: Int, nodes: [Node]) {
        sources = nodes.enumerated().map { lane, node in
            let walk = CursorWalk(arguments, cursorIndex: cursorIndex, at: .node(node.address), on: lane)
            return Source(walk: walk, node: node)
        }
    }

    /// Where the cursors run.
    package var places: [Route] { sources.map(\.walk.route) }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        var found: [RESPValue] = []
        let asked = sources.indices.filter { !sources[$0].isDone }
        for (index, outcome) in zip(asked, outcomes) {
            do {
                found += try sources[index].walk.take(outcome).map { Array($0.elements) } ?? []
            } catch {
                guard let node = sources[index].node else { return error.step }
                sources[index].failure = .init(node.address, error)
            }
        }
        let open = sources.filter { !$0.isDone }
        guard !open.isEmpty else { return finish(emitting: found) }
        return .send(open.map(\.walk.request), emitting: found)
    }

    /// Continues with one of the last step's requests, so that no node waits for the others between two pages.
    ///
    /// - Returns: the request for its next page; nil when there is none, which is left to ``advance(_:)``.
    mutating func follow(_ outcome: RequestOutcome, of index: Int) -> (next: Request, found: RESPValue?)? {
        let place = sources.indices.filter { !sources[$0].isDone }[index]
        var walk = sources[place].walk
        do {
            let found = try walk.take(outcome)
            guard !walk.isDone else { return nil }
            sources[place].walk = walk
            return (walk.request, found)
        } catch {
            return nil
        }
    }

    /// The nodes that stopped before the end of their part.
    var failed: [Note.Failed<NodeAddress>] { sources.compactMap(\.failure) }

    /// How many of the nodes were iterated to the end; nothing when all were.
    var coverage: [Note] {
        let failed = failed
        return failed.isEmpty
            ? [] : [.coverage(answered: sources.count - failed.count, asked: sources.count, failed: failed)]
    }

    private func finish(emitting found: [RESPValue]) -> PlanStep {
        let failed = failed
        if failed.count == sources.count, let error = failed[0].error, !error.isEmpty {
            return .finish(Reply(.error(error)), emitting: found)
        }
        let outcome: Reply.Outcome =
            failed.isEmpty ? .succeeded : failed.count == sources.count ? .failed : .partial
        return .finish(Reply(body: .streamed, outcome: outcome, notes: coverage), emitting: found)
    }
}
