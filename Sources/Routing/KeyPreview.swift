import Commands
package import RESP

/// What is known about a key, with some of its elements.
package struct KeyPreview: Equatable, Sendable {
    package static let usualCount = 10
    /// Bytes shown of a string, and of each element of the other types.
    static let shownBytes = 256
    /// Keys of up to this many bytes may have their elements read uncut when the server does not run scripts.
    private static let smallKey = 64 << 10
    /// How many bytes to count bits in: more would keep the server busy for too long.
    static let countedBytes = 1 << 20

    package let key: ByteString
    package let node: NodeAddress
    package let type: String
    package let encoding: String?
    /// Milliseconds; nil for a key without an expiry.
    package let timeToLive: Int?
    /// Bytes, as counted by MEMORY USAGE; nil where that is not allowed.
    package let memory: Int?
    /// How many elements to ask for; negative for the last ones.
    let wanted: Int
    /// Elements, or bytes of a string; nil for module types.
    package private(set) var length: Int?
    /// The first elements, or the last; for a string or a document, the start of it.
    package private(set) var elements: Excerpt?
    /// The server's error, if that is why there are no elements.
    package private(set) var refusal: String?
    /// What else is known about a key of its type, in the order shown.
    package private(set) var details: [Detail] = []
    /// Milliseconds until fields of a hash expire, by their index among the fields shown.
    package private(set) var fieldTimes: [Int: Int] = [:]
    /// What to ask next.
    private(set) var questions: [Question] = []

    package enum Detail: Equatable, Sendable {
        /// Distinct elements counted by a HyperLogLog.
        case distinct(Int)
        /// Bits that are set, and how many bytes they were counted in.
        case bits(set: Int, bytes: Int)
        /// The last ID that a stream has generated.
        case lastID(String)
        /// A consumer group of a stream.
        case group(name: String, consumers: Int, pending: Int, lag: Int?)
        /// Numbers in each vector.
        case dimensions(Int)
    }

    struct Question: Equatable, Sendable {
        enum Subject: Equatable {
            case length, elements, plainElements, distinct, bits, groups, stream, dimensions, fieldTimes
        }

        let subject: Subject
        let command: [ByteString]
    }

    /// - Parameter replies: the replies to TYPE, OBJECT ENCODING, PTTL and MEMORY USAGE.
    init(key: ByteString, node: NodeAddress, wanted: Int, _ replies: [RESPValue]) {
        func reply(_ index: Int) -> RESPValue? {
            index < replies.count && !replies[index].isError && replies[index].kind != .null ? replies[index] : nil
        }
        self.key = key
        self.node = node
        self.wanted = wanted
        type = reply(0)?.text ?? ""
        encoding = reply(1)?.text
        timeToLive = reply(2)?.integer.flatMap { $0 < 0 ? nil : $0 }
        memory = reply(3)?.integer
        questions = lacksEnd ? [] : firstQuestions
    }

    /// True for elements that alternate between names and values, or members and scores.
    package var isPaired: Bool { type == "hash" || type == "zset" }
    package var isStream: Bool { type == "stream" }

    /// True when the key has more than is shown.
    package var isCut: Bool {
        switch elements {
        case .text(let text, let size): return text.count < size
        case .list(let elements):
            let count = isPaired ? elements.count / 2 : elements.count
            return length.map { $0 > count } ?? false
        case .other, nil: return false
        }
    }

    /// True for types whose elements have an order, and therefore last ones.
    private var isOrdered: Bool { ["list", "zset", "stream"].contains(type) }

    /// True when the elements are the last ones, so that those before them are missing.
    package var isEnd: Bool { wanted < 0 && isOrdered }

    /// True when the last elements are wanted of a type without an order, so nothing was asked.
    package var lacksEnd: Bool { wanted < 0 && !isOrdered }

    // MARK: Replies

    /// - Parameter replies: the replies to ``questions``.
    mutating func take(_ replies: [RESPValue]) {
        let asked = questions
        questions = []
        for (question, reply) in zip(asked, replies) { take(reply, to: question.subject) }
    }

    private mutating func take(_ reply: RESPValue, to subject: Question.Subject) {
        switch subject {
        case .length: length = reply.isError ? nil : reply.integer
        case .elements where reply.isError:
            if let elementCommand, let memory, memory <= Self.smallKey {
                questions.append(Question(subject: .plainElements, command: elementCommand))
            } else {
                refusal = reply.text
            }
        case .elements: takeElements(Excerpt(cut: reply))
        case .plainElements where reply.isError: refusal = reply.text
        case .plainElements where type == "string":
            let text = reply.byteString
            elements = .text(text, size: length ?? text.count)
        case .plainElements: takeElements(Excerpt(whole: reply))
        case .bits:
            guard let set = reply.amount, case .text(let text, _) = elements, !text.isText else { return }
            details.append(.bits(set: set, bytes: min(length ?? text.count, Self.countedBytes)))
        case .distinct:
            guard let count = reply.amount else { return }
            details = [.distinct(count)]
        case .groups: takeGroups(Excerpt(cut: reply))
        case .stream:
            let parts = Excerpt(cut: reply).elements
            guard let place = parts.firstIndex(where: { $0.wholeText == "last-generated-id" }), place + 1 < parts.count,
                let id = parts[place + 1].wholeText
            else { return }
            details.insert(.lastID(id.text), at: 0)
        case .dimensions: if let number = reply.amount { details.append(.dimensions(number)) }
        case .fieldTimes:
            for (place, time) in reply.elements.enumerated() {
                if let time = time.integer, time >= 0 { fieldTimes[place] = time }
            }
        }
    }

    private mutating func takeElements(_ excerpt: Excerpt) {
        var found = excerpt
        // The elements of a scan come after its cursor.
        if type == "set" || type == "hash" { found = excerpt.elements.last ?? excerpt }
        guard case .list(var list) = found else {
            // A document; its length is that of its text.
            elements = found
            return
        }
        // RESP3 returns each member and score of ZRANGE as a pair.
        if type == "zset" { list = list.flatMap { $0.elements.isEmpty ? [$0] : $0.elements } }
        if isStream, wanted < 0 { list.reverse() }
        list = Array(list.prefix(isPaired ? 2 * count : count))
        elements = .list(list)
        guard type == "hash" else { return }
        // Servers without field expiry answer with an error.
        let fields = stride(from: 0, to: list.count, by: 2).map { list[$0].wholeText }
        let known = fields.compactMap { $0 }
        guard !known.isEmpty, known.count == fields.count else { return }
        questions.append(
            Question(subject: .fieldTimes, command: ["HPTTL", key, "FIELDS", ByteString("\(known.count)")] + known))
    }

    private mutating func takeGroups(_ reply: Excerpt) {
        for group in reply.elements {
            var fields: [String: Excerpt] = [:]
            var parts = group.elements.makeIterator()
            while let name = parts.next(), let value = parts.next() { fields[name.wholeText?.text ?? ""] = value }
            func number(_ name: String) -> Int? {
                if case .other(let value) = fields[name] { value.amount } else { nil }
            }
            guard case .text(let name, _) = fields["name"] else { continue }
            details.append(
                .group(
                    name: name.text, consumers: number("consumers") ?? 0, pending: number("pending") ?? 0,
                    lag: number("lag")))
        }
    }
}

extension ByteString {
    /// True for UTF-8 without control characters.
    fileprivate var isText: Bool {
        guard let text = String(validating: bytes, as: UTF8.self) else { return false }
        return text.unicodeScalars.allSatisfy {
            $0.value >= 0x20 || $0.value == 0x0a || $0.value == 0x09 || $0.value == 0x0d
        }
    }
}
