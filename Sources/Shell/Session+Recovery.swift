import Terminal
import Commands
import Engine
import Presentation
import RESP
import Routing

extension Session {
    /// Finishes what commands over several slots have left behind, and tells a line of each thing found.
    ///
    /// - Parameter place: where the word stands, for messages; nil unless it comes from a file.
    func recover(at place: SourceLine?) -> ExitStatus {
        let word = Command([":recover"])
        do {
            let (reply, items) = try engine.recover()
            let lines = items.map { RESPValue.status(RecoveryText.line($0)) }
            defer { output.flush() }
            // Nothing found, nothing said, but in JSON a value all the same.
            let body = lines.isEmpty && !style.format.isJSON ? reply.body : .value(.array(lines))
            let shown = Reply(body: body, outcome: reply.outcome, notes: reply.notes)
            return presenter.show(shown, of: word, row: nil, at: place)
        } catch {
            return fail(error, of: word, at: place)
        }
    }
}
