import RESP
import TestSupport
import Testing

/// The result of feeding a parser: the values it gave, and the error that ended it.
private struct Outcome: Equatable {
    var values: [RESPValue] = []
    var error: ProtocolError?

    /// Feeds `pieces` one after another and asks for replies after each.
    init(feeding pieces: [ArraySlice<UInt8>]) {
        var parser = RESPParser()
        do {
            for piece in pieces {
                piece.withUnsafeBytes { parser.append($0) }
                while let value = try parser.next() { values.append(value) }
            }
        } catch {
            self.error = error
        }
    }
}

/// Feeds `bytes` whole, byte by byte, and cut in two at every place.
private func expect(
    _ bytes: [UInt8], gives values: [RESPValue], _ error: ProtocolError? = nil,
    at location: SourceLocation = #_sourceLocation
) {
    var expected = Outcome(feeding: [])
    expected.values = values
    expected.error = error
    #expect(Outcome(feeding: [bytes[...]]) == expected, "whole", sourceLocation: location)
    #expect(
        Outcome(feeding: bytes.indices.map { bytes[$0...$0] }) == expected, "byte by byte", sourceLocation: location)
    for cut in bytes.indices {
        let outcome = Outcome(feeding: [bytes[..<cut], bytes[cut...]])
        #expect(outcome == expected, "cut at \(cut)", sourceLocation: location)
    }
}

private func scalar(_ kind: RESPValue.Kind, _ text: String) -> RESPValue { .scalar(kind, Array(text.utf8)) }

