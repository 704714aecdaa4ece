import Foundation
import RESP
import TestSupport
import Testing

/// What the shell shows of a line while it is typed, and the keys for it.
struct TypingTests {
    // MARK: Colors

    @Test("The words of a line are colored by what they are")
    func colors() throws {
        let shell = try ShellOnTerminal()
        for (line, words) in [
            ("set k v EX 10", ["set:32", "EX:94", "10:36"]),
            ("gett k", ["gett:31"]),
            ("get k \"a b\" ", ["get:32", "\"a b\":31"]),
            ("echo 'a b' ", ["echo:32", "'a b':33"]),
            ("echo \"open", ["echo:32", "\":31", "open:33"]),
            ("expire k soon ", ["expire:32", "soon:31"]),
            ("@all ping", ["@all:95", "ping:32"]),
            (":set timing", [":set:36"]),
            ("config get save", ["config:32", "get:32"]),
            ("lrange l 0 x ", ["lrange:32", "0:36", "x:31"]),
            (":set timing of ", [":set:36", "of:31"]), (":set timing of", [":set:36"]),
            (":set retry-for ten ", [":set:36", "ten:31"]), (":set pager less -R ", [":set:36"]),
            (":format js ", [":format:36", "js:31"]), (":peek a b ", [":peek:36", "b:31"]),
            (":unalias nosuch ", [":unalias:36", "nosuch:31"]), ("help config ge ", ["help:36", "ge:31"]),
            ("help nosuch ", ["help:36", "nosuch:31"]), ("get k ;jsn ", ["get:32", ";jsn:31"]),
            ("get k | cat", ["get:32", "|:36"]),
        ] {
            try shell.type(line)
            try shell.terminal.wait(for: "\(words)") { $0.coloredWords == words }
            try shell.type(Key.control("u"))
            try shell.waitForLine("")
        }
    }

    @Test("A write in a read-only session stands out before it is refused")
    func refused() throws {
        let shell = try ShellOnTerminal()
        try shell.type(":set read-only on" + Key.enter)
        try shell.terminal.wait(forText: "(read-only)>")
        try shell.type("set k v")
        try shell.terminal.wait(for: "the color of what is refused") { $0.coloredWords == ["set:33"] }
    }

    @Test("Light backgrounds get other colors, and none are shown when they are not wanted")
    func themes() throws {
        let shell = try ShellOnTerminal()
        for (theme, words) in [("light", ["get:34"]), ("none", []), ("dark", ["get:32"])] {
            try shell.enter(":set theme \(theme)")
            try shell.type("get k")
            try shell.terminal.wait(for: "\(words)") { $0.coloredWords == words && $0.cursorLine.hasSuffix("> get k") }
            try shell.type(Key.control("u"))
            try shell.waitForLine("")
        }
        let plain = try ShellOnTerminal(environment: ["NO_COLOR": "1"])
        try plain.type("get k")
        try plain.waitForLine("get k")
        #expect(plain.terminal.screen.coloredWords == [])
    }

    @Test("A continued line keeps its colors and hints, after an open quote and after a backslash")
    func continuation() throws {
        let shell = try ShellOnTerminal()
        func type(_ text: String, _ row: String, _ words: [String], hint: String = "") throws {
            try shell.type(text)
            try shell.terminal.wait(for: "\(row) \(words) \(hint)") {
                $0.cursorLineAndHint.line == row && $0.coloredWords == words && $0.cursorLineAndHint.hint == hint
            }
        }
        try shell.type("set k \\" + Key.enter)
        try shell.type("\"one" + Key.enter)
        try shell.terminal.wait(for: "another row") { $0.text.contains("... \"one\n... ") }
        try type("two\" ex ten ", "... two\" ex ten", ["two\":33", "ex:94", "ten:31"], hint: "[NX|XX] [GET]")
        try type(Key.control("w") + "10 ", "... two\" ex 10", ["two\":33", "ex:94", "10:36"], hint: "[NX|XX] [GET]")
        try type("n" + Key.tab, "... two\" ex 10 nx", ["two\":33", "ex:94", "10:36", "nx:94"], hint: "[GET]")
        try shell.enter(Key.backspace, andWaitFor: "OK")
        #expect(try shell.server.send("GET", "k").byteString == "one\ntwo")
        try shell.type(Key.up)
        try shell.terminal.wait(for: "all rows of the line") {
            $0.text.hasSuffix("> set k \\\n\"one\ntwo\" ex 10 nx [GET]") && $0.coloredWords.last == "nx:94"
        }
        try shell.enter("", andWaitFor: "(nil)")
    }

