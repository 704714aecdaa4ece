import Options
import Terminal
import Clock
import Commands
import Engine
import Presentation
import RESP
import Routing
import Transport

/// Runs the commands of an input at the speed of the servers: those that can be pipelined are; before any other runs,
/// everything before it is finished.
final class CommandStream {
    /// Runs a command that must run alone. False ends the stream.
    typealias RunAlone = (_ words: [ByteString], InputPlace) -> Bool
    /// Handles a line that cannot be split into words. False ends the stream.
    typealias Refuse = (TokenizerError, InputPlace, _ line: [UInt8]) -> Bool

    /// Seconds.
    private static let nap = 0.001

    private let session: Session
    let reader: CommandReader
    let pipeline: Pipeline
    /// Changes only when a command runs alone, as does the next property.
    private var mayStream: Bool
    private var knownKeys: KnownKeys?
    private let runAlone: RunAlone
    private let refuse: Refuse
    /// True when Ctrl-C has ended the stream; the commands in flight have been waited for.
    private(set) var isInterrupted = false
    /// True when all of the input has run.
    private(set) var isComplete = false
    /// When the next command may be sent; called before each. Nil without a rate limit.
    var pace: (() -> Instant)?
    /// Seconds without a reply after which waiting ends, once all of the input is in flight; nil for no limit.
    var timeout: Double?
    /// The same once Ctrl-C has ended the stream; nil for no difference.
    var patience: Double?
    /// Called once all of the input is in flight, before the last replies are waited for.
    var onEnd: () -> Void = {}
    /// False when the last replies did not arrive in time.
    private(set) var isAnswered = true
    /// Called before each wait; returns the deadline for it.
    var tick: () -> Instant = { .never }
    /// Called before each wait; false when no more input is wanted.
    var goesOn: () -> Bool = { true }
    /// In a resumed load: what is already done and is not run again.
    var progress: LoadProgress?
    private var isStopped = false
    /// The place of a command that has been read and is waiting to run.
    private(set) var heldPlace: InputPlace?

    init(
        _ session: Session, _ reader: CommandReader, _ pipeline: Pipeline, runAlone: @escaping RunAlone,
        refuse: @escaping Refuse
    ) {
        self.session = session
        self.reader = reader
        self.pipeline = pipeline
        self.runAlone = runAlone
        self.refuse = refuse
        mayStream = Self.mayStream(session)
        knownKeys = session.presenter.knownKeys
    }

    /// - Throws: ``ProtocolError`` for malformed RESP; everything before it has been finished.
    func run() throws(ProtocolError) {
        defer { isAnswered = pipeline.drain(timeout: isInterrupted ? patience ?? timeout : timeout) }
        while !isStopped, !isInterrupted {
            guard pipeline.hasRoom else {
                // Not woken by a single free place in the window or by every few replies: more arrive while this
                // sleeps.
                repeat {
                    _ = wait(forInput: false)
                    stopIfNeeded()
                    if pipeline.hasMuchUnderWay { Poller.sleep(seconds: Self.nap) }
                } while !pipeline.isWorthFilling && !isInterrupted && !isStopped
                continue
            }
            if let pace, case let next = pace(), !next.hasPassed {
                _ = wait(forInput: false, until: next)
                continue
            }
            switch try reader.next() {
            case .words:
                let words = reader.words
                if !words.isEmpty, !isDone, !run(words, of: reader.bytes.bytes) { return }
            case .text(let line):
                guard isDone || run(text: line) else { return }
            case nil:
                if reader.isAtEnd {
                    isComplete = reader.failure == nil
                    if isComplete { onEnd() }
                    return
                }
                if session.stream == nil ? wait(forInput: true) : showMessages() {
                    reader.fill()
                    if !reader.isAtEnd { stopIfNeeded() }
                }
            }
        }
    }

    /// What has just arrived may end the stream: then nothing more is sent.
    private func stopIfNeeded() { isStopped = isStopped || !goesOn() }

    /// Waits for replies, and for input if wanted. True when there is input.
    private func wait(forInput: Bool, until deadline: Instant = .never) -> Bool {
        isStopped = !goesOn()
        guard !isStopped else { return false }
        if forInput, pipeline.isEmpty, session.engine.session.tracksKeys { return waitBesidePushes() }
        let isReadable = pipeline.wait(for: forInput ? reader.descriptor : nil, until: min(deadline, tick()))
        if session.engine.loop.takeInterrupt() { isInterrupted = true }
        return isReadable
    }

    /// While keys are tracked: shows what servers report about them until there is input. False when Ctrl-C was
    /// pressed.
    private func waitBesidePushes() -> Bool {
        switch session.engine.idle(until: .init(descriptor: reader.descriptor)) {
        case .input: return true
        case .interrupt: isInterrupted = true
        case .resize: break
        }
        return false
    }

    /// While subscribed: shows messages until there is input. False when the subscription is over, or on Ctrl-C.
    private func showMessages() -> Bool {
        switch session.showMessages(watching: reader.descriptor) {
        case .inputReady: return true
        case .interrupted: isInterrupted = true
        case .answered, .ended, .resized, .resumed: break
        }
        return false
    }

    // MARK: Commands

    /// True when an earlier load has already run the command just read.
    private var isDone: Bool { progress?.takes(reader.place) == false }

    private func run(_ words: [Range<Int>], of bytes: RawSpan) -> Bool {
        if mayStream {
            let isFirst = pipeline.isEmpty
            if pipeline.submit(words, of: bytes, at: reader.place) {
                if isFirst { session.presenter.begin() }
                if let knownKeys {
                    knownKeys.keep(Command(words.map { bytes.byteString($0) }), at: reader.place.offset)
                }
                return true
            }
        }
        let command = words.map { bytes.byteString($0) }
        guard finish() else { return false }
        defer {
            // It may have been a word of the shell that changes where commands go.
            if CommandTable.row(for: command) == nil || session.aliases[command[0]] != nil {
                pipeline.forgetPlacements()
            }
            mayStream = Self.mayStream(session)
            knownKeys = session.presenter.knownKeys
        }
        return runAlone(command, reader.place)
    }

    /// Waits until everything in flight is done. False when the stream ends instead, for example after Ctrl-C: commands
    /// in flight are still waited for, but the command just read does not run.
    private func finish() -> Bool {
        heldPlace = reader.place
        _ = tick()
        while !pipeline.isEmpty, !isInterrupted, !isStopped { _ = wait(forInput: false) }
        // One of those replies may have ended the stream.
        guard !isInterrupted, !isStopped, goesOn() else { return false }
        heldPlace = nil
        return true
    }

    private func run(text line: [UInt8]) -> Bool {
        let words: [ByteString]
        do {
            words = try Tokenizer.words(line)
        } catch {
            guard finish() else { return false }
            return refuse(error, reader.place, line)
        }
        guard !words.isEmpty else { return true }
        var bytes: [UInt8] = []
        var ranges: [Range<Int>] = []
        for word in words {
            ranges.append(bytes.count..<(bytes.count + word.count))
            bytes += word.bytes
        }
        return bytes.withUnsafeBytes { run(ranges, of: $0.bytes) }
    }

    /// False where the outcome or the time of each line is needed before the next one runs.
    private static func mayStream(_ session: Session) -> Bool {
        guard case .none = session.engine.transaction else { return false }
        return session.stream == nil && !session.configuration.stopsAtError && session.configuration.interval == 0
            && !session.presenter.showsTiming
    }
}
