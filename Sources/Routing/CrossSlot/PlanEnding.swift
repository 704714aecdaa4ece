import RESP

/// What ends a plan before its work is done.
enum PlanEnding: Error {
    /// An error reply, which is the server's answer to the whole command.
    case error(RESPValue)
    case failure(CommandFailure)

    var step: PlanStep {
        switch self {
        case .error(let value): .finish(Reply(value))
        case .failure(let failure): .fail(failure)
        }
    }
}

extension Note.Failed {
    init(_ subject: Subject, _ ending: PlanEnding) {
        switch ending {
        case .error(let value): self.init(subject, error: value.text, failure: nil)
        case .failure(let failure): self.init(subject, error: nil, failure: failure)
        }
    }
}

extension [RequestOutcome] {
    /// The replies, when every request has one that is not an error.
    ///
    /// - Throws: the first error reply, since that is certain; otherwise the first failure.
    func replies() throws(PlanEnding) -> [RESPValue] {
        var replies: [RESPValue] = []
        replies.reserveCapacity(count)
        var failure: CommandFailure?
        for outcome in self {
            switch outcome {
            case .reply(let value, _):
                if value.isError { throw .error(value) }
                replies.append(value)
            case .failure(let next): failure = failure ?? next
            }
        }
        if let failure { throw .failure(failure) }
        return replies
    }
}
