import Commands
import RESP
import TestSupport
import Testing

/// slotline in place of redis-cli prints what redis-cli prints, byte for byte, on a standalone server.
struct FormatTests {
    private static let started = Result { try ComparedServer(filling: fill) }
    private static let startedWithLongValues = Result { try ComparedServer(filling: fillWithLongValues) }

    /// Values of every type.
    private static func fill(_ client: TestClient) throws {
        for line in dataSet {
            let reply = try client.send(Tokenizer.words(Array(line.utf8)))
            try #require(!reply.isError, "\(line): \(reply.text)")
        }
        try client.send("SET", "bytes", ByteString(Array(0...255)))
        try client.send("SET", "utf8", "h\u{e9}llo \u{4e16}\u{754c}")
    }

    /// Values of several megabytes, whose replies are printed as they arrive.
    private static func fillWithLongValues(_ client: TestClient) throws {
        let script: ByteString = """
            for i = 1, 40000 do
                redis.call('RPUSH', KEYS[1], 'element\\n' .. string.rep(i, 9))
                redis.call('XADD', KEYS[2], i .. '-1', 'field', 'value "' .. i .. '"', 'other', '')
            end
            """
        let reply = try client.send("EVAL", script, "2", "list", "stream")
        try #require(!reply.isError, "\(reply.text)")
    }

    /// A link to slotline, the installed redis-cli, and a server with values.
    private final class ComparedServer: Sendable {
        let server: RedisServer
        let link: String
        private let folder: TemporaryFolder

        init(filling fill: (TestClient) throws -> Void) throws {
            server = try RedisServer(["--enable-debug-command", "yes"])
            folder = try TemporaryFolder()
            link = try folder.link("redis-cli")
            try fill(server.client())
        }

        /// redis-cli's JSON is invalid for errors, for `inf`, for texts such as MEMORY DOCTOR's, and for quotes under
        /// --quoted-json: there, slotline's only has to be valid. Bytes that are not UTF-8 pass through both alike.
        func expectSame(
            _ options: [ByteString], _ words: [ByteString], input: String = "", environment: [String: String] = [:]
        ) throws {
            let arguments = ["-p", ByteString("\(server.port)")] + options + words
            let bytes = Array(input.utf8)
            let own = try Slotline.run(arguments, input: bytes, program: link, environment: environment)
            let stock = try Subprocess.run(
                "redis-cli", arguments, input: bytes, environment: Slotline.environment(environment))
            expectSame(own, stock, arguments, "\(arguments.map(\.text)) \(input)")
        }

        func expectSame(
            _ own: Subprocess.Result, _ stock: Subprocess.Result, _ arguments: [ByteString], _ place: String
        ) {
            let place: Comment = "\(place)\n\(own.outputText)\n\(stock.outputText)"
            #expect(own.status == stock.status, place)
            let isJSON = arguments.contains { ["--json", "--quoted-json"].contains($0) }
            if isJSON, !stock.isValidJSON, String(validating: stock.output, as: UTF8.self) != nil {
                #expect(own.isValidJSON, place)
            } else {
                #expect(own.output == stock.output, place)
            }
        }
    }

    private static let dataSet = [
        "SET string plain", "SET empty ''", "SET odd \"say \\\"hi\\\"\\t\\\\ \\r\\n \\a\\b end\"", "SET number 12",
        "SET lines \"one\\ntwo\\n\"", "RPUSH list a '' \"b c\" 4 e f g h i j k", "RPUSH one 1",
        "HSET hash f v g \"w x\"",
        "SADD set m", "ZADD zset 1 a 2.5 b inf c", "XADD stream 1-1 f v g w", "XADD stream 1-2 f \"\\x00\"",
        "GEOADD geo 13.361389 38.115556 Palermo", "PFADD hll a b c", "SETBIT bits 7 1",
        // Keys that the lines below write, so that the number of keys stays the same.
        "SET float 0", "SET tx 1",
    ]

