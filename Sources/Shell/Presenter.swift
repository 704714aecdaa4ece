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

/// Shows the outcomes of commands. There is no other way to the user, so a reply looks the same and counts the same
/// whether its command was typed, came from a file, or was one of thousands in flight at once.
final class Presenter {
    let output: Output
    let configuration: Configuration
    let engine: Engine
    /// How replies look; `:format` changes it.
    var style: Style
    /// The style to return to after a line that has its own; nil while no such line runs.
    var lastingStyle: Style?
    /// Which columns of a table are shown.
    var columns = Table.Choice.fitting
    /// The shell command that shows output taller than the window; nil for none.
    var pager: String?
    /// True where redis-cli reports the time of slow commands: in files and in the shell.
    var tellsSlowCommands = false
    /// Notes explain what was done. What was not done is always reported.
    var showsNotes = true
    var showsTiming = false {
        didSet { engine.measuresTiming = showsTiming }
    }
    /// The keys seen so far; set where keys can be completed.
    var knownKeys: KnownKeys?
    /// The commands that can be suggested.
    var vocabulary: () -> Vocabulary = { Vocabulary() }
    /// True while a line is being typed, where nothing temporary can be shown.
    var isTyping = false
    /// True in the shell, where Ctrl-C returns to the prompt.
    var isInteractive = false
    /// False when the last attempt reached no server; the shell's prompt says so.
    var isConnected = true
    /// What has already been said.
    var told = ToldNotes()
    /// The time of a command whose reply is still being shown by the program that it is piped to.
    var heldTiming: String?
    /// Rows of temporary text on the terminal.
    var passingRows = 0
    /// True while the cursor's row says what is being waited for.
    var showsStatus = false

    /// When waiting for the reply began; nil where the time is not reported.
    private var start: Instant?
    /// The incomplete reply whose first elements have been shown.
    private var elementStream: ElementStream?

    private static let slowSeconds = 0.5

    init(_ configuration: Configuration, engine: Engine, output: Output, style: Style) {
        self.configuration = configuration
        self.engine = engine
        self.output = output
        self.style = style
        showsNotes = !configuration.isQuiet
    }

    var renderer: Renderer { Renderer(style) }

    var dialect: Dialect { configuration.dialect }

    // MARK: Outcomes

    /// Starts waiting for a reply.
    func begin() {
        start = showsTiming || tellsSlowCommands && style.format.isPretty ? .now : nil
    }

    /// What all outcomes have in common.
    private func outcome(isReply: Bool, _ show: () -> ExitStatus) -> ExitStatus {
        // Time spent in a pager is not counted.
        let seconds = start?.secondsAgo
        start = nil
        wipePassing()
        if isReply {
            isConnected = true
            told.failure = nil
        }
        let status = show()
        elementStream = nil
        if let seconds { tell(seconds: seconds) }
        return status
    }

    /// - Parameter place: the place of the command; nil unless it comes from a file.
    func show(_ reply: Reply, of command: Command, row: CommandSpec?, at place: SourceLine?) -> ExitStatus {
        knownKeys?.learn(from: command, row: row, reply)
        return outcome(isReply: true) { append(reply, of: command, row: row, at: place) }
    }

    /// Shows the reply of one server as it arrived, to a command that has one reply.
    ///
    /// - Parameter command: nil where its keys are not remembered.
    func show(
        reply bytes: UnsafeRawBufferPointer, from node: NodeAddress, to command: Command?,
        at place: @autoclosure () -> SourceLine
    ) -> ExitStatus {
        if command == nil, style.format == .raw {
            wipePassing()
            var isShown = false
            output.write { isShown = renderer.appendRaw(reply: bytes, to: &$0) }
            if isShown { return outcome(isReply: true) { .ok } }
        }
        guard let value = RESPValue(reply: bytes) else {
            return show(.protocolViolation(node, .tooDeep), of: command, at: place())
        }
        if let command { knownKeys?.learn(from: command, row: engine.row(for: command), Reply(value)) }
        return outcome(isReply: true) {
            show(message: value)
            guard value.isError else { return .ok }
            tellError(value, at: place())
            return configuration.ignoresErrors || dialect.ignoresErrorReplies ? .ok : .error
        }
    }