struct RESPParserTests {
    @Test(
        "A long array or map is delivered in parts that add up to all of it, wherever the reads end",
        arguments: ["*8", "%4"])
    func parts(head: String) throws {
        let elements: [RESPValue] = [
            .bulk("one"), .array([.bulk("x"), .array([.integer(1), .null]), .array([])]), .null, .array([]), .bulk(""),
            .error("ERR no"), .array([.bulk("1-0"), .array([.bulk("field"), .bulk("a longer value")])]), .integer(-7),
        ]
        let first = Array(head.utf8) + RESPText.bytes(of: .array(elements)).dropFirst(2)
        let bytes = first + Array("|1\r\n+a\r\n:1\r\n+next\r\n".utf8)
        for step in 1...bytes.count {
            for length in [1, 20] {
                var parser = RESPParser()
                var parts: [RESPValue] = []
                var whole: [RESPValue] = []
                for start in stride(from: 0, to: bytes.count, by: step) {
                    bytes[start..<min(start + step, bytes.count)].withUnsafeBytes { parser.append($0) }
                    while let value = try parser.next() { whole.append(value) }
                    if whole.isEmpty, let part = parser.nextPart(of: length) { parts.append(part) }
                }
                #expect(whole.count == 2 && whole.last == .status("next"), "reads of \(step)")
                let isMap = head.hasPrefix("%")
                #expect(parts.allSatisfy { $0.kind == (isMap ? .map : .array) && $0.count > 0 })
                #expect(!isMap || parts.allSatisfy { $0.count % 2 == 0 })
                let given = parts.flatMap(\.elements) + (whole.first.map { Array($0.elements) } ?? [])
                #expect(given == elements, "reads of \(step), parts of \(length)")
                if step == 1, length == 1 { #expect(parts.count > elements.count / (isMap ? 4 : 2)) }
            }
        }
    }

    @Test(
        "Pushes, strings and a key without its value are not delivered in parts",
        arguments: [">2\r\n+a\r\n", "$9\r\nabcdef", "%2\r\n+a\r\n", "%2\r\n*2\r\n+a\r\n+b\r\n"])
    func noParts(text: String) throws {
        var parser = RESPParser()
        Array(text.utf8).withUnsafeBytes { parser.append($0) }
        #expect(try parser.next() == nil)
        #expect(parser.nextPart(of: 1) == nil)
    }

    @Test(
        "Each type is parsed, however it is cut into reads",
        arguments: [
            ("+OK\r\n", .ok),
            ("+\r\n", .status("")),
            ("+one\rtwo\nthree\r\n", .status("one\rtwo\nthree")),
            ("-ERR no such key\r\n", .error("ERR no such key")),
            ("!20\r\nSYNTAX invalid\r\nline\r\n", .error("SYNTAX invalid\r\nline")),
            (":0\r\n", .integer(0)),
            (":-7\r\n", .integer(-7)),
            (":+7\r\n", scalar(.integer, "+7")),
            (":9223372036854775807\r\n", .integer(.max)),
            (":-9223372036854775808\r\n", .integer(.min)),
            ("$5\r\nhello\r\n", .bulk("hello")),
            ("$0\r\n\r\n", .bulk("")),
            ("$4\r\n\r\n\r\n\r\n", .bulk("\r\n\r\n")),
            ("$-1\r\n", .null),
            ("*-1\r\n", .null),
            ("_\r\n", .null),
            ("#t\r\n", scalar(.boolean, "t")),
            ("#f\r\n", scalar(.boolean, "f")),
            (",1.5\r\n", scalar(.double, "1.5")),
            (",10\r\n", scalar(.double, "10")),
            (",-2.5e-7\r\n", scalar(.double, "-2.5e-7")),
            (",1E+300\r\n", scalar(.double, "1E+300")),
            (",inf\r\n", scalar(.double, "inf")),
            (",-inf\r\n", scalar(.double, "-inf")),
            (",nan\r\n", scalar(.double, "nan")),
            (
                "(-3492890328409238509324850943850943825024385\r\n",
                scalar(.bigNumber, "-3492890328409238509324850943850943825024385")
            ),
            ("=15\r\ntxt:Some string\r\n", scalar(.verbatimString, "Some string")),
            ("=4\r\nmkd:\r\n", scalar(.verbatimString, "")),
            ("*0\r\n", .array([])),
            ("~0\r\n", .aggregate(.set, [])),
            ("%0\r\n", .map([])),
            (">0\r\n", .aggregate(.push, [])),
            ("*3\r\n:1\r\n$-1\r\n+a\r\n", .array([.integer(1), .null, .status("a")])),
            ("~2\r\n+a\r\n#t\r\n", .aggregate(.set, [.status("a"), scalar(.boolean, "t")])),
            ("%2\r\n+a\r\n:1\r\n+b\r\n*0\r\n", .map([.status("a"), .integer(1), .status("b"), .array([])])),
            (
                ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n",
                .aggregate(.push, [.bulk("message"), .bulk("c"), .bulk("m")])
            ),
            (
                "*3\r\n*2\r\n:1\r\n*0\r\n%1\r\n+k\r\n~1\r\n_\r\n-ERR x\r\n",
                .array([
                    .array([.integer(1), .array([])]),
                    .map([.status("k"), .aggregate(.set, [.null])]),
                    .error("ERR x"),
                ])
            ),
        ] as [(String, RESPValue)])
    func readsEachType(text: String, value: RESPValue) {
        expect(Array(text.utf8), gives: [value])
    }

    @Test(
        "An attribute is left out, and the value it describes stays",
        arguments: [
            ("|1\r\n+ttl\r\n:3600\r\n+OK\r\n", .ok),
            ("|0\r\n+OK\r\n", .ok),
            ("|1\r\n+a\r\n:1\r\n|1\r\n+b\r\n:2\r\n+OK\r\n", .ok),
            ("|1\r\n+a\r\n*2\r\n:1\r\n%1\r\n:2\r\n:3\r\n*1\r\n:9\r\n", .array([.integer(9)])),
            ("*2\r\n|1\r\n+a\r\n:1\r\n:5\r\n:6\r\n", .array([.integer(5), .integer(6)])),
            ("*2\r\n:5\r\n|1\r\n+a\r\n:1\r\n*1\r\n:6\r\n", .array([.integer(5), .array([.integer(6)])])),
            ("|1\r\n|1\r\n+x\r\n:0\r\n+a\r\n:1\r\n$-1\r\n", .null),
        ] as [(String, RESPValue)])
    func leavesOutAttributes(text: String, value: RESPValue) {
        expect(Array(text.utf8), gives: [value])
    }

    @Test("Replies that arrive in one read are returned one by one")
    func readsPipelinedReplies() {
        let text = "+OK\r\n:1\r\n*2\r\n$1\r\na\r\n$-1\r\n|1\r\n+x\r\n:0\r\n+OK\r\n%0\r\n$0\r\n\r\n"
        expect(
            Array(text.utf8),
            gives: [.ok, .integer(1), .array([.bulk("a"), .null]), .ok, .map([]), .bulk("")])
    }

    @Test("Payload bytes pass unchanged, whatever they are")
    func keepsEveryByte() {
        let payload = Array(UInt8.min...UInt8.max)
        let value = RESPValue.array([.bulk(ByteString(payload)), .scalar(.verbatimString, payload)])
        expect(RESPText.bytes(of: value), gives: [value])
    }

    @Test(
        "Bytes that are not RESP are refused",
        arguments: [
            ("HTTP/1.1 400 Bad Request\r\n", .unknownType(UInt8(ascii: "H"))),
            ("\r\n", .unknownType(0x0d)),
            (":\r\n", .malformed("")),
            (":12a\r\n", .malformed("12a")),
            (": 1\r\n", .malformed(" 1")),
            (":--1\r\n", .malformed("--1")),
            (":-\r\n", .malformed("-")),
            (":1.0\r\n", .malformed("1.0")),
            (":9223372036854775808\r\n", .malformed("9223372036854775808")),
            (":-9223372036854775809\r\n", .malformed("-9223372036854775809")),
            ("$\r\n", .malformed("")),
            ("$x\r\n", .malformed("x")),
            ("$-2\r\n", .malformed("-2")),
            ("!-1\r\n", .malformed("-1")),
            ("=-1\r\n", .malformed("-1")),
            ("*1.5\r\n", .malformed("1.5")),
            ("*-2\r\n", .malformed("-2")),
            ("%-1\r\n", .malformed("-1")),
            ("~-1\r\n", .malformed("-1")),
            (">-1\r\n", .malformed("-1")),
            ("|-1\r\n", .malformed("-1")),
            ("#\r\n", .malformed("")),
            ("#x\r\n", .malformed("x")),
            ("#tt\r\n", .malformed("tt")),
            ("_x\r\n", .malformed("x")),
            (",\r\n", .malformed("")),
            (",abc\r\n", .malformed("abc")),
            (",1e\r\n", .malformed("1e")),
            (",1.5.5\r\n", .malformed("1.5.5")),
            (",.\r\n", .malformed(".")),
            (",info\r\n", .malformed("info")),
            ("(\r\n", .malformed("")),
            ("(12x\r\n", .malformed("12x")),
            ("=3\r\ntxt\r\n", .malformed("txt")),
            ("=5\r\ntexts\r\n", .malformed("texts")),
            ("$3\r\nabcde\r\n", .missingTerminator),
            ("$3\r\nabc\n\r", .missingTerminator),
            ("$1099511627777\r\n", .tooLong(announced: 1_099_511_627_777)),
            ("*1073741825\r\n", .tooLong(announced: 1_073_741_825)),
            ("%9223372036854775807\r\n", .tooLong(announced: .max)),
            ("*1\r\n?\r\n", .unknownType(UInt8(ascii: "?"))),
        ] as [(String, ProtocolError)])
    func refusesOtherBytes(text: String, error: ProtocolError) {
        expect(Array(text.utf8), gives: [], error)
        expect(Array("+OK\r\n\(text)".utf8), gives: [.ok], error)
    }

    @Test("A first byte of no known type is refused before its line ends")
    func refusesUnknownTypeAtOnce() {
        // How a TLS server answers plain text: an alert without any line end.
        expect([0x15, 0x03, 0x03, 0x00, 0x02], gives: [], .unknownType(0x15))
    }

    @Test("The malformed line in an error is cut at 64 bytes")
    func cutsMalformedLine() {
        let line = String(repeating: "x", count: 100)
        expect(Array(":\(line)\r\n".utf8), gives: [], .malformed(ByteString(String(line.prefix(64)))))
    }

    @Test("Aggregates nest to the limit and no deeper", arguments: ["*1\r\n", "%1\r\n+k\r\n", "|1\r\n+k\r\n"])
    func limitsDepth(opening: String) throws {
        let limit = RESPParser.maximumDepth
        let deep = Array(String(repeating: opening, count: limit).utf8)
        #expect(Outcome(feeding: [deep[...]]).error == nil)
        for last in [opening, "*0\r\n"] {
            #expect(Outcome(feeding: [(deep + last.utf8)[...]]).error == .tooDeep)
        }
        let value = try RESPText.value(String(repeating: "*1\r\n", count: limit) + ":1\r\n")
        #expect(RESPText.bytes(of: value).count == limit * 4 + 4)
    }

    @Test("Announcing the most that is allowed takes no memory", arguments: ["*1073741824\r\n", "$536870912\r\n"])
    func waitsForAnnounced(header: String) {
        let outcome = Outcome(feeding: [Array(header.utf8)[...]])
        #expect(outcome.values.isEmpty && outcome.error == nil)
    }

    @Test("The parser is idle between replies and not within one")
    func tellsIdle() throws {
        var parser = RESPParser()
        #expect(parser.isIdle)
        for (piece, isIdle) in [
            ("*2\r\n", false), (":1\r\n", false), (":2\r\n", true), ("|0\r\n", false), ("_\r\n", true),
        ] {
            Array(piece.utf8).withUnsafeBytes { parser.append($0) }
            _ = try parser.next()
            #expect(parser.isIdle == isIdle, "behind \(piece)")
        }
    }

    @Test("Random values come through random reads unchanged", arguments: 0..<40 as Range<UInt64>)
    func roundTrips(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let values = (0..<20).map { _ in RandomValue.make(depth: 4, using: &random) }
        let bytes = values.flatMap { RESPText.bytes(of: $0) }
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 0...(Bool.random(using: &random) ? 3 : 200), using: &random)
            pieces.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        let outcome = Outcome(feeding: pieces)
        #expect(outcome.values == values)
        #expect(outcome.error == nil)
    }