    /// One command for every kind of reply.
    static let commands = [
        "GET string", "GET empty", "GET none", "GET odd", "GET utf8", "GET lines", "GET bytes", "STRLEN bytes",
        "INCRBYFLOAT float 0", "LRANGE list 0 -1", "LRANGE none 0 -1", "LRANGE one 0 -1", "LPUSH string x", "NOSUCH a",
        "HGETALL hash", "HGETALL none", "HMGET hash f none", "SMEMBERS set", "SMEMBERS none", "ZSCORE zset b",
        "ZSCORE zset c", "ZRANGE zset 0 1 WITHSCORES", "ZRANGE zset 0 -1", "XRANGE stream - + COUNT 1",
        "XREAD COUNT 1 STREAMS stream 0", "XREAD STREAMS none 0", "XINFO STREAM stream", "GEOPOS geo Palermo none",
        "PFCOUNT hll", "BITFIELD bits GET u8 0", "TYPE list", "EXISTS string none", "SCAN 0 MATCH string COUNT 1000",
        "HSCAN hash 0", "ECHO ''", "PING", "PING 'a b'", "CONFIG GET maxmemory-p*", "CONFIG GET nothing",
        "CONFIG SET nosuch 1", "COMMAND INFO get nosuch", "COMMAND COUNT",
        "EVAL 'return {1,{2,{3,\"four\"}},\"five\",{}}' 0", "EVAL 'return {1,{},{{}},false}' 0",
        "EVAL 'return {err=\"MY error\"}' 0", "EVAL 'return {{ok=\"fine\"},\"x\"}' 0", "EVAL 'return 3.99' 0",
        "EVAL 'return false' 0", "EVAL 'return redis.status_reply(\"TWO WORDS\")' 0",
        "EVAL 'local t={} for i=1,12 do t[i]={i,{i}} end return t' 0", "EVAL 'nonsense' 0", "OBJECT HELP",
        "DEBUG PROTOCOL string", "DEBUG PROTOCOL integer", "DEBUG PROTOCOL double", "DEBUG PROTOCOL null",
        "DEBUG PROTOCOL array", "DEBUG PROTOCOL set", "DEBUG PROTOCOL map", "DEBUG PROTOCOL verbatim",
        "DEBUG PROTOCOL true", "DEBUG PROTOCOL false", "MULTI", "AUTH wrong", "SELECT 99", "SET", "CLIENT GETNAME",
        "ACL WHOAMI", "LASTSAVE", "MEMORY DOCTOR", "LATENCY DOCTOR", "CLUSTER INFO", "CLUSTER NODES",
        "LOLWUT VERSION 1", "EVAL 'redis.setresp(3) return {double=3.25}' 0",
        "EVAL 'redis.setresp(3) return {map={a={set={[\"b c\"]=true}}}}' 0",
        "EVAL 'redis.setresp(3) return {{map={}},{set={}},{double=-1/0},{map={k={map={}}}}}' 0",
        "EVAL 'redis.setresp(3) return {true,false,{verbatim_string={format=\"txt\",string=\"a\\nb\"}}}' 0",
    ]

    static let options = [
        "", "--no-raw", "--raw", "--csv", "--json", "--quoted-json", "-3", "-3 --no-raw", "-3 --csv", "-2 --json",
        "-d <> -D ||", "--no-raw -d ; -D !", "-e",
    ]

    @Test(
        "Replies look the same",
        arguments: commands) func repliesLookTheSame(_ command: String) throws
    {
        let compared = try Self.started.get()
        let words = try Tokenizer.words(Array(command.utf8))
        for options in Self.options {
            try compared.expectSame(options.split(separator: " ").map { ByteString(String($0)) }, words)
        }
    }

    @Test(
        "Long replies are printed the same way",
        arguments: ["", "--no-raw", "--csv", "--json", "--quoted-json", "--raw -d , -D |", "-3 --json"])
    func longRepliesArePrintedTheSameWay(_ options: String) throws {
        let options = options.split(separator: " ").map { ByteString(String($0)) }
        let compared = try Self.startedWithLongValues.get()
        for words in [["LRANGE", "list", "0", "-1"], ["XRANGE", "stream", "-", "+"]] as [[ByteString]] {
            try compared.expectSame(options, words)
        }
    }

    @Test("FAKETTY works the same way") func fakettyWorksTheSameWay() throws {
        for command in Self.commands {
            let words = try Tokenizer.words(Array(command.utf8))
            for options in [[], ["--json"]] as [[ByteString]] {
                try Self.started.get().expectSame(options, words, environment: ["FAKETTY": "1", "LC_ALL": "C"])
            }
        }
    }

    /// Lines as they may appear in a file. None ends in a backslash, which only slotline takes as a continuation.
    static let lines = [
        "ECHO a", "ECHO \"a b\"", "ECHO 'a b'", "ECHO a\\nb", "ECHO \"a\\nb\\r\\t\\a\\b\\\\\\\"\\x41\\x0a\\xg1\\q\"",
        "ECHO 'a\\nb\\'c'", "ECHO \"\"", "ECHO ''", "ECHO foo\"bar baz\"", "ECHO foo'bar baz'", "ECHO \"foo\"bar",
        "ECHO 'foo'bar", "ECHO \"a\"\"b\"", "ECHO \"open", "ECHO 'open", "ECHO 'a\\\\'", "\tECHO\ta\t", "  ECHO   a  ",
        "ECHO a\r", "ECHO \"a\r\"", "", "   ", "\u{b}ECHO \u{c}a", "ECHO a\u{b}b", "\"ECHO\" a", "'ECHO' a", "ECHO a b",
        "ECHO", "3 ECHO a", "0 ECHO a", "-1 ECHO a", "2 2 ECHO a", "3", "GET none", "LPUSH string x",
        "LRANGE list 0 -1", "MULTI", "SET tx 1", "EXEC", "DISCARD", "ECHO h\u{e9}", "ECHO \"h\u{e9}\"", "echo a",
        "eCHo a", "HGETALL hash", "EVAL 'return {1,{2}}' 0", "ECHO a\\ b", "ECHO \"\\\"\"", "ECHO '\"'", "ECHO \"'\"",
        "SELECT 1", "DBSIZE", "SELECT 0", "nosuch", "PING PONG PANG",
        ":set nosuch", ":nosuch", ":set",
    ]

