import Foundation
import RESP
import TestSupport
import Testing

/// Server events while the user types show at the prompt, and the typed text stays.
struct LivingPromptTests {
    @Test("The prompt shows that a server went away, and that it came back")
    func lostAndFound() throws {
        var server: RedisServer? = try RedisServer()
        let port = try #require(server?.port)
        let terminal = try PseudoTerminal(BuiltProduct.slotline, ["-p", ByteString("\(port)")])
        try terminal.wait(forCursorLine: "127.0.0.1:\(port)>")
        try terminal.type("get half")
        try terminal.wait(forText: "127.0.0.1:\(port)> get half")
        server?.stop()
        server = nil
        try terminal.wait(forText: "not connected> get half")
        server = try RedisServer(port: port)
        try terminal.wait(forText: "127.0.0.1:\(port)> get half")
        try terminal.type("-typed" + Key.enter)
        try terminal.wait(forText: "(nil)")
        #expect(terminal.screen.text.contains("127.0.0.1:\(port)> get half-typed"))
    }

    @Test("The prompt does not count a master that cannot be connected to, though the cluster calls it healthy")
    func masterOutOfReach() throws {
        let nodes = [try ScriptedNode(), try ScriptedNode()]
        let shards = ShardsReply.value(ports: nodes.map(\.port))
        let script: ScriptedNode.Script = { $0.text == "CLUSTER SHARDS" ? .value(shards) : .value(.integer(1)) }
        for node in nodes { node.answer(script) }
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline, ["-p", ByteString("\(nodes[0].port)"), "--no-banner"],
            environment: ["SLOTLINE_HISTFILE": "/dev/null", "SLOTLINE_RCFILE": "/dev/null"])
        try terminal.wait(for: "the prompt") { $0.cursorLine.hasSuffix("[2/2]>") }
        try terminal.type("GET foo" + Key.enter)
        try terminal.wait(forText: "(integer) 1")
        nodes[1].stop()
        try terminal.wait(for: "one master less") { $0.cursorLine.hasSuffix("[1/2]>") }
        let again = try ScriptedNode(port: nodes[1].port, script)
        try terminal.wait(for: "both masters") { $0.cursorLine.hasSuffix("[2/2]>") }
        again.stop()
    }

    @Test(
        "The prompt has a color, which the line does not inherit and which takes no width",
        arguments: [("", [31, nil]), ("1", [nil])])
    func color(noColor: String, expected: [Int?]) throws {
        var server: RedisServer? = try RedisServer()
        let port = try #require(server?.port)
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline, ["-p", ByteString("\(port)"), "--prompt-color", "red"],
            environment: ["NO_COLOR": noColor])
        try terminal.wait(forCursorLine: "127.0.0.1:\(port)>")
        #expect(terminal.screen.colorsBeforeCursor == expected)
        let long = String(repeating: "x", count: 70)
        try terminal.type(long + Key.home + "get " + Key.end + Key.left + "y")
        try terminal.wait(
            forText: "127.0.0.1:\(port)> get \(long.dropLast(long.count - 80 + 21))".prefix(80).description)
        try terminal.wait(forText: "xyx")
        server = nil
        try terminal.wait(forText: "not connected> get xxx")
        try terminal.type(Key.control("u") + Key.control("r"))
        try terminal.wait(forText: "i-search):")
        #expect(terminal.screen.colorsBeforeCursor == [nil])
    }

    @Test("The prompt has a row of its own, whatever was printed before it")
    func freshRow() throws {
        let shell = try ShellOnTerminal()
        for text in ["a", String(repeating: "b", count: 79), String(repeating: "c", count: 80)] {
            try shell.type("ECHO x | printf \(text)" + Key.enter)
            try shell.terminal.wait(forText: "\n\(text)\n\(shell.prompt)")
        }
        try shell.type(":watch 60 BLPOP l 0" + Key.enter)
        while try shell.server.send("INFO", "clients").text.contains("blocked_clients:0") {}
        try shell.type(Key.control("c"))
        try shell.waitForLine("")
    }

    @Test("A caching push appears above the line")
    func push() throws {
        let server = try RedisServer()
        let terminal = try PseudoTerminal(BuiltProduct.slotline, ["-3", "-p", ByteString("\(server.port)")])
        try terminal.wait(forCursorLine: "127.0.0.1:\(server.port)>")
        try terminal.type("client tracking on" + Key.enter)
        try terminal.wait(forText: "OK")
        try terminal.type("get watched" + Key.enter)
        try terminal.wait(forText: "(nil)")
        try terminal.type("half a line")
        try terminal.wait(forText: "> half a line")
        try server.send("SET", "watched", "1")
        try terminal.wait(forText: "invalidate")
        try terminal.wait(forCursorLine: "127.0.0.1:\(server.port)> half a line")
    }

    @Test(
        "A lost connection takes its watched keys and its transaction with it",
        arguments: [("watch a", "(WATCH)", "(WATCH lost)"), ("multi", "(TX, 0 queued)", "(TX discarded)")])
    func lostTransaction(line: String, before: String, after: String) throws {
        let server = try RedisServer()
        let terminal = try PseudoTerminal(BuiltProduct.slotline, ["-p", ByteString("\(server.port)")])
        try terminal.wait(forCursorLine: "127.0.0.1:\(server.port)>")
        try terminal.type(line + Key.enter)
        try terminal.wait(forCursorLine: "127.0.0.1:\(server.port)\(before)>")
        try server.send("CLIENT", "KILL", "TYPE", "normal")
        try terminal.wait(forCursorLine: "127.0.0.1:\(server.port)\(after)>")
        if line != "multi" { try terminal.type("multi" + Key.enter) }
        try terminal.type("exec" + Key.enter)
        try terminal.wait(forText: "None of its commands were executed")
        try terminal.wait(forCursorLine: "127.0.0.1:\(server.port)>")
    }

    @Test("A server that refuses only the database is not gone") func refusedDatabase() throws {
        let server = try RedisServer()
        try server.send("ACL", "SETUSER", "eve", "on", ">secret", "+@all", "-select")
        let terminal = try PseudoTerminal(BuiltProduct.slotline, ["-p", ByteString("\(server.port)")])
        let prompt = "127.0.0.1:\(server.port)"
        try terminal.wait(forCursorLine: "\(prompt)>")
        for line in ["SELECT 5", "AUTH eve secret"] {
            try terminal.type(line + Key.enter)
            try terminal.wait(forCursorLine: "\(prompt)[5]>")
        }
        while try server.send("CLIENT", "KILL", "USER", "eve").integer == 0 { usleep(1000) }
        // By then the shell has looked whether the server is there.
        usleep(1_000_000)
        try terminal.type("half")
        try terminal.wait(forCursorLine: "\(prompt)[5]> half")
    }

    /// A shell that shows messages, and its prompt up to what says so.
    private func shell(after command: String) throws -> (ShellOnTerminal, prompt: String) {
        let shell = try ShellOnTerminal()
        try shell.type(command + Key.enter)
        try shell.terminal.wait(forText: "Reading messages...")
        return (shell, "127.0.0.1:\(shell.server.port)")
    }

    @Test("Messages of a subscription appear above the line")
    func messages() throws {
        let (shell, prompt) = try shell(after: "subscribe news")
        try shell.server.send("PUBLISH", "news", "first")
        try shell.terminal.wait(forText: "\"first\"")
        try shell.type("unsub")
        try shell.terminal.wait(forCursorLine: "\(prompt)(subscribed mode)> unsub")
        try shell.server.send("PUBLISH", "news", "second")
        try shell.terminal.wait(forText: "\"second\"")
        try shell.terminal.wait(forCursorLine: "\(prompt)(subscribed mode)> unsub")
        try shell.type("scribe news" + Key.enter)
        try shell.waitForLine("")
    }

    @Test("The prompt tells MONITOR from a subscription")
    func monitor() throws {
        let (shell, prompt) = try shell(after: "monitor")
        try shell.type("x")
        try shell.terminal.wait(forCursorLine: "\(prompt)(monitor)> x")
    }

    @Test("A subscription whose connection was closed goes on, and the prompt shows a server that is gone")
    func restoredSubscription() throws {
        let (shell, prompt) = try shell(after: "subscribe news")
        try shell.type("x")
        try shell.terminal.wait(forCursorLine: "\(prompt)(subscribed mode)> x")
        try shell.server.send("CLIENT", "KILL", "TYPE", "pubsub")
        try shell.terminal.wait(forText: "\(prompt): no events from ")
        try shell.terminal.wait(forCursorLine: "\(prompt)(subscribed mode)> x")
        try shell.server.send("PUBLISH", "news", "again")
        try shell.terminal.wait(forText: "\"again\"")
        shell.server.stop()
        try shell.terminal.wait(forCursorLine: "not connected> x")
        let next = try RedisServer(port: shell.server.port)
        try shell.terminal.wait(forCursorLine: "\(prompt)(subscribed mode)> x")
        try next.send("PUBLISH", "news", "later")
        try shell.terminal.wait(forText: "\"later\"")
    }

    @Test("A reply shows that somebody is there again where nobody looks for the server")
    func connected() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "slotline-link-\(UUID())").path
        AtExit.run { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let link = "\(folder)/redis-cli"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: BuiltProduct.slotline)
        let port = try RedisServer().port
        let terminal = try PseudoTerminal(link, ["-p", ByteString("\(port)")])
        try terminal.wait(forCursorLine: "not connected>")
        let server = try RedisServer(port: port)
        try terminal.type("SET a 1" + Key.enter)
        try terminal.wait(forCursorLine: "127.0.0.1:\(server.port)>")
    }

    @Test("A node that is lost while messages are awaited takes one row, and none while a line is typed")
    func lostNodeOfSubscription() throws {
        let nodes = [try ScriptedNode(), try ScriptedNode()]
        let shards = ShardsReply.value(ports: nodes.map(\.port))
        for (place, node) in nodes.enumerated() {
            node.answer { request in
                switch request.arguments[0] {
                case "CLUSTER" where request.text == "CLUSTER SHARDS": .value(shards)
                case "PSUBSCRIBE" where place == 1: .close
                case "PSUBSCRIBE": .text("*3\r\n$10\r\npsubscribe\r\n$5\r\n__key\r\n:1\r\n")
                default: .value(.integer(1))
                }
            }
        }
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline, ["-p", ByteString("\(nodes[0].port)"), "--no-banner"],
            environment: ["SLOTLINE_HISTFILE": "/dev/null", "SLOTLINE_RCFILE": "/dev/null"])
        try terminal.wait(for: "the prompt") { $0.cursorLine.hasSuffix("]>") }
        try terminal.type("PSUBSCRIBE __key*" + Key.enter)
        func loseMore() throws {
            let count = nodes[1].connectionCount + 5
            try terminal.wait(for: "more lost connections") { _ in nodes[1].connectionCount >= count }
        }
        try terminal.wait(forText: "Waiting for 127.0.0.1:\(nodes[1].port)")
        try loseMore()
        #expect(terminal.screen.lines.count { $0.contains("Waiting for") } <= 1, "\(terminal.screen.text)")
        #expect(terminal.screen.lines.count { $0.contains("Reading messages") } <= 1, "\(terminal.screen.text)")
        try terminal.type("half")
        try terminal.wait(for: "the line") { $0.cursorLine.hasSuffix("half") }
        try loseMore()
        #expect(terminal.screen.cursorLine.hasSuffix("half") && !terminal.screen.text.contains("Waiting for"))
    }
}
