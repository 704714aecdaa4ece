import Commands
import Options
import Presentation
import RESP
import Routing
import Testing

@Suite("Command line")
struct OptionParserTests {
    @Test("No options mean the local server, and commands from stdin")
    func defaults() throws {
        let configuration = try parse()
        #expect(configuration.seeds == [NodeAddress(host: "127.0.0.1", port: 6379)])
        #expect(configuration.mode == .command)
        #expect(configuration.command.isEmpty)
        #expect(configuration.repeatCount == 1)
        #expect(configuration.connectTimeout == 2)
        #expect(configuration.retryTime == 30)
        #expect(configuration.format == nil)
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.dialect == .slotline)
        #expect(configuration.routesCommands)
    }

    // MARK: Where options end

    @Test(
        "After the first word that is not an option, every byte is passed on",
        arguments: [
            ["SET", "k", "-5"], ["ECHO", "-r"], ["GET", "--help"], ["EVAL", "return 1", "0", "--", "-c"], ["", "-x"],
            ["@all", "GET", "-x"],
        ] as [[ByteString]])
    func commandIsVerbatim(words: [ByteString]) throws {
        #expect(try parse(["--raw"] + words).command == words)
    }

    @Test("Words and values need not be UTF-8")
    func bytesSurvive() throws {
        let bytes = ByteString([0xff, 0xfe, 0x80, 0x3d, 0xc3])
        let configuration = try parse(["-a", bytes, "-d", bytes, "SET", "k", bytes])
        #expect(configuration.password == bytes)
        #expect(configuration.elementDelimiter == bytes)
        #expect(configuration.command == ["SET", "k", bytes])
    }

    @Test("A value may begin with a dash")
    func valueWithDash() throws {
        #expect(try parse(["-a", "-secret", "PING"]).password == "-secret")
        #expect(try parse(["-r", "-1", "PING"]).repeatCount == nil)
        #expect(try parse(["-d", "--raw", "PING"]).elementDelimiter == "--raw")
    }

    @Test("A long option also takes its value after '=', up to the end of the word")
    func inlineValue() throws {
        #expect(try parse(["--pass=a=b", "PING"]).password == "a=b")
        #expect(try parse(["--user=", "-a", "x", "PING"]).user == "")
        #expect(try parse(["--retry-for=2.5"]).retryTime == 2.5)
    }

    @Test("The last of several values counts")
    func lastWins() throws {
        #expect(try parse(["--raw", "--csv", "--no-raw"]).format == .terminal)
        #expect(try parse(["-n", "1", "-n", "2"]).database == 2)
        #expect(try parse(["--aggregate", "--no-aggregate"]).aggregation == .never)
    }

    @Test("A load waits for replies without limit, but in place of redis-cli only as long as redis-cli")
    func replyTimeout() throws {
        func timeout(_ words: [ByteString], as program: ByteString = "slotline") throws -> Double? {
            guard case .load(let load) = try parse(as: program, words).mode else { return nil }
            return load.replyTimeout
        }
        #expect(try timeout(["--pipe"]) == nil)
        #expect(try timeout(["--pipe-timeout", "2.5", "--pipe"]) == 2.5)
        #expect(try timeout(["--pipe"], as: "redis-cli") == 30)
        #expect(try timeout(["--pipe", "--pipe-timeout", "0"], as: "redis-cli") == 1_000_000)
    }

    @Test("Replies have 30 seconds in files and scripts, and any time at the prompt and in place of redis-cli")
    func patience() throws {
        let rows: [(words: [ByteString], program: ByteString, file: Double?, prompt: Double?)] = [
            ([], "slotline", 30, nil), ([], "redis-cli", nil, nil), (["--reply-timeout", "5"], "slotline", 5, 5),
            (["--reply-timeout", "5"], "redis-cli", 5, 5),
            (["--reply-timeout", "0"], "slotline", 1_000_000, 1_000_000),
        ]
        for row in rows {
            let configuration = try parse(as: row.program, row.words)
            #expect(configuration.replyTimeout(isAtPrompt: false) == row.file, "\(row)")
            #expect(configuration.replyTimeout(isAtPrompt: true) == row.prompt, "\(row)")
        }
    }

    @Test("--recover is a mode, and --key-prefix names its keys")
    func recovery() throws {
        let configuration = try parse(["--key-prefix", "app:tmp:", "--recover"])
        #expect(configuration.mode == .recover && configuration.keyPrefix == "app:tmp:")
        #expect(try parse(["PING"]).keyPrefix == "slotline:")
    }

    // MARK: Help and version

    @Test(
        "Help, version and completions are shown whatever else is given",
        arguments: [
            (["-h"], .help(nil)), (["-p", "7000", "-h"], .help(nil)), (["--help", "--nonsense"], .help(nil)),
            (["--help=TLS"], .help(.encryption)), (["-v", "x"], .version),
            (["--version"], .version), (["--completions", "zsh"], .completions(.zsh)),
            (["--completions=bash"], .completions(.bash)),
        ] as [([ByteString], Configuration.Mode)])
    func information(words: [ByteString], mode: Configuration.Mode) throws {
        #expect(try parse(words).mode == mode)
    }

    @Test("-h followed by a word is the host")
    func host() throws {
        #expect(try parse(["-h", "db1"]).seeds == [NodeAddress(host: "db1", port: 6379)])
    }

    // MARK: Seeds

    @Test(
        "-h and -p name one seed, -u adds more",
        arguments: [
            (["-h", "a", "-p", "7000"], ["a:7000"]),
            (["-p", "7000"], ["127.0.0.1:7000"]),
            (["-u", "redis://a:7000,b:7001"], ["a:7000", "b:7001"]),
            (["-u", "redis://a", "-u", "valkey://b:7001"], ["a:6379", "b:7001"]),
            (["-u", "redis://b:7001", "-h", "a"], ["a:6379", "b:7001"]),
            (["-u", "redis://a,b:7001", "-p", "7000"], ["a:7000", "b:7001"]),
            (["-u", "redis://[::1]:7000"], ["[::1]:7000"]),
            (["-h", "a", "-s", "/tmp/redis.sock"], ["/tmp/redis.sock"]),
        ] as [([ByteString], [String])])
    func seeds(words: [ByteString], expected: [String]) throws {
        #expect(try parse(words).seeds.map(\.description) == expected)
    }

    @Test(
        "For a drop-in, the last of -h, -p and -u counts",
        arguments: [
            (["-h", "a", "-u", "redis://b:7001"], "b:7001"),
            (["-u", "redis://b:7001", "-h", "a"], "a:7001"),
            (["-u", "redis://b:7001", "-p", "7000"], "b:7000"),
            (["-u", "redis://a:7000", "-u", "redis://b:7001"], "b:7001"),
        ] as [([ByteString], String)])
    func dropInSeed(words: [ByteString], expected: String) throws {
        #expect(try parse(as: "redis-cli", words).seeds.map(\.description) == [expected])
    }

    @Test("A URI gives user, password and database, which later options change")
    func uriCredentials() throws {
        let configuration = try parse(["-u", "redis://bob:p%40ss@a:7000/3", "PING"])
        #expect(configuration.user == "bob")
        #expect(configuration.password == "p@ss")
        #expect(configuration.database == 3)
        #expect(try parse(["-u", "redis://a/3", "-n", "4"]).database == 4)
    }

    // MARK: Passwords

    @Test("REDISCLI_AUTH is the password when no option gives one")
    func environmentPassword() throws {
        let environment: [String: ByteString] = ["REDISCLI_AUTH": "secret"]
        let fromEnvironment = try parse([], environment: environment, profiles: "")
        #expect(fromEnvironment.password == "secret")
        #expect(fromEnvironment.warnings.isEmpty)
        let fromOption = try parse(["-a", "x"], environment: environment, profiles: "")
        #expect(fromOption.password == "x")
    }

    @Test(
        "A password on the command line gets a warning",
        arguments: [
            (["-a", "x"], true), (["--pass=x"], true), (["-u", "redis://x@a"], true), (["-u", "redis://a"], false),
            (["--no-auth-warning", "-a", "x"], false), (["--askpass"], false),
        ] as [([ByteString], Bool)])
    func passwordWarning(words: [ByteString], isWarned: Bool) throws {
        #expect(try parse(words).warnings.contains(.visiblePassword) == isWarned)
    }

    @Test(
        "A type that is nearly one of Redis gets a warning; one of a module may have any name",
        arguments: [
            ("lst", ["list"]), ("strings", ["string"]), ("set", nil), ("ZSET", nil), ("ReJSON-RL", nil),
            ("vectorset", nil),
        ] as [(ByteString, [String]?)])
    func typeWarning(type: ByteString, near: [String]?) throws {
        let expected = near.map { [OptionWarning.unknownType(type, near: $0)] } ?? []
        #expect(try parse(["--scan", "--type", type]).warnings == expected)
    }

    // MARK: Input

    @Test("--quoted-input reads every word of the command as one quoted string")
    func quotedInput() throws {
        #expect(try parse(["--quoted-input", "GET", "\"a\\x00\"", "'b c'"]).command == ["GET", "a\0", "b c"])
        for word in ["a b", "\"open", ""] as [ByteString] {
            #expect(throws: OptionError.badQuoting(option: "--quoted-input")) {
                try parse(["--quoted-input", "GET", word])
            }
        }
    }

    @Test("-x and -X say what stdin is for")
    func standardInput() throws {
        #expect(try parse(["-x", "SET", "k"]).standardInput == .lastArgument)
        #expect(try parse(["-X", "TAG", "SET", "k", "TAG"]).standardInput == .argument(tag: "TAG"))
    }

    // MARK: Modes

    @Test("--scan collects its own options, in any order")
    func scan() throws {
        let configuration = try parse(["--type", "hash", "--count=50", "--scan", "--quoted-pattern", "\"a\\x00*\""])
        #expect(configuration.mode == .scan)
        #expect(configuration.scan.pattern == "a\0*")
        #expect(configuration.scan.type == "hash")
        #expect(configuration.scan.count == 50)
    }

    @Test(
        "Every measuring mode has an option",
        arguments: [
            (["--stat"], .statistics), (["--latency"], .latency(.summary)), (["--latency-history"], .latency(.history)),
            (["--latency-dist", "--mono"], .latency(.spectrum(isMonochrome: true))),
            (["--intrinsic-latency", "3"], .intrinsicLatency(seconds: 3)),
            (["--bigkeys", "--pattern", "a*"], .bigKeys), (["--memkeys"], .memoryKeys(samples: 0)),
            (["--memkeys-samples", "5"], .memoryKeys(samples: 5)),
            (["--memkeys-samples", "5", "--memkeys"], .memoryKeys(samples: 5)), (["--hotkeys"], .hotKeys(count: 16)),
            (["--hotkeys-count", "3"], .hotKeys(count: 3)),
            (["--keystats"], .keyStatistics(KeyStatistics())),
            (
                ["--top", "3", "--cursor", "18446744073709551615", "--keystats-samples", "2"],
                .keyStatistics(KeyStatistics(samples: 2, top: 3, cursor: .max))
            ),
            (["--lru-test", "100"], .lruTest(keys: 100)), (["--rdb", "f"], .snapshot(file: "f", functionsOnly: false)),
            (["--functions-rdb", "-"], .snapshot(file: "-", functionsOnly: true)), (["--replica"], .replica),
            (["--slave"], .replica),
        ] as [([ByteString], Tool)])
    func tools(arguments: [ByteString], tool: Tool) throws {
        #expect(try parse(arguments).mode == .tool(tool))
    }

    @Test("--ldb debugs the script of --eval")
    func scriptDebugger() throws {
        let configuration = try parse(["--ldb", "--eval", "s.lua", "k", ",", "a"])
        #expect(configuration.mode == .tool(.scriptDebugger(file: "s.lua", isSynchronous: false)))
        #expect(configuration.command == ["k", ",", "a"])
    }

    @Test("In place of redis-cli, the first of several modes in its order counts, and words after it do not matter")
    func severalModes() throws {
        for options: [ByteString] in [["--pipe", "--bigkeys"], ["--scan", "--pipe", "PING"], ["--pipe", "--stat"]] {
            guard case .load = try parse(as: "redis-cli", options).mode else {
                Issue.record("\(options)")
                continue
            }
        }
        #expect(
            try parse(as: "redis-cli", ["--pipe", "--rdb", "-"]).mode
                == .tool(.snapshot(file: "-", functionsOnly: false)))
        for options: [ByteString] in [["--rdb", "a", "--functions-rdb", "b"], ["--functions-rdb", "b", "--rdb", "a"]] {
            #expect(throws: OptionError.mutuallyExclusive("\(options[0].text)", "\(options[2].text)")) {
                try parse(as: "redis-cli", options)
            }
        }
        #expect(try parse(as: "redis-cli", ["--scan", "--eval", "f"]).mode == .scan)
        #expect(try parse(as: "redis-cli", ["--latency", "--latency-history"]).mode == .tool(.latency(.history)))
        #expect(try parse(as: "redis-cli", ["--scan", "foo"]).mode == .scan)
        let load = try parse(as: "redis-cli", ["-i", "1", "--pipe", "INCR", "k"])
        #expect(load.command.isEmpty && load.interval == 0)
    }

    @Test("--eval takes a file and leaves keys and arguments as they are")
    func eval() throws {
        let configuration = try parse(["--eval", "s.lua", "-c", "k1", ",", "a1"])
        #expect(configuration.mode == .eval(file: "s.lua"))
        #expect(configuration.command == ["k1", ",", "a1"])
    }

    @Test("A playground has 3x1 nodes unless --shape says otherwise, and goes with a command")
    func playground() throws {
        #expect(try parse(["--playground", "PING"]).playground == .standard)
        let shape = try #require(try parse(["--playground", "--shape", "5x2"]).playground)
        #expect(shape.masters == 5)
        #expect(shape.replicasPerMaster == 2)
        #expect(try parse(["PING"]).playground == nil)
    }

    @Test("--unblock takes names in any case, together or one after another")
    func unblock() throws {
        let configuration = try parse(["--unblock", "watch,Script Kill", "--unblock=bitop", "PING"])
        #expect(configuration.unblocked == ["WATCH", "SCRIPT KILL", "BITOP"])
    }

    @Test("An invalid value of --show-pushes only gets a warning")
    func showPushes() throws {
        #expect(try parse(["--show-pushes", "Yes"]).showsPushes == true)
        #expect(try parse(["--show-pushes=n"]).showsPushes == false)
        let configuration = try parse(["--show-pushes", "maybe", "PING"])
        #expect(configuration.showsPushes == nil)
        #expect(
            configuration.warnings.map(\.message) == ["Unknown --show-pushes value 'maybe' (valid: '[y]es', '[n]o')"])
    }

    @Test("A timeout of 0 means no timeout")
    func noTimeout() throws {
        #expect(try parse(["-t", "0"]).connectTimeout > 86_400)
        #expect(try parse(["-t", "0.5"]).connectTimeout == 0.5)
    }

    // MARK: Drop-in

    @Test(
        "The name that the program is called by determines its dialect",
        arguments: [
            ("redis-cli", .redisCLI), ("/usr/bin/redis-cli", .redisCLI), ("./valkey-cli", .valkeyCLI),
            ("slotline", .slotline), ("/opt/redis-cli/slotline", .slotline), ("my-slotline", .slotline),
        ] as [(ByteString, Dialect)])
    func dialect(program: ByteString, dialect: Dialect) throws {
        #expect(try parse(as: program, ["PING"]).dialect == dialect)
        #expect(Configuration.dialect(ofProgram: program) == dialect)
    }

    @Test("A drop-in routes only with -c, and stays silent with --verbose")
    func dropInRouting() throws {
        #expect(try !parse(as: "redis-cli", ["PING"]).routesCommands)
        #expect(try parse(as: "redis-cli", ["-c", "PING"]).routesCommands)
        #expect(try !parse(as: "redis-cli", ["--verbose", "PING"]).isVerbose)
        #expect(try parse(["--verbose", "PING"]).isVerbose)
    }

    @Test("--version begins with that of the tool it stands in for")
    func version() {
        #expect(UsageText.version(in: .redisCLI, libraries: []).hasPrefix("redis-cli 7.0.15 (slotline "))
        #expect(UsageText.version(in: .valkeyCLI, libraries: []).hasPrefix("valkey-cli 8.0.1 (slotline "))
        let lines = UsageText.version(in: .slotline, libraries: ["OpenSSL 3", "libedit 3"]).split(separator: "\n")
        #expect(lines.first == "slotline \(UsageText.versionNumber)")
        #expect(lines.last == "libraries: OpenSSL 3, libedit 3")
    }

    @Test(
        "A drop-in ignores options without effect",
        arguments: [["--pattern", "x", "PING"], ["--user", "bob", "PING"], ["-x"], ["--scan", "foo"]]
            as [[ByteString]])
    func dropInIsLax(words: [ByteString]) throws {
        _ = try parse(as: "redis-cli", words)
        #expect(throws: OptionError.self) { try parse(words) }
    }
}

func parse(as program: ByteString = "slotline", _ words: [ByteString] = []) throws(OptionError) -> Configuration {
    try parse(as: program, words, environment: [:], profiles: "")
}

/// - Parameter profiles: the text of the profiles file.
func parse(
    as program: ByteString = "slotline", _ words: [ByteString], environment: [String: ByteString], profiles: String,
    isExposed: Bool = false
) throws(OptionError) -> Configuration {
    try Configuration.parse(arguments: [program] + words, environment: { environment["\($0)"] }) {
        () throws(OptionError) in
        try ProfileFile(path: "config", Array(profiles.utf8), isExposed: isExposed)
    }
}
