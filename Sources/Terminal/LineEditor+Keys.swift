import CLibedit
import Glibc
import RESP

/// Keys that libedit does not have, or not by default.
extension LineEditor {
    private struct Function {
        /// Functions have names, so that `~/.editrc` can bind them too.
        let name: String
        let help: String
        /// The keys in emacs mode.
        let keys: [String]
        /// The keys in vi mode, where Escape is a key in its own right; with `everywhere`, in its command mode too.
        var viKeys: [String] = []
        var everywhere = false
        let call: cle_key_function
    }

    private static var functions: [Function] {
        [
            Function(name: "slotline-cancel", help: "Discard the line", keys: ["^C"], viKeys: ["^C"], everywhere: true)
            {
                libedit, _ in
                LineEditor.of(libedit)?.cancelLine()
                return UInt8(CC_EOF)
            },
            Function(name: "slotline-clear", help: "Clear the screen", keys: ["^L"], viKeys: ["^L"], everywhere: true) {
                libedit, _ in
                LineEditor.run(libedit) {
                    $0.emit("\u{1b}[H\u{1b}[2J")
                    $0.screen.forget()
                    return true
                }
            },
            Function(
                name: "slotline-complete", help: "Complete the word", keys: ["^I"], viKeys: ["^I"], everywhere: true
            ) { libedit, _ in LineEditor.run(libedit) { $0.completeWord() } },
            Function(
                name: "slotline-delete-word", help: "Delete to the blank before the cursor", keys: ["^W"],
                viKeys: ["^W"]
            ) { libedit, _ in LineEditor.run(libedit) { $0.deleteWord() } },
            Function(
                name: "slotline-edit", help: "Edit the line with the text editor", keys: ["^X^E"], viKeys: ["^X^E"]
            ) { libedit, _ in LineEditor.run(libedit) { $0.editOutside() } },
            Function(
                name: "slotline-explain", help: "Explain the command",
                keys: ["\\eOP", "\\e[11~", "\\e[[A", "\\eh", "\\eH"], viKeys: ["^X^H"]
            ) { libedit, _ in LineEditor.run(libedit) { $0.explain() } },
            Function(name: "slotline-last-argument", help: "Put in the last word of an older line", keys: ["\\e."]) {
                libedit, _ in LineEditor.run(libedit) { $0.insertLastArgument() }
            },
            Function(
                name: "slotline-line-end", help: "Go to the end of the line, or take the suggestion",
                keys: ["^E", "\\e[F", "\\eOF", "\\e[4~", "\\e[8~"], viKeys: ["^E"]
            ) { libedit, _ in LineEditor.run(libedit) { $0.goToEnd() } },
            Function(
                name: "slotline-newer", help: "The next line with the same beginning", keys: ["^N", "\\e[B", "\\eOB"],
                viKeys: ["^N"]
            ) { libedit, _ in LineEditor.run(libedit) { $0.walkThroughHistory(older: false) } },
            Function(
                name: "slotline-older", help: "The previous line with the same beginning",
                keys: ["^P", "\\e[A", "\\eOA"],
                viKeys: ["^P"]
            ) { libedit, _ in LineEditor.run(libedit) { $0.walkThroughHistory(older: true) } },
            Function(
                name: "slotline-right", help: "Go to the next character, or take the suggestion",
                keys: ["^F", "\\e[C", "\\eOC"], viKeys: ["^F"]
            ) { libedit, _ in LineEditor.run(libedit) { $0.goRight() } },
            Function(
                name: "slotline-search-backward", help: "Search the history for an older line", keys: ["^R"],
                viKeys: ["^R"], everywhere: true
            ) { libedit, _ in UInt8(LineEditor.of(libedit)?.searchHistory(backward: true) ?? CC_ERROR) },
            Function(
                name: "slotline-search-forward", help: "Search the history for a newer line", keys: ["^S"],
                viKeys: ["^S"], everywhere: true
            ) { libedit, _ in UInt8(LineEditor.of(libedit)?.searchHistory(backward: false) ?? CC_ERROR) },
            Function(name: "slotline-suspend", help: "Stop the program", keys: ["^Z"], viKeys: ["^Z"], everywhere: true)
            {
                libedit, _ in
                LineEditor.of(libedit)?.suspend()
                return UInt8(CC_NORM)
            },
            Function(name: "slotline-undo", help: "Undo the last change", keys: ["^_", "^X^U"], viKeys: ["^_"]) {
                libedit, _ in LineEditor.run(libedit) { $0.undoChange() }
            },
            Function(
                name: "slotline-word-right", help: "Go to the end of the word, or take one word of the suggestion",
                keys: ["\\ef", "\\e[1;5C", "\\e[1;3C", "\\e[5C", "\\eOc"]
            ) { libedit, _ in LineEditor.run(libedit) { $0.goWordRight() } },
        ]
    }

    /// Rings the bell for a key that cannot do anything here.
    private static func run(_ libedit: OpaquePointer?, _ body: (LineEditor) -> Bool) -> UInt8 {
        guard let editor = LineEditor.of(libedit) else { return UInt8(CC_ERROR) }
        if !body(editor) { editor.ringBell() }
        return UInt8(CC_NORM)
    }

    private var hasViKeys: Bool { String(cString: cle_keymap(libedit)) == "vi" }

    /// The key for ``explain()``, as users know it.
    var explanationKey: String { hasViKeys ? "Ctrl-X Ctrl-H" : "Alt-H" }

