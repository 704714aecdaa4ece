import Routing

/// Why there is no password to authenticate with, and what to do about it.
extension CommandFailure.PasswordFault {
    var text: String {
        switch self {
        case .unreadable(let path, let reason): "Cannot read the password from \(path.quotedPath): \(reason)"
        case .empty(isFile: true): "No password: the first line of the file of --pass-file is empty"
        case .empty(isFile: false): "No password: the first line that --pass-command printed is empty"
        case .commandFailed(let status): "No password: --pass-command ended with status \(status)"
        case .commandTimedOut(let seconds): "No password: --pass-command did not finish within \(seconds) s"
        }
    }

    var remedy: String {
        switch self {
        case .unreadable, .empty(isFile: true): "The password is the first line of that file."
        case .empty(isFile: false), .commandFailed, .commandTimedOut:
            "The password is the first line of its output; what it printed on stderr is shown above."
        }
    }
}
