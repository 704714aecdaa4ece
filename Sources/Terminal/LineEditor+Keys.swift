import CLibedit
import Glibc
import RESP

/// The keys that are not libedit's own, or not by default.
extension LineEditor {
    /// Functions go by name, so that `~/.editrc` can bind them too.
    func setUpKeys() {
        cle_set_keymap(libedit, "emacs")
        cle_add_function(libedit, "slotline-cancel", "Discard the line") { libedit, _ in
            LineEditor.of(libedit)?.cancelLine()
            return UInt8(CC_EOF)
        }
        cle_add_function(libedit, "slotline-complete", "Complete the word") { libedit, _ in
            UInt8(LineEditor.of(libedit)?.completeWord() ?? CC_ERROR)
        }
        cle_add_function(libedit, "slotline-delete-word", "Delete to the blank before the cursor") { libedit, _ in
            UInt8(LineEditor.of(libedit)?.deleteWord() ?? CC_ERROR)
        }
        cle_add_function(libedit, "slotline-search-backward", "Search the history for an older line") { libedit, _ in
            UInt8(LineEditor.of(libedit)?.searchHistory(backward: true) ?? CC_ERROR)
        }
        cle_add_function(libedit, "slotline-search-forward", "Search the history for a newer line") { libedit, _ in
            UInt8(LineEditor.of(libedit)?.searchHistory(backward: false) ?? CC_ERROR)
        }
        cle_add_function(libedit, "slotline-suspend", "Stop the program") { libedit, _ in
            LineEditor.of(libedit)?.suspend()
            return UInt8(CC_NORM)
        }
        el_source(libedit, nil)
        // After ~/.editrc: `bind -v` and `bind -e` in it start from bare key maps.
        for (key, function) in [
            ("^C", "slotline-cancel"), ("^I", "slotline-complete"), ("^Z", "slotline-suspend"),
            ("^R", "slotline-search-backward"), ("^S", "slotline-search-forward"),
        ] {
            cle_bind(libedit, key, function)
            cle_bind_alternate(libedit, key, function)
        }
        cle_bind(libedit, "^W", "slotline-delete-word")
        // In vi Escape stands alone and must not begin a sequence; libedit knows the cursor keys without it, too.
        if String(cString: cle_keymap(libedit)) == "vi" {
            cle_bind_alternate(libedit, "^[", "ed-ignore")
        } else {
            for (keys, function) in [
                (["\\e[1;5D", "\\e[1;3D", "\\e[5D", "\\eOd"], "ed-prev-word"),
                (["\\e[1;5C", "\\e[1;3C", "\\e[5C", "\\eOc"], "em-next-word"),
                // Home, End, Delete, and what else has such a key, where a terminal's description names others.
                (["\\e[1~", "\\e[7~"], "ed-move-to-beg"),
                (["\\e[4~", "\\e[8~"], "ed-move-to-end"),
                (["\\e[3~"], "ed-delete-next-char"),
                (["\\e[2~", "\\e[5~", "\\e[6~"], "ed-ignore"),
            ] {
                for key in keys { cle_bind(libedit, key, function) }
            }
        }
        // In the line Ctrl-C is a key, and Ctrl-S does not stop the terminal.
        cle_set_terminal_mode(libedit, "-isig")
        cle_set_terminal_mode(libedit, "-ixon")
    }

    /// Goes behind the shell that it was started from, until that brings it back: in the line Ctrl-Z is a key too.
    private func suspend() {
        moveToEnd()
        emit("\r\n" + Self.bracketedPasteOff)
        cle_restore_terminal(libedit)
        raise(SIGTSTP)
        cle_prepare_terminal(libedit)
        emit(Self.bracketedPasteOn)
        cle_refresh(libedit)
    }

    /// The line up to the cursor.
    var textBeforeCursor: WideText {
        guard let line = el_wline(libedit)?.pointee, let start = line.buffer else { return WideText([]) }
        return WideText(UnsafeBufferPointer(start: start, count: start.distance(to: line.cursor)))
    }

    /// Puts in what all candidates have in common; if that is nothing new, lists them.
    private func completeWord() -> Int32 {
        guard isAssisted else { return CC_ERROR }
        let typed = textBeforeCursor.bytes
        let found = assistant.completions(of: typed, isRepeated: typed == lastCompleted)
        lastCompleted = typed
        let candidates = found.candidates.map { WideText($0.text).characters }
        guard var common = candidates.first else { return CC_ERROR }
        for candidate in candidates.dropFirst() {
            common.removeLast(common.count - zip(common, candidate).prefix { $0 == $1 }.count)
        }
        let replaced = WideText(typed.dropFirst(found.start)).characters
        if candidates.count == 1 {
            if found.candidates[0].isWhole { common.append(blank) }
            guard common != replaced else { return CC_ERROR }
        } else if common.count <= replaced.count {
            list(candidates)
            return CC_NORM
        }
        el_deletestr(libedit, Int32(replaced.count))
        el_winsertstr(libedit, common + [0])
        return CC_REFRESH
    }

    /// Shows the candidates in columns, and draws the line below. Asks first if they would push the line's own past out
    /// of the window.
    private func list(_ candidates: [[wchar_t]]) {
        let size = Terminal.size(of: STDOUT_FILENO) ?? (columns: 80, rows: 24)
        let words = candidates.map { candidate in
            let text = VisibleText.text(WideText(candidate).bytes.text)
            return (text: text, width: WideText(ByteString(text)).characters.map(Terminal.columns).reduce(0, +))
        }
        let width = 2 + (words.map(\.width).max() ?? 0)
        let perRow = max(1, size.columns / width)
        moveToEnd()
        var isWanted = true
        if words.count > perRow * max(1, size.rows - 3) {
            emit("\r\nDisplay all \(words.count) possibilities? (y or n)")
            isWanted = readAnswer().map { [0x79, 0x59, 0x20, 0x09].contains($0) } ?? false
        }
        for (place, word) in words.enumerated() where isWanted {
            // The last column stays free: a terminal may begin a row behind it.
            let isLast = place % perRow == perRow - 1
            let padding = String(repeating: " ", count: isLast ? 0 : width - word.width)
            emit((place.isMultiple(of: perRow) ? "\r\n" : "") + word.text + padding)
        }
        emit("\r\n")
        cle_refresh(libedit)
    }

    /// Deletes the blanks before the cursor and the word before them, as redis-cli does: words end at blanks alone.
    private func deleteWord() -> Int32 {
        let characters = textBeforeCursor.characters
        let rest = characters.reversed().drop { $0 == blank }.drop { $0 != blank }
        guard rest.count < characters.count else { return CC_ERROR }
        el_deletestr(libedit, Int32(characters.count - rest.count))
        return CC_REFRESH
    }

    private var blank: wchar_t { 0x20 }
}
