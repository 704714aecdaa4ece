import Clock
import Commands
import Engine
import Glibc
import Options
import Presentation
import RESP
import Routing
import Terminal
import Transport

/// `--pipe`: loads commands without printing replies, and reports each that failed.
final class BulkLoad {
    /// Seconds between checkpoints, and between progress lines.
    private static let checkpointInterval = 1.0
    private static let progressInterval = 0.5
    /// A load that was held up catches up on no more than this, in seconds.
    private static let longestBurst = 0.1
    private static let beginning = InputPlace(line: 1, offset: 0)

    private let session: Session
    private let options: Configuration.Load
    private let name: String
    private let reader: CommandReader
    /// Bytes of the input; nil for a pipe.
    private let size: Int?
    private let head: Checkpoint.Head
    private let record: LoadRecord
    private let showsProgress: Bool
    private let start = Instant.now
    /// Where the load resumes; nil for a new one.
    private let resumed: Checkpoint?
    /// From the command line.
    private let credentials: SessionState.Credentials?
    private var isDatabaseRefused = false
    private var pipeline: Pipeline?
    private var stream: CommandStream?
    private let lines: LoadLines
    private var nextCheckpoint = Instant(seconds: checkpointInterval)
    private var nextProgress = Instant(seconds: progressInterval)
    private var progressCount = 0
    private var paceStart = Instant.now
    private var pacedCount = 0

    /// - Parameters:
    ///   - path: nil for standard input.
    ///   - descriptor: of the file; the caller closes it.
    /// - Throws: for a checkpoint that cannot be used.
    init(
        _ session: Session, _ options: Configuration.Load, path: ByteString?, descriptor: Int32
    ) throws(CLIError) {
        self.session = session
        self.options = options
        name = path?.text ?? "stdin"
        showsProgress =
            session.dialect.hasOwnNotes && !session.configuration.isQuiet && Terminal.isTerminal(STDERR_FILENO)
            && !Terminal.isTerminal(descriptor)
        var status = stat()
        let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        size = isRegular ? Int(status.st_size) : nil
        try Self.keepApart(options, input: status)
        var resumed: Checkpoint?
        if let path = options.resume {
            let head = CommandReader.head(of: descriptor, count: Checkpoint.Head.maximumSize)
            resumed = try Checkpoint(path: path)
            let place = resumed?.progress.start ?? Self.beginning
            guard resumed.map({ $0.head == .init(head.prefix($0.head.size)) }) ?? true,
                let reader = CommandReader(descriptor: descriptor, head: head, from: place)
            else { throw .otherInput(path: path) }
            guard !reader.startsWithinLine || resumed?.progress.continuesAfterCommand == false else {
                throw .extendedLine(file: name)
            }
            self.reader = reader
            self.head = .init(head)
        } else {
            head = .init([])
            reader = CommandReader(descriptor: descriptor, takesRequests: true)
        }
        self.resumed = resumed
        credentials = session.engine.session.credentials
        if let path = options.resume, let user = resumed?.user, credentials.map(\.userName) != user {
            throw .checkpointNeedsUser(path: path, user: user)
        }
        record = LoadRecord(session, options, name: name, appends: resumed != nil)
        lines = LoadLines(session, record, name: name)
    }

