package import RESP

/// Rows in columns under headings. If the window is too narrow for all columns, cells that may be cut are cut first;
/// then columns are left out, least important first, and named below the table.
package struct Table: Equatable, Sendable {
    package struct Column: Equatable, Sendable {
        let heading: String
        /// Numbers are right-aligned.
        let isNumber: Bool
        /// Columns with the highest rank are left out first; if nil, the column's index counts.
        let rank: Int?
        /// Its cells may be cut to this width; nil if they must be whole.
        let least: Int?
        /// A cell cut to its least width keeps its end, such as the time of a date.
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

        /// The name for programs.
        fileprivate var name: String { heading.split(separator: " ").joined(separator: "_") }
    }

    /// Which columns are shown.
    package enum Choice: Equatable, Sendable {
        /// As many as fit in the window.
        case fitting
        /// All of them, however long the lines get.
        case all
        /// The first one, and those with these names; all that fit if the table has none of them.
        case named([String])
    }

    let columns: [Column]
    package private(set) var rows: [[String]] = []
    /// What programs get instead of the rows.
    private var records: [[RESPValue]] = []
    /// A remark about the whole table, below it.
    package var remark: String?

    package init(_ columns: [Column]) {
        self.columns = columns
    }

    /// - Parameter values: the same for programs; nil if these are just the numbers and texts that the cells show.
    package mutating func append(_ cells: [String], values: [RESPValue]? = nil) {
        rows.append(cells)
        records.append(values ?? cells.map { cell in Int(cell).map { .integer($0) } ?? .bulk(ByteString(cell)) })
    }

    /// Appends a row that programs compute themselves.
    package mutating func append(sums cells: [String]) {
        rows.append(cells)
    }

    // MARK: For people

    /// Lines of text. Empty columns are left out silently.
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
        return (table + below + layout.omission(from: columns, in: window) + missing(choice, in: window)).joined()
    }

    /// The note about chosen columns that the table does not have.
    private func missing(_ choice: Choice, in window: Window) -> [String] {
        guard case .named(let names) = choice else { return [] }
        let missing = names.filter { name in !columns.contains { $0.heading == name } }
        guard !missing.isEmpty else { return [] }
        let text = "(no such column: \(missing.joined(separator: ", ")); :set columns all shows all)"
        return text.wrapped(at: window.columns).map { $0 + "\n" }
    }

    /// Where cells keep their end, the heading still keeps its start, and is cut at a word boundary.
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

        /// The note about columns that are left out.
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
        // The remaining room goes to the cells that were cut.
        for index in layout.shown.indices {
            let (column, width) = layout.shown[index]
            let wider = min(widths[column], width + max(0, window.columns - layout.width))
            if !columns[column].keepsEnd || wider == widths[column] { layout.shown[index].width = wider }
        }
        return layout
    }

    private func rank(_ column: Int) -> Int { columns[column].rank ?? column }

    /// The same with a dash in each empty cell, for programs that split lines at spaces.
    package var withoutBlanks: Table {
        var table = self
        table.rows = rows.map { $0.map { $0.isEmpty ? "-" : $0 } }
        return table
    }

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

    /// A list of names, and a list for each row.
    package var lists: [RESPValue] {
        [.array(columns.map { .bulk(ByteString($0.name)) })]
            + records.map { .array($0.map { $0.kind == .null ? .bulk("") : $0 }) }
    }
}
