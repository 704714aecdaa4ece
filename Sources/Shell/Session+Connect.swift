import Commands
import Terminal
import Engine
import Presentation
import RESP
import Routing

extension Session {
    /// Finds out what the seeds lead to, for the shell, which reports it right away.
    func connect(at place: SourceLine? = nil) -> ExitStatus {
        do {
            try engine.connect()
            presenter.isConnected = true
            return .ok
        } catch {
            // A server that refuses only the database is there.
            if case .databaseRefused = error { presenter.isConnected = true } else { presenter.isConnected = false }
            presenter.note(error.message(in: dialect), at: place)
            return ExitStatus(error)
        }
    }

    /// Reports an open transaction, which ends with the connection to the server.
    func tellLeftTransaction() {
        guard dialect.hasOwnNotes, engine.transaction.isInBlock else { return }
        output.note(CommandFailure.transactionLeft(queued: engine.queue.queued.count))
    }

    /// Reports the user at the server that `connect` led to, unless it is the default user as before.
    ///
    /// - Parameters:
    ///   - old: the user until then; nil for the one that a connection starts with.
    ///   - server: the server of that user.
    func tellUser(after old: SessionState.Credentials?, of server: String, at place: SourceLine?) {
        guard dialect.hasOwnNotes else { return }
        func name(_ user: ByteString?) -> String { user.map { "user \(Quoting.utf8.word($0))" } ?? "the default user" }
        if let user = engine.session.credentials?.user {
            if place == nil { presenter.note("Connected as \(name(user)).") }
        } else if let old, engine.session.credentials == nil {
            presenter.note(
                "Connected as \(name(nil)), without a password, because that of \(name(old.user)) was given for \(server). "
                    + "To log in, use AUTH.")
        }
    }
}
