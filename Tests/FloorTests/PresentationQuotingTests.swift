import Commands
import Presentation
import RESP
import Testing

@Suite("Quoting")
struct QuotingTests {
    private func quote(_ quoting: Quoting, _ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        quoting.append(bytes[...], to: &output)
        return output
    }

    @Test(
        "UTF-8 is shown as it is unless a terminal would obey it, and everything else as \\xNN",
        arguments: [
            ("é日😀👨‍👩‍👧", "é日😀👨‍👩‍👧"), ("a\u{85}b", #"a\xc2\x85b"#), ("\u{a0}", "\u{a0}"),
            ("a\u{2028}b", #"a\xe2\x80\xa8b"#), ("\u{202e}cba", #"\xe2\x80\xaecba"#), ("\u{7f}", #"\x7f"#),
            ("\u{1b}[31m", #"\x1b[31m"#),
        ])
    func utf8(text: String, shown: String) {
        #expect(Quoting.utf8.text(ByteString(text)) == "\"\(shown)\"")
    }

    @Test(
        "Bytes that are not UTF-8 are \\xNN on a terminal and lone surrogates in JSON",
        arguments: [
            ([0xff], #"\xff"#, #"\udcff"#), ([0x80, 0x61], #"\x80a"#, #"\udc80a"#),
            ([0x61, 0xc3], #"a\xc3"#, #"a\udcc3"#), ([0xe2, 0x82], #"\xe2\x82"#, #"\udce2\udc82"#),
            ([0xc0, 0xaf], #"\xc0\xaf"#, #"\udcc0\udcaf"#),
            ([0xe0, 0x9f, 0xbf], #"\xe0\x9f\xbf"#, #"\udce0\udc9f\udcbf"#),
            ([0xed, 0xa0, 0x80], #"\xed\xa0\x80"#, #"\udced\udca0\udc80"#),
            ([0xf4, 0x90, 0x80, 0x80], #"\xf4\x90\x80\x80"#, #"\udcf4\udc90\udc80\udc80"#),
            ([0xe2, 0xc3, 0xa9], #"\xe2é"#, #"\udce2é"#),
        ] as [([UInt8], String, String)])
    func notUTF8(bytes: [UInt8], terminal: String, json: String) {
        #expect(Quoting.utf8.text(ByteString(bytes)) == "\"\(terminal)\"")
        #expect(Quoting.json.text(ByteString(bytes)) == "\"\(json)\"")
    }

    /// All bytes, all significant pairs of bytes, and random ones.
    private static let samples: [[UInt8]] = {
        var generator = SeededGenerator(state: 42)
        let alphabet: [UInt8] = [0, 7, 9, 0x1b, 0x22, 0x5c, 0x61, 0x7f, 0x80, 0xa9, 0xc3, 0xe2, 0xed, 0xf0, 0xff]
        let random = (0..<200).map { _ in
            (0..<Int.random(in: 0..<40, using: &generator)).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
        }
        return [Array(0...255)] + random
    }()

    @Test("The terminal form can be typed back", arguments: [Quoting.ascii, .utf8])
    func roundTrip(quoting: Quoting) throws {
        for bytes in Self.samples {
            #expect(try Tokenizer.words(quote(quoting, bytes)) == [ByteString(bytes)])
        }
    }

    @Test(
        "A word is bare if it can be typed and seen that way",
        arguments: [
            ("a\\b", "a\\b"), ("日本", "日本"), ("", "\"\""), ("a b", "\"a b\""), ("日\u{3000}本", "\"日\u{3000}本\""),
            ("it's", "\"it's\""), ("\u{1b}x", "\"\\x1bx\""), ("a\u{202e}b", "\"a\\xe2\\x80\\xaeb\""),
        ] as [(ByteString, String)])
    func word(text: ByteString, shown: String) throws {
        #expect(Quoting.utf8.word(text) == shown)
        #expect(try Tokenizer.words(Array(shown.utf8)) == [text])
    }

    @Test("JSON keeps every byte, and is ASCII or UTF-8 without control characters")
    func json() throws {
        for bytes in Self.samples {
            let text = try #require(String(validating: quote(.json, bytes), as: UTF8.self))
            #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 })
            #expect(unescapeJSON(text) == bytes)
            let quoted = quote(.quotedJSON, bytes)
            #expect(quoted.allSatisfy { 0x20...0x7e ~= $0 })
            let shown = try #require(unescapeJSON(String(decoding: quoted, as: UTF8.self)))
            #expect(shown == quote(.ascii, bytes).dropFirst().dropLast())
        }
    }

    /// The bytes that a JSON string stands for, with lone surrogates U+DC80 to U+DCFF as bytes; nil when it is not one.
    private func unescapeJSON(_ text: String) -> [UInt8]? {
        var scalars = Array(text.unicodeScalars)[...]
        guard scalars.popFirst() == "\"", scalars.popLast() == "\"" else { return nil }
        var bytes: [UInt8] = []
        let simple: [Unicode.Scalar: UInt8] = [
            "\"": 0x22, "\\": 0x5c, "b": 8, "f": 0xc, "n": 0xa, "r": 0xd, "t": 9,
        ]
        while let scalar = scalars.popFirst() {
            if scalar == "\"" { return nil }
            guard scalar == "\\" else {
                bytes += Array(String(scalar).utf8)
                continue
            }
            guard let escape = scalars.popFirst() else { return nil }
            if let byte = simple[escape] {
                bytes.append(byte)
            } else {
                let digits = String(String.UnicodeScalarView(scalars.prefix(4)))
                guard escape == "u", let code = UInt16(digits, radix: 16), code < 0x20 || 0xdc80...0xdcff ~= code
                else { return nil }
                scalars = scalars.dropFirst(4)
                bytes.append(UInt8(truncatingIfNeeded: code))
            }
        }
        return bytes
    }
}

/// The same numbers in every run.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}