    /// Refuses files that would replace the input, or each other.
    private static func keepApart(_ options: Configuration.Load, input: stat) throws(CLIError) {
        let rejects = options.reject.map { [$0, LoadRecord.pathOfUnknowns(rejects: $0)] } ?? []
        if let path = options.resume, rejects.contains(path) {
            throw .cannotOpen(path: path, reason: LoadText.isRejectFile)
        }
        for path in rejects + [options.resume].compactMap(\.self) {
            var status = stat()
            guard stat(path.cString, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            guard (status.st_dev, status.st_ino) != (input.st_dev, input.st_ino) else {
                throw .cannotOpen(path: path, reason: LoadText.isInput)
            }
        }
    }

    /// The status is the highest of 4, 3 and 1; 130 after Ctrl-C.
    func run() -> ExitStatus {
        // Ctrl-C waits for the replies to what was sent, and so do the signals that ask the program to terminate.
        session.engine.loop.signals = SignalPipe(catchesTermination: true)
        // The reader of the report or of the messages may go away, but the load continues.
        BrokenPipes.ignore()
        if let state = resumed?.session {
            let credentials = session.engine.session.credentials
            session.engine.session = state
            session.engine.session.credentials = credentials
        }
        do {
            try session.engine.reach()
        } catch .databaseRefused where session.dialect.hasOwnNotes {
            // The input may begin with AUTH as a user who may use it. Until then there is nothing to go on from.
            isDatabaseRefused = true
        } catch {
            return session.fail(error)
        }
        guard record.open() else { return record.worst }
        writeCheckpoint()
        guard record.begin() else { return record.worst }
        let pipeline = Pipeline(session.engine, keepsReplies: false, runsAlone: session.runsAlone) {
            [unowned self] outcome, place, command in
            take(outcome, at: place, command)
        }
        self.pipeline = pipeline
        let stream = CommandStream(session, reader, pipeline) { [unowned self] words, place in
            withinTimeout { lines.run(.init(words: words, place: place)) }
            return goesOn
        } refuse: { [unowned self] error, place, line in
            lines.refuse(.init(words: [], place: place, text: line), error)
            return goesOn
        }
        self.stream = stream
        stream.progress = resumed?.progress
        stream.tick = { [unowned self] in tick() }
        stream.goesOn = { [unowned self] in goesOn }
        stream.timeout = options.replyTimeout
        stream.onEnd = { [unowned self] in
            session.presenter.wipePassing()
            session.output.write(LoadText.transferred)
            session.output.flush()
        }
        if let rate = options.rate { stream.pace = { [unowned self] in nextTurn(rate) } }
        var violation: ProtocolError?
        do throws(ProtocolError) {
            try stream.run()
        } catch {
            violation = error
        }
        session.presenter.wipePassing()
        if let path = options.resume, stream.isComplete, resumed?.progress.ends(at: reader.nextPlace) == true,
            session.dialect.hasOwnNotes
        {
            session.presenter.note(LoadText.completed(file: name, checkpoint: path))
        }
        if stream.isComplete {
            withinTimeout { lines.end() }
        } else if let violation {
            record.failInput(at: reader.nextPlace, violation.inputMessage)
        } else if let failure = reader.failure {
            let error = CLIError.cannotOpen(path: ByteString(name), reason: String(errno: failure))
            record.note(min(session.fail(error), .error))
        }
        if !stream.isComplete, session.dialect.hasOwnNotes {
            let place = lines.placeOfBlock ?? stream.heldPlace ?? reader.nextPlace
            session.presenter.note(LoadText.stopped(file: name, line: place.line, offset: place.offset))
        }
        writeCheckpoint()
        record.tellLosses()
        if record.synchronize(), record.undoneCount > 0, !hasNoDatabase, session.dialect.hasOwnNotes {
            session.presenter.note(LoadText.undone(record.undoneCount))
        }
        if !stream.isAnswered, let seconds = options.replyTimeout { session.presenter.note(LoadText.silence(seconds)) }
        session.output.write(
            LoadText.report(
                counts, seconds: start.secondsAgo, isAnswered: stream.isAnswered, in: session.dialect))
        session.output.flush()
        return stream.isInterrupted || session.engine.loop.hasBeenInterrupted ? .interrupted : record.worst
    }

    /// False when Ctrl-C was pressed, too many commands have failed, no server is left to send commands to, or failures
    /// cannot be recorded.
    private var goesOn: Bool {
        guard !session.engine.loop.hasBeenInterrupted, !record.hasLostServers, record.keepsTrack else { return false }
        return options.maximumErrors.map { record.counts.failed + record.counts.unknown < $0 } ?? true
    }

    /// True as long as nothing has been carried out because the database was refused.
    private var hasNoDatabase: Bool { isDatabaseRefused && counts.succeeded == 0 }

    private var counts: LoadText.Counts {
        var counts = record.counts
        counts.succeeded += pipeline?.succeededCount ?? 0
        counts.retried += pipeline?.resentCount ?? 0
        return counts
    }

    /// What is done or on record.
    private var checkpoint: Checkpoint {
        let state = session.engine.session
        let held = stream?.heldPlace.map { [$0] } ?? []
        let open = (pipeline?.openPlaces ?? []) + record.undonePlaces + lines.openPlaces + held
        let before = stream?.progress ?? resumed?.progress ?? LoadProgress(start: Self.beginning, rest: 0)
        return Checkpoint(
            progress: before.advanced(to: reader.nextPlace, open: open), session: state,
            user: state.credentials == credentials ? resumed?.user : state.credentials?.userName, head: head)
    }

    private func take(_ outcome: PipelineOutcome, at place: InputPlace, _ bytes: UnsafeRawBufferPointer) {
        let line = LoadRecord.Line(words: Command(request: bytes).arguments, place: place)
        switch outcome {
        case .reply(let reply, let node):
            let status = session.configuration.ignoresErrors ? ExitStatus.ok : .error
            let text = RESPValue(reply: reply)?.text ?? ""
            record.fail(line, lines.failure(Command(line.words), text, status: status, node: node))
        case .failure(let failure): record.fail(line, .init(failure))
        // Replies are not kept.
        case .part: break
        }
    }

    // MARK: Time

    /// Does the periodic work; returns when it is due next.
    private func tick() -> Instant {
        if options.resume != nil, nextCheckpoint.hasPassed { writeCheckpoint() }
        if showsProgress, nextProgress.hasPassed { showProgress() }
        return min(options.resume == nil ? .never : nextCheckpoint, showsProgress ? nextProgress : .never)
    }

    /// Applies the reply timeout of the load, if it has one, to a line that runs alone.
    private func withinTimeout(_ body: () -> Void) {
        let timeout = session.engine.replyTimeout
        defer { session.engine.replyTimeout = timeout }
        session.engine.replyTimeout = options.replyTimeout ?? timeout
        body()
    }

    private func nextTurn(_ rate: Int) -> Instant {
        let due = Double(pacedCount) / Double(rate)
        let passed = paceStart.secondsAgo
        guard due <= passed else { return Instant(seconds: due - passed) }
        if passed - due > Self.longestBurst {
            paceStart = .now
            pacedCount = 0
        }
        pacedCount += 1
        return .now
    }

    private func writeCheckpoint() {
        guard let path = options.resume, !hasNoDatabase else { return }
        nextCheckpoint = Instant(seconds: Self.checkpointInterval)
        // Failures before the place must be on record before the place is.
        guard record.synchronize() else { return }
        do throws(PrivateFile.Failure) {
            try checkpoint.write(to: path)
        } catch {
            record.loseTrack(path: path, error)
        }
    }

    private func showProgress() {
        let interval = Self.progressInterval + nextProgress.secondsAgo
        nextProgress = Instant(seconds: Self.progressInterval)
        let counts = counts
        let rate = Int(Double(counts.all - progressCount) / interval)
        progressCount = counts.all
        let startOffset = resumed?.progress.start.offset ?? 0
        let read = reader.nextPlace.offset - startOffset
        let share = size.map { Double(read) / Double(max(1, $0 - startOffset)) }
        let line = LoadText.progress(counts, share: share, rate: rate, seconds: start.secondsAgo)
        session.presenter.showPassing([line])
    }
}

extension SessionState.Credentials {
    fileprivate var userName: ByteString { user ?? "default" }
}
