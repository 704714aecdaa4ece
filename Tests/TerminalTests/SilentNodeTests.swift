import RESP
import TestSupport
import Testing

/// A server that accepts connections and never answers.
struct SilentNodeTests {
    @Test("After a second, the terminal shows which node is waited for; Ctrl-C ends the wait")
    func shell() throws {
        let node = try ScriptedNode { _ in .silence }
        let terminal = try PseudoTerminal(BuiltProduct.slotline, ["-p", ByteString("\(node.port)")])
        try terminal.wait(forCursorLine: "not connected>")
        try terminal.type("GET k" + Key.enter)
        try terminal.wait(forText: "Waiting for 127.0.0.1:\(node.port) (Ctrl-C to give up)")
        try terminal.type(Key.control("c"))
        try terminal.wait(forCursorLine: "not connected>")
        #expect(!terminal.screen.text.contains("Waiting for"))
    }

    @Test("A single command shows it too, and Ctrl-C ends it")
    func oneShot() throws {
        let node = try ScriptedNode { _ in .silence }
        let terminal = try PseudoTerminal(BuiltProduct.slotline, ["-p", ByteString("\(node.port)"), "GET", "k"])
        try terminal.wait(forText: "Waiting for 127.0.0.1:\(node.port) (Ctrl-C to give up)")
        try terminal.type(Key.control("c"))
        #expect(try terminal.waitForEnd() != .exited(0))
    }

    @Test("A blocking command may be silent, even as the first that a node gets")
    func blocking() throws {
        let server = try RedisServer()
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline, ["-p", ByteString("\(server.port)"), "BLPOP", "q", "1.3"])
        var wasTold = false
        try terminal.wait(for: "the reply") { screen in
            wasTold = wasTold || screen.text.contains("Waiting for")
            return screen.text.contains("(nil)")
        }
        #expect(!wasTold)
    }

    @Test("A slow command at a node that has answered before gets no note")
    func slow() throws {
        let shell = try ShellOnTerminal()
        try shell.type("BLPOP q 1.3" + Key.enter)
        // The time it took is shown with the reply.
        try shell.terminal.wait(for: "the time of the reply") { $0.text.contains(#/\(\d+\.\d\ds\)/#) }
        #expect(!shell.terminal.screen.text.contains("Waiting for"))
    }
}
