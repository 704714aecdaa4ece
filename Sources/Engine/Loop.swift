package import Clock
package import Transport

/// The one place that waits: for connections, for input and the keyboard, and for signals. So Ctrl-C is noticed here and
/// nowhere else.
package final class Loop {
    /// Where signals arrive; nil while they do what they do to any process.
    package var signals: SignalPipe?
    /// True when Ctrl-C ended the last command.
    package private(set) var hasBeenInterrupted = false
    /// Signals that came and were not taken yet.
    private var pending: Set<SignalPipe.Signal> = []

    /// Waits until a connection can go on, an input is ready, a signal comes or the time is up, and lets the connections
    /// go on.
    ///
    /// - Parameters:
    ///   - links: whose replies have been taken, so that nothing of theirs is left to be found.
    ///   - inputs: what else is waited for, such as the keyboard.
    ///   - reads: false for a connection whose replies shall wait at the server.
    /// - Returns: which of the inputs are ready.
    @discardableResult
    func turn(
        _ links: [Link], also inputs: [Poller.Interest] = [], until deadline: Instant = .never,
        reads: (Link) -> Bool = { _ in true }
    ) -> [Int] {
        var deadline = deadline
        // What is ready is found by its place: inputs first, then the signals, then the connections.
        var interests = inputs
        if let signals { interests.append(.init(descriptor: signals.descriptor)) }
        let first = interests.count
        var polled: [Link] = []
        for link in links {
            deadline = min(deadline, link.connectDeadline)
            guard let interest = link.interest(reads: reads(link)) else { continue }
            interests.append(interest)
            polled.append(link)
        }
        let ready = Poller.wait(interests, until: deadline)
        if ready.contains(where: { inputs.count..<first ~= $0 }) { takeSignals() }
        for place in ready where place >= first { polled[place - first].progress() }
        for link in links where link.connectDeadline.hasPassed { link.progress() }
        return ready.filter { $0 < inputs.count }
    }

    /// Waits for an input alone. True when it is ready.
    package func wait(for input: Poller.Interest, until deadline: Instant = .never) -> Bool {
        turn([], also: [input], until: deadline) == [0]
    }

    /// Sleeps for a time, or until Ctrl-C.
    package func sleep(until deadline: Instant) {
        while !deadline.hasPassed, !takeInterrupt() { turn([], until: deadline) }
    }

    // MARK: Signals

    private func takeSignals() {
        if let signals { pending.formUnion(signals.drain()) }
    }

    /// True when Ctrl-C was pressed and was not taken yet.
    package var isInterrupted: Bool {
        takeSignals()
        return pending.contains(.interrupt)
    }

    /// True when Ctrl-C was pressed since the last call.
    package func takeInterrupt() -> Bool {
        takeSignals()
        guard pending.remove(.interrupt) != nil else { return false }
        hasBeenInterrupted = true
        return true
    }

    /// True when the window has got another size since the last call.
    package func takeResize() -> Bool {
        takeSignals()
        return pending.remove(.resize) != nil
    }

    /// True when the program was suspended and went on, as far as ``takeInterrupt()`` has seen.
    func takeContinuation() -> Bool { pending.remove(.continuation) != nil }

    /// A command begins. A Ctrl-C that came before it and was not taken is meant for it, too.
    func begin() {
        hasBeenInterrupted = false
    }

    /// A Ctrl-C that came too late for the last command is not meant for the next.
    package func forgetInterrupt() {
        takeSignals()
        pending.remove(.interrupt)
        hasBeenInterrupted = false
    }
}
