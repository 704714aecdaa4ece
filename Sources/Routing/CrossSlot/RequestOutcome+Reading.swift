import Commands
import RESP

extension RequestOutcome {
    /// The reply, if it is not an error.
    var value: RESPValue? {
        guard case .reply(let value, _) = self, !value.isError else { return nil }
        return value
    }

    /// The reply, if it is an error.
    var error: RESPValue? {
        guard case .reply(let value, _) = self, value.isError else { return nil }
        return value
    }

    var failure: CommandFailure? {
        guard case .failure(let failure) = self else { return nil }
        return failure
    }

    /// This outcome, or a failure for a reply that is not an error and that the command does not return: what it means,
    /// and whether a write was executed, is unknown.
    ///
    /// - Parameters:
    ///   - command: the command that it is a reply to.
    ///   - isReadonly: true when nothing that was sent changes anything.
    func expecting(
        _ command: String, isReadonly: Bool, _ isExpected: (RESPValue) -> Bool
    ) -> RequestOutcome {
        guard case .reply(let value, let node) = self, !value.isError, !isExpected(value) else { return self }
        return .failure(.unexpectedReply(from: node, to: command, isReadonly: isReadonly))
    }

    /// The same with a reply from inside this one.
    func with(_ reply: RESPValue) -> RequestOutcome {
        guard case .reply(_, let node) = self else { return self }
        return .reply(reply, from: node)
    }

    /// The outcomes of a request's commands, one by one; only this outcome if there is a single command, or no reply.
    func parts(of request: Request) -> [RequestOutcome] {
        let count = request.commands.count
        guard count > 1, let replies = value?.elements(count) else { return [self] }
        return replies.map { with($0) }
    }

    /// What a note says about a key with this outcome; nil for a good reply.
    func failed(_ key: ByteString) -> Note.Failed<ByteString>? {
        value == nil ? Note.Failed(key, error: error?.text, failure: failure) : nil
    }
}

extension [RequestOutcome] {
    /// The same for each.
    func expecting(
        _ command: String, isReadonly: Bool, _ isExpected: (RESPValue) -> Bool
    ) -> [RequestOutcome] {
        map { $0.expecting(command, isReadonly: isReadonly, isExpected) }
    }
}

extension CommandFailure {
    /// For a reply that the command does not return.
    ///
    /// - Parameter isReadonly: true when nothing that was sent changes anything.
    static func unexpectedReply(from node: NodeAddress, to command: String, isReadonly: Bool) -> CommandFailure {
        isReadonly
            ? .unexpectedReply(node, command: command)
            : .unknownOutcome(node, reason: "unexpected reply to \(command)")
    }

    /// True when the command may have been executed.
    var isUnclear: Bool {
        switch self {
        case .unknownOutcome, .protocolViolation(_, _, isFirstReply: false): true
        default: false
        }
    }
}

extension RESPValue {
    /// The reply to a command that wrote only some of its keys, when no server's error says so.
    static let incompleteWrite = RESPValue.error("ERR not all keys were written")
}
