import Commands
import Options
import Terminal
import Engine
import Glibc
import Presentation
import RESP
import Routing

/// What is said only once per session.
struct ToldNotes {
    var atomicity = false
    var refusedTopology = false
    /// The signs that a word was glued to.
    var glued: Set<ByteString> = []
    /// Why AUTH, HELLO or a setting was refused, each reason once, since every node gives the same.
    var refusals: Set<String> = []
    /// Why the line before this one has no reply; nil after a reply.
    var failure: String?
}

// What is said apart from the data.
extension Presenter {
    /// Prints a line for people, replacing any temporary text.
    ///
    /// - Parameter place: the line of a file that it is about; nil for none.
    func note(_ text: String, at place: SourceLine? = nil) {
        wipePassing()
        output.note(place.map { dialect.namesPlaces ? CLIError.placed(at: "\($0)", text) : text } ?? text)
    }

    /// Notes are for people, apart from the data. In place of redis-cli, only what redis-cli would say is shown.
    ///
    /// - Parameters:
    ///   - isShown: true if the reply already shows what each node said.
    ///   - tell: prints the text of a note about one command; nil for a note about the session.
    func show(_ note: Note, isShown: Bool = false, tell: ((String) -> Void)? = nil) {
        guard showsNotes || !note.isIncidental else { return }
        switch note {
        case .authenticationFailed(_, let error) where isNews("AUTH", error): break
        // The command itself is refused for the same reason.
        case .helloFailed(_, let error) where dialect.hasOwnNotes && error.hasPrefix("NOAUTH"),
            .settingRefused(_, _, let error) where dialect.hasOwnNotes && error.hasPrefix("NOAUTH"):
            return
        case .helloFailed(_, let error) where isNews("HELLO", error): break
        case .settingRefused(_, let command, let error) where isNews("\(command)", error): break
        case .coverage where dialect.hasOwnNotes, .partial where dialect.hasOwnNotes,
            .leftBehind where dialect.hasOwnNotes, .mayRepeat where dialect.hasOwnNotes:
            break
        // Only on a terminal: whoever wrote a script has seen it once and need not see it on every run.
        case .notAtomic where dialect.hasOwnNotes && !told.atomicity && Terminal.isTerminal(2): told.atomicity = true
        case .topologyRefused where dialect.hasOwnNotes && !told.refusedTopology,
            .emptyMastersHidden where dialect.hasOwnNotes && !told.refusedTopology:
            told.refusedTopology = true
        case .redirected where configuration.isVerbose: break
        case .notQueued: break
        case .eventsMissed where dialect.hasOwnNotes, .watchLost where dialect.hasOwnNotes,
            .trackingLost where dialect.hasOwnNotes, .usersUntold where dialect.hasOwnNotes,
            .passwordKept where dialect.hasOwnNotes:
            break
        case .localCount where dialect.hasOwnNotes && Terminal.isTerminal(2),
            .oneOfMany where dialect.hasOwnNotes && Terminal.isTerminal(2):
            break
        case .waiting where isTyping, .silent where isTyping, .working where isTyping: return
        case .waiting where dialect.hasOwnNotes && Terminal.isTerminal(2),
            .silent where dialect.hasOwnNotes && Terminal.isTerminal(2),
            .working where dialect.hasOwnNotes && Terminal.isTerminal(2):
            showPassing([note.message(in: .slotline)])
            return
        case .authenticationFailed, .helloFailed, .settingRefused, .coverage, .partial, .leftBehind, .mayRepeat,
            .notAtomic,
            .topologyRefused, .emptyMastersHidden,
            .redirected, .localCount, .oneOfMany, .waiting, .silent, .working, .eventsMissed, .watchLost, .trackingLost,
            .usersUntold, .passwordKept:
            return
        }
        wipePassing()
        (tell ?? output.note)(note.message(in: dialect, isShown: isShown))
    }

    /// Says how to choose a format or to redirect, to someone who may have tried to.
    func tell(_ glued: Line.Glued) {
        guard showsNotes, told.glued.insert(glued.sign).inserted else { return }
        note(CLIError.glued(glued))
    }

    /// False for what was refused before: every connection runs into it again.
    private func isNews(_ what: String, _ error: String) -> Bool {
        dialect.repeatsRefusals || told.refusals.insert("\(what) \(error)").inserted
    }

    /// - Parameter isAwaited: true while the user is waiting for messages.
    func showPush(_ value: RESPValue, from node: NodeAddress, isAwaited: Bool) {
        guard configuration.showsPushes ?? (isAwaited || style.format.isPretty) else { return }
        let topology = engine.map.topology
        show(message: value, from: topology == nil ? nil : node, amongMany: topology?.nodes.count ?? 1 > 1)
        output.flush()
    }

    // MARK: Temporary text on the terminal

    /// Shows lines, wrapped to the window, that the next outcome or message wipes.
    func showPassing(_ lines: [String]) {
        wipePassing()
        guard !output.isCaptured else { return }
        // The last column of a row stays free: text there may or may not wrap.
        let columns = max(1, (Terminal.size(of: STDERR_FILENO)?.columns ?? 80) - 1)
        let text = ScreenText.wrapped(VisibleText.text(lines.joined(separator: "\n")), at: columns)
        let rows = ScreenText(Array(text.utf8), columns: columns).rows
        output.noteBytes(Array(rows.joined(separator: [0x0a])))
        passingRows = rows.count
    }

    /// Shows what is being waited for in the cursor's row, as redis-cli does, unless a note already does.
    func show(status: String) {
        guard !showsStatus, passingRows == 0 else { return }
        output.write(status)
        showsStatus = true
    }

    func wipePassing() {
        if showsStatus {
            showsStatus = false
            // In a window that has become narrower since, it takes several rows; redis-cli leaves them.
            output.write(dialect.hasRedisCLIWords ? "\u{1b}[K" : "\u{1b}[J")
        }
        guard passingRows > 0 else { return }
        let up = passingRows > 1 ? "\u{1b}[\(passingRows - 1)A" : ""
        passingRows = 0
        output.noteBytes(Array("\r\(up)\u{1b}[J".utf8))
    }

    // MARK: In the pager

    /// Shows what `body` writes in the pager if it does not fit in the window.
    func paged(_ body: () -> ExitStatus) -> ExitStatus {
        defer { output.flush() }
        guard let pager, output.descriptor == STDOUT_FILENO, let size = Terminal.size(of: STDOUT_FILENO) else {
            return body()
        }
        return output.paged(columns: size.columns, rows: size.rows - 1, pager: pager, body)
    }

    /// Runs several commands whose output belongs together and must not go through the pager.
    func withoutPager<Result>(_ body: () -> Result) -> Result {
        let pager = self.pager
        self.pager = nil
        defer { self.pager = pager }
        return body()
    }

    /// Shows one of slotline's own texts; a program gets it as one string.
    func show(_ text: String) -> ExitStatus {
        wipePassing()
        return paged {
            if keepsRecord(at: nil) {
                show(message: .text(text.hasSuffix("\n") ? String(text.dropLast()) : text))
            } else {
                output.write(text)
            }
            return .ok
        }
    }

    /// Unlimited unless the output goes to a terminal, rather than to a file or a pipe of the shell.
    var window: Window {
        let size = output.descriptor == STDOUT_FILENO ? Terminal.size(of: STDOUT_FILENO) : nil
        return Window(columns: size?.columns ?? .max, width: Terminal.columns(of:))
    }
}
