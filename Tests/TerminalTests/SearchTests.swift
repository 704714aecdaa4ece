import RESP
import TestSupport
import Testing

/// Ctrl-R and Ctrl-S.
struct SearchTests {
    private static func shell(editrc: String = "") throws -> ShellOnTerminal {
        try ShellOnTerminal(
            editrc: editrc, history: "ECHO é日one\nECHO other\nECHO é日two\nECHO é日one\nECHO é日two\nPING\n")
    }

    @Test(
        "Ctrl-R finds the newest line that contains a text, then older ones; Enter runs it",
        arguments: ["", "bind -v\n"])
    func search(editrc: String) throws {
        let shell = try Self.shell(editrc: editrc)
        try shell.type(Key.control("r"))
        try shell.terminal.wait(forCursorLine: "(reverse-i-search):")
        try shell.type("é日")
        try shell.terminal.wait(forCursorLine: "(reverse-i-search): ECHO é日two")
        try shell.type(Key.control("r"))
        try shell.terminal.wait(forCursorLine: "(reverse-i-search): ECHO é日one")
        try shell.enter("", andWaitFor: "\"é日one\"")
        #expect(shell.terminal.screen.text == "\(shell.prompt) ECHO é日one\n\"é日one\"\n\(shell.prompt)")
    }

    @Test("In vi's command mode, a search works as elsewhere")
    func commandMode() throws {
        let shell = try Self.shell(editrc: "bind -v\n")
        try shell.type("GET x" + Key.escape)
        try shell.waitForLine("GET x")
        try shell.type(Key.control("r") + "oth")
        try shell.terminal.wait(forCursorLine: "(reverse-i-search): ECHO other")
        try shell.enter("", andWaitFor: "\"other\"")
    }

    @Test("Ctrl-S goes the other way, and the last match stays")
    func forward() throws {
        let shell = try Self.shell()
        try shell.type(Key.control("s") + "o")
        try shell.terminal.wait(forCursorLine: "(i-search): ECHO other")
        try shell.type(Key.control("s"))
        try shell.terminal.wait(forCursorLine: "(i-search): ECHO é日one")
        try shell.type(Key.control("r"))
        try shell.terminal.wait(forCursorLine: "(reverse-i-search): ECHO other")
        try shell.type(Key.control("r"))
        try shell.terminal.wait(for: "the bell and the same line") {
            $0.bells == 1 && $0.cursorLine == "(reverse-i-search): ECHO other"
        }
    }

    @Test("Backspace shortens the term, Ctrl-G restores the line, and Enter does not run a failed match")
    func leaving() throws {
        let shell = try Self.shell()
        try shell.type("GET k" + Key.control("r"))
        try shell.terminal.wait(forCursorLine: "(reverse-i-search): GET k")
        try shell.type("PINK" + Key.enter)
        try shell.terminal.wait(forCursorLine: "(failed reverse-i-search): PINK")
        try shell.type(Key.backspace)
        try shell.terminal.wait(forCursorLine: "(reverse-i-search): PING")
        try shell.type(Key.control("g"))
        try shell.waitForLine("GET k", hint: "")
        try shell.enter("ey", andWaitFor: "(nil)")
    }

    @Test("Tab takes the match for editing, and other control keys take it and then act")
    func taking() throws {
        let shell = try Self.shell()
        try shell.type(Key.control("r") + "oth" + Key.tab + "x")
        try shell.waitForLine("ECHO otherx")
        try shell.type(Key.control("u") + Key.control("r") + "oth" + Key.home + "x")
        try shell.waitForLine("xECHO other")
        try shell.type(Key.control("u") + Key.control("k") + Key.control("r") + "PIN" + Key.left + "x")
        try shell.waitForLine("PINxG")
        try shell.type(Key.control("u") + Key.control("k") + Key.control("r") + "oth" + Key.escape)
        try shell.waitForLine("ECHO other")
        try shell.type("xp")
        try shell.waitForLine("ECHO otherxp")
        try shell.type(Key.control("r") + "oth" + Key.control("c"))
        try shell.waitForLine("")
        try shell.enter("ECHO alive", andWaitFor: "\"alive\"")
    }

    @Test("A match of several rows is cleared, and a pasted text is searched for")
    func rows() throws {
        let long = "ECHO " + String(repeating: "x", count: 100)
        let shell = try ShellOnTerminal(history: long + "\nPING\n")
        try shell.type(Key.control("r") + Key.paste("xx\n"))
        try shell.terminal.wait(for: "two rows") { $0.row == 1 && $0.lines[0].hasPrefix("(reverse-i-search): ECHO x") }
        try shell.type(Key.control("g"))
        try shell.waitForLine("")
        #expect(shell.terminal.screen.text == shell.prompt)
    }
}
