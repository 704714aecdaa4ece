import Options
import Commands
import Engine
import Presentation
import RESP
import Routing
import Transport

/// Runs a line of a file or of the shell: one of slotline's own words, or a command, perhaps with a number in front that
/// repeats it.
final class LineRunner {
    /// What a line comes to.
    enum Outcome {
        case done(ExitStatus)
        case quit
    }

    let session: Session
    let words: ShellWords
    /// Files that are being run, one from within the other.
    var nesting = 0
    /// A word that redis-cli knows in its script debugger only, and refuses elsewhere.
    static let debuggerWord: StaticString = "restart"
    static let maximumNesting = 16

    init(_ session: Session) {
        self.session = session
        words = ShellWords(session)
    }

    func run(_ line: [UInt8], at place: SourceLine? = nil) -> Outcome {
        do {
            return run(try Tokenizer.words(line), at: place)
        } catch {
            return .done(session.fail(.invalidLine(error, place)))
        }
    }

    func run(_ line: [ByteString], at place: SourceLine? = nil) -> Outcome {
        guard let first = line.first else { return .done(.ok) }
        let line = withoutAlias(line)
        if session.isDropIn, line.count == 1, first.matches(Self.debuggerWord) {
            return .done(session.fail(.notDebugging, at: place))
        }
        if let outcome = words.run(line, runner: self, at: place) { return outcome }
        guard line.count > 1, let count = first.integer else { return .done(session.run(line, at: place)) }
        return repeated(withoutAlias(Array(line.dropFirst())), count, at: place)
    }

    private func withoutAlias(_ line: [ByteString]) -> [ByteString] {
        line.first.flatMap { session.aliases[$0] }.map { $0 + line.dropFirst() } ?? line
    }

    /// `N command`: `-i` is the pause between the runs.
    private func repeated(_ line: [ByteString], _ count: Int, at place: SourceLine?) -> Outcome {
        guard count > 0 else { return .done(session.fail(.invalidRepeat(count), at: place)) }
        var worst = ExitStatus.ok
        for round in 0..<count {
            if round > 0, session.configuration.interval > 0 {
                Poller.sleep(seconds: session.configuration.interval)
            }
            switch words.run(line, runner: self, at: place) ?? .done(session.run(line, at: place)) {
            case .quit: return .quit
            case .done(let status): worst = max(worst, status)
            }
            if session.engine.loop.hasBeenInterrupted || worst != .ok && session.configuration.stopsAtError { break }
        }
        return .done(worst)
    }
}
