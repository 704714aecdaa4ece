import Commands
import RESP

/// The arguments of SORT and SORT_RO after the key, as the server reads them. Source: Redis documentation, "SORT".
struct SortOptions: Sendable {
    /// A pattern after BY or GET, in which the first `*` stands for an element.
    enum Pattern: Sendable {
        /// `#`: the element itself.
        case element
        /// No `*`: there is no such value.
        case none
        /// The string at a key, or a field of the hash there (`weight_*->field`).
        case key(prefix: ByteString, suffix: ByteString, field: ByteString?)

        init(_ pattern: ByteString) {
            // The server searches the pattern as a C string, which ends at its first NUL byte.
            let text = pattern.bytes.prefix { $0 != 0 }
            guard let star = text.firstIndex(of: UInt8(ascii: "*")) else {
                self = pattern == "#" ? .element : .none
                return
            }
            let arrow = text.indices.first { index in
                index > star && text[index...].starts(with: "->".utf8) && index + 2 < text.endIndex
            }
            self = .key(
                prefix: ByteString(pattern.bytes[..<star]),
                suffix: ByteString(pattern.bytes[(star + 1)..<(arrow ?? pattern.count)]),
                field: arrow.map { ByteString(pattern.bytes[($0 + 2)...]) })
        }
    }

    /// The last BY, if it has a `*`.
    private(set) var weight: Pattern?
    /// True when a BY has no `*`: the elements keep their own order.
    private(set) var isUnsorted = false
    private(set) var gets: [Pattern] = []
    private(set) var destination: ByteString?
    private(set) var isDescending = false
    private(set) var isAlphabetic = false
    /// Negative numbers mean from the first, and to the last.
    private(set) var limit = (start: 0, count: -1)
    /// The arguments without BY, GET and STORE, up to the first that the server will refuse.
    private(set) var others: [ByteString] = []
    private(set) var isWellFormed = true
    /// True for what a cluster's server refuses, since it would read keys that the command does not name.
    private(set) var hasPatterns = false

    /// - Parameter arguments: the command's arguments, including its word and its key.
    init(_ arguments: [ByteString], _ row: CommandSpec) {
        let canStore = row.flags.contains(.write)
        var words = arguments.dropFirst(2)
        while let word = words.first {
            let values = words.dropFirst()
            switch word {
            case _ where word.matches("ASC"): isDescending = false
            case _ where word.matches("DESC"): isDescending = true
            case _ where word.matches("ALPHA"): isAlphabetic = true
            case _ where word.matches("LIMIT") && values.count > 1:
                limit = (values[values.startIndex].integer ?? 0, values[values.startIndex + 1].integer ?? -1)
                others += words.prefix(3)
                words.removeFirst(3)
                continue
            case _ where word.matches("STORE") && canStore && !values.isEmpty:
                destination = values.first
                words.removeFirst(2)
                continue
            case _ where word.matches("BY") && !values.isEmpty:
                weight = values.first.map(Pattern.init)
                if case .key = weight { hasPatterns = true } else { (weight, isUnsorted) = (nil, true) }
                words.removeFirst(2)
                continue
            case _ where word.matches("GET") && !values.isEmpty:
                gets += values.prefix(1).map(Pattern.init)
                hasPatterns = true
                words.removeFirst(2)
                continue
            default:
                others.append(word)
                isWellFormed = false
                return
            }
            others.append(word)
            words.removeFirst()
        }
    }
}
