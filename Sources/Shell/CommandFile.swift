import Options
import Terminal
import Clock
import Commands
import Engine
import Glibc
import Presentation
import RESP
import Routing
import Transport

/// A file of commands: one command per line, replies in the order of the lines.
///
/// Blank lines and lines that begin with `#` are skipped, an unquoted backslash at the end continues a line, and a CR
/// before the end of a line is ignored. A line that fails does not stop the rest unless `-e` was given.
final class CommandFile {
    private let name: String
    private let descriptor: Int32
    private let runner: LineRunner
    private var pipeline: Pipeline?
    private var worst = ExitStatus.ok
    /// True once the rest is not to be run.
    private var isStopped = false
    private var hasQuit = false
    /// Where the open MULTI block, or the WATCH before it, begins.
    private var placeOfTransaction: InputPlace?
    /// When the next line may be sent, with `-i`.
    private var resumeAt = Instant.now

    /// - Parameters:
    ///   - path: nil for standard input.
    ///   - descriptor: of the file; the caller closes it.
    init(path: ByteString?, descriptor: Int32, _ runner: LineRunner) {
        name = path?.text ?? "stdin"
        self.descriptor = descriptor
        self.runner = runner
    }

    private var session: Session { runner.session }

    /// Runs all lines. The status is the highest of 4, 3 and 1. In place of redis-cli, only `-e` and a last line that
    /// got no connection count.
    func run() -> ExitStatus {
        let earlier = session.stream
        // A signal that ends the program still lets it show what was replied, and say how far it has come.
        if session.engine.loop.signals == nil, session.dialect.hasOwnNotes {
            session.engine.loop.signals = SignalPipe(catchesTermination: true)
        }
        let reader = CommandReader(descriptor: descriptor)
        let pipeline = Pipeline(
            session.engine, keepsReplies: true, takesParts: { [unowned session] in session.presenter.showsParts },
            runsAlone: session.runsAloneInFile
        ) { [unowned self] outcome, place, command in
            count(show(outcome, at: place, command))
        }
        self.pipeline = pipeline
        let stream = CommandStream(session, reader, pipeline) { [unowned self] words, place in
            guard case .done(let status) = runner.run(words, from: .file, at: line(place)) else {
                hasQuit = true
                return false
            }
            if session.engine.transaction == .none {
                placeOfTransaction = nil
            } else if placeOfTransaction == nil {
                placeOfTransaction = place
            }
            resumeAt = Instant(seconds: session.configuration.interval)
            count(status)
            return goesOn(after: status)
        } refuse: { [unowned self] error, place, _ in
            let status = session.fail(.invalidLine(error, line(place)), at: line(place))
            count(status)
            return goesOn(after: status)
        }
        if session.configuration.interval > 0 { stream.pace = { [unowned self] in resumeAt } }
        stream.goesOn = { [unowned session] in
            session.output.isWritable && !session.engine.loop.hasBeenInterrupted
        }
        stream.patience = session.engine.patience
        do throws(ProtocolError) {
            try stream.run()
        } catch {
            isStopped = true
            count(session.fail(.unusableInput(error, line(reader.nextPlace))))
        }
        session.output.flush()
        if stream.isInterrupted || session.engine.loop.takeInterrupt() || session.engine.loop.hasBeenInterrupted {
            worst = .interrupted
            isStopped = true
            if !stream.isComplete, session.dialect.hasOwnNotes {
                session.presenter.note(
                    CLIError.notExecuted(from: line(placeOfTransaction ?? stream.heldPlace ?? reader.nextPlace)))
            }
        }
        // Where the file just ends, messages continue.
        if hasQuit || isStopped, let own = session.stream, own !== earlier { session.endStream() }
        if let failure = reader.failure {
            let reason = String(errno: failure)
            let status = session.fail(.cannotOpen(path: ByteString(name), reason: reason))
            return max(worst, min(status, .error))
        }
        return runner.nesting > 0 || isStopped ? worst : max(worst, session.tellOpenTransaction(in: name))
    }

    private func line(_ place: InputPlace) -> SourceLine { SourceLine(file: name, number: place.line) }

    private func count(_ status: ExitStatus) {
        if session.dialect.countsWorstLine {
            worst = max(worst, status)
        } else {
            let isLost = status == .noConnection || status == .partial || session.configuration.stopsAtError
            worst = isLost ? status : .ok
        }
    }

    /// False when the rest must not run.
    private func goesOn(after status: ExitStatus) -> Bool {
        isStopped =
            session.configuration.stopsAtError && status != .ok || session.engine.loop.hasBeenInterrupted
            || !session.output.isWritable
        return !isStopped
    }

    private func show(
        _ outcome: PipelineOutcome, at place: InputPlace, _ request: UnsafeRawBufferPointer
    ) -> ExitStatus {
        let presenter = session.presenter
        if case .part(let part, let isLast) = outcome {
            _ = presenter.show(elements: Array(part.elements), isMap: part.kind == .map, of: nil, row: nil)
            guard isLast else { return .ok }
        }
        // From here on the next reply is waited for.
        defer {
            if pipeline?.isEmpty == false { presenter.begin() }
        }
        let command = presenter.knownKeys?.takeAwaited(at: place.offset)
        switch outcome {
        case .reply(let bytes, let node):
            return presenter.show(reply: bytes, from: node, to: command, at: line(place))
        case .part:
            let reply = Reply(body: .streamed, outcome: .succeeded)
            return presenter.show(reply, of: Command([""]), row: nil, at: line(place))
        case .failure(let failure):
            return session.fail(failure, of: Command(request: request), at: line(place))
        }
    }
}

extension Command {
    /// - Parameter bytes: a command as it is sent.
    init(request bytes: UnsafeRawBufferPointer) {
        var scanner = RequestScanner()
        let isWhole = (try? scanner.next(bytes.bytes)) != nil
        self.init(isWhole ? scanner.words.map { bytes.bytes.byteString($0) } : [""])
    }
}
