package import Commands
package import RESP
package import Routing

// Replies that are lists of records, as tables.
extension Reply {
    /// Longer lists are no table: nobody reads them, and every cell of one is a text of its own.
    private static let mostRows = 10_000

    /// A table of what the reply lists; nil for a reply that lists no records, or ones that have little in common, and
    /// when a node has an error to show.
    ///
    /// - Parameters:
    ///   - arguments: the command's.
    ///   - window: all columns have to fit into it, but those of what the server only has as long lines of text.
    package func table(_ shape: ReplyShape, _ arguments: [ByteString], in window: Window) -> Table? {
        var records: [(node: Node?, record: Record)] = []
        switch body {
        case .value(let value):
            guard !value.isError, let own = Record.list(value, shape, arguments) else { return nil }
            records = own.map { (nil, $0) }
        case .perNode(let replies):
            guard replies.allSatisfy({ $0.value != nil }) else { return nil }
            for reply in replies {
                guard let value = reply.value, let own = Record.list(value, shape, arguments) else { return nil }
                records += own.map { (reply.node, $0) }
            }
        case .streamed: return nil
        }
        guard !records.isEmpty, records.count <= Self.mostRows else { return nil }
        if case .slowLog = shape { records.sort { $0.record.time > $1.record.time } }
        let table = Self.table(records, shape)
        return shape.isLines || table?.fits(window) == true ? table : nil
    }

    private static func table(_ records: [(node: Node?, record: Record)], _ shape: ReplyShape) -> Table? {
        var names: [String] = []
        var places: [String: Int] = [:]
        for (_, record) in records {
            for cell in record.cells where places[cell.name] == nil {
                places[cell.name] = names.count
                names.append(cell.name)
            }
        }
        // Records that have little in common are no table.
        guard records.allSatisfy({ 2 * $0.record.cells.count >= names.count }) else { return nil }
        var rows: [[String]] = []
        for (_, record) in records {
            var row = [String](repeating: "", count: names.count)
            var filled: Set<Int> = []
            for cell in record.cells {
                guard let place = places[cell.name], filled.insert(place).inserted else { return nil }
                row[place] = cell.text
            }
            rows.append(row)
        }
        let order = shape.columnOrder(names)
        let columns = order.enumerated().map { rank, place in
            Table.Column(
                names[place], isNumber: rows.allSatisfy { row in Self.isNumber(row[place]) },
                rank: shape.rank(of: names[place], at: rank), least: shape.least(of: names[place]))
        }
        let isOfNodes = records.contains { $0.node != nil }
        var table = Table((isOfNodes ? [Table.Column("node", rank: -1)] : []) + columns)
        for (record, row) in zip(records, rows) {
            table.append((isOfNodes ? ["\(record.node?.address.description ?? "")"] : []) + order.map { row[$0] })
        }
        return table
    }

    /// True for what stands at the right of a column of numbers.
    private static func isNumber(_ cell: String) -> Bool { cell.isEmpty || cell == "(nil)" || Double(cell) != nil }
}

/// What a row of a table shows.
private struct Record {
    var cells: [(name: String, text: String)]
    /// Seconds since 1970, where the rows are in the order of time.
    var time = 0

    init(_ cells: [(name: String, text: String)]) {
        self.cells = cells
    }

    /// Names and values of data, written as one would type them.
    private init?(_ pairs: [(key: RESPValue, value: RESPValue)]) {
        var cells: [(name: String, text: String)] = []
        for (name, value) in pairs {
            guard let text = value.cell else { return nil }
            cells.append((Quoting.utf8.word(name.byteString), text))
        }
        self.cells = cells
    }

    /// The records of a reply; nil for one of another form.
    static func list(_ value: RESPValue, _ shape: ReplyShape, _ arguments: [ByteString]) -> [Record]? {
        switch shape {
        case .clients where value.kind.isText:
            ServerText.object(value, .clients).elements.map { client in
                Record(client.pairs.map { ($0.key.text, $0.value.text) })
            }
        case .slowLog: all(value.elements) { slowCommand($0, countsBytes: arguments.countBytes) }
        case .nested(let pattern): maps(value.paired(by: ReplyPattern(pattern)))
        case .scoredPairs, .scores:
            shape.hasScores(arguments) ? value.scores.map { scores($0, arguments) } : nil
        case .entries: entries(value, front: [])
        case .streams:
            all(value.paired(by: .named(.plain)).pairs) { pair in
                entries(pair.value, front: [("stream", Quoting.utf8.word(pair.key.byteString))])
            }?.flatMap { $0 }
        case .positions:
            all(zip(arguments.dropFirst(2), value.elements)) { member, position in
                row(
                    ["member", "longitude", "latitude"],
                    [.bulk(member)] + (position.kind == .null ? [.null, .null] : Array(position.elements)))
            }
        case .places: places(value, arguments)
        case .rows(let names):
            value.kind == .array
                ? all(value.elements) { row("\(names)".split(separator: " ").map(String.init), Array($0.elements)) }
                : nil
        case .plain, .sections, .fields, .clients, .client, .clusterNodes, .settings: nil
        }
    }

