import Clock
import Glibc
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
        /// The window was resized.
        case resized
        /// The program was resumed after it had been suspended.
        case resumed
        /// The subscription is over.
        case ended(ExitStatus)
    }

    /// Starts a stream. A one-shot prints its messages until it ends; the shell and files continue with the next line.
    func openStream(_ command: Command, at place: SourceLine?) -> ExitStatus {
        var command = command
        let effect = engine.row(for: command)?.effect
        monitoring = nil
        placeOfStream = place
        if effect == .monitor, !dialect.hasRedisCLIWords {
            do {
                monitoring = Monitoring(try MonitorFilter(command.arguments.dropFirst()))
            } catch {
                return fail(.badValue(of: error.name, value: error.word, wanted: error.wanted), at: place)
            }
            command = Command([command.name], target: command.target)
        }
        do {
            stream = try EventStream(engine, command)
            stream?.user = monitoring?.user
        } catch {
            return fail(error, of: command, at: place)
        }
        // Unsubscribing without a subscription is over at once.
        if presenter.isInteractive, effect != .unsubscribe { return .ok }
        if place != nil, monitoring?.isBounded != true { return showAnswers() }
        return endStream(after: .ok)
    }

    /// What the terminal shows while nothing arrives, in redis-cli's words; nil without a terminal.
    private var readingStatus: String? {
        guard style.format != .raw, Terminal.isOutput, output.descriptor == STDOUT_FILENO else { return nil }
        // In one row, with the last column left free.
        let texts = [
            "Reading messages... (press Ctrl-C to quit or any key to type command)", "Reading messages...", "...",
        ]
        let columns = presenter.window.columns
        return style.paint((texts.first { $0.count < columns } ?? "") + "\r", .hint)
    }

    /// Prints messages as they arrive, until the stream ends, Ctrl-C, or input on `descriptor`.
    ///
    /// - Parameters:
    ///   - onlyAnswers: true to wait only for replies to what was asked for.
    ///   - isAtPrompt: true while a line is being typed; messages appear above it.
    func showMessages(
        watching descriptor: Int32? = nil, onlyAnswers: Bool = false, isAtPrompt: Bool = false
    ) -> StreamPause {
        // Ctrl-C must end the stream, with its closing report, and not the program.
        let signals = engine.loop.signals
        if signals == nil { engine.loop.signals = SignalPipe() }
        defer {
            output.flush()
            engine.loop.signals = signals
        }
        let status = descriptor == nil || isAtPrompt ? nil : readingStatus
        while let stream {
            let event = stream.next(
                watching: descriptor, until: monitoring?.end ?? .never, isAtPrompt: isAtPrompt, onlyAnswers: onlyAnswers
            ) {
                if let status, !stream.owesReply { presenter.show(status: status) }
            }
            presenter.wipePassing()
            if let pause = take(event, of: stream) { return pause }
        }
        return .ended(.ok)
    }

    /// Shows what has arrived. Nil where more is to come.
    private func take(_ event: EventStream.Event, of stream: EventStream) -> StreamPause? {
        switch event {
        case .message(let value, _)
        where value.isError
            && (stream.isOver || !stream.isConfirmed && engine.row(for: stream.opening)?.effect != .unsubscribe):
            self.stream = nil
            return .ended(presenter.show(Reply(value), of: stream.opening, row: nil, at: placeOfStream))
        case .message(let value, let node):
            if let value = monitoring.map({ $0.shown(value) }) ?? value {
                presenter.show(message: value, from: node, amongMany: stream.hasManyNodes)
            }
            if stream.isOver { self.stream = nil }
            if monitoring?.isOver ?? false { endStream() }
        case .timeUp: endStream()
        case .left(let value, let failure):
            presenter.show(message: value)
            let status = show(failure, of: stream)
            guard stream.isOver else { return nil }
            self.stream = nil
            return .ended(status)
        case .refused(let failure): _ = show(failure, of: stream)
        case .answered: return .answered
        case .inputReady: return .inputReady
        case .resized: return .resized
        case .resumed: return .resumed
        case .interrupted:
            endStream()
            return .interrupted
        case .lost(let failure):
            endStream()
            return .ended(show(failure, of: stream))
        }
        guard !output.isWritable else { return nil }
        // The reader is gone, or Ctrl-C has ended the wait for it.
        self.stream = nil
        return engine.loop.takeInterrupt() ? .interrupted : nil
    }

    private func show(_ failure: CommandFailure, of stream: EventStream) -> ExitStatus {
        presenter.show(failure, of: stream.opening, at: placeOfStream)
    }

    /// Shows what the engine reports, a stream's with the line that has started it.
    func show(_ note: Note) {
        guard note.isAboutStream, let stream else { return presenter.show(note) }
        presenter.show(note) { [self] in presenter.tell($0, of: stream.opening, at: placeOfStream) }
    }

    /// Takes what a node sends that is not a reply: a message, where the subscription shares the connection.
    func take(push value: RESPValue, from node: NodeAddress) {
        guard let stream, stream.sharesConnection else {
            return presenter.showPush(value, from: node, isAwaited: stream != nil)
        }
        if let event = stream.take(push: value) { _ = take(event, of: stream) }
    }

    /// The end of a file, or of a word that ran one, does not end a subscription: its messages are printed until it
    /// ends.
    func endStream(after status: ExitStatus) -> ExitStatus {
        guard stream != nil else { return status }
        while true {
            switch showMessages() {
            case .ended(let end): return max(status, end)
            case .interrupted: return .interrupted
            case .answered, .inputReady, .resized, .resumed: continue
            }
        }
    }

    /// Ends the stream; MONITOR may report what was seen.
    func endStream() {
        if let count = stream?.untoldCount, count > 0 {
            show(.usersUntold(count: count, refusal: stream?.userRefusal))
        }
        stream = nil
        if let table = monitoring?.table { _ = show(table) }
    }

    /// In a file: prints the replies to the last command, and the messages before them.
    private func showAnswers() -> ExitStatus {
        while true {
            switch showMessages(onlyAnswers: true) {
            case .answered, .inputReady: return .ok
            case .interrupted: return .interrupted
            case .ended(let status): return status
            case .resized, .resumed: continue
            }
        }
    }

    /// While subscribed: on a standalone server in RESP2, every command goes to the subscription's connection, where
    /// the server accepts a few and refuses the rest. Elsewhere, what does not concern the subscription runs as usual.
    ///
    /// - Returns: nil for a command that runs as usual.
    func run(_ command: Command, row: CommandSpec?, on stream: EventStream, at place: SourceLine?) -> ExitStatus? {
        let effect = row?.effect
        let isAlone = engine.map.topology == nil && engine.session.protocolVersion == 2 && !stream.isMonitor
        switch effect {
        case .reset:
            self.stream = nil
            return nil
        case .subscribe where !engine.transaction.isInBlock, .unsubscribe where !engine.transaction.isInBlock: break
        default:
            guard isAlone else {
                // On a shared connection, the reply to a subscription must not be taken for that to the next command.
                let status = stream.sharesConnection ? showAnswers() : .ok
                return status == .ok ? nil : status
            }
        }
        stream.send(command.arguments)
        return presenter.isInteractive ? .ok : showAnswers()
    }
}
