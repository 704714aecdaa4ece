import CLibedit
import Glibc
import Terminal
import Options
import Clock
import Commands
import Engine
import Presentation
import RESP
import Routing
import Transport

/// Holds what lasts from one line to the next, and runs commands for all three ways in (one-shot, file, shell).
final class Session {
    let configuration: Configuration
    let engine: Engine
    let presenter: Presenter
    /// Runs a text as if it had been typed; set in the shell.
    var enter: ((ByteString) -> LineRunner.Outcome)?
    /// The last line that was entered, for `:edit`.
    var lastLine: ByteString = ""
    var showsHints = true
    var showsSuggestions: Bool
    var theme: Theme {
        didSet { lastingStyle.palette = theme.palette(in: surroundings) }
    }
    private let surroundings: Theme.Surroundings
    /// Closures that undo changes of settings, by name.
    var firstSettings: [String: () -> Void] = [:]
    /// Words that are replaced by others where a command may begin.
    var aliases: [ByteString: [ByteString]] = [:]
    /// The subscription or MONITOR that the session is in.
    var stream: EventStream?
    /// The line of a file that has started it; nil for one that was typed.
    var placeOfStream: SourceLine?
    /// What the current or the last MONITOR shows.
    var monitoring: Monitoring?
    /// What the server has said about its commands; nil until it is asked.
    private var knownVocabulary: Vocabulary?
    private var knownHelpTopics: [String]?
    /// The server's name and version, once it has been asked for its commands.
    private(set) var server: ServerVersion?
    /// True when, as far as the server reports, its cluster has only database 0.
    private(set) var hasOneDatabase = false
    /// The user's name for the cluster; nil where that is its address.
    var profile: String?
    /// Those at servers that the session has left, the last at the end.
    var logins: [Login] = []
    /// Asks the user a question; set where there is someone to ask.
    var confirm: ((_ question: String) -> Bool)?

    init(_ configuration: Configuration, engine: Engine, output: Output, style: Style, surroundings: Theme.Surroundings)
    {
        self.configuration = configuration
        self.surroundings = surroundings
        theme = configuration.theme
        showsSuggestions = configuration.dialect.suggestsLines
        self.engine = engine
        profile = configuration.profile?.text
        presenter = Presenter(configuration, engine: engine, output: output, style: style)
        hasChosenProtocol = configuration.protocolVersion != nil
        speaksForJSON = style.format.isJSON
        engine.onNote = { [unowned self] in show($0) }
        engine.onPush = { [unowned self] in take(push: $0, from: $1) }
        output.givesUp = { [engine] in engine.loop.isInterrupted }
        engine.loop.willWait = { [output] in output.flush() }
        presenter.vocabulary = { [unowned self] in vocabulary }
    }

    /// The profile, or else the first seed.
    var clusterName: String { profile ?? "\(engine.map.seed)" }

    var dialect: Dialect { configuration.dialect }

    var output: Output { presenter.output }

    var style: Style {
        get { presenter.style }
        set {
            presenter.style = newValue
            matchProtocol()
        }
    }

    /// How replies look after the current line, which may have its own style. Preferences show and change this one.
    var lastingStyle: Style {
        get { presenter.lastingStyle ?? style }
        set { if presenter.lastingStyle == nil { style = newValue } else { presenter.lastingStyle = newValue } }
    }

    /// Runs something that sets a style for its own replies, and returns to the lasting style afterwards.
    func withOwnStyle<Result>(_ body: () -> Result) -> Result {
        let present = style
        let isInner = presenter.lastingStyle != nil
        if !isInner { presenter.lastingStyle = present }
        defer {
            let next = isInner ? present : lastingStyle
            if !isInner { presenter.lastingStyle = nil }
            style = next
        }
        return body()
    }

    /// True when the user has chosen a protocol.
    private var hasChosenProtocol: Bool
    /// True when RESP3 is spoken only because JSON needs it.
    private var speaksForJSON: Bool

