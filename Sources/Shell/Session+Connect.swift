import Terminal
import Engine
import Presentation
import Routing

extension Session {
    /// Finds out what is behind the seeds, for the shell, which wants to say so at once.
    func connect() -> ExitStatus {
        do {
            try engine.connect()
            isConnected = true
            return .ok
        } catch {
            isConnected = false
            output.note(error.message(isDropIn: isDropIn))
            return ExitStatus(error)
        }
    }
}
