import Commands
import RESP

/// A block from MULTI to EXEC, and its result. This is a plan's only way to send one, and it never uses the connection
/// that commands share. What MULTI is to protect waits until the server has accepted it, which takes one more round
/// trip. Source: Redis documentation, "Transactions".
struct TransactionBlock: Sendable {
    /// What is sent before MULTI on the same connection.
    let preparation: [[ByteString]]
    let words: [[ByteString]]
    let connection: ConnectionUse

    /// - Parameters:
    ///   - preparation: commands before MULTI.
    ///   - following: commands after EXEC.
    ///   - lane: the number of the plan's own connection.
    init(
        _ commands: [[ByteString]], after preparation: [[ByteString]] = [], following: [[ByteString]] = [],
        on lane: Int = 0
    ) {
        self.init(preparation, commands, [["EXEC"]] + following, .own(lane))
    }

    /// The same on a connection that watches keys. If the slot is migrating to this connection's node, only a client
    /// that says ASKING finds the keys there; otherwise ASKING means nothing.
    init(_ commands: [[ByteString]], following: [[ByteString]] = [], whereWatched lane: Int) {
        self.init([["ASKING"]], commands, [["EXEC"]] + following, .same(lane))
    }

    /// A block left open until ``exec(on:in:)``: the server has checked that each command may be run, and has run none.
    init(open commands: [[ByteString]], after preparation: [[ByteString]], on lane: Int) {
        self.init(preparation, commands, [], .own(lane))
    }

    private init(
        _ preparation: [[ByteString]], _ commands: [[ByteString]], _ end: [[ByteString]], _ connection: ConnectionUse
    ) {
        self.preparation = preparation
        words = preparation + [["MULTI"]] + commands + end
        self.connection = connection
    }

    /// Executes the block that was left open.
    static func exec(on lane: Int, in slot: HashSlot) -> Request {
        Request(arguments: ["EXEC"], route: .slot(slot), isReadonly: false, on: .same(lane))
    }

    // MARK: Result

    enum Result {
        /// The replies to the commands between MULTI and EXEC, and to those after it.
        case carriedOut([RESPValue], following: [RESPValue])
        /// Nothing was executed: a watched key changed or its connection was lost, or a command met a redirect.
        case passedOver(reason: String)
    }

    /// - Parameters:
    ///   - outcome: the request's outcome; its reply is the array of the replies to all commands of the block.
    ///   - count: how many commands there are between MULTI and EXEC.
    ///   - following: how many come after EXEC.
    ///   - isReadonly: true when the commands change nothing.
    /// - Throws: the error that kept the block from being executed, or the failure.
    static func result(
        of outcome: RequestOutcome, count: Int, following: Int = 0, isReadonly: Bool = false
    ) throws(PlanEnding) -> Result {
        if case .transactionLost(_, let reason, _) = outcome.failure { return .passedOver(reason: reason) }
        func exec(_ replies: [RESPValue]) -> RESPValue? { replies.dropLast(following).last }
        let checked = outcome.expecting("EXEC", isReadonly: isReadonly) { reply in
            guard let exec = exec(Array(reply.elements)) else { return false }
            return exec.kind == .null || exec.isError || exec.elements(count) != nil
        }
        let replies = Array(try [checked].replies()[0].elements)
        let errors = replies.dropLast(following).filter(\.isError)
        if let redirect = errors.first(where: \.isRedirect) { return .passedOver(reason: redirect.text) }
        guard let last = exec(replies), last.kind != .null else {
            return .passedOver(reason: "other clients changed the keys meanwhile")
        }
        guard let error = last.serverError else {
            return .carriedOut(Array(last.elements), following: replies.suffix(following))
        }
        // EXEC only says that a command was not queued; that command's own reply says why.
        guard errors.count == 1 else { throw .error(errors[0]) }
        let cause = error.causeOfAbort
        throw .error(cause == error ? last : .error(cause.text))
    }

    /// The same for the single reply to ``exec(on:in:)``.
    static func result(ofExec outcome: RequestOutcome, count: Int) throws(PlanEnding) -> Result {
        guard case .reply(let value, _) = outcome else { return try result(of: outcome, count: count) }
        return try result(of: outcome.with(.array([value])), count: count)
    }

    /// The outcome of a block's only command: its reply, which is null if a watched key has changed, or its error.
    static func onlyOutcome(of outcome: RequestOutcome, isReadonly: Bool) -> RequestOutcome {
        guard case .reply(let value, let node) = outcome, !value.isError else { return outcome }
        let replies = Array(value.elements)
        // A command that was not queued has said why itself.
        if let error = replies.first(where: \.isError) { return .reply(error, from: node) }
        if let last = replies.last {
            if last.kind == .null { return .reply(last, from: node) }
            if let only = last.elements(1)?.first { return .reply(only, from: node) }
        }
        return .failure(.unexpectedReply(from: node, to: "EXEC", isReadonly: isReadonly))
    }
}

extension RESPValue {
    /// True for an error that redirects the command or asks the client to wait.
    var isRedirect: Bool { serverError.flatMap { Redirect($0, by: .nobody) } != nil }
}

extension CommandFailure {
    /// For a plan that has started over often enough.
    ///
    /// - Parameter reason: why nothing was executed the last time.
    static func gaveUp(because reason: String) -> CommandFailure {
        switch Redirect(ServerError(ByteString(reason).bytes), by: .nobody) {
        case .unavailable, .demoted: .retriesExhausted(nil, last: reason)
        case .moved, .ask, .tryAgain, .unauthenticated, nil: .contested(last: reason)
        }
    }
}
