import Terminal
import Options
import Clock
import Commands
import Engine
import Glibc
import Presentation
import RESP
import Routing
import Transport

/// `--pipe`: loads commands without printing replies, and tells of each that failed.
final class BulkLoad {
    /// Seconds between two checkpoints, and between two lines of progress.
    private static let checkpointInterval = 1.0
    private static let progressInterval = 0.5
    /// A load that was held up does not catch up on more than this, in seconds.
    private static let longestBurst = 0.1
    private static let beginning = InputPlace(line: 1, offset: 0)

    private let session: Session
    private let options: Configuration.Load
    private let name: String
    private let reader: CommandReader
    /// Bytes of the input; nil for a pipe.
    private let size: Int?
    private let head: UInt64
    private let record: LoadRecord
    private let showsProgress: Bool
    private let start = Instant.now
    /// Where the load goes on; nil where it begins.
    private let resumed: Checkpoint?
    /// Of the command line.
    private let credentials: SessionState.Credentials?
    private var pipeline: Pipeline?
    private var stream: CommandStream?
    private var transaction = LoadTransaction()
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
        showsProgress = session.dialect.hasOwnNotes && Terminal.isTerminal(STDERR_FILENO)
        var status = stat()
        let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        size = isRegular ? Int(status.st_size) : nil
        var resumed: Checkpoint?
        if let path = options.resume {
            let head = CommandReader.head(of: descriptor, count: Checkpoint.headSize)
            let hash = Checkpoint.hash(head)
            resumed = try Checkpoint(path: path)
            let place = resumed?.progress.start ?? Self.beginning
            guard resumed == nil || resumed?.head == hash,
                let reader = CommandReader(descriptor: descriptor, head: head, from: place)
            else { throw .otherInput(path: path) }
            self.reader = reader
            self.head = hash
        } else {
            head = 0
            reader = CommandReader(descriptor: descriptor, takesRequests: true)
        }
        self.resumed = resumed
        credentials = session.engine.session.credentials
        if let path = options.resume, let user = resumed?.user, credentials.map(\.userName) != user {
            throw .checkpointNeedsUser(path: path, user: user)
        }
        record = LoadRecord(session, options, name: name, appends: resumed != nil)
    }

    /// The status is the highest of 4, 3 and 1; 130 after Ctrl-C.
    func run() -> ExitStatus {
        // Ctrl-C waits for the replies to what was sent, and so does whoever else ends the load in good order.
        session.engine.loop.signals = SignalPipe(catchesTermination: true)
        // Nobody may read the report, or what failed, but the load goes on.
        BrokenPipes.ignore()
        if let state = resumed?.session {
            let credentials = session.engine.session.credentials
            session.engine.session = state
            session.engine.session.credentials = credentials
        }
        do {
            try session.engine.reach()
        } catch {
            return session.fail(error, of: Command([]), at: nil)
        }
        guard record.open() else { return record.worst }
        writeCheckpoint()
        guard record.keepsTrack else { return record.worst }
        let pipeline = Pipeline(session.engine, keepsReplies: false, runsAlone: session.runsAlone) {
            [unowned self] outcome, place, command in
            take(outcome, at: place, command)
        }
        self.pipeline = pipeline
        let stream = CommandStream(session, reader, pipeline) { [unowned self] words, place in
            runAlone(.init(words: words, place: place))
            return goesOn
        } refuse: { [unowned self] error, place, line in
            let line = LoadRecord.Line(words: [], place: place, text: line)
            if session.engine.transaction.isInBlock {
                refuse(line, .init(error.message))
            } else {
                record.fail(line, .init(error.message))
            }
            return goesOn
        }
        self.stream = stream
        stream.progress = resumed?.progress
        stream.tick = { [unowned self] in tick() }
        stream.goesOn = { [unowned self] in goesOn }
        stream.timeout = options.replyTimeout
        if let rate = options.rate { stream.pace = { [unowned self] in nextTurn(rate) } }
        var violation: ProtocolError?
        do throws(ProtocolError) {
            try stream.run()
        } catch {
            violation = error
        }
        session.presenter.wipePassing()
        if stream.isComplete {
            session.output.write(LoadText.transferred)
            endInTransaction()
        } else if let violation {
            record.failInput(at: reader.nextPlace, violation.message)
        } else if let failure = reader.failure {
            let error = CLIError.cannotOpen(path: ByteString(name), reason: String(errno: failure))
            record.note(min(session.fail(error), .error))
        }
        if !stream.isComplete, session.dialect.hasOwnNotes {
            let place = transaction.place ?? stream.heldPlace ?? reader.nextPlace
            session.presenter.note(LoadText.stopped(file: name, line: place.line, offset: place.offset))
        }
        writeCheckpoint()
        record.synchronize()
        if !stream.isAnswered, let seconds = options.replyTimeout { session.presenter.note(LoadText.silence(seconds)) }
        session.output.write(
            LoadText.report(
                counts, seconds: start.secondsAgo, isAnswered: stream.isAnswered, in: session.dialect))
        session.output.flush()
        return stream.isInterrupted || session.engine.loop.hasBeenInterrupted ? .interrupted : record.worst
    }

    /// False when Ctrl-C was pressed, too much has failed, or there is nobody left to send commands to, or no place to
    /// keep what has failed.
    private var goesOn: Bool {
        guard !session.engine.loop.hasBeenInterrupted, !record.hasLostServers, record.keepsTrack else { return false }
        return options.maximumErrors.map { record.counts.failed + record.counts.unknown < $0 } ?? true
    }

    private var counts: LoadText.Counts {
        var counts = record.counts
        counts.succeeded += pipeline?.succeededCount ?? 0
        counts.retried = pipeline?.resentCount ?? 0
        return counts
    }

    /// What is done, or on record.
    private var checkpoint: Checkpoint {
        let state = session.engine.session
        let held = stream?.heldPlace.map { [$0] } ?? []
        let open = (pipeline?.openPlaces ?? []) + record.undonePlaces + transaction.openPlaces + held
        let before = stream?.progress ?? resumed?.progress ?? LoadProgress(start: Self.beginning, rest: 0)
        return Checkpoint(
            progress: before.advanced(to: reader.nextPlace, open: open), session: state,
            user: state.credentials == credentials ? resumed?.user : state.credentials?.userName, head: head)
    }

    // MARK: Outcomes

    private func runAlone(_ line: LoadRecord.Line) {
        let wasInBlock = session.engine.transaction.isInBlock
        var reply: RESPValue?
        var failure: LoadRecord.Failure?
        do {
            reply = try self.reply(to: line.words)
        } catch {
            failure = error
        }
        switch (wasInBlock, session.engine.transaction.isInBlock) {
        case (false, false):
            if let failure { record.fail(line, failure) } else { record.succeed() }
            watch(line, failure)
        case (false, true): transaction.add(line)
        case (true, true):
            if let failure { refuse(line, failure) } else { transaction.add(line) }
        case (true, false): end(by: line, reply, failure)
        }
    }

    /// A line outside of a block may watch keys, or end that.
    private func watch(_ line: LoadRecord.Line, _ failure: LoadRecord.Failure?) {
        guard case .watching = session.engine.transaction else {
            transaction = LoadTransaction()
            return
        }
        let row = session.engine.row(for: Command(line.words))
        if failure == nil, row?.effect == .watch { transaction.watch(line) }
    }

    /// A line of a block that was not queued: the block will not run without it.
    private func refuse(_ line: LoadRecord.Line, _ failure: LoadRecord.Failure) {
        record.tell(line, failure)
        transaction.add(line)
        if failure.isUndone { transaction.obstacle = failure }
        session.engine.refuseBlock(at: LoadText.place(file: name, line: line.place.line, offset: line.place.offset))
    }

    /// EXEC has ended the block, or DISCARD, or what else ends it without carrying it out, as was asked for.
    private func end(by line: LoadRecord.Line, _ reply: RESPValue?, _ failure: LoadRecord.Failure?) {
        defer { transaction = LoadTransaction() }
        guard CommandTable.row(for: line.words)?.effect == .exec else {
            if let failure { record.fail(line, failure) } else { record.succeed() }
            return
        }
        if failure == nil, let reply, reply.kind == .array {
            transaction.end(
                Array(reply.elements), in: record, ignoresErrors: session.configuration.ignoresErrors)
            record.succeed()
        } else {
            let failure = transaction.obstacle ?? failure ?? .init(LoadText.watchedKeyChanged)
            transaction.fail(failure, in: record)
            record.fail(line, failure)
        }
    }

    /// A block without its EXEC.
    private func endInTransaction() {
        guard transaction.place != nil else { return }
        record.note(session.tellOpenTransaction(in: name))
        transaction.fail(.init(CLIError.endsInTransaction(file: name).message(in: .slotline)), in: record)
        transaction = LoadTransaction()
    }

    private func command(of words: [ByteString]) throws(LoadRecord.Failure) -> Command {
        let command: Command
        do {
            command = try session.grammar(.load).command(words)
        } catch .invalidTarget(let error) {
            throw LoadRecord.Failure(error.message)
        } catch {
            throw LoadRecord.Failure(CLIError(error, at: nil).message(in: .slotline))
        }
        switch session.engine.row(for: command)?.effect {
        case .subscribe, .unsubscribe, .monitor:
            throw LoadRecord.Failure(.silencesReplies(command: command.name.text))
        default: return command
        }
    }

    /// - Returns: nil where there is more than one, or none.
    private func reply(to words: [ByteString]) throws(LoadRecord.Failure) -> RESPValue? {
        let command = try command(of: words)
        let reply: Reply
        do {
            reply = try session.engine.run(command)
        } catch {
            throw LoadRecord.Failure(error)
        }
        for note in reply.notes { session.presenter.show(note) }
        guard reply.outcome == .succeeded else {
            let status = ExitStatus(reply, ignoresErrors: session.configuration.ignoresErrors)
            throw failure(command, reply.errorText, status: status)
        }
        guard case .value(let value) = reply.body else { return nil }
        return value
    }

    private func take(_ outcome: PipelineOutcome, at place: InputPlace, _ bytes: UnsafeRawBufferPointer) {
        let line = LoadRecord.Line(words: Command(request: bytes).arguments, place: place)
        switch outcome {
        case .reply(let reply, let node):
            let status = session.configuration.ignoresErrors ? ExitStatus.ok : .error
            let text = RESPValue(reply: reply)?.text ?? ""
            record.fail(line, failure(Command(line.words), text, status: status, node: node))
        case .failure(let failure): record.fail(line, .init(failure))
        }
    }

    /// What an error reply comes to.
    private func failure(
        _ command: Command, _ text: String, status: ExitStatus, node: NodeAddress? = nil
    ) -> LoadRecord.Failure {
        let engine = session.engine
        // What was waited for until the time was up. A script may have changed something before it met such an error.
        let isUndone: Bool =
            switch Redirect(ServerError(text.utf8), askedHost: "") {
            case .unavailable: true
            case .tryAgain, .demoted: engine.map.topology != nil
            case .moved, .ask, nil: false
            }
        guard isUndone, engine.router.routesCommands, command.target == nil,
            engine.row(for: command)?.flags.contains(.script) != true
        else { return LoadRecord.Failure(text, status: status, node: node) }
        var failure = LoadRecord.Failure(text, status: .noConnection, node: node)
        failure.isUndone = true
        return failure
    }

    // MARK: Time

    /// What is done now and then; gives the next time.
    private func tick() -> Instant {
        if options.resume != nil, nextCheckpoint.hasPassed { writeCheckpoint() }
        if showsProgress, nextProgress.hasPassed { showProgress() }
        return min(options.resume == nil ? .never : nextCheckpoint, showsProgress ? nextProgress : .never)
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
        guard let path = options.resume else { return }
        nextCheckpoint = Instant(seconds: Self.checkpointInterval)
        // What failed before the place has to be on record when the place is.
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

extension Reply {
    /// The first error of a reply that did not succeed.
    fileprivate var errorText: String {
        if case .value(let value) = body, value.isError { return value.text }
        return notes.first?.message(in: .slotline) ?? ""
    }
}
