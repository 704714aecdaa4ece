import Commands
import RESP
import Shell
import Testing

struct CommandScannerTests {
    /// The result of a scan: each line or command as its words, `?` for an invalid line, and `!` where the scan ends
    /// because the bytes are neither.
    ///
    /// - Parameter cuts: how many bytes are there at each look; all of them after the last.
    private func scan(_ text: String, takesRequests: Bool = true, cuts: [Int]) -> [String] {
        let bytes = Array(text.utf8)
        var scanner = CommandScanner(takesRequests: takesRequests, isAtStart: true)
        var found: [String] = []
        var start = 0
        var cuts = cuts.filter { $0 < bytes.count }[...]
        var end = cuts.popFirst() ?? bytes.count
        while true {
            let isAtEnd = end == bytes.count
            let block = Array(bytes[start..<max(start, end)])
            do {
                let line = try block.withUnsafeBytes { raw throws(ProtocolError) in
                    try scanner.next(raw.bytes, isAtEnd: isAtEnd)
                }
                switch line?.content {
                case .words:
                    let words = scanner.words.map { String(decoding: block[$0], as: UTF8.self) }
                    let mark = scanner.isRequest ? "*" : ""
                    if !words.isEmpty { found.append(mark + words.joined(separator: " ")) }
                case .text(let line):
                    found.append((try? Tokenizer.words(line))?.map(\.text).joined(separator: " ") ?? "?")
                case nil:
                    guard !isAtEnd else { return found }
                    end = cuts.popFirst() ?? bytes.count
                    continue
                }
                start += line?.length ?? 0
            } catch {
                return found + ["!"]
            }
        }
    }

    private static let set = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$13\r\n\r\nFLUSHALL\r\n \r\n"
    private static let setWords = "*SET a \r\nFLUSHALL\r\n "

    /// Values of RESP commands are never lines, whatever comes before them.
    @Test(
        "Requests and lines may be mixed",
        arguments: [
            ("", [setWords]), ("SELECT 0\r\n", ["SELECT 0", setWords]), ("\r\n\n", [setWords]),
            ("#TS:1234\r\n", [setWords]),
            ("\u{feff}", [setWords]), ("\u{feff}PING\n", ["PING", setWords]), ("\u{feff}#\n", [setWords]),
            ("*0\r\n*-1\r\n", [setWords]), (set, [setWords, setWords]),
            (set + "GET a\r\n", [setWords, "GET a", setWords]),
            ("GET \"open\n", ["?", setWords]), ("SET d C:\\\r\n", ["SET d C:\\", setWords]),
            ("SET a \\\n b\n", ["SET a b", setWords]), ("PING\\\n", ["PING\\", setWords]),
        ] as [(String, [String])])
    func requestsAndLinesMayBeMixed(front: String, commands: [String]) {
        let text = front + Self.set + "  DEL a\n# end\n\"*3\" x\nGET \"b\\x20c\"\n" + Self.set + "PING"
        let expected = commands + ["DEL a", "*3 x", "GET b c", Self.setWords, "PING"]
        #expect(scan(text, cuts: []) == expected)
        for first in 0..<text.utf8.count {
            #expect(scan(text, cuts: [first]) == expected)
            for distance in 1...3 { #expect(scan(text, cuts: [first, first + distance]) == expected) }
        }
        #expect(scan(text, cuts: Array(0..<text.utf8.count)) == expected)
    }

    /// Once commands and values can no longer be told apart, nothing more is read.
    @Test(
        "Anything else ends the input",
        arguments: [
            ("junk" + set, ["junk*3", "!"]), (" " + set, ["*3", "!"]), ("$3\r\nSET\r\n", ["!"]),
            ("*1\r\nPING\r\n", ["!"]),
            ("*1\r\n$5\r\nPING\r\nFLUSHALL\r\n", ["!"]), ("*x\r\nFLUSHALL\r\n", ["!"]), ("*1\r\n$4\r\nPI", ["!"]),
            ("REDIS0011\u{1}\nFLUSHALL\n", ["!"]), ("VALKEY080\u{1}\nFLUSHALL\n", ["!"]),
            ("REDIS\nPING\n", ["REDIS", "PING"]),
            ("RED", ["RED"]), ("\u{feff}", []),
        ] as [(String, [String])])
    func anythingElseEndsTheInput(text: String, found: [String]) {
        #expect(scan(text, cuts: []) == found)
        for first in 0..<text.utf8.count { #expect(scan(text, cuts: [first]) == found) }
        #expect(scan(text, cuts: Array(0..<text.utf8.count)) == found)
    }

    @Test(
        "An input that ends inside a command is told from bytes that are none",
        arguments: ["*1", "*2\r\n$3\r\nGET\r\n$5\r\nab", "*1\r\n$4\r\nPING"])
    func anInputThatEndsInsideACommand(text: String) {
        let bytes = Array(text.utf8)
        #expect(throws: ProtocolError.cutOff) {
            var scanner = CommandScanner(takesRequests: true, isAtStart: true)
            _ = try bytes.withUnsafeBytes { raw throws(ProtocolError) in
                try scanner.next(raw.bytes, isAtEnd: true)
            }
        }
    }

    @Test("A compressed input is recognized by its first bytes", arguments: Compression.allCases, [true, false])
    func aCompressedInputIsRecognized(_ compression: Compression, takesRequests: Bool) throws {
        for beginning in compression.beginnings {
            for cut in 1...beginning.count {
                var scanner = CommandScanner(takesRequests: takesRequests, isAtStart: true)
                func next(_ bytes: [UInt8], isAtEnd: Bool = false) throws -> LineScanner.Line? {
                    try bytes.withUnsafeBytes { raw throws(ProtocolError) in
                        try scanner.next(raw.bytes, isAtEnd: isAtEnd)
                    }
                }
                if cut < beginning.count { #expect(try next(Array(beginning.prefix(cut))) == nil) }
                #expect(throws: ProtocolError.compressed(compression)) { try next(beginning + Array("\nPING\n".utf8)) }
            }
        }
        for text in ["BZh9 x", "(", "BZPOPMIN a b 0"] {
            #expect(scan(text, takesRequests: takesRequests, cuts: [1]) == [text])
        }
    }

    @Test("A file of lines holds only lines") func aFileOfLinesHoldsOnlyLines() {
        let text = "\u{feff}SET a \\\n*3\n*1\n$4\nREDIS0 x\n"
        let expected = ["SET a *3", "*1", "$4", "REDIS0 x"]
        for first in 0..<text.utf8.count { #expect(scan(text, takesRequests: false, cuts: [first]) == expected) }
    }

    @Test("Offsets and line counts are tracked") func offsetsAndLineCountsAreTracked() throws {
        let text = "\u{feff}A \\\n b\r\n*1\r\n$4\r\nPING\r\nB\n"
        var scanner = CommandScanner(takesRequests: true, isAtStart: true)
        var rest = Array(text.utf8)
        var lengths: [[Int]] = []
        while let line = try rest.withUnsafeBytes({ raw throws(ProtocolError) in
            try scanner.next(raw.bytes, isAtEnd: true)
        }) {
            lengths.append([line.length, line.lineCount])
            rest.removeFirst(line.length)
        }
        #expect(lengths == [[3, 0], [8, 2], [14, 0], [2, 1]])
    }
}
