import Clock
package import Commands
package import RESP
package import Routing
import Transport

/// A connection of its own for SUBSCRIBE and MONITOR, where replies come without being asked for.
package final class EventStream {
    package enum Event {
        /// A confirmation, a message, a line of MONITOR, or the reply to a command sent on the stream.
        case message(RESPValue)
        /// The other descriptor that was watched is ready.
        case inputReady
        /// Ctrl-C.
        case interrupted
        /// The connection ended; nothing more comes.
        case lost(CommandFailure)
    }

    private let engine: Engine
    private var link: Link
    /// The command that opened the stream.
    package let opening: Command
    /// True once the server has taken that command.
    package private(set) var isConfirmed = false
    private var delivery: Delivery
    /// When the stream is opened again.
    private var resumeAt: Instant?

    package var node: NodeAddress { link.address }

    /// Opens the stream and sends its first command: to the target's node, to the owner of a shard channel's slot, else
    /// to the session's node.
    ///
    /// - Throws: ``CommandFailure`` when the router refuses the command or no node answers.
    package init(_ engine: Engine, _ command: Command) throws(CommandFailure) {
        self.engine = engine
        opening = command
        engine.ensureTopology()
        guard case .single(let plan) = try engine.plan(for: command) else {
            throw .streamNeedsNode(command: command.name.text)
        }
        var terms = Delivery.Terms(route: plan.request.route, isReadonly: true, isScript: false)
        terms.followsRedirects = engine.router.routesCommands
        delivery = Delivery(terms)
        link = engine.pool.makeLink(to: delivery.depart(by: engine.map))
        send(command.arguments)
    }

    deinit {
        link.close()
    }

    /// Sends a command on the stream; its reply comes as a message.
    package func send(_ arguments: [ByteString]) {
        link.send(arguments, ticket: 0)
        link.flush()
    }

    /// Waits for the next event.
    ///
    /// - Parameter descriptor: another descriptor to watch, such as the keyboard's.
    package func next(watching descriptor: Int32? = nil) -> Event {
        let input = descriptor.map { Poller.Interest(descriptor: $0) }
        while true {
            switch engine.next(on: resumeAt == nil ? [link] : [], or: input, until: resumeAt ?? .never) {
            case .push(let value, _):
                isConfirmed = true
                return .message(value)
            case .reply(let value, _, _):
                if !isConfirmed, follow(value) { continue }
                isConfirmed = isConfirmed || !value.isError
                return .message(value)
            case .ended:
                engine.map.isStale = true
                return .lost(link.endOfReplies())
            case .deadline:
                if engine.map.isStale { engine.refreshTopology() }
                reopen()
            case .input: return .inputReady
            case .interrupted: return .interrupted
            case .silent, .looked, .bytes, .resize: break
            }
        }
    }

    /// A shard channel may live elsewhere than the map says. False for what is the reply to the opening command.
    private func follow(_ value: RESPValue) -> Bool {
        guard let error = value.serverError, let redirect = Redirect(error, askedHost: node.host) else { return false }
        let event = Delivery.Event.redirected(redirect, from: node, text: value.text)
        let (decision, note) = delivery.decide(event, &engine.map, at: .now, retryFor: engine.retryFor)
        if let note { engine.onNote(note) }
        switch decision {
        case .send(isAsking: false): reopen()
        case .wait(let end):
            link.close()
            resumeAt = end
        case .send(isAsking: true), .reply, .confirm, .fail: return false
        }
        return true
    }

    private func reopen() {
        resumeAt = nil
        link.close()
        link = engine.pool.makeLink(to: delivery.depart(by: engine.map))
        send(opening.arguments)
    }
}
