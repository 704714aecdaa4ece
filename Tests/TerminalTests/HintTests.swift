import RESP
import TestSupport
import Testing

/// Hints in gray after the cursor.
struct HintTests {
    @Test("The hint shrinks while arguments are typed, and is gone when the line is entered")
    func shrinks() throws {
        let shell = try ShellOnTerminal()
        try shell.type("set")
        // It ends at a word, and names the key that shows the rest.
        try shell.waitForLine("set", hint: " key value [NX|XX] [GET] [EX seconds|PX … (Alt-H)")
        try shell.type(" k v ex ")
        try shell.waitForLine("set k v ex", hint: "seconds [NX|XX] [GET]")
        try shell.type("10 ")
        try shell.waitForLine("set k v ex 10", hint: "[NX|XX] [GET]")
        try shell.enter("xx get", andWaitFor: "(nil)")
        #expect(shell.terminal.screen.text == "\(shell.prompt) set k v ex 10 xx get\n(nil)\n\(shell.prompt)")
    }

    @Test("A hint stays out of the way of the keys that edit")
    func editing() throws {
        let shell = try ShellOnTerminal()
        try shell.type("lrange k")
        try shell.waitForLine("lrange k", hint: " start stop")
        for keys in [Key.left, Key.home] {
            try shell.type(keys)
            try shell.waitForLine("lrange k", hint: "")
            try shell.type(Key.end)
            try shell.waitForLine("lrange k", hint: " start stop")
        }
        try shell.type(Key.control("w") + Key.control("w") + "llen")
        try shell.waitForLine("llen", hint: " key")
        try shell.type(Key.control("u"))
        try shell.waitForLine("", hint: "")
        try shell.type("get")
        try shell.waitForLine("get", hint: " key")
        try shell.type(Key.control("c"))
        try shell.waitForLine("")
        #expect(shell.terminal.screen.text.contains("\(shell.prompt) get^C\n\(shell.prompt)"))
    }

    @Test("Hints know targets, subcommands and shell commands")
    func subjects() throws {
        let shell = try ShellOnTerminal()
        for (line, hint) in [
            ("@all config get ", "parameter [parameter ...]"), ("5 incrby k ", "increment"),
            (":watch 2 hget ", "key field"), (":watch ", "[SECONDS] COMMAND ..."),
            ("object ", "ENCODING|FREQ|HELP|IDLETIME|REFCOUNT"), ("connect localhost ", "[PORT]"), ("nosuchword ", ""),
            (":set format ", "[VALUE]"), ("help config SET", ""),
            ("get k extra ", ""), ("get k | gr", ""), ("hset \"a b", "\" field value [field value ...]"),
            ("setex 'a", "' seconds value"), ("setex 'a' \"", "\" value"), ("get \"a", ""),
            ("mget a b ;js", ""), ("mget a b ;json", ""), ("mget a b ;json ", ""), ("mget a \";json\" ", "[key ...]"),
        ] {
            try shell.type(line)
            try shell.waitForLine(line.hasSuffix(" ") ? String(line.dropLast()) : line, hint: hint)
            try shell.type(Key.control("u"))
            try shell.waitForLine("", hint: "")
        }
    }

    @Test("While a word may still be either of two values, both are shown")
    func ambiguous() throws {
        let shell = try ShellOnTerminal()
        try shell.type("auth secret")
        try shell.waitForLine("auth secret", hint: " [username] password")
        try shell.type(" ")
        try shell.waitForLine("auth secret", hint: "password")
    }

    @Test("A hint whose first word does not fit is shown in the next row")
    func below() throws {
        let shell = try ShellOnTerminal(columns: 40)
        try shell.type("set a 1" + Key.enter + "xgroup createconsumer ")
        try shell.terminal.wait(forText: "\(shell.prompt) xgroup createconsumer\nkey groupname consumername")
        #expect(shell.terminal.screen.cursorLine == "\(shell.prompt) xgroup createconsumer")
        try shell.type(Key.control("u") + "get ")
        try shell.waitForLine("get", hint: "key")
        #expect(shell.terminal.screen.lines.count == 3)
    }

    @Test("A hint never wraps: it is cut at the end of the row, and is back in the next")
    func narrow() throws {
        let shell = try ShellOnTerminal(columns: 40)
        try shell.type("hset key")
        let room = 40 - shell.prompt.count - " hset key".count - 1
        try shell.waitForLine("hset key", hint: " field value [field value ...]".prefix(room - 1) + "…")
        let value = String(repeating: "x", count: 40)
        try shell.type(" " + value)
        try shell.terminal.wait(for: "the hint in the next row") {
            $0.row == 1 && $0.cursorLineAndHint.hint.hasPrefix(" value")
        }
        #expect(shell.terminal.screen.lines[0].hasSuffix("xxx"))
    }

    @Test("There are no hints in a search, and they are back after it")
    func search() throws {
        let shell = try ShellOnTerminal(history: "lrange old 0\n")
        try shell.type(Key.control("r") + "old")
        try shell.terminal.wait(forText: "(reverse-i-search): lrange old 0")
        #expect(!shell.terminal.screen.text.contains("stop"))
        try shell.type(Key.control("e"))
        try shell.waitForLine("lrange old 0", hint: " stop")
    }

    @Test("Hints work with vi keys")
    func viKeys() throws {
        let shell = try ShellOnTerminal(editrc: "bind -v\n")
        try shell.type("getrange k")
        try shell.waitForLine("getrange k", hint: " start end")
        try shell.type(Key.escape)
        try shell.waitForLine("getrange k", hint: "")
        try shell.type("a 1")
        try shell.waitForLine("getrange k 1", hint: " end")
    }

    @Test("Hints can be switched off, and are not shown on a terminal that cannot move its cursor")
    func switchedOff() throws {
        let shell = try ShellOnTerminal()
        try shell.enter(":set hints off")
        try shell.type("get ")
        try shell.waitForLine("get", hint: "")
        try shell.type(Key.control("u") + ":set hints on" + Key.enter + "get ")
        try shell.waitForLine("get", hint: "key")

        let dumb = try ShellOnTerminal(environment: ["TERM": "dumb"])
        try dumb.type("get ")
        try dumb.waitForLine("get", hint: "")
    }

    @Test("Without colors a hint is faint")
    func withoutColor() throws {
        let shell = try ShellOnTerminal(environment: ["NO_COLOR": "1"])
        try shell.type("get ")
        try shell.terminal.wait(forCursorLine: "\(shell.prompt) get key")
    }
}
