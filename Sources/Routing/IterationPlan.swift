package import RESP

/// Runs a cursor command (SCAN, HSCAN, SSCAN, ZSCAN) to its end, at one key's master or at several nodes at once, and
/// gives out what it finds as it comes. An element may come twice, as the server's own cursor commands do it.
///
/// A cursor means something only to the node that gave it, so when another node answers (the slot moved, a failover),
/// the iteration of that source begins again at 0. Source: Redis documentation, "SCAN".
package struct IterationPlan: Sendable {
    private struct Source: Sendable {
        let route: Route
        let node: Node?
        var cursor: ByteString = "0"
        var answeredBy: NodeAddress?
        var isDone = false
        var failure: Note.FailedNode?
    }

    private var sources: [Source]
    /// The words of the command, with the place where the cursor belongs.
    private let arguments: [ByteString]
    private let cursorIndex: Int

    /// - Parameters:
    ///   - arguments: the server's command without its cursor, such as `HSCAN key MATCH a*`.
    ///   - cursorIndex: where the cursor is to stand among them.
    ///   - route: the one place to ask.
    package init(arguments: [ByteString], cursorIndex: Int, route: Route) {
        self.arguments = arguments
        self.cursorIndex = cursorIndex
        sources = [Source(route: route, node: nil)]
    }

    /// - Parameter nodes: the nodes to ask, all at the same time.
    package init(arguments: [ByteString], cursorIndex: Int, nodes: [Node]) {
        self.arguments = arguments
        self.cursorIndex = cursorIndex
        sources = nodes.map {
            Source(route: .node($0.address), node: $0)
        }
    }

    /// Where the cursors run.
    package var places: [Route] { sources.map(\.route) }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        var found: [RESPValue] = []
        let asked = sources.indices.filter { !sources[$0].isDone }
        for (index, outcome) in zip(asked, outcomes) {
            switch outcome.expecting(arguments[0].text, isReadonly: true, { $0.page != nil }) {
            case .failure(let failure):
                guard let node = sources[index].node else { return .fail(failure) }
                sources[index].isDone = true
                sources[index].failure = .init(address: node.address, error: nil, failure: failure)
            case .reply(let value, let node):
                found += take(value, from: node, at: index)
            }
        }
        let open = sources.filter { !$0.isDone }
        guard !open.isEmpty else { return finish(emitting: found) }
        return .send(open.map(request), emitting: found)
    }

    /// Moves a source on by one reply; the elements it found.
    private mutating func take(_ value: RESPValue, from node: NodeAddress, at index: Int) -> [RESPValue] {
        guard let page = value.page else {
            sources[index].isDone = true
            sources[index].failure = .init(address: node, error: value.text, failure: nil)
            return []
        }
        let isOtherNode = sources[index].answeredBy.map { $0 != node } ?? false
        sources[index].answeredBy = node
        if isOtherNode {
            sources[index].cursor = "0"
            return []
        }
        sources[index].cursor = page.cursor
        sources[index].isDone = page.cursor == "0"
        return Array(page.found.elements)
    }

    private func request(_ source: Source) -> Request {
        var words = arguments
        words.insert(source.cursor, at: cursorIndex)
        return Request(arguments: words, route: source.route, isReadonly: true)
    }

    private func finish(emitting found: [RESPValue]) -> PlanStep {
        let failed = sources.compactMap(\.failure)
        if failed.isEmpty { return .finish(Reply(body: .streamed, outcome: .succeeded), emitting: found) }
        if failed.count == sources.count, let error = failed[0].error, !error.isEmpty {
            return .finish(Reply(.error(error)), emitting: found)
        }
        let note = Note.coverage(answered: sources.count - failed.count, asked: sources.count, failed: failed)
        return .finish(
            Reply(body: .streamed, outcome: failed.count == sources.count ? .failed : .partial, notes: [note]),
            emitting: found)
    }
}
