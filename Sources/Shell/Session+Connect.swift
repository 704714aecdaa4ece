import Commands
import Terminal
import Engine
import Presentation
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
}
