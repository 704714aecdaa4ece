import CLibedit
import Glibc
package import RESP
import Transport

/// Reads lines from the terminal with libedit: keys of emacs or vi, history, completion, UTF-8.
///
/// libedit asks for each character (EL_GETCFN) when it has drawn the line and waits. There the caller's own poll loop
/// runs, so sockets and signals are served while the user types. On a terminal that cannot move its cursor, or with
/// stdout elsewhere, the kernel edits the line, and all else stays the same.
package final class LineEditor {
    package enum Line: Hashable {
        /// What was entered, without the end of the line.
        case text(ByteString)
        /// Ctrl-C, as a key or as SIGINT.
        case canceled
        /// Ctrl-D on an empty line, or the terminal is gone.
        case endOfInput
    }

    /// What ended the wait for a key.
    package enum InputEvent {
        /// Stdin has a byte, or its end.
        case readable
        /// SIGWINCH has come.
        case resized
        /// SIGINT has come; Ctrl-C in the line is a key and no signal.
        case interrupted
    }

    let libedit: OpaquePointer
    /// libedit's list of lines.
    let memory: OpaquePointer
    private var history: History
    private let waitForInput: () -> InputEvent
    let assistant: any LineAssistant

    /// The prompt of the line that is read, 0 behind it; libedit holds its address. Nil while no line is read.
    private(set) var prompt: UnsafeMutableBufferPointer<wchar_t>?
    /// False where libedit shows no prompt: without a terminal on stdout, or when it was not given the one on stdin.
    private let isPrompting: Bool
    private var decoder = WideDecoder()
    /// Characters that libedit has not asked for yet, the next one last.
    private var decoded: [wchar_t] = []
    /// How the line ends if not by Enter.
    private var ending: Line?
    /// True for a line that holds a command, false for the answer to a question and for the rest of a quoted value.
    var isAssisted = false
    /// True while keys are those of a search.
    var isSearching = false
    /// True while the line takes more than one row.
    private var hasSeveralRows = false
    /// The width of the window that libedit draws the line for.
    var drawnColumns = 0
    /// True while a hint stands behind the line.
    private var showsHint = false
    /// What stood in front of the cursor when Tab had nothing to put in.
    var lastCompleted: ByteString?

    /// Sources `~/.editrc` and fills the list of lines from the history; does not touch the terminal yet.
    ///
    /// - Parameters:
    ///   - assistant: is asked for hints and for what Tab offers.
    ///   - waitForInput: called for each byte; waits until one of the events.
    /// - Returns: nil if libedit has no memory or no terminal description to work with.
    package init?(
        history: History,
        assistant: any LineAssistant,
        waitForInput: @escaping () -> InputEvent
    ) {
        _ = Terminal.hasLocale
        let terminal = Terminal.hasDrawableWindow ? STDIN_FILENO : -1
        guard let libedit = cle_init("slotline", terminal), let memory = history_winit() else { return nil }
        self.libedit = libedit
        isPrompting = terminal >= 0 && Terminal.isTerminal(STDOUT_FILENO)
        self.memory = memory
        self.history = history
        self.assistant = assistant
        self.waitForInput = waitForInput

        cle_set_client_data(libedit, Unmanaged.passUnretained(self).toOpaque())
        cle_set_prompt(libedit) { LineEditor.of($0)?.prompt?.baseAddress }
        cle_set_read(libedit) { libedit, character in
            guard let next = LineEditor.of(libedit)?.nextCharacter() else { return 0 }
            character?.pointee = next
            return 1
        }
        cle_set_history(libedit, memory, Int32(History.limit))
        for entry in history.entries { cle_history_enter(memory, WideText(entry).terminated) }
        setUpKeys()
        // No moves to a column: so what a session writes can be replayed with another host and port in its prompt.
        for absolute in ["ch", "RI"] { cle_remove_capability(libedit, absolute) }
        if terminal < 0 || Terminal.isDumb || !Terminal.isTerminal(STDOUT_FILENO) { cle_set_editing(libedit, 0) }
    }

    deinit {
        el_end(libedit)
        history_wend(memory)
    }

    /// The editor behind libedit's handle, for libedit's callbacks.
    static func of(_ libedit: OpaquePointer?) -> LineEditor? {
        guard let data = cle_client_data(libedit) else { return nil }
        return Unmanaged<LineEditor>.fromOpaque(data).takeUnretainedValue()
    }

    /// Shows the prompt and reads a line. The terminal is in its own mode only during the call.
    ///
    /// - Parameter isAssisted: hints are shown and Tab completes.
    package func readLine(prompt text: String, isAssisted: Bool = false) -> Line {
        ending = nil
        lastCompleted = nil
        self.isAssisted = isAssisted
        if !isPrompting { write(STDERR_FILENO, text, text.utf8.count) }
        return withPrompt(text) { readLine() }
    }

    /// Runs `body` with another prompt in place of what was the prompt before.
    func withPrompt<Result>(_ text: String, _ body: () -> Result) -> Result {
        let outer = prompt
        prompt = makePrompt(text)
        defer {
            prompt?.deallocate()
            prompt = outer
        }
        return body()
    }

    private func makePrompt(_ text: String) -> UnsafeMutableBufferPointer<wchar_t> {
        let characters = characters(ofPrompt: text)
        let prompt = UnsafeMutableBufferPointer<wchar_t>.allocate(capacity: characters.count)
        _ = prompt.initialize(from: characters)
        return prompt
    }

    /// Only a prompt for commands has a style, which ends before its last character: libedit obeys nothing behind that.
    private func characters(ofPrompt text: String) -> [wchar_t] {
        func wide(_ text: some StringProtocol) -> [wchar_t] { text.unicodeScalars.map { wchar_t($0.value) } }
        func literal(_ text: String) -> [wchar_t] { [cle_literal] + wide(text) + [cle_literal] }
        guard isAssisted, !isSearching, !assistant.promptStyle.isEmpty else { return wide(text) + [0] }
        return literal(assistant.promptStyle) + wide(text.dropLast()) + literal("\u{1b}[0m") + wide(text.suffix(1)) + [
            0
        ]
    }

    /// Shows another prompt in front of the line that is being typed.
    package func showPrompt(_ text: String) {
        guard isDrawn, isAssisted, !isSearching, let prompt,
            !prompt.elementsEqual(characters(ofPrompt: text))
        else { return }
        interject {
            prompt.deallocate()
            self.prompt = makePrompt(text)
        }
    }

    /// Takes the line off the screen while `body` writes there, and shows it again below.
    package func interject(_ body: () -> Void) {
        guard isDrawn else { return body() }
        if showsHint { wipeHint() }
        erase()
        body()
        cle_refresh(libedit)
    }

    private func readLine() -> Line {
        // Before the prompt: what is typed as soon as it shows must not be echoed by the terminal as well.
        if isDrawn {
            cle_prepare_terminal(libedit)
            emit(Self.bracketedPasteOn)
            drawnColumns = columns
        }
        var count: Int32 = 0
        let line = el_wgets(libedit, &count)
        if isDrawn { emit(Self.bracketedPasteOff) }
        if let ending { return ending }
        guard let line, count > 0 else {
            // libedit has written ^D, which redis-cli does not show.
            if isDrawn { emit("\u{8}\u{8}\u{1b}[K") }
            endRow()
            return .endOfInput
        }
        let characters = UnsafeBufferPointer(start: line, count: Int(count))
        return .text(WideText(characters.last == 0x0a ? characters.dropLast() : characters[...]).bytes)
    }

    /// Adds a line to those that Arrow-Up and Ctrl-R find, and to the history file.
    ///
    /// - Parameter isSecret: the line holds a password: it stays in this session's memory and never gets to the file.
    package func addToHistory(_ line: ByteString, isSecret: Bool) {
        guard !line.isEmpty else { return }
        cle_history_enter(memory, WideText(line).terminated)
        if !isSecret { history.append(line) }
    }

    /// Waits for a character; nil ends the line as ``ending`` says.
    func nextCharacter() -> wchar_t? {
        if isDrawn {
            // What libedit draws from here on has to be for the width that the window has now.
            if decoded.isEmpty { drawnColumns == columns ? redrawRows() : redrawResized() }
            correctCursor()
        }
        while decoded.isEmpty {
            // Not while keys wait already: nobody reads hints as fast as a key repeats.
            if isDrawn, isAssisted, !isSearching, !hasKeysWaiting { showHint() }
            let event = waitForInput()
            if case .readable = event { readKey() }
            // What libedit draws over the hint needs no wiping in front of it; so nothing flickers while one types.
            if showsHint, decoded.count != 1 || decoded[0] < 0x20 || decoded[0] == 0x7f { wipeHint() }
            switch event {
            // The signal may have come between the bytes of a key, which is not for the old width.
            case .readable: if drawnColumns != columns { redrawResized() }
            case .resized: redrawResized()
            case .interrupted: cancelLine()
            }
            if ending != nil { return nil }
        }
        return decoded.removeLast()
    }

    /// Draws a line of several rows anew: libedit mixes them up when something is put in or taken out before the last.
    private func redrawRows() {
        let hadSeveralRows = hasSeveralRows
        hasSeveralRows = rowCount > 1
        guard hasSeveralRows || hadSeveralRows, !hasKeysWaiting else { return }
        erase()
        cle_refresh(libedit)
    }

    /// Waits for the answer to a question that stands below the line; nil when there is none.
    func readAnswer() -> wchar_t? {
        while decoded.isEmpty, ending == nil {
            switch waitForInput() {
            case .readable: readKey()
            case .resized: if Terminal.hasDrawableWindow { el_resize(libedit) }
            case .interrupted: return nil
            }
        }
        defer { decoded = [] }
        return decoded.last
    }

    private var hasKeysWaiting: Bool {
        Poller.isReady(STDIN_FILENO, until: .now)
    }

    /// One byte at a time: what is typed ahead stays with the terminal, for whoever reads it next.
    private func readKey() {
        var byte: UInt8 = 0
        let count = read(STDIN_FILENO, &byte, 1)
        if count == 1, byte == 0x1b, isDrawn {
            readEscape()
        } else if count == 1 {
            feed([byte])
        } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
            ending = .endOfInput
        }
    }

    /// Gives libedit bytes as if they had been typed.
    func feed(_ bytes: [UInt8]) {
        decoded = bytes.flatMap { decoder.feed($0) }.reversed() + decoded
    }

    /// Makes a character the next one again.
    func unread(_ character: wchar_t) {
        decoded.append(character)
    }

    /// Shows in gray what the command takes next, where there is room in the row. libedit knows nothing of it.
    private func showHint() {
        guard let line = el_wline(libedit)?.pointee, let start = line.buffer, line.cursor == line.lastchar,
            start != line.cursor
        else { return }
        let hint = VisibleText.text(assistant.hint(for: textBeforeCursor.bytes))
        let room = columns - endColumn - 1
        guard !hint.isEmpty, room > 1 else { return wipeHint() }
        let shown = hint.count <= room ? hint : hint.prefix(room - 1) + "…"
        emit("\u{1b}7\(assistant.hintStyle)\(shown)\u{1b}[0m\u{1b}[K\u{1b}8")
        showsHint = true
    }

    func wipeHint() {
        if showsHint { emit("\u{1b}[K") }
        showsHint = false
    }

    /// Leaves the line on the screen, marked with `^C`, and makes ``readLine(prompt:)`` give it up.
    func cancelLine() {
        ending = .canceled
        if isDrawn {
            moveToEnd()
            emit("^C")
        }
        endRow()
    }

    /// Goes to the next row; without a terminal on stdout that is where stderr shows.
    private func endRow() {
        write(Terminal.isTerminal(STDOUT_FILENO) ? STDOUT_FILENO : STDERR_FILENO, "\r\n", 2)
    }
}