    /// What `make` makes of every element; nil when it makes nothing of one.
    private static func all<Elements: Sequence, Made>(
        _ elements: Elements, _ make: (Elements.Element) -> Made?
    ) -> [Made]? {
        var list: [Made] = []
        for element in elements {
            guard let made = make(element) else { return nil }
            list.append(made)
        }
        return list
    }

    private static func maps(_ value: RESPValue) -> [Record]? {
        guard value.kind == .array, value.count > 0 else { return nil }
        return all(value.elements) { $0.kind == .map ? Record($0.pairs) : nil }
    }

    private static func scores(_ map: RESPValue, _ arguments: [ByteString]) -> [Record] {
        let isHash = arguments.contains { $0.matches("WITHVALUES") }
        return map.pairs.map { member, score in
            Record([
                (isHash ? "field" : "member", member.cell ?? ""), (isHash ? "value" : "score", score.cell ?? ""),
            ])
        }
    }

    private static func entries(_ value: RESPValue, front: [(name: String, text: String)]) -> [Record]? {
        guard value.kind == .array else { return nil }
        return all(value.elements) { entry in
            guard let parts = entry.elements(2), let id = parts[0].cell,
                var record = Record(parts[1].paired(by: .pairs([:])).pairs), parts[1].kind.isAggregate
            else { return nil }
            record.cells = front + [("id", id)] + record.cells
            return record
        }
    }

    private static func row(_ names: [String], _ values: [RESPValue]) -> Record? {
        guard !values.isEmpty, values.count <= names.count else { return nil }
        var cells: [(name: String, text: String)] = []
        for (name, value) in zip(names, values) {
            guard let text = value.cell else { return nil }
            cells.append((name, text))
        }
        return Record(cells)
    }

    /// The server has distance, hash and coordinates in this order, whatever the arguments' is.
    private static func places(_ value: RESPValue, _ arguments: [ByteString]) -> [Record]? {
        func has(_ word: StaticString) -> Bool { arguments.contains { $0.matches(word) } }
        let names =
            ["member"] + (has("WITHDIST") ? ["distance"] : []) + (has("WITHHASH") ? ["hash"] : [])
            + (has("WITHCOORD") ? ["longitude", "latitude"] : [])
        guard names.count > 1, value.kind == .array else { return nil }
        return all(value.elements) { place in
            row(names, place.elements.flatMap { $0.kind == .array ? Array($0.elements) : [$0] })
        }
    }

    /// - Parameter countsBytes: for a log of large requests or replies, which has bytes in the place of microseconds.
    private static func slowCommand(_ entry: RESPValue, countsBytes: Bool) -> Record? {
        let fields = Array(entry.elements)
        guard fields.count >= 4, let time = fields[1].integer, let amount = fields[2].integer else { return nil }
        let command = fields[3].elements.map { Quoting.utf8.word($0.byteString) }.joined(separator: " ")
        var record = Record([
            ("time (UTC)", Units.date(seconds: time)),
            countsBytes ? ("bytes", "\(amount)") : ("ms", (Double(amount) / 1000).text(decimals: 2)),
            ("command", command),
        ])
        record.time = time
        for (name, field) in zip(["client", "name"], fields.dropFirst(4)) {
            record.cells.append((name, VisibleText.text(field.text)))
        }
        record.cells.append(("id", fields[0].text))
        return record
    }
}

extension ReplyShape {
    /// True for what the server only has as long lines: a table of some columns says more than all of the text.
    fileprivate var isLines: Bool {
        switch self {
        case .clients, .slowLog: true
        default: false
        }
    }

    /// What is asked of clients most, and the order of a log; of other records the order is the server's.
    private var firstColumns: [String] {
        switch self {
        case .clients: ["id", "addr", "name", "user", "db", "age", "idle", "flags", "cmd"]
        case .slowLog: ["time (UTC)", "ms", "bytes", "command", "client", "name", "id"]
        default: []
        }
    }

    /// The places of the columns in the order in which they stand.
    fileprivate func columnOrder(_ names: [String]) -> [Int] {
        let first = firstColumns.compactMap { names.firstIndex(of: $0) }
        return first + names.indices.filter { !first.contains($0) }
    }

    fileprivate func rank(of name: String, at place: Int) -> Int {
        switch (self, name) {
        case (.clients, "cmd"): 1
        case (.clients, _): place + 2
        case (.slowLog, "command"): 0
        case (.slowLog, _): place + 1
        default: place
        }
    }

    fileprivate func least(of name: String) -> Int? {
        if case .slowLog = self, name == "command" { 24 } else { nil }
    }
}

extension [ByteString] {
    /// COMMANDLOG GET, whose type stands at the end.
    fileprivate var countBytes: Bool {
        last.map { $0.matches("LARGE-REQUEST") || $0.matches("LARGE-REPLY") } ?? false
    }
}

extension RESPValue {
    /// A scalar as a cell; nil for an aggregate and an error.
    fileprivate var cell: String? {
        switch kind {
        case .null: "(nil)"
        case .bulkString: Quoting.utf8.word(byteString)
        case .simpleString, .verbatimString, .integer, .double, .bigNumber, .boolean: text
        case .error, .array, .set, .push, .map: nil
        }
    }
}