    /// JSON can tell maps from lists only in RESP3, so that is spoken while replies are JSON.
    private func matchProtocol() {
        // A connection in a block keeps its protocol.
        guard !hasChosenProtocol, !engine.transaction.isInBlock, style.format.isJSON != speaksForJSON else { return }
        speaksForJSON = style.format.isJSON
        engine.session.protocolVersion = speaksForJSON ? 3 : 2
    }

    var renderer: Renderer { presenter.renderer }

    /// The lines that define aliases.
    func aliasLines(_ aliases: [ByteString: [ByteString]]) -> String {
        aliases.sorted { $0.key.text < $1.key.text }.map { name, words in
            ":alias \(Quoting.utf8.word(name)) \(words.map { Quoting.utf8.word($0) }.joined(separator: " "))\n"
        }.joined()
    }

    /// How lines from there are parsed.
    func grammar(_ origin: LineGrammar.Origin) -> LineGrammar {
        LineGrammar(origin, aliases: aliases, dialect: dialect)
    }

    /// The commands to offer and to explain. The server is asked for its own once, when they are first needed; if it
    /// does not say, the table's are used.
    var vocabulary: Vocabulary {
        if let knownVocabulary { return knownVocabulary }
        guard presenter.isConnected else { return Vocabulary() }
        let vocabulary = Vocabulary(askForCommands())
        if !engine.loop.hasBeenInterrupted { knownVocabulary = vocabulary }
        return vocabulary
    }

    /// Nil when the server does not say, or none answers. Also learns the server's name and version.
    private func askForCommands() -> CommandDocs? {
        let others: [[ByteString]] = dialect.greets ? [["HELLO"], ["CONFIG", "GET", "cluster-databases"]] : []
        guard case .success(let replies) = engine.ask([engine.map.home], others + [["COMMAND", "DOCS"]])[0] else {
            return nil
        }
        server = others.isEmpty ? nil : ServerVersion(hello: replies[0])
        guard replies.count > others.count else { return nil }
        // A server without this setting has one database in a cluster.
        hasOneDatabase = !others.isEmpty && !replies[1].isError && replies[1].pairs.first?.value.integer ?? 1 == 1
        if let docs = CommandDocs(replies[others.count]) { return docs }
        // Before Redis 7 there is no COMMAND DOCS.
        return (try? engine.ask(engine.map.home, for: ["COMMAND"]).get()).flatMap { CommandDocs($0) }
    }

    /// The names of what `help` knows besides commands.
    var helpTopics: [String] {
        let topics = knownHelpTopics ?? HelpTopic.names(vocabulary, grammar(.prompt).words)
        knownHelpTopics = topics
        return topics
    }

    /// Another server may have other commands, and another user may be told more about them.
    func forgetVocabulary() {
        knownHelpTopics = nil
        knownVocabulary = nil
        server = nil
        hasOneDatabase = false
    }

    /// - Parameter place: the place of the command, for messages; nil unless it comes from a file.
    func run(_ command: Command, at place: SourceLine? = nil) -> ExitStatus {
        let row = engine.row(for: command)
        if row?.sensitivity.isSecret(command.arguments) ?? false { hideArguments() }
        if row?.effect == .hello, command.arguments.count > 1 { hasChosenProtocol = true }
        matchProtocol()
        if let stream, let status = run(command, row: row, on: stream, at: place) { return status }
        if let confirm, let question = Confirmation.question(for: command, row: row, engine: engine) {
            output.flush()
            guard confirm(question) else {
                presenter.note(Confirmation.refusal(of: command, row: row), at: place)
                refuseBlock(at: place) { presenter.note($0, at: place) }
                return .ok
            }
        }
        switch row?.effect {
        // In a block they are refused.
        case .subscribe where !engine.transaction.isInBlock, .unsubscribe where !engine.transaction.isInBlock,
            .monitor where !engine.transaction.isInBlock:
            return openStream(command, at: place)
        default: break
        }
        presenter.begin()
        // Ctrl-C must not end the program after an element has been taken and before it is printed.
        let signals = engine.loop.signals
        if row?.takesWhatItWaitsFor ?? false, signals == nil { engine.loop.signals = SignalPipe() }
        defer {
            if signals == nil, engine.loop.signals != nil {
                _ = engine.loop.takeInterrupt()
                engine.loop.signals = nil
            }
        }
        let status = presenter.paged { runOnce(command, row: row, at: place) }
        return row?.effect == .exec ? listen(after: status, command, at: place) : status
    }

