import Glibc

/// An incremental search through the lines of the history: what was typed, and the line that it found.
struct HistorySearch {
    /// Newest first, each once.
    private let lines: [[wchar_t]]
    private(set) var term: [wchar_t] = []
    var isBackward: Bool {
        didSet { findNext() }
    }
    private var place: Int?

    /// - Parameter lines: newest first.
    init(_ lines: [[wchar_t]], isBackward: Bool) {
        var seen: Set<[wchar_t]> = []
        self.lines = lines.filter { seen.insert($0).inserted }
        self.isBackward = isBackward
    }

    /// What is shown instead of the prompt.
    var prompt: String {
        let failed = match == nil && !term.isEmpty ? "failed " : ""
        return "(\(failed)\(isBackward ? "reverse-" : "")i-search): "
    }

    /// The line that contains the term; nil for none, and for an empty term.
    var match: [wchar_t]? { place.map { lines[$0] } }

    /// Adds a character to the end of the term. The match stays while it still contains the term.
    mutating func append(_ character: wchar_t) {
        let isFirst = term.isEmpty
        term.append(character)
        guard isFirst || place != nil else { return }
        place = find(from: place ?? start)
    }

    /// Removes the last character of the term and searches again.
    mutating func removeLast() {
        _ = term.popLast()
        place = term.isEmpty ? nil : find(from: start)
    }

    /// Moves on to the next match; stays at the last one.
    ///
    /// - Returns: false when there is no other.
    @discardableResult
    mutating func findNext() -> Bool {
        guard let place, let next = find(from: isBackward ? place + 1 : place - 1) else { return false }
        self.place = next
        return true
    }

    private var start: Int { isBackward ? 0 : lines.count - 1 }

    private func find(from start: Int) -> Int? {
        let places = isBackward ? Array(start..<max(start, lines.count)) : Array((0..<(start + 1)).reversed())
        return places.first { lines[$0].contains(term) }
    }
}
