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
            stream = try EventStream(engine, command)
        } catch {
            return fail(error, of: command, at: place)
        }
        guard !presenter.isInteractive else { return .ok }
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
                if Self.endsSubscription(value) || !output.isWritable { self.stream = nil }
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

    /// While subscribed: in RESP2 every command goes to the subscription's connection, where the server takes a few and
    /// refuses the rest; in RESP3, and beside MONITOR, what does not concern the subscription runs as always.
    func run(_ command: Command, row: CommandSpec?, on stream: EventStream, at place: SourceLine?) -> ExitStatus {
        switch row?.effect {
        case .reset:
            self.stream = nil
            presenter.show(message: .status("RESET"))
        case .subscribe, .unsubscribe:
            stream.send(command.arguments)
        case _ where engine.session.protocolVersion == 2 && engine.row(for: stream.opening)?.effect != .monitor:
            stream.send(command.arguments)
        default:
            self.stream = nil
            defer { self.stream = stream }
            return run(command, at: place)
        }
        return .ok
    }

    /// True for the confirmation that the last channel was left.
    private static func endsSubscription(_ value: RESPValue) -> Bool {
        let parts = Array(value.elements)
        guard parts.count == 3, parts[2].kind == .integer, parts[2].integer == 0 else { return false }
        // Named as the command that it confirms.
        return CommandTable.row(for: [parts[0].byteString])?.effect == .unsubscribe
    }
}