    /// Shows why a command got no reply; nil for what runs without one.
    func show(_ failure: CommandFailure, of command: Command?, at place: SourceLine?) -> ExitStatus {
        outcome(isReply: false) {
            if let elementStream {
                output.write { elementStream.breakOff(to: &$0) }
                tell(failure.message(in: dialect), of: command, at: place)
                return failure == .interrupted ? .interrupted : .partial
            }
            // Where Ctrl-C ends redis-cli, it says nothing.
            if failure == .interrupted, dialect.hasRedisCLIWords, !isInteractive { return .interrupted }
            if engine.map.topology == nil, ExitStatus(failure) == .noConnection { isConnected = false }
            if keepsRecord(at: place) { output.write { renderer.append(failure, to: &$0) } }
            let message = failure.message(in: dialect)
            let isRepeated = place != nil && dialect.namesPlaces && message == told.failure
            // Ends the line with the ^C that the terminal echoed.
            if engine.loop.hasBeenInterrupted, !isRepeated, Terminal.isTerminal(STDERR_FILENO) {
                output.noteBytes([0x0a])
            }
            tell(isRepeated ? CommandFailure.repeated : message, of: command, at: place)
            told.failure = message
            tellWhatRuns(after: failure, command, at: place)
            return ExitStatus(failure)
        }
    }

    /// Shows an error that occurred before there was a command.
    func show(_ error: CLIError, at place: SourceLine? = nil) -> ExitStatus {
        wipePassing()
        if keepsRecord(at: place) { output.write { renderer.append(error, to: &$0) } }
        let message = error.message(in: dialect)
        if error.isOnStandardOutput(in: dialect) {
            let isPreference = place?.file == dialect.preferencesFile && error.namesPreferences
            let text = isPreference ? "\(dialect.preferencesFile): \(message)" : message
            output.write((style.isOnTerminal ? VisibleText.text(text) : text) + "\n")
        } else {
            note(message, at: error.namesPlace ? nil : place)
        }
        output.flush()
        // 2 is for the command line only.
        return place == nil ? ExitStatus(error) : min(ExitStatus(error), .error)
    }

    /// True when a long reply can be shown as it arrives: where the output does not depend on the whole reply, and
    /// nothing else needs all of it.
    var showsParts: Bool { knownKeys == nil && !style.format.isPretty && !style.isOnTerminal }

    /// The same for the reply to a command that may have its own layout.
    func showsParts(of row: CommandSpec?) -> Bool {
        guard let row, showsParts else { return false }
        return !row.flags.contains(.text) && (row.shape.isPlain || !style.readsObjects)
    }

    /// Shows elements of a reply as they arrive. False when the output takes no more.
    ///
    /// - Parameter isMap: true for the keys and values of a map.
    func show(elements: [RESPValue], isMap: Bool, of command: Command?, row: CommandSpec?) -> Bool {
        wipePassing()
        output.write { buffer in
            var stream = elementStream ?? openStream(isMap: isMap, of: command, row, &buffer)
            stream.append(elements, to: &buffer)
            elementStream = stream
        }
        if row?.flags.contains(.namesKeys) == true { for key in elements { knownKeys?.insert(key.byteString) } }
        output.flush()
        return output.isWritable
    }

    private func openStream(
        isMap: Bool = false, of command: Command?, _ row: CommandSpec?, _ buffer: inout [UInt8]
    ) -> ElementStream {
        guard let row, row.iterates != nil else {
            return ElementStream(renderer, of: isMap ? .map : .reply, to: &buffer)
        }
        let isOfPairs = style.readsTables && row.shape.isOfPairs(command?.arguments ?? [])
        return ElementStream(renderer, of: isOfPairs ? .pairs : .iterator, to: &buffer)
    }

    /// Shows a value apart from any command: a message, a push.
    func show(message value: RESPValue) {
        wipePassing()
        output.write { renderer.append(value, isText: false, to: &$0) }
    }

    /// The same for a message of a stream, with its node where that is ambiguous, and always in JSON.
    func show(message value: RESPValue, from node: NodeAddress?, amongMany: Bool) {
        guard let node, amongMany || style.format.isJSON else { return show(message: value) }
        wipePassing()
        let sender = engine.map.topology?.node(at: node) ?? Node(at: node)
        let reply = Reply(body: .perNode([NodeReply(node: sender, result: .success(value))]), outcome: .succeeded)
        output.write { renderer.append(reply, isText: false, to: &$0) }
    }

