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
    private static let wordsInMessages = 4

    private let session: Session
    private let options: Configuration.Load
    private let name: String
    private let reader: CommandReader
    /// Bytes of the input; nil for a pipe.
    private let size: Int?
    private let head: UInt64
    private let rejects: RejectFile?
    private let unknowns: RejectFile?
    private let showsProgress: Bool
    private let start = Deadline.now
    private let startOffset: Int
    private var counts = LoadText.Counts()
    private var pipeline: Pipeline?
    private var worst = ExitStatus.ok
    private var nextCheckpoint = Deadline(seconds: checkpointInterval)
    private var nextProgress = Deadline(seconds: progressInterval)
    private var progressCount = 0
    private var paceStart = Deadline.now
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
        showsProgress = !session.isDropIn && Terminal.isTerminal(STDERR_FILENO)
        var status = stat()
        let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        size = isRegular ? Int(status.st_size) : nil
        var resumed: Checkpoint?
        if let path = options.resume {
            let head = CommandReader.head(of: descriptor, count: Checkpoint.headSize)
            self.head = Checkpoint.hash(head)
            resumed = try Checkpoint(path: path)
            if let resumed, resumed.head != self.head { throw .otherInput(path: path) }
            reader = CommandReader(descriptor: descriptor, head: head, from: resumed?.place)
        } else {
            head = 0
            reader = CommandReader(descriptor: descriptor, format: nil)
        }
        startOffset = resumed?.place.offset ?? 0
        let format = reader.format
        let appends = resumed != nil
        rejects = options.reject.map { RejectFile(path: $0, format: format, appends: appends) }
        unknowns = options.reject.map { RejectFile(path: $0 + ".unknown", format: format, appends: appends) }
    }

    /// The status is the highest of 4, 3 and 1; 130 after Ctrl-C.
    func run() -> ExitStatus {
        rejects?.open()
        if let status = tellFileFailure() { return status }
        let pipeline = Pipeline(session.engine, keepsReplies: false) { [unowned self] outcome, place, command in
            take(outcome, at: place, command)
        }
        self.pipeline = pipeline
        let stream = CommandStream(session, reader, pipeline) { [unowned self] words, place in
            runAlone(words, at: place)
            return true
        } refuse: { [unowned self] error, place, line in
            counts.failed += 1
            worst = max(worst, .error)
            rejects?.add(line + [0x0a])
            tell(place, [], nil, error.message)
            return true
        }
        stream.tick = { [unowned self, unowned stream] in
            if let most = options.maximumErrors, counts.failed + counts.unknown >= most { stream.isStopped = true }
            return tick()
        }
        if let rate = options.rate { stream.pace = { [unowned self] in nextTurn(rate) } }
        var violation: ProtocolError?
        do throws(ProtocolError) {
            try stream.run()
        } catch {
            violation = error
        }
        wipeProgress()
        session.output.write(LoadText.transferred)
        if let violation {
            counts.failed += 1
            worst = max(worst, .error)
            tell(reader.nextPlace, [], nil, violation.message)
        }
        if let failure = reader.failure {
            _ = session.fail(.cannotOpen(path: ByteString(name), reason: String(cString: strerror(failure))))
            worst = max(worst, .error)
        }
        worst = max(worst, session.tellOpenTransaction(in: name))
        writeCheckpoint()
        rejects?.flush()
        unknowns?.flush()
        if let status = tellFileFailure() { worst = max(worst, status) }
        updateCounts()
        session.output.write(
            LoadText.report(counts, seconds: start.secondsAgo, isDropIn: session.isDropIn))
        session.output.flush()
        return stream.isInterrupted ? .interrupted : worst
    }

    private var aloneSucceeded = 0

    private func updateCounts() {
        counts.succeeded = aloneSucceeded + (pipeline?.succeededCount ?? 0)
        counts.retried = pipeline?.resentCount ?? 0
    }

    // MARK: Outcomes

    private func runAlone(_ words: [ByteString], at place: InputPlace) {
        do {
            guard let command = try Command(words: words) else {
                return fail(
                    .error, at: place, words, nil, CLIError.commandMissing(target: words[0]).message(isDropIn: false))
            }
            let row = session.engine.row(for: command)
            switch row?.effect {
            case .subscribe, .unsubscribe, .monitor:
                return fail(.silencesReplies(command: command.name.text), at: place, words)
            default: break
            }
            do {
                let reply = try session.engine.run(command)
                for note in reply.notes { session.show(note) }
                guard reply.outcome != .succeeded else { return aloneSucceeded += 1 }
                let status = ExitStatus(reply, ignoresErrors: session.configuration.ignoresErrors)
                fail(status, at: place, words, nil, reply.errorText)
            } catch {
                fail(error, at: place, words)
            }
        } catch {
            fail(.error, at: place, words, nil, error.message)
        }
    }

    private func take(_ outcome: PipelineOutcome, at place: InputPlace, _ bytes: UnsafeRawBufferPointer) {
        let words = Command(request: bytes).arguments
        switch outcome {
        case .reply(let reply, let node):
            let status = session.configuration.ignoresErrors ? ExitStatus.ok : .error
            let text = RESPValue(reply: reply)?.text ?? ""
            fail(status, at: place, words, node, text)
        case .failure(let failure): fail(failure, at: place, words)
        }
    }

    private func fail(_ failure: CommandFailure, at place: InputPlace, _ words: [ByteString]) {
        fail(ExitStatus(failure), at: place, words, failure.node, failure.cause, isUnknown: failure.isUnknown)
    }

    private func fail(
        _ status: ExitStatus, at place: InputPlace, _ words: [ByteString], _ node: NodeAddress?, _ reason: String,
        isUnknown: Bool = false
    ) {
        worst = max(worst, status)
        if isUnknown { counts.unknown += 1 } else { counts.failed += 1 }
        if let file = isUnknown ? unknowns : rejects {
            var bytes: [UInt8] = []
            RESPEncoder.append(words, to: &bytes)
            bytes.withUnsafeBytes { file.add($0, words: words) }
        }
        tell(place, words, node, reason)
    }

    private func tell(_ place: InputPlace, _ words: [ByteString], _ node: NodeAddress?, _ reason: String) {
        wipeProgress()
        guard !session.isDropIn else { return session.output.note(reason) }
        let row = words.isEmpty ? nil : CommandTable.row(for: words)
        let isSecret = row?.sensitivity.isSecret(words) ?? false
        let shown = isSecret ? Array(words.prefix(1)) : Array(words.prefix(Self.wordsInMessages)).map(Self.shortened)
        session.output.note(
            LoadText.failure(
                file: name, line: place.line, offset: place.offset, words: shown, node: node, reason: reason))
    }

    private static func shortened(_ word: ByteString) -> ByteString {
        word.count <= 64 ? word : ByteString(word.bytes.prefix(60)) + "..."
    }

    /// Says once that a file of the load cannot be written.
    private func tellFileFailure() -> ExitStatus? {
        for (file, path) in [(rejects, options.reject), (unknowns, options.reject)] {
            guard let failure = file?.failure, let path else { continue }
            return session.fail(.cannotOpen(path: path, reason: String(cString: strerror(failure))))
        }
        return nil
    }

    // MARK: Time

    /// What is done now and then; gives the next time.
    private func tick() -> Deadline {
        if options.resume != nil, nextCheckpoint.hasPassed { writeCheckpoint() }
        if showsProgress, nextProgress.hasPassed { showProgress() }
        return min(options.resume == nil ? .never : nextCheckpoint, showsProgress ? nextProgress : .never)
    }

    private func nextTurn(_ rate: Int) -> Deadline {
        let due = Double(pacedCount) / Double(rate)
        let passed = paceStart.secondsAgo
        guard due <= passed else { return Deadline(seconds: due - passed) }
        if passed - due > Self.longestBurst {
            paceStart = .now
            pacedCount = 0
        }
        pacedCount += 1
        return .now
    }

    private func writeCheckpoint() {
        guard let path = options.resume else { return }
        nextCheckpoint = Deadline(seconds: Self.checkpointInterval)
        // What failed before the place has to be on record when the place is.
        rejects?.flush()
        unknowns?.flush()
        let place = pipeline?.firstOpenPlace ?? reader.nextPlace
        guard let failure = Checkpoint(place: place, head: head).write(to: path) else { return }
        worst = max(worst, .error)
        _ = session.fail(.cannotOpen(path: path, reason: String(cString: strerror(failure))))
    }

    private func showProgress() {
        let interval = Self.progressInterval + nextProgress.secondsAgo
        nextProgress = Deadline(seconds: Self.progressInterval)
        updateCounts()
        let rate = Int(Double(counts.all - progressCount) / interval)
        progressCount = counts.all
        let read = reader.nextPlace.offset - startOffset
        let share = size.map { Double(read) / Double(max(1, $0 - startOffset)) }
        let line = LoadText.progress(counts, share: share, rate: rate, seconds: start.secondsAgo)
        session.output.noteBytes(Array("\r\u{1b}[K\(line)".utf8))
        isProgressShown = true
    }

    private var isProgressShown = false

    private func wipeProgress() {
        guard isProgressShown else { return }
        isProgressShown = false
        session.output.noteBytes(Array("\r\u{1b}[K".utf8))
    }
}

extension Reply {
    /// The first error of a reply that did not succeed.
    fileprivate var errorText: String {
        if case .value(let value) = body, value.isError { return value.text }
        return notes.first?.message(isDropIn: false) ?? ""
    }
}
