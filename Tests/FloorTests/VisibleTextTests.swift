import Commands
import Presentation
import RESP
import Routing
import Testing

/// Foreign text on a terminal: nothing in it is obeyed.
struct VisibleTextTests {
    /// Title, color, DEL, C1 as UTF-8, direction override and isolate, a line separator, a CR that hides the text
    /// before it.
    private static let foreign = "a\u{1b}]0;x\u{7}\u{1b}[31m\u{7f}\u{9b}m\u{202e}\u{2066}\u{2028}b\rc\u{0}\u{8}"
    private static let shown =
        #"a\x1b]0;x\x07\x1b[31m\x7f\xc2\x9bm\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa8b\x0dc\x00\x08"#

    static func isHarmless(_ text: [UInt8]) -> Bool {
        let text = String(decoding: text, as: UTF8.self).replacing("\r\n", with: "\n")
        return text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || !VisibleText.isObeyed($0.value) }
    }

    @Test(
        "Escapes replace anything a terminal would obey, and all else stays as it is",
        arguments: [
            (foreign, shown),
            ("plain \"text\" \\ of é日本語\twith\nlines\r\n", "plain \"text\" \\ of é日本語\twith\nlines\r\n"),
            ("\r", #"\x0d"#), ("", ""),
        ])
    func text(foreign: String, shown: String) {
        #expect(VisibleText.text(foreign) == shown)
    }

    @Test("Bytes that are not UTF-8 are escaped, and without UTF-8 everything that is not ASCII")
    func bytes() {
        var output: [UInt8] = []
        VisibleText.append([0x61, 0x9b, 0xc2], to: &output)
        VisibleText.append([0xc3, 0xa9], isUTF8: false, to: &output)
        #expect(String(decoding: output, as: UTF8.self) == #"a\x9b\xc2\xc3\xa9"#)
    }

    private static let bytes = ByteString(foreign)
    private static let values: [RESPValue] = [
        .scalar(.simpleString, bytes.bytes), .scalar(.error, bytes.bytes), .scalar(.verbatimString, bytes.bytes),
        .bulk(bytes), .scalar(.bigNumber, bytes.bytes), .scalar(.double, bytes.bytes),
        .array([.scalar(.simpleString, bytes.bytes), .map([.bulk(bytes), .scalar(.error, bytes.bytes)])]),
        .aggregate(.push, [.bulk("invalidate"), .array([.bulk(bytes)])]),
    ]

    @Test(
        "Every kind of reply is escaped, in every format for a terminal",
        arguments: [Format.terminal, .table, .json, .quotedJSON, .csv])
    func replies(format: Format) {
        for isUTF8 in [false, true] {
            for keepsBytes in [false, true] {
                let renderer = Renderer(
                    Style(format: format, isOnTerminal: true, isUTF8: isUTF8, keepsBytes: keepsBytes))
                let node = Node(address: .init(host: "h", port: 1), id: "", role: .master, isHealthy: true)
                for value in Self.values where format != .csv || value.kind == .bulkString || value.kind == .error {
                    for isText in [false, true] {
                        var output: [UInt8] = []
                        renderer.append(value, isText: isText, to: &output)
                        let replies = Reply(
                            body: .perNode([NodeReply(node: node, result: .success(value))]), outcome: .succeeded)
                        renderer.append(replies, isText: isText, to: &output)
                        #expect(Self.isHarmless(output), "\(String(decoding: output, as: UTF8.self))")
                    }
                }
            }
        }
    }

    @Test("JSON names the character")
    func json() {
        var output: [UInt8] = []
        Renderer(Style(format: .json, isOnTerminal: true)).append(
            .bulk("\u{1b}\u{7f}\u{9b}\u{202e}é日"), isText: false, to: &output)
        #expect(String(decoding: output, as: UTF8.self) == "\"\\u001b\\u007f\\u009b\\u202eé日\"\n")
    }

    @Test("Raw bytes that were asked for, and output to a pipe or a file, stay as they are")
    func elsewhere() {
        for style in [Style(format: .raw, isOnTerminal: true), Style(format: .raw), Style(format: .terminal)] {
            var output: [UInt8] = []
            Renderer(style).append(.scalar(.simpleString, Self.bytes.bytes), isText: false, to: &output)
            #expect(output.starts(with: Self.bytes.bytes))
        }
    }

    @Test("Tables, key previews and node names are escaped")
    func tables() {
        var table = Table([.init("name")])
        table.append([Self.foreign])
        #expect(Self.isHarmless(Array(table.text(in: Window(columns: 200)).utf8)))
        let host = RESPValue.bulk(ByteString("h\u{1b}[31m"))
        let node = RESPValue.array([.bulk("ip"), host, .bulk("port"), .integer(1), .bulk("role"), .bulk("master")])
        let shards = RESPValue.array([
            .array([.bulk("slots"), .array([.integer(0), .integer(1)]), .bulk("nodes"), .array([node])])
        ])
        #expect(
            Topology(clusterShards: shards, by: Announcer(NodeAddress(host: "asked", port: 6379)))?.nodes.map(
                \.address.host) == ["asked"])
        #expect(
            NodeAddress(serverText: "h\u{1b}[31m:1", by: Announcer(NodeAddress(host: "asked", port: 6379)))?.host
                == "asked")
    }
}
