import Commands
package import RESP

/// What `:peek` finds out about a key: everything that does not depend on its type in one round trip, the rest in a
/// second one. Only reads.
package struct PeekPlan: Sendable {
    package let key: ByteString
    private static let questions = 4
    private var preview: KeyPreview?
    /// What was found; nil before the end, and for a key that is not there.
    package private(set) var result: KeyPreview?

    package init(_ key: ByteString) {
        self.key = key
    }

    package mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        let count = preview == nil ? Self.questions : 2
        let outcome = outcomes.first?.expecting("TYPE", isReadonly: true) { reply in
            guard let replies = reply.elements(count) else { return false }
            return preview != nil || replies[0].isError || replies[0].string != nil
        }
        switch outcome {
        case nil:
            return send([["TYPE", key], ["OBJECT", "ENCODING", key], ["PTTL", key], ["MEMORY", "USAGE", key]])
        case .failure(let failure): return .fail(failure)
        case .reply(let value, let node):
            let replies = Array(value.elements)
            if var preview {
                preview.take(replies)
                result = preview
                return .finish(Reply(.ok))
            }
            guard let type = replies.first, !type.isError else { return .finish(Reply(replies.first ?? .null)) }
            guard type.text != "none" else { return .finish(Reply(.null)) }
            let found = KeyPreview(key: key, node: node, replies)
            preview = found
            guard let questions = found.questions else {
                result = found
                return .finish(Reply(.ok))
            }
            return send(questions)
        }
    }

    private func send(_ commands: [[ByteString]]) -> PlanStep {
        .send([Request(commands: commands, route: .slot(HashSlot(key: key)), isReadonly: true)])
    }
}

/// A key seen from outside, with the first of its elements.
package struct KeyPreview: Equatable, Sendable {
    package let key: ByteString
    package let node: NodeAddress
    package let type: String
    package let encoding: String?
    /// Milliseconds; nil for a key that does not expire.
    package let timeToLive: Int?
    /// Bytes, as MEMORY USAGE counts them; nil where that is not allowed.
    package let memory: Int?
    /// Elements, or bytes of a string; nil for the types of modules.
    package private(set) var length: Int?
    /// The first elements: an array or a map, or the begin of a string.
    package private(set) var beginning: RESPValue?

    /// How many elements are shown.
    private static let shownElements = 10
    private static let shownBytes = 256

    /// - Parameter replies: to TYPE, OBJECT ENCODING, PTTL and MEMORY USAGE.
    init(key: ByteString, node: NodeAddress, _ replies: [RESPValue]) {
        func reply(_ index: Int) -> RESPValue? {
            index < replies.count && !replies[index].isError && replies[index].kind != .null ? replies[index] : nil
        }
        self.key = key
        self.node = node
        type = reply(0)?.text ?? ""
        encoding = reply(1)?.text
        timeToLive = reply(2)?.integer.flatMap { $0 < 0 ? nil : $0 }
        memory = reply(3)?.integer
    }

    /// The commands that tell how much there is and what comes first; nil for a type that only a module knows.
    var questions: [[ByteString]]? {
        let last = ByteString(String(Self.shownElements - 1))
        let count = ByteString(String(Self.shownElements))
        guard let type = KeyType(rawValue: type) else { return nil }
        let beginning: [ByteString] =
            switch type {
            case .string: ["GETRANGE", key, "0", ByteString(String(Self.shownBytes - 1))]
            case .list: ["LRANGE", key, "0", last]
            case .set: ["SSCAN", key, "0", "COUNT", count]
            case .zset: ["ZRANGE", key, "0", last, "WITHSCORES"]
            case .hash: ["HSCAN", key, "0", "COUNT", count]
            case .stream: ["XRANGE", key, "-", "+", "COUNT", count]
            }
        return [[type.length.command, key], beginning]
    }

    /// - Parameter replies: to ``questions``.
    mutating func take(_ replies: [RESPValue]) {
        guard replies.count == 2 else { return }
        length = replies[0].isError ? nil : replies[0].integer
        var value = replies[1]
        if type == "set" || type == "hash", !value.isError { value = Array(value.elements).last ?? value }
        // A small set or hash is scanned whole, whatever COUNT says.
        let isPaired = type == "hash" || type == "zset"
        if !value.isError, value.kind.isAggregate {
            // RESP3 has the members and scores of ZRANGE in pairs of their own.
            let elements = value.elements.flatMap { type == "zset" && $0.kind == .array ? Array($0.elements) : [$0] }
            let shown = Array(elements.prefix(isPaired ? 2 * Self.shownElements : Self.shownElements))
            value = isPaired ? .map(shown) : .array(shown)
        }
        beginning = value
    }

    /// True when there is more than ``beginning`` shows.
    package var isCut: Bool {
        guard let length, let beginning else { return false }
        return length > (beginning.kind == .map ? beginning.count / 2 : beginning.count)
    }
}