    @Test(
        "A line is read the same way",
        arguments: lines) func aLineIsReadTheSameWay(_ line: String) throws
    {
        try Self.started.get().expectSame([], [], input: line + "\n")
        try Self.started.get().expectSame([], [], input: line)
    }

    @Test(
        "Files are read the same way",
        arguments: ["", "--no-raw", "--csv", "-D | -d ,", "-3"])
    func filesAreReadTheSameWay(_ options: String) throws {
        let options = options.split(separator: " ").map { ByteString(String($0)) }
        try Self.started.get().expectSame(options, [], input: Self.lines.joined(separator: "\n"))
    }

    @Test("Quoted input is read the same way") func quotedInputIsReadTheSameWay() throws {
        let compared = try Self.started.get()
        for word in ["\"\\x00\\xff\"", "'a b'", "plain", "\"\\\"\"", "\"open", "a\"b c\"", "\"\"", "\"a\"b", "a b"] {
            try compared.expectSame(["--quoted-input"], ["ECHO", ByteString(word)])
        }
    }

    /// Nested RESP3 replies that no command gives: every byte in strings, nested and empty aggregates. There are no big
    /// numbers and bulk errors, which end redis-cli, and no pushes, which it takes for messages.
    @Test(
        "Random replies look the same",
        arguments: ["--no-raw", "--raw", "--csv", "--json", "--quoted-json", "--raw -d <>"])
    func randomRepliesLookTheSame(_ options: String) throws {
        let compared = try Self.started.get()
        let kinds = RandomValue.kinds.filter { ![.bigNumber, .error, .push].contains($0) }
        let node = try ScriptedNode()
        let options = options.split(separator: " ").map { ByteString(String($0)) }
        let arguments = ["-3", "-p", ByteString("\(node.port)")] + options + ["GET", "k"]
        for seed in 0..<25 {
            var random = SeededRandom(seed: UInt64(seed))
            let value = RandomValue.make(of: kinds, depth: 4, using: &random)
            // redis-cli does not escape JSON names that are made of aggregates.
            if value.hasAggregateKeys, arguments.contains("--json") { continue }
            node.answer { $0.text == "HELLO 3" ? .value(.map([.bulk("proto"), .integer(3)])) : .value(value) }
            let own = try Slotline.run(arguments, program: compared.link)
            let stock = try Subprocess.run("redis-cli", arguments, environment: Slotline.environment())
            compared.expectSame(own, stock, arguments, "seed \(seed)")
        }
    }

    @Test("Repetition and standard input work the same way") func repetitionAndStandardInputWorkTheSameWay() throws {
        let compared = try Self.started.get()
        for options in [["-r", "3"], ["-r", "0"], ["-r", "2", "--csv"], ["-e", "-r", "2"]] {
            try compared.expectSame(options.map { ByteString($0) }, ["ECHO", "a"])
            try compared.expectSame(options.map { ByteString($0) }, ["LPUSH", "string", "a"])
        }
        for input in ["text", "text\n", "", "a\"b\n\n"] {
            try compared.expectSame(["-x"], ["ECHO"], input: input)
            try compared.expectSame(["-X", "tag"], ["ECHO", "tag"], input: input)
        }
        try compared.expectSame(["-X", "tag"], ["ECHO", "other"], input: "a")
        try compared.expectSame(["--nosuch"], ["ECHO", "a"])
        try compared.expectSame(["-n", "3"], ["DBSIZE"])
        try compared.expectSame(["-a", "nopassword", "--no-auth-warning"], ["PING"])
    }
}

extension RESPValue {
    fileprivate var hasAggregateKeys: Bool {
        kind == .map && pairs.contains { $0.key.kind.isAggregate } || elements.contains(where: \.hasAggregateKeys)
    }
}

extension Subprocess.Result {
    /// True for one JSON value of valid UTF-8. A byte that was not valid is half of a surrogate pair, which RFC 8259
    /// allows and Foundation does not read.
    fileprivate var isValidJSON: Bool {
        guard let text = String(validating: output, as: UTF8.self) else { return false }
        return (try? JSON(text.replacing("\\udc", with: "\\u00"))) != nil
    }
}