    /// Listens to what the block has subscribed to.
    private func listen(after status: ExitStatus, _ command: Command, at place: SourceLine?) -> ExitStatus {
        let items = engine.subscriptionsOfBlock
        engine.subscriptionsOfBlock = []
        guard !items.isEmpty else { return status }
        if let stream, !stream.isMonitor {
            stream.add(confirmed: items)
            return status
        }
        placeOfStream = place
        do {
            stream = try EventStream(engine, confirmed: items)
            return status
        } catch {
            return fail(error, of: command, at: place)
        }
    }

    /// Hides the words of the command on the command line, except the first, from other users of the machine.
    private func hideArguments() {
        let count = cle_argument_count()
        for index in (count - Int32(configuration.command.count)..<count).dropFirst() {
            cle_hide_argument(index, 0, strlen(cle_argument(index)))
        }
    }

    private func runOnce(_ command: Command, row: CommandSpec?, at place: SourceLine?) -> ExitStatus {
        let user = engine.session.credentials
        defer {
            if engine.session.credentials != user { forgetVocabulary() }
        }
        do {
            let reply = try engine.run(command, inParts: presenter.showsParts(of: row)) { [presenter] in
                presenter.show(elements: $0, isMap: $1, of: command, row: row)
            }
            return presenter.show(reply, of: command, row: row, at: place)
        } catch {
            return fail(error, of: command, at: place)
        }
    }

    /// True for a line of a file that is not a server command, and for a row whose reply is laid out as a whole.
    func runsAlone(_ words: [ByteString], _ row: CommandSpec?) -> Bool {
        if let row { return !row.shape.isPlain && (style.readsTables || style.readsObjects) }
        return grammar(.file).mayBeMore(than: words[0])
    }

    /// The same for a line of a file that is not a load: its reads may go to replicas.
    func runsAloneInFile(_ words: [ByteString], _ row: CommandSpec?) -> Bool {
        runsAlone(words, row) || row.map { engine.router.readsElsewhere($0) } ?? false
    }

    // MARK: Failures

    func fail(_ failure: CommandFailure, of command: Command?, at place: SourceLine?) -> ExitStatus {
        let status = presenter.show(failure, of: command, at: place)
        refuseBlock(at: place) {
            // At the prompt it says so itself.
            if place == nil, case .notInTransaction = failure { return }
            presenter.tell($0, of: command, at: place)
        }
        return status
    }

    /// Reports an error that occurred before there was a command.
    func fail(_ error: CLIError, at place: SourceLine? = nil) -> ExitStatus {
        let status = presenter.show(error, at: place)
        refuseBlock(at: place) { presenter.note($0, at: place) }
        return status
    }

    /// Called when a line was not queued: at the prompt it can be typed again, in a file the block around it must not
    /// run without it.
    ///
    /// - Parameter tell: says what becomes of the block.
    private func refuseBlock(at place: SourceLine?, tell: (String) -> Void) {
        guard engine.transaction.goesOn else { return }
        let isInFile = place != nil
        if dialect.hasOwnNotes, isInFile || presenter.isInteractive {
            tell(CommandFailure.openTransaction(isInFile: isInFile))
        }
        if let place { engine.refuseBlock(at: "\(place)") }
    }

    /// Reports that the input has ended within a block, which no prompt will finish.
    ///
    /// - Parameter file: nil for the command line.
    func tellOpenTransaction(in file: String?) -> ExitStatus {
        guard !presenter.isInteractive, dialect.hasOwnNotes, engine.transaction.isInBlock else { return .ok }
        let error = CLIError.endsInTransaction(file: file)
        presenter.note(error.message(in: .slotline))
        return ExitStatus(error)
    }
}
