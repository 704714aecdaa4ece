package import RESP

/// Rows in columns under headings. Where a window is too narrow for all columns, cells that may be cut are, and then
/// columns are left out, those of the least importance first, and named below.
package struct Table: Equatable, Sendable {
    package struct Column: Equatable, Sendable {
        let heading: String
        /// Numbers stand at the right of their column.
        let isNumber: Bool
        /// The columns of the highest ranks are left out first; nil for the place of the column.
        let rank: Int?
        /// Its cells may be cut down to this width; nil where each has to be whole.
        let least: Int?
        /// The end is what is left of a cell that is cut down to the least, such as the time of a date.
        let keepsEnd: Bool

        package init(
            _ heading: String, isNumber: Bool = false, rank: Int? = nil, least: Int? = nil, keepsEnd: Bool = false
        ) {
            self.heading = heading
            self.isNumber = isNumber
            self.rank = rank
            self.least = least
            self.keepsEnd = keepsEnd
        }

        /// What programs call it.
        fileprivate var name: String { heading.split(separator: " ").joined(separator: "_") }
    }

    /// Which columns are shown.
    package enum Choice: Equatable, Sendable {
        /// As many as the window has room for.
        case fitting
        /// All of them, however long the lines are.
        case all
        /// The first, and those of these names; all that fit where a table has none of them.
        case named([String])
    }

    let columns: [Column]
    package private(set) var rows: [[String]] = []
    /// What programs get in place of the rows.
    private var records: [[RESPValue]] = []
    /// What there is to say of all of it, below.
    package var remark: String?

    package init(_ columns: [Column]) {
        self.columns = columns
    }

    /// - Parameter values: the same for programs; nil where these are the numbers that cells show, and texts.
    package mutating func append(_ cells: [String], values: [RESPValue]? = nil) {
        rows.append(cells)
        records.append(values ?? cells.map { cell in Int(cell).map { .integer($0) } ?? .bulk(ByteString(cell)) })
    }

    /// Appends a row that programs make themselves.
    package mutating func append(sums cells: [String]) {
        rows.append(cells)
    }

    // MARK: For people

    /// Lines of text. Columns without a cell are left out, without a word.
    package func text(in window: Window, _ choice: Choice = .fitting) -> String {
        let lines = [columns.map(\.heading)] + rows.map { $0.map { VisibleText.text($0) } }
        let layout = layout(of: lines, in: window, choice)
        let table = lines.map { cells in
            var line = ""
            for (column, width) in layout.shown {
                line += line.isEmpty ? "" : "  "
                line += window.padded(
                    cut(cells[column], to: width, in: columns[column], window), to: width,
                    isNumber: columns[column].isNumber)
            }
            while line.last == " " { line.removeLast() }
            return (choice == .all ? line : window.cut(line, to: window.columns)) + "\n"
        }
        let below = remark.map { $0.wrapped(at: min(window.columns, 80)).map { $0 + "\n" } } ?? []
        return (table + below + layout.omission(from: columns, in: window)).joined()
    }

    /// A heading that keeps its begin is cut at a word.
    private func cut(_ cell: String, to width: Int, in column: Column, _ window: Window) -> String {
        guard column.keepsEnd, window.width(of: cell) > width else { return window.cut(cell, to: width) }
        return cell == column.heading ? cell.wrapped(at: width).first ?? "" : String(cell.suffix(width))
    }

    /// True when the window has room for every column.
    func fits(_ window: Window) -> Bool {
        let lines = [columns.map(\.heading)] + rows.map { $0.map { VisibleText.text($0) } }
        return layout(of: lines, in: window, .fitting).omitted.isEmpty
    }

    private struct Layout {
        var shown: [(column: Int, width: Int)]
        var omitted: [Int] = []

        var width: Int { shown.reduce(0) { $0 + $1.width + 2 } - 2 }

        /// What is said of the columns that are left out.
        func omission(from columns: [Column], in window: Window) -> [String] {
            guard !omitted.isEmpty else { return [] }
            let names = omitted.sorted().map { columns[$0].heading }.joined(separator: ", ")
            return "(not shown: \(names); see :set columns)".wrapped(at: window.columns).map { $0 + "\n" }
        }
    }

    private func layout(of lines: [[String]], in window: Window, _ choice: Choice) -> Layout {
        let filled = columns.indices.filter { column in rows.contains { !$0[column].isEmpty } }
        let widths = columns.indices.map { column in lines.map { window.width(of: $0[column]) }.max() ?? 0 }
        func whole(_ columns: [Int]) -> Layout { Layout(shown: columns.map { ($0, widths[$0]) }) }
        switch choice {
        case .all: return whole(filled)
        case .named(let names):
            let named = names.compactMap { name in columns.firstIndex { $0.heading == name } }
            if !named.isEmpty { return whole([0] + named.filter { $0 != 0 }) }
        case .fitting: break
        }
        guard whole(filled).width > window.columns else { return whole(filled) }
        var layout = Layout(shown: filled.map { ($0, min(widths[$0], columns[$0].least ?? .max)) })
        while layout.width > window.columns, layout.shown.count > 1,
            let last = layout.shown.indices.max(by: { rank(layout.shown[$0].column) < rank(layout.shown[$1].column) })
        {
            layout.omitted.append(layout.shown.remove(at: last).column)
        }
        // What is left of the room is for the cells that were cut.
        for index in layout.shown.indices {
            let (column, width) = layout.shown[index]
            let wider = min(widths[column], width + max(0, window.columns - layout.width))
            if !columns[column].keepsEnd || wider == widths[column] { layout.shown[index].width = wider }
        }
        return layout
    }

    private func rank(_ column: Int) -> Int { columns[column].rank ?? column }

    // MARK: For programs

    /// An array of maps, named by the headings.
    package var value: RESPValue {
        .array(
            records.map { values in
                .map(
                    zip(columns, values).flatMap { column, value -> [RESPValue] in
                        [.bulk(ByteString(column.name)), value == .bulk("") ? .null : value]
                    })
            })
    }

    /// A line of names, and a line for each row.
    package var lists: [RESPValue] {
        [.array(columns.map { .bulk(ByteString($0.name)) })]
            + records.map { .array($0.map { $0.kind == .null ? .bulk("") : $0 }) }
    }
}
