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
    /// - Throws: the first error reply, since that is certain; without one the first failure.
    func replies() throws(PlanEnding) -> [RESPValue] {
        if let error = lazy.compactMap(\.error).first { throw .error(error) }
        if let failure = lazy.compactMap(\.failure).first { throw .failure(failure) }
        return compactMap(\.value)
    }
}
