/// The forms a reply can be printed in: a row here, and a file `Renderer+….swift`. All but the JSON ones are redis-cli's
/// to the byte.
package enum Format: CaseIterable, Sendable {
    /// The bytes alone, for pipes.
    case raw
    /// For people: typed, quoted, numbered.
    case terminal
    case csv
    case json
    /// JSON whose strings hold what the terminal would show, so that every byte of the output is ASCII.
    case quotedJSON

    /// What `:set format` calls it, and the option that chooses it with that one's help.
    package var row: (name: StaticString, option: StaticString, help: StaticString) {
        switch self {
        case .raw: ("raw", "--raw", "Print raw replies (default when stdout is not a terminal).")
        case .terminal: ("pretty", "--no-raw", "Print formatted replies (default on a terminal).")
        case .csv: ("csv", "--csv", "Print replies as CSV.")
        case .json: ("json", "--json", "Print every reply as one line of JSON. Uses RESP3 unless -2 is given.")
        case .quotedJSON: ("quoted-json", "--quoted-json", "Like --json, with all non-ASCII bytes escaped.")
        }
    }

    package var isJSON: Bool { self == .json || self == .quotedJSON }

    /// Words and columns; the other formats are for programs, and have a record for each command whatever comes of it.
    package var isForPeople: Bool { self == .terminal || self == .raw }
}
