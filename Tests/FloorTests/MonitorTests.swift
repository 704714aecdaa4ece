import Commands
import Presentation
import RESP
import Testing

/// Lines of MONITOR, and choosing among them.
struct MonitorTests {
    private static func line(_ command: String, client: String = "127.0.0.1:1") -> MonitorLine? {
        MonitorLine(ByteString("1700000000.000001 [0 \(client)] \(command)"))
    }

    @Test("A line is parsed, whatever the client is called")
    func parts() throws {
        for client in ["127.0.0.1:60866", "[::1]:6379", "lua", "unix:/tmp/a socket"] {
            let line = try #require(Self.line(#""set" "a\"b" "\x00] \"c""#, client: client))
            #expect(line.client == ByteString(client))
            #expect(line.head == ByteString("1700000000.000001 [0 \(client)]"))
            #expect(line.arguments == ["set", "a\"b", "\u{0}] \"c"])
            #expect(line.keys == ["a\"b"])
            #expect(line.name == "SET")
        }
        #expect(Self.line(#""config" "get" "x""#)?.name == "CONFIG GET")
        for text in ["OK", "", "[", "1 [0 a] get", "1 0 a] \"get\"", #"1 [0 a] "get"#] {
            #expect(MonitorLine(ByteString(text)) == nil)
        }
    }

    @Test("A line that may show a password is recognized")
    func secrets() {
        for command in [#""auth" "x""#, #""HELLO" "3" "AUTH" "u" "x""#, #""config" "set" "requirepass" "x""#] {
            #expect(Self.line(command)?.isSecret == true)
        }
        for command in [#""get" "auth""#, #""hello" "3""#, #""config" "get" "requirepass""#] {
            #expect(Self.line(command)?.isSecret == false)
        }
    }

    @Test("Commands and keys are chosen by name and pattern")
    func filter() throws {
        let filter = try MonitorFilter([
            "--match", "user:*", "--command", "get,config set,Mget", "--limit", "3", "--for", "1.5", "--user", "joe",
        ])
        #expect(filter.user == "joe")
        #expect(filter.limit == 3)
        #expect(filter.seconds == 1.5)
        for (command, isShown) in [
            (#""get" "user:1""#, true), (#""GET" "users""#, false), (#""set" "user:1" "x""#, false),
            (#""mget" "a" "user:2""#, true), (#""config" "set" "user:x" "y""#, false),
        ] {
            #expect(filter.accepts(try #require(Self.line(command))) == isShown)
        }
        let all = try MonitorFilter([])
        #expect(all.accepts(try #require(Self.line(#""ping""#))))
    }

    @Test(
        "An invalid word is named, and what expects another",
        arguments: [
            (["--limit"], "--limit expects a number of lines above 0."),
            (["--limit", "0"], "--limit expects a number of lines above 0, not \"0\"."),
            (["--summary", "--limit", "x"], "--limit expects a number of lines above 0, not \"x\"."),
            (["--for", "-1"], "--for expects a number of seconds above 0, not \"-1\"."),
            (["--match"], "--match expects a pattern."),
            (["--command"], "--command expects command names, separated by commas."),
            (["--user"], "--user expects a user name."),
            (["--foo"], "MONITOR expects \(MonitorFilter.syntax), not \"--foo\"."),
        ])
    func badWords(words: [String], message: String) throws {
        let error = try #require(throws: MonitorFilter.BadWord.self) { try MonitorFilter(words.map { ByteString($0) }) }
        let shown = CLIError.badValue(of: error.name, value: error.word, wanted: error.wanted).message(in: .slotline)
        #expect(shown.replacing("\n", with: " ") == message)
    }

    @Test("A pattern may match keys that begin with a prefix")
    func prefixes() {
        let prefix = ByteString("__key")
        for pattern in [
            "*", "_*", "__*", "__key*", "__key", "__keyspace@0__:{a}*", "__???", "[_]_k*", "_[^a][a-z]e?x", "**",
        ] {
            #expect(prefix.mayBegin(glob: ByteString(pattern)), "\(pattern)")
        }
        for pattern in ["", "_", "__ke", "a*", "__kez*", "_\\*", "[^_]*", "__ke[a-x]"] {
            #expect(!prefix.mayBegin(glob: ByteString(pattern)), "\(pattern)")
        }
    }

    @Test("Patterns match as in KEYS")
    func patterns() {
        for (pattern, matching, others) in [
            ("*", ["", "a", "a\nb"], []), ("a*c", ["ac", "abc", "acc"], ["a", "acb"]), ("?", ["a"], ["", "ab"]),
            ("h[ae]llo", ["hallo", "hello"], ["hillo"]), ("h[^e]llo", ["hallo"], ["hello"]),
            ("h[a-b]llo", ["hallo", "hbllo"], ["hcllo"]), (#"a\*"#, ["a*"], ["ab"]), (#"[\]]"#, ["]"], [#"\"#]),
            ("**a**b", ["ab", "xaxb"], ["ba"]), ("", [""], ["a"]),
            ("a*b*c", ["abc", "a12b34c", "abbcbc"], ["acb", "abcd"]),
        ] as [(String, [String], [String])] {
            for text in matching { #expect(ByteString(text).matches(glob: ByteString(pattern)), "\(pattern) \(text)") }
            for text in others { #expect(!ByteString(text).matches(glob: ByteString(pattern)), "\(pattern) \(text)") }
        }
    }

    @Test("Lines are counted by command, kind of key and client")
    func report() throws {
        var report = TrafficReport()
        for number in 0..<30 { report.add(try #require(Self.line("\"get\" \"user:\(number):name\""))) }
        for number in 0..<10 {
            report.add(try #require(Self.line("\"set\" \"k\" \"1\"", client: "10.0.0.\(number):1")))
        }
        let rows = report.table(seconds: 10).rows
        #expect(rows[0] == ["all", "40", "4.0", ""])
        #expect(rows.contains(["command", "30", "3.0", "GET"]))
        #expect(rows.contains(["keys", "30", "3.0", "user:*:name"]))
        #expect(rows.contains(["keys", "10", "1.0", "k"]))
        #expect(rows.contains(["client", "30", "3.0", "127.0.0.1:1"]))
        #expect(rows.count { $0[0] == "client" } == 10)
    }
}
