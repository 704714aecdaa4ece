import Commands
import RESP

/// Reads the values that SORT patterns lead to, in batches: for each element, the value of each pattern.
struct SortLookup: Sendable {
    /// How many values are read at once: strings slot by slot, hash fields with a command for each.
    private static let batch = (strings: 200_000, fields: 10_000)

    private let patterns: [SortOptions.Pattern]
    private var rest: ArraySlice<RESPValue>
    private var batch: Batch?
    /// In the order of elements and patterns; null for a key or field that is missing or of another type.
    private(set) var values: [RESPValue] = []

    init(_ patterns: [SortOptions.Pattern], of elements: [RESPValue]) {
        self.patterns = patterns
        rest = elements[...]
    }

    /// What to send next; nil when everything has been read.
    mutating func next() -> [Request]? {
        let hasFields = patterns.contains { if case .key(_, _, .some) = $0 { true } else { false } }
        let count = max((hasFields ? Self.batch.fields : Self.batch.strings) / patterns.count, 1)
        while true {
            let present = batch ?? Batch(patterns, of: rest.prefix(count))
            guard present.requests.isEmpty else {
                batch = present
                return present.requests
            }
            if present.values.isEmpty { return nil }
            let isOnly = values.isEmpty && rest.count <= count
            // Copied, the values of many batches take less memory than the replies that they came in.
            values += isOnly ? present.values : Array(RESPValue.array(present.values).elements)
            rest = rest.dropFirst(count)
            batch = nil
        }
    }

    /// - Parameter outcomes: the outcomes of the last requests.
    mutating func take(_ outcomes: [RequestOutcome]) throws(PlanEnding) {
        try batch?.take(outcomes)
    }
}

extension SortLookup {
    /// Some elements, and the values that the patterns lead to.
    fileprivate struct Batch {
        private(set) var values: [RESPValue] = []
        private(set) var requests: [Request] = []
        /// An MGET of all strings, and the places of their values.
        private var strings: SlotParts
        private var stringPlaces: [Int] = []
        private var fieldPlaces: [Int] = []

        init(_ patterns: [SortOptions.Pattern], of elements: ArraySlice<RESPValue>) {
            values = [RESPValue](repeating: .null, count: elements.count * patterns.count)
            var words: [ByteString] = ["MGET"]
            var fields: [Request] = []
            for (offset, pattern) in patterns.enumerated() {
                let places = stride(from: offset, to: values.count, by: patterns.count)
                switch pattern {
                case .none: break
                case .element: for (place, element) in zip(places, elements) { values[place] = element }
                case .key(let prefix, let suffix, let field):
                    let keys = elements.map { element in
                        var name: [UInt8] = []
                        name.reserveCapacity(prefix.count + element.count + suffix.count)
                        name += prefix.bytes
                        name += element.payload
                        name += suffix.bytes
                        return ByteString(name)
                    }
                    if let field {
                        fieldPlaces += places
                        fields += keys.map { key in
                            let words = ["HGET", key, field]
                            return Request(arguments: words, route: .slot(HashSlot(key: key)), isReadonly: true)
                        }
                    } else {
                        stringPlaces += places
                        words += keys
                    }
                }
            }
            let request = Request(arguments: words, route: .home, isReadonly: true)
            strings = SlotParts(request, keys: Array(words.indices.dropFirst()))
            requests = strings.requests + fields
        }

        /// - Parameter outcomes: the outcomes of ``requests``, which then holds what is left to send.
        mutating func take(_ outcomes: [RequestOutcome]) throws(PlanEnding) {
            let count = strings.groups.count
            try takeFields(Array(outcomes.dropFirst(count)))
            strings.take(Array(outcomes.prefix(count))) { $0.isFlatList && $0.count == $1.keys.count }
            let replies = try strings.done.map(\.outcome).replies()
            requests = strings.requests
            guard requests.isEmpty else { return }
            for ((group, _), reply) in zip(strings.done, replies) {
                for (key, value) in zip(group.keys, reply.elements) { values[stringPlaces[key - 1]] = value }
            }
        }

        private mutating func takeFields(_ outcomes: [RequestOutcome]) throws(PlanEnding) {
            let checked = outcomes.expecting("HGET", isReadonly: true) { !$0.kind.isAggregate }
            _ = try checked.filter { $0.error?.serverError?.code != "WRONGTYPE" }.replies()
            for (place, outcome) in zip(fieldPlaces, checked) { values[place] = outcome.value ?? .null }
            fieldPlaces = []
        }
    }
}
