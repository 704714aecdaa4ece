import Commands
package import RESP

/// The biggest key of each type and the average sizes, for `--bigkeys` and `--memkeys`.
package struct KeySizeReport: Sendable {
    private struct Entry: Sendable {
        let type: String
        let unit: String
        var count = 0
        var total = 0
        var biggest: (key: ByteString, size: Int)?
    }

    private var entries: [Entry]
    private let fixedUnit: String?
    private let quoting: Quoting
    private var keyBytes = 0
    private var sampled = 0

    /// - Parameters:
    ///   - countsBytes: true if sizes are bytes of memory, not elements.
    ///   - quoting: how key names are written.
    package init(countsBytes: Bool, quoting: Quoting) {
        let fixedUnit = countsBytes ? "bytes" : nil
        self.fixedUnit = fixedUnit
        self.quoting = quoting
        entries = KeyType.allCases.map { Entry(type: $0.rawValue, unit: fixedUnit ?? $0.length.units) }
    }

    /// The lines above the report, with newlines.
    package static func heading(_ what: String) -> String {
        """

        # Scanning the entire keyspace to find \(what) keys as well as
        # average sizes per key type.  You can use -i 0.1 to sleep 0.1 sec
        # per 100 SCAN commands (not usually needed).


        """
    }

    /// Counts a key.
    ///
    /// - Parameters:
    ///   - size: elements or bytes; 0 for a module's type, whose elements cannot be counted.
    ///   - progress: the fraction of the keys that was sampled before this one, from 0 to 1.
    /// - Returns: the line, with its newline, for a key that is the biggest of its type so far.
    package mutating func add(_ key: ByteString, type: String, size: Int, progress: Double) -> String? {
        sampled += 1
        keyBytes += key.count
        let index =
            entries.firstIndex { $0.type == type }
            ?? {
                entries.append(Entry(type: type, unit: fixedUnit ?? "?"))
                return entries.count - 1
            }()
        entries[index].count += 1
        entries[index].total = entries[index].total.adding(size)
        guard size > entries[index].biggest?.size ?? 0 else { return nil }
        entries[index].biggest = (key, size)
        return "\(Self.percent(progress)) Biggest \(type.padded(to: 6)) found so far"
            + " '\(quoting.text(key))' with \(size) \(entries[index].unit)\n"
    }

    /// The report, with newlines.
    package var summary: String {
        var text = "\n-------- summary -------\n\n\(Self.sampled(sampled))Total key length in bytes is \(keyBytes)"
        text += " (avg len \(Self.ratio(keyBytes, sampled).text(decimals: 2)))\n\n"
        for entry in entries {
            guard let (key, size) = entry.biggest else { continue }
            text += "Biggest \(entry.type.aligned(to: 6)) found '\(quoting.text(key))' has \(size) \(entry.unit)\n"
        }
        text += "\n"
        for entry in entries {
            let share = (100 * Self.ratio(entry.count, sampled)).text(decimals: 2)
            text += "\(entry.count) \(entry.type)s with \(entry.total) \(entry.unit)"
            text += " (\(share.count < 5 ? "0\(share)" : share)% of keys,"
            text += " avg size \(Self.ratio(entry.total, entry.count).text(decimals: 2)))\n"
        }
        return text
    }

    static func sampled(_ count: Int) -> String { "Sampled \(count) keys in the keyspace!\n" }

    /// `[07.50%]`
    static func percent(_ part: Double) -> String {
        let text = (100 * part).text(decimals: 2)
        return "[\(text.count < 5 ? "0" : "")\(text)%]"
    }

    private static func ratio(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}
