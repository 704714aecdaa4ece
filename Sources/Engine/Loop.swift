package import Clock
package import Transport

/// The one place that waits: for connections, for input and the keyboard, and for signals. So Ctrl-C is noticed here
/// and nowhere else.
package final class Loop {
    /// Where signals arrive; nil while they have their default effect.
    package var signals: SignalPipe?
    /// Called before each wait, which may be long: lets out what has been printed so far.
    package var willWait: () -> Void = {}
    /// True when Ctrl-C ended the last command.
    package private(set) var hasBeenInterrupted = false
    /// Signals that have arrived but have not been taken yet.
    private var pending: Set<SignalPipe.Signal> = []

    /// Waits until a connection can make progress, an input is ready, a signal arrives or the time is up, and advances
    /// the connections.
    ///
    /// - Parameters:
    ///   - links: those whose replies have been taken, so that nothing of theirs is left to find.
    ///   - inputs: what else to wait for, such as the keyboard.
    ///   - reads: false for a connection whose replies are to wait at the server.
    /// - Returns: which of the inputs are ready.
    @discardableResult
    func turn(
        _ links: [Link], also inputs: [Poller.Interest] = [], until deadline: Instant = .never,
        reads: (Link) -> Bool = { _ in true }
    ) -> [Int] {
        willWait()
        var deadline = deadline
        // What is ready is identified by its place: inputs first, then the signals, then the connections.
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

    /// Waits for an input only. True when it is ready.
    package func wait(for input: Poller.Interest, until deadline: Instant = .never) -> Bool {
        turn([], also: [input], until: deadline) == [0]
    }

    /// Sleeps until an instant, or until Ctrl-C.
    package func sleep(until deadline: Instant) {
        while !deadline.hasPassed, !takeInterrupt() { turn([], until: deadline) }
    }

    // MARK: Signals

    private func takeSignals() {
        if let signals { pending.formUnion(signals.drain()) }
    }

    /// True when Ctrl-C was pressed and has not been taken yet.
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

    /// True when the window was resized since the last call.
    package func takeResize() -> Bool {
        takeSignals()
        return pending.remove(.resize) != nil
    }

    /// True when the program was suspended and has continued, as of the last ``takeInterrupt()``.
    func takeContinuation() -> Bool { pending.remove(.continuation) != nil }

    /// A command begins. A Ctrl-C that came before it and was not taken applies to it too.
    func begin() {
        hasBeenInterrupted = false
    }

    /// A Ctrl-C that came too late for the last command does not apply to the next.
    package func forgetInterrupt() {
        takeSignals()
        pending.remove(.interrupt)
        hasBeenInterrupted = false
    }
}
