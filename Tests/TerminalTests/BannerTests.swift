import Foundation
import RESP
import TestSupport
import Testing

/// What is on the screen besides replies: the shell's greeting, and notes.
struct BannerTests {
    /// - Parameter preferences: the contents of `~/.slotlinerc`.
    private func start(
        _ arguments: [ByteString], preferences: String = "", columns: Int = 80
    ) throws -> PseudoTerminal {
        let file = FileManager.default.temporaryDirectory.appending(path: "slotline-rc-\(UUID())")
        try preferences.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline, arguments,
            environment: ["SLOTLINE_HISTFILE": "/dev/null", "SLOTLINE_RCFILE": file.path], columns: columns)
        try terminal.wait(for: "the prompt") { $0.cursorLine.hasSuffix(">") }
        return terminal
    }

    private func greeting(_ terminal: PseudoTerminal) -> String {
        terminal.screen.lines.dropLast().joined(separator: " ")
    }

    @Test("The shell says what it is, which server answers, and where help is", arguments: [80, 40])
    func greets(columns: Int) throws {
        let server = try RedisServer()
        let versions = try server.send("INFO", "server").text.split(whereSeparator: \.isNewline)
            .filter { $0.contains("s_version:") || $0.contains("y_version:") }.map { $0.split(separator: ":")[1] }
        let text = greeting(try start(["-p", ByteString("\(server.port)")], columns: columns))
        #expect(text.hasPrefix("slotline "))
        #expect(text.contains(": a standalone server, "))
        #expect(versions.contains { text.contains(" \($0). Type :help for help.") }, "\(text)")
    }

    @Test("A server that wants a password is greeted as such")
    func asksForPassword() throws {
        let server = try RedisServer(["--requirepass", "sesame"])
        let text = greeting(try start(["-p", ByteString("\(server.port)")]))
        #expect(text.hasSuffix("a server that requires a password (AUTH logs in). Type :help for help."), "\(text)")
    }

    @Test("A server that refuses the database is there all the same")
    func refusedDatabase() throws {
        let server = try RedisServer()
        let terminal = try start(["-p", ByteString("\(server.port)"), "-n", "99"])
        #expect(greeting(terminal).contains("127.0.0.1:\(server.port) refused database 99"))
        #expect(greeting(terminal).contains(": a standalone server, "))
        #expect(terminal.screen.cursorLine == "127.0.0.1:\(server.port)>")
    }

    @Test("A playground says that it is temporary, and which server it runs")
    func greetsOnPlayground() throws {
        let program = RedisServer.program
        let text = greeting(try start(["--playground", "--shape", "1x0", "--server", ByteString(program)]))
        #expect(text.contains("a throwaway cluster of 1 master and no replicas"), "\(text)")
        #expect(text.contains(program), "\(text)")
        #expect(text.contains("deleted when you leave"), "\(text)")
    }

    @Test(
        "Nothing is shown to those who do not want it",
        arguments: [(["--no-banner"], ""), (["--quiet"], ""), ([], "set notes off\n")] as [([ByteString], String)])
    func keepsQuiet(options: [ByteString], preferences: String) throws {
        let server = try RedisServer()
        let terminal = try start(options + ["-p", ByteString("\(server.port)")], preferences: preferences)
        #expect(terminal.screen.lines == ["127.0.0.1:\(server.port)>"])
    }

    @Test("A command that was not atomic says so to a person, unless notes are off", arguments: [false, true])
    func notAtomic(isQuiet: Bool) throws {
        let options: [ByteString] = ["--playground", "--shape", "2x0"] + (isQuiet ? ["--quiet"] : [])
        let terminal = try PseudoTerminal(BuiltProduct.slotline, options + ["MSET", "a", "1", "b", "2"])
        #expect(try terminal.waitForEnd() == .exited(0))
        #expect(terminal.screen.text.contains("OK"))
        #expect(terminal.screen.text.contains("Not atomic: the keys are in 2 slots") != isQuiet)
    }

    @Test("An option after the command is sent, and a person is told")
    func misplacedOption() throws {
        let server = try RedisServer()
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline, ["-p", ByteString("\(server.port)"), "ECHO", "--json"])
        #expect(try terminal.waitForEnd() == .exited(0))
        #expect(terminal.screen.text.contains("--json is sent as an argument of the command"))
        #expect(terminal.screen.text.contains("\"--json\""))
    }

    @Test("A setting is listed with its purpose and the values it takes")
    func settings() throws {
        let server = try RedisServer()
        let terminal = try start(["--no-banner", "-p", ByteString("\(server.port)")])
        try terminal.type(":set timing" + Key.enter)
        try terminal.wait(forText: "  show how long each command takes (on, off)")
    }
}
