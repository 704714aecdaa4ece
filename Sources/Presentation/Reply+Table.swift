package import Commands
package import RESP
package import Routing

// Replies that are lists of records, as tables.
extension Reply {
    /// Longer lists are not made into tables: no one reads them, and each of their cells is a string of its own.
    private static let mostRows = 10_000

    /// A table of the records in the reply; nil for a reply without records, or with records that have little in
    /// common.
    ///
    /// - Parameters:
    ///   - arguments: the command's.
    ///   - window: all columns have to fit into it, unless the server only sends the reply as long lines of text.
    package func table(_ shape: ReplyShape, _ arguments: [ByteString], in window: Window) -> Table? {
        var records: [(node: Node?, record: Record)] = []
        switch body {
        case .value(let value):
            // A single client does not need columns.
            if case .client = shape { return nil }
            guard !value.isError, let own = Record.list(value, shape, arguments) else { return nil }
            records = own.map { (nil, $0) }
        case .perNode(let replies):
            for reply in replies {
                guard let value = reply.value else { continue }
                guard let own = Record.list(value, shape, arguments) else { return nil }
                records += own.map { (reply.node, $0) }
            }
        case .streamed: return nil
        }
        guard !records.isEmpty, records.count <= Self.mostRows else { return nil }
        if case .slowLog = shape { records.sort { $0.record.time > $1.record.time } }
        var table = Self.table(records, shape, isNarrow: window.columns < 60)
        if case .slowLog = shape, case .perNode(let replies) = body, replies.count > 1 {
            table?.remark = arguments.entryLimit.map { "At most \($0) per node." }
        }
        return shape.isLines || table?.fits(window) == true ? table : nil
    }

    /// The part of the reply that the table leaves out: nodes that gave an error, or nothing, instead of records.
    package var withoutRecords: Reply {
        guard case .perNode(let replies) = body else { return Reply(body: .streamed, outcome: outcome) }
        return Reply(body: .perNode(replies.filter { $0.value == nil }), outcome: outcome)
    }

    private static func table(
        _ records: [(node: Node?, record: Record)], _ shape: ReplyShape, isNarrow: Bool
    ) -> Table? {
        var names: [String] = []
        var places: [String: Int] = [:]
        for (_, record) in records {
            for cell in record.cells where places[cell.name] == nil {
                places[cell.name] = names.count
                names.append(cell.name)
            }
        }
        // Records that have little in common do not make a table.
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
                rank: shape.rank(of: names[place], at: rank),
                least: shape.least(of: names[place], isNarrow: isNarrow), keepsEnd: names[place] == timeColumn)
        }
        let isOfNodes = records.contains { $0.node != nil }
        var table = Table((isOfNodes ? [Table.Column("node", rank: -1)] : []) + columns)
        for (record, row) in zip(records, rows) {
            table.append((isOfNodes ? ["\(record.node?.address.description ?? "")"] : []) + order.map { row[$0] })
        }
        return table
    }

    /// True for a cell that is right-aligned in a column of numbers.
    private static func isNumber(_ cell: String) -> Bool { cell.isEmpty || cell == "(nil)" || Double(cell) != nil }
}

private let timeColumn = "time (UTC)"

