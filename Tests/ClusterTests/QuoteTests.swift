import RESP
import TestSupport
import Testing

/// A line becomes the same words as with the installed redis-cli, or is refused as it is there.
///
/// Each line appends its number and its words to a list, so that the server shows what has arrived. One intended
/// difference is left out: NUL, which ends a line of redis-cli even within quotes.
struct QuoteTests {
    /// Each goes to slotline whole and cut in two, which makes a hundred thousand.
    private static let count = 35_000

    @Test("Random lines are split as redis-cli splits them, and are only continued outside quotes")
    func splitsAsRedisCLI() throws {
        let server = try RedisServer()
        var random = SeededRandom(seed: 7)
        let lines = (0..<Self.count).map { _ in Self.line(&random) }
        let cuts = lines.map { Int.random(in: 0...$0.count, using: &random) }
        let heads = zip(lines, cuts).map { Array($0.prefix($1)) }

        try Self.run("redis-cli", Self.input("stock", lines) + Self.input("heads", heads), server)
        // A line continues where no quote is open, which is where redis-cli takes what came before.
        let broken = zip(lines, cuts).map { line, cut in Array(line[..<cut] + [0x5c, 0x0a] + line[cut...]) }
        try Self.run(BuiltProduct.slotline, Self.input("own", lines) + Self.input("broken", broken), server)

        let stock = try Self.arrived("stock", server)
        let own = try Self.arrived("own", server)
        let uncut = try Self.arrived("heads", server)
        let joined = try Self.arrived("broken", server)
        for (number, line) in lines.enumerated() {
            let whole = uncut[number] == nil ? nil : stock[number]
            guard own[number] != stock[number] || joined[number] != whole else { continue }
            let text = String(describing: ByteString(line))
            Issue.record("\(text) cut at \(cuts[number]): \(own[number] ?? []), \(joined[number] ?? [])")
            return
        }
        // There must be enough of either kind for this to mean anything.
        #expect(stock.count > Self.count / 4 && stock.count < Self.count * 9 / 10)
        #expect(joined.count > Self.count / 4 && joined.count < stock.count)
    }

    /// Bytes that the rules are about, in half the lines with others in between. None is a backslash at the end, which
    /// would continue the line here.
    private static func line(_ random: inout SeededRandom) -> [UInt8] {
        let marks =
            Bool.random(using: &random)
            ? Array("\"''\\\\ a".utf8)
            : Array("\"\"''\\\\  \t\u{b}\u{c}\r\u{1}nrtbaxX4fF#az".utf8) + [0x7f, 0x80, 0xa0, 0xff]
        let bytes = (0..<Int.random(in: 0...16, using: &random)).map { _ in
            marks[Int.random(in: 0..<marks.count, using: &random)]
        }
        return bytes.last == 0x5c || bytes.suffix(2) == [0x5c, 0x0d] ? bytes + [0x20] : bytes
    }

    private static func input(_ list: String, _ lines: [[UInt8]]) -> [UInt8] {
        lines.enumerated().flatMap { Array("RPUSH \(list) number:\($0) ".utf8) + $1 + [0x0a] }
    }

    private static func run(_ program: String, _ input: [UInt8], _ server: RedisServer) throws {
        let result = try Subprocess.run(
            program, ["-p", ByteString("\(server.port)")], input: input, environment: Slotline.environment(),
            timeout: .seconds(120))
        #expect(result.output.count > Self.count)
    }

    /// The words of the lines that were accepted, by number.
    private static func arrived(_ list: ByteString, _ server: RedisServer) throws -> [Int: [ByteString]] {
        var words: [Int: [ByteString]] = [:]
        var number = 0
        for element in try server.send("LRANGE", list, "0", "-1").elements {
            let word = element.byteString
            if word.hasPrefix("number:"), let next = word.dropFirst("number:".utf8.count).integer {
                number = next
                words[number] = []
            } else {
                words[number]?.append(word)
            }
        }
        return words
    }
}
