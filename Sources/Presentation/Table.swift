package import RESP

/// Rows in columns under headings.
package struct Table: Equatable, Sendable {
    package struct Column: Equatable, Sendable {
        let heading: String
        /// Numbers stand at the right of their column.
        let isNumber: Bool

        package init(_ heading: String, isNumber: Bool = false) {
            self.heading = heading
            self.isNumber = isNumber
        }
    }

    let columns: [Column]
    package private(set) var rows: [[String]] = []

    package init(_ columns: [Column]) {
        self.columns = columns
    }

    package mutating func append(_ cells: [String]) {
        rows.append(cells)
    }

    /// Lines of text. Columns without a cell are left out; the last one is cut where the window ends.
    package func text(in window: Window) -> String {
        let shown = columns.indices.filter { column in rows.contains { !$0[column].isEmpty } }
        let lines = [columns.map(\.heading)] + rows.map { $0.map { VisibleText.text($0) } }
        let widths = columns.indices.map { column in lines.map { window.width(of: $0[column]) }.max() ?? 0 }
        return lines.map { cells in
            var line = ""
            for column in shown {
                line += line.isEmpty ? "" : "  "
                let padding = String(repeating: " ", count: widths[column] - window.width(of: cells[column]))
                line += columns[column].isNumber ? padding + cells[column] : cells[column] + padding
            }
            while line.last == " " { line.removeLast() }
            return window.cut(line) + "\n"
        }.joined()
    }

    /// The same for programs: an array of maps, named by the headings.
    package var value: RESPValue {
        .array(
            rows.map { cells in
                .map(
                    zip(columns, cells).flatMap { column, cell -> [RESPValue] in
                        let value: RESPValue = Int(cell).map { .integer($0) } ?? .bulk(ByteString(cell))
                        return [.bulk(ByteString(column.heading)), cell.isEmpty ? .null : value]
                    })
            })
    }
}
