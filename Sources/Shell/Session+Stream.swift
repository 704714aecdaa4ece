import Terminal
import Commands
import Engine
import Presentation
import RESP
import Routing
import Transport

/// SUBSCRIBE and MONITOR, on one node.
extension Session {
    /// How a wait for messages ended.
    enum StreamPause {
        /// The other descriptor is ready: a line or a key.
        case inputReady
        case interrupted
        /// The subscription is over.
        case ended(ExitStatus)
    }

    /// Begins a stream. Outside of the shell its messages are printed until it ends.
    func openStream(_ command: Command, at place: SourceLine?) -> ExitStatus {
        do {
            let stream = try EventStream(engine, command)
            self.stream = stream
            let masters = engine.map.topology?.masters.count ?? 1
            if masters > 1, command.target == nil, Self.happensAtEachNode(command, engine.row(for: command)) {
                presenter.show(.heardFromOne(stream.node, masters: masters))
            }
        } catch {
            return fail(error, of: command, at: place)
        }
        // Leaving channels without a subscription is over at once.
        guard !presenter.isInteractive || engine.row(for: command)?.effect == .unsubscribe else { return .ok }
        guard case .ended(let status) = showMessages() else { return .interrupted }
        return status
    }

    /// Prints messages as they come, until the stream ends, Ctrl-C, or input on `descriptor`.
    ///
    /// - Parameter status: stands on the terminal while nothing comes.
    func showMessages(watching descriptor: Int32? = nil, status: String? = nil) -> StreamPause {
        while let stream {
            output.flush()
            if let status { output.noteBytes(Array("\(status)\r".utf8)) }
            let event = stream.next(watching: descriptor)
            if status != nil { output.noteBytes(Array("\u{1b}[K".utf8)) }
            switch event {
            case .message(let value) where !stream.isConfirmed:
                self.stream = nil
                // A refusal: the first reply is an error.
                return .ended(presenter.show(Reply(value), of: stream.opening, row: nil, at: nil))
            case .message(let value):
                presenter.show(message: value)
                if stream.isOver || !output.isWritable { self.stream = nil }
            case .left(let value, let failure):
                presenter.show(message: value)
                let status = fail(failure, of: stream.opening, at: nil)
                guard stream.isOver else { continue }
                self.stream = nil
                return .ended(status)
            case .refused(let failure): _ = fail(failure, of: stream.opening, at: nil)
            case .inputReady: return .inputReady
            case .interrupted:
                self.stream = nil
                return .interrupted
            case .lost(let failure):
                self.stream = nil
                return .ended(fail(failure, of: stream.opening, at: nil))
            }
        }
        output.flush()
        return .ended(.ok)
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
        return .ok
    }

    /// True for MONITOR, and for events of the key space, which no node tells another.
    private static func happensAtEachNode(_ command: Command, _ row: CommandSpec?) -> Bool {
        row?.effect == .monitor || command.arguments.dropFirst().contains { $0.hasPrefix("__key") }
    }
}
