import Foundation
import RESP
import TestSupport
import Testing

/// Replies laid out for reading, in windows of any width.
struct ReplyLayoutTests {
    /// A cluster of six nodes and the shell on it.
    private struct Cluster {
        let terminal: PseudoTerminal
        var prompt: String

        init() throws {
            terminal = try PseudoTerminal(
                BuiltProduct.slotline, ["--playground", "--shape", "3x1"],
                environment: ["SLOTLINE_HISTFILE": "/dev/null", "SLOTLINE_RCFILE": "/dev/null", "PAGER": "cat"])
            try terminal.wait(for: "the prompt") { $0.cursorLine.hasSuffix("[3/3]>") }
            prompt = terminal.screen.cursorLine
        }

        /// Runs a line on a clean screen and returns the rows between it and the next prompt.
        func rows(of line: String) throws -> [String] {
            try terminal.type("clear" + Key.enter)
            try terminal.wait(for: "a clean screen") { $0.lines == [prompt] }
            try terminal.type(line + Key.enter)
            try terminal.wait(for: "the next prompt") { $0.cursorLine == prompt && $0.lines.count > 1 }
            return Array(terminal.screen.lines.dropFirst().dropLast())
        }
    }

    @Test("A reply that six nodes share appears once, a different one separately, an error once")
    func folding() throws {
        let cluster = try Cluster()
        #expect(try cluster.rows(of: "config set maxmemory-policy allkeys-lru") == ["6 nodes  OK"])
        let error = try cluster.rows(of: "config set nosuch 1")
        #expect(error.first == "6 nodes")
        #expect(error.dropFirst().first?.hasPrefix("(error) ERR ") == true)
        #expect(error.count { $0.contains("(error)") } == 1, "\(error)")
        let seed = String(cluster.prompt.prefix { $0 != "[" })
        #expect(try cluster.rows(of: "@\(seed) config set maxmemory-policy noeviction") == ["OK"])
        let policies = try cluster.rows(of: "config get maxmemory-policy")
        #expect(policies.count == 2)
        #expect(policies[0].hasPrefix("5 nodes  ") && policies[0].hasSuffix(#"1# "maxmemory-policy" => "allkeys-lru""#))
        #expect(policies[1].hasPrefix("\(seed)  master   1# ") && policies[1].hasSuffix(#"=> "noeviction""#))
        let settings = try cluster.rows(of: "config get maxmemory*")
        let names = settings.dropFirst().prefix { $0.contains("# ") }.compactMap {
            $0.split(separator: "\"").dropFirst().first
        }
        #expect(names.count > 2 && names == names.sorted())
        #expect(try cluster.rows(of: "ping ;json").count == 8)
        try cluster.terminal.type(":set fold off" + Key.enter)
        try cluster.terminal.wait(forCursorLine: cluster.prompt)
        #expect(try cluster.rows(of: "ping").count { $0.hasSuffix("  PONG") } == 6)
    }

