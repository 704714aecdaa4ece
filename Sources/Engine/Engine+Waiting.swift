import Clock
import RESP
import Routing
import Transport

/// Waiting for connections. Plans, questions, tools, subscriptions and the prompt all wait here, each for the
/// connections it is concerned with; only `Pipeline`, which works on bytes rather than values, turns the loop itself.
extension Engine {
    /// What a caller that waits has to deal with.
    enum Event {
        case reply(RESPValue, ticket: Int, Link)
        /// Elements of a reply that is still arriving.
        case part(RESPValue, ticket: Int, Link)
        case push(RESPValue, Link)
        /// From a link that takes bytes.
        case bytes([UInt8])
        /// The link is no longer usable, and everything that arrived on it has been delivered.
        case ended(Link)
        /// The link has owed a reply for as long as it may.
        case silent(Link)
        /// What the lookout found: true for an answer, false when the node that it asked gives none.
        case looked(Bool)
        /// The input that is also being waited for is ready.
        case input
        /// The window has been resized.
        case resize
        /// The program was suspended and continues.
        case resumed
        /// The time is up, or it is time to look at the cluster.
        case deadline
        /// Ctrl-C.
        case interrupted
    }

    /// The next thing that happens. What has already arrived comes before the deadline, and the deadline before what is
    /// still to arrive.
    ///
    /// - Parameters:
    ///   - links: those whose commands are sent now. They may include links that owe no reply.
    ///   - input: something else to wait for, such as the keyboard.
    ///   - timeout: the seconds for which a link may owe a reply without a sign of life; nil for no limit.
    ///   - isLookingOut: true for a caller that deals with what the lookout finds: late replies wait until then.
    ///   - isAtPrompt: true for a caller that redraws the line being typed.
    func next(
        on links: [Link], or input: Poller.Interest? = nil, until deadline: Instant = .never, timeout: Double? = nil,
        isLookingOut: Bool = false, isAtPrompt: Bool = false
    ) -> Event {
        let inputs = input.map { [$0] } ?? []
        while true {
            for link in links where !isLookingOut || !lookout.holds(link) {
                link.flush()
                if let event = event(on: link) { return event }
            }
            let open = isLookingOut ? links.filter { !lookout.holds($0) } : links
            if isLookingOut, let hasAnswer = lookout.take() { return .looked(hasAnswer) }
            var end = isLookingOut ? min(deadline, lookout.due(for: links)) : deadline
            if end.hasPassed { return .deadline }
            if let timeout {
                for link in open {
                    guard let due = link.silentSince?.advanced(by: timeout) else { continue }
                    if due.hasPassed { return .silent(link) }
                    end = min(end, due)
                }
            }
            // A signal that arrived a moment ago, and was picked up while something else was being done, does not wake
            // the poll.
            if let event = signal(isAtPrompt: isAtPrompt) { return event }
            let ready =
                isLookingOut
                ? loop.turn(open + lookout.links, also: inputs, until: min(end, lookout.deadline))
                : loop.turn(open + pool.ahead, also: inputs, until: end)
            if let event = signal(isAtPrompt: isAtPrompt) { return event }
            if !ready.isEmpty { return .input }
        }
    }

    private func signal(isAtPrompt: Bool) -> Event? {
        if loop.takeInterrupt() { return .interrupted }
        if isAtPrompt, loop.takeResize() { return .resize }
        return loop.takeContinuation() ? .resumed : nil
    }

    /// The next thing that has arrived on a link; nil when there is nothing for now.
    func event(on link: Link) -> Event? {
        while let received = link.receive() {
            switch received {
            case .reply(let ticket, let value):
                if value.isError, value.serverError?.code == "NOAUTH" { link.authenticateAgain() }
                return .reply(value, ticket: ticket, link)
            case .part(let ticket, let value): return .part(value, ticket: ticket, link)
            case .push(let value): return .push(value, link)
            case .bytes(let bytes): return .bytes(bytes)
            case .note(let note): onNote(note)
            }
        }
        return link.isUsable ? nil : .ended(link)
    }
}