    @Test("A line of several rows keeps its colors when its beginning changes")
    func rows() throws {
        let shell = try ShellOnTerminal(columns: 40)
        let value = String(repeating: "x", count: 52)
        try shell.type("set \(value) 5 ex 7" + Key.home + "@all " + Key.end)
        try shell.terminal.wait(for: "the colors of the last row") {
            $0.row == 2 && $0.coloredWords.suffix(2) == ["ex:94", "7:36"]
        }
    }

    @Test("A line taller than the window shows the part around the cursor, and in full once it is entered")
    func tall() throws {
        let shell = try ShellOnTerminal(columns: 40)
        let value = (0..<60).map { "line \($0)" }.joined(separator: "\n")
        try shell.type("set k " + Key.paste("\"\(value)\""))
        try shell.terminal.wait(for: "the end of the line") { $0.cursorLineAndHint.line == "line 59\"" }
        try shell.type(Key.home)
        try shell.terminal.wait(for: "its begin") { $0.lines[0] == "\(shell.prompt) set k \"line 0" && $0.row == 0 }
        try shell.enter("", andWaitFor: "OK")
        #expect(try shell.server.send("GET", "k").byteString == ByteString(value))
        #expect(shell.terminal.screen.text.contains("line 58\nline 59\"\nOK"))
    }

    // MARK: Suggestions

    @Test("Within a word, the newest line with that beginning is suggested, and after it the next argument")
    func suggestion() throws {
        let shell = try ShellOnTerminal(history: "set user:1 ann EX 10\nget other\n")
        try shell.type("se")
        try shell.waitForLine("se", hint: "t user:1 ann EX 10")
        try shell.type("t ")
        try shell.terminal.wait(for: "the hint") { $0.cursorLineAndHint.hint.hasPrefix("key value") }
        try shell.type("user" + Key.alt("f"))
        try shell.waitForLine("set user:1", hint: " ann EX 10")
        try shell.type(Key.right)
        try shell.waitForLine("set user:1 ann EX 10", hint: " [NX|XX] [GET]")
        try shell.enter("", andWaitFor: "OK")
        #expect(try shell.server.send("GET", "user:1").byteString == "ann")
        try shell.type("get o" + Key.end)
        try shell.waitForLine("get other")
        try shell.type(Key.left + Key.right)
        try shell.waitForLine("get other")
    }

    @Test("A line from the history is whole: nothing is suggested after it")
    func recalledLine() throws {
        let shell = try ShellOnTerminal(history: "echo one two\necho one\n")
        try shell.type("ech" + Key.up)
        try shell.waitForLine("echo one", hint: "")
    }

    @Test("No line with a password is suggested, and none when suggestions are off")
    func noSuggestion() throws {
        let shell = try ShellOnTerminal()
        try shell.enter("AUTH hunter2", andWaitFor: "ERR")
        try shell.type("AUT")
        try shell.waitForLine("AUT", hint: "")
        try shell.type(Key.control("u") + ":set suggestions off" + Key.enter + ":set sugg")
        try shell.waitForLine(":set sugg", hint: " [VALUE]")
    }

    // MARK: Keys

    @Test("Arrow-Up finds lines that begin with the typed text")
    func beginOfLine() throws {
        let shell = try ShellOnTerminal(history: "get a\nset b 1\nget c\nset d 1\n")
        try shell.type("get" + Key.up)
        try shell.waitForLine("get c")
        try shell.type(Key.up)
        try shell.waitForLine("get a")
        try shell.type(Key.up)
        try shell.terminal.wait(for: "the bell") { $0.bells == 1 }
        try shell.type(Key.down + Key.down)
        try shell.waitForLine("get")
    }

