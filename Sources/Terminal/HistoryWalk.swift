import Glibc

/// A walk through the lines that were entered, from one that starts with what was typed to the next.
struct HistoryWalk {
    private let typed: [wchar_t]
    /// Newest first, each once.
    private let lines: [[wchar_t]]
    /// -1 for what was typed.
    private var place = -1

    /// - Parameters:
    ///   - past: newest first.
    ///   - byBegin: false for a walk through all lines, whatever was typed.
    init(from typed: [wchar_t], through past: [[wchar_t]], byBegin: Bool) {
        self.typed = typed
        var seen: Set<[wchar_t]> = [typed]
        let others = past.filter { seen.insert($0).inserted }
        lines = byBegin ? others.filter { $0.starts(with: typed) } : others
    }

    /// The line that it has reached.
    var line: [wchar_t] { place < 0 ? typed : lines[place] }

    /// - Returns: false at the end.
    mutating func step(older: Bool) -> Bool {
        let next = place + (older ? 1 : -1)
        guard -1..<lines.count ~= next else { return false }
        place = next
        return true
    }
}
