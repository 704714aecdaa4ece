import RESP
import TestSupport
import Testing

/// `connect` at the prompt.
struct ConnectTests {
    @Test("A URI with password and database is connected to, and a password never gets to the history")
    func uri() throws {
        let other = try RedisServer(["--requirepass", "hunter2"])
        let shell = try ShellOnTerminal()
        try shell.type("connect redis://:hunter2@127.0.0.1:\(other.port)/3" + Key.enter)
        try shell.terminal.wait(forCursorLine: "127.0.0.1:\(other.port)[3]>")
        try shell.type("set here yes" + Key.enter)
        try shell.terminal.wait(forText: "OK")
        #expect(try other.client().send("AUTH", "hunter2") == .status("OK"))
        // What is no URI is shown to nobody, since a password may be in it.
        try shell.type("connect rdis://:hunter2@127.0.0.1" + Key.enter)
        try shell.terminal.wait(forText: "Usage: connect redis://")
        #expect(try shell.historyFile.contains("set here yes"))
        #expect(try !shell.historyFile.contains("hunter2"))
    }

    @Test("HOST:PORT and HOST PORT are connected to, and anything else is told what would be")
    func address() throws {
        let other = try RedisServer()
        let shell = try ShellOnTerminal()
        try shell.type("connect 127.0.0.1:\(other.port)" + Key.enter)
        try shell.terminal.wait(forCursorLine: "127.0.0.1:\(other.port)>")
        try shell.type("connect 127.0.0.1 \(shell.server.port)" + Key.enter)
        try shell.waitForLine("")
        try shell.type("connect" + Key.enter)
        try shell.terminal.wait(forText: "Usage: connect ADDRESS [PORT]")
        try shell.type("connect 127.0.0.1 99999" + Key.enter)
        try shell.terminal.wait(forText: "connect expects a port from 1 to 65535")
    }
}