    func setUpKeys() {
        cle_set_keymap(libedit, "emacs")
        for function in Self.functions { cle_add_function(libedit, function.name, function.help, function.call) }
        el_source(libedit, nil)
        // After ~/.editrc: `bind -v` and `bind -e` in it start from bare key maps.
        let functions = Self.functions
        let isVi = hasViKeys
        for function in functions {
            for key in isVi ? function.viKeys : function.keys { cle_bind(libedit, key, function.name) }
            if function.everywhere { for key in function.viKeys { cle_bind_alternate(libedit, key, function.name) } }
        }
        if isVi {
            // Escape is a key in its own right and must not start a sequence; libedit knows the cursor keys without it.
            cle_bind_alternate(libedit, "^[", "ed-ignore")
            for (key, function) in [
                ("k", "slotline-older"), ("[A", "slotline-older"), ("j", "slotline-newer"), ("[B", "slotline-newer"),
                ("v", "slotline-edit"),
            ] {
                cle_bind_alternate(libedit, key, function)
            }
        } else {
            for (keys, function) in [
                (["\\e[1;5D", "\\e[1;3D", "\\e[5D", "\\eOd"], "ed-prev-word"),
                // Home, Delete and the like, where a terminal's description names other sequences.
                (["\\e[1~", "\\e[7~"], "ed-move-to-beg"),
                (["\\e[3~"], "ed-delete-next-char"),
                (["\\e[2~", "\\e[5~", "\\e[6~"], "ed-ignore"),
            ] {
                for key in keys { cle_bind(libedit, key, function) }
            }
        }
        // While a line is edited, Ctrl-C is a key, and Ctrl-S does not stop the terminal.
        cle_set_terminal_mode(libedit, "-isig")
        cle_set_terminal_mode(libedit, "-ixon")
    }

    /// Suspends the program until its shell resumes it: while a line is edited, Ctrl-Z is a key too.
    private func suspend() {
        withTerminalReturned {
            leave(line)
            raise(SIGTSTP)
        }
    }

    /// Puts the terminal back as it was while `body` runs.
    private func withTerminalReturned<Result>(_ body: () -> Result) -> Result {
        emit(Self.bracketedPasteOff)
        cle_restore_terminal(libedit)
        defer {
            cle_prepare_terminal(libedit)
            emit(Self.bracketedPasteOn)
            screen.forget()
        }
        return body()
    }

    /// Deletes the blanks before the cursor and the word before them, as redis-cli does: only blanks end a word.
    private func deleteWord() -> Bool {
        let characters = textBeforeCursor.characters
        let rest = characters.reversed().drop { $0 == 0x20 }.drop { $0 != 0x20 }
        replace(characters.count - rest.count, with: [])
        return rest.count < characters.count
    }

    // MARK: Moving right, and into the suggestion

    private func goRight() -> Bool { cursor < line.count ? moveCursor(by: 1) : takeSuggestion { $0.count } }

    private func goToEnd() -> Bool {
        cursor < line.count ? moveCursor(by: line.count - cursor) : takeSuggestion { $0.count } || true
    }

    private func goWordRight() -> Bool {
        cursor < line.count
            ? moveCursor(by: Self.endOfWord(in: Array(line.dropFirst(cursor))))
            : takeSuggestion(Self.endOfWord)
    }

    private func moveCursor(by count: Int) -> Bool {
        el_cursor(libedit, Int32(count))
        return true
    }

    /// Inserts as many characters of the suggestion as `count` says; false when there is none.
    private func takeSuggestion(_ count: ([wchar_t]) -> Int) -> Bool {
        guard let suggestion else { return false }
        replace(0, with: Array(suggestion.prefix(count(suggestion))))
        return true
    }

    /// Where the first word ends, by emacs's idea of words as libedit implements it.
    private static func endOfWord(in characters: [wchar_t]) -> Int {
        func isOfWord(_ character: wchar_t) -> Bool {
            iswalnum(wint_t(bitPattern: character)) != 0
                || "*?_-.[]~=".unicodeScalars.contains { $0.value == character }
        }
        let blank = characters.prefix { !isOfWord($0) }.count
        return blank + characters.dropFirst(blank).prefix(while: isOfWord).count
    }

    // MARK: Earlier lines

    private func walkThroughHistory(older: Bool) -> Bool {
        var walk = walk
        if walk?.line != line { walk = HistoryWalk(from: line, through: past, byBegin: assistant.suggestsLines) }
        guard walk?.step(older: older) == true, let found = walk?.line else { return false }
        line = found
        self.walk = walk
        return true
    }

    /// Inserts the last word of the previous line; when repeated, replaces it with that of the line before.
    private func insertLastArgument() -> Bool {
        let previous = argument.flatMap { $0.line == line ? $0 : nil }
        let past = past
        var age = previous.map { $0.age + 1 } ?? 0
        while age < past.count {
            let word = WideText(assistant.lastWord(of: WideText(past[age]).bytes)).characters
            if !word.isEmpty {
                replace(previous?.count ?? 0, with: word)
                argument = (word.count, age, line)
                return true
            }
            age += 1
        }
        return false
    }

    private func undoChange() -> Bool {
        guard let state = undo.undo() else { return false }
        line = state.line
        return moveCursor(by: state.cursor - state.line.count)
    }

    // MARK: Outside the line

    private func editOutside() -> Bool {
        let text = WideText(line).bytes
        erase()
        guard let edited = withTerminalReturned({ assistant.edited(text) }) else { return false }
        line = WideText(edited).characters
        return true
    }
}
