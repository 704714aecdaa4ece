import Commands
import RESP

/// Reads the values that patterns of SORT lead to, a batch at a time: for each element that of each pattern.
struct SortLookup: Sendable {
    /// Values read at once.
    static let batch = 1000

    private let patterns: [SortOptions.Pattern]
    private let elements: [RESPValue]
    /// An array for each batch: its values together take less than the replies that they came in.
    private var batches: [RESPValue] = []

    init(_ patterns: [SortOptions.Pattern], of elements: [RESPValue]) {
        self.patterns = patterns
        self.elements = elements
    }

    /// In the order of elements and patterns; null for a key or field that is missing or of another type.
    var values: [RESPValue] { batches.flatMap(\.elements) }

    /// What is to be sent next; nil when everything has been read.
    mutating func next() -> [Request]? {
        while !nextElements.isEmpty {
            let requests = nextElements.flatMap { element in patterns.compactMap { Self.request($0, for: element) } }
            guard requests.isEmpty else { return requests }
            batches.append(.array(merged([])))
        }
        return nil
    }

    /// - Parameter outcomes: of the last requests.
    mutating func take(_ outcomes: [RequestOutcome]) throws(PlanEnding) {
        let isOfOtherType = { (outcome: RequestOutcome) in outcome.error?.serverError?.code == "WRONGTYPE" }
        // HGET's reply is a value, MGET's an array of one.
        let checked = outcomes.expecting("MGET", isReadonly: true) { reply in
            !(reply.elements(1)?.first ?? reply).kind.isAggregate
        }
        _ = try checked.filter { !isOfOtherType($0) }.replies()
        batches.append(.array(merged(checked.map { $0.value ?? .null })))
    }

    private var nextElements: ArraySlice<RESPValue> {
        let count = max(Self.batch / patterns.count, 1)
        return elements.dropFirst(batches.count * count).prefix(count)
    }

    /// Puts the values that were read between those that need no reading.
    private func merged(_ values: [RESPValue]) -> [RESPValue] {
        var values = values.makeIterator()
        return nextElements.flatMap { element in
            patterns.map { pattern in
                switch pattern {
                case .element: element
                case .none: .null
                case .key: values.next().flatMap { $0.elements(1)?.first ?? $0 } ?? .null
                }
            }
        }
    }

    /// One key a request, since several would have to wait while their slot moves.
    private static func request(_ pattern: SortOptions.Pattern, for element: RESPValue) -> Request? {
        guard case .key(let prefix, let suffix, let field) = pattern else { return nil }
        let key = ByteString(prefix.bytes + element.payload + suffix.bytes)
        // MGET gives null for a value of another type.
        let command: [ByteString] = field.map { ["HGET", key, $0] } ?? ["MGET", key]
        return Request(arguments: command, route: .slot(HashSlot(key: key)), isReadonly: true)
    }
}
