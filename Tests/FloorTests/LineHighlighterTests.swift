import Commands
import Presentation
import RESP
import TestSupport
import Testing

/// What the parts of a line are while it is typed.
struct LineHighlighterTests {
    /// What each part that has a look says, by the table alone.
    private func roles(
        _ line: String, aliases: [ByteString: [ByteString]] = [:], refused: [String] = []
    ) -> [String] {
        let text = ByteString(line)
        let highlighter = LineHighlighter(LineGrammar(.prompt, aliases: aliases), Vocabulary()) { row, hasTarget in
            !hasTarget && refused.contains("\(row.name)")
        } hasTarget: { target in
            target != .nodeID(prefix: "abc")
        }
        return highlighter.spans(of: text).map { "\(ByteString(Array(text.bytes[$0.range])).text):\($0.role)" }
    }

    @Test(
        "Commands are known, blocked or unknown; a word that may become one is neither",
        arguments: [
            ("get k", ["get:command"]), ("GET", ["GET:command"]), ("ge", []), ("ge ", ["ge:unknownCommand"]),
            ("gett k", ["gett:unknownCommand"]), ("config get", ["config:command", "get:command"]),
            ("config ge", ["config:command"]), ("config nosuch x", ["config:command", "nosuch:unknownCommand"]),
            ("config", ["config:command"]), ("move k 1", ["move:refusedCommand", "1:number"]),
            ("@all move k 1", ["@all:target", "move:command", "1:number"]), ("", []), ("   ", []),
        ] as [(String, [String])])
    func commands(line: String, expected: [String]) {
        #expect(roles(line, refused: ["MOVE"]) == expected)
    }

    @Test(
        "Options, numbers and texts are told apart, and what cannot be right is marked",
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
        "What stands in front, the shell's own words, and what leads a reply elsewhere",
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
        ] as [(String, [String])])
    func front(line: String, expected: [String]) {
        #expect(roles(line, aliases: ["p": ["@all", "get"]]) == expected)
    }

    @Test("Nothing in a right line is marked as wrong, however far it is typed", arguments: RightLines.all)
    func rightLine(line: String) {
        for end in line.indices.map({ line[...$0] }) {
            let wrong = roles(String(end)).filter {
                $0.hasSuffix("wrongArgument") || $0.hasSuffix("unknownCommand") || $0.hasSuffix("openQuote")
            }
            #expect(wrong == [], "\(end)")
        }
    }
}