/// A row of a table.
private struct Record {
    var cells: [(name: String, text: String)]
    /// Seconds since 1970, where the rows are sorted by time.
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
        case .clients where value.kind.isText, .client where value.kind.isText:
            ServerText.object(value, .clients).elements.map { client in
                Record(client.pairs.map { ($0.key.text, $0.value.text) })
            }
        case .slowLog: all(value.elements) { slowCommand($0, countsBytes: arguments.countBytes) }
        case .nested(let pattern): rows(value, ReplyPattern(pattern, arguments))
        case .longRecords: rows(value, .list(.pairs([:])))
        case .columns:
            rows(value, shape.columns(arguments))
        case .positions:
            all(zip(arguments.dropFirst(2), value.elements)) { member, position in
                row(
                    ["member", "longitude", "latitude"],
                    [.bulk(member)] + (position.kind == .null ? [.null, .null] : Array(position.elements)))
            }
        case .clusterNodes:
            all(value.kind.isText ? ServerText.lines(of: value.text) : value.elements.map(\.text)) { line in
                ClusterNodeLine(line).map(clusterNode)
            }
        case .plain, .sections, .fields, .clients, .client, .settings: nil
        }
    }

    /// The results of `make` for all elements; nil if it returns nil for any of them.
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

    /// The rows that a pattern describes: a list of named fields, or such fields under names from the data, which
    /// become the first cells of their rows.
    private static func rows(
        _ value: RESPValue, _ pattern: ReplyPattern, front: [(name: String, text: String)] = []
    ) -> [Record]? {
        switch pattern {
        case .either(let first, let second):
            return rows(value, first, front: front) ?? rows(value, second, front: front)
        case .list(let inner):
            guard value.kind == .array else { return nil }
            switch inner {
            case .pairs, .values: return all(value.elements) { fields($0, inner, front: front) }
            case .plain, .named, .list, .again, .either: return nil
            }
        case .named(let heading?, let inner):
            guard let pairs = value.namedPairs(inner) else { return nil }
            return all(pairs) { name, value -> [Record]? in
                guard let text = name.cell else { return nil }
                let front = front + [(heading, text)]
                if case .named = inner { return value.count == 0 ? [] : rows(value, inner, front: front) }
                return fields(value, inner, front: front).map { [$0] }
            }?.flatMap { $0 }
        case .plain, .pairs, .named, .values, .again: return nil
        }
    }

    private static func fields(
        _ value: RESPValue, _ pattern: ReplyPattern, front: [(name: String, text: String)]
    ) -> Record? {
        // A deleted stream entry has no fields.
        if value.kind == .null || value.kind.isAggregate && value.count == 0 {
            return front.isEmpty ? nil : Record(front)
        }
        let map = value.paired(by: pattern)
        guard map.kind == .map, var record = Record(map.pairs) else { return nil }
        record.cells = front + record.cells
        return record
    }

    /// Scalars as rows of these columns; nil for a single column, which is a list.
    private static func rows(_ value: RESPValue, _ names: [String]) -> [Record]? {
        guard names.count > 1, let scalars = value.scalars(inRowsOf: names.count) else { return nil }
        return all(stride(from: 0, to: scalars.count, by: names.count)) { start in
            row(names, Array(scalars[start..<start + names.count]))
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

    private static func clusterNode(_ line: ClusterNodeLine) -> Record {
        func time(_ milliseconds: Int) -> String {
            milliseconds > 0 ? Units.date(seconds: milliseconds / 1000) + "Z" : ""
        }
        let slots = line.slots.map(\.text)
        func moves(_ slots: [Int: String], _ sign: String) -> [String] {
            slots.sorted { $0.key < $1.key }.map { "[\($0.key)-\(sign)-\($0.value)]" }
        }
        return Record([
            ("addr", line.address), ("flags", line.flags.joined(separator: ",")),
            ("slots", (slots + moves(line.migrating, ">") + moves(line.importing, "<")).joined(separator: " ")),
            ("link", line.linkState), ("id", line.id), ("master", line.master ?? ""),
            ("epoch", "\(line.configEpoch)"), ("hostname", line.hostname ?? ""),
            ("pong", time(line.pongReceived)), ("ping", time(line.pingSent)),
            ("bus-port", line.busPort.map { "\($0)" } ?? ""),
        ])
    }

    /// - Parameter countsBytes: true for a log of large requests or replies, which has bytes instead of microseconds.
    private static func slowCommand(_ entry: RESPValue, countsBytes: Bool) -> Record? {
        let fields = Array(entry.elements)
        guard fields.count >= 4, let time = fields[1].integer, let amount = fields[2].integer else { return nil }
        let command = fields[3].elements.map { Quoting.utf8.word($0.byteString) }.joined(separator: " ")
        var record = Record([
            (timeColumn, Units.date(seconds: time)),
            countsBytes ? ("bytes", "\(amount)") : ("ms", (Double(amount) / 1000).text(decimals: 3)),
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
    /// True for replies that the server only sends as long lines: a table of some of the columns is more useful than
    /// the full text.
    fileprivate var isLines: Bool {
        switch self {
        case .clients, .slowLog, .clusterNodes, .longRecords: true
        default: false
        }
    }

    /// The fields that are asked for most, and the order for a log; other records keep the server's order.
    private var firstColumns: [String] {
        switch self {
        case .clients: ["id", "addr", "name", "user", "db", "age", "idle", "flags", "cmd", "tot-mem", "omem"]
        case .slowLog: [timeColumn, "ms", "bytes", "command", "client", "name", "id"]
        case .longRecords(let names): "\(names)".split(separator: " ").map(String.init)
        default: []
        }
    }

    /// The indices of the columns in display order.
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

    /// The narrowest useful width; of a date, the time of day is enough.
    fileprivate func least(of name: String, isNarrow: Bool) -> Int? {
        switch (self, name) {
        // This much of an ID is enough for a target.
        case (.clusterNodes, "id"), (.clusterNodes, "master"): 10
        case (.longRecords, "source_node"), (.longRecords, "target_node"), (.longRecords, "name"): 10
        case (.clusterNodes, "slots"), (.longRecords, "slot_ranges"): 11
        // The client's address is near the start.
        case (.longRecords, "client-info"): 24
        case (.slowLog, "command"): isNarrow ? 12 : 24
        case (.slowLog, timeColumn): isNarrow ? 8 : nil
        default: nil
        }
    }
}

extension [ByteString] {
    /// The entry count given to SLOWLOG GET or COMMANDLOG GET; nil if the node's default applies.
    fileprivate var entryLimit: Int? { count > 2 ? self[2].integer.flatMap { $0 < 0 ? nil : $0 } : nil }

    /// True for a COMMANDLOG GET of sizes; its type is the last argument.
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
