package import Commands
package import RESP
package import Routing

// Makes replies easier to read than the server sends them.
extension Reply {
    /// The reply with its text parsed, for `--objects`.
    package func objects(_ shape: ReplyShape) -> Reply {
        mapped { ServerText.object($0, shape) }
    }

    /// The reply with names and values as maps, where RESP2 has them in flat arrays.
    ///
    /// - Parameter arguments: the command's.
    package func pairs(_ shape: ReplyShape, _ arguments: [ByteString]) -> Reply {
        switch shape {
        case .nested(let pattern):
            let pattern = ReplyPattern(pattern, arguments)
            return mapped { $0.paired(by: pattern) }
        case .longRecords: return pairs(.records, arguments)
        case .settings: return mapped { $0.paired(by: .pairs([:])).sortedByName }
        case .columns:
            let count = shape.columns(arguments).count
            return count < 2 ? self : mapped { $0.named(inRowsOf: count) }
        case .client: return objects(shape)
        case .plain, .sections, .fields, .clients, .clusterNodes, .slowLog, .positions: return self
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

extension ReplyShape {
    /// True for nothing but names and values, alternating.
    package func isOfPairs(_ arguments: [ByteString]) -> Bool {
        guard case .nested(let pattern) = self else { return false }
        return ReplyPattern(pattern, arguments) == .pairs([:])
    }

    /// The names of the columns that the arguments ask for; empty for other shapes.
    func columns(_ arguments: [ByteString]) -> [String] {
        guard case .columns(let names) = self else { return [] }
        return "\(names)".split(separator: " ").compactMap { text in
            let parts = text.split(separator: ":")
            guard parts.count == 2 else { return String(text) }
            return arguments.contains { $0.uppercased.text == parts[0] } ? String(parts[1]) : nil
        }
    }
}

extension RESPValue {
    /// The value with maps instead of the arrays that a pattern describes. Parts that do not match stay as they are.
    ///
    /// - Parameter braces: the innermost enclosing braces or parentheses.
    func paired(by pattern: ReplyPattern, within braces: ReplyPattern = .plain) -> RESPValue {
        switch pattern {
        case .plain: return self
        case .again: return paired(by: braces, within: braces)
        case .either(let first, let second): return paired(by: has(form: first) ? first : second, within: braces)
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
        case .values(let fields, let lastRepeats):
            guard has(form: pattern) else { return self }
            return .map(
                elements.enumerated().flatMap { place, value in
                    let field = fields[lastRepeats ? min(place, fields.count - 1) : place]
                    // The server does not send this word, so it is not in quotes.
                    return [
                        RESPValue.scalar(.verbatimString, Array(field.name.utf8)),
                        value.paired(by: field.pattern, within: pattern),
                    ]
                })
        case .named(_, let inner):
            guard let pairs = namedPairs(inner), !pairs.isEmpty else { return self }
            return .map(
                pairs.flatMap { name, value in
                    // A score is text in RESP2.
                    [name, value.kind == .double ? .bulk(value.byteString) : value.paired(by: inner, within: braces)]
                })
        }
    }

    /// True if the value has this form, checked only as far as needed to choose between alternatives.
    private func has(form pattern: ReplyPattern) -> Bool {
        switch pattern {
        case .plain, .again: true
        case .list(let inner): kind.isAggregate && kind != .map && elements.allSatisfy { $0.has(form: inner) }
        case .pairs: isListOfPairs
        case .values(let fields, let lastRepeats): kind == .array && count > 0 && (lastRepeats || count <= fields.count)
        case .named(_, let inner): namedPairs(inner) != nil
        case .either(let first, let second): has(form: first) || has(form: second)
        }
    }

    /// True for a map, and for an array of alternating names and values.
    private var isListOfPairs: Bool {
        if kind == .map { return true }
        guard kind == .array, count > 0, count.isMultiple(of: 2) else { return false }
        var isName = true
        return elements.allSatisfy { element in
            defer { isName.toggle() }
            return !isName || !element.kind.isAggregate
        }
    }

    /// The pairs of a map, of arrays of two, or of alternating names and values. If the values have a form of their
    /// own, none of them is a scalar: pairs with scalars are really a list.
    func namedPairs(_ form: ReplyPattern) -> [(name: RESPValue, value: RESPValue)]? {
        var pairs: [(name: RESPValue, value: RESPValue)] = []
        if kind == .map || isListOfPairs {
            pairs = self.pairs.map { ($0.key, $0.value) }
        } else {
            guard kind == .array else { return nil }
            for element in elements {
                guard let pair = element.elements(2) else { return nil }
                pairs.append((pair[0], pair[1]))
            }
        }
        return pairs.allSatisfy { name, value in
            !name.kind.isAggregate && (form == .plain || value.kind.isAggregate || value.kind == .null)
        } ? pairs : nil
    }

    /// All scalars in it, at any depth, if they make whole rows of `count`; nil for an empty array as well.
    func scalars(inRowsOf count: Int) -> [RESPValue]? {
        guard kind == .array || kind == .map else { return nil }
        var scalars: [RESPValue] = []
        func collect(_ value: RESPValue) {
            for element in value.elements {
                if element.kind.isAggregate { collect(element) } else { scalars.append(element) }
            }
        }
        collect(self)
        return scalars.isEmpty || !scalars.count.isMultiple(of: count) ? nil : scalars
    }

    /// The rows under the first value of each; the reply itself if its rows are apart already.
    fileprivate func named(inRowsOf count: Int) -> RESPValue {
        guard let scalars = scalars(inRowsOf: count) else { return self }
        if count == 2 { return .map(scalars) }
        guard !elements.contains(where: \.kind.isAggregate) else { return self }
        return .map(
            stride(from: 0, to: scalars.count, by: count).flatMap { start in
                [scalars[start], .array(Array(scalars[start + 1..<start + count]))]
            })
    }

    fileprivate var sortedByName: RESPValue {
        guard kind == .map else { return self }
        let sorted = pairs.sorted { $0.key.payload.lexicographicallyPrecedes($1.key.payload) }
        return .map(sorted.flatMap { [$0.key, $0.value] })
    }
}
