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
        guard engine.signals == nil else { return .ok }
        guard case .ended(let status) = showMessages() else { return .ok }
        return status
    }

    /// Prints messages as they come, until the stream ends, Ctrl-C, or input on `descriptor`.
    func showMessages(watching descriptor: Int32? = nil, until deadline: Deadline = .never) -> StreamPause {
        while let stream {
            output.flush()
            switch stream.next(watching: descriptor, until: deadline) {
            case .message(let value):
                output.write { renderer.append(value, isText: false, to: &$0) }
                if endsSubscription(value) { self.stream = nil }
            case .inputReady: return .inputReady
            case .signals(let signals):
                guard signals.contains(.interrupt) else { continue }
                self.stream = nil
                return .interrupted
            case .silence: return .inputReady
            case .lost(let failure):
                self.stream = nil
                return .ended(fail(failure, of: Command(["SUBSCRIBE"]), at: nil))
            }
        }
        output.flush()
        return .ended(.ok)
    }

    /// While subscribed: what changes the subscription goes to its connection, the rest is refused in RESP2, where
    /// replies could not be told from messages, and runs as always in RESP3.
    func run(_ command: Command, row: CommandSpec?, on stream: EventStream, at place: SourceLine?) -> ExitStatus {
        switch row?.effect {
        case .subscribe, .unsubscribe:
            stream.send(command.arguments)
        case .reset:
            self.stream = nil
            output.write { renderer.append(.status("RESET"), isText: false, to: &$0) }
        default:
            guard engine.settings.protocolVersion == 3 else {
                return fail(.notWhileSubscribed(command: command.name.text), of: command, at: place)
            }
            self.stream = nil
            defer { self.stream = stream }
            return run(command, at: place)
        }
        return .ok
    }

    /// True for the confirmation that the last channel was left, and for an error in place of the first one.
    private func endsSubscription(_ value: RESPValue) -> Bool {
        if value.isError { return true }
        let parts = Array(value.elements)
        guard parts.count == 3, parts[2].kind == .integer, parts[2].integer == 0 else { return false }
        return ["unsubscribe", "punsubscribe", "sunsubscribe"].contains(parts[0].text)
    }
}
