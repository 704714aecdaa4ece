package import RESP

/// How many keys each database holds, from INFO lines such as `db0:keys=7,expires=0`.
package struct Keyspace: Equatable, Sendable {
    /// Keyed by database number; databases without keys are absent.
    package let keys: [Int: Int]

    /// Nil for a reply that is not text.
    package init?(info: RESPValue) {
        guard let text = info.string?.text else { return nil }
        keys = text.split(whereSeparator: \.isNewline).reduce(into: [:]) { keys, line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].hasPrefix("db"), let database = Int(parts[0].dropFirst(2)),
                parts[1].hasPrefix("keys="), let count = Int(parts[1].dropFirst(5).prefix { $0 != "," })
            else { return }
            keys[database] = max(0, count)
        }
    }

    /// The keys of all databases.
    package var total: Int { keys.values.sum }

    /// The databases that hold keys.
    package var databases: Set<Int> { Set(keys.keys) }

    /// The numbers of the databases, in words.
    static func text(of databases: Set<Int>) -> String {
        let numbers = databases.sorted().map(String.init)
        guard numbers.count > 1, let last = numbers.last else { return "database \(numbers.joined())" }
        return "databases \(numbers.dropLast().joined(separator: ", ")) and \(last)"
    }
}
