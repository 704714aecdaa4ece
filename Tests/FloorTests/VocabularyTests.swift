import Commands
import Presentation
import RESP
import Testing

/// What is offered and explained: the server's commands in its own words, and the table's where it has none.
struct VocabularyTests {
    private static func map(_ pairs: [(String, RESPValue)]) -> RESPValue {
        .map(pairs.flatMap { [RESPValue.bulk(ByteString($0)), $1] })
    }

    private static func argument(
        _ name: String, _ type: String, token: String? = nil, flags: [String] = [], _ parts: [RESPValue] = []
    ) -> RESPValue {
        var pairs: [(String, RESPValue)] = [("name", .bulk(ByteString(name))), ("type", .bulk(ByteString(type)))]
        if let token { pairs.append(("token", .bulk(ByteString(token)))) }
        if !flags.isEmpty { pairs.append(("flags", .array(flags.map { RESPValue.status($0) }))) }
        if !parts.isEmpty { pairs.append(("arguments", .array(parts))) }
        return map(pairs)
    }

    private static let key = argument("key", "key")
    private static let expiry = argument(
        "expiry", "oneof", flags: ["optional"],
        [argument("seconds", "integer", token: "EX"), argument("keep", "pure-token", token: "KEEPTTL")])

    /// A server with three commands and a container: one command that the table lacks, one with an option that only it
    /// has, one of a module without documentation.
    private static let docs = CommandDocs(
        map([
            (
                "mod.new",
                map([
                    ("summary", .bulk("New.")), ("group", .bulk("module")),
                    ("arguments", .array([key, argument("count", "integer", token: "COUNT", flags: ["optional"])])),
                ])
            ),
            ("get", map([("group", .bulk("string")), ("arguments", .array([key, expiry]))])),
            ("vcard", map([("group", .bulk("module")), ("module", .bulk("vectorset"))])),
            ("debug", map([("group", .bulk("server"))])),
            (
                "config",
                map([
                    (
                        "subcommands",
                        map([("config|get", map([("arguments", .array([argument("parameter", "string")]))]))])
                    )
                ])
            ),
        ]))

    private static func words(_ line: String) -> [ByteString] {
        line.split(separator: " ").map { ByteString(String($0)) }
    }

    @Test(
        "The server's syntax is read into the form of the table's",
        arguments: [
            ([argument("a", "string"), argument("b", "integer", flags: ["multiple"])], "a b [b ...]"),
            (
                [
                    argument(
                        "where", "oneof",
                        [
                            argument("l", "pure-token", token: "LEFT"),
                            argument("r", "pure-token", token: "RIGHT"),
                        ])
                ], "LEFT|RIGHT"
            ),
            ([expiry], "[EX seconds|KEEPTTL]"),
            (
                [
                    argument(
                        "data", "block", flags: ["multiple"],
                        [argument("field", "string"), argument("value", "string")])
                ],
                "field value [field value ...]"
            ),
            (
                [argument("pattern", "pattern", token: "GET", flags: ["optional", "multiple", "multiple_token"])],
                "[GET pattern [GET pattern ...]]"
            ),
            (
                [argument("weight", "integer", token: "WEIGHTS", flags: ["optional", "multiple"])],
                "[WEIGHTS weight [weight ...]]"
            ),
            (
                [
                    argument(
                        "source", "oneof",
                        [
                            argument("m", "string", token: "FROMMEMBER"),
                            argument(
                                "at", "block", token: "FROMLONLAT", [argument("x", "double"), argument("y", "double")]),
                        ])
                ],
                "<FROMMEMBER m|FROMLONLAT x y>"
            ),
            ([argument("key", "oneof", [key, argument("empty", "pure-token", token: "")])], "key|\"\""),
        ] as [([RESPValue], String)])
    func syntax(arguments: [RESPValue], text: String) throws {
        let docs = CommandDocs(Self.map([("x", Self.map([("arguments", .array(arguments))]))]))
        #expect(try #require(Vocabulary(docs).entry(for: ["x"])).syntax.text == text)
    }

    @Test(
        "A command is described in the server's words, and one that it lacks is not offered",
        arguments: [
            ("mod.new", "key [COUNT count]"), ("get", "key [EX seconds|KEEPTTL]"), ("VCARD", "key"),
            ("config get", "parameter"), ("config set a b", ""), ("set", nil), ("debug object", "key [FAST]"),
            ("scan_iter", "[MATCH pattern] [COUNT count] [TYPE type]"), ("nosuchword", nil),
        ] as [(String, String?)])
    func entries(line: String, syntax: String?) {
        let entry = Vocabulary(Self.docs).entry(for: Self.words(line))
        #expect(entry?.syntax.text == syntax)
    }

    @Test("What a module brings is a group of the module's name, and one of all modules")
    func modules() {
        let vocabulary = Vocabulary(Self.docs)
        #expect(vocabulary.entry(for: ["vcard"])?.group == "vectorset")
        #expect(vocabulary.entries(about: ["@vectorset"]).map(\.name) == ["VCARD"])
        #expect(vocabulary.entries(about: ["@module"]).map(\.name) == ["VCARD", "MOD.NEW"])
        #expect(vocabulary.entry(for: ["mod.new"])?.group == "module")
    }

