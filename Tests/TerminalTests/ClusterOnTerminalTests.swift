import Commands
import Foundation
import RESP
import TestSupport
import Testing

/// The shell on a cluster, in a window of 80 columns.
struct ClusterOnTerminalTests {
    @Test("Nodes, slots and lists of many nodes fit the window")
    func overview() throws {
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline, ["--playground", "--shape", "3x1"],
            environment: ["SLOTLINE_HISTFILE": "/dev/null", "SLOTLINE_RCFILE": "/dev/null", "PAGER": "cat"])
        try terminal.wait(for: "the prompt") { $0.cursorLine.hasSuffix("[3/3]>") }
        let prompt = terminal.screen.cursorLine

        /// Runs a line on a clean screen and returns the rows between it and the next prompt.
        func rows(of line: String) throws -> [String] {
            try terminal.type("clear" + Key.enter)
            try terminal.wait(for: "a clean screen") { $0.lines == [prompt] }
            try terminal.type(line + Key.enter)
            try terminal.wait(for: "the next prompt") { $0.cursorLine == prompt && $0.lines.count > 1 }
            return Array(terminal.screen.lines.dropFirst().dropLast())
        }

        let nodes = try rows(of: ":nodes")
        #expect(nodes.count == 8)
        #expect(nodes[0].hasPrefix("node") && nodes[0].hasSuffix("health"))
        #expect(nodes[1...6].allSatisfy { $0.hasSuffix("  ok") })
        #expect(nodes[7].contains("3 masters  16384") && nodes[7].hasSuffix("all slots ok"))

        let slots = try rows(of: ":slots")
        #expect(slots.count == 14)
        #expect(slots[0] == "    0  " + String(repeating: "A", count: 64))
        #expect(slots[8] == "Each character is 32 slots.")
        #expect(slots[13].hasPrefix("C  "))

        // There are no colors in a file.
        let picture = "/tmp/slotline-test-\(ProcessInfo.processInfo.processIdentifier).slots"
        defer { try? FileManager.default.removeItem(atPath: picture) }
        try terminal.type(":slots > \(picture)" + Key.enter)
        try terminal.wait(forText: "> \(picture)\n\(prompt)")
        #expect(try String(contentsOfFile: picture, encoding: .utf8).hasPrefix("    0  AAAA"))

        let clients = try rows(of: "client list")
        #expect(clients[0].hasPrefix("node") && clients[0].hasSuffix("cmd"))
        #expect(clients.count { $0.hasSuffix("client|list") } == 6)
        #expect(clients.contains { $0.hasPrefix("(not shown: ") })

        // One key on each master, the second of them on the seed.
        for key in ["a", "b", "c"] {
            try terminal.type("SET \(key) v" + Key.enter)
            try terminal.wait(forText: "SET \(key) v\nOK\n\(prompt)")
        }
        let seed = prompt.prefix { $0 != "[" }
        for (command, question) in [
            ("FLUSHALL", "FLUSHALL affects 3 masters with 3 keys. Continue? (y/N)"),
            ("FLUSHDB", "FLUSHDB affects 3 masters with 3 keys. Continue? (y/N)"),
            ("CLUSTER RESET", "CLUSTER RESET affects \(seed) with 1 key. Continue? (y/N)"),
        ] {
            try terminal.type(command + Key.enter)
            try terminal.wait(forCursorLine: question)
            try terminal.type(Key.enter)
            try terminal.wait(forCursorLine: prompt)
        }

        // At the prompt, a line that was not queued can be retyped; in a file there is no one to do so.
        let file = FileManager.default.temporaryDirectory.appending(path: "slotline-test-\(UUID())").path
        try "GET \"open\n".write(toFile: file, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        for (line, ending) in [("GET {k}a", "2) \"1\""), (":source \(file)", "EXECABORT")] {
            try terminal.type("clear" + Key.enter)
            try terminal.wait(for: "a clean screen") { $0.lines == [prompt] }
            let slot = HashSlot(key: "{k}").number
            for typed in ["MULTI", "SET {k}a 1", "GET other", "@nowhere GET {k}a", line] {
                try terminal.type(typed + Key.enter)
                let count = typed == "GET {k}a" ? 2 : 1
                try terminal.wait(for: "the prompt of a transaction") { screen in
                    let row = screen.cursorLine
                    return switch typed {
                    case "MULTI": row.hasSuffix("](TX, 0 queued)>")
                    case line where typed.hasPrefix(":"): row.hasSuffix("](TX discarded)>")
                    default: row.hasSuffix("](TX slot \(slot), \(count) queued)>")
                    }
                }
            }
            try terminal.type("EXEC" + Key.enter)
            try terminal.wait(forCursorLine: prompt)
            #expect(terminal.screen.text.contains(ending))
        }
        try terminal.type("clear" + Key.enter)
        try terminal.wait(for: "a clean screen") { $0.lines == [prompt] }

        try terminal.type("@" + Key.tab)
        try terminal.wait(for: "all nodes") { screen in
            nodes[1...6].allSatisfy { screen.text.contains("@\($0.prefix { $0 != " " })") }
        }
        try terminal.type(Key.control("u") + "quit" + Key.enter)
        #expect(try terminal.waitForEnd() == .exited(0))
    }
}
