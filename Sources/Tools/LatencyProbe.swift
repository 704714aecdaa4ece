import Commands
import Terminal
import Options
import Clock
import Engine
import Glibc
import Presentation
import RESP
import Transport

/// `--latency`, `--latency-history`, `--latency-dist`: how long a PING takes, a hundred times a second.
struct LatencyProbe {
    let session: any ToolSession
    let node: DirectConnection

    private static let pause = 0.01
    /// Returns to the start of the line and wipes it.
    private static let rewriting = "\u{1b}[0G\u{1b}[2K"
    /// Lines of the spectrum between two legends.
    private static let linesPerLegend = 20

    func run(_ view: Tool.LatencyView) throws(DirectConnection.Failure) {
        switch view {
        case .spectrum(let isMonochrome): try showSpectrum(isMonochrome ? .gray : .colored)
        case .summary, .history: try showSummary(isHistory: view == .history)
        }
    }

    /// Milliseconds.
    private func measure() throws(DirectConnection.Failure) -> Double {
        let start = Instant.now
        _ = try node.reply(to: ["PING"])
        return start.secondsAgo * 1000
    }

    private func interval(default seconds: Double) -> Double {
        session.configuration.interval > 0 ? session.configuration.interval : seconds
    }

    /// On a terminal, one line that is rewritten with each sample; elsewhere, one line at the end of the interval,
    /// after which only the history continues.
    private func showSummary(isHistory: Bool) throws(DirectConnection.Failure) {
        let isLive = session.style.format.isPretty
        let interval = interval(default: isHistory && isLive ? 15 : 1)
        while session.output.isWritable {
            var summary = LatencySummary(decimals: session.configuration.dialect.latencyDecimals)
            let start = Instant.now
            while start.secondsAgo < interval || isLive && !isHistory {
                summary.add(milliseconds: try measure())
                if isLive {
                    // A line of several rows could not be rewritten.
                    let columns = Terminal.size(of: STDOUT_FILENO)?.columns ?? .max
                    session.output.write(Self.rewriting + summary.text(.terminal).prefix(columns - 1))
                    session.output.flush()
                }
                Poller.sleep(seconds: Self.pause)
            }
            let range = " -- \(start.secondsAgo.text(decimals: 2)) seconds range"
            let text = summary.text(session.style.format)
            session.output.write(isLive ? "\(Self.rewriting)\(text)\(range)\n" : "\(text)\n")
            session.output.flush()
            if !isHistory { return }
        }
    }

    private func showSpectrum(_ palette: LatencySpectrum.Palette) throws(DirectConnection.Failure) {
        let interval = interval(default: 1)
        var lines = 0
        while session.output.isWritable {
            if lines % Self.linesPerLegend == 0 { session.output.write(palette.legend) }
            var spectrum = LatencySpectrum(palette)
            let start = Instant.now
            repeat {
                spectrum.add(milliseconds: try measure())
                Poller.sleep(seconds: Self.pause)
            } while start.secondsAgo < interval
            session.output.write(spectrum.text)
            session.output.flush()
            lines += 1
        }
    }
}
