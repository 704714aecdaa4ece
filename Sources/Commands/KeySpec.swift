package import RESP

/// Where keys are among a command's arguments. Indexes count the command word as 0, as the server's do.
/// Source: Redis documentation, "Command key specifications".
package enum KeySpec: Sendable {
    /// Arguments from `first` to `last`, every `step`. A negative `last` counts from the end: -1 is the last argument.
    case range(first: Int, last: Int, step: Int = 1)
    /// The argument at `at` says how many keys follow from `first` on, every `step`.
    case counted(at: Int, first: Int, step: Int = 1)
    /// The destination of GEORADIUS: after the last STORE or STOREDIST, which are searched for from index `from` on.
    case geoStore(from: Int)
    /// The first half of the arguments after `STREAMS`; the other half are IDs.
    case streams
    /// The destination of SORT: after the last STORE, a word that may also be the argument of another option.
    case sortStore
    /// The keys of MIGRATE: all arguments after KEYS if the third argument is empty, else that argument.
    case migrate

    /// Appends the indexes of this specification's keys, or nothing when the arguments do not fit: the server will say
    /// so.
    func append(in arguments: [ByteString], to indexes: inout [Int]) {
        switch self {
        case .range(let first, let last, let step):
            let end = Self.end(of: last, argumentCount: arguments.count)
            guard first <= end else { return }
            indexes += stride(from: first, through: end, by: step)
        case .counted(let at, let first, let step):
            guard at < arguments.count, let count = arguments[at].integer, count > 0,
                count <= (arguments.count - first + step - 1) / step
            else { return }
            indexes += stride(from: first, to: first + count * step, by: step)
        case .geoStore(let from): Self.appendGeoDestination(from: from, in: arguments, to: &indexes)
        case .streams:
            // XREADGROUP starts with GROUP and two names, either of which may be the word STREAMS.
            let from = arguments.count > 1 && arguments[1].matches("GROUP") ? 4 : 1
            guard let index = arguments.dropFirst(from).firstIndex(where: { $0.matches("STREAMS") }) else { return }
            indexes += (index + 1)..<(index + 1 + (arguments.count - index - 1) / 2)
        case .sortStore: Self.appendSortDestination(in: arguments, to: &indexes)
        case .migrate: Self.appendMigratedKeys(in: arguments, to: &indexes)
        }
    }

    /// The index that a `last` refers to.
    static func end(of last: Int, argumentCount: Int) -> Int {
        last < 0 ? argumentCount + last : min(last, argumentCount - 1)
    }

    private static func appendSortDestination(in arguments: [ByteString], to indexes: inout [Int]) {
        var destination: Int?
        var index = 2
        while index < arguments.count {
            switch arguments[index] {
            case let word where word.matches("STORE"):
                if index + 1 < arguments.count { destination = index + 1 }
                index += 2
            case let word where word.matches("LIMIT"): index += 3
            case let word where word.matches("GET") || word.matches("BY"): index += 2
            default: index += 1
            }
        }
        if let destination { indexes.append(destination) }
    }

    private static func appendGeoDestination(from: Int, in arguments: [ByteString], to indexes: inout [Int]) {
        var destination: Int?
        var index = from
        while index + 1 < arguments.count {
            let isStore = arguments[index].matches("STORE") || arguments[index].matches("STOREDIST")
            if isStore { destination = index + 1 }
            index += isStore ? 2 : 1
        }
        if let destination { indexes.append(destination) }
    }

    private static func appendMigratedKeys(in arguments: [ByteString], to indexes: inout [Int]) {
        guard arguments.count > 3 else { return }
        var index = 6
        while arguments[3].isEmpty, index < arguments.count {
            switch arguments[index] {
            case let word where word.matches("KEYS"):
                indexes += (index + 1)..<arguments.count
                return
            // A password may be the word KEYS.
            case let word where word.matches("AUTH"): index += 2
            case let word where word.matches("AUTH2"): index += 3
            default: index += 1
            }
        }
        indexes.append(3)
    }
}

/// All the places of a command's keys: two at most.
package struct KeySpecs: Sendable {
    let first: KeySpec?
    let second: KeySpec?

    package init(_ first: KeySpec? = nil, _ second: KeySpec? = nil) {
        self.first = first
        self.second = second
    }

    package static let none = KeySpecs()
    /// The argument after the command word.
    package static let first = KeySpecs(.range(first: 1, last: 1))
    package static let firstTwo = KeySpecs(.range(first: 1, last: 2))
    /// Every argument.
    package static let all = KeySpecs(.range(first: 1, last: -1))
    /// The argument after a two-word command.
    package static let second = KeySpecs(.range(first: 2, last: 2))
    /// All but the last argument, which is a timeout.
    package static let allButLast = KeySpecs(.range(first: 1, last: -2))
    /// All arguments after the first: of BITOP, or of a two-word command.
    package static let allFromSecond = KeySpecs(.range(first: 2, last: -1))
    /// Keys and values, alternating.
    package static let everyOther = KeySpecs(.range(first: 1, last: -1, step: 2))
    /// Keys, each followed by two values.
    package static let everyThird = KeySpecs(.range(first: 1, last: -1, step: 3))
    /// A count, then keys and values, alternating.
    package static let countedPairs = KeySpecs(.counted(at: 1, first: 2, step: 2))
    /// A count and its keys after the command word.
    package static let counted = KeySpecs(.counted(at: 1, first: 2))
    /// One argument, a count, and its keys.
    package static let countedSecond = KeySpecs(.counted(at: 2, first: 3))
    /// A destination, a count, and its keys.
    package static let destinationAndCounted = KeySpecs(.range(first: 1, last: 1), .counted(at: 2, first: 3))

    package static let sort = KeySpecs(.range(first: 1, last: 1), .sortStore)
    package static let migrate = KeySpecs(.migrate)
    package static let streams = KeySpecs(.streams)

    /// One key, and the destination of the options STORE and STOREDIST.
    package static func georadius(from index: Int) -> KeySpecs {
        KeySpecs(.range(first: 1, last: 1), .geoStore(from: index))
    }

    package var isEmpty: Bool { first == nil }

    /// True when the last key lacks words that belong to it (the value in MSET).
    package func lackWords(in arguments: [ByteString]) -> Bool {
        indexes(in: arguments).last.map { $0 + step > arguments.count } ?? false
    }

    /// How many words each key takes, with what belongs to it: 2 if a value follows.
    package var step: Int {
        switch first {
        case .range(_, _, let step), .counted(_, _, let step): step
        case .geoStore, .streams, .sortStore, .migrate, nil: 1
        }
    }

    /// The indexes of the keys if they are one range, as for most commands; nil if they have to be searched for.
    package func onlyRange(argumentCount: Int) -> (first: Int, last: Int, step: Int)? {
        guard second == nil, case .range(let first, let last, let step) = self.first else { return nil }
        return (first, KeySpec.end(of: last, argumentCount: argumentCount), step)
    }

    /// True when a command may name more than one key.
    package var mayBeSeveral: Bool {
        guard second == nil else { return true }
        switch first {
        case .range(let first, let last, _): return last != first
        case .counted, .geoStore, .streams, .sortStore, .migrate: return true
        case nil: return false
        }
    }

    /// The indexes of the keys in `arguments`, in the order of the specifications.
    package func indexes(in arguments: [ByteString]) -> [Int] {
        var indexes: [Int] = []
        first?.append(in: arguments, to: &indexes)
        second?.append(in: arguments, to: &indexes)
        return indexes
    }
}