    @Test("Tables fit the window and say what they leave out, at 40, 80 and 200 columns")
    func tables() throws {
        let cluster = try Cluster()
        var shownColumns: [Int] = []
        for columns in [40, 80, 200] {
            cluster.terminal.resize(columns: columns, rows: 50)
            let nodes = try cluster.rows(of: ":nodes")
            let shown = columns == 40 ? ["node", "role", "health"] : ["node", "role", "slots", "keys"]
            #expect(nodes[0].split(separator: " ").map(String.init).starts(with: shown), "\(nodes)")
            #expect(nodes[1...6].allSatisfy { $0.hasSuffix("  ok") }, "\(nodes)")
            #expect(nodes.contains { $0.hasPrefix("(not shown: ") } == (columns == 40))

            let clients = try cluster.rows(of: "client list")
            let headings = clients[0].split(separator: " ").map(String.init)
            #expect(headings.contains("cmd") && headings.contains("id"))
            shownColumns.append(headings.count)
            // Every field is a column or listed below.
            let note = clients.drop { !$0.hasPrefix("(not shown: ") }.joined(separator: " ")
            for field in ["addr", "laddr", "user", "db", "sub", "tot-mem", "omem", "resp"] {
                #expect(headings.contains(field) || note.contains(" \(field)"), "\(field) at \(columns): \(clients)")
            }
            let times = try cluster.rows(of: "time")
            #expect(times.count == 7 && times[0].split(separator: " ") == ["node", "seconds", "micros"], "\(times)")
            let slow = try cluster.rows(of: "slowlog get 1")
            #expect(columns == 40 || slow.isEmpty || slow[0].contains("time (UTC)") || slow[0].contains("empty"))
            #expect(
                clients.count { $0.hasPrefix("127.0.0.1:") && $0.hasSuffix("client|list") } >= (columns == 200 ? 0 : 6))

            let slots = try cluster.rows(of: ":slots")
            #expect(slots.contains { $0.hasPrefix("Each character is 32 slots") })
            #expect(slots[0].count == (columns == 40 ? 39 : columns == 80 ? 71 : 135))
        }
        #expect(shownColumns[0] < shownColumns[1] && shownColumns[1] < shownColumns[2])
        cluster.terminal.resize(columns: 80, rows: 24)
        try cluster.terminal.type(":set columns omem" + Key.enter)
        try cluster.terminal.wait(forCursorLine: cluster.prompt)
        #expect(try cluster.rows(of: "client list")[0].split(separator: " ") == ["node", "omem"])
    }

    @Test("Plans, diagnoses and confirmations break lines between words, even at 20 columns")
    func words() throws {
        var cluster = try Cluster()
        for columns in [40, 20] {
            cluster.terminal.resize(columns: columns, rows: 90)
            cluster.prompt = columns == 40 ? cluster.prompt : "[3/3]>"
            try cluster.terminal.wait(forCursorLine: cluster.prompt)
            // Below its name, each row begins with blanks, which a row wrapped by the terminal would not.
            let plan = try cluster.rows(of: ":explain mget a b").drop { !$0.hasPrefix("  key") }
            #expect(plan.count > 4 && plan.allSatisfy { $0.hasPrefix("  ") }, "\(plan)")
            let steps = try cluster.rows(of: ":diagnose").filter { !$0.hasPrefix("127.0.0.1:") && $0 != "cluster" }
            #expect(
                steps.last == "Nothing to change." && steps.dropLast().allSatisfy { $0.hasPrefix("  ") }, "\(steps)")
            try cluster.terminal.type("FLUSHALL" + Key.enter)
            try cluster.terminal.wait(
                forText: columns == 40
                    ? "FLUSHALL affects 3 masters with 0\nkeys. Continue? (y/N)"
                    : "FLUSHALL affects 3\nmasters with 0\nkeys. Continue?\n(y/N)")
            try cluster.terminal.type(Key.enter)
            try cluster.terminal.wait(forCursorLine: cluster.prompt)
        }
    }

    @Test("Records are tables, long strings are cut, and a format applies to one line")
    func layouts() throws {
        let shell = try ShellOnTerminal()
        _ = try shell.server.send("HSET", "h", "name", "ann")
        _ = try shell.server.send("XADD", "s", "1-1", "f", "v w")
        _ = try shell.server.send("ZADD", "z", "1", "a")
        _ = try shell.server.send("SET", "long", .init(String(repeating: "x", count: 5000)))
        try shell.enter("XRANGE s - +", andWaitFor: "id   f\n1-1  \"v w\"\n")
        try shell.enter("ZRANGE z 0 -1 WITHSCORES", andWaitFor: "member  score\na           1\n")
        try shell.enter("GET long", andWaitFor: "x\"... (4.00K of 4.88K; see :set max-value)")
        try shell.enter(":set max-value 5k")
        try shell.enter("GET long", andWaitFor: "xxx\"\n")
        try shell.enter("HGETALL h ;json", andWaitFor: "{\n  \"name\": \"ann\"\n}\n")
        try shell.enter("HGETALL h ;json | cat", andWaitFor: "\n{\"name\":\"ann\"}\n")
        try shell.enter("HGETALL h ;pretty", andWaitFor: "1) \"name\"\n2) \"ann\"\n")
        try shell.enter("HGETALL h", andWaitFor: "1# \"name\" => \"ann\"\n")
        try shell.enter("SET v \";json\"", andWaitFor: "OK")
        #expect(try shell.server.send("GET", "v").text == ";json")
        try shell.enter(":timing on")
        try shell.enter("GET v | cat", andWaitFor: "| cat\n;json\n(")
    }

    @Test("EXEC lays out each reply as for its command alone")
    func block() throws {
        let shell = try ShellOnTerminal()
        try shell.type("MULTI" + Key.enter + "RPUSH l a b" + Key.enter + "ZADD z 1 a 2 b" + Key.enter)
        try shell.type(
            "ZRANGE z 0 -1 WITHSCORES" + Key.enter + "HGETALL nosuch" + Key.enter + "LRANGE l 0 -1" + Key.enter)
        try shell.type("CONFIG GET maxmemory" + Key.enter + "LPUSH z 1" + Key.enter + "clear" + Key.enter)
        try shell.enter(
            "EXEC",
            andWaitFor: """
                1) (integer) 2
                2) (integer) 2
                3) member  score
                   a           1
                   b           2
                4) (empty array)
                5) 1) "a"
                   2) "b"
                6) 1# "maxmemory" => "0"
                7) (error) WRONGTYPE
                """)
    }

    @Test(":peek fetches no more of a key than it shows")
    func peekIsBounded() throws {
        let shell = try ShellOnTerminal()
        for field in ["a", "b", "c"] {
            _ = try shell.server.send("HSET", "h", .init(field), .init(String(repeating: "x", count: 1 << 20)))
        }
        func sent() throws -> Int {
            let text = try shell.server.send("INFO", "stats").text
            return text.split(whereSeparator: \.isNewline).compactMap {
                $0.hasPrefix("total_net_output_bytes:") ? Int($0.dropFirst(23)) : nil
            }.first ?? 0
        }
        let before = try sent()
        try shell.enter(":peek h", andWaitFor: "(256B of 1.00M)")
        #expect(try sent() - before < 100_000)
        try shell.enter("RPUSH l 1 2 3 4 5", andWaitFor: "(integer) 5")
        try shell.enter(":peek l 2", andWaitFor: "1) \"1\"\n2) \"2\"\n... 3 more\n")
        try shell.enter(":peek l -2", andWaitFor: "... 3 before\n4) \"4\"\n5) \"5\"\n")
        try shell.enter(":peek l x", andWaitFor: "a number of elements from 1 to 1000")
        try shell.enter(":peek h -2", andWaitFor: "\"h\" has no last elements: its type, hash, has no order.")
    }
}
