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
            let pattern = ReplyPattern(pattern, arguments)
            return mapped { $0.paired(by: pattern) }
        case .settings: return mapped { $0.paired(by: .pairs([:])).sortedByName }
        case .columns where shape.columns(arguments).count == 2:
            return mapped { value in value.scalars(inRowsOf: 2).map { .map($0) } ?? value }
        case .client: return objects(shape)
        case .plain, .sections, .fields, .clients, .clusterNodes, .slowLog, .columns, .positions: return self
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
    /// The names of the columns that the arguments ask for; none for another shape.
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
    /// The value with maps in place of the arrays that a pattern tells of. What is not of its form stays as it is.
    ///
    /// - Parameter braces: the innermost braces or parentheses around.
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
                    // The server has no such word, so it is not in quotes.
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

    /// True when this is what the pattern tells, as far as it tells one choice from the other.
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

    /// The pairs of a map, of arrays of two, and of names and values in turn. Where values have a form of their own, no
    /// value is a scalar: what looks like it is a list.
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

    /// All scalars in it, at any depth, where they are so many rows of so many; nil for an empty array too.
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

    fileprivate var sortedByName: RESPValue {
        guard kind == .map else { return self }
        let sorted = pairs.sorted { $0.key.payload.lexicographicallyPrecedes($1.key.payload) }
        return .map(sorted.flatMap { [$0.key, $0.value] })
    }
}
