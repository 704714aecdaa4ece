import Commands
import RESP
import Routing

// How a connection is brought to the session's state, above all to its user.

extension Link {
    /// The state of the connection's authentication.
    struct Authentication {
        /// The password that was last fetched, where the credentials have none.
        var token: ByteString?
        /// Tokens that the server has refused in a row.
        var refusedTokenCount = 0
        /// True when the user was refused, and the handshake starts over once the rest of it has been answered.
        var startsOver = false
        /// True when the server has accepted the user.
        var isDone = false
        /// True when it has been reported that the server wants to know the user first.
        var isAwaited = false
    }

    /// Tokens that a server may refuse in a row: one may have been replaced since it was fetched.
    private static let mostRefusedTokens = 3

    /// One of the user's commands has changed the connection.
    func hasCarriedOut(_ command: [ByteString], _ effect: SessionEffect, resetting first: SessionState) {
        state.take(command, effect, resetting: first)
        authentication.isDone = state.credentials != nil
    }

    /// Takes the reply to a step of the handshake.
    ///
    /// - Returns: what the user should know.
    func take(_ value: RESPValue, of step: SessionState.Step) -> Note? {
        let setting = step == .setting ? sentSettings.removeFirst() : []
        if step == .user { takeUser(isRefused: value.isError) }
        settings.trace?(.session(address, step, state, error: value.isError ? value.text : nil))
        if authentication.startsOver {
            // What was sent with the refused AUTH is refused too.
            if sentCount == 0 { startOver() }
            return nil
        }
        if step != .user, refusal == nil, value.serverError?.code == "NOAUTH" { return putOff(step, value) }
        var note: Note?
        if value.isError, refusal == nil {
            switch step {
            case .user where settings.toleratesRefusedUser: note = .authenticationFailed(address, error: value.text)
            case .user: refusal = .userRefused(address, reason: value.text)
            case .database: refusal = .databaseRefused(address, database: state.database, reason: value.text)
            case .version: note = .helloFailed(address, error: value.text)
            case .setting: note = .settingRefused(address, setting, error: value.text)
            case .name:
                note = .settingRefused(address, ["CLIENT", "SETNAME", state.clientName ?? ""], error: value.text)
            }
        }
        if step.isAwaited, refusal == nil { openGate() }
        return note
    }

    /// The server wants to know the user first, which says nothing about the step: it is sent again with the next
    /// command. What relies on it gets the server's reply.
    private func putOff(_ step: SessionState.Step, _ error: RESPValue) -> Note? {
        let note = authentication.isAwaited ? nil : note(puttingOff: step, error)
        if note != nil { authentication.isAwaited = true }
        state.undo(step)
        if step.isAwaited {
            answer(with: error) { !($0.kind.isStep && $0.kind.isAwaited) }
            openGate()
        }
        return note
    }

    /// What redis-cli says: it selects the database before it sends HELLO, and gives up after one refusal.
    private func note(puttingOff step: SessionState.Step, _ error: RESPValue) -> Note? {
        switch step {
        case .database: .settingRefused(address, ["SELECT", ByteString("\(state.database)")], error: error.text)
        case .version where state.database == SessionState().database: .helloFailed(address, error: error.text)
        case .user, .version, .name, .setting: nil
        }
    }

    /// The same for the unparsed reply to anything other than a pipeline's command.
    func take(_ reply: UnsafeRawBufferPointer, of entry: Entry) -> Note? {
        removeFirst(entry)
        guard case .step(let step) = entry.kind else { return nil }
        return RESPValue(reply: reply).flatMap { take($0, of: step) }
    }

    /// Fetches the connection's password; without one nothing is sent.
    func takeToken() {
        do throws(CommandFailure) {
            authentication.token = try token?(nil)
        } catch {
            refusal = error
        }
    }

    /// The server has accepted or refused the user. A refused token is fetched again.
    func takeUser(isRefused: Bool) {
        authentication.isDone = !isRefused
        authentication.refusedTokenCount = isRefused ? authentication.refusedTokenCount + 1 : 0
        guard isRefused, state.credentials?.usesToken ?? false, let token,
            authentication.refusedTokenCount <= Self.mostRefusedTokens
        else { return }
        do throws(CommandFailure) {
            guard let next = try token(authentication.token) else { return }
            authentication.token = next
            authentication.startsOver = true
        } catch {
            refusal = error
        }
    }

    /// Repeats the handshake ahead of the commands, none of which were sent.
    func startOver() {
        authentication.startsOver = false
        var waiting: [(entry: Entry, command: [UInt8])] = []
        takeEntries { entry, command, _ in
            // The rest of the handshake was not sent.
            if !entry.kind.isStep || !waiting.isEmpty { waiting.append((entry, Array(command))) }
        }
        sentSettings = []
        begin(state, from: SessionState())
        for (entry, command) in waiting {
            command.withUnsafeBytes { outgoing.append($0) }
            entries.append(entry)
        }
        flush()
    }

    /// The server has replied NOAUTH to a command although it had accepted the user before.
    func authenticateAgain() {
        guard authentication.isDone, refusal == nil else { return }
        authentication.isDone = false
        var stranger = state
        stranger.credentials = nil
        begin(state, from: stranger)
        flush()
    }

    private func begin(_ session: SessionState, from present: SessionState) {
        state = present
        _ = bring(to: session)
    }
}
