package import RESP

/// A line of MONITOR, taken apart: `1339518083.107412 [0 127.0.0.1:60866] "keys" "*"`. Source: Redis documentation, "MONITOR".
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

    /// As commands are counted: `GET`, `CONFIG SET`.
    package var name: String { row.map { "\($0.name)" } ?? arguments[0].text.uppercased() }

    /// True when the client is perhaps another user's from then on.
    package var changesUser: Bool {
        switch row?.effect {
        case .authenticate, .hello, .reset: true
        default: false
        }
    }

    /// True when the line shows a password or what may be one.
    package var isSecret: Bool { row?.sensitivity.isSecret(arguments) ?? false }
}

/// Which lines of MONITOR are shown, and until when: the words behind the command.
package struct MonitorFilter: Equatable, Sendable {
    /// A word that cannot be.
    package struct BadWord: Error, Equatable, Sendable {
        package let word: ByteString
        package let wanted: String
    }

    /// One of the keys has to match; nil for any, and for none.
    package private(set) var pattern: ByteString?
    /// In capitals; empty for all.
    package private(set) var commands: Set<String> = []
    /// Whose commands alone are shown; nil for everybody's.
    package private(set) var user: ByteString?
    /// Lines after which the stream ends.
    package private(set) var limit: Int?
    /// Seconds after which it ends.
    package private(set) var seconds: Double?
    /// What was seen is counted, and told at the end in place of the lines.
    package private(set) var summarizes = false

    /// For hints and messages.
    package static let syntax: StaticString =
        "[--match glob] [--command names] [--user name] [--limit lines] [--for seconds] [--summary]"

    /// - Parameter words: what stands behind MONITOR.
    package init(_ words: some Sequence<ByteString>) throws(BadWord) {
        var rest = words.makeIterator()
        while let option = rest.next() {
            switch option.text {
            case "--summary": summarizes = true
            case "--match":
                guard let glob = rest.next() else { throw BadWord(word: option, wanted: "a pattern after it") }
                pattern = glob
            case "--command":
                guard let names = rest.next() else {
                    throw BadWord(word: option, wanted: "command names after it, separated by commas")
                }
                commands = Set(names.text.uppercased().split(separator: ",").map(String.init))
            case "--user":
                guard let name = rest.next() else {
                    throw BadWord(word: option, wanted: "the name of a user after it")
                }
                user = name
            case "--limit":
                guard let count = rest.next()?.integer, count > 0 else {
                    throw BadWord(word: option, wanted: "a number of lines after it")
                }
                limit = count
            case "--for":
                guard let time = rest.next().flatMap({ Double($0.text) }), time > 0, time < 1e9 else {
                    throw BadWord(word: option, wanted: "a number of seconds after it")
                }
                seconds = time
            default: throw BadWord(word: option, wanted: "\(Self.syntax)")
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
