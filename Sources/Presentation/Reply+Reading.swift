package import Commands
package import RESP
package import Routing

// Replies made easier to read than the server sends them.
extension Reply {
    /// The reply with its texts taken apart, for `--objects`.
    package func objects(_ shape: ReplyShape) -> Reply {
        mapped { ServerText.object($0, shape) }
    }

    /// The reply with names and values as maps, where RESP2 has them in turn.
    ///
    /// - Parameter arguments: the command's.
    package func pairs(_ shape: ReplyShape, _ arguments: [ByteString]) -> Reply {
        switch shape {
        case .nested(let pattern):
            let pattern = ReplyPattern(pattern)
            return mapped { $0.paired(by: pattern) }
        case .settings: return mapped { $0.paired(by: .pairs([:])).sortedByName }
        case .scoredPairs where !shape.hasScores(arguments): return self
        case .scoredPairs, .scores: return mapped { $0.scores ?? $0 }
        case .entries: return mapped { $0.paired(by: .entries) }
        case .streams: return mapped { $0.paired(by: .named(.entries)) }
        case .plain, .sections, .fields, .clients, .client, .clusterNodes, .slowLog, .positions, .places, .rows:
            return self
        }
    }

    private func mapped(_ change: (RESPValue) -> RESPValue) -> Reply {
        switch body {
        case .value(let value): Reply(body: .value(change(value)), outcome: outcome, notes: notes)
        case .perNode(let replies):
            Reply(
                body: .perNode(replies.map { NodeReply(node: $0.node, result: $0.result.map(change)) }),
                outcome: outcome, notes: notes)
        case .streamed: self
        }
    }
}

extension ReplyPattern {
    /// Entries of a stream.
    fileprivate static var entries: ReplyPattern { .named(.pairs([:])) }
}

extension ReplyShape {
    /// True where members have a score, or fields a value, behind them.
    func hasScores(_ arguments: [ByteString]) -> Bool {
        switch self {
        case .scores: true
        case .scoredPairs: arguments.contains { $0.matches("WITHSCORES") || $0.matches("WITHVALUES") }
        default: false
        }
    }
}

extension RESPValue {
    /// The value with maps in place of the arrays that a pattern tells of. What is not of its form stays as it is.
    ///
    /// - Parameter braces: the innermost pairs around.
    func paired(by pattern: ReplyPattern, within braces: ReplyPattern = .plain) -> RESPValue {
        switch pattern {
        case .plain: return self
        case .again: return paired(by: braces, within: braces)
        case .list(let inner):
            guard kind.isAggregate, kind != .map else { return self }
            return .aggregate(kind, elements.map { $0.paired(by: inner, within: braces) })
        case .pairs(let fields):
            guard isListOfPairs else { return self }
            if fields.isEmpty { return kind == .map ? self : .map(Array(elements)) }
            return .map(
                pairs.flatMap { name, value in
                    [name, value.paired(by: fields[name.text] ?? fields["*"] ?? .plain, within: pattern)]
                })
        case .named(let inner):
            guard let pairs = namedPairs, !pairs.isEmpty else { return self }
            return .map(pairs.flatMap { [$0.name, $0.value.paired(by: inner, within: braces)] })
        }
    }

    /// True for a map, and for an array of names and values in turn.
    private var isListOfPairs: Bool {
        if kind == .map { return true }
        guard kind == .array, count > 0, count.isMultiple(of: 2) else { return false }
        var isName = true
        return elements.allSatisfy { element in
            defer { isName.toggle() }
            return !isName || !element.kind.isAggregate
        }
    }

    /// The pairs of a map, or of arrays of two, or of one such array.
    private var namedPairs: [(name: RESPValue, value: RESPValue)]? {
        if kind == .map { return pairs.map { ($0.key, $0.value) } }
        guard kind == .array else { return nil }
        if let pair = elements(2), !pair[0].kind.isAggregate { return [(pair[0], pair[1])] }
        var pairs: [(name: RESPValue, value: RESPValue)] = []
        for element in elements {
            guard let pair = element.elements(2), !pair[0].kind.isAggregate else { return nil }
            pairs.append((pair[0], pair[1]))
        }
        return pairs
    }

    /// Members and scores as a map: in turn in RESP2, in arrays of two in RESP3.
    var scores: RESPValue? {
        guard kind == .array, count > 0 else { return nil }
        let parts = elements.flatMap { $0.kind == .array ? Array($0.elements) : [$0] }
        guard parts.count.isMultiple(of: 2), !parts.contains(where: \.kind.isAggregate) else { return nil }
        return .map(parts)
    }

    fileprivate var sortedByName: RESPValue {
        guard kind == .map else { return self }
        let sorted = pairs.sorted { $0.key.payload.lexicographicallyPrecedes($1.key.payload) }
        return .map(sorted.flatMap { [$0.key, $0.value] })
    }
}
