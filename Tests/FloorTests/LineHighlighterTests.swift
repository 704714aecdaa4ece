import Commands
import Presentation
import RESP
import TestSupport
import Testing

/// What the parts of a line are while it is being typed.
struct LineHighlighterTests {
    /// The role of each highlighted part, by the table only.
    private func roles(
        _ line: String, aliases: [ByteString: [ByteString]] = [:], refused: [String] = []
    ) -> [String] {
        let text = ByteString(line)
        let knowledge = LineHighlighter.Knowledge(
            isRefused: { row, words, hasTarget in
                !hasTarget && (refused.contains("\(row.name)") || words.map(\.text) == ["select", "1"])
            },
            hasTarget: { $0 != .nodeID(prefix: "abc") },
            accepts: { word, arguments, _ in word != .format || arguments == ["json"] })
        let highlighter = LineHighlighter(LineGrammar(.prompt, aliases: aliases), Vocabulary(), knowledge)
        return highlighter.spans(of: text).map { "\(ByteString(Array(text.bytes[$0.range])).text):\($0.role)" }
    }

    @Test(
        "Commands are known, blocked or unknown; a word that may still become one is none of these",
        arguments: [
            ("get k", ["get:command"]), ("GET", ["GET:command"]), ("ge", []), ("ge ", ["ge:unknownCommand"]),
            ("gett k", ["gett:unknownCommand"]), ("config get", ["config:command", "get:command"]),
            ("config ge", ["config:command"]), ("config nosuch x", ["config:command", "nosuch:unknownCommand"]),
            ("config", ["config:command"]), ("move k 1", ["move:refusedCommand", "1:number"]),
            ("@all move k 1", ["@all:target", "move:command", "1:number"]), ("", []), ("   ", []),
            ("select 1", ["select:refusedCommand", "1:number"]), ("select 0", ["select:command", "0:number"]),
        ] as [(String, [String])])
    func commands(line: String, expected: [String]) {
        #expect(roles(line, refused: ["MOVE"]) == expected)
    }

    @Test(
        "Options, numbers and strings are told apart, and mistakes are marked",
        arguments: [
            ("set k v ex 10 nx", ["set:command", "ex:option", "10:number", "nx:option"]),
            ("set k v foo", ["set:command", "foo:wrongArgument"]),
            ("set k v e", ["set:command"]), ("set k v ex ten ", ["set:command", "ex:option", "ten:wrongArgument"]),
            ("set k v ex -", ["set:command", "ex:option"]),
            ("get k more", ["get:command", "more:wrongArgument"]),
            ("get k two 3", ["get:command", "two:wrongArgument", "3:wrongArgument"]),
            ("expire k ten", ["expire:command", "ten:wrongArgument"]),
            ("set k 'a b' ", ["set:command", "'a b':string"]),
            ("set k \"a b", ["set:command", "\":openQuote", "a b:string"]),
            ("set k \"a\"b ", ["set:command", "\"a\"b:wrongArgument"]),
        ] as [(String, [String])])
    func arguments(line: String, expected: [String]) {
        #expect(roles(line) == expected)
    }

    @Test(
        "An argument that a shell command does not take is marked, and so is an invalid format",
        arguments: [
            (":format js ", [":format:shellWord", "js:wrongArgument"]), (":format json", [":format:shellWord"]),
            (":peek a b ", [":peek:shellWord", "b:wrongArgument"]), (":peek a 2", [":peek:shellWord", "2:number"]),
            (":peek a -", [":peek:shellWord"]), (":nodes all", [":nodes:shellWord", "all:wrongArgument"]),
            ("connect h port ", ["connect:shellWord", "port:wrongArgument"]),
            ("j x", ["j:command", "x:wrongArgument"]), (":nodes ;json", [":nodes:shellWord", ";json:option"]),
            ("get k ;json", ["get:command", ";json:option"]), ("get k ;js", ["get:command"]),
            ("get k ;jsn ", ["get:command", ";jsn:wrongArgument"]), ("rpush k ;json v", ["rpush:command"]),
            ("get k ;", ["get:command"]),
            ("get k ;jsn | cat", ["get:command", ";jsn:wrongArgument", "|:shellWord"]),
            ("set k ;other ", ["set:command"]), ("set k ';jsn' ", ["set:command", "';jsn':string"]),
        ] as [(String, [String])])
    func shellWords(line: String, expected: [String]) {
        #expect(roles(line, aliases: ["j": [":format"]]) == expected)
    }

    @Test("An argument that the server calls a number is marked if it is not one, unless a sign is in its place")
    func numbers() throws {
        func argument(_ name: String, _ type: String) -> RESPValue {
            .map([.bulk("name"), .bulk(ByteString(name)), .bulk("type"), .bulk(ByteString(type))])
        }
        func roles(group: String, _ line: String) throws -> [TextRole] {
            let arguments = RESPValue.array([argument("key", "key"), argument("start", "integer")])
            let fields = RESPValue.map([.bulk("group"), .bulk(ByteString(group)), .bulk("arguments"), arguments])
            let docs = try #require(CommandDocs(.map([.bulk("walk"), fields])))
            let highlighter = LineHighlighter(LineGrammar(.prompt), Vocabulary(docs), .init())
            return highlighter.spans(of: ByteString(line)).map(\.role)
        }
        #expect(try roles(group: "list", "walk k x ") == [.command, .wrongArgument])
        #expect(try roles(group: "list", "walk k 1 ") == [.command, .number])
        #expect(try roles(group: "list", "walk k (x ") == [.command])
        #expect(try roles(group: "module", "walk k x ") == [.command])
    }

    @Test(
        "Prefixes, shell commands and redirections are recognized",
        arguments: [
            ("3 get k", ["3:number", "get:command"]), ("@masters dbsize", ["@masters:target", "dbsize:command"]),
            ("@nosuch dbsize", ["@nosuch:unknownTarget", "dbsize:command"]), ("@mas", []),
            ("@abc ping", ["@abc:unknownTarget", "ping:command"]),
            (":explain @all get k", [":explain:shellWord", "@all:target", "get:command"]),
            (":watch 2 dbsize", [":watch:shellWord", "2:number", "dbsize:command"]),
            (":watch dbsize", [":watch:shellWord", "dbsize:command"]),
            ("help gett", ["help:shellWord"]), (":nods", [":nods:unknownCommand"]),
            ("get k | grep 'x", ["get:command", "|:shellWord"]), ("# get k", ["# get k:comment"]),
            ("p x", ["p:command"]), ("p", ["p:command"]),
            ("get k\nget k l", ["get:command", "get:command", "l:wrongArgument"]),
            ("get \\\nk l", ["get:command", "l:wrongArgument"]), ("se\\\nt k 1", ["se\\\nt:command", "1:number"]),
        ] as [(String, [String])])
    func front(line: String, expected: [String]) {
        #expect(roles(line, aliases: ["p": ["@all", "get"]]) == expected)
    }

    @Test("Nothing in a correct line is marked as wrong, however far it has been typed", arguments: RightLines.all)
    func rightLine(line: String) {
        for end in line.indices.map({ line[...$0] }) {
            let wrong = roles(String(end)).filter {
                $0.hasSuffix("wrongArgument") || $0.hasSuffix("unknownCommand") || $0.hasSuffix("openQuote")
            }
            #expect(wrong == [], "\(end)")
        }
    }
}
