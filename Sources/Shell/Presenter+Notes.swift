import Commands
import Options
import Terminal
import Engine
import Glibc
import Presentation
import RESP
import Routing

/// What is said once a session.
struct ToldNotes {
    var atomicity = false
    var refusedTopology = false
    /// Nodes that were waited for where it cannot be shown for a while only.
    var silent: Set<NodeAddress> = []
    /// Why AUTH was refused, each reason once, since every node gives the same; and what each node has refused.
    var refusals: Set<String> = []
}

// What is said beside the data.
extension Presenter {
    /// A line for people, in the place of what stands there only for a while.
    func note(_ text: String) {
        wipePassing()
        output.note(text)
    }

    /// Notes are for people beside the data; redis-cli's stand-in keeps to what redis-cli says.
    func show(_ note: Note, isBesideNodes: Bool = false) {
        guard showsNotes || !note.isIncidental else { return }
        switch note {
        case .authenticationFailed(_, let error) where dialect.repeatsRefusals || told.refusals.insert(error).inserted:
            break
        case .helloFailed where isNews(note), .settingRefused where isNews(note): break
        case .coverage where dialect.hasOwnNotes, .partial where dialect.hasOwnNotes,
            .leftBehind where dialect.hasOwnNotes, .mayRepeat where dialect.hasOwnNotes:
            break
        // A script that runs again and again has been told once by whoever wrote it.
        case .notAtomic where dialect.hasOwnNotes && !told.atomicity && Terminal.isTerminal(2): told.atomicity = true
        case .topologyRefused where dialect.hasOwnNotes && !told.refusedTopology,
            .emptyMastersHidden where dialect.hasOwnNotes && !told.refusedTopology:
            told.refusedTopology = true
        case .redirected where configuration.isVerbose: break
        case .notQueued: break
        case .eventsMissed where dialect.hasOwnNotes, .watchLost where dialect.hasOwnNotes: break
        case .localCount where dialect.hasOwnNotes && Terminal.isTerminal(2): break
        case .waiting where dialect.hasOwnNotes && Terminal.isTerminal(2),
            .silent where dialect.hasOwnNotes && Terminal.isTerminal(2),
            .working where dialect.hasOwnNotes && Terminal.isTerminal(2):
            // A row's last column stays free: what stands there may wrap or not.
            showPassing(note.message(in: .slotline).wrapped(at: (Terminal.size(of: 2)?.columns ?? 80) - 1))
            return
        case .silent(let nodes) where dialect.hasOwnNotes && !told.silent.isSuperset(of: nodes):
            told.silent.formUnion(nodes)
        case .authenticationFailed, .helloFailed, .settingRefused, .coverage, .partial, .leftBehind, .mayRepeat,
            .notAtomic,
            .topologyRefused, .emptyMastersHidden,
            .redirected, .localCount, .waiting, .silent, .working, .eventsMissed, .watchLost:
            return
        }
        self.note(note.message(in: dialect, isBesideNodes: isBesideNodes))
    }

    /// False for what a node has refused before: each of its connections meets that anew.
    private func isNews(_ note: Note) -> Bool {
        dialect.repeatsRefusals || told.refusals.insert(note.message(in: dialect)).inserted
    }

    func showPush(_ value: RESPValue) {
        guard configuration.showsPushes ?? (style.format == .terminal) else { return }
        interject {
            show(message: value)
            if isInteractive { output.flush() }
        }
    }

    // MARK: On the terminal for a while

    /// Shows rows that the next outcome or message wipes.
    func showPassing(_ rows: [String]) {
        wipePassing()
        output.noteBytes(Array(VisibleText.text(rows.joined(separator: "\n")).utf8))
        passingRows = rows.count
    }

    func wipePassing() {
        guard passingRows > 0 else { return }
        let up = passingRows > 1 ? "\u{1b}[\(passingRows - 1)A" : ""
        passingRows = 0
        output.noteBytes(Array("\r\(up)\u{1b}[J".utf8))
    }

    // MARK: In the pager

    /// Shows what `body` writes in the pager if it is more than the window holds.
    func paged(_ body: () -> ExitStatus) -> ExitStatus {
        defer { output.flush() }
        guard let pager, output.descriptor == STDOUT_FILENO, let size = Terminal.size(of: STDOUT_FILENO) else {
            return body()
        }
        return output.paged(columns: size.columns, rows: size.rows - 1, .pager(pager), body)
    }

    /// Runs several commands whose output belongs together, and to no pager.
    func withoutPager<Result>(_ body: () -> Result) -> Result {
        let pager = self.pager
        self.pager = nil
        defer { self.pager = pager }
        return body()
    }

    /// Shows a text of slotline's own.
    func show(_ text: String) -> ExitStatus {
        wipePassing()
        return paged {
            output.write(text)
            return .ok
        }
    }

    /// No end but in a window: not in a file, nor in a pipe of the shell.
    var window: Window {
        let size = output.descriptor == STDOUT_FILENO ? Terminal.size(of: STDOUT_FILENO) : nil
        return Window(columns: size?.columns ?? .max, width: Terminal.columns(of:))
    }
}
