import Commands
import Terminal
import Clock
import Presentation
import Transport

/// `--intrinsic-latency`: how long this machine keeps a busy process waiting, with no server involved.
struct IntrinsicLatency {
    let session: any ToolSession

    /// Ends early on Ctrl-C.
    func run(seconds: Int) {
        let signals = SignalPipe()
        let end = Instant(seconds: Double(seconds))
        let start = Instant.now
        var runs = 0
        var worst = 0.0
        var last = start
        while last < end {
            let before = last
            Self.work(runs)
            last = .now
            runs += 1
            let time = last.seconds(since: before)
            guard time > worst else { continue }
            worst = time
            session.output.write("Max latency so far: \(Int((time * 1e6).rounded())) microseconds.\n")
            session.output.flush()
            if signals.drain().contains(.interrupt) { break }
        }
        let average = start.secondsAgo / Double(max(1, runs))
        session.output.write(
            """

            \(runs) total runs (avg latency: \((average * 1e6).text(decimals: 4)) microseconds \
            / \((average * 1e9).text(decimals: 2)) nanoseconds per run).
            Worst run took \((worst / average).text(decimals: 0))x longer than the average latency.

            """)
    }

    /// A little arithmetic, so that a run is more than reading the clock.
    @inline(never)
    private static func work(_ seed: Int) {
        var hash = UInt64(truncatingIfNeeded: seed)
        for _ in 0..<16 { hash = hash &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
        withExtendedLifetime(hash) {}
    }
}
