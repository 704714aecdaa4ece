package import Commands

/// The minimum, maximum and average of the latencies measured so far, for `--latency`.
package struct LatencySummary: Sendable {
    private var minimum = Double.infinity
    private var maximum = 0.0
    private var total = 0.0
    private var count = 0
    /// Decimals of the minimum and maximum; redis-cli measures in whole milliseconds.
    private let decimals: Int

    package init(decimals: Int) {
        self.decimals = decimals
    }

    package mutating func add(milliseconds: Double) {
        minimum = min(minimum, milliseconds)
        maximum = max(maximum, milliseconds)
        total += milliseconds
        count += 1
    }

    /// One line, without its newline. With no samples it is all zeros.
    package func text(_ format: Format) -> String {
        let least = (count == 0 ? 0 : minimum).text(decimals: decimals)
        let greatest = maximum.text(decimals: decimals)
        let average = (count == 0 ? 0 : total / Double(count)).text(decimals: 2)
        return switch format {
        case .table, .terminal: "min: \(least), max: \(greatest), avg: \(average) (\(count) samples)"
        case .raw: "\(least) \(greatest) \(average) \(count)"
        case .csv: "\(least),\(greatest),\(average),\(count)"
        case .json, .quotedJSON:
            #"{"min": \#(least), "max": \#(greatest), "avg": \#(average), "count": \#(count)}"#
        }
    }
}
