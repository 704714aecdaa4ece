package import RESP

/// A line of `--stat`: figures from INFO, in columns.
package struct ServerStatistics: Sendable {
    private let fields: [Substring: Substring]
    /// In all databases.
    private let keyCount: Int

    /// - Parameter info: the reply to INFO: lines of `name:value`.
    package init(info: RESPValue) {
        keyCount = Keyspace(info: info)?.total ?? 0
        fields = info.text.split(whereSeparator: \.isNewline).reduce(into: [:]) { fields, line in
            guard let colon = line.firstIndex(of: ":") else { return }
            fields[line[..<colon]] = line[line.index(after: colon)...]
        }
    }

    /// Commands that the server has executed since it started.
    package var requestCount: Int { number("total_commands_processed") }

    /// The headings, with newlines.
    package static let heading =
        "------- data ------ --------------------- load -------------------- - child -\n"
        + "keys       mem      clients blocked requests            connections          \n"

    /// - Parameter before: the request count of the previous line; nil for the first line.
    package func line(requestsBefore before: Int?) -> String {
        let cells = [
            ("\(keyCount)", 10), (number("used_memory").byteText, 8), ("\(number("connected_clients"))", 7),
            ("\(number("blocked_clients"))", 7),
            ("\(requestCount) (+\(requestCount.subtracting(before ?? requestCount)))", 19),
            ("\(number("total_connections_received"))", 11),
        ]
        return cells.map { $0.padded(to: $1) + " " }.joined() + child + "\n"
    }

    /// What the server's child processes are doing.
    private var child: String {
        [("rdb_bgsave_in_progress", "SAVE"), ("aof_rewrite_in_progress", "AOF"), ("loading", "LOAD")]
            .filter { number($0.0) == 1 }.map(\.1).joined(separator: " + ")
    }

    private func number(_ field: Substring) -> Int { fields[field].flatMap { Int($0) } ?? 0 }
}
