import Commands
import RESP

/// RANDOMKEY over all masters, every key as likely as another: one master is drawn by the number of its keys and asked
/// for a key of its own. One that has none after all is left out, and another drawn; nil comes only when all are empty.
package struct RandomKeyPlan: Sendable {
    package let masters: [Node]
    private let request: Request
    private let draw: @Sendable (Int) -> Int
    private var replies: [NodeReply] = []
    /// Keys of each master that is still to be drawn.
    private var weights: [Int] = []
    private var drawn: Int?

    /// - Parameter draw: a number by lot from 0 up to but not including another.
    package init(
        _ request: Request, masters: [Node], draw: @escaping @Sendable (Int) -> Int = { Int.random(in: 0..<$0) }
    ) {
        self.request = request
        self.masters = masters
        self.draw = draw
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        let name = drawn == nil ? "DBSIZE" : request.arguments[0].uppercased.text
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
            // Without a key the first error or failure is the reply: the other masters' keys are not known.
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
