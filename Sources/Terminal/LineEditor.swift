import CLibedit
import Glibc
package import RESP
import Transport

/// Reads lines from the terminal: emacs or vi keys, history, completion, colors, UTF-8.
///
/// libedit knows the keys and changes the line; what it would draw is discarded, because it can neither use colors nor
/// show anything next to the line. It asks for each character (EL_GETCFN); that is where the line is drawn, and where
/// the caller's own poll loop runs, so sockets and signals are served while the user types. On a terminal that cannot
/// move its cursor, or with stdout elsewhere, the kernel edits the line, and everything else stays the same.
package final class LineEditor {
    package enum Line: Hashable {
        /// What was entered, without the line end.
        case text(ByteString)
        /// Ctrl-C, as a key or as SIGINT.
        case canceled
        /// Ctrl-D on an empty line, or the terminal is gone.
        case endOfInput
    }

    /// What ended the wait for a key.
    package enum InputEvent {
        /// Stdin has a byte, or is at its end.
        case readable
        /// SIGWINCH has arrived.
        case resized
        /// SIGINT has arrived; Ctrl-C in the line is a key, not a signal.
        case interrupted
    }

    let libedit: OpaquePointer
    /// libedit's list of lines, for vi's own keys.
    private let memory: OpaquePointer
    private var history: History
    private let waitForInput: () -> InputEvent
    let assistant: any LineAssistant

    /// The prompt of the line being read; nil while none is.
    private(set) var prompt: String?
    /// True where a prompt that is not drawn goes to stdout: stdout is a terminal, and libedit was given one.
    private let isPrompting: Bool
    private var decoder = WideDecoder()
    /// Characters that libedit has not asked for yet, the next one last.
    private var decoded: [wchar_t] = []
    /// How the line ends, if not with Enter.
    private var ending: Line?
    /// What was entered before the line, which continues it; nil for a line that is not a command, such as the answer
    /// to a question.
    private(set) var context: ByteString?
    /// The lines that were entered, oldest first.
    private var entered: [(line: [wchar_t], isSecret: Bool)]

    var screen = Screen()
    /// What is shown below the line, as wide and as tall as there is room for; nil for nothing.
    var rowsBelow: ((_ columns: Int, _ rows: Int) -> [Row])?
    /// The search that keys go to; nil for none.
    var search: HistorySearch?
    /// The walk through the history that Arrow-Up has started.
    var walk: HistoryWalk?
    /// What Alt-. has inserted: the length of the word, how many lines back it was, and the whole line with it. While
    /// the line is unchanged, nothing has been typed since.
    var argument: (count: Int, age: Int, line: [wchar_t])?
    var undo = UndoStack()
    /// What was before the cursor when Tab had nothing to insert.
    var lastCompleted: ByteString?

    /// Sources `~/.editrc` and fills the list of lines from the history; does not touch the terminal yet.
    ///
    /// - Parameters:
    ///   - assistant: asked for hints and for what Tab offers.
    ///   - waitForInput: called for each byte; waits for one of the events.
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
        entered = history.entries.map { (WideText($0).characters, false) }

        cle_set_client_data(libedit, Unmanaged.passUnretained(self).toOpaque())
        cle_set_read(libedit) { libedit, character in
            guard let next = LineEditor.of(libedit)?.nextCharacter() else { return 0 }
            character?.pointee = next
            return 1
        }
        cle_set_history(libedit, memory, Int32(History.limit))
        for entry in entered { cle_history_enter(memory, entry.line + [0]) }
        setUpKeys()
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
    /// - Parameter context: the earlier lines that this one continues, each with its line end. With it the line is
    ///   colored, hints are shown, and Tab completes; nil for none of that.
    package func readLine(prompt text: String, assistedBehind context: ByteString? = nil) -> Line {
        ending = nil
        lastCompleted = nil
        (walk, argument, undo) = (nil, nil, UndoStack())
        self.context = context
        let outer = prompt
        prompt = text
        defer { prompt = outer }
        return readLine()
    }

    /// The prompt, with the escape sequences that its parts are shown in. Only the prompt for commands is colored,
    /// except for its blank.
    var promptParts: Row {
        if let search { return [(search.prompt, "")] }
        guard let prompt else { return [] }
        guard context != nil else { return [(prompt, "")] }
        return [(String(prompt.dropLast()), assistant.promptStyle), (String(prompt.suffix(1)), "")]
    }

    /// Shows a different prompt before the line being typed.
    package func showPrompt(_ text: String) {
        guard isDrawn, context?.isEmpty == true, prompt != text else { return }
        prompt = text
        draw()
    }

    /// Takes the line off the screen while `body` writes there, and shows it again below.
    package func interject(_ body: () -> Void) {
        guard isDrawn else { return body() }
        erase()
        body()
        draw()
    }

    private func readLine() -> Line {
        // Before the prompt: what is typed as soon as it appears must not be echoed by the terminal too.
        if isDrawn {
            cle_prepare_terminal(libedit)
            emit(Self.bracketedPasteOn + Screen.freshRow(columns: window.columns))
        } else if let prompt {
            write(isPrompting ? STDOUT_FILENO : STDERR_FILENO, prompt, prompt.utf8.count)
        }
        var count: Int32 = 0
        let typed = el_wgets(libedit, &count)
        if isDrawn { emit(Self.bracketedPasteOff) }
        if let ending { return ending }
        guard let typed, count > 0 else {
            isDrawn ? leave([]) : endRow()
            return .endOfInput
        }
        let characters = UnsafeBufferPointer(start: typed, count: Int(count))
        let line = Array(characters.last == 0x0a ? characters.dropLast() : characters[...])
        if isDrawn { leave(line) }
        return .text(WideText(line).bytes)
    }

    /// Adds a line to those that Arrow-Up and Ctrl-R find, and to the history file.
    ///
    /// - Parameter isSecret: true when the line holds a password: it stays in this session's memory, is not suggested,
    ///   and never reaches the file.
    package func addToHistory(_ line: ByteString, isSecret: Bool) {
        guard !line.isEmpty else { return }
        let characters = WideText(line).characters
        cle_history_enter(memory, characters + [0])
        if entered.last?.line != characters { entered.append((characters, isSecret)) }
        if !isSecret { history.append(line) }
    }

    /// Lines that were entered, newest first.
    var past: [[wchar_t]] { entered.reversed().map(\.line) }

    /// How the newest line that starts with this one continues; nil for none, for a line from the history, which is whole,
    /// and at the start of a word, where a hint says what comes next instead.
    var suggestion: [wchar_t]? {
        guard assistant.suggestsLines, context?.isEmpty == true, search == nil else { return nil }
        let line = line
        guard let last = line.last, last != 0x20, cursor == line.count, walk?.line != line else { return nil }
        let found = entered.last { entry in
            !entry.isSecret && entry.line.count > line.count && entry.line.starts(with: line)
                && !entry.line.contains(0x0a)
        }
        return found.map { Array($0.line.dropFirst(line.count)) }
    }

    /// True while keys go to a search.
    var isSearching: Bool { search != nil }

    // MARK: Keys

    /// Waits for a character; nil ends the line as ``ending`` says.
    func nextCharacter() -> wchar_t? {
        cle_flush()
        if isDrawn, search == nil, rowsBelow == nil { undo.note(line, cursor: cursor) }
        while decoded.isEmpty {
            // Not while keys are already waiting: no one reads as fast as a key repeats.
            if !hasKeysWaiting { draw() }
            switch waitForInput() {
            case .readable: readKey()
            case .resized: break
            case .interrupted: cancelLine()
            }
            if ending != nil { return nil }
        }
        return decoded.removeLast()
    }

    /// A character that arrived together with the one before it, as those of a key's sequence do; nil for none.
    func nextOfSequence() -> wchar_t? { decoded.popLast() }

    private var hasKeysWaiting: Bool {
        Poller.isReady(STDIN_FILENO, until: .now)
    }

    /// One byte at a time: what is typed ahead stays with the terminal, for whatever reads it next.
    private func readKey() {
        var byte: UInt8 = 0
        let count = read(STDIN_FILENO, &byte, 1)
        if count == 1, byte == 0x1b, isDrawn {
            readEscape()
        } else if count == 1, byte == 0 {
            // What Linux makes of a Ctrl-D typed while a command ran. libedit would take the next key literally.
        } else if count == 1 {
            feed([byte])
        } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
            ending = .endOfInput
        }
    }

    /// Passes bytes to libedit as if they had been typed.
    func feed(_ bytes: [UInt8]) {
        decoded = bytes.flatMap { decoder.feed($0) }.reversed() + decoded
    }

    /// Puts a character back, to be the next one again.
    func unread(_ character: wchar_t) {
        decoded.append(character)
    }

    /// Leaves the line on the screen, marked with `^C`, and makes ``readLine(prompt:assistedBehind:)`` give it up.
    func cancelLine() {
        ending = .canceled
        search = nil
        isDrawn ? leave(line, mark: "^C") : endRow()
    }

    /// Moves to the next row; without a terminal on stdout, that is where stderr is shown.
    private func endRow() {
        write(Terminal.isTerminal(STDOUT_FILENO) ? STDOUT_FILENO : STDERR_FILENO, "\r\n", 2)
    }
}
