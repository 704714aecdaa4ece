import Commands
package import RESP

/// Memory, lengths and types of the sampled keys, for `--keystats`.
package struct KeyStatisticsReport: Sendable {
    /// How progress is shown.
    package enum Progress: Sendable {
        case words
        case bar(isColored: Bool)
    }

    private typealias Biggest = (key: ByteString, size: Int)

    private struct Entry: Sendable {
        let type: String
        /// Nil for a module's type, whose elements no command counts.
        let unit: String?
        var count = 0
        var memory = 0
        var length = 0
        var biggest: Biggest?
        var longest: Biggest?
    }

    /// Upper bounds of the name length classes.
    private static let nameBounds = [1 << 5, 1 << 8, 1 << 16, 1 << 20, 1 << 24, 1 << 27, 1 << 29]
    private static let barWidth = 60

    private let limit: Int
    private let quoting: Quoting
    private var entries = KeyType.allCases.map { Entry(type: $0.rawValue, unit: $0.length.units) }
    private var top: [(key: ByteString, type: String, memory: Int)] = []
    private var memory = SizeDistribution()
    private var names = [Int](repeating: 0, count: nameBounds.count + 1)
    private var nameBytes = 0
    private var longestName = 0

    /// - Parameters:
    ///   - top: how many of the biggest keys are listed; 0 for all.
    ///   - quoting: how key names are written.
    package init(top: Int, quoting: Quoting) {
        limit = top == 0 ? .max : top
        self.quoting = quoting
    }

    /// The lines above the report, with newlines.
    package static let heading = """

        # Scanning the entire keyspace to find the biggest keys and distribution information.
        # Use -i 0.1 to sleep 0.1 sec per 100 SCAN commands (not usually needed).
        # Use --cursor <n> to start the scan at the cursor <n> (usually after a Ctrl-C).
        # Use --top <n> to display <n> top key sizes (default is 10).
        # Ctrl-C to stop the scan.


        """

    /// The lines below the report of a scan that was interrupted.
    package static func goOn(program: String, cursor: ByteString) -> String {
        "\nScan interrupted:\nUse '\(program) --keystats --cursor \(cursor.text)' to restart from the last cursor.\n"
    }

    /// Counts a key.
    ///
    /// - Parameters:
    ///   - memory: bytes.
    ///   - length: elements, or the bytes of a string; 0 for a module's type.
    package mutating func add(_ key: ByteString, type: String, memory size: Int, length: Int) {
        memory.add(size)
        nameBytes += key.count
        longestName = max(longestName, key.count)
        names[Self.nameBounds.firstIndex { key.count <= $0 } ?? Self.nameBounds.count] += 1
        if top.count < limit || size > top.last?.memory ?? 0 {
            top.insert((key, type, size), at: top.firstIndex { $0.memory < size } ?? top.endIndex)
            if top.count > limit { top.removeLast() }
        }
        let index =
            entries.firstIndex { $0.type == type }
            ?? {
                entries.append(Entry(type: type, unit: nil))
                return entries.count - 1
            }()
        entries[index].count += 1
        entries[index].memory = entries[index].memory.adding(size)
        entries[index].length = entries[index].length.adding(length)
        if size > entries[index].biggest?.size ?? 0 { entries[index].biggest = (key, size) }
        if length > entries[index].longest?.size ?? 0 { entries[index].longest = (key, length) }
    }

    // MARK: Output

    /// The part that can be shown while keys are still being counted, with newlines.
    ///
    /// - Parameter total: how many keys there are.
    package func overview(of total: Int, _ progress: Progress) -> String {
        var lines = [
            self.progress(of: total, progress), "Keys sampled: \(memory.count)",
            "Keys size:    \(memory.total.byteText)",
            "", limit == .max ? "--- All key sizes ---" : "--- Top \(limit) key sizes ---",
        ]
        for (index, entry) in top.enumerated() {
            lines.append(
                "\("\(index + 1)".aligned(to: 3)) \(entry.memory.byteText.aligned(to: 8)) "
                    + "\(entry.type.padded(to: 10)) \(quoting.text(entry.key))")
        }
        lines += ["", "--- Top size per type ---"]
        for entry in entries {
            guard let (key, size) = entry.biggest else { continue }
            lines.append("\(entry.type.padded(to: 10)) \(quoting.escaped(key)) is \(size.byteText)")
        }
        lines += ["", "--- Top length and cardinality per type ---"]
        for entry in entries {
            guard let (key, length) = entry.longest, let unit = entry.unit else { continue }
            lines.append("\(entry.type.padded(to: 10)) \(quoting.escaped(key)) has \(Self.amount(length, unit))")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func progress(of total: Int, _ progress: Progress) -> String {
        let part = total <= 0 ? 0 : min(1, Double(memory.count) / Double(total))
        let percent = "\((100 * part).text(decimals: 2).aligned(to: 6))% "
        switch progress {
        case .words: return percent + "keys scanned"
        case .bar(let isColored):
            let done = Int((part * Double(Self.barWidth)).rounded())
            let bars = (
                String(repeating: "|", count: done), String(repeating: "-", count: Self.barWidth - done)
            )
            return percent + (isColored ? "\u{1b}[32m\(bars.0)\u{1b}[31m\(bars.1)\u{1b}[39m" : bars.0 + bars.1)
        }
    }

    /// The tables at the end of the report, with newlines.
    package var distributions: String {
        "\n" + memory.table + "\n" + nameTable + "\n" + typeTable
    }

    private var nameTable: String {
        var text = "Key name length Percentile Total keys\n--------------- ---------- -----------\n"
        var count = 0
        for (index, entry) in names.enumerated() where entry > 0 {
            count += entry
            let bound = index < Self.nameBounds.count ? min(Self.nameBounds[index], longestName).byteText : "inf"
            text += Self.row(bound.aligned(to: 15), percent: 100 * Double(count) / Double(memory.count), count)
        }
        let average = memory.count == 0 ? "0" : (nameBytes / memory.count).byteText
        return text + "Total key length is \(nameBytes.byteText) (\(average) avg)\n"
    }

    private var typeTable: String {
        var text = "Type        Total keys  Keys % Tot size Avg size  Total length/card Avg ln/card\n"
        text += "--------- ------------ ------- -------- -------- ------------------ -----------\n"
        for entry in entries where entry.count > 0 {
            let average = Double(entry.length) / Double(entry.count)
            let share = 100 * Double(entry.count) / Double(memory.count)
            let cells = [
                "\(entry.count)".aligned(to: 11), "\(share.text(decimals: 2).aligned(to: 6))%",
                entry.memory.byteText.aligned(to: 8), (entry.memory / entry.count).byteText.aligned(to: 8),
                (entry.unit.map { Self.amount(entry.length, $0) } ?? " - ").aligned(to: 18),
                (entry.unit.map { $0 == "bytes" ? Int(nearest: average).byteText : average.text(decimals: 2) } ?? " - ")
                    .aligned(to: 11),
            ]
            text += "\(entry.type.padded(to: 10)) \(cells.joined(separator: " "))\n"
        }
        return text
    }

    private static func amount(_ number: Int, _ unit: String) -> String {
        unit == "bytes" ? number.byteText : "\(number) \(unit)"
    }

    fileprivate static func row(_ size: String, percent: Double, _ count: Int) -> String {
        "\(size) \(percent.text(decimals: 4).aligned(to: 9))% \("\(count)".aligned(to: 11))\n"
    }
}

/// How many keys have each size. Sizes of more than 15 bits are rounded up to 15 significant bits.
private struct SizeDistribution: Sendable {
    private static let significantBits = 15

    private var counts: [Int: Int] = [:]
    private(set) var count = 0
    private(set) var total = 0
    private var squares = 0.0

    mutating func add(_ size: Int) {
        count += 1
        total = total.adding(size)
        squares += Double(size) * Double(size)
        let spare = max(0, Int.bitWidth - size.leadingZeroBitCount - Self.significantBits)
        // For the largest sizes the shift overflows, and the subtraction wraps it back to `Int.max`.
        counts[((size >> spare) + 1) << spare &- 1, default: 0] += 1
    }

    /// A row for each of the percentiles 0, 50, 75, 87.5...: the size up to which that share of the keys falls.
    var table: String {
        var text = "Key size Percentile Total keys\n-------- ---------- -----------\n"
        var below = 0
        var percentile = 0.0
        for (size, number) in counts.sorted(by: { $0.key < $1.key }) {
            below += number
            let reached = 100 * Double(below) / Double(count)
            guard percentile <= reached else { continue }
            text += KeyStatisticsReport.row(
                size.byteText.aligned(to: 8), percent: below == count ? 100 : percentile, below)
            while percentile <= reached, below < count { percentile += (100 - percentile) / 2 }
        }
        let mean = count == 0 ? 0 : Double(total) / Double(count)
        let variance = count == 0 ? 0 : max(0, squares / Double(count) - mean * mean)
        text += "Note: 0.01% size precision, Mean: \(Int(nearest: mean.rounded(.down)).byteText), "
        return text + "StdDeviation: \(Int(nearest: variance.squareRoot().rounded(.down)).byteText)\n"
    }
}
