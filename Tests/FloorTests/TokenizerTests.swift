import Commands
import RESP
import TestSupport
import Testing

struct TokenizerTests {
    @Test(
        "A line is split into words as redis-cli splits it",
        arguments: [
            // Blanks.
            ("", []),
            (" \t\r\n\u{b}\u{c}", []),
            ("SET k v", ["SET", "k", "v"]),
            ("  SET\tk  v\r\n", ["SET", "k", "v"]),
            ("\u{b}\u{c}GET k", ["GET", "k"]),
            ("ECHO\u{b}x\u{c}", ["ECHO\u{b}x\u{c}"]),
            // No escapes outside quotes.
            (#"a\nb"#, [#"a\nb"#]),
            (#"a\ b"#, [#"a\"#, "b"]),
            (#"\"#, [#"\"#]),
            // Double quotes.
            (#""hello world""#, ["hello world"]),
            (#""\n\r\t\b\a""#, ["\n\r\t\u{8}\u{7}"]),
            (#""\x41\x6a\x6A\x00""#, ["Ajj\0"]),
            (#""\xff""#, [ByteString([0xff])]),
            (#""\q\0\e\x4g""#, ["q0ex4g"]),
            (#""\x""#, ["x"]),
            (#""\"\\\'""#, [#""\'"#]),
            (#""it's""#, ["it's"]),
            ("\"a\0b\"", ["a\0b"]),
            ("\"a\nb\"", ["a\nb"]),
            // Single quotes.
            (#"'a\nb\'c'"#, [#"a\nb'c"#]),
            (#"'a\\b'"#, [#"a\\b"#]),
            (#"'say "hi"'"#, [#"say "hi""#]),
            (#"'\x41'"#, [#"\x41"#]),
            // Empty words.
            ("\"\"", [""]),
            ("''", [""]),
            (#"SET k "" ''"#, ["SET", "k", "", ""]),
            // A quote may begin within a word, and ends it.
            (#"foo"bar baz""#, ["foobar baz"]),
            ("foo'bar baz' x", ["foobar baz", "x"]),
            (#"key"""#, ["key"]),
            ("\"a\"\u{b}b", ["a", "b"]),
            ("'a'\u{c}", ["a"]),
        ] as [(String, [ByteString])])
    func splits(line: String, words: [ByteString]) throws {
        #expect(try Tokenizer.words(Array(line.utf8)) == words)
    }

    @Test("Bytes that are not UTF-8 pass through")
    func keepsBytes() throws {
        #expect(try Tokenizer.words([0xff, 0x20, 0x22, 0x80, 0x22]) == [ByteString([0xff]), ByteString([0x80])])
    }

    @Test(
        "An open quote, one with text right after it and a NUL are told apart",
        arguments: [
            ("\"", .openQuote),
            ("'", .openQuote),
            (#"SET k "v"#, .openQuote),
            ("SET k 'v", .openQuote),
            (#"'a\\'"#, .openQuote),
            (#"'a\'"#, .openQuote),
            (#""a\""#, .openQuote),
            (#""a\"#, .openQuote),
            (#""foo"bar"#, .textBehindQuote),
            (#""a""b""#, .textBehindQuote),
            ("\"\"key", .textBehindQuote),
            ("'a'b", .textBehindQuote),
            ("'a'\"b\"", .textBehindQuote),
            ("GET k\0 and more", .nulByte),
            ("\0GET", .nulByte),
            ("\"a\"\0b", .nulByte),
        ] as [(String, TokenizerError)])
    func refuses(line: String, error: TokenizerError) {
        #expect(throws: error) { try Tokenizer.words(Array(line.utf8)) }
    }

    @Test("Any words, once quoted, come back as they were", arguments: 0..<50 as Range<UInt64>)
    func roundTrips(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let words = (0..<8).map { _ in ByteString(random.bytes(Int.random(in: 0...30, using: &random))) }
        let line = words.map { word in
            "\"" + word.bytes.map { "\\x" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() + "\""
        }
        #expect(try Tokenizer.words(Array(line.joined(separator: " ").utf8)) == words)
    }
}
