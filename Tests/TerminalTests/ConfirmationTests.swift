import RESP
import TestSupport
import Testing

/// The question before a very destructive command, on a cluster whose nodes have several databases.
struct ConfirmationTests {
    @Test("The question counts the keys of every affected database, summed over the masters")
    func databases() throws {
        let nodes = try [ScriptedNode(), ScriptedNode()]
        defer { for node in nodes { node.stop() } }
        let ports = nodes.map(\.port)
        for (place, node) in nodes.enumerated() {
            node.answer { request in
                switch request.text {
                case "CLUSTER COUNTKEYSINSLOT 1": .value(.integer(2))
                case "CLUSTER SHARDS": .value(ShardsReply.value(ports: ports))
                case "INFO keyspace":
                    // 10 keys in database 0 and 100 in database 7 on the first master, 1 and 3 on the second.
                    .value(
                        .bulk(
                            place == 0
                                ? "# Keyspace\r\ndb0:keys=10,expires=0,avg_ttl=0\r\ndb7:keys=100,expires=0\r\n"
                                : "# Keyspace\r\ndb0:keys=1,expires=1,avg_ttl=5\r\ndb3:keys=3,expires=0\r\n"))
                default: .ok
                }
            }
        }
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline, ["-p", ByteString("\(ports[0])")],
            environment: ["SLOTLINE_HISTFILE": "/dev/null", "SLOTLINE_RCFILE": "/dev/null", "PAGER": "cat"])
        try terminal.wait(for: "the prompt") { $0.cursorLine.hasSuffix("[2/2]>") }
        let prompt = terminal.screen.cursorLine
        let seed = "127.0.0.1:\(ports[0])"
        for (command, question) in [
            ("FLUSHALL", "FLUSHALL affects 2 masters with 114 keys."),
            ("FLUSHDB", "FLUSHDB affects 2 masters with 11 keys."),
            ("@\(seed) FLUSHALL", "FLUSHALL affects \(seed) with 110 keys."),
            ("@127.0.0.1:\(ports[1]) FLUSHDB", "FLUSHDB affects 127.0.0.1:\(ports[1]) with 1 key."),
            ("CLUSTER RESET", "CLUSTER RESET affects \(seed) with 110 keys."),
            ("CLUSTER DELSLOTS 1", "CLUSTER DELSLOTS affects \(seed) with 2 keys."),
            ("CLUSTER DELSLOTSRANGE 1 5", "CLUSTER DELSLOTSRANGE affects \(seed)."),
            ("FUNCTION FLUSH", "FUNCTION FLUSH affects 2 masters."),
            ("CLUSTER FAILOVER TAKEOVER", "CLUSTER FAILOVER affects \(seed) and may lose writes."),
        ] {
            try terminal.type(command + Key.enter)
            try terminal.wait(forCursorLine: "\(question) Continue? (y/N)")
            try terminal.type(Key.enter)
            try terminal.wait(forCursorLine: prompt)
            let name = question.prefix { !$0.isLowercase }.dropLast()
            #expect(terminal.screen.lines.dropLast().last == "\(name) was not sent.")
        }
        // A cluster refuses to swap databases.
        try terminal.type("SWAPDB 0 3" + Key.enter)
        try terminal.wait(for: "the reply") { $0.lines.suffix(2) == ["OK", prompt] }
        try terminal.type("SELECT 7" + Key.enter)
        try terminal.wait(for: "the database in the prompt") { $0.cursorLine != prompt && $0.cursorLine.hasSuffix(">") }
        try terminal.type("FLUSHDB" + Key.enter)
        try terminal.wait(forCursorLine: "FLUSHDB affects 2 masters with 100 keys. Continue? (y/N)")
        nodes[1].answer { _ in .error("NOPERM no") }
        try terminal.type(Key.enter)
        try terminal.type("FLUSHALL" + Key.enter)
        try terminal.wait(forCursorLine: "FLUSHALL affects 2 masters with at least 110 keys. Continue? (y/N)")
        nodes[1].stop()
        try terminal.type(Key.enter + "FLUSHALL" + Key.enter)
        let question =
            "FLUSHALL affects 2 masters with at least 110 keys. 127.0.0.1:\(ports[1]) does not answer and may keep its keys. "
        try terminal.wait(for: "the question about the node that is left") {
            $0.text.replacing("\n", with: " ").hasSuffix(question + "Continue? (y/N)")
        }
        try terminal.type(Key.enter + "quit" + Key.enter)
        #expect(try terminal.waitForEnd() == .exited(0))
    }

    @Test("In a transaction, what destroys is asked about once, when EXEC would execute it")
    func transaction() throws {
        let shell = try ShellOnTerminal()
        _ = try shell.server.send("SET", "k", "v")
        let prompt = "127.0.0.1:\(shell.server.port)"
        try shell.type("multi" + Key.enter + "flushall" + Key.enter + "shutdown" + Key.enter)
        // The server refuses SHUTDOWN there, and with it the block.
        try shell.terminal.wait(forText: "not allowed inside a transaction")
        try shell.type("discard" + Key.enter + "multi" + Key.enter + "flushall" + Key.enter + "get k" + Key.enter)
        try shell.type("flushall" + Key.enter)
        try shell.terminal.wait(forCursorLine: "\(prompt)(TX, 3 queued)>")
        try shell.type("exec" + Key.enter)
        try shell.terminal.wait(forCursorLine: "EXEC will execute FLUSHALL at \(prompt). Continue? (y/N)")
        try shell.type("n" + Key.enter)
        try shell.terminal.wait(forCursorLine: "\(prompt)(TX, 3 queued)>")
        #expect(shell.terminal.screen.text.contains("EXEC was not sent."))
        #expect(try shell.server.send("EXISTS", "k").integer == 1)
        try shell.type("exec" + Key.enter)
        try shell.terminal.wait(forCursorLine: "EXEC will execute FLUSHALL at \(prompt). Continue? (y/N)")
        try shell.type("y" + Key.enter)
        try shell.waitForLine("")
        #expect(try shell.server.send("EXISTS", "k").integer == 0)
        try shell.type("multi" + Key.enter + "get k" + Key.enter + "exec" + Key.enter)
        try shell.waitForLine("")
    }
}
