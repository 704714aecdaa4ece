import Options
import Playground
import Terminal
import Clock
import Commands
import Engine
import Glibc
import Presentation
import RESP
import Routing
import Transport

/// The shell: reads lines with the editor and runs them until the user leaves.
final class Interactive {
    private let runner: LineRunner
    private let session: Session
    /// The throwaway cluster that the session started with.
    private let playground: Playground?

    init(_ runner: LineRunner, playground: Playground?) {
        self.runner = runner
        session = runner.session
        self.playground = playground
    }

    func run() -> ExitStatus {
        session.engine.loop.signals = SignalPipe(isAtPrompt: true)
        session.presenter.isInteractive = true
        session.presenter.knownKeys = KnownKeys()
        let history = History(
            path: path(variables: session.dialect.historyVariables, name: session.dialect.historyFile))
        let assistant = Assistant(session)
        let editor = LineEditor(history: history, assistant: assistant) { [unowned self] in waitForKey() }
        guard let editor else { return session.fail(.noEditor) }
        if Confirmation.isWanted(in: session) {
            session.confirm = { [session] question in
                let prompt = Confirmation.prompt(question, in: session)
                Terminal.discardInput()
                guard case .text(let answer) = editor.readLine(prompt: prompt) else { return false }
                return Confirmation.isYes(answer, in: session)
            }
        }
        if session.dialect.usesPager, Terminal.isTerminal(STDOUT_FILENO), !Terminal.isDumb {
            session.presenter.pager = PagerProcess.standardCommand
        }
        session.enter = { [unowned self] text in
            session.output.note(Prompt.text(session) + text.text)
            editor.addToHistory(text, isSecret: session.grammar(.prompt).mayHoldSecret(text.bytes))
            session.lastLine = text
            return runLines(text)
        }
        session.output.interject = { editor.interject($0) }
        session.engine.onConnection = { [session] isConnected in
            if isConnected, !session.presenter.isConnected { session.forgetVocabulary() }
            session.presenter.isConnected = isConnected
            editor.showPrompt(Prompt.text(session))
        }
        readPreferences()
        _ = session.connect()
        // Fetched before anything is typed, so that no hint has to wait for it.
        _ = session.vocabulary
        greet(isConnected: session.presenter.isConnected)
        while true {
            if session.stream != nil { waitForMessages() }
            session.engine.loop.forgetInterrupt()
            session.engine.refreshIfStale()
            switch readCommand(editor) {
            case .endOfInput where session.stream != nil, .canceled where session.dialect.staysAfterInterrupt:
                session.stream = nil
            case .endOfInput, .canceled: return leave()
            case .text(let text):
                guard case .done = runLines(text) else { return leave() }
            }
        }
    }

    private func leave() -> ExitStatus {
        session.tellLeftTransaction()
        return .ok
    }

    /// Greets the user, on a terminal.
    private func greet(isConnected: Bool) {
        if !isConnected, session.dialect.greets, !session.configuration.namesServer, playground == nil {
            session.output.note(Greeting.wayOut)
        }
        guard session.dialect.greets, session.configuration.showsBanner, session.presenter.showsNotes,
            Terminal.isTerminal(STDOUT_FILENO)
        else { return }
        let engine = session.engine
        let refusal = isConnected && engine.map.isUnknown ? try? engine.topologyRefusal(by: engine.map.home) : nil
        let greeting = Greeting(
            isConnected: isConnected, server: session.server, map: engine.map, refusal: refusal,
            playground: playground?.server)
        for line in greeting.text.wrapped(at: min(session.presenter.window.columns, 80)) {
            session.output.write(VisibleText.text(line) + "\n")
        }
        session.output.flush()
    }

    // MARK: Reading

