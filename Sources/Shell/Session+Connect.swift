import Commands
import Terminal
import Engine
import Presentation
import RESP
import Routing

extension Session {
    /// Finds out what is behind the seeds, for the shell, which wants to say so at once.
    func connect() -> ExitStatus {
        do {
            try engine.connect()
            presenter.isConnected = true
            return .ok
        } catch {
            presenter.isConnected = false
            presenter.note(error.message(in: dialect))
            return ExitStatus(error)
        }
    }

    /// Says what ends with the connection to the server.
    func tellLeftTransaction() {
        guard dialect.hasOwnNotes, engine.transaction.isInBlock else { return }
        output.note(CommandFailure.transactionLeft(queued: engine.queue.queued.count))
    }

    /// Says who the user is at the server that `connect` led to, where that is not the default user as before.
    ///
    /// - Parameters:
    ///   - old: who the user was until then; nil for the user that a connection begins with.
    ///   - server: where that was.
    func tellUser(after old: SessionState.Credentials?, of server: String, at place: SourceLine?) {
        guard dialect.hasOwnNotes else { return }
        func name(_ user: ByteString?) -> String { user.map { "user \(Quoting.utf8.word($0))" } ?? "the default user" }
        if let user = engine.session.credentials?.user {
            if place == nil { presenter.note("Connected as \(name(user)).") }
        } else if let old, engine.session.credentials == nil {
            presenter.note(
                "Connected as \(name(nil)), without a password: that of \(name(old.user)) was given for \(server). "
                    + "To log in, use AUTH.")
        }
    }
}
