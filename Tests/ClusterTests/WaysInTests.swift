import Commands
import Foundation
import RESP
import TestSupport
import Testing

extension Specification {
    /// One script of many commands, line by line, by every way in: one-shot, file, load and prompt. Every run begins
    /// with an empty cluster, so every line has to have the same result.
    @Suite struct WaysIn {
        /// All keyed commands, each with the fewest words it takes, which alternate between keys of two slots. The
        /// server refuses most of them; what matters is that they are refused alike.
        private static let table = CommandTable.rows
            .filter { $0.request == .keyed && $0.block == nil && $0.effect == .none }
            // It tells an address in memory, where DEBUG is allowed.
            .filter { $0.name.description != "DEBUG OBJECT" }
            .map { row in
                let name = "\(row.name)".split(separator: " ").map(String.init)
                let keys = (0..<max(0, abs(row.arity) - name.count)).map { ["a", "b"][$0 % 2] }
                return (name + keys).joined(separator: " ")
            }

        /// Commands used properly; the keys `a`, `b` and `c` are in three slots, those with a tag in one.
        static let sensible = """
            SET a 10|APPEND a 5|GET a|GETRANGE a 0 1|INCR a|INCRBY a 5|INCRBYFLOAT a 0.5|STRLEN a|SETRANGE a 1 xyz|GETSET a z
            SETNX a 1|SETEX b 1000 v|PERSIST b|TTL b|GETDEL b|MSET a 1 b 2 c 3|MGET a b c none|MSETNX a 1 d 2|EXISTS a b none
            TYPE a|TOUCH a b|RENAME a b|RENAMENX b a|COPY a c REPLACE|UNLINK a b|DEL c|SETBIT a 7 1|GETBIT a 7|BITCOUNT a
            BITPOS a 1|DEL a|RPUSH a 1 2 3|LPUSH a 0|LRANGE a 0 -1|LINDEX a 1|LINSERT a BEFORE 1 x|LLEN a|LPOS a x|LREM a 0 x
            LSET a 0 y|LTRIM a 0 2|RPOPLPUSH a b|LMOVE a b LEFT RIGHT|BLMOVE a b LEFT LEFT 1|LPOP b|RPOP b|BLPOP a b 1
            LMPOP 2 a b LEFT|BLPOP a b c 0.01|SADD a x|SADD b x|SMEMBERS a|SISMEMBER a x|SMISMEMBER a x y|SCARD a|SINTER a b
            SUNION a b|SDIFF a b|SINTERCARD 2 a b|SUNIONSTORE c a b|SINTERSTORE c a b|SDIFFSTORE c a b|SMOVE a b x|SREM b x
            ZADD a 1 x 2 y|ZADD b 2 x 3 z|ZRANGE a 0 -1 WITHSCORES|ZSCORE a x|ZRANK a y|ZINCRBY a 1.5 x|ZCOUNT a 0 5
            ZUNION 2 a b WITHSCORES|ZINTER 2 a b|ZDIFF 2 a b|ZINTERCARD 2 a b|ZUNIONSTORE c 2 a b|ZRANGESTORE d a 0 -1
            ZPOPMIN a|ZPOPMAX a|BZPOPMIN a b 1|ZMPOP 2 a b MIN|ZREM b z|DEL a b c d|HSET a f 1 g 2|HGET a f|HGETALL a
            HMGET a f none|HINCRBY a f 5|HDEL a g|HKEYS a|HVALS a|HLEN a|HEXISTS a f|HSCAN a 0|DEL a|XADD a 1-1 f v
            XADD b 2-2 f v|XLEN a|XRANGE a - +|XREAD STREAMS a b 0 0|XGROUP CREATE a g 0|XGROUP CREATE b g 0
            XREADGROUP GROUP g me STREAMS a b > >|XACK a g 1-1|XDEL a 1-1|DEL a b|PFADD a x|PFADD b y|PFCOUNT a b
            PFMERGE c a b|PFCOUNT c|DEL a b c|GEOADD a 13.4 52.5 x|GEOPOS a x|GEOSEARCH a FROMMEMBER x BYRADIUS 1 km
            DEL a|RPUSH {t}a 3 1 2|SORT {t}a|SORT {t}a STORE b|LRANGE b 0 -1|EVAL 'return {KEYS[1],ARGV[1]}' 1 a x
            EVAL 'return redis.error_reply("MY own")' 1 a|EVAL 'return 1' 2 a b|GET {t}a|GET|NOSUCH a|GET a b
            MSET {t}x 1 {t}y 2|MGET {t}x {t}y|BITOP AND {t}z {t}x {t}y|DBSIZE|PING|ECHO 'two words'|KEYS {t}x|SCRIPT EXISTS 00
            PUBLISH news x|SPUBLISH news x|PUBSUB NUMPAT|TYPE none|OBJECT ENCODING {t}x|DUMP none|FLUSHDB|DBSIZE
            """.split { $0 == "\n" || $0 == "|" }.map(String.init)