    /// A line and its continuation lines.
    private func readCommand(_ editor: LineEditor) -> LineEditor.Line {
        var text: [UInt8] = []
        while true {
            switch editor.readLine(
                prompt: text.isEmpty ? Prompt.text(session) : "... ", assistedBehind: ByteString(text))
            {
            case .canceled: return .canceled
            case .endOfInput: return text.isEmpty ? .endOfInput : .canceled
            case .text(let line): text += line.bytes
            }
            guard session.grammar(.prompt).isOpen(text) else { break }
            text.append(0x0a)
        }
        let line = ByteString(text)
        editor.addToHistory(line, isSecret: session.grammar(.prompt).mayHoldSecret(text))
        if !line.isEmpty, ShellWord(ByteString(line.bytes.prefix { $0 != 0x20 })) != .edit { session.lastLine = line }
        return .text(line)
    }

    /// Waits for a key; Ctrl-C counts as one while a line is being typed.
    private func waitForKey() -> LineEditor.InputEvent {
        session.presenter.isTyping = true
        defer { session.presenter.isTyping = false }
        if session.stream != nil {
            switch session.showMessages(watching: STDIN_FILENO, isAtPrompt: true) {
            case .inputReady: return .readable
            case .interrupted: return .interrupted
            case .resized: return .resized
            // The prompt shows that the subscription is over.
            case .ended, .answered, .resumed: session.engine.onConnection(session.presenter.isConnected)
            }
        }
        switch session.engine.idle(until: .init(descriptor: STDIN_FILENO)) {
        case .input: return .readable
        case .interrupt: return .interrupted
        case .resize:
            // The prompt says less in a narrow window.
            session.engine.onConnection(session.presenter.isConnected)
            return .resized
        }
    }

    /// Prints messages until a key is pressed, or the stream ends.
    private func waitForMessages() {
        Terminal.withSingleKeys { again in
            while case .resumed = session.showMessages(watching: STDIN_FILENO) { again() }
        }
    }

    // MARK: Running

    /// Runs the lines of a text one after the other, until Ctrl-C.
    private func runLines(_ text: ByteString) -> LineRunner.Outcome {
        for line in session.grammar(.prompt).lines(text.bytes) {
            guard case .done(let status) = runner.run(line.bytes, from: .prompt) else { return .quit }
            if status == .interrupted { break }
        }
        return .done(.ok)
    }

    // MARK: The user's files

    /// Lines as they would be typed after the colon.
    private func readPreferences() {
        let dialect = session.dialect
        guard let path = path(variables: dialect.preferencesVariables, name: dialect.preferencesFile),
            let file = try? InputFile(path)
        else { return }
        guard file.isTrusted else {
            _ = session.fail(.untrustedFile(path: path))
            return
        }
        var reader = LineReader(descriptor: file.descriptor)
        var number = 0
        while var line = reader.next() {
            number += 1
            if number == 1, line.starts(with: CommandScanner.byteOrderMark) {
                line.removeFirst(CommandScanner.byteOrderMark.count)
            }
            // redis-cli's messages use the usual name of the file.
            let place = SourceLine(file: dialect.namesPlaces ? path.text : dialect.preferencesFile, number: number)
            run(preference: line, at: place)
        }
    }

    private func run(preference line: [UInt8], at place: SourceLine) {
        let colon = UInt8(ascii: ":")
        let text = Array(line.drop { $0 == 0x20 || $0 == 0x09 })
        if !session.dialect.preferencesNeedColons {
            guard let first = text.first, first != UInt8(ascii: "#") else { return }
            _ = runner.run(first == colon ? text : [colon] + text, from: .file, at: place)
        } else if let words = try? Tokenizer.words(line), let word = words.first {
            guard word.bytes.first == colon else {
                _ = session.fail(.unknownWord(word), at: place)
                return
            }
            _ = runner.run(text, from: .file, at: place)
        }
    }

    /// The file named by the first variable that is set, or else one in the home directory; nil without either.
    private func path(variables: [String], name: String) -> ByteString? {
        for variable in variables {
            if let path = getenv(variable) { return ByteString(cString: path) }
        }
        return getenv("HOME").map { ByteString(cString: $0) + ByteString("/\(name)") }
    }
}
