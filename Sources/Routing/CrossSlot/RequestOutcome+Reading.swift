import Commands
import RESP

extension RequestOutcome {
    /// The reply, if it is no error.
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

    /// What a note says of a key that this came of; nil for a good reply.
    func failed(_ key: ByteString) -> Note.FailedKey? {
        switch self {
        case .reply(let value, _):
            value.isError ? Note.FailedKey(key: key, error: value.text, failure: nil) : nil
        case .failure(let failure): Note.FailedKey(key: key, error: nil, failure: failure)
        }
    }
}

extension CommandFailure {
    /// True when the command may have been carried out.
    var isUnclear: Bool {
        switch self {
        case .unknownOutcome, .protocolViolation: true
        default: false
        }
    }
}

extension RESPValue {
    /// Stands for the reply of a command that wrote a part of its keys, when no server's error does.
    static let incompleteWrite = RESPValue.error("ERR not all keys were written")
}
