import RESP
import TestSupport
import Testing

/// Pasted text is inserted into the line, whatever it contains.
struct PasteTests {
    @Test("Pasted lines wait for Enter, and then run one after another")
    func severalLines() throws {
        let shell = try ShellOnTerminal()
        try shell.type(Key.paste("SET a 1\nINCR a\nGET a\n"))
        try shell.terminal.wait(forText: "\(shell.prompt) SET a 1\nINCR a\nGET a")
        #expect(try shell.server.send("EXISTS", "a").integer == 0)
        try shell.type(Key.backspace + "b" + Key.enter)
        try shell.terminal.wait(forText: "GET b\nOK\n(integer) 2\n(nil)\n\(shell.prompt)")
        try shell.type(Key.up)
        try shell.terminal.wait(for: "the lines from the history") { $0.lines.suffix(3).last == "GET b" }
        #expect(try shell.historyFile == "SET a 1\\\nINCR a\\\nGET b\n")
    }

    @Test("A pasted line can be given up")
    func canceled() throws {
        let shell = try ShellOnTerminal()
        try shell.type(Key.paste("FLUSHALL\nFLUSHALL\n") + Key.control("c"))
        try shell.waitForLine("")
        try shell.enter("PING", andWaitFor: "PONG")
    }

    @Test("A tab in pasted text completes nothing, and a quoted value keeps its lines")
    func values() throws {
        let shell = try ShellOnTerminal()
        try shell.type("SET k " + Key.paste("\"one\ttwo\nthree\""))
        try shell.terminal.wait(forText: "three\"")
        try shell.enter("", andWaitFor: "OK")
        #expect(try shell.server.send("GET", "k").byteString == "one\ttwo\nthree")
    }

    @Test("One line can be pasted into the middle of another, and a large one in full")
    func oneLine() throws {
        let shell = try ShellOnTerminal()
        try shell.type("SET  v" + Key.left + Key.left + Key.paste("k"))
        try shell.waitForLine("SET k v")
        try shell.enter("", andWaitFor: "OK")
        let value = String(repeating: "0123456789", count: 2000)
        try shell.type(Key.paste("SET big \(value)\n"))
        try shell.type(Key.enter)
        try shell.terminal.wait(for: "the value") { _ in
            (try? shell.server.send("STRLEN", "big").integer) == 20_000
        }
    }

    @Test("Pasting works with vi keys")
    func viKeys() throws {
        let shell = try ShellOnTerminal(editrc: "bind -v\n")
        try shell.type("ECHO " + Key.paste("jkx"))
        try shell.waitForLine("ECHO jkx")
        try shell.type(Key.enter)
        try shell.terminal.wait(forText: "\"jkx\"")
    }
}
