package import RESP

/// A line of MONITOR, parsed: `1339518083.107412 [0 127.0.0.1:60866] "keys" "*"`. Source: Redis documentation,
/// "MONITOR".
package struct MonitorLine: Equatable, Sendable {
    /// Up to the command: time, database and client.
    package let head: ByteString
    /// Address and port of the client; `lua` for a script.
    package let client: ByteString
    /// The command. Never empty.
    package let arguments: [ByteString]

    /// - Returns: nil for any other line.
    package init?(_ line: ByteString) {
        let bytes = line.bytes
        guard let end = bytes.indices.dropLast(2).first(where: { bytes[$0...].starts(with: Self.endOfHead) }),
            let start = bytes[..<end].firstIndex(of: UInt8(ascii: "[")),
            let space = bytes[start..<end].firstIndex(of: 0x20),
            let words = try? Tokenizer.words(Array(bytes[(end + 2)...])), !words.isEmpty
        else { return nil }
        head = ByteString(bytes[...end])
        client = ByteString(bytes[(space + 1)..<end])
        arguments = words
    }

    private static let endOfHead = Array("] \"".utf8)

    private var row: CommandSpec? { CommandTable.row(for: arguments) }

    package var keys: [ByteString] { row?.keys.indexes(in: arguments).map { arguments[$0] } ?? [] }

    /// The name that the command is counted under: `GET`, `CONFIG SET`.
    package var name: String { row.map { "\($0.name)" } ?? arguments[0].text.uppercased() }

    /// True when the client may be a different user from then on.
    package var changesUser: Bool {
        switch row?.effect {
        case .authenticate, .hello, .reset: true
        default: false
        }
    }

    /// True when the line shows a password, or what may be one.
    package var isSecret: Bool { CommandTable.isSecret(arguments) }
}

/// Which lines of MONITOR are shown, and until when: the words after the command.
package struct MonitorFilter: Equatable, Sendable {
    /// A word that is not accepted, or nil for one that is missing, and what expects another.
    package struct BadWord: Error, Equatable, Sendable {
        package let name: ByteString
        package let word: ByteString?
        package let wanted: String
    }

    /// One of the keys has to match; nil for any key, and for none.
    package private(set) var pattern: ByteString?
    /// In upper case; empty for all.
    package private(set) var commands: Set<String> = []
    /// Only this user's commands are shown; nil for those of all users.
    package private(set) var user: ByteString?
    /// The number of lines after which the stream ends.
    package private(set) var limit: Int?
    /// Seconds after which the stream ends.
    package private(set) var seconds: Double?
    /// What was seen is counted, and reported at the end instead of the lines.
    package private(set) var summarizes = false

    /// For hints and messages.
    package static let syntax: StaticString =
        "[--match glob] [--command names] [--user name] [--limit lines] [--for seconds] [--summary]"

    /// - Parameter words: the words after MONITOR.
    package init(_ words: some Sequence<ByteString>) throws(BadWord) {
        var rest = words.makeIterator()
        while let option = rest.next() {
            func value<Value>(_ wanted: String, _ read: (ByteString) -> Value?) throws(BadWord) -> Value {
                let word = rest.next()
                guard let value = word.flatMap(read) else { throw BadWord(name: option, word: word, wanted: wanted) }
                return value
            }
            switch option.text {
            case "--summary": summarizes = true
            case "--match": pattern = try value("a pattern") { $0 }
            case "--command":
                commands = try value("command names, separated by commas") {
                    Set($0.text.uppercased().split(separator: ",").map(String.init))
                }
            case "--user": user = try value("a user name") { $0 }
            case "--limit":
                limit = try value("a number of lines above 0") { $0.integer.flatMap { $0 > 0 ? $0 : nil } }
            case "--for":
                seconds = try value("a number of seconds above 0") {
                    Double($0.text).flatMap { $0 > 0 && $0 < 1e9 ? $0 : nil }
                }
            default: throw BadWord(name: "MONITOR", word: option, wanted: "\(Self.syntax)")
            }
        }
    }

    package func accepts(_ line: MonitorLine) -> Bool {
        if !commands.isEmpty {
            let word = line.arguments[0].text.uppercased()
            guard commands.contains(word) || commands.contains(line.name) else { return false }
        }
        guard let pattern else { return true }
        return line.keys.contains { $0.matches(glob: pattern) }
    }
}
