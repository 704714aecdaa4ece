package import Commands
package import Routing

/// The exit status of a one-shot command or a file of commands. For a file, it is the highest one of its lines.
package enum ExitStatus: Int32, Comparable, Sendable {
    case ok = 0
    /// A server's error reply, or a refused command.
    case error = 1
    case usage = 2
    case noConnection = 3
    /// Some of the nodes failed, or it is not known whether a command was executed.
    case partial = 4
    case interrupted = 130

    package static func < (left: ExitStatus, right: ExitStatus) -> Bool { left.rawValue < right.rawValue }

    /// - Parameter ignoresErrors: `--ignore-errors`: a server's error reply does not count; a node that did not reply
    ///   does.
    package init(_ reply: Reply, ignoresErrors: Bool) {
        let isAnswered = !reply.notes.contains { note in
            guard case .coverage(_, _, let failed) = note else { return false }
            return failed.contains { $0.failure != nil }
        }
        switch reply.outcome {
        case .succeeded: self = .ok
        case _ where ignoresErrors && isAnswered: self = .ok
        case .failed: self = .error
        case .partial: self = .partial
        }
    }

    package init(_ failure: CommandFailure) { self = failure.verdict.status }

    /// The program's exit status.
    package func number(in dialect: Dialect) -> Int32 {
        switch self {
        case .usage, .noConnection, .partial: dialect.hasOneErrorStatus ? Self.error.rawValue : rawValue
        case .ok, .error, .interrupted: rawValue
        }
    }
}
