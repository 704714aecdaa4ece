import Commands
import Options
import Terminal
import Clock
import Engine
import Glibc
import Presentation
import RESP
import Routing
import Transport

/// `--keystats`: memory, lengths and types of all keys of the node. Ctrl-C ends it early with what it has found.
extension KeyStatistics {
    private static let secondsPerView = 0.3

    func run(in session: any ToolSession, on node: DirectConnection) throws(DirectConnection.Failure) {
        let sampling = KeySampling(session: session, node: node)
        var report = KeyStatisticsReport(top: top, quoting: sampling.quoting)
        let total = try sampling.keyCount()
        session.output.write(KeyStatisticsReport.heading)
        session.output.flush()
        let progress: KeyStatisticsReport.Progress =
            session.style.format.isPretty ? .bar(isColored: session.style.palette != nil) : .words
        var nextView = Instant(seconds: Self.secondsPerView)
        let start = ByteString("\(cursor)")
        let next = try sampling.forEachPage(of: total, from: start) { (keys, _) throws(DirectConnection.Failure) in
            let types = try sampling.types(of: keys)
            let memory = try node.run(keys.map { KeySampling.memoryRequest($0, samples: samples) })
            let requests = zip(keys, types).map { KeySampling.lengthRequest($0, type: $1) }
            var lengths = try node.run(requests.compactMap { $0 }).makeIterator()
            for (index, key) in keys.enumerated() {
                // A key may have gone, or changed its type, since it was seen; then it does not count.
                let length = requests[index] == nil ? 0 : lengths.next()?.amount
                guard let length, let memory = memory[index].amount else { continue }
                report.add(key, type: types[index], memory: memory, length: length)
            }
            guard case .bar = progress, nextView.hasPassed, let size = Self.window else { return }
            nextView = Instant(seconds: Self.secondsPerView)
            show(report.overview(of: total, progress), size, session)
        }
        if case .bar = progress, Self.window != nil { session.output.write("\u{1b}[J") }
        session.output.write(report.overview(of: total, progress) + report.distributions)
        guard let next else { return }
        session.output.write(
            KeyStatisticsReport.goOn(program: session.configuration.programName, cursor: next))
        throw .command(.interrupted)
    }

    /// The window in which the report can be redrawn; nil without one.
    private static var window: (columns: Int, rows: Int)? {
        Terminal.isDumb ? nil : Terminal.size(of: STDOUT_FILENO)
    }

    /// Shows as much of a text as the window holds; the cursor returns to its start.
    private func show(_ text: String, _ size: (columns: Int, rows: Int), _ session: any ToolSession) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().prefix(size.rows - 1)
        // Only the bar may have colors, and it fits any window in which the rest is readable.
        for line in lines {
            session.output.write((line.contains("\u{1b}") ? line : line.prefix(size.columns)) + "\u{1b}[K\n")
        }
        session.output.write("\u{1b}[\(lines.count)A\r")
        session.output.flush()
    }
}
