import Commands
import RESP
import Testing

struct LineScannerTests {
    /// The result of scanning the whole text: the words of each line, or nil for an invalid one.
    private func scan(_ text: String, piece: Int = .max) -> [[String]?] {
        let bytes = Array(text.utf8)
        var scanner = LineScanner()
        var found: [[String]?] = []
        var start = 0
        var end = min(piece, bytes.count)
        while true {
            let isAtEnd = end == bytes.count
            let block = Array(bytes[start..<end])
            let line = block.withUnsafeBytes { scanner.next($0.bytes, isAtEnd: isAtEnd) }
            switch line?.content {
            case .words: found.append(scanner.words.map { String(decoding: block[$0], as: UTF8.self) })
            case .text(let line): found.append((try? Tokenizer.words(line))?.map(\.text))
            case nil:
                guard !isAtEnd else { return found }
                end = min(end + piece, bytes.count)
                continue
            }
            start += line?.length ?? 0
        }
    }

    @Test(
        "Lines become words",
        arguments: [
            ("SET a 1\nGET a\n", [["SET", "a", "1"], ["GET", "a"]]),
            ("  GET\t a \r\n\n# comment\\\n \nPING", [["GET", "a"], [], [], [], ["PING"]]),
            ("SET \"a b\" 'c d' \"\"\n", [["SET", "a b", "c d", ""]]),
            ("SET \"a\\x41\\n\" fo\"o o\"\n", [["SET", "aA\n", "foo o"]]),
            ("GET \"open\nGET 'a'b\nPING\n", [nil, nil, ["PING"]]),
            ("SET a \\\n  b\\\nc\nPING\n", [["SET", "a", "bc"], ["PING"]]),
            ("SET a \"b\\\nPING\n", [nil, ["PING"]]),
            ("SET a b\\", [["SET", "a", "b"]]),
            // In single quotes, a backslash escapes nothing but the quote: the first of these is open, the second is
            // not.
            ("ECHO 'a\\\\' \\\nPING\n", [nil, ["PING"]]),
            ("ECHO 'a\\\\\\'' \\\n b\n", [["ECHO", "a\\\\'", "b"]]),
            ("ECHO \"a\\\\\" \\\n b\n", [["ECHO", "a\\", "b"]]),
            ("SET fo'o o' fo\"o o\" b\nPING PING\n", [["SET", "foo o", "foo o", "b"], ["PING", "PING"]]),
            ("GET a\0b c\n", [nil]),
            (" \t# GET 'a\n  #\nGET #\n", [[], [], ["GET", "#"]]),
            ("GET a\u{0b}b\u{0c}\u{01} \u{0c}c\n", [["GET", "a\u{0b}b\u{0c}\u{01}", "c"]]),
            ("", []),
        ] as [(String, [[String]?])])
    func splitsLines(text: String, lines: [[String]?]) {
        #expect(scan(text) == lines)
        for piece in 1...9 { #expect(scan(text, piece: piece) == lines) }
    }

    @Test("Lines and bytes are counted") func linesAndBytesAreCounted() {
        var scanner = LineScanner()
        let text = Array("A \\\n b\\\r\n c\nNEXT\n".utf8)
        let line = text.withUnsafeBytes { scanner.next($0.bytes, isAtEnd: true) }
        #expect(line?.lineCount == 3)
        #expect(line?.length == 12)
    }

    @Test("A key's slot is that of HashSlot", arguments: 0..<200)
    func hashesKeys(length: Int) {
        let hasher = SlotHasher()
        for tag in ["", "{", "{}", "}{", "{x}", "{{"] {
            let text = String(repeating: "k\(length)}", count: length).prefix(length)
            for key in [ByteString("\(tag)\(text)"), ByteString("\(text)\(tag)x}")] {
                let slot = (ByteString("--") + key).bytes.withUnsafeBytes {
                    hasher.slot(ofKey: 2..<(key.count + 2), in: $0.bytes)
                }
                #expect(slot == HashSlot(key: key).number)
            }
        }
    }

    @Test("Words are remembered") func wordsAreRemembered() {
        let text = ByteString("GET get A_WORD_OF_SEVENTEEN SIXTEEN_LETTERS_")
        text.bytes.withUnsafeBytes { raw in
            var table = WordTable()
            let bytes = raw.bytes
            #expect(table.number(of: 0..<3, in: bytes) == nil)
            table.remember(1, for: 0..<3, in: bytes)
            table.remember(3, for: 8..<27, in: bytes)
            table.remember(4, for: 28..<44, in: bytes)
            #expect(table.number(of: 0..<3, in: bytes) == 1)
            #expect(table.number(of: 4..<7, in: bytes) == nil)
            #expect(table.number(of: 0..<2, in: bytes) == nil)
            #expect(table.number(of: 8..<27, in: bytes) == nil)
            #expect(table.number(of: 28..<44, in: bytes) == 4)
        }
    }
}
