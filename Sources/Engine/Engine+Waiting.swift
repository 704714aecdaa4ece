import Clock
import RESP
import Routing
import Transport

/// Waiting for connections. Plans, questions, tools, subscriptions and the prompt all wait here, each for the connections
/// that concern it; only `Pipeline`, which looks at bytes where these look at values, turns the loop itself.
extension Engine {
    /// What one who waits has to deal with.
    enum Event {
        case reply(RESPValue, ticket: Int, Link)
        /// Elements of a reply that is still coming.
        case part(RESPValue, ticket: Int, Link)
        case push(RESPValue, Link)
        /// Of a link that takes bytes.
        case bytes([UInt8])
        /// The link is of no more use, and all that had come on it has been handed over.
        case ended(Link)
        /// The link has owed a reply for as long as it may.
        case silent(Link)
        /// What the lookout found: true for an answer, false when the node that it asked gives none.
        case looked(Bool)
        /// The input that is waited for as well is ready.
        case input
        /// The window has got another size.
        case resize
        /// The program was suspended, and goes on.
        case resumed
        /// The time is up, or it is time to look at the cluster.
        case deadline
        /// Ctrl-C.
        case interrupted
    }

    /// The next thing that happens. What is there already comes before the end of the time, and that before what is still
    /// to come.
    ///
    /// - Parameters:
    ///   - links: whose commands go out now. A link without a reply due may be among them.
    ///   - input: what is waited for as well, such as the keyboard.
    ///   - timeout: the seconds for which a link may owe a reply without a sign of life; nil for any number.
    ///   - isLookingOut: true for who deals with what the lookout finds: late replies are left alone until then.
    ///   - isAtPrompt: true for who draws the line that is typed anew.
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
            // One that came a moment ago, and was found while something else was done, wakes nobody.
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

    /// The next thing that has come on a link; nil when there is nothing for now.
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
