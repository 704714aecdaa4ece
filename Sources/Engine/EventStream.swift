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
    private var connection: Link
    /// The command that opened the stream.
    package let opening: Command
    /// True once the server has taken that command.
    package private(set) var isConfirmed = false
    private var delivery: Delivery
    /// When the stream is opened again.
    private var resumeAt: Instant?

    package var node: NodeAddress { connection.address }

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
        connection = engine.pool.makeLink(to: delivery.depart(by: engine.map))
        send(command.arguments)
    }

    deinit {
        connection.close()
    }

    /// Sends a command on the stream; its reply comes as a message.
    package func send(_ arguments: [ByteString]) {
        connection.send(arguments, ticket: 0)
        connection.flush()
    }

    /// Waits for the next event.
    ///
    /// - Parameter descriptor: another descriptor to watch, such as the keyboard's.
    package func next(watching descriptor: Int32? = nil) -> Event {
        while true {
            while let received = connection.receive() {
                switch received {
                case .note(let note): engine.onNote(note)
                case .push(let value):
                    isConfirmed = true
                    return .message(value)
                case .reply(_, let value):
                    if !isConfirmed, follow(value) { continue }
                    isConfirmed = isConfirmed || !value.isError
                    return .message(value)
                }
            }
            if let resumeAt, resumeAt.hasPassed {
                if engine.map.isStale { engine.refreshTopology() }
                reopen()
            }
            if !connection.isUsable, resumeAt == nil {
                engine.map.isStale = true
                return .lost(connection.endOfReplies())
            }
            let inputs = descriptor.map { [Poller.Interest(descriptor: $0)] } ?? []
            let ready = engine.loop.turn([connection], also: inputs, until: resumeAt ?? .never)
            if engine.loop.takeInterrupt() { return .interrupted }
            if !ready.isEmpty { return .inputReady }
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
            connection.close()
            resumeAt = end
        case .send(isAsking: true), .reply, .confirm, .fail: return false
        }
        return true
    }

    private func reopen() {
        resumeAt = nil
        connection.close()
        connection = engine.pool.makeLink(to: delivery.depart(by: engine.map))
        send(opening.arguments)
    }
}