    // MARK: Replies

    /// True where every command leaves a record in the output whatever its outcome, so that a program can match records
    /// to commands: always in the formats for programs; in those for people, for the lines of a file that does not stop
    /// at errors. A message on stderr that appears on the same terminal is enough.
    func keepsRecord(at place: SourceLine?) -> Bool {
        guard dialect.keepsRecords else { return false }
        if isInteractive || style.format.isPretty, Terminal.isTerminal(output.descriptor) { return false }
        return !style.format.isForPeople || place != nil && !isInteractive && !configuration.stopsAtError
    }

    private func append(_ reply: Reply, of command: Command, row: CommandSpec?, at place: SourceLine?) -> ExitStatus {
        switch reply.body {
        case .value(let value) where elementStream != nil:
            output.write { elementStream?.close(to: &$0) }
            tell(value.text, of: command, at: place)
            return .partial
        case .streamed where row?.iterates != nil || elementStream != nil:
            output.write { buffer in
                let stream = elementStream ?? openStream(of: command, row, &buffer)
                stream.close(to: &buffer)
            }
        // A server that was shut down sends no reply, but JSON still gets a value.
        case .streamed where row?.effect == .shutdown && style.format.isJSON: show(message: .null)
        case .value, .perNode, .streamed: break
        }
        let ignoresErrors =
            configuration.ignoresErrors || dialect.ignoresErrorReplies && !configuration.stopsAtError
        let failed = ignoresErrors ? nil : errorInBlock(reply, row: row)
        if configuration.stopsAtError || place == nil && isRedirected, case .value(let value) = reply.body,
            value.isError
        {
            // An error is for the person who typed the command, not only for the program or file that gets the reply.
            if keepsRecord(at: place) { show(message: value) }
            tell(value.text, of: command, at: place)
        } else {
            if row?.effect == .exec, style.readsTables, case .value(let value) = reply.body, value.kind == .array {
                output.write { appendBlock(value, to: &$0) }
            } else {
                output.write { append(reply, of: command, row: row, in: window, to: &$0) }
            }
            if configuration.stopsAtError, let failed, place != nil { tell(failed.text, of: command, at: place) }
        }
        if case .value(let value) = reply.body, let place { tellError(value, at: place) }
        if place == nil, style.readsTables || Terminal.isTerminal(STDERR_FILENO), case .value(let value) = reply.body {
            suggestWords(for: command, value, isKnown: row != nil)
        }
        for note in reply.notes {
            show(note, isShown: !isRedirected && reply.shows(note)) { [self] in tell($0, of: command, at: place) }
        }
        return max(ExitStatus(reply, ignoresErrors: ignoresErrors), failed == nil ? .ok : .error)
    }

    /// The first error among the replies of a block: EXEC itself succeeds.
    private func errorInBlock(_ reply: Reply, row: CommandSpec?) -> RESPValue? {
        guard row?.effect == .exec, case .value(let value) = reply.body, value.kind == .array else { return nil }
        return value.elements.first(where: \.isError)
    }

    /// True while replies go to a file or a program that the user has named at the prompt.
    private var isRedirected: Bool { output.descriptor != STDOUT_FILENO }

    /// In the shell, an error reply to a line of a file is followed by the place of the line, and is also reported if
    /// it goes to a file or a program; elsewhere replies are data, in the order of the lines.
    private func tellError(_ value: RESPValue, at place: SourceLine) {
        guard isInteractive, value.isError else { return }
        let isElsewhere = isRedirected && !configuration.stopsAtError
        output.note(isElsewhere ? CLIError.placed(at: "\(place)", value.text) : "at \(place)")
    }

    /// Appends a reply with its layout: as a table if it is one that the window has room for.
    private func append(
        _ reply: Reply, of command: Command, row: CommandSpec?, in window: Window, to buffer: inout [UInt8]
    ) {
        let shape = row?.shape ?? .plain
        let isText = row?.flags.contains(.text) ?? false
        if style.readsTables, !isText, case .value(let value) = reply.body, value.isError {
            renderer.append(error: value, in: window, to: &buffer)
        } else if let table = table(of: reply, to: command, shape, in: window) {
            buffer += table.text(in: window, columns).utf8
            renderer.append(reply.withoutRecords, isText: isText, in: window, to: &buffer)
        } else {
            renderer.append(
                readable(reply, of: command, shape), isText: isText, total: row?.aggregate ?? .perNode, in: window,
                to: &buffer)
        }
    }

