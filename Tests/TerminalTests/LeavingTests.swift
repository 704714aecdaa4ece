import Foundation
import RESP
import TestSupport
import Testing

/// Messages of the shell where it used to be silent, and about things still running.
struct LeavingTests {
    @Test("Leaving the shell inside a transaction says that it was not executed", arguments: ["\u{4}", "quit\r"])
    func leaving(keys: String) throws {
        let shell = try ShellOnTerminal()
        try shell.type("MULTI" + Key.enter + "SET a 1" + Key.enter)
        try shell.terminal.wait(for: "the queue") { $0.cursorLine.hasSuffix("(TX, 1 queued)>") }
        try shell.type(keys)
        try shell.terminal.wait(forText: "The transaction was discarded: its command was not executed.")
        #expect(try shell.terminal.waitForEnd() == .exited(0))
    }

    @Test(
        "Whatever is refused in a transaction, the shell says that it is still open",
        arguments: [":nosuch", "@all", "GET 'a'b", ":set nosuch 1"])
    func refusedInTransaction(line: String) throws {
        let shell = try ShellOnTerminal()
        try shell.type("MULTI" + Key.enter + line + Key.enter)
        try shell.terminal.wait(forText: "The transaction is still open: continue it, or end it with EXEC or DISCARD.")
        try shell.terminal.wait(for: "the queue") { $0.cursorLine.hasSuffix("(TX, 0 queued)>") }
    }

    @Test("A failed connect leaves the session where it is, and says what to do")
    func connect() throws {
        let shell = try ShellOnTerminal()
        try shell.enter("SET a 1", andWaitFor: "OK")
        try shell.enter(
            "connect 127.0.0.1:1", andWaitFor: "The shell stays connected to 127.0.0.1:\(shell.server.port).")
        #expect(!shell.terminal.screen.text.contains("-h and -p"))
        try shell.enter("GET a", andWaitFor: "\"1\"")
    }

    @Test("Ctrl-C on a running script says how to stop it")
    func scripts() throws {
        let shell = try ShellOnTerminal()
        _ = try shell.server.send("CONFIG", "SET", "lua-time-limit", "100")
        func isBusy() -> Bool { (try? shell.server.send("PING"))?.serverError?.code == "BUSY" }
        for (command, advice) in [
            ("EVAL", "SCRIPT KILL"), ("EVAL_RO", "SCRIPT KILL"),
        ] {
            try shell.type("clear" + Key.enter)
            try shell.terminal.wait(for: "an empty screen") { !$0.text.contains("SCRIPT KILL") }
            try shell.waitForLine("")
            try shell.type("\(command) 'while true do end' 0" + Key.enter)
            try shell.terminal.wait(for: "the script") { _ in isBusy() }
            // Until the script is killed, the server only replies that it is busy.
            try shell.terminal.type(Key.control("c"))
            try shell.terminal.wait(for: "the advice") {
                $0.text.replacing("\n", with: " ").contains("@127.0.0.1:\(shell.server.port) \(advice) stops it.")
            }
            try shell.enter("@127.0.0.1:\(shell.server.port) \(advice)", andWaitFor: "OK")
            try shell.terminal.wait(for: "the end of the script") { _ in !isBusy() }
        }
    }

    @Test("A message fills the lines of a narrow window, and the prompt leaves room for the line")
    func narrow() throws {
        let shell = try ShellOnTerminal(columns: 50)
        try shell.enter(
            "connect 127.0.0.1:1",
            andWaitFor: """
                Could not connect to 127.0.0.1:1: Connection
                refused.
                Check that it is running and reachable from here,
                and whether it expects TLS (--tls).
                """)
        try shell.enter("GET a b c", andWaitFor: "(error) ERR wrong number of arguments for 'get'\ncommand\n")
        try shell.type("MULTI" + Key.enter)
        try shell.terminal.wait(for: "the short prompt") {
            $0.cursorLine == "\(shell.prompt.dropLast())(TX, 0 queued)>"
        }
        shell.terminal.resize(columns: 30, rows: 24)
        try shell.terminal.wait(for: "a shorter one") { $0.cursorLine == "(TX 0)>" }
        shell.terminal.resize(columns: 80, rows: 24)
        try shell.terminal.wait(for: "the whole one") { $0.cursorLine.hasSuffix("(TX, 0 queued)>") }
        try shell.type("DISCARD" + Key.enter)
        try shell.waitForLine("")
    }

    @Test("The note about awaited messages takes one row of any window")
    func readingMessages() throws {
        let shell = try ShellOnTerminal(columns: 40)
        try shell.type("SUBSCRIBE c" + Key.enter)
        try shell.terminal.wait(for: "the status") { $0.cursorLine == "Reading messages..." }
        _ = try shell.server.send("PUBLISH", "c", "hello")
        try shell.terminal.wait(for: "the message, and the status below") {
            $0.text.contains("\"hello\"") && $0.cursorLine == "Reading messages..."
        }
        #expect(shell.terminal.screen.lines.count { $0.contains("Reading") } == 1)
    }

    @Test("Settings saved to a file include aliases, and are lines whatever the reply format")
    func settings() throws {
        let shell = try ShellOnTerminal()
        try shell.enter(":alias p ECHO 1")
        try shell.enter(":format json")
        try shell.enter(":set > ~/settings")
        let path = shell.home + "/settings"
        try shell.enter("ECHO 1", andWaitFor: "\"1\"")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.hasPrefix(":set format json\n") && text.hasSuffix(":alias p ECHO 1\n"), "\(text)")
    }

    @Test("The pager is started in secure mode, so that keys meant for the prompt run no program")
    func pager() throws {
        let shell = try ShellOnTerminal(environment: ["PAGER": "sh -c 'echo secure=$LESSSECURE; tail -n 1'"])
        try shell.enter("RPUSH l " + (1...40).map { "\($0)" }.joined(separator: " "), andWaitFor: "(integer) 40")
        try shell.enter("LRANGE l 0 -1", andWaitFor: "secure=1\n40) \"40\"")
    }
}