        enum Script: CaseIterable {
            case table, sensible

            var lines: [String] { self == .table ? WaysIn.table : WaysIn.sensible }
        }

        @Test(
            "A line has the same result by every way in",
            arguments: Script.allCases) func aLineHasTheSameResultByEveryWayIn(_ script: Script) throws
        {
            let lines = script.lines
            let names = Set(lines.compactMap { Self.row(of: $0).map { "\($0.name)" } })
            #expect(names.count > 66)

            let alone = try Self.emptied { cluster in try lines.map { try cluster.run("--json", command: $0) } }
            let text = lines.joined(separator: "\n")
            let file = try Self.emptied { try $0.run("--json", file: text) }
            let load = try Self.emptied { try $0.run("--pipe", file: text) }
            let typed = try Self.emptied { try Self.type(lines, $0) }

            try #require(file.lines.count == lines.count)
            for (number, line) in lines.enumerated() {
                let expected = alone[number].text
                #expect(!expected.isEmpty, "\(line)")
                #expect(file.lines[number] == expected, "\(line), in a file")
                if let reply = typed[number] {
                    #expect(reply == expected, "\(line), at the prompt")
                }
            }
            let failures = alone.count { $0.exitStatus != 0 }
            #expect(load.lines.last == "errors: \(failures), replies: \(lines.count)")
        }

        private static func emptied<Result>(_ body: (TestCluster) throws -> Result) throws -> Result {
            let cluster = try Specification.cluster
            try #require(cluster.run(command: "FLUSHALL").exitStatus == 0)
            return try body(cluster)
        }

        private static func row(of line: String) -> CommandSpec? {
            CommandTable.row(for: line.split(separator: " ").map { ByteString(String($0)) })
        }

        /// Types each line at a prompt, with its reply going to a file, and returns that file; nil for a command that
        /// has `>` as an argument.
        private static func type(_ lines: [String], _ cluster: TestCluster) throws -> [String?] {
            let folder = try TemporaryFolder()
            let terminal = try PseudoTerminal(
                BuiltProduct.slotline, cluster.seed + ["--json", "--yes"], environment: ["PAGER": "cat"])
            try terminal.wait(for: "the prompt") { $0.cursorLine.hasSuffix("[3/3]>") }
            let prompt = terminal.screen.cursorLine
            return try lines.enumerated().map { number, line in
                let file = "\(folder.path)/\(number)"
                let isShown = row(of: line)?.flags.contains(.greaterSign) == true
                try terminal.type("clear\r")
                try terminal.wait(for: "a clean screen") { $0.lines == [prompt] }
                try terminal.type(isShown ? "\(line)\r" : "\(line) > \(file)\r")
                try terminal.wait(for: "the end of \(line)") { $0.cursorLine == prompt && $0.lines.count > 1 }
                guard !isShown else { return nil }
                let reply = try String(contentsOfFile: file, encoding: .utf8)
                return reply.hasSuffix("\n") ? String(reply.dropLast()) : reply
            }
        }
    }
}
