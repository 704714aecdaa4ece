import Commands
import RESP
import Testing

struct CommandSyntaxTests {
    @Test("Every row's syntax is parsed in full")
    func roundTrip() {
        for row in CommandTable.rows {
            #expect(CommandSyntax(row).text == "\(row.syntax)", "\(row.name)")
        }
    }

    @Test(
        "The remaining syntax shrinks as arguments are typed",
        arguments: [
            ("GET", "", "key"),
            ("GET", "k", ""),
            ("MGET", "a", "[key ...]"),
            ("MGET", "a b c", "[key ...]"),
            ("HSET", "h f", "value [field value ...]"),
            ("HSET", "h f v g", "value [field value ...]"),
            (
                "SET", "k v",
                "[NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]"
            ),
            (
                "SET", "k v nx",
                "[GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]"
            ),
            ("SET", "k v EX", "seconds [NX|XX] [GET]"),
            ("SET", "k v EX 5 GET", "[NX|XX]"),
            ("SCAN", "0 COUNT 5", "[MATCH pattern] [TYPE type]"),
            ("ZRANDMEMBER", "k 3", "[WITHSCORES]"),
            ("ZUNION", "2", "key key [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]"),
            ("ZUNION", "2 a b weights 1", "[weight ...] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]"),
            ("ZUNION", "2 a b AGGREGATE", "SUM|MIN|MAX [WEIGHTS weight [weight ...]] [WITHSCORES]"),
            ("ZUNION", "99 a", "[key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]"),
            ("EVAL", "s 0", "[arg [arg ...]]"),
            ("EVAL", "s 2 a", "key [arg [arg ...]]"),
            ("BLPOP", "a b", "[key ...] timeout"),
            ("LMPOP", "99 a left", "[COUNT count]"),
            (
                "XADD", "k",
                "[NOMKSTREAM] [MAXLEN|MINID [=|~] threshold [LIMIT count]] *|id field value [field value ...]"
            ),
            ("XADD", "k MAXLEN", "[=|~] threshold [LIMIT count] [NOMKSTREAM] *|id field value [field value ...]"),
            ("XADD", "k MAXLEN ~ 5 *", "field value [field value ...]"),
            ("XREAD", "COUNT 2 STREAMS a", "[key ...] id [id ...]"),
            ("REPLICAOF", "NO", "ONE"),
            ("REPLICAOF", "host", "port"),
            ("SORT", "k GET a LIMIT 0", "count [GET pattern ...] [BY pattern] [ASC|DESC] [ALPHA] [STORE destination]"),
        ])
    func shrinks(_ name: String, _ typed: String, _ left: String) throws {
        let words = try Tokenizer.words(Array(typed.utf8))
        let row = try #require(CommandTable.row(for: [ByteString(name)]))
        #expect(CommandSyntax(row).after(words)?.text == left)
    }

    @Test("Arguments that do not fit leave no syntax")
    func tooMany() throws {
        let row = try #require(CommandTable.row(for: ["GET"]))
        #expect(CommandSyntax(row).after(["a", "b"]) == nil)
    }

    @Test("The keywords that may come next are known")
    func keywords() throws {
        let row = try #require(CommandTable.row(for: ["SET"]))
        let syntax = CommandSyntax(row)
        #expect(syntax.after(["k"])?.nextKeywords == [])
        #expect(
            syntax.after(["k", "v", "GET"])?.nextKeywords == ["NX", "XX", "EX", "PX", "EXAT", "PXAT", "KEEPTTL"])
        #expect(syntax.next == ["key"])
    }
}
