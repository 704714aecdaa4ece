import Clock
import Terminal
import Commands
import Engine
import Presentation
import RESP
import Routing
import Transport

/// SUBSCRIBE and MONITOR.
extension Session {
    /// How a wait for messages ended.
    enum StreamPause {
        /// The other descriptor is ready: a line or a key.
        case inputReady
        /// What was asked for has been answered.
        case answered
        case interrupted
        /// The subscription is over.
        case ended(ExitStatus)
    }

    /// Begins a stream. A one-shot prints its messages until it ends; in the shell and in a file further lines are read.
    func openStream(_ command: Command, at place: SourceLine?) -> ExitStatus {
        var command = command
        let effect = engine.row(for: command)?.effect
        monitoring = nil
        if effect == .monitor, !dialect.hasRedisCLIWords {
            do {
                monitoring = Monitoring(try MonitorFilter(command.arguments.dropFirst()))
            } catch {
                return fail(.badValue(of: "MONITOR", value: error.word, wanted: error.wanted), at: place)
            }
            command = Command([command.name], target: command.target)
        }
        do {
            stream = try EventStream(engine, command)
        } catch {
            return fail(error, of: command, at: place)
        }
        // Leaving channels without a subscription is over at once.
        if presenter.isInteractive, effect != .unsubscribe { return .ok }
        if place != nil, monitoring?.isBounded != true { return showAnswers() }
        guard case .ended(let status) = showMessages() else { return .interrupted }
        return status
    }

    /// Prints messages as they come, until the stream ends, Ctrl-C, or input on `descriptor`.
    ///
    /// - Parameters:
    ///   - status: stands on the terminal while nothing comes.
    ///   - onlyAnswers: true for who waits only for what was asked for.
    func showMessages(
        watching descriptor: Int32? = nil, status: String? = nil, onlyAnswers: Bool = false
    ) -> StreamPause {
        // Ctrl-C is to end the stream, with what there is to be said of it, and not the program.
        let signals = engine.loop.signals
        if signals == nil { engine.loop.signals = SignalPipe() }
        defer { engine.loop.signals = signals }
        while let stream {
            if onlyAnswers, !stream.owesReply { return .answered }
            var showsStatus = false
            let event = stream.next(watching: descriptor, until: monitoring?.end ?? .never) {
                output.flush()
                guard let status, !showsStatus else { return }
                output.noteBytes(Array("\(status)\r".utf8))
                showsStatus = true
            }
            if showsStatus { output.noteBytes(Array("\u{1b}[K".utf8)) }
            switch event {
            case .message(let value, _)
            where !stream.isConfirmed && engine.row(for: stream.opening)?.effect != .unsubscribe:
                self.stream = nil
                // A refusal: the first reply is an error.
                return .ended(presenter.show(Reply(value), of: stream.opening, row: nil, at: nil))
            case .message(let value, let node):
                if let value = monitoring.map({ $0.shown(value) }) ?? value {
                    presenter.show(message: value, from: node, amongMany: stream.hasManyNodes)
                }
                if stream.isOver || !output.isWritable { self.stream = nil }
                if monitoring?.isOver ?? false { endMonitoring() }
            case .timeUp: endMonitoring()
            case .left(let value, let failure):
                presenter.show(message: value)
                let status = fail(failure, of: stream.opening, at: nil)
                guard stream.isOver else { continue }
                self.stream = nil
                return .ended(status)
            case .refused(let failure): _ = fail(failure, of: stream.opening, at: nil)
            case .inputReady: return .inputReady
            case .interrupted:
                endMonitoring()
                return .interrupted
            case .lost(let failure):
                self.stream = nil
                return .ended(fail(failure, of: stream.opening, at: nil))
            }
        }
        output.flush()
        return .ended(.ok)
    }

    /// The end of a file, or of a word that ran one, is not that of a subscription: its messages are printed until it ends.
    func endStream(after status: ExitStatus) -> ExitStatus {
        guard stream != nil else { return status }
        switch showMessages() {
        case .ended(let end): return max(status, end)
        case .interrupted: return .interrupted
        case .answered, .inputReady: return status
        }
    }

    /// The end of a stream; of MONITOR perhaps with what was seen.
    private func endMonitoring() {
        stream = nil
        if let table = monitoring?.table { _ = show(table) }
        output.flush()
    }

    /// In a file: prints what answers the last command, and the messages in front of it.
    private func showAnswers() -> ExitStatus {
        switch showMessages(onlyAnswers: true) {
        case .answered, .inputReady: .ok
        case .interrupted: .interrupted
        case .ended(let status): status
        }
    }

    /// While subscribed: on a server alone, in RESP2, every command goes to the subscription's connection, where the
    /// server takes a few and refuses the rest; elsewhere, and beside MONITOR, what does not concern the subscription
    /// runs as always.
    func run(_ command: Command, row: CommandSpec?, on stream: EventStream, at place: SourceLine?) -> ExitStatus {
        switch row?.effect {
        case .reset:
            self.stream = nil
            return run(command, at: place)
        case .subscribe, .unsubscribe:
            stream.send(command.arguments)
        case _
        where engine.map.topology == nil && engine.session.protocolVersion == 2
            && engine.row(for: stream.opening)?.effect != .monitor:
            stream.send(command.arguments)
        default:
            self.stream = nil
            defer { self.stream = stream }
            return run(command, at: place)
        }
        return presenter.isInteractive ? .ok : showAnswers()
    }
}
