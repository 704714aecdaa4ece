import Commands
import Presentation
import RESP
import Routing
import Testing

/// Replies with parts that the protocol does not distinguish, laid out as their table rows say.
struct ReplyPatternTests {
    private static func list(_ values: RESPValue...) -> RESPValue { .array(values) }
    private static func texts(_ words: String...) -> RESPValue { .array(words.map { .bulk(ByteString($0)) }) }
    private static func map(_ values: RESPValue...) -> RESPValue { .map(values) }
    private static func double(_ text: String) -> RESPValue { .scalar(.double, Array(text.utf8)) }

    private static func layout(_ line: String, _ value: RESPValue) -> String {
        let words = line.split(separator: " ").map { ByteString(String($0)) }
        let shape = CommandTable.row(for: words)?.shape ?? .plain
        let window = Window(columns: 80)
        if let table = Reply(value).table(shape, words, in: window) { return table.text(in: window) }
        var output: [UInt8] = []
        Renderer(Style(format: .table)).append(Reply(value).pairs(shape, words), isText: false, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    private static let replies: [(line: String, values: [RESPValue], text: String)] = [
        ("VINFO v", [texts("size", "3"), map(.bulk("size"), .bulk("3"))], #"1# "size" => "3""#),
        (
            "VSIM v ELE a WITHSCORES",
            [texts("a", "1", "b", "0.5"), map(.bulk("a"), double("1"), .bulk("b"), double("0.5"))],
            "element  score\na            1\nb          0.5"
        ),
        (
            "VSIM v ELE a WITHATTRIBS",
            [list(.bulk("a"), .null), map(.bulk("a"), .null)], "element  attributes\na             (nil)"
        ),
        (
            "VSIM v ELE a withscores WITHATTRIBS",
            [list(.bulk("a"), .bulk("1"), .null), map(.bulk("a"), list(double("1"), .null))],
            "element  score  attributes\na            1       (nil)"
        ),
        (
            "VSIM v ELE a WITHSCORES WITHATTRIBS TRUTH", [texts("a", "1", String(repeating: "x", count: 80))],
            "1# \"a\" => \n   1) \"1\"\n   2) \"\(String(repeating: "x", count: 80))\""
        ),
        ("VSIM v ELE a", [texts("a", "b")], "1) \"a\"\n2) \"b\""),
        ("VLINKS v a", [list(texts("a", "b"))], "1) 1) \"a\"\n   2) \"b\""),
        (
            "VLINKS v a WITHSCORES", [list(texts("b", "1")), list(map(.bulk("b"), double("1")))],
            #"1) 1# "b" => "1""#
        ),
        (
            "XAUTOCLAIM s g c 0 0", [list(.bulk("0-0"), list(list(.bulk("1-1"), texts("f", "v"))), texts())],
            """
            1# next => "0-0"
            2# entries => 1# "1-1" => 1# "f" => "v"
            3# deleted => (empty array)
            """
        ),
        (
            "XAUTOCLAIM s g c 0 0 JUSTID", [list(.bulk("0-0"), texts("1-1", "2-1"))],
            "1# next => \"0-0\"\n2# entries => \n   1) \"1-1\"\n   2) \"2-1\""
        ),
        ("XCLAIM s g c 0 1-1 2-1 JUSTID", [texts("1-1", "2-1")], "1) \"1-1\"\n2) \"2-1\""),
        (
            "XPENDING s g", [list(.integer(2), .bulk("1-1"), .bulk("2-1"), list(texts("c", "2")))],
            """
            1# pending => (integer) 2
            2# first => "1-1"
            3# last => "2-1"
            4# consumers => 1# "c" => "2"
            """
        ),
        (
            "XPENDING s g", [list(.integer(0), .null, .null, .null)],
            """
            1# pending => (integer) 0
            2# first => (nil)
            3# last => (nil)
            4# consumers => (nil)
            """
        ),
        (
            "XPENDING s g - + 9", [list(list(.bulk("1-1"), .bulk("c"), .integer(7), .integer(1)))],
            "id   consumer  idle  deliveries\n1-1  c            7           1"
        ),
        (
            "XRANGE s - +", [list(list(.bulk("1-1"), texts("f", "v")), list(.bulk("1-2"), .null))],
            "id   f\n1-1  v\n1-2"
        ),
        (
            "CLUSTER SLOT-STATS SLOTSRANGE 0 1",
            [
                list(list(.integer(0), texts("key-count", "2")), list(.integer(1), texts("key-count", "0"))),
                list(
                    list(.integer(0), map(.bulk("key-count"), .bulk("2"))),
                    list(.integer(1), map(.bulk("key-count"), .bulk("0")))),
            ], "slot  key-count\n   0          2\n   1          0"
        ),
        ("SCAN 0", [list(.bulk("0"), texts("a"))], "1# cursor => \"0\"\n2# keys => 1) \"a\""),
        ("CLUSTERSCAN 0", [list(.bulk("0"), texts("a"))], "1# cursor => \"0\"\n2# keys => 1) \"a\""),
        ("SSCAN s 0", [list(.bulk("0"), texts("a"))], "1# cursor => \"0\"\n2# members => 1) \"a\""),
        ("HSCAN h 0", [list(.bulk("0"), texts("f", "v"))], "1# cursor => \"0\"\n2# fields => 1# \"f\" => \"v\""),
        ("HSCAN h 0 NOVALUES", [list(.bulk("0"), texts("f", "g"))], "1) \"0\"\n2) 1) \"f\"\n   2) \"g\""),
        (
            "ZMPOP 1 z MIN",
            [list(.bulk("z"), list(texts("a", "1"))), list(.bulk("z"), list(list(.bulk("a"), double("1"))))],
            "1# key => \"z\"\n2# members => 1# \"a\" => \"1\""
        ),
        (
            "LCS a b IDX", [list(.bulk("len"), .integer(6)), map(.bulk("len"), .integer(6))],
            "1# \"len\" => (integer) 6"
        ),
        ("LCS a b", [.bulk("mytext")], "\"mytext\""),
        ("ROLE", [list(.bulk("sentinel"), texts())], "1# role => \"sentinel\"\n2# masters => (empty array)"),
        (
            "ROLE", [list(.bulk("master"), .integer(7), list(texts("h", "1", "7")))],
            """
            1# role => "master"
            2# offset => (integer) 7
            3# replicas => 
               1) 1# host => "h"
                  2# port => "1"
                  3# offset => "7"
            """
        ),
        (
            "CLUSTER SLOTS",
            [
                list(
                    list(.integer(0), .integer(9), texts("h", "1", "i"), texts("j", "2", "k"), texts("l", "3", "m"))
                )
            ],
            """
            1) 1# first => (integer) 0
               2# last => (integer) 9
               3# master => 
                  1# host => "h"
                  2# port => "1"
                  3# id => "i"
               4# replica => 
                  1# host => "j"
                  2# port => "2"
                  3# id => "k"
               5# replica => 
                  1# host => "l"
                  2# port => "3"
                  3# id => "m"
            """
        ),
        (
            "COMMAND INFO get",
            [
                list(list(.bulk("get"), .integer(2), texts("fast")), .null),
                list(list(.bulk("get"), .integer(2), list(.status("fast"))), .null),
            ],
            """
            1) 1# name => "get"
               2# arity => (integer) 2
               3# flags => 1) "fast"
            2) (nil)
            """
        ),
        ("COMMAND GETKEYSANDFLAGS set k v", [list(list(.bulk("k"), texts("OW")))], "1# \"k\" => 1) \"OW\""),
    ]

    @Test("A reply looks the same in RESP2 and RESP3", arguments: replies)
    func layouts(line: String, values: [RESPValue], text: String) {
        for value in values { #expect(Self.layout(line, value) == text + "\n") }
    }
}
