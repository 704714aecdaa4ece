import CLibedit
import Glibc

/// Ctrl-R and Ctrl-S, as redis-cli shows them: in place of the prompt, with the match where the line was. libedit's own
/// search knows nothing of the keys of vi.
extension LineEditor {
    /// Searches until a key ends it. Enter runs the match and Tab takes it, if there is one; Ctrl-G brings the line back;
    /// any other control key takes what is shown and does what it does.
    func searchHistory(backward: Bool) -> Int32 {
        let original = line
        var search = HistorySearch(historyLines, isBackward: backward)
        isSearching = true
        defer { isSearching = false }
        erase()
        while true {
            let shown = search.match ?? (search.term.isEmpty ? original : search.term)
            guard let key = readSearchKey(search, showing: shown) else { return CC_EOF }
            switch key {
            case Self.controlR where search.isBackward, Self.controlS where !search.isBackward:
                if !search.findNext() { ringBell() }
            case Self.controlR, Self.controlS: search.isBackward.toggle()
            case 0x08, 0x7f: search.removeLast()
            case 0x20...:
                search.append(key)
                if search.match == nil { ringBell() }
            case 0x09, 0x0a, 0x0d:
                // What was typed is no command.
                guard search.match != nil || search.term.isEmpty else {
                    ringBell()
                    continue
                }
                if key != 0x09 { unread(key) }
                return leaveSearch(with: shown)
            case Self.controlG: return leaveSearch(with: original)
            default:
                unread(key)
                return leaveSearch(with: search.match ?? original)
            }
        }
    }

    private static let controlG: wchar_t = 0x07
    private static let controlR: wchar_t = 0x12
    private static let controlS: wchar_t = 0x13

    /// Shows a line behind the search's own prompt until a key comes; nil when none will.
    private func readSearchKey(_ search: HistorySearch, showing shown: [wchar_t]) -> wchar_t? {
        let failed = search.match == nil && !search.term.isEmpty ? "failed " : ""
        return withPrompt("(\(failed)\(search.isBackward ? "reverse-" : "")i-search): ") {
            line = shown
            cle_refresh(libedit)
            let key = nextCharacter()
            if key != nil { erase() }
            return key
        }
    }

    private func leaveSearch(with text: [wchar_t]) -> Int32 {
        line = text
        cle_refresh(libedit)
        return CC_NORM
    }

    private func ringBell() {
        emit("\u{7}")
    }

    /// The whole line; the cursor goes behind it.
    private var line: [wchar_t] {
        get {
            guard let line = el_wline(libedit)?.pointee, let start = line.buffer else { return [] }
            return Array(UnsafeBufferPointer(start: start, count: start.distance(to: line.lastchar)))
        }
        set {
            guard let line = el_wline(libedit)?.pointee, let start = line.buffer else { return }
            el_cursor(libedit, Int32(line.cursor.distance(to: line.lastchar)))
            el_deletestr(libedit, Int32(start.distance(to: line.lastchar)))
            el_winsertstr(libedit, newValue + [0])
        }
    }

    /// Newest first.
    private var historyLines: [[wchar_t]] {
        var lines: [[wchar_t]] = []
        var next = cle_history_newest(memory)
        while let entry = next {
            lines.append(Array(UnsafeBufferPointer(start: entry, count: wcslen(entry))))
            next = cle_history_older(memory)
        }
        return lines
    }
}
