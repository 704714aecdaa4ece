import Commands
import RESP
import Testing

/// The meaning of a line, wherever it comes from.
struct LineTests {
    private static let aliases: [ByteString: [ByteString]] = [
        "x": ["3", "PING"], "twice": ["2", "x"], "everywhere": ["@all"], "look": [":peek"], "get": ["3", "get"],
        "loop": ["pool"], "pool": ["loop"], "group": ["XREADGROUP", "GROUP", "g"], "secret": ["AUTH"],
        "deep": [":watch", "9", "secret"],
    ]

    private func grammar(_ origin: LineGrammar.Origin, dialect: Dialect = .slotline) -> LineGrammar {
        LineGrammar(origin, aliases: origin == .prompt || origin == .file ? Self.aliases : [:], dialect: dialect)
    }

    /// A line in short form: `3 * @all PING > file`, or the error.
    private func text(_ line: String, _ grammar: LineGrammar) -> String {
        do {
            guard let line = try grammar.line(Array(line.utf8)) else { return "nothing" }
            var words: [String]
            switch line.content {
            case .command(let command):
                words = (command.target.map { ["@\($0)"] } ?? []) + command.arguments.map(\.text)
            case .word(let word, let arguments): words = ["[\(word.name)]"] + arguments.map(\.text)
            }
            if line.count != 1 { words = ["\(line.count)", "*"] + words }
            if let format = line.format { words.append("as \(format)") }
            switch line.glued {
            case .format(let word, let suffix): words.append("not \(suffix.text) after \(word.text)")
            case .redirection(let sign, let rest): words.append("not \(sign.text) before \(rest.text)")
            case nil: break
            }
            if let redirection = line.redirection { words.append("\(redirection.kind)<\(redirection.text.text)>") }
            return words.joined(separator: " ")
        } catch {
            return Self.text(error)
        }
    }

    private static func text(_ error: LineError) -> String {
        switch error {
        case .invalid(let error): "\(error)"
        case .invalidCount(let count): "not \(count) times"
        case .invalidTarget(.unknown(let word)), .invalidTarget(.notASlot(let word)): "no target \(word.text)"
        case .secondTarget(let target): "a second target \(target.text)"
        case .targetOfWord(let target, let word): "no \(target.text) for \(word.name)"
        case .commandMissing(let target): "no command behind \(target.text)"
        case .unknownWord(let word): "no word \(word.text)"
        case .unknownFormat(let word, _): "no format \(word.text)"
        case .endingInAlias(let name): "no alias \(name.text)"
        case .wrongArguments(let word): "not so many for \(word.name)"
        }
    }

