import Commands
import Foundation
import RESP
import TestSupport
import Testing

/// Compares the table with what a server says of its own commands, so that neither drifts from the other. A row may
/// know more than the server does, for instance when the server is older; where it disagrees, it says why.
struct CommandTableServerTests {
    /// Commands that accept more words on newer servers than on older ones.
    private static let grown = [
        "EXPIRE", "EXPIREAT", "PEXPIRE", "PEXPIREAT", "XSETID", "ZRANK", "ZREVRANK", "COMMAND GETKEYS",
        "COMMAND GETKEYSANDFLAGS", "CLUSTER REPLICATE", "SCRIPT DEBUG",
    ]
    /// Commands that accept fewer words than their server says (the server refuses those itself), and MONITOR, whose
    /// options are slotline's.
    private static let loose = ["PFDEBUG", "CLUSTER MIGRATESLOTS", "MONITOR"]
    /// Names that Redis 6.2 uses to refuse HTTP, and a command that no later server has.
    private static let unnamed = ["HOST:", "POST", "STRALGO"]

    private let server: RedisServer
    private let client: TestClient
    private let entries: [Entry]

    /// One command or subcommand as the server describes it, and that description read as a row.
    private struct Entry {
        let name: String
        let learned: CommandSpec
        /// True when words other than the name and fixed positions decide where its keys are.
        let hasMovableKeys: Bool
        /// True for a module's command, whose arity the server often does not know.
        let isModule: Bool
        /// False on a server that does not have tips yet.
        let hasTips: Bool

        init(_ described: RESPValue) throws {
            let fields = Array(described.elements)
            name = fields[0].text.uppercased().replacing("|", with: " ")
            learned = try #require(CommandSpec(commandInfo: described))
            hasMovableKeys = fields[2].elements.contains { $0.text == "movablekeys" }
            isModule = fields[2].elements.contains { $0.text == "module" }
            hasTips = fields.count > 7
        }

        var words: [ByteString] { name.split(separator: " ").map { ByteString(String($0)) } }

        /// The table's own row.
        var row: CommandSpec? {
            let row = CommandTable.row(for: words)
            return row?.name.description == name ? row : nil
        }
    }

    init() throws {
        server = try RedisServer()
        client = try server.client()
        entries = try client.send("COMMAND").elements.flatMap { command in
            let fields = Array(command.elements)
            let subcommands = fields.count > 9 ? Array(fields[9].elements) : []
            // A container's own name is only a prefix of its subcommands; COMMAND alone is a command too. Redis 6.2
            // does not describe subcommands.
            let isContainer =
                fields.count > 9 ? !subcommands.isEmpty : CommandTable.hasSubcommands(fields[0].byteString)
            let isCommand = !isContainer || fields[0].text == "command"
            return try (isCommand ? [command] : []).map(Entry.init) + subcommands.map(Entry.init)
        }
    }

    @Test("Every command of the server has a row") func everyCommandOfTheServerHasARow() {
        #expect(entries.count > 200)
        let missing = entries.filter { $0.row == nil }.map(\.name)
        #expect(missing.filter { !Self.unnamed.contains($0) } == [])
    }

    @Test("Arities match the server's") func aritiesMatchTheServers() {
        for entry in entries {
            guard let arity = entry.row?.arity, arity != entry.learned.arity, !Self.loose.contains(entry.name) else {
                continue
            }
            let isGrown = Self.grown.contains(entry.name) && arity < 0 && -arity <= abs(entry.learned.arity)
            #expect(
                isGrown || entry.isModule && entry.learned.arity == -1,
                "\(entry.name): the server says \(entry.learned.arity)")
        }
    }

    @Test("Reading, writing and blocking match the server") func readingWritingAndBlockingMatchTheServer() throws {
        for case (let entry, let row?) in entries.map({ ($0, $0.row) }) {
            let flags = entry.learned.flags.subtracting(.script)
            #expect(row.flags.isSuperset(of: flags), "\(entry.name)")
            #expect(row.flags.contains(.write) == flags.contains(.write), "\(entry.name)")
        }
    }

    @Test("Policies match the server's, or say why not") func policiesMatchTheServersOrSayWhyNot() throws {
        let oneNode: [RequestPolicy] = [.keyed, .anyNode, .sessionNode]
        for case (let entry, let row?) in entries.map({ ($0, $0.row) }) where entry.hasTips {
            let isSameRequest =
                row.request == entry.learned.request
                || oneNode.contains(row.request) && oneNode.contains(entry.learned.request)
            let isSame = isSameRequest && row.response == entry.learned.response
            #expect(
                isSame || row.difference != nil,
                "\(entry.name): \(row.request) \(row.response), the tips say \(entry.learned.request) \(entry.learned.response)"
            )
        }
    }

    @Test("Keys are where the server finds them") func keysAreWhereTheServerFindsThem() throws {
        var answers = 0
        for case (let entry, let row?) in entries.map({ ($0, $0.row) }) {
            for arguments in probes(entry) {
                // Some servers look for STORE where the unit is, which is an error anyway.
                if entry.name == "GEORADIUS", arguments.count > 5, arguments[5].text.hasPrefix("STORE") { continue }
                let reply = try client.send(["COMMAND", "GETKEYS"] + arguments)
                // If the server cannot parse a line, it refuses it; where its keys are does not matter then.
                if reply.text.contains("Invalid arguments") { continue }
                let places: [Int]
                if reply.isError {
                    // Shard channels are not keys, but the description has positions for them all the same.
                    places = entry.learned.keys.indexes(in: arguments)
                } else {
                    answers += 1
                    places = reply.elements.compactMap { arguments.firstIndex(of: $0.byteString) }
                }
                let own = row.keys.indexes(in: arguments)
                #expect(own.sorted() == places.sorted(), "\(arguments.map(\.text)): \(reply.text)")
            }
        }
        #expect(answers > 300)
    }

    /// Lines of the fewest words and of a few more. Every word is its own position, so that a reply with keys reveals
    /// their positions, and a word that counts keys counts some. Keywords are put wherever they may mean something.
    private func probes(_ entry: Entry) -> [[ByteString]] {
        let arity = entry.learned.arity
        let counts = arity < 0 ? -arity...(-arity + 5) : arity...arity
        let name = entry.words
        return counts.flatMap { count in
            let plain = (0..<count).map { $0 < name.count ? name[$0] : ByteString("\($0)") }
            guard entry.hasMovableKeys else { return [plain] }
            return [plain]
                + (name.count..<count).flatMap { place in
                    (["STREAMS", "STORE", "STOREDIST", "KEYS", "GET", "LIMIT", ""] as [ByteString]).map { keyword in
                        var line = plain
                        line[place] = keyword
                        return line
                    }
                }
        }
    }
}
