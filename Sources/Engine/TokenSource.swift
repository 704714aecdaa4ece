import Clock
import Glibc
package import RESP
import Routing
import Transport

/// Where the password of each new connection comes from when there is not one for the whole session: a file, or a
/// command that prints an expiring token.
package final class TokenSource {
    package enum Origin: Equatable, Sendable {
        /// Read again for each connection; what can be read only once, such as a pipe, is remembered.
        case file(ByteString)
        /// Run by `/bin/sh` when its last output is older than this many seconds, or was refused.
        case command(ByteString, longestAge: Double)
    }

    /// Seconds that the command may take.
    private static let longestRun = 30.0
    /// Seconds to wait for another token after one was refused: file and server are changed one after the other.
    private static let patience = 1.0
    /// Seconds between two attempts. A command is not run more often than it has to be: it may ask a service.
    private var pause: Double { origin.isFile ? 0.1 : Self.patience }

    private let origin: Origin
    private var last: (token: ByteString, at: Instant)?
    /// Why there was no token, until the next attempt.
    private var failed: (fault: CommandFailure.PasswordFault, until: Instant)?

    package init(_ origin: Origin) {
        self.origin = origin
    }

    /// The password for a connection.
    ///
    /// - Parameters:
    ///   - refused: the password that the server did not accept.
    ///   - loop: used to wait for the command.
    /// - Returns: nil when the refused one is still all there is.
    /// - Throws: `.noPassword`; `.interrupted` after Ctrl-C, which is left for whoever waits for the connection.
    func token(insteadOf refused: ByteString?, _ loop: Loop) throws(CommandFailure) -> ByteString? {
        if let last, last.token != refused, isFresh(last.at) { return last.token }
        let end = Instant(seconds: Self.patience)
        while true {
            let token = try read(loop)
            last = (token, .now)
            if token != refused { return token }
            guard !end.hasPassed, !loop.isInterrupted else { return nil }
            loop.turn([], until: Instant(seconds: pause))
        }
    }

    private func isFresh(_ instant: Instant) -> Bool {
        switch origin {
        case .file(let path): !FileDescriptor.isRegular(path)
        case .command(_, let age): instant.secondsAgo < age
        }
    }

    private func read(_ loop: Loop) throws(CommandFailure) -> ByteString {
        if let failed, !failed.until.hasPassed { throw .noPassword(failed.fault) }
        do throws(CommandFailure) {
            let text =
                switch origin {
                case .file(let path): try contents(of: path)
                case .command(let command, _): try output(of: command, loop)
                }
            // The first line, whatever its line ending.
            let line = text.prefix { $0 != UInt8(ascii: "\n") }
            let token = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            if token.isEmpty { throw .noPassword(.empty(isFile: origin.isFile)) }
            return ByteString(token)
        } catch {
            // Otherwise a load would run the command again for each of its lines.
            if case .noPassword(let fault) = error { failed = (fault, Instant(seconds: Self.patience)) }
            throw error
        }
    }

    private func contents(of path: ByteString) throws(CommandFailure) -> [UInt8] {
        let file = FileDescriptor(FileDescriptor.open(path, O_RDONLY))
        guard file.number >= 0 else { throw .noPassword(.unreadable(path, reason: String(errno: errno))) }
        var reader = LineReader(descriptor: file.number)
        let line = reader.next() ?? []
        if let failure = reader.failure { throw .noPassword(.unreadable(path, reason: String(errno: failure))) }
        return line
    }

    private func output(of command: ByteString, _ loop: Loop) throws(CommandFailure) -> [UInt8] {
        let deadline = Instant(seconds: Self.longestRun)
        guard let run = CommandOutput(command) else { throw .noPassword(.commandFailed(status: 127)) }
        while true {
            let status = run.progress()
            // Ctrl-C ends the command too.
            if status != 0, loop.isInterrupted { throw .interrupted }
            if let status {
                guard status == 0 else { throw .noPassword(.commandFailed(status: status)) }
                return run.bytes
            }
            if deadline.hasPassed { throw .noPassword(.commandTimedOut(seconds: Int(Self.longestRun))) }
            loop.turn([], also: run.interest.map { [$0] } ?? [], until: min(deadline, run.nextLook))
        }
    }
}

extension TokenSource.Origin {
    fileprivate var isFile: Bool {
        if case .file = self { true } else { false }
    }
}
