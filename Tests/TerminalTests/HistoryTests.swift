import RESP
import TestSupport
import Testing

/// The history at the prompt. `HistoryFileTests` covers the contents of the file.
struct HistoryTests {
    @Test("Arrows walk through the lines, including older ones from the file")
    func arrows() throws {
        let shell = try ShellOnTerminal(history: "ECHO old\n")
        try shell.enter("ECHO one", andWaitFor: "\"one\"")
        try shell.enter("ECHO two", andWaitFor: "\"two\"")
        try shell.type(Key.up)
        try shell.waitForLine("ECHO two")
        try shell.type(Key.up)
        try shell.waitForLine("ECHO one")
        try shell.type(Key.control("p"))
        try shell.waitForLine("ECHO old")
        try shell.type(Key.down + Key.control("n"))
        try shell.waitForLine("ECHO two")
        try shell.type(Key.down)
        try shell.waitForLine("")
        // No line begins with this one.
        try shell.type("unfinished" + Key.up)
        try shell.terminal.wait(for: "the bell") { $0.bells == 1 }
        try shell.waitForLine("unfinished")
    }

    @Test("A line that repeats the one before is kept once")
    func repeats() throws {
        let shell = try ShellOnTerminal()
        try shell.enter("ECHO one", andWaitFor: "\"one\"")
        for _ in 0..<2 { try shell.enter("ECHO two", andWaitFor: "\"two\"") }
        try shell.type(Key.up + Key.up)
        try shell.waitForLine("ECHO one")
        #expect(try shell.historyFile == "ECHO one\nECHO two\n")
    }

    @Test("A line with a password stays in the session and never gets into the file")
    func secrets() throws {
        let shell = try ShellOnTerminal()
        try shell.enter("AUTH hunter2", andWaitFor: "ERR")
        try shell.enter("ECHO one", andWaitFor: "\"one\"")
        try shell.type(Key.up + Key.up)
        try shell.waitForLine("AUTH hunter2")
        #expect(try shell.historyFile == "ECHO one\n")
    }
}
