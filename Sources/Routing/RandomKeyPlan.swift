import Commands
import RESP

/// RANDOMKEY over all masters, with every key equally likely: one master is drawn, weighted by its number of keys, and
/// asked for a key. If it turns out to have none, it is left out and another is drawn; the reply is nil only when all
/// are empty.
package struct RandomKeyPlan: Sendable {
    package let masters: [Node]
    private let request: Request
    private let draw: @Sendable (Int) -> Int
    private var replies: [NodeReply] = []
    /// The number of keys of each master that may still be drawn.
    private var weights: [Int] = []
    private var drawn: Int?

    /// - Parameter draw: returns a random number from 0 up to but not including its argument.
    package init(
        _ request: Request, masters: [Node], draw: @escaping @Sendable (Int) -> Int = { Int.random(in: 0..<$0) }
    ) {
        self.request = request
        self.masters = masters
        self.draw = draw
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        let name = drawn == nil ? "DBSIZE" : request.name
        let outcomes = outcomes.expecting(name, isReadonly: true) { reply in
            drawn == nil ? reply.amount != nil : reply.kind == .null || reply.string != nil
        }
        guard let outcome = outcomes.first else {
            return .send(masters.map { Request(arguments: ["DBSIZE"], route: .node($0.address), isReadonly: true) })
        }
        if let drawn {
            if let key = outcome.value, key.kind != .null { return end(key) }
            replies[drawn] = NodeReply(node: masters[drawn], outcome)
            weights[drawn] = 0
        } else {
            replies = zip(masters, outcomes).map { NodeReply(node: $0, $1) }
            weights = replies.map { $0.value?.amount ?? 0 }
        }
        let total = weights.sum
        guard total > 0 else { return end(.null) }
        var ticket = draw(total)
        let place = weights.firstIndex { weight in
            defer { ticket -= weight }
            return ticket < weight
        }
        drawn = place
        return place.map { .send([request.at(.node(masters[$0].address))]) } ?? end(.null)
    }

    private func end(_ key: RESPValue) -> PlanStep {
        do {
            // Without a key, the first error or failure is the reply: the failed masters may have keys.
            if key.kind == .null, let failed = replies.first(where: { $0.value == nil }) {
                return .finish(Reply(try failed.result.get()))
            }
        } catch {
            return .fail(error)
        }
        let notes = Aggregation.coverageNotes(replies)
        return .finish(Reply(body: .value(key), outcome: notes.isEmpty ? .succeeded : .partial, notes: notes))
    }
}
