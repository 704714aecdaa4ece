import Commands
import Presentation
import RESP
import Routing
import Testing

/// A value and what each format prints for it, without the last line feed. Where redis-cli can print it, this is its
/// output.
struct FormatRow: Sendable, CustomTestStringConvertible {
    let value: RESPValue
    let terminal: String
    let raw: String
    let csv: String
    let json: String
    let quotedJSON: String

    init(
        _ value: RESPValue, terminal: String, raw: String, csv: String, json: String, quotedJSON: String? = nil
    ) {
        self.value = value
        self.terminal = terminal
        self.raw = raw
        self.csv = csv
        self.json = json
        self.quotedJSON = quotedJSON ?? json
    }

    var testDescription: String { json }
}

private func scalar(_ kind: RESPValue.Kind, _ text: String) -> RESPValue {
    .scalar(kind, Array(text.utf8))
}

private func integers(_ kind: RESPValue.Kind, _ numbers: Int...) -> RESPValue {
    .aggregate(kind, numbers.map(RESPValue.integer))
}

private let scalars: [FormatRow] = [
    FormatRow(.ok, terminal: "OK", raw: "OK", csv: #""OK""#, json: #""OK""#),
    FormatRow(
        .error("ERR a \"big\" one"), terminal: #"(error) ERR a "big" one"#, raw: "ERR a \"big\" one\n",
        csv: #"ERROR,"ERR a \"big\" one""#, json: #"{"error":"ERR a \"big\" one"}"#,
        quotedJSON: #"{"error":"ERR a \\\"big\\\" one"}"#),
    FormatRow(.integer(-7), terminal: "(integer) -7", raw: "-7", csv: "-7", json: "-7"),
    FormatRow(scalar(.double, "1.5"), terminal: "(double) 1.5", raw: "1.5", csv: "1.5", json: "1.5"),
    FormatRow(scalar(.double, "1e+20"), terminal: "(double) 1e+20", raw: "1e+20", csv: "1e+20", json: "1e+20"),
    FormatRow(scalar(.double, "-inf"), terminal: "(double) -inf", raw: "-inf", csv: "-inf", json: #""-inf""#),
    FormatRow(scalar(.double, "nan"), terminal: "(double) nan", raw: "nan", csv: "nan", json: #""nan""#),
    FormatRow(scalar(.double, ".5"), terminal: "(double) .5", raw: ".5", csv: ".5", json: #"".5""#),
    FormatRow(scalar(.double, "1."), terminal: "(double) 1.", raw: "1.", csv: "1.", json: #""1.""#),
    FormatRow(scalar(.double, "1e"), terminal: "(double) 1e", raw: "1e", csv: "1e", json: #""1e""#),
    FormatRow(scalar(.double, "01"), terminal: "(double) 01", raw: "01", csv: "01", json: #""01""#),
    FormatRow(
        scalar(.bigNumber, "123456789012345678901"), terminal: "(big number) 123456789012345678901",
        raw: "123456789012345678901", csv: "123456789012345678901", json: "123456789012345678901"),
    FormatRow(scalar(.boolean, "t"), terminal: "(true)", raw: "(true)", csv: "true", json: "true"),
    FormatRow(scalar(.boolean, "f"), terminal: "(false)", raw: "(false)", csv: "false", json: "false"),
    FormatRow(.null, terminal: "(nil)", raw: "", csv: "NULL", json: "null"),
    FormatRow(.bulk(""), terminal: #""""#, raw: "", csv: #""""#, json: #""""#),
    FormatRow(
        .bulk("say \"hi\" it's \\ ok"), terminal: #""say \"hi\" it's \\ ok""#, raw: #"say "hi" it's \ ok"#,
        csv: #""say \"hi\" it's \\ ok""#, json: #""say \"hi\" it's \\ ok""#,
        quotedJSON: #""say \\\"hi\\\" it's \\\\ ok""#),
    FormatRow(
        .bulk("a\tb\nc\rd\u{7}e\u{8}f\u{0}g\u{1b}h\u{7f}\u{c}"), terminal: #""a\tb\nc\rd\ae\bf\x00g\x1bh\x7f\x0c""#,
        raw: "a\tb\nc\rd\u{7}e\u{8}f\u{0}g\u{1b}h\u{7f}\u{c}", csv: #""a\tb\nc\rd\ae\bf\x00g\x1bh\x7f\x0c""#,
        json: "\"a\\tb\\nc\\rd\\u0007e\\bf\\u0000g\\u001bh\u{7f}\\f\"",
        quotedJSON: #""a\\tb\\nc\\rd\\ae\\bf\\x00g\\x1bh\\x7f\\x0c""#),
    FormatRow(
        .bulk("é日😀"), terminal: #""\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80""#, raw: "é日😀",
        csv: #""\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80""#, json: #""é日😀""#,
        quotedJSON: #""\\xc3\\xa9\\xe6\\x97\\xa5\\xf0\\x9f\\x98\\x80""#),
    FormatRow(
        scalar(.verbatimString, "line 1\nline 2"), terminal: "line 1\nline 2", raw: "line 1\nline 2",
        csv: #""line 1\nline 2""#, json: #""line 1\nline 2""#, quotedJSON: #""line 1\\nline 2""#),
]

private let aggregates: [FormatRow] = [
    FormatRow(.array([]), terminal: "(empty array)", raw: "", csv: "", json: "[]"),
    FormatRow(.map([]), terminal: "(empty hash)", raw: "", csv: "", json: "{}"),
    FormatRow(.aggregate(.set, []), terminal: "(empty set)", raw: "", csv: "", json: "[]"),
    FormatRow(.aggregate(.push, []), terminal: "(empty push)", raw: "", csv: "", json: "[]"),
    FormatRow(
        .array([.bulk("v"), .null, .error("ERR x"), .integer(2)]),
        terminal: """
            1) "v"
            2) (nil)
            3) (error) ERR x
            4) (integer) 2
            """, raw: "v\n\nERR x\n\n2", csv: #""v",NULL,ERROR,"ERR x",2"#, json: #"["v",null,{"error":"ERR x"},2]"#),
    FormatRow(
        .array([.integer(1), .array([.integer(2), .array([.integer(3), .bulk("four")])]), .bulk("five"), .array([])]),
        terminal: """
            1) (integer) 1
            2) 1) (integer) 2
               2) 1) (integer) 3
                  2) "four"
            3) "five"
            4) (empty array)
            """, raw: "1\n2\n3\nfour\nfive\n", csv: #"1,2,3,"four","five","#, json: #"[1,[2,[3,"four"]],"five",[]]"#),
    FormatRow(
        .array((1...9).map(RESPValue.integer) + [integers(.array, 10, 11)]),
        terminal: """
             1) (integer) 1
             2) (integer) 2
             3) (integer) 3
             4) (integer) 4
             5) (integer) 5
             6) (integer) 6
             7) (integer) 7
             8) (integer) 8
             9) (integer) 9
            10) 1) (integer) 10
                2) (integer) 11
            """, raw: "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11", csv: "1,2,3,4,5,6,7,8,9,10,11",
        json: "[1,2,3,4,5,6,7,8,9,[10,11]]"),
    FormatRow(
        integers(.set, 1, 2), terminal: "1~ (integer) 1\n2~ (integer) 2", raw: "1\n2", csv: "1,2", json: "[1,2]"),
    FormatRow(
        integers(.push, 1, 2), terminal: "1) (integer) 1\n2) (integer) 2", raw: "1\n2", csv: "1,2", json: "[1,2]"),
    FormatRow(
        .map([.bulk("a"), .map([.bulk("x"), .integer(1)])]), terminal: #"1# "a" => 1# "x" => (integer) 1"#,
        raw: "a x 1", csv: #""a","x",1"#, json: #"{"a":{"x":1}}"#),
    FormatRow(
        .map([
            .bulk("a"), integers(.array, 1, 2), .bulk("b"), .array([.array([integers(.set, 1, 2)])]),
            .bulk("c"), integers(.map, 1, 2, 3, 4), .bulk("d"), .array([]),
        ]),
        // The trailing spaces are redis-cli's.
        terminal: """
            1# "a" =>\u{20}
               1) (integer) 1
               2) (integer) 2
            2# "b" =>\u{20}
               1) 1) 1~ (integer) 1
                     2~ (integer) 2
            3# "c" =>\u{20}
               1# (integer) 1 => (integer) 2
               2# (integer) 3 => (integer) 4
            4# "d" => (empty array)
            """, raw: "a 1\n2\nb 1\n2\nc 1 2\n3 4\nd ", csv: #""a",1,2,"b",1,2,"c",1,2,3,4,"d","#,
        json: #"{"a":[1,2],"b":[[[1,2]]],"c":{"1":2,"3":4},"d":[]}"#),
    FormatRow(
        .map([.integer(0), scalar(.boolean, "f"), scalar(.double, "inf"), .null, .null, .integer(1)]),
        terminal: "1# (integer) 0 => (false)\n2# (double) inf => (nil)\n3# (nil) => (integer) 1",
        raw: "0 (false)\ninf \n 1", csv: "0,false,inf,NULL,NULL,1", json: #"{"0":false,"inf":null,"null":1}"#),
    FormatRow(
        .map([.array([.bulk("a"), .bulk("b")]), .integer(1)]), terminal: "1# 1) \"a\"\n   2) \"b\" => (integer) 1",
        raw: "a\nb 1", csv: #""a","b",1"#, json: #"{"[\"a\",\"b\"]":1}"#),
]

@Suite("Renderer")
struct RendererTests {
    private func render(_ style: Style, _ body: (Renderer, inout [UInt8]) -> Void) -> String {
        var output: [UInt8] = []
        body(Renderer(style), &output)
        return String(decoding: output, as: UTF8.self)
    }

    private func render(_ format: Format, _ value: RESPValue, isText: Bool = false) -> String {
        render(Style(format: format)) { $0.append(value, isText: isText, to: &$1) }
    }

    @Test("Every kind of value has its form in every format", arguments: scalars + aggregates)
    func formats(row: FormatRow) {
        #expect(render(.terminal, row.value) == row.terminal + "\n")
        #expect(render(.raw, row.value) == row.raw + "\n")
        #expect(render(.csv, row.value) == row.csv + "\n")
        #expect(render(.json, row.value) == row.json + "\n")
        #expect(render(.quotedJSON, row.value) == row.quotedJSON + "\n")
    }

    @Test(
        "A reply that is one string or integer is printed raw in place, with the same result",
        arguments: [
            ("+OK\r\n", true), ("+\r\n", true), (":12\r\n", true), ("$0\r\n\r\n", true), ("$4\r\na\r\nb\r\n", true),
            (":-1\r\n", false), (":\r\n", false), (":1x\r\n", false), (":12345678901234567890\r\n", false),
            ("$-1\r\n", false), ("-ERR x\r\n", false), ("_\r\n", false), ("#t\r\n", false), ("*0\r\n", false),
            ("", false),
        ])
    func rawReply(text: String, isPrinted: Bool) {
        let bytes = Array(text.utf8)
        for delimiter in ["\n", ";"] as [ByteString] {
            let renderer = Renderer(Style(format: .raw, replyDelimiter: delimiter))
            var (printed, expected): ([UInt8], [UInt8]) = ([], [])
            bytes.withUnsafeBytes { bytes in
                #expect(renderer.appendRaw(reply: bytes, to: &printed) == isPrinted)
                if isPrinted, let value = RESPValue(reply: bytes) {
                    renderer.append(value, isText: false, to: &expected)
                }
            }
            #expect(printed == expected && printed.isEmpty == !isPrinted)
        }
    }

    @Test("-d joins elements at every depth, -D ends a reply, and both only in raw")
    func delimiters() {
        let value = RESPValue.array([.integer(1), .array([.integer(2), .integer(3)]), integers(.map, 4, 5)])
        var style = Style(format: .raw, elementDelimiter: ", ", replyDelimiter: "|")
        #expect(render(style) { $0.append(value, isText: false, to: &$1) } == "1, 2, 3, 4 5|")
        style.format = .csv
        #expect(render(style) { $0.append(value, isText: false, to: &$1) } == "1,2,3,4,5\n")
    }

    @Test("A caching message is one line on a terminal, and a list elsewhere")
    func invalidation() {
        let push = RESPValue.aggregate(.push, [.bulk("invalidate"), .array([.bulk("k1"), .bulk("k\n2")])])
        #expect(render(.terminal, push) == "-> invalidate: 'k1', 'k\\n2'\n")
        #expect(render(.raw, push) == "invalidate\nk1\nk\n2\n")
        let flush = RESPValue.aggregate(.push, [.bulk("invalidate"), .null])
        #expect(render(.terminal, flush) == "1) \"invalidate\"\n2) (nil)\n")
        #expect(render(.table, flush) == "-> invalidate: all keys\n")
        #expect(dictionary(Self.reading, [.success(flush)]) == "10.0.0.1:7000  master   -> invalidate: all keys\n")
    }

    @Test(
        "Text for people is printed as it is, except in JSON",
        arguments: [
            (Format.terminal, "a:1\r\n", "ERR x\n", "QUEUED\n"), (.raw, "a:1\r\n", "ERR x\n", "QUEUED\n"),
            (.csv, "a:1\r\n", "ERR x\n", "\"QUEUED\"\n"),
            (.json, "\"a:1\\r\\n\"\n", "{\"error\":\"ERR x\"}\n", "\"QUEUED\"\n"),
        ])
    func text(format: Format, text: String, error: String, queued: String) {
        #expect(render(format, .bulk("a:1\r\n"), isText: true) == text)
        #expect(render(format, scalar(.verbatimString, "a:1\r\n"), isText: true) == text)
        #expect(render(format, .error("ERR x"), isText: true) == error)
        #expect(render(format, .status("QUEUED"), isText: true) == queued)
    }

    @Test(
        "An iterator's elements are printed one per line, or as one JSON array",
        arguments: [
            (Format.terminal, "\"a\"\n\"b\\n\"\n\"c\"\n", ""), (.raw, "a\nb\n\nc\n", ""),
            (.csv, "\"a\"\n\"b\\n\"\n\"c\"\n", ""), (.json, "[\"a\",\"b\\n\",\"c\"]\n", "[]\n"),
        ])
    func streams(format: Format, full: String, empty: String) {
        let parts: [[RESPValue]] = [[.bulk("a"), .bulk("b\n")], [], [.bulk("c")]]
        let streamed = render(Style(format: format)) { renderer, output in
            var stream = ElementStream(renderer, of: .iterator, to: &output)
            for part in parts { stream.append(part, to: &output) }
            stream.close(to: &output)
            renderer.append(Reply(body: .streamed, outcome: .succeeded), isText: false, to: &output)
        }
        #expect(streamed == full)
        let nothing = render(Style(format: format)) { renderer, output in
            ElementStream(renderer, of: .iterator, to: &output).close(to: &output)
        }
        #expect(nothing == empty)
    }

    @Test("The names and values that an iterator finds are printed as pairs, one per line")
    func streamedPairs() {
        let parts: [[RESPValue]] = [[.bulk("a"), .bulk("1"), .bulk("b\n"), .integer(2)], [], [.bulk("c")]]
        let streamed = render(Style(format: .table)) { renderer, output in
            var stream = ElementStream(renderer, of: .pairs, to: &output)
            for part in parts { stream.append(part, to: &output) }
            stream.close(to: &output)
        }
        #expect(streamed == "\"a\" => \"1\"\n\"b\\n\" => (integer) 2\n\"c\"\n")
    }

    @Test(
        "Which iterators find pairs depends on their arguments",
        arguments: [
            ("HSCAN_ITER k", true), ("HSCAN_ITER k novalues", false), ("ZSCAN_ITER k COUNT 5", true),
            ("ZSCAN_ITER k NOSCORES", false), ("SSCAN_ITER k", false), ("SCAN_ITER", false), ("HSCAN k 0", false),
        ])
    func pairsOfIterators(line: String, isOfPairs: Bool) throws {
        let words = line.split(separator: " ").map { ByteString(String($0)) }
        let row = try #require(CommandTable.row(for: words))
        #expect(row.shape.isOfPairs(words) == isOfPairs)
    }

    @Test(
        "A reply that is printed in parts is the same, byte for byte",
        arguments: [Format.raw, .csv, .json, .quotedJSON])
    func parts(format: Format) {
        let parts: [[RESPValue]] = [
            [.bulk("a"), .integer(2), .null], [], [.array([.bulk("b\n"), .array([.bulk("c")])])], [.error("ERR x")],
        ]
        for style in [
            Style(format: format), Style(format: format, elementDelimiter: "--", replyDelimiter: "=="),
        ] {
            let streamed = render(style) { renderer, output in
                var stream = ElementStream(renderer, of: .reply, to: &output)
                for part in parts { stream.append(part, to: &output) }
                stream.close(to: &output)
            }
            let whole = render(style) { $0.append(.array(parts.flatMap(\.self)), isText: false, to: &$1) }
            #expect(streamed == whole)
        }
    }

    @Test(
        "A map that is printed in parts is the same, byte for byte",
        arguments: [Format.raw, .csv, .json, .quotedJSON], [false, true])
    func pairs(format: Format, indents: Bool) {
        let parts: [[RESPValue]] = [
            [.bulk("a"), .integer(2), .integer(1), .null], [],
            [.bulk("c"), .array([.bulk("b\n"), .array([.bulk("c")])])],
        ]
        let style = Style(format: format, elementDelimiter: "--", replyDelimiter: "==", indentsJSON: indents)
        for parts in [parts, []] {
            let streamed = render(style) { renderer, output in
                var stream = ElementStream(renderer, of: .map, to: &output)
                for part in parts { stream.append(part, to: &output) }
                stream.close(to: &output)
            }
            let whole = render(style) { $0.append(.map(parts.flatMap(\.self)), isText: false, to: &$1) }
            #expect(streamed == whole)
        }
    }

    @Test("A reply whose rest was lost is not a JSON value, and its line ends")
    func brokenOff() {
        for (source, text) in [(ElementStream.Source.reply, "[1,2\n"), (.map, "{\"1\":2\n"), (.iterator, "[1,2\n")] {
            let streamed = render(Style(format: .json)) { renderer, output in
                var stream = ElementStream(renderer, of: source, to: &output)
                stream.append([.integer(1), .integer(2)], to: &output)
                stream.breakOff(to: &output)
            }
            #expect(streamed == text)
        }
    }

    @Test("A failure that keeps a command from its reply is an error of our own")
    func failures() {
        let node = NodeAddress(host: "::1", port: 7000)
        let failure = CommandFailure.unknownOutcome(node, reason: "gone")
        let row = render(Style(format: .csv)) { $0.append(failure, to: &$1) }
        #expect(row.hasPrefix("ERROR,\"UNKNOWN [::1]:7000 may or may not have run the command: gone. "))
        let json = render(Style(format: .json)) { $0.append(failure, to: &$1) }
        #expect(json.hasPrefix("{\"error\":\"UNKNOWN [::1]:7000 may or may not have run the command: gone. "))
        #expect(json.hasSuffix("\"}\n"))
        let line = render(Style(format: .json)) { $0.append(CLIError.invalidLine(.openQuote, nil), to: &$1) }
        #expect(line.hasPrefix("{\"error\":\"ERR Invalid argument(s): unclosed quote."))
    }

    // MARK: The per-node dictionary

    private static let nodes: [Node] = [
        Node(address: NodeAddress(host: "10.0.0.1", port: 7000), id: "", role: .master, isHealthy: true),
        Node(address: NodeAddress(host: "10.0.0.10", port: 7001), id: "", role: .master, isHealthy: true),
        Node(address: NodeAddress(host: "10.0.0.1", port: 7002), id: "", role: .replica, isHealthy: true),
    ]

    private func dictionary(
        _ style: Style, _ results: [Result<RESPValue, CommandFailure>], isText: Bool = false,
        total: ResponsePolicy = .perNode, columns: Int = .max
    ) -> String {
        let replies = zip(Self.nodes, results).map { NodeReply(node: $0, result: $1) }
        return render(style) {
            $0.append(
                Reply(body: .perNode(replies), outcome: .partial), isText: isText, total: total,
                in: Window(columns: columns), to: &$1)
        }
    }

    private static let mixed: [Result<RESPValue, CommandFailure>] = [
        .success(.array([.bulk("a\nb"), .null])),
        .success(.error("ERR x")),
        .failure(.unreachable(nodes[2].address, reason: "Connection refused")),
    ]

    @Test("A table calls no map a hash: that of CONFIG GET or COMMAND DOCS is none")
    func emptyMap() {
        #expect(render(.table, .map([])) == "(empty map)\n")
        #expect(render(.table, .array([.map([])])) == "1) (empty map)\n")
    }

    @Test("An empty text of several nodes is called empty")
    func emptyTexts() {
        let replies = [Result<RESPValue, CommandFailure>](repeating: .success(.bulk("")), count: 3)
        #expect(dictionary(Self.reading, replies, isText: true) == "3 nodes  (empty)\n")
    }

    @Test("Nothing said of several nodes breaks within a word at the edge of the window")
    func narrowDictionary() {
        let counts = [13, 7, 13].map { Result<RESPValue, CommandFailure>.success(.integer($0)) }
        #expect(
            dictionary(Self.reading, counts, total: .sumOfMasters, columns: 40).hasSuffix(
                """
                total                    (integer) 20
                                         over 2 masters

                """))
        for style in [Style(format: .table), Style(format: .terminal), Style(format: .table, palette: .dark)] {
            let large = [199_510, 7, 199_510].map { Result<RESPValue, CommandFailure>.success(.integer($0)) }
            let text = dictionary(style, large, total: .sumOfMasters, columns: 40)
                .replacing(#/\u{1b}\[[0-9;]*m/#, with: "")
            #expect(
                text == """
                    10.0.0.1:7000  master
                    (integer) 199510

                    10.0.0.10:7001  master   (integer) 7

                    10.0.0.1:7002  replica
                    (integer) 199510

                    total
                    (integer) 199517 over 2 masters

                    """)
        }
        let error = RESPValue.error("ERR unknown command 'nosuch', with args beginning with: 'a'")
        #expect(
            dictionary(Self.reading, [.success(error), .success(error), .success(.integer(1))], columns: 40) == """
                2 masters
                (error) ERR unknown command 'nosuch',
                with args beginning with: 'a'

                10.0.0.1:7002  replica  (integer) 1

                """)
        let replies = (0..<5).map { number in
            let address = NodeAddress(host: "10.0.0.1", port: 7000 + number)
            return NodeReply(
                node: Node(address: address, id: "", role: .master, isHealthy: true),
                result: .success(number < 3 ? .ok : .error("ERR no")))
        }
        let text = render(Self.reading) {
            $0.append(
                Reply(body: .perNode(replies), outcome: .partial), isText: false, in: Window(columns: 20), to: &$1)
        }
        #expect(text == "3 masters  OK\n\n2 masters\n(error) ERR no\n  10.0.0.1:7003,\n  10.0.0.1:7004\n")
    }

    @Test("A dictionary of short replies is a table, with a sum where that makes sense")
    func table() {
        let counts = [13, 7, 13].map { Result<RESPValue, CommandFailure>.success(.integer($0)) }
        let lines = """
            10.0.0.1:7000   master   (integer) 13
            10.0.0.10:7001  master   (integer) 7
            10.0.0.1:7002   replica  (integer) 13

            """
        let terminal = Style(format: .terminal)
        #expect(dictionary(terminal, counts) == lines)
        #expect(
            dictionary(terminal, counts, total: .sumOfMasters)
                == lines + "total                    (integer) 20 over 2 masters\n")
        #expect(
            dictionary(terminal, counts, total: .sum) == lines + "total                    (integer) 33 over 3 nodes\n")
        #expect(
            dictionary(terminal, [counts[0], .failure(.interrupted), counts[2]], total: .sumOfMasters)
                .hasSuffix("total                    (integer) 13 over 1 of 2 masters\n"))
        #expect(!dictionary(terminal, Self.mixed, total: .sum).contains("total"))
    }

    @Test("Node names are bold where colors are allowed, and columns stay aligned")
    func colors() {
        let style = Style(format: .terminal, palette: .dark)
        #expect(
            dictionary(style, [.success(.ok), .success(.ok)])
                == "\u{1b}[1m10.0.0.1:7000\u{1b}[0m   master   OK\n\u{1b}[1m10.0.0.10:7001\u{1b}[0m  master   OK\n")
    }

    private static let ok = Result<RESPValue, CommandFailure>.success(.ok)
    private static let refused = Result<RESPValue, CommandFailure>.success(.error("NOPERM x"))
    private static let long = Result<RESPValue, CommandFailure>.success(.array([.bulk("a"), .bulk("b")]))
    private static let reading = Style(format: .table)

    @Test("In the table format, the reply that most nodes share appears once")
    func folded() {
        #expect(dictionary(Self.reading, [Self.ok, Self.ok, Self.ok]) == "3 nodes  OK\n")
        #expect(dictionary(Self.reading, [Self.ok, Self.ok]) == "2 masters  OK\n")
        #expect(
            dictionary(Self.reading, [Self.ok, Self.refused, Self.ok]) == """
                2 nodes                  OK
                10.0.0.10:7001  master   (error) NOPERM x

                """)
        #expect(dictionary(Self.reading, [Self.refused, Self.refused, Self.refused]) == "3 nodes  (error) NOPERM x\n")
        #expect(dictionary(Self.reading, [Self.long, Self.long, Self.long]) == "3 nodes\n1) \"a\"\n2) \"b\"\n")
        #expect(
            dictionary(Self.reading, [Self.long, Self.ok, Self.long]) == """
                2 nodes
                1) "a"
                2) "b"

                10.0.0.10:7001  master   OK

                """)
        let zero = Result<RESPValue, CommandFailure>.success(.integer(0))
        #expect(dictionary(Self.reading, [zero, zero, zero], total: .sum).hasPrefix("3 nodes  (integer) 0\n"))
        #expect(
            dictionary(Self.reading, [Self.refused, Self.refused, Self.refused], total: .sumOfMasters)
                == "3 nodes  (error) NOPERM x\n")
        // The nodes counted here are told apart from those that do not count.
        #expect(
            dictionary(Self.reading, [zero, zero, zero], total: .sumOfMasters) == """
                2 masters               (integer) 0
                10.0.0.1:7002  replica  (integer) 0
                total                   (integer) 0 over 2 masters

                """)
        var style = Self.reading
        style.folds = false
        #expect(
            dictionary(style, [Self.ok, Self.ok, Self.ok])
                == dictionary(Style(format: .terminal), [Self.ok, Self.ok, Self.ok]))
        for format in Format.allCases where format != .table {
            let text = dictionary(Style(format: format), [Self.ok, Self.ok, Self.ok])
            #expect(text.ranges(of: "10.0.0.").count == 3, "\(text)")
        }
    }

    @Test("An error of some nodes appears once with their names; equal replies of the minority do not")
    func foldedErrors() {
        let nodes = (1...5).map {
            Node(address: NodeAddress(host: "n", port: $0), id: "", role: .master, isHealthy: true)
        }
        func text(_ results: [Result<RESPValue, CommandFailure>]) -> String {
            let replies = zip(nodes, results).map { NodeReply(node: $0, result: $1) }
            return render(Self.reading) {
                $0.append(Reply(body: .perNode(replies), outcome: .partial), isText: false, to: &$1)
            }
        }
        #expect(
            text([Self.ok, Self.refused, Self.ok, Self.refused, Self.ok]) == """
                3 masters  OK
                2 masters  (error) NOPERM x
                  n:2, n:4

                """)
        let numbers = [1, 1, 2, 2, 3].map { Result<RESPValue, CommandFailure>.success(.integer($0)) }
        #expect(text(numbers).split(separator: "\n").count == 5)
    }

    @Test(
        "The reply that a role's nodes share appears once, with its nodes clear from the others or named",
        arguments: [
            ("aaabbb", "3 masters a, 3 replicas b"), ("aacbbb", "2 masters a, 3 replicas b, n:3 c"),
            ("aaaabb", "4 nodes a, 2 replicas b (n:5, n:6)"), ("aabbaa", "4 nodes a, n:3 b, n:4 b"),
            ("abcdef", "n:1 a, n:2 b, n:3 c, n:4 d, n:5 e, n:6 f"),
        ])
    func foldedRoles(replies: String, groups: String) {
        let nodes = (1...6).map {
            Node(
                address: NodeAddress(host: "n", port: $0), id: "", role: $0 < 4 ? .master : .replica, isHealthy: true)
        }
        let dictionary = zip(nodes, replies).map { NodeReply(node: $0, result: .success(.status("\($1)"))) }
        let text = render(Self.reading) {
            $0.append(Reply(body: .perNode(dictionary), outcome: .succeeded), isText: false, to: &$1)
        }
        let lines = text.split(separator: "\n").map { line in
            let words = line.split(separator: " ").filter { $0 != "master" && $0 != "replica" }.joined(separator: " ")
            return line.hasPrefix("  ") ? " (\(words))" : ", \(words)"
        }
        #expect(lines.joined().dropFirst(2) == groups)
    }

    @Test("In the table format, a set is numbered like a list")
    func sets() {
        let set = RESPValue.aggregate(.set, [.bulk("a"), .bulk("b")])
        #expect(render(Self.reading) { $0.append(set, isText: false, to: &$1) } == "1) \"a\"\n2) \"b\"\n")
    }

    @Test("In the table format, a long string is cut between characters and says how long it is")
    func longValues() {
        var style = Style(format: .table, isUTF8: true)
        style.longestValue = 4
        func text(_ text: String) -> String {
            render(style) { $0.append(.bulk(ByteString(text)), isText: false, to: &$1) }
        }
        #expect(text("abcd") == "\"abcd\"\n")
        #expect(text("abcde") == "\"abcd\"... (4B of 5B; see :set max-value)\n")
        #expect(text("abc\u{e9}x") == "\"abc\"... (3B of 6B; see :set max-value)\n")
        for format in Format.allCases where format != .table {
            style.format = format
            #expect(!text("abcde").contains("..."))
        }
    }

    @Test("JSON for a person has a line for each element")
    func indentedJSON() {
        let style = Style(format: .json, indentsJSON: true)
        let value = RESPValue.map([.bulk("a"), .array([.integer(1), .map([])]), .bulk("b"), .null])
        let lines = """
            {
              "a": [
                1,
                {}
              ],
              "b": null
            }

            """
        #expect(render(style) { $0.append(value, isText: false, to: &$1) } == lines)
        #expect(
            dictionary(style, [.success(.array([.integer(1)]))]) == """
                {
                  "10.0.0.1:7000": [
                    1
                  ]
                }

                """)
        let stream = render(style) { renderer, output in
            var stream = ElementStream(renderer, of: .iterator, to: &output)
            stream.append([.bulk("a"), .array([.integer(1)])], to: &output)
            stream.close(to: &output)
        }
        #expect(stream == "[\n  \"a\",\n  [\n    1\n  ]\n]\n")
    }

    @Test("In the table format, kinds, errors, nil and names have colors")
    func replyColors() {
        let value = RESPValue.map([.bulk("k"), .null, .bulk("n"), .integer(1), .bulk("e"), .error("ERR x")])
        func text(_ format: Format) -> String {
            render(Style(format: format, palette: .dark)) { $0.append(value, isText: false, to: &$1) }
        }
        let palette = Palette.dark
        for part in [
            palette.paint("\"k\"", .key), palette.paint("(nil)", .nothing), palette.paint("(integer)", .type) + " 1",
            palette.paint("(error) ERR x", .error),
        ] {
            #expect(text(.table).contains(part))
        }
        for format in Format.allCases where format != .table { #expect(!text(format).contains("\u{1b}")) }
    }

    @Test("A dictionary of long replies is a list of blocks")
    func blocks() {
        #expect(
            dictionary(Style(format: .terminal), Self.mixed) == """
                10.0.0.1:7000  master
                1) "a\\nb"
                2) (nil)

                10.0.0.10:7001  master   (error) ERR x
                10.0.0.1:7002   replica  (error) NOCONN Connection refused

                """)
        let info = Result<RESPValue, CommandFailure>.success(.bulk("# Server\r\na:1\r\n"))
        #expect(
            dictionary(Style(format: .terminal), [info, info], isText: true)
                == "10.0.0.1:7000  master\n# Server\r\na:1\n\n10.0.0.10:7001  master\n# Server\r\na:1\n")
    }

    @Test("In raw, every line of a dictionary begins with the node and a TAB")
    func rawDictionary() {
        #expect(
            dictionary(Style(format: .raw), Self.mixed) == """
                10.0.0.1:7000\ta
                10.0.0.1:7000\tb
                10.0.0.1:7000\t
                10.0.0.10:7001\tERR x
                10.0.0.1:7002\tNOCONN Connection refused

                """)
        let results: [Result<RESPValue, CommandFailure>] = [
            .success(.bulk("# Server\r\na:1\r\n\r\nb:2\r\n")), .success(.null), .success(.bulk("")),
        ]
        #expect(
            dictionary(Style(format: .raw), results, isText: true) == """
                10.0.0.1:7000\t# Server
                10.0.0.1:7000\ta:1
                10.0.0.1:7000\t
                10.0.0.1:7000\tb:2
                10.0.0.10:7001\t
                10.0.0.1:7002\t

                """)
        #expect(
            dictionary(Style(format: .raw), [.success(.bulk("a\r\n"))]) == "10.0.0.1:7000\ta\r\n10.0.0.1:7000\t\n",
            "a value keeps all its bytes")
        let style = Style(format: .raw, elementDelimiter: ",", replyDelimiter: ";")
        #expect(
            dictionary(style, [.success(integers(.array, 1, 2)), .success(.integer(3))])
                == "10.0.0.1:7000\t1,2;10.0.0.10:7001\t3;")
    }

    @Test("A dictionary is one JSON object, or one CSV record per node")
    func structuredDictionary() {
        #expect(
            dictionary(Style(format: .json), Self.mixed)
                == #"{"10.0.0.1:7000":["a\nb",null],"10.0.0.10:7001":{"error":"ERR x"},"#
                + #""10.0.0.1:7002":{"error":"NOCONN Connection refused"}}"# + "\n")
        #expect(
            dictionary(Style(format: .csv), Self.mixed) == #"""
                "10.0.0.1:7000","a\nb",NULL
                "10.0.0.10:7001",ERROR,"ERR x"
                "10.0.0.1:7002",ERROR,"NOCONN Connection refused"

                """#)
        let info: [Result<RESPValue, CommandFailure>] = [.success(.bulk("a:1\r\n"))]
        #expect(dictionary(Style(format: .json), info, isText: true) == #"{"10.0.0.1:7000":"a:1\r\n"}"# + "\n")
        #expect(dictionary(Style(format: .csv), info, isText: true) == #""10.0.0.1:7000","a:1\r\n""# + "\n")
    }
}
