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

/// Runs commands for all three ways in (one-shot, file, shell) and prints what comes of them.
final class Session {
    let configuration: Configuration
    let engine: Engine
    let output: Output
    /// How replies look; `:format` changes it.
    var style: Style
    /// True where redis-cli tells the time of slow commands: in files and in the shell.
    var tellsSlowCommands = false
    var showsTiming = false {
        didSet { engine.measuresTraffic = showsTiming }
    }
    /// What shows output that is taller than the window: a command of `/bin/sh`. Nil for nothing.
    var pager: String?
    /// Runs a text in place of a line that was typed; set in the shell.
    var enter: ((ByteString) -> LineRunner.Outcome)?
    /// The last line that was entered, for `:edit`.
    var lastLine: ByteString = ""
    var showsHints = true
    /// Words that stand for others at the begin of a line.
    var aliases: [ByteString: [ByteString]] = [:]
    /// The keys that went by; set where they can be completed.
    var knownKeys: KnownKeys?
    /// The subscription or MONITOR that the session is in.
    var stream: EventStream?
    /// Runs what writes on the screen while a line may be typed there; set in the shell.
    var interject: (() -> Void) -> Void = { $0() }
    /// True in the shell, where Ctrl-C returns to the prompt.
    var isInteractive = false
    /// Asks the user a question; set where there is somebody to ask.
    var confirm: ((_ question: String) -> Bool)?
    /// False when the last attempt found nobody; the shell's prompt says so.
    var isConnected = true
    private var hasToldOfAtomicity = false
    private var hasToldOfRefusal = false
    /// Why AUTH was refused, each reason once: every node gives the same.
    private var toldRefusals: Set<String> = []
    /// Rows of a note about waiting that stands on the terminal, to be wiped by what comes next.
    private var waitingRows = 0

    /// When the command that runs was begun, and how long its reply took; what a pager takes is not counted.
    private var start = Deadline.now
    private var replySeconds: Double?

    private static let slowSeconds = 0.5

    init(_ configuration: Configuration, engine: Engine, output: Output, style: Style) {
        self.configuration = configuration
        self.engine = engine
        self.output = output
        self.style = style
        engine.onNote = { [unowned self] in show($0) }
        engine.onPush = { [unowned self] in showPush($0) }
    }

    var renderer: Renderer { Renderer(style) }

    var isDropIn: Bool { configuration.isDropIn }

    /// What a line is, from here or there.
    func grammar(_ origin: LineGrammar.Origin) -> LineGrammar {
        LineGrammar(origin, aliases: aliases, isDropIn: isDropIn)
    }

