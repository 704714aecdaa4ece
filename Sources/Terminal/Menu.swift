import RESP

/// Tab's candidates in rows below the line: one per row where they have descriptions, otherwise in columns.
struct Menu {
    private let entries: [(text: String, description: String, width: Int)]
    private(set) var selected: Int?
    private let isDescribed: Bool
    /// Columns of a candidate and of the blanks after it.
    private let width: Int
    /// Candidates per row and on a page, as last drawn.
    private var perRow = 1
    private var perPage = 1

    /// More rows would hide too much of what is above.
    private static let mostRows = 12

    init(_ candidates: [Completions.Candidate]) {
        entries = candidates.map { candidate in
            let text = VisibleText.text(candidate.text.text)
            return (text, VisibleText.text(candidate.description), text.reduce(0) { $0 + Terminal.columns(of: $1) })
        }
        isDescribed = candidates.contains { !$0.description.isEmpty }
        width = 2 + (entries.map(\.width).max() ?? 0)
    }

    enum Step { case next, previous, up, down, left, right, pageUp, pageDown }

    /// Moves to another candidate; after the last one comes the first, but a page ends there.
    mutating func move(_ step: Step) {
        guard let place = selected ?? (step == .pageDown ? 0 : nil) else {
            selected = step == .previous || step == .up ? entries.count - 1 : 0
            return
        }
        let distance =
            switch step {
            case .next, .right: 1
            case .previous, .left: -1
            case .down: perRow
            case .up: -perRow
            case .pageDown: perPage
            case .pageUp: -perPage
            }
        let next = place + distance
        let isWithin = entries.indices.contains(next)
        switch step {
        case .up, .down: if isWithin { selected = next } else { selected = wrapped(next) }
        case .pageUp, .pageDown: selected = max(0, min(next, entries.count - 1))
        case .next, .previous, .left, .right: selected = isWithin ? next : (next < 0 ? entries.count - 1 : 0)
        }
    }

    /// The first or the last candidate in the same column.
    private func wrapped(_ place: Int) -> Int {
        let column = (place % perRow + perRow) % perRow
        if place >= entries.count { return column }
        let last = (entries.count - 1) / perRow * perRow + column
        return last < entries.count ? last : max(0, last - perRow)
    }

    /// The rows to show, with the selected candidate among them.
    mutating func rows(columns: Int, rows: Int, description: String, selection: String) -> [LineEditor.Row] {
        let isList = isDescribed && columns >= width + 10
        perRow = isList ? 1 : max(1, columns / width)
        let count = (entries.count + perRow - 1) / perRow
        var room = max(1, min(rows, Self.mostRows))
        let isCut = count > room
        if isCut, room > 1 { room -= 1 }
        perPage = room * perRow
        let top = max(0, min((selected ?? 0) / perRow - room / 2, count - room))
        var shown = (top..<min(count, top + room)).map { row in
            let places = row * perRow..<min(entries.count, (row + 1) * perRow)
            return places.flatMap { place in
                let entry = entries[place]
                let text = LineEditor.cut(entry.text, toColumns: columns)
                let padding = String(repeating: " ", count: max(0, width - entry.width))
                let look = place == selected ? selection : ""
                guard isList else { return [(text, look), (place + 1 < places.upperBound ? padding : "", "")] }
                let words = LineEditor.cut(entry.description, toColumns: columns - width)
                return [(text, look), (padding, ""), (words, description)]
            }
        }
        if isCut {
            let first = top * perRow + 1
            let last = min(entries.count, (top + room) * perRow)
            shown.append([("\(first) to \(last) of \(entries.count)", description)])
        }
        return shown
    }
}
