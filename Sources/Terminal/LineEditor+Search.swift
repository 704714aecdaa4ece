import CLibedit
import Glibc

/// Ctrl-R and Ctrl-S, as redis-cli shows them: instead of the prompt, with the match where the line was. libedit's own
/// search does not know vi's keys.
extension LineEditor {
    /// Searches until a key ends it. Enter runs the match and Tab takes it, if there is one; Ctrl-G brings the line
    /// back; any other control key takes what is shown and then does what it usually does.
    func searchHistory(backward: Bool) -> Int32 {
        let original = line
        var search = HistorySearch(past, isBackward: backward)
        defer { self.search = nil }
        while true {
            let shown = search.match ?? (search.term.isEmpty ? original : search.term)
            self.search = search
            line = shown
            guard let key = nextCharacter() else { return CC_EOF }
            switch key {
            case Self.controlR where search.isBackward, Self.controlS where !search.isBackward:
                if !search.findNext() { ringBell() }
            case Self.controlR, Self.controlS: search.isBackward.toggle()
            case 0x08, 0x7f: search.removeLast()
            case 0x20...:
                search.append(key)
                if search.match == nil { ringBell() }
            case 0x09, 0x0a, 0x0d:
                // What was typed is not a command.
                guard search.match != nil || search.term.isEmpty else {
                    ringBell()
                    continue
                }
                if key != 0x09 { unread(key) }
                return CC_NORM
            case Self.controlG:
                line = original
                return CC_NORM
            default:
                line = search.match ?? original
                // Escape alone only ends the search. To libedit it would be the start of what the next key does.
                guard key == Self.escape, let next = nextOfSequence() else {
                    if key != Self.escape { unread(key) }
                    return CC_NORM
                }
                unread(next)
                unread(key)
                return CC_NORM
            }
        }
    }

    private static let escape: wchar_t = 0x1b
    private static let controlG: wchar_t = 0x07
    private static let controlR: wchar_t = 0x12
    private static let controlS: wchar_t = 0x13

    /// Highlights the search term in what was found.
    func searchLooks(of line: [wchar_t]) -> [LineLook] {
        guard let search, search.match != nil, !search.term.isEmpty else { return [] }
        return line.firstRange(of: search.term).map { [LineLook($0, assistant.selectionStyle)] } ?? []
    }
}
