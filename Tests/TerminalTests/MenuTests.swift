import RESP
import TestSupport
import Testing

/// The menu of Tab, and the questions to servers for it.
struct MenuTests {
    @Test("Tab shows the candidates with a description each, keys among them, and Enter takes one")
    func keys() throws {
        let shell = try ShellOnTerminal()
        try shell.type("hg" + Key.tab)
        try shell.waitForLine("hget")
        try shell.type(Key.tab)
        try shell.terminal.wait(for: "the menu") { screen in
            screen.lines.count > 2 && screen.lines[1].hasPrefix("hget  ")
                && screen.lines[1].contains("value")
                && screen.inverseText.isEmpty
        }
        for (keys, line) in [
            (Key.tab, "hget"), (Key.down, "hgetall"), ("\u{1b}[Z", "hget"), (Key.up, shell.last(of: "hget")),
            (Key.tab + Key.tab, "hgetall"),
        ] {
            try shell.type(keys)
            try shell.terminal.wait(for: "\(line) to be selected") {
                $0.inverseText == line && $0.cursorLine == "\(shell.prompt) \(line)"
            }
        }
        try shell.type(Key.enter)
        try shell.waitForLine("hgetall", hint: "key")
        #expect(shell.terminal.screen.lines.count == 1)
    }

    @Test("Escape restores the typed text, and any other key continues from the selection")
    func ways() throws {
        let shell = try ShellOnTerminal()
        try shell.type("config re" + Key.tab + Key.tab + Key.tab)
        try shell.waitForLine("config rewrite")
        try shell.type(Key.escape)
        try shell.terminal.wait(for: "the line alone") {
            $0.lines.count == 1 && $0.cursorLineAndHint.line == "\(shell.prompt) config re"
        }
        try shell.type(Key.tab + Key.tab + " x")
        try shell.waitForLine("config resetstat x")
        #expect(shell.terminal.screen.lines.count == 1)
        try shell.type(Key.control("u") + "hget" + Key.tab)
        try shell.terminal.wait(for: "the menu") { $0.lines.count > 2 }
        try shell.type(Key.control("c"))
        try shell.waitForLine("")
        #expect(shell.terminal.screen.lines.count == 2)
    }