    // A parser that started over at every read would take minutes.
    @Test("The work for a big reply grows only with its size", .timeLimit(.minutes(1)))
    func readsBigRepliesInLinearWork() throws {
        func element(_ number: Int) -> ByteString { ByteString(String(repeating: "\(number % 10)", count: 100)) }
        let count = 8_000
        var bytes = Array("*\(count)\r\n".utf8)
        for number in 0..<count { bytes += RESPText.bytes(of: .bulk(element(number))) }

        var parser = RESPParser()
        var reply: RESPValue?
        for start in stride(from: 0, to: bytes.count, by: 32) {
            #expect(reply == nil)
            bytes[start..<min(start + 32, bytes.count)].withUnsafeBytes { parser.append($0) }
            reply = try parser.next()
        }
        let elements = try #require(reply).elements
        #expect(elements.underestimatedCount == count)
        #expect(elements.enumerated().allSatisfy { $1.byteString == element($0) })
    }

    @Test("A reply of very many elements comes through reads of 64 KB", .timeLimit(.minutes(1)))
    func readsManyElements() throws {
        let count = 100_000
        let bytes = Array("*\(count)\r\n".utf8) + [[UInt8]](repeating: Array(":7\r\n".utf8), count: count).joined()
        var parser = RESPParser()
        var reply: RESPValue?
        for start in stride(from: 0, to: bytes.count, by: 65536) {
            bytes[start..<min(start + 65536, bytes.count)].withUnsafeBytes { parser.append($0) }
            reply = try parser.next()
        }
        #expect(reply?.count == count)
        #expect(reply?.elements.reduce(0) { $0 + ($1.integer ?? 0) } == 7 * count)
    }

    @Test(
        "A length that is only announced takes no room", arguments: ["$1099511627776\r\nab", "=1099511627776\r\ntxt:"])
    func announcedLength(text: String) throws {
        var parser = RESPParser()
        for _ in 0..<3 {
            Array(text.utf8).withUnsafeBytes { parser.append($0) }
            #expect(try parser.next() == nil)
        }
    }
}
