import Options
import Commands
import Engine
import Presentation
import RESP
import Routing
import Transport

/// Runs lines from the prompt, from files and from the command line, all in the same way: a line is parsed, its output
/// is redirected, it is repeated, and its content is carried out.
final class LineRunner {
    /// The outcome of a line.
    enum Outcome {
        case done(ExitStatus)
        case quit
    }

    let session: Session
    /// How many files are being run, one from within another.
    var nesting = 0
    static let maximumNesting = 16

    init(_ session: Session) {
        self.session = session
    }

    // MARK: Reading

    func run(_ text: [UInt8], from origin: LineGrammar.Origin, at place: SourceLine? = nil) -> Outcome {
        run(at: place) { () throws(LineError) in try session.grammar(origin).line(text) }
    }

    func run(_ words: [ByteString], from origin: LineGrammar.Origin, at place: SourceLine? = nil) -> Outcome {
        let outcome = run(at: place) { () throws(LineError) in try session.grammar(origin).line(words) }
        if let place, case .done(let status) = outcome, status != .ok, session.dialect.hasOwnNotes,
            CommandTable.row(for: session.grammar(origin).commandWords(words))?.effect == .watch
        {
            session.engine.refuseWatch(at: "\(place)")
        }
        return outcome
    }

    private func run(at place: SourceLine?, _ read: () throws(LineError) -> Line?) -> Outcome {
        do {
            guard let line = try read() else { return .done(.ok) }
            return run(line, at: place)
        } catch {
            return .done(session.fail(CLIError(error, at: place), at: place))
        }
    }

    // MARK: Running

    func run(_ line: Line, at place: SourceLine? = nil) -> Outcome {
        if let glued = line.glued { session.presenter.tell(glued) }
        guard line.redirection != nil || line.format != nil else { return runRepeatedly(line, at: place) }
        return session.withOwnStyle {
            redirected(line.redirection) {
                if let format = line.format {
                    session.style.format = format
                } else if line.writesPreferences {
                    // Such a file is read back as lines, whatever the format of replies.
                    session.style.format = .raw
                }
                let stream = session.stream
                let outcome = runRepeatedly(line, at: place)
                // Messages are printed as the line says, and where it says, until Ctrl-C.
                if session.stream !== stream { _ = session.endStream(after: .ok) }
                return outcome
            }
        }
    }

    /// `-i` is the pause between the runs.
    private func runRepeatedly(_ line: Line, at place: SourceLine?) -> Outcome {
        var worst = ExitStatus.ok
        for round in 0..<line.count {
            if round > 0, session.configuration.interval > 0 {
                Poller.sleep(seconds: session.configuration.interval)
            }
            guard case .done(let status) = carryOut(line.content, at: place) else { return .quit }
            worst = max(worst, status)
            if session.engine.loop.hasBeenInterrupted || worst != .ok && session.configuration.stopsAtError { break }
        }
        return .done(worst)
    }

    private func carryOut(_ content: Line.Content, at place: SourceLine?) -> Outcome {
        switch content {
        case .command(let command): .done(session.run(command, at: place))
        case .word(let word, let arguments): run(word, arguments, at: place)
        }
    }
}
