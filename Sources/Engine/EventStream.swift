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
        /// The node has left a shard channel whose slot has moved; its message, and what that means.
        case left(RESPValue, CommandFailure)
        /// A command was not carried out.
        case refused(CommandFailure)
        /// The connection ended; nothing more comes.
        case lost(CommandFailure)
    }

    private let engine: Engine
    private var link: Link
    /// The command that opened the stream.
    package let opening: Command
    /// True once the server has taken that command.
    package private(set) var isConfirmed = false
    /// What is subscribed to, by the kind of its command: `p` of PSUBSCRIBE, `s`, nothing.
    private var channels: [String: Set<ByteString>] = [:]
    /// Confirmations that are due for leaving channels.
    private var leaveCount = 0
    private var delivery: Delivery
    /// When the stream is opened again.
    private var resumeAt: Instant?

    package var node: NodeAddress { link.address }

    /// True when all channels were left.
    package private(set) var isOver = false

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
        if engine.row(for: Command(arguments))?.effect == .unsubscribe {
            let kind = arguments[0].text.lowercased().dropLast(Self.leaving.count)
            // Without any there is one confirmation all the same.
            leaveCount += arguments.count > 1 ? arguments.count - 1 : max(channels[String(kind)]?.count ?? 0, 1)
        }
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
            case .push(let value, _): return take(value)
            case .reply(let value, _, _):
                if !isConfirmed, follow(value) { continue }
                return take(value)
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

    private func take(_ value: RESPValue) -> Event {
        if isConfirmed, engine.map.topology != nil, let error = value.serverError,
            case .moved(let slot, let owner)? = Redirect(error, by: engine.announcer(node))
        {
            engine.map.patch(slot, to: owner)
            return .refused(.shardChannelElsewhere(node, owner: owner))
        }
        isConfirmed = isConfirmed || !value.isError
        let parts = Array(value.elements.prefix(4))
        let word = parts.count == 3 && parts[2].kind == .integer ? parts[0].text : ""
        if word.hasSuffix(Self.leaving) {
            channels[String(word.dropLast(Self.leaving.count))]?.remove(parts[1].byteString)
            let wasAsked = leaveCount > 0
            if wasAsked { leaveCount -= 1 }
            isOver = leaveCount == 0 && channels.values.allSatisfy(\.isEmpty)
            if !wasAsked {
                engine.map.isStale = true
                return .left(value, .shardChannelElsewhere(node, owner: nil))
            }
        } else if engine.row(for: opening)?.effect == .unsubscribe {
            // Who only leaves is sent nothing but confirmations, whatever they look like.
            leaveCount -= 1
            isOver = leaveCount <= 0
        } else if word.hasSuffix(Self.entering) {
            channels[String(word.dropLast(Self.entering.count)), default: []].insert(parts[1].byteString)
        }
        return .message(value)
    }

    private static let entering = "subscribe"
    private static let leaving = "unsubscribe"

    /// A shard channel may live elsewhere than the map says. False for what is the reply to the opening command.
    private func follow(_ value: RESPValue) -> Bool {
        guard let error = value.serverError, let redirect = engine.redirect(error, from: node) else {
            return false
        }
        let event = Delivery.Event.redirected(redirect, from: node, text: value.text)
        let (decision, note) = delivery.decide(event, &engine.map, at: .now, retryFor: engine.retryFor)
        if let note { engine.onNote(note) }
        engine.pool.trace?(.decided(event, decision))
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