    /// Appends the replies of a block, each as its command would show it on its own.
    private func appendBlock(_ replies: RESPValue, to buffer: inout [UInt8]) {
        var commands = engine.commandsOfBlock.makeIterator()
        renderer.append(numbered: Array(replies.elements), in: window, to: &buffer) { reply, window, buffer in
            let command = commands.next() ?? Command([""])
            append(Reply(reply), of: command, row: engine.row(for: command), in: window, to: &buffer)
        }
    }

    private func table(of reply: Reply, to command: Command, _ shape: ReplyShape, in window: Window) -> Table? {
        guard style.readsTables, !style.readsObjects, !shape.isPlain else { return nil }
        return reply.table(shape, command.arguments, in: columns == .fitting ? window : Window(columns: .max))
    }

    private func readable(_ reply: Reply, of command: Command, _ shape: ReplyShape) -> Reply {
        let reply = style.readsObjects ? reply.objects(shape) : reply
        return style.readsTables ? reply.pairs(shape, command.arguments) : reply
    }

    // MARK: Apart from the replies

    /// Says what may still be running after such a failure: a script.
    private func tellWhatRuns(after failure: CommandFailure, _ command: Command?, at place: SourceLine?) {
        guard dialect.hasOwnNotes, failure == .interrupted || failure.isUnknown, let command,
            let row = engine.row(for: command), row.flags.contains(.script)
        else { return }
        let key = row.keys.indexes(in: command.arguments).first.map { HashSlot(key: command.arguments[$0]) }
        let node = failure.node ?? key.flatMap { engine.map.owners[$0] } ?? engine.map.home
        tell(CommandFailure.stopping("\(row.name)", at: node), of: command, at: place)
    }

    /// Suggests what may have been meant by a command, or an option, that the server does not know.
    private func suggestWords(for command: Command, _ reply: RESPValue, isKnown: Bool) {
        if !isKnown, reply.isUnknownCommand {
            let grammar = LineGrammar(isInteractive ? .prompt : .arguments, dialect: dialect)
            suggest(vocabulary().suggestions(for: command.arguments, or: grammar.words.map(\.name)))
        } else if reply.isSyntaxError {
            suggest(vocabulary().optionSuggestions(for: command.arguments))
        } else if dialect.hasOwnNotes, showsNotes {
            let usage = reply.isWrongCount ? vocabulary().usage(for: command.arguments) : nil
            let advice =
                usage.map { CLIError.wordUsage($0).message(in: dialect) }
                ?? reply.errorAdvice(to: engine.row(for: command))
            if let advice { output.note(advice) }
        }
    }

    /// - Parameter names: what may have been meant.
    private func suggest(_ names: [String]) {
        guard dialect.hasOwnNotes, showsNotes, let question = names.question else { return }
        output.note(question)
    }

    /// Prints a message on stderr, with the place of the command if it came from a file. Secrets are left out.
    func tell(_ message: String, of command: Command?, at place: SourceLine?) {
        guard let place, let command, dialect.namesPlaces else { return output.note(message) }
        let text = command.arguments.excerpt(isSecret: CommandTable.isSecret(command.arguments))
        output.note(CLIError.stopped(at: place, command: text, because: message))
    }

    /// Reports the time of a command once its reply has been shown.
    func tellHeldTiming() {
        if let heldTiming { output.note(heldTiming) }
        heldTiming = nil
    }

    /// `:timing on` reports every time, redis-cli those of half a second and more.
    private func tell(seconds: Double) {
        if showsTiming {
            let text = TimingText.line(seconds: seconds, engine.timing)
            if output.descriptor == STDOUT_FILENO { output.note(text) } else { heldTiming = text }
        } else if tellsSlowCommands, style.format.isPretty, seconds >= Self.slowSeconds {
            output.write("(\(seconds.text(decimals: 2))s)\n")
        }
    }
}

extension RESPValue {
    fileprivate var isUnknownCommand: Bool { isError && text.hasPrefix("ERR unknown ") }
    fileprivate var isWrongCount: Bool { isError && text.hasPrefix("ERR wrong number of arguments") }
    fileprivate var isSyntaxError: Bool { isError && text.hasPrefix("ERR syntax error") }
}