    @Test(
        "A number, an alias, a target and a shell command are taken off the front",
        arguments: [
            ("", "nothing"), ("  ", "nothing"),
            ("GET a", "GET a"),
            ("3 GET a", "3 * GET a"), ("3", "3"), ("3 4 GET a", "3 * 4 GET a"),
            ("99999999999999999999 PING", "not \(Int.max) times"), ("9223372036854775807 x", "not \(Int.max) times"),
            ("0 PING", "not 0 times"), ("-1 :nosuch", "not -1 times"),
            ("@all PING", "@all PING"), ("3 @all PING", "3 * @all PING"), ("@all 3 PING", "@all 3 PING"),
            ("@all", "no command behind @all"), ("2 @all", "no command behind @all"),
            ("@nobody PING", "no target @nobody"), ("@ PING", "no target @"),
            ("@all @masters PING", "a second target @masters"), ("everywhere @masters x", "a second target @masters"),
            (":nodes", "[:nodes]"), (":NODES", "[:nodes]"), ("2 :nodes", "2 * [:nodes]"),
            // The shell carries its words out itself, wherever they are said to run.
            ("@all :nodes", "no @all for :nodes"), ("@key:k help get", "no @key:k for help"),
            ("@all :watch PING", "no @all for :watch"), ("@all :nosuch", "no word :nosuch"),
            (":nodes now", "not so many for :nodes"), (":nosuch a", "no word :nosuch"),
            ("help GET", "[help] GET"), ("connect a 1", "[connect] a 1"), ("connect a:1", "[connect] a:1"),
            ("connect", "not so many for connect"), ("connect a 1 2", "not so many for connect"),
            ("quit now", "[quit] now"), ("clear", "[clear]"), ("clear all", "not so many for clear"),
            ("restart", "restart"),
            (":watch 2 3 PING", "[:watch] 2 3 PING"),
            // Aliases may begin with anything that a line may.
            ("x", "3 * PING"), ("x a", "3 * PING a"), ("twice", "6 * PING"), ("5 x", "15 * PING"),
            ("everywhere PING", "@all PING"), ("everywhere x", "@all 3 PING"),
            ("@masters look k", "no @masters for :peek"),
            ("look k", "[:peek] k"), ("2 look k", "2 * [:peek] k"),
            ("99999999999 99999999999 x", "99999999999 * 99999999999 x"),
            ("9223372036854775806 x", "\(Int.max) * PING"),
            // Within its own definition, an alias means the word itself.
            ("get a", "3 * get a"), ("loop a", "loop a"), ("GET a", "GET a"),
            ("GET \"a", "openQuote"),
        ])
    func readsTheFront(line: String, text: String) {
        for origin in [LineGrammar.Origin.prompt, .file] { #expect(self.text(line, grammar(origin)) == text) }
    }

    @Test(
        "An alias that is its own name and nothing else is idle, also by way of others",
        arguments: [("x", false), ("get", false), ("loop", true), ("pool", true), ("self", true), ("other", false)])
    func idleAliases(name: String, isIdle: Bool) {
        let aliases = Self.aliases.merging(["self": ["self"], "other": ["self", "a"]]) { $1 }
        #expect(LineGrammar(.prompt, aliases: aliases).isIdle(alias: ByteString(name)) == isIdle)
    }

    @Test(
        "Comments and redirections are for the prompt, where redis-cli has none",
        arguments: [
            ("#", "nothing", "#"), ("# AUTH me", "nothing", "# AUTH me"),
            ("GET a | cat -v", "GET a pipe< cat -v>", "GET a | cat -v"),
            ("2 @all INFO > a", "2 * @all INFO file< a>", "2 * @all INFO > a"),
            ("INFO >> a b", "INFO append< a b>", "INFO >> a b"),
            ("GET \">\" '|' a", "GET > | a", "GET > | a"),
            // A format is separate and at the end; in quotes it is a value.
            ("GET a ;json", "GET a as json", "GET a ;json"),
            ("2 :nodes ;CSV", "2 * [:nodes] as csv", "not so many for :nodes"),
            ("GET a ;json | jq .", "GET a as json pipe< jq .>", "GET a ;json | jq ."),
            ("GET a ;table > b", "GET a as table file< b>", "GET a ;table > b"),
            ("SET a \";json\"", "SET a ;json", "SET a ;json"), ("SET a ';raw'", "SET a ;raw", "SET a ;raw"),
            ("SET a b;json", "SET a b;json not ;json after b", "SET a b;json"),
            ("PING;JSON > f", "PING;JSON not ;JSON after PING file< f>", "PING;JSON > f"),
            ("GET a |cat", "GET a |cat not | before cat", "GET a |cat"),
            ("GET >a b;json", "GET >a b;json not > before a", "GET >a b;json"),
            ("GET a >>b >c", "GET a >>b >c not >> before b", "GET a >>b >c"),
            ("GET a '>b' \"|c\" a|b", "GET a >b |c a|b", "GET a >b |c a|b"),
            (">a b", ">a b", ">a b"), ("GET a || b", "GET a || b", "GET a || b"),
            ("SET a 'b;json'", "SET a b;json", "SET a b;json"), ("SET a b;jsn", "SET a b;jsn", "SET a b;jsn"),
            ("SET ;json b", "SET ;json b", "SET ;json b"),
            ("SET a ;json \";json\"", "SET a ;json ;json", "SET a ;json ;json"),
            ("SET a ;nosuch", "SET a ;nosuch", "SET a ;nosuch"), (";json", ";json", ";json"),
            ("| cat", "| cat", "| cat"),
            (":explain GET a > b", "[:explain] GET a file< b>", "[:explain] GET a > b"),
            ("ECHO XREADGROUP > a", "ECHO XREADGROUP file< a>", "ECHO XREADGROUP > a"),
            // A command for which the sign has a meaning keeps it.
            (
                "2 XREADGROUP g STREAMS s > | cat", "2 * XREADGROUP g STREAMS s > pipe< cat>",
                "2 * XREADGROUP g STREAMS s > | cat"
            ),
            ("@random xreadgroup g >", "@random xreadgroup g >", "@random xreadgroup g >"),
            ("group STREAMS s >", "XREADGROUP GROUP g STREAMS s >", "XREADGROUP GROUP g STREAMS s >"),
            (":watch 2 group >", "[:watch] 2 group >", "[:watch] 2 group >"),
            (":alias a XREADGROUP g >", "[:alias] a XREADGROUP g >", "[:alias] a XREADGROUP g >"),
        ])
    func readsTheEnd(line: String, typed: String, elsewhere: String) {
        #expect(text(line, grammar(.prompt)) == typed)
        #expect(text(line, grammar(.file)) == elsewhere)
        // There are no words with a colon.
        guard !line.contains(":") else { return }
        #expect(text(line, grammar(.prompt, dialect: .redisCLI)) == elsewhere)
    }

    @Test(
        "The words of the command line are data, except the shell's own",
        arguments: [
            ("3 PING", "3 PING", "3 PING"), ("@all PING", "@all PING", "@all PING"),
            ("help GET", "[help] GET", "[help] GET"), ("? GET", "[?] GET", "[?] GET"),
            ("quit", "quit", "quit"), ("exit", "exit", "exit"), ("clear", "clear", "clear"),
            ("connect a 1", "connect a 1", "connect a 1"), ("restart", "restart", "restart"),
            (":nodes", "[:nodes]", ":nodes"), (":peek k", "[:peek] k", ":peek k"),
            (":nosuch", "no word :nosuch", ":nosuch"),
            (":peek", "not so many for :peek", ":peek"),
            ("@all :nodes", "no @all for :nodes", "@all :nodes"), ("@all quit", "@all quit", "@all quit"),
            ("@all", "no command behind @all", ""),
            ("", "nothing", "nothing"),
        ])
    func readsArguments(line: String, own: String, dropIn: String) {
        #expect(text(line, grammar(.arguments)) == own)
        if !dropIn.isEmpty { #expect(text(line, grammar(.arguments, dialect: .redisCLI)) == dropIn) }
    }

    @Test(
        "A load holds only commands for servers",
        arguments: [
            ("3 PING", "3 PING"), ("@all PING", "@all PING"), (":nodes", ":nodes"), ("help", "help"),
            ("@all", "no command behind @all"),
        ])
    func readsLoads(line: String, text: String) {
        #expect(self.text(line, grammar(.load)) == text)
    }

    @Test("In place of redis-cli no word has a colon but :set, wherever it stands")
    func colonWordsInPlaceOfRedisCLI() {
        for origin in [LineGrammar.Origin.prompt, .file] {
            let grammar = grammar(origin, dialect: .redisCLI)
            #expect(text(":set hints", grammar) == "[:set] hints")
            #expect(text(":nodes", grammar) == "no word :nodes")
            #expect(text(":source a", grammar) == "no word :source")
            #expect(text("help get", grammar) == "[help] get")
            #expect(grammar.words.map(\.name) == ["help", "?", "clear", "connect", "quit", "exit", ":set"])
        }
    }

    @Test("In place of redis-cli, restart is known") func inPlaceOfRedisCliRestartIsKnown() {
        #expect(text("restart", grammar(.file, dialect: .redisCLI)) == "[restart]")
        #expect(text("restart now", grammar(.file, dialect: .redisCLI)) == "restart now")
    }

    @Test(
        "A line is open while a quote is, but not in a comment or after a pipe",
        arguments: [
            ("SET a \"b", true), ("SET a 'b\nc", true), ("SET a \"b\"c", false), ("SET a b", false), ("", false),
            ("# it's", false), ("# it's\nSET a 'b", true), ("GET a\n# it's", false), ("GET a | grep don't", false),
            ("GET \"a\"b\nGET 'a", true),
        ])
    func findsOpenLines(text: String, isOpen: Bool) {
        #expect(grammar(.prompt).isOpen(Array(text.utf8)) == isOpen)
    }

    @Test(
        "A text is split into its lines",
        arguments: [
            ("GET a\nGET b", ["GET a", "GET b"]), ("SET a 'b\nc'\n", ["SET a 'b\nc'", ""]),
            ("# it's\nGET a", ["# it's", "GET a"]), ("SET a \"\\\"\n\"\nPING", ["SET a \"\\\"\n\"", "PING"]),
            ("ECHO 'a\\\\'\n b'\n", ["ECHO 'a\\\\'\n b'", ""]), ("#", ["#"]),
        ])
    func splitsTexts(text: String, lines: [ByteString]) {
        #expect(grammar(.prompt).lines(Array(text.utf8)) == lines)
    }

    @Test(
        "A line that may hold a password is recognized even if it would not run",
        arguments: [
            "AUTH hunter2", "2 AUTH hunter2", "2 3 AUTH hunter2", "@all AUTH hunter2", "@all 2 AUTH hunter2",
            "AUTH \"hunter2", "AUTH  hunter2 | grep don't", "# AUTH hunter2", "#AUTH a\nAUTH hunter2",
            ":watch 9 AUTH hunter2", ":alias log AUTH hunter2", ":nosuch AUTH hunter2", "secret hunter2",
            "3 secret hunter2", "deep hunter2", ":watch 2 secret hunter2", ":watch 2 deep hunter2",
            "ECHO a\nCONFIG SET requirepass hunter2", "HELLO 3 AUTH me hunter2", "#AUTH hunter2", "atuh hunter2",
            "2 aut hunter2", "confg set requirepass hunter2", "acl setusr joe >hunter2",
            "conect redis://me:hunter2@host",
            ":source rediss://:hunter2@host", "connect me:hunter2@host", "connect redis://me:hunter2@host 1",
        ])
    func findsSecrets(text: String) {
        #expect(grammar(.prompt).mayHoldSecret(Array(text.utf8)))
    }

    @Test(
        "No other line is kept from the history",
        arguments: [
            "GET AUTH", "# what AUTHor", "SET a redis://host", "SET a me@host", "help auth", "nosuch auth",
            "confg get a",
            ":peek AUTHor", "x", "loop", ": : : : : : : : : : : : : : : : : : : : : : : a",
            "", "GET \"a",
        ])
    func keepsOtherLines(text: String) {
        #expect(!grammar(.prompt).mayHoldSecret(Array(text.utf8)))
    }

    @Test(
        "While a line is typed, it is known what its last word belongs to",
        arguments: [
            ("", "beginning"), ("3 ", "beginning"), ("@all ", "beginning"), ("3 @all ", "beginning"),
            ("everywhere ", "beginning"), ("GET ", "GET"), ("3 @all GET ", "GET"), ("x ", "PING"),
            ("look ", ":peek"), (":watch ", ":watch"), (":watch 2 ", ":watch 2"), (":watch 2 3 GET ", "GET"),
            (":explain @all ", "beginning"), (":explain x ", "PING"), ("GET a > ", "file"), ("GET a | ", "nothing"),
            ("group STREAMS s > ", "XREADGROUP GROUP g STREAMS s >"), ("# GET ", "nothing"), ("GET \"a\"b ", "nothing"),
            ("restart ", "restart"), ("PING\nGET ", "GET"), ("# it's\nGET ", "GET"),
        ])
    func knowsWhatIsTyped(line: String, subject: String) {
        let found: String =
            switch TypedLine(ByteString(line), grammar(.prompt)).subject {
            case .beginning: "beginning"
            case .command(let words): words.map(\.text).joined(separator: " ")
            case .word(let word, let arguments): ([word.name] + arguments.map(\.text)).joined(separator: " ")
            case .file: "file"
            case .nothing: "nothing"
            }
        #expect(found == subject)
    }

    @Test(
        "A shell command is found by a similar name",
        arguments: [
            (":node", [":nodes"]), (":PEAK", [":peek"]), (":explian", [":explain"]), (":nosuch", []), ("node", []),
            (":e", [":edit", ":explain"]), ("?", []), (":quit", ["quit"]), (":EXIT", ["exit"]),
        ] as [(ByteString, [String])])
    func suggestsWords(name: ByteString, words: [String]) {
        #expect(ShellWord.suggestions(for: name) == words)
    }

    @Test(
        "The most similar names are suggested, or those with the same beginning",
        arguments: [
            ("qkeys", ["KEYS", "HKEYS"]), ("rout", ["ROUTING"]), ("hg", ["HGET", "HGETEX", "HGETALL"]),
            ("KEYS", ["HKEYS"]),
            ("x", []), ("", []), ("nothing", []), ("nosuch", []), ("ls", []), ("xe", ["EX"]),
            ("subcsrieb", ["SUBSCRIBE"]),
        ] as [(ByteString, [String])])
    func suggests(word: ByteString, near: [String]) {
        let names = [
            "KEYS", "HKEYS", "ROUTING", "HGETALL", "HGET", "HGETDEL", "HGETEX", "?", "TOUCH", "LCS", "EX", "SUBSCRIBE",
        ]
        #expect(Suggestions.near(word, of: names) == near)
    }

    @Test("A word that nearly chooses a format is refused at the prompt if it is unquoted and nothing follows")
    func nearFormat() throws {
        for line in ["set k ;jsn", "get k ;cvs | cat", ":nodes ;tab"] {
            #expect(throws: LineError.self, "\(line)") { try grammar(.prompt).line(Array(line.utf8)) }
        }
        for line in ["set k ';jsn'", "set ;jsn v", "set k ;", "set k ;x", "set k ;something"] {
            #expect(try grammar(.prompt).line(Array(line.utf8))?.format == nil, "\(line)")
        }
        #expect(try grammar(.file).line(Array("set k ;jsn".utf8))?.content == .command(Command(["set", "k", ";jsn"])))
    }

    @Test("A format or a pipe after the definition of an alias is refused: it would get nothing")
    func aliasWithEnding() throws {
        for text in [":alias n dbsize | wc -l", ":alias n dbsize ;json"] {
            #expect(throws: LineError.endingInAlias("n")) { try grammar(.prompt).line(Array(text.utf8)) }
        }
        #expect(try grammar(.prompt).line(Array(":alias n | cat".utf8)) != nil)
        #expect(try grammar(.prompt).line(Array(":alias n ;json".utf8)) != nil)
    }

    @Test("At the prompt, as in files, a backslash continues a line, but not within quotes")
    func continuations() throws {
        let prompt = grammar(.prompt)
        for (text, isOpen) in [
            ("set k \\", true), ("set k v", false), ("set k \\\n  v", false), ("set k 'a\\ '", false),
            ("set k \"a\\\\\"", false), ("# a\\", false), ("get k | cat \\", true),
        ] {
            #expect(prompt.isOpen(Array(text.utf8)) == isOpen, "\(text)")
        }
        let text = Array("set k\\\n1 \\\n \"a\\\nb\"\nget k".utf8)
        #expect(prompt.lines(text).count == 2)
        let line = try prompt.line(prompt.lines(text)[0].bytes)
        // Within double quotes, a backslash stands for the character after it.
        #expect(line?.content == .command(Command(["set", "k1", "a\nb"])))
        let other = LineGrammar(.prompt, dialect: .redisCLI)
        #expect(!other.isOpen(Array("set k \\".utf8)) && other.lines(Array("a\\\nb".utf8)).count == 2)
    }

    @Test("Every shell command is found by its name, and is recognized in a file")
    func findsWords() {
        let promised = """
            help ? clear connect quit exit :set :unset :format :timing :unblock :nodes :slots :explain :watch :peek :queue \
            :edit :alias :unalias :recover :diagnose :source :help restart
            """
        #expect(ShellWord.allCases.map(\.name) == promised.split(separator: " ").map(String.init))
        for word in ShellWord.allCases {
            #expect(ShellWord(ByteString(word.name)) == word)
            #expect(grammar(.file).mayBeMore(than: ByteString(word.name)))
        }
        for word: ByteString in ["3", "@all", ":nosuch", "x"] { #expect(grammar(.file).mayBeMore(than: word)) }
        #expect(!grammar(.file).mayBeMore(than: "PING"))
    }
}
