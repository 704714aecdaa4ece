package import Commands
import RESP

/// Applies a response policy to the replies of several nodes.
package enum Aggregation {
    /// The dictionary, or the one value that the policy makes of it. A value is merged from the good replies; if no
    /// node gave one, it is the first error. Good replies that no single value can represent are returned as the
    /// dictionary.
    ///
    /// - Throws: the first node's ``CommandFailure`` when a single value is wanted and no node answered at all.
    package static func reply(
        to policy: ResponsePolicy, from replies: [NodeReply]
    ) throws(CommandFailure) -> Reply {
        let good = replies.filter { $0.value != nil }
        let outcome = Self.outcome(of: replies)
        let notes = coverageNotes(replies)
        switch policy {
        case .perNode: return Reply(body: .perNode(replies), outcome: outcome, notes: notes)
        case .perNodeOneSucceeded:
            return Reply(
                body: .perNode(replies), outcome: good.isEmpty ? .failed : .succeeded,
                notes: replies.allSatisfy(\.isAnswer) ? [] : notes)
        case .oneSucceeded:
            if let value = good.first?.value { return Reply(value) }
        case .allSucceeded where outcome == .partial:
            if let error = firstError(replies) {
                return Reply(body: .value(error), outcome: .partial, notes: notes)
            }
        case .sumOfMasters:
            // Whether the others replied makes no difference to it.
            let masters = replies.filter(\.node.holdsKeys)
            if let value = sum(masters.compactMap(\.value)) {
                return Reply(body: .value(value), outcome: Self.outcome(of: masters), notes: coverageNotes(masters))
            }
        case .single, .union, .sortedUnion, .sum, .sumByField, .minimum, .logicalAnd, .allSucceeded:
            if let value = merge(policy, good) { return Reply(body: .value(value), outcome: outcome, notes: notes) }
        }
        guard good.isEmpty else { return Reply(body: .perNode(replies), outcome: outcome, notes: notes) }
        if let error = firstError(replies) { return Reply(body: .value(error), outcome: .failed, notes: notes) }
        for reply in replies { _ = try reply.result.get() }
        return Reply(body: .perNode(replies), outcome: .failed, notes: notes)
    }

    private static func outcome(of replies: [NodeReply]) -> Reply.Outcome {
        let count = replies.count { $0.value != nil }
        return count == 0 ? .failed : count == replies.count ? .succeeded : .partial
    }

    private static func firstError(_ replies: [NodeReply]) -> RESPValue? {
        replies.lazy.compactMap { try? $0.result.get() }.first { $0.isError }
    }

    static func coverageNotes(_ replies: [NodeReply]) -> [Note] {
        let failed = replies.filter { $0.value == nil }.map { reply -> Note.Failed<NodeAddress> in
            switch reply.result {
            case .success(let value):
                Note.Failed(reply.node.address, error: value.text, failure: nil)
            case .failure(let failure):
                Note.Failed(reply.node.address, error: nil, failure: failure)
            }
        }
        guard !failed.isEmpty else { return [] }
        let answered = replies.count { $0.isAnswer }
        return [.coverage(answered: answered, asked: replies.count, failed: failed)]
    }

    /// Merges replies that are not errors into one value; nil when they do not have the shape that the policy expects.
    private static func merge(_ policy: ResponsePolicy, _ replies: [NodeReply]) -> RESPValue? {
        let values = replies.compactMap(\.value)
        switch policy {
        case .union: return unique(values).map { RESPValue.aggregate(values[0].kind, $0) }
        case .sortedUnion:
            return unique(values).map { elements in
                RESPValue.aggregate(
                    values[0].kind, elements.sorted { $0.payload.lexicographicallyPrecedes($1.payload) })
            }
        case .sum: return sum(values)
        case .minimum: return minimum(values) ?? placeByPlace(values, minimum)
        case .sumByField:
            return placeByPlace(values) { column in
                column.allSatisfy { $0 == column[0] && $0.kind != .integer } ? column[0] : sum(column)
            }
        case .logicalAnd:
            return placeByPlace(values) { column in
                integers(column).map { .integer($0.allSatisfy { $0 == 1 } ? 1 : 0) }
            }
        case .allSucceeded: return values.first
        case .single: return values.count == 1 ? values[0] : nil
        case .perNode, .perNodeOneSucceeded, .oneSucceeded, .sumOfMasters: return nil
        }
    }

    /// The elements of all arrays or sets, each once; nil when a value is something else.
    private static func unique(_ values: [RESPValue]) -> [RESPValue]? {
        guard !values.isEmpty, values.allSatisfy({ $0.kind == .array || $0.kind == .set }) else { return nil }
        let elements = values.flatMap(\.elements)
        guard elements.allSatisfy({ !$0.kind.isAggregate }) else { return nil }
        var seen = Set<ByteString>()
        return elements.filter { seen.insert($0.byteString).inserted }
    }

    /// The numbers of integer replies; nil when there are none or one is not an integer.
    private static func integers(_ values: [RESPValue]) -> [Int]? {
        guard !values.isEmpty, values.allSatisfy({ $0.kind == .integer }) else { return nil }
        return values.compactMap(\.integer)
    }

    private static func sum(_ values: [RESPValue]) -> RESPValue? {
        integers(values).map { .integer($0.sum) }
    }

    private static func minimum(_ values: [RESPValue]) -> RESPValue? {
        integers(values)?.min().map(RESPValue.integer)
    }

    /// Merges the first elements of all arrays, the second elements, and so on; nil when their lengths differ or one
    /// position cannot be merged.
    private static func placeByPlace(
        _ values: [RESPValue], _ combine: ([RESPValue]) -> RESPValue?
    ) -> RESPValue? {
        let rows = values.map { Array($0.elements) }
        guard let first = values.first, values.allSatisfy({ $0.kind == first.kind && $0.kind.isAggregate }),
            rows.allSatisfy({ $0.count == rows[0].count })
        else { return nil }
        let merged = rows[0].indices.compactMap { place in combine(rows.map { $0[place] }) }
        return merged.count == first.count ? RESPValue.aggregate(first.kind, merged) : nil
    }
}