    @Test("A menu of more rows than fit says which it shows, and follows the selection")
    func long() throws {
        let shell = try ShellOnTerminal(columns: 60)
        try shell.type(Key.tab)
        try shell.terminal.wait(for: "the count") { $0.lines.last?.wholeMatch(of: #/1 to 11 of \d{3}/#) != nil }
        #expect(shell.terminal.screen.lines.count == 13)
        try shell.type(String(repeating: Key.tab, count: 30))
        try shell.terminal.wait(for: "the thirtieth") { screen in
            !screen.inverseText.isEmpty && screen.cursorLine == "\(shell.prompt) \(screen.inverseText)"
                && screen.lines.last?.hasPrefix("1 to") == false
        }
        try shell.type(Key.escape)
        try shell.waitForLine("")
        try shell.enter("PING", andWaitFor: "PONG")
    }

    @Test("Page Up and Page Down move by a page of the menu, and stop at its ends")
    func pages() throws {
        let shell = try ShellOnTerminal(columns: 60)
        func wait(forPageAt first: Int) throws {
            try shell.terminal.wait(for: "\(first) as the first") { $0.lines.last?.hasPrefix("\(first) to") == true }
        }
        try shell.type(Key.tab)
        try wait(forPageAt: 1)
        // The selection, 11 down, is in the middle of the 11 rows.
        try shell.type(Key.pageDown)
        try wait(forPageAt: 7)
        try shell.type(Key.pageDown)
        try wait(forPageAt: 18)
        try shell.type(Key.pageUp + Key.pageUp + Key.pageUp)
        try wait(forPageAt: 1)
        try shell.type(String(repeating: Key.pageDown, count: 60))
        try shell.terminal.wait(for: "the end") { screen in
            screen.lines.last?.wholeMatch(of: #/\d+ to (\d+) of (\d+)/#).map { $0.1 == $0.2 } ?? false
        }
        try shell.type(Key.escape)
        try shell.waitForLine("")
    }

    @Test("Candidates without a description are in columns", arguments: [80, 30])
    func columns(columns: Int) throws {
        let shell = try ShellOnTerminal(columns: columns)
        for number in 0..<8 { _ = try shell.server.send("SET", ByteString("key:\(number)"), "x") }
        try shell.type("get key:" + Key.tab)
        let row = (0..<8).map { "key:\($0)" }.prefix((columns - 1) / 7).joined(separator: "  ")
        try shell.terminal.wait(for: row) { $0.lines.dropFirst().first == row }
        try shell.type(Key.tab + Key.down)
        let below = columns > 60 ? 0 : (columns - 1) / 7
        try shell.waitForLine("get key:\(below)")
    }

    @Test("Names come from the server: settings, values, sections, users, functions, groups, fields and others")
    func serverNames() throws {
        let shell = try ShellOnTerminal()
        let server = shell.server
        _ = try server.send("XGROUP", "CREATE", "stream", "grp", "$", "MKSTREAM")
        _ = try server.send("XGROUP", "CREATECONSUMER", "stream", "grp", "worker")
        _ = try server.send("HSET", "hash", "surname", "x", "two words", "y")
        _ = try server.send("ACL", "SETUSER", "zoe")
        _ = try server.send(
            "FUNCTION", "LOAD", "#!lua name=mylib\nredis.register_function('myfunc', function() return 1 end)")
        for (typed, line) in [
            ("config get maxmemory-po", "config get maxmemory-policy |"),
            ("CONFIG SET maxmemory-policy allkeys-lf", "CONFIG SET maxmemory-policy allkeys-lfu |"),
            ("config set appendonly y", "config set appendonly yes |"),
            ("info repl", "info replication |"), ("acl getuser z", "acl getuser zoe |"),
            ("acl cat dang", "acl cat dangerous |"), ("acl setuser zoe +@dang", "acl setuser zoe +@dangerous |"),
            ("fcall my", "fcall myfunc |"), ("function delete my", "function delete mylib |"),
            ("xack stream g", "xack stream grp |"),
            ("xclaim stream grp w", "xclaim stream grp worker |"), ("hget hash su", "hget hash surname |"),
            ("hget hash tw", "hget hash \"two words\" |"),
            ("command docs config|re", "command docs config|re|"), ("command docs getra", "command docs getrange |"),
        ] {
            try shell.type(typed + Key.tab + "|")
            try shell.waitForLine(line)
            try shell.type(Key.control("u"))
            try shell.waitForLine("")
        }
    }

    @Test("The value of a setting that is a secret is neither shown nor offered")
    func secretSettings() throws {
        let shell = try ShellOnTerminal()
        _ = try shell.server.send("CONFIG", "SET", "masterauth", "hunter2")
        try shell.type("config get master" + Key.tab)
        try shell.terminal.wait(for: "the menu") { $0.lines.count > 1 && $0.text.contains("masterauth  ") }
        #expect(!shell.terminal.screen.text.contains("hunter2"))
        try shell.type(Key.escape)
        try shell.terminal.wait(for: "the line alone") { $0.lines.count == 1 }
        try shell.type(Key.control("u") + "config set masterauth " + Key.tab + "x")
        try shell.waitForLine("config set masterauth x")
    }

    @Test("No server is asked anything within a transaction, and a silent one holds up no typing")
    func questions() throws {
        let node = try ScriptedNode { request in
            switch request.text {
            case "CLUSTER SHARDS": .error("ERR This instance has cluster support disabled")
            case "COMMAND DOCS": .error("NOPERM no")
            case "ACL USERS": .silence
            default: .ok
            }
        }
        defer { node.stop() }
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline, ["-p", ByteString("\(node.port)")],
            environment: ["SLOTLINE_HISTFILE": "/dev/null", "SLOTLINE_RCFILE": "/dev/null", "PAGER": "cat"])
        let prompt = "127.0.0.1:\(node.port)>"
        try terminal.wait(forCursorLine: prompt)
        try terminal.type("acl getuser " + Key.tab + "x")
        try terminal.wait(forText: "\(prompt) acl getuser x")
        #expect(node.requests.count { $0.text == "ACL USERS" } == 1)
        try terminal.type(Key.control("u") + "multi" + Key.enter)
        try terminal.wait(forText: "(TX")
        try terminal.type("acl getuser " + Key.tab + "get k" + Key.tab + "y")
        try terminal.wait(forText: "acl getuser get ky")
        #expect(node.requests.count { $0.text == "ACL USERS" || $0.text.hasPrefix("SCAN") } == 1)
    }
}

extension ShellOnTerminal {
    /// The last of the server's commands with this beginning, in lower case.
    fileprivate func last(of begin: String) -> String {
        let names = (try? server.send("COMMAND", "LIST", "FILTERBY", "PATTERN", ByteString("\(begin)*")))?
            .elements.map(\.text)
        return names?.max() ?? ""
    }
}