    @Test("Words are the server's and slotline's own") func wordsAreTheServersAndSlotlinesOwn() {
        let vocabulary = Vocabulary(Self.docs)
        #expect(
            vocabulary.firstWords == [
                "CONFIG", "DEBUG", "GET", "MOD.NEW", "VCARD", "SCAN_ITER", "HSCAN_ITER", "SSCAN_ITER", "ZSCAN_ITER",
            ])
        #expect(vocabulary.subcommands(of: "config") == ["GET"])
        #expect(vocabulary.groups == ["string", "server", "module", "slotline", "vectorset"])
        #expect(Vocabulary().groups.contains("array"))
        #expect(vocabulary.subcommands(of: "debug").contains("OBJECT"))
        #expect(vocabulary.subcommands(of: "client") == [])
    }

    @Test("Suggestions are the server's commands")
    func suggestions() {
        let vocabulary = Vocabulary(Self.docs)
        #expect(vocabulary.suggestions(for: ["gte", "k"]) == ["GET"])
        #expect(vocabulary.suggestions(for: ["hgte", "k"]) == [])
        #expect(vocabulary.suggestions(for: ["config", "gte"]) == ["CONFIG GET"])
        #expect(Vocabulary().suggestions(for: ["hgte", "k"]) == ["HGET"])
        // A name that is both belongs to the shell.
        #expect(Vocabulary().suggestions(for: ["quti"], or: ["quit", "exit"]) == ["quit"])
    }

    @Test("A similar option is suggested")
    func optionSuggestions() {
        let vocabulary = Vocabulary()
        #expect(vocabulary.optionSuggestions(for: ["set", "k", "v", "xe", "10"]) == ["XX", "EX"])
        #expect(vocabulary.optionSuggestions(for: ["zrange", "z", "0", "1", "withscore"]) == ["WITHSCORES"])
        #expect(vocabulary.optionSuggestions(for: ["set", "k", "v", "ex", "10"]) == [])
        #expect(vocabulary.optionSuggestions(for: ["nosuch"]) == [])
        // It is known, but another one excludes it.
        #expect(vocabulary.optionSuggestions(for: ["set", "k", "v", "xx", "nx"]) == [])
    }

    @Test("The usage of a container names its subcommands")
    func containerUsage() {
        let vocabulary = Vocabulary()
        #expect(vocabulary.usage(for: ["slowlog"]) == "SLOWLOG GET | HELP | LEN | RESET")
        #expect(vocabulary.usage(for: ["slowlog", "len", "x"]) == "SLOWLOG LEN")
        #expect(vocabulary.usage(for: ["get"]) == "GET key")
        #expect(vocabulary.usage(for: ["nosuch"]) == nil)
    }

    @Test("If the server may not be asked, the table is used")
    func table() throws {
        for reply in [.error("NOPERM no"), .array([]), .ok, .null] as [RESPValue] {
            #expect(CommandDocs(reply) == nil)
        }
        let vocabulary = Vocabulary()
        #expect(vocabulary.firstWords == CommandTable.firstWords)
        #expect(try #require(vocabulary.entry(for: ["get", "k"])).syntax.text == "key")
        #expect(vocabulary.entry(for: ["mod.new"]) == nil)
    }

    @Test("Before COMMAND DOCS, only the names come from the server")
    func names() throws {
        let reply = RESPValue.array(["get", "config"].map { .array([.bulk($0), .integer(2)]) })
        let vocabulary = Vocabulary(CommandDocs(reply))
        #expect(try #require(vocabulary.entry(for: ["get"])).syntax.text == "key")
        #expect(vocabulary.entry(for: ["set"]) == nil)
        #expect(vocabulary.subcommands(of: "config") == CommandTable.subcommands(of: "config"))
        #expect(vocabulary.entry(for: ["config", "get"])?.name == "CONFIG GET")
    }

    @Test("Help covers commands that the table lacks, and those that the server lacks")
    func help() throws {
        let vocabulary = Vocabulary(Self.docs)
        func text(_ topic: String) -> String {
            vocabulary.entries(about: Self.words(topic)).map { CommandHelp.entry($0) }.joined(separator: "\n")
        }
        #expect(text("mod.new") == "  MOD.NEW key [COUNT count]\n  summary     New.\n  group       module\n")
        #expect(text("set").hasSuffix("  server      does not have this command\n"))
        #expect(text("config").contains("  CONFIG GET parameter\n"))
        let group = vocabulary.entries(about: ["@MODULE"]).map { CommandHelp.line($0) }
        #expect(group == ["  VCARD key\n", "  MOD.NEW key [COUNT count]\n    New.\n"])
        #expect(vocabulary.entries(about: ["@VectorSet"]).map(\.name) == ["VCARD"])
    }
}