    /// - Parameter place: where the command stands, for messages; nil unless it comes from a file.
    func run(_ command: Command, at place: SourceLine? = nil) -> ExitStatus {
        let row = engine.row(for: command)
        if let stream { return run(command, row: row, on: stream, at: place) }
        if let confirm, let question = Confirmation.question(for: command, row: row, engine: engine) {
            output.flush()
            guard confirm(question) else {
                refuseBlock(at: place)
                return .ok
            }
        }
        switch row?.effect {
        case .subscribe where !engine.transaction.isInBlock, .monitor where !engine.transaction.isInBlock:
            return openStream(command, at: place)
        default: break
        }
        start = Deadline.now
        replySeconds = nil
        let status = paged {
            defer { tellTime() }
            return runOnce(command, row: row, at: place)
        }
        output.flush()
        return status
    }

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
        paged {
            output.write(text)
            return .ok
        }
    }

    private func runOnce(_ command: Command, row: CommandSpec?, at place: SourceLine?) -> ExitStatus {
        var isStreaming = false
        let emit = { [output, renderer, knownKeys] (elements: [RESPValue]) -> Bool in
            output.write { buffer in
                if !isStreaming { renderer.appendStreamStart(to: &buffer) }
                renderer.appendStreamElements(elements, isFirst: !isStreaming, to: &buffer)
            }
            isStreaming = true
            if let row, row.flags.contains(.namesKeys) { for key in elements { knownKeys?.insert(key.byteString) } }
            output.flush()
            return output.isWritable
        }
        do {
            let reply = try engine.run(command, emit: emit)
            replySeconds = start.secondsAgo
            isConnected = true
            wipeWaiting()
            knownKeys?.learn(from: command, row: row, reply)
            if isStreaming, case .value(let value) = reply.body {
                output.write { renderer.appendStreamEnd(to: &$0) }
                tell(value.text, of: command, at: place)
                return .partial
            }
            if case .streamed = reply.body, row?.iterates == nil {
                // A server that was shut down: no reply, but under JSON a value all the same.
                if style.format.isJSON { output.write { renderer.append(.null, isText: false, to: &$0) } }
            } else if case .streamed = reply.body {
                output.write { buffer in
                    if !isStreaming { renderer.appendStreamStart(to: &buffer) }
                    renderer.appendStreamEnd(to: &buffer)
                }
            }
            return show(reply, of: command, row: row, at: place)
        } catch {
            wipeWaiting()
            guard isStreaming else { return fail(error, of: command, at: place) }
            output.write { renderer.appendStreamEnd(to: &$0) }
            tell(error.message(isDropIn: isDropIn), of: command, at: place)
            return error == .interrupted ? .interrupted : .partial
        }
    }

    /// True for a line of a file that is no command of a server's, and for a row whose reply is made readable as a whole.
    func runsAlone(_ words: [ByteString], _ row: CommandSpec?) -> Bool {
        if let row { return row.shape != .plain && (style.readsTables || style.readsObjects) }
        return grammar(.file).mayBeMore(than: words[0])
    }

    // MARK: What came of it

    /// True where every command leaves a record among the data, whatever comes of it, so that a program can tell which
    /// belongs to which. Nobody but a person reads what the shell writes to the terminal.
    private var keepsRecords: Bool {
        !style.format.isForPeople && !isDropIn && !(isInteractive && Terminal.isTerminal(output.descriptor))
    }

    func show(_ reply: Reply, of command: Command, row: CommandSpec?, at place: SourceLine?) -> ExitStatus {
        let ignoresErrors = configuration.ignoresErrors || isDropIn && !configuration.stopsAtError
        if configuration.stopsAtError, case .value(let value) = reply.body, value.isError {
            if keepsRecords { output.write { renderer.append(value, isText: false, to: &$0) } }
            tell(value.text, of: command, at: place)
        } else {
            let shape = row?.shape ?? .plain
            let reply = readable(reply, of: command, shape)
            if style.readsTables, !style.readsObjects, let table = reply.table(shape) {
                output.write(table.text(width: windowWidth))
            } else {
                output.write {
                    renderer.append(
                        reply, isText: row?.flags.contains(.text) ?? false, total: row?.aggregate ?? .perNode, to: &$0)
                }
            }
            if configuration.stopsAtError, reply.outcome != .succeeded, let place {
                tell(reply.notes.first?.message(isDropIn: isDropIn) ?? "", of: command, at: place)
            }
        }
        if case .value(let value) = reply.body { tellPlace(of: value, place) }
        if place == nil, row == nil, style.readsTables, case .value(let value) = reply.body, value.isUnknownCommand,
            let name = CommandTable.suggestion(for: command.arguments)
        {
            output.note(CLIError.suggestion(name))
        }
        let isBesideNodes = if case .perNode = reply.body { true } else { false }
        for note in reply.notes { show(note, isBesideNodes: isBesideNodes) }
        return ExitStatus(reply, ignoresErrors: ignoresErrors)
    }

    /// A reply as it came from a server, to a command that has one reply.
    func show(reply bytes: UnsafeRawBufferPointer, from node: NodeAddress, at place: SourceLine) -> ExitStatus {
        guard let value = RESPValue(reply: bytes) else {
            return fail(.protocolViolation(node, .tooDeep), of: Command([""]), at: place)
        }
        output.write { renderer.append(value, isText: false, to: &$0) }
        tellPlace(of: value, place)
        guard value.isError else { return .ok }
        return configuration.ignoresErrors || isDropIn ? .ok : .error
    }

    /// In the shell an error reply to a line of a file shows which line; elsewhere replies are data, line by line.
    private func tellPlace(of value: RESPValue, _ place: SourceLine?) {
        guard isInteractive, value.isError, let place else { return }
        output.note("at \(place)")
    }

    private func readable(_ reply: Reply, of command: Command, _ shape: ReplyShape) -> Reply {
        let reply = style.readsObjects ? reply.objects(shape) : reply
        return style.readsTables ? reply.pairs(shape, command.arguments) : reply
    }

    /// A command that has no reply.
    func fail(_ failure: CommandFailure, of command: Command, at place: SourceLine?) -> ExitStatus {
        // Behind the ^C that the terminal shows.
        if engine.loop.hasBeenInterrupted { output.noteBytes([0x0a]) }
        if engine.map.topology == nil, ExitStatus(failure) == .noConnection { isConnected = false }
        if keepsRecords { output.write { renderer.append(failure, to: &$0) } }
        tell(failure.message(isDropIn: isDropIn), of: command, at: place)
        refuseBlock(at: place)
        return ExitStatus(failure)
    }

    /// A line was not queued: at the prompt it can be typed again, in a file the block around it must not run without it.
    private func refuseBlock(at place: SourceLine?) {
        if let place { engine.refuseBlock(at: "\(place)") }
    }

    /// A refused stream: its first reply is an error.
    func fail(_ error: RESPValue, of command: Command, at place: SourceLine?) -> ExitStatus {
        show(Reply(error), of: command, row: nil, at: place)
    }

    /// Something that went wrong before there was a command.
    func fail(_ error: CLIError, at place: SourceLine? = nil) -> ExitStatus {
        if keepsRecords { output.write { renderer.append(error, to: &$0) } }
        let message = error.message(isDropIn: isDropIn)
        if isDropIn, error.isOnStandardOutputInRedisCLI {
            output.write(message + "\n")
        } else if let place, !isDropIn, !error.namesPlace {
            output.note(CLIError.placed(at: "\(place)", message))
        } else {
            output.note(message)
        }
        if case .unknownWord(let word) = error, place == nil, !isDropIn, let near = ShellWord.suggestion(for: word) {
            output.note(CLIError.suggestion(near.name))
        }
        output.flush()
        refuseBlock(at: place)
        // 2 is for the command line alone.
        return place == nil ? ExitStatus(error) : min(ExitStatus(error), .error)
    }

    /// Says that the input has ended within a block, which no prompt will bring to its end.
    func tellOpenTransaction(in file: String) -> ExitStatus {
        guard !isInteractive, !isDropIn, engine.transaction.isInBlock else { return .ok }
        let error = CLIError.endsInTransaction(file: file)
        output.note(error.message(isDropIn: false))
        return ExitStatus(error)
    }

    /// A message on stderr, with the place of the command if it stands in a file. Secrets are left out.
    private func tell(_ message: String, of command: Command, at place: SourceLine?) {
        guard let place, !isDropIn else { return output.note(message) }
        let isSecret = engine.row(for: command)?.sensitivity.isSecret(command.arguments) ?? false
        let words = isSecret ? [command.name] : Array(command.arguments.prefix(Self.wordsInMessages))
        let more = words.count < command.arguments.count ? " ..." : ""
        let text = words.map { Quoting.utf8.word($0) }.joined(separator: " ") + more
        output.note(CLIError.stopped(at: place, command: text, because: message))
    }

    private static let wordsInMessages = 4

    /// Notes are for people beside the data; redis-cli's stand-in keeps to what redis-cli says.
    func show(_ note: Note, isBesideNodes: Bool = false) {
        switch note {
        case .authenticationFailed(_, let error) where isDropIn || toldRefusals.insert(error).inserted: break
        case .helloFailed: break
        case .coverage where !isDropIn, .partial where !isDropIn, .leftBehind where !isDropIn: break
        case .notAtomic where !isDropIn && !hasToldOfAtomicity: hasToldOfAtomicity = true
        case .topologyRefused where !isDropIn && !hasToldOfRefusal: hasToldOfRefusal = true
        case .redirected where configuration.isVerbose: break
        case .localCount where !isDropIn && Terminal.isTerminal(2): break
        case .waiting where !isDropIn && Terminal.isTerminal(2), .silent where !isDropIn && Terminal.isTerminal(2),
            .working where !isDropIn && Terminal.isTerminal(2):
            wipeWaiting()
            // A row's last column stays free: what stands there may wrap or not.
            let lines = note.message(isDropIn: false).wrapped(at: (Terminal.size(of: 2)?.columns ?? 80) - 1)
            output.noteBytes(Array(lines.joined(separator: "\n").utf8))
            waitingRows = lines.count
            return
        case .authenticationFailed, .coverage, .partial, .leftBehind, .notAtomic, .topologyRefused, .redirected,
            .localCount, .waiting, .silent, .working:
            return
        }
        wipeWaiting()
        output.note(note.message(isDropIn: isDropIn, isBesideNodes: isBesideNodes))
    }

    private func wipeWaiting() {
        guard waitingRows > 0 else { return }
        let up = waitingRows > 1 ? "\u{1b}[\(waitingRows - 1)A" : ""
        waitingRows = 0
        output.noteBytes(Array("\r\(up)\u{1b}[J".utf8))
    }

    private func showPush(_ value: RESPValue) {
        guard configuration.showsPushes ?? (style.format == .terminal) else { return }
        interject {
            output.write { renderer.append(value, isText: false, to: &$0) }
            if isInteractive { output.flush() }
        }
    }

    /// `:timing on` tells every time, redis-cli those of half a second and more.
    private func tellTime() {
        let seconds = replySeconds ?? start.secondsAgo
        if showsTiming {
            output.note(TimingText.line(seconds: seconds, engine.traffic))
        } else if tellsSlowCommands, style.format == .terminal, seconds >= Self.slowSeconds {
            output.write("(\(seconds.text(decimals: 2))s)\n")
        }
    }
}

extension RESPValue {
    fileprivate var isUnknownCommand: Bool { isError && text.hasPrefix("ERR unknown ") }
}
