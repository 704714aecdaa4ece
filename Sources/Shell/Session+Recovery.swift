import Terminal
import Commands
import Engine
import Presentation
import RESP
import Routing

extension Session {
    /// Finishes what cross-slot commands have left behind, and prints a line for each thing found.
    ///
    /// - Parameters:
    ///   - name: what the user typed, for messages.
    ///   - place: the place of the word, for messages; nil unless it comes from a file.
    func recover(as name: String, at place: SourceLine?) -> ExitStatus {
        let word = Command([ByteString(name)])
        do {
            let (reply, items) = try engine.recover(as: name)
            let lines = items.map { RESPValue.status(RecoveryText.line($0)) }
            defer { output.flush() }
            // JSON still gets a value.
            if lines.isEmpty, style.format.isForPeople, dialect.hasOwnNotes { presenter.note(RecoveryText.nothing) }
            let body = lines.isEmpty && !style.format.isJSON ? reply.body : .value(.array(lines))
            let shown = Reply(body: body, outcome: reply.outcome, notes: reply.notes)
            defer { tellOtherDatabases() }
            return presenter.show(shown, of: word, row: nil, at: place)
        } catch {
            return fail(error, of: word, at: place)
        }
    }

    /// Plans leave keys in the database they work in, and only the session's has been searched.
    private func tellOtherDatabases() {
        guard dialect.hasOwnNotes else { return }
        let masters = engine.map.topology?.masters.map(\.address) ?? [engine.map.home]
        let keyspaces = engine.ask(masters, for: ["INFO", "keyspace"])
            .compactMap { (try? $0.get()).flatMap { Keyspace(info: $0) } }
        if let text = RecoveryText.others(than: engine.session.database, keyspaces) { presenter.note(text) }
    }
}
