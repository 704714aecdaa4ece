import Commands
import RESP

/// A block from MULTI to EXEC that is sent as one request, and what came of it. It takes a connection of the plan's own:
/// on the one that commands share, EXEC would end what the user watches, and a block that stays open would swallow them.
///
/// Source: Redis documentation, "Transactions".
enum TransactionBlock {
    enum Result {
        /// The replies to the commands between MULTI and EXEC.
        case carriedOut([RESPValue])
        /// Nothing was done: a watched key was changed or its connection lost, or a command met a redirect.
        case passedOver(reason: String)
    }

    /// - Parameter following: commands after EXEC.
    static func request(
        _ commands: [[ByteString]], following: [[ByteString]] = [], in slot: HashSlot, isReadonly: Bool,
        on lane: Int = 0
    ) -> Request {
        var request = Request(
            commands: [["MULTI"]] + commands + [["EXEC"]] + following, route: .slot(slot), isReadonly: isReadonly)
        request.connection = .own(lane)
        return request
    }

    /// The same on a connection that watches keys. Where the slot is on its way to this connection's node, only a client
    /// that says ASKING finds the keys there; elsewhere it means nothing.
    static func requestWhereWatched(
        _ commands: [[ByteString]], following: [[ByteString]] = [], in slot: HashSlot, isReadonly: Bool, on lane: Int
    ) -> Request {
        var request = Request(
            commands: [["ASKING"], ["MULTI"]] + commands + [["EXEC"]] + following, route: .slot(slot),
            isReadonly: isReadonly)
        request.connection = .same(lane)
        return request
    }

    /// - Parameters:
    ///   - outcome: of the request; its reply is the array of the replies to all commands of the block.
    ///   - count: of the commands between MULTI and EXEC.
    ///   - isReadonly: true when these change nothing.
    /// - Throws: the error for which nothing was done, or the failure.
    static func result(
        of outcome: RequestOutcome, count: Int, isReadonly: Bool = false
    ) throws(PlanEnding) -> Result {
        if case .transactionLost(_, let reason) = outcome.failure { return .passedOver(reason: reason) }
        let checked = outcome.expecting("EXEC", isReadonly: isReadonly) { reply in
            guard let last = Array(reply.elements).last else { return false }
            return last.kind == .null || last.isError || last.elements(count) != nil
        }
        let replies = Array(try [checked].replies()[0].elements)
        let errors = replies.filter(\.isError)
        if let redirect = errors.first(where: \.isRedirect) { return .passedOver(reason: redirect.text) }
        guard let last = replies.last, last.kind != .null else {
            return .passedOver(reason: "the keys changed meanwhile")
        }
        guard let error = last.serverError else { return .carriedOut(Array(last.elements)) }
        // EXEC only says that a command was not queued; why, that command's own reply says.
        guard errors.count == 1 else { throw .error(errors[0]) }
        let preface: StaticString = "Transaction discarded because of: "
        guard error.message.hasPrefix(preface) else { throw .error(last) }
        throw .error(.error(error.message.dropFirst(preface.utf8CodeUnitCount).text))
    }

    /// What came of the one command of a block: its reply, be it null because a watched key has changed, or its error.
    static func onlyOutcome(of outcome: RequestOutcome, isReadonly: Bool) -> RequestOutcome {
        guard case .reply(let value, let node) = outcome, !value.isError else { return outcome }
        let replies = Array(value.elements)
        // A command that is not queued has said why itself.
        if let error = replies.first(where: \.isError) { return .reply(error, from: node) }
        if let last = replies.last {
            if last.kind == .null { return .reply(last, from: node) }
            if let only = last.elements(1)?.first { return .reply(only, from: node) }
        }
        return .failure(.unexpectedReply(from: node, to: "EXEC", isReadonly: isReadonly))
    }
}

extension RESPValue {
    /// True for an error that sends the command elsewhere, or asks for patience.
    var isRedirect: Bool { serverError.flatMap { Redirect($0, askedHost: "") } != nil }
}
