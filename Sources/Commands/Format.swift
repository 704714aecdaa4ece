package import RESP

/// The formats that a reply can be printed in: a row here, and a file `Renderer+….swift`. All but ``table`` and the
/// JSON ones match redis-cli's to the byte.
package enum Format: CaseIterable, Sendable {
    /// For people: like ``terminal``, but names and values are pairs and lists of records are tables, equal replies of
    /// several nodes appear once, and long values are cut.
    case table
    /// Only the bytes, for pipes.
    case raw
    /// Typed, quoted, numbered.
    case terminal
    case csv
    case json
    /// JSON whose strings contain what the terminal would show, so that every byte of the output is ASCII.
    case quotedJSON

    /// What `:set format` calls it, and the option that chooses it, with its help.
    package var row: (name: StaticString, option: StaticString, help: StaticString) {
        switch self {
        case .table:
            (
                "table", "--table",
                "Lay out replies for reading: tables, pairs, equal replies of nodes once (default on a terminal)."
            )
        case .raw: ("raw", "--raw", "Print raw replies (default when stdout is not a terminal).")
        case .terminal: ("pretty", "--no-raw", "Print formatted replies, as redis-cli does on a terminal.")
        case .csv: ("csv", "--csv", "Print replies as CSV.")
        case .json:
            (
                "json", "--json",
                "Print every reply as JSON, in one line unless on a terminal. Uses RESP3 unless -2 is given."
            )
        case .quotedJSON: ("quoted-json", "--quoted-json", "Like --json, with all non-ASCII bytes escaped.")
        }
    }

    /// The format that a word after a command chooses for its line: `;json`.
    ///
    /// - Parameter suffix: the word as typed.
    package init?(suffix: ByteString) {
        guard suffix.hasPrefix(";") else { return nil }
        let name = suffix.dropFirst(1)
        guard let format = Self.allCases.first(where: { name.matches($0.row.name) }) else { return nil }
        self = format
    }

    /// What ``init(suffix:)`` accepts.
    package static var suffixes: [String] { allCases.map { ";\($0.row.name)" } }

    package var isJSON: Bool { self == .json || self == .quotedJSON }

    /// Typed and quoted, as on a terminal.
    package var isPretty: Bool { self == .table || self == .terminal }

    /// Words and columns; the other formats are for programs, and have a record for each command, whatever becomes of
    /// it.
    package var isForPeople: Bool { isPretty || self == .raw }
}