    @Test("Alt-. inserts the last word of the previous line, then that of the one before it")
    func lastArgument() throws {
        let shell = try ShellOnTerminal(history: "get first\nset k \"two words\"\n")
        try shell.type("echo " + Key.alt("."))
        try shell.waitForLine("echo \"two words\"")
        try shell.type(Key.alt("."))
        try shell.waitForLine("echo first")
        try shell.type(" and " + Key.alt("."))
        try shell.waitForLine("echo first and \"two words\"")
    }

    @Test("Ctrl-_ undoes change after change")
    func undo() throws {
        let shell = try ShellOnTerminal()
        let undo = "\u{1f}"
        try shell.type("set key value")
        try shell.waitForLine("set key value")
        try shell.type(Key.control("w") + undo)
        try shell.waitForLine("set key value")
        try shell.type(undo)
        try shell.waitForLine("set key")
        try shell.type(undo + undo)
        try shell.waitForLine("")
        try shell.type(undo)
        try shell.terminal.wait(for: "the bell") { $0.bells == 1 }
    }

    @Test("What is typed elsewhere in the line is a change of its own, and so is what is pasted")
    func undoOfPlaces() throws {
        let shell = try ShellOnTerminal()
        let undo = "\u{1f}"
        try shell.type("echo one")
        try shell.waitForLine("echo one")
        try shell.type(Key.control("a") + "no")
        try shell.waitForLine("noecho one")
        try shell.type(undo)
        try shell.waitForLine("echo one")
        try shell.type(Key.control("e") + Key.paste(" two three"))
        try shell.waitForLine("echo one two three")
        try shell.type(undo)
        try shell.waitForLine("echo one")
    }

    @Test("Ctrl-X Ctrl-E edits the line with the user's editor, and Enter runs it")
    func externalEditor() throws {
        let shell = try ShellOnTerminal(environment: ["EDITOR": "sed -i s/two/three/", "VISUAL": ""])
        try shell.type("echo two" + Key.control("x") + Key.control("e"))
        try shell.waitForLine("echo three")
        try shell.enter("", andWaitFor: "\"three\"")
    }

    @Test("Alt-H shows everything known about the command until a key is pressed")
    func explanation() throws {
        let shell = try ShellOnTerminal()
        try shell.type("getrange k")
        try shell.waitForLine("getrange k", hint: " start end")
        for key in [Key.alt("h"), "\u{1b}OP"] {
            try shell.type(key)
            try shell.terminal.wait(for: "the explanation") { screen in
                ["GETRANGE key start end", "complexity", "since", "routed"].allSatisfy(screen.text.contains)
            }
            #expect(shell.terminal.screen.cursorLine.hasSuffix("> getrange k"))
            try shell.type(Key.backspace + "k")
            try shell.terminal.wait(for: "the line alone") {
                $0.lines.count == 1 && $0.cursorLineAndHint.line.hasSuffix(" getrange k")
            }
        }
    }

    @Test("An explanation that does not fit can be scrolled")
    func scrolledExplanation() throws {
        let shell = try ShellOnTerminal(columns: 40)
        shell.terminal.resize(columns: 40, rows: 12)
        try shell.type("zadd k" + Key.alt("h"))
        try shell.terminal.wait(for: "the begin") { $0.text.contains("ZADD key") && $0.text.contains("\n1 to ") }
        try shell.type("\u{1b}[6~" + Key.down)
        try shell.terminal.wait(for: "a later part") { !$0.text.contains("ZADD key") && !$0.text.contains("\n1 to ") }
        try shell.type("\u{1b}[6~" + "\u{1b}[6~")
        try shell.terminal.wait(for: "the end") { $0.text.contains("read-only") }
        try shell.type(Key.up + "2")
        try shell.waitForLine("zadd k2")
        try shell.terminal.wait(for: "the line alone") { $0.lines.count == 1 }
    }

    @Test("A search marks its term in the match")
    func search() throws {
        let shell = try ShellOnTerminal(history: "set user:1 ann\n")
        try shell.type(Key.control("r") + "er:")
        try shell.terminal.wait(for: "the mark") { $0.inverseText == "er:" }
    }
}
