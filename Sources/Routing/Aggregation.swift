package import Commands
import RESP

/// Applies a response policy to the replies of several nodes.
package enum Aggregation {
    /// The dictionary, or the one value the policy makes of it. A value is merged of the good replies; if no node gave
    /// one, it is the first error or the first failure.
    ///
    /// - Throws: the first node's ``CommandFailure`` when a single value is wanted and no node answered at all.
    package static func reply(
        to policy: ResponsePolicy, from replies: [NodeReply]
    ) throws(CommandFailure) -> Reply {
        let good = replies.filter { $0.value != nil }
        let outcome: Reply.Outcome =
            good.count == replies.count && !replies.isEmpty ? .succeeded : good.isEmpty ? .failed : .partial
        let notes = coverageNotes(replies)
        switch policy {
        case .perNode:
            return Reply(body: .perNode(replies), outcome: outcome, notes: notes)
        case .perNodeOneSucceeded:
            let isGood = !good.isEmpty
            return Reply(
                body: .perNode(replies), outcome: isGood ? .succeeded : .failed,
                notes: notes.filter { _ in replies.contains { !$0.isAnswer } })
        case .oneSucceeded:
            if let value = good.first?.value { return Reply(value) }
        case .allSucceeded:
            if outcome == .partial, let error = try firstError(replies) {
                return Reply(body: .value(error), outcome: .partial, notes: notes)
            }
            if let value = good.first?.value { return Reply(body: .value(value), outcome: outcome, notes: notes) }
        case .single, .union, .sortedUnion, .sum, .sumOfMasters, .sumByField, .minimum, .logicalAnd:
            if let value = merge(policy, good) { return Reply(body: .value(value), outcome: outcome, notes: notes) }
        }
        guard let error = try firstError(replies) else {
            return Reply(body: .perNode(replies), outcome: outcome, notes: notes)
        }
        return Reply(body: .value(error), outcome: .failed, notes: notes)
    }

    /// The first error reply; nil when there is none.
    private static func firstError(_ replies: [NodeReply]) throws(CommandFailure) -> RESPValue? {
        for reply in replies {
            if case .success(let value) = reply.result, value.isError { return value }
        }
        for reply in replies {
            if case .failure(let failure) = reply.result { throw failure }
        }
        return nil
    }

    private static func coverageNotes(_ replies: [NodeReply]) -> [Note] {
        let failed = replies.filter { $0.value == nil }.map { reply -> Note.FailedNode in
            switch reply.result {
            case .success(let value):
                Note.FailedNode(address: reply.node.address, error: value.text, failure: nil)
            case .failure(let failure):
                Note.FailedNode(address: reply.node.address, error: nil, failure: failure)
            }
        }
        guard !failed.isEmpty else { return [] }
        let answered = replies.count { $0.isAnswer }
        return [.coverage(answered: answered, asked: replies.count, failed: failed)]
    }

    /// One value of replies that are no errors; nil when they are not of the shape the policy expects.
    private static func merge(_ policy: ResponsePolicy, _ replies: [NodeReply]) -> RESPValue? {
        let values = replies.compactMap(\.value)
        guard let first = values.first else { return nil }
        switch policy {
        case .union: return RESPValue.aggregate(first.kind, unique(values))
        case .sortedUnion:
            return RESPValue.aggregate(first.kind, unique(values).sorted { $0.payload.lexicographicallyPrecedes($1.payload) })
        case .sum: return sum(values)
        case .sumOfMasters: return sum(replies.filter { $0.node.role == .master }.compactMap(\.value))
        case .minimum: return values.compactMap(\.integer).min().map(RESPValue.integer)
        case .sumByField:
            return placeByPlace(values) { column in
                column[0].kind == .integer ? sum(column) : column[0]
            }
        case .logicalAnd:
            return placeByPlace(values) { column in
                .integer(column.allSatisfy { $0.integer == 1 } ? 1 : 0)
            }
        case .single: return values.count == 1 ? first : nil
        case .perNode, .perNodeOneSucceeded, .allSucceeded, .oneSucceeded: return nil
        }
    }

    private static func unique(_ values: [RESPValue]) -> [RESPValue] {
        var seen = Set<ByteString>()
        return values.flatMap { $0.elements.filter { seen.insert($0.byteString).inserted } }
    }

    private static func sum(_ values: [RESPValue]) -> RESPValue? {
        let numbers = values.compactMap(\.integer)
        return numbers.count == values.count ? .integer(numbers.reduce(0, &+)) : nil
    }

    /// Merges the first elements of all arrays, the second elements, and so on; nil when their lengths differ.
    private static func placeByPlace(
        _ values: [RESPValue], _ combine: ([RESPValue]) -> RESPValue?
    ) -> RESPValue? {
        let rows = values.map { Array($0.elements) }
        guard rows.allSatisfy({ $0.count == rows[0].count }) else { return nil }
        let columns = rows[0].indices.map { place in combine(rows.map { $0[place] }) }
        let merged = columns.compactMap { $0 }
        return merged.count == columns.count ? RESPValue.aggregate(values[0].kind, merged) : nil
    }
}
