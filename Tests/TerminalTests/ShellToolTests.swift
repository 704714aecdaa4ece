import Foundation
import RESP
import TestSupport
import Testing

/// Shell commands that show or repeat things, seen on the screen.
struct ShellToolTests {
    @Test("In place of redis-cli, an operator is a value")
    func dropIn() throws {
        let server = try RedisServer()
        let link = server.path("redis-cli")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: BuiltProduct.slotline)
        let terminal = try PseudoTerminal(
            link, ["-p", ByteString("\(server.port)")],
            environment: ["REDISCLI_HISTFILE": "/dev/null", "REDISCLI_RCFILE": "/dev/null"])
        let prompt = "127.0.0.1:\(server.port)>"
        try terminal.wait(forCursorLine: prompt)
        try terminal.type("SET > |" + Key.enter)
        try terminal.wait(forText: "OK\n\(prompt)")
        #expect(try server.send("GET", ">").byteString == "|")
        // Help does not list such operators either, nor topics and words that only slotline has.
        try terminal.type("clear" + Key.enter + "help" + Key.enter)
        try terminal.wait(forText: "runs it five times\n\(prompt)")
        #expect(terminal.screen.text.contains("Around a command (try @masters dbsize)\n"))
        try terminal.type("clear" + Key.enter + ":nodes" + Key.enter)
        try terminal.wait(forText: "unknown redis-cli internal command ':nodes'\n\(prompt)")
    }

    @Test("The line of --latency is cut to a narrow window, in which it is rewritten")
    func narrowLatency() throws {
        let server = try RedisServer()
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline, ["-p", ByteString("\(server.port)"), "--latency"], columns: 30)
        for _ in 0..<3 {
            try terminal.wait(for: "a cut line") { $0.cursorLine.hasPrefix("min: ") && $0.cursorLine.count == 29 }
            let line = terminal.screen.cursorLine
            try terminal.wait(for: "another one") { $0.cursorLine != line }
        }
        #expect(terminal.screen.lines.count == 1)
    }

    @Test("The progress of a load leaves nothing behind in a narrow window")
    func narrowProgress() throws {
        let server = try RedisServer()
        let file = server.path("commands")
        try String(repeating: "SET k v\n", count: 150).write(toFile: file, atomically: true, encoding: .utf8)
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline,
            ["-p", ByteString("\(server.port)"), "--pipe", "--rate", "50", "--file", ByteString(file)], columns: 30)
        try terminal.wait(for: "two rows") { $0.lines.count == 2 && $0.text.contains("commands  ") }
        #expect(try terminal.waitForEnd() == .exited(0))
        #expect(!terminal.screen.text.contains("commands  "), "\(terminal.screen.text)")
    }

    @Test(
        "In place of redis-cli and valkey-cli, their files are read and written",
        arguments: [("redis-cli", ".rediscli"), ("valkey-cli", ".valkeycli")])
    func dropInFiles(program: String, name: String) throws {
        let server = try RedisServer()
        let link = server.path(program)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: BuiltProduct.slotline)
        let home = server.path("home")
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        try ":set nohints\n".write(toFile: "\(home)/\(name)rc", atomically: true, encoding: .utf8)
        let terminal = try PseudoTerminal(link, ["-p", ByteString("\(server.port)")], environment: ["HOME": home])
        let prompt = "127.0.0.1:\(server.port)>"
        try terminal.wait(forCursorLine: prompt)
        try terminal.type("GET ")
        try terminal.wait(for: "a line without a hint") { $0.cursorLineAndHint == ("\(prompt) GET", "") }
        try terminal.type("k" + Key.enter)
        try terminal.wait(forText: "(nil)")
        #expect(try String(contentsOfFile: "\(home)/\(name)_history", encoding: .utf8) == "GET k\n")
    }

    @Test("Preferences without a value show the current setting, as it would be typed")
    func preferences() throws {
        let shell = try ShellOnTerminal(columns: 120)
        try shell.enter(":timing", andWaitFor: ":set timing off")
        try shell.enter(":set hints", andWaitFor: ":set hints on")
        try shell.enter(":set strict on")
        try shell.enter(":unblock", andWaitFor: "watch): none")
        #expect(!shell.terminal.screen.text.contains(":unset"))
        try shell.enter(":set unblock script_kill")
        try shell.enter(":set unblock", andWaitFor: ":set unblock script_kill")
        try shell.enter(":set", andWaitFor: ":set read-only off")
        try shell.type("clear" + Key.enter)
        try shell.terminal.wait(for: "a clean screen") { $0.lines == [shell.prompt] }
        try shell.enter(":format csv")
        try shell.enter(":format", andWaitFor: "\"format\",\"csv\"")
        try shell.enter(":format ;raw", andWaitFor: ":set format csv")
        try shell.enter(":set max-value 4k")
        try shell.enter(":set columns id,addr")
        let file = "\(shell.home)/saved"
        try shell.enter(":set > ~/saved")
        let saved = try String(contentsOfFile: file, encoding: .utf8)
        for line in [
            ":set format csv", ":set strict on", ":set max-value 4096", ":set columns id,addr", ":set fold on",
        ] {
            #expect(saved.contains(line + "\n"), "\(saved)")
        }
    }

    @Test("A failure that keeps a command from its reply is reported once, whatever the format")
    func failuresUnderJSON() throws {
        let shell = try ShellOnTerminal()
        try shell.enter(":format json")
        try shell.enter(":nosuch", andWaitFor: "Unknown shell command \":nosuch\".")
        #expect(!shell.terminal.screen.text.contains("{\"error\""))
        try shell.enter("LPUSH k", andWaitFor: "{\"error\":\"ERR wrong number of arguments for 'lpush' command\"}")
        try shell.enter(":nosuch | cat", andWaitFor: "Unknown shell command \":nosuch\".")
    }

    @Test("Help knows the shell commands")
    func helpOnWords() throws {
        let shell = try ShellOnTerminal()
        try shell.enter("help :peek", andWaitFor: "  :peek KEY")
        try shell.enter(":help queue", andWaitFor: "  :queue\n")
        try shell.enter(":help watch", andWaitFor: "\n  See also: help :watch\n")
    }

    @Test("Help on a group shows the server's summary of each command")
    func helpOnGroup() throws {
        let shell = try ShellOnTerminal()
        try shell.enter(
            "help @hyperloglog",
            andWaitFor: "  PFADD key [element [element ...]]\n    Adds ")
        try shell.enter("help @slotline", andWaitFor: "  SCAN_ITER ")
    }

    @Test("The pager shows only output that is taller than the window")
    func pager() throws {
        let shell = try ShellOnTerminal(environment: ["PAGER": "sed 's/^/paged /'"])
        _ = try shell.server.send(["RPUSH", "short"] + (1...10).map { ByteString("\($0)") })
        _ = try shell.server.send(["RPUSH", "long"] + (1...100).map { ByteString("\($0)") })
        try shell.enter("LRANGE short 0 -1", andWaitFor: "10) \"10\"")
        #expect(!shell.terminal.screen.text.contains("paged"))
        try shell.enter("LRANGE long 0 -1", andWaitFor: "paged 100) \"100\"")
        #expect(shell.terminal.screen.lines.dropLast().allSatisfy { $0.hasPrefix("paged ") })
        try shell.enter(":set pager off")
        try shell.enter("LRANGE long 0 -1", andWaitFor: "\n100) \"100\"")
        try shell.enter(":set pager no-such-pager")
        try shell.enter("LPOP long 60", andWaitFor: "\n60) \"60\"")
        _ = try shell.server.send(["LPUSH", "long"] + (1...60).map { ByteString("\($0)") })
        try shell.enter(":set pager cat -E")
        try shell.enter("LRANGE long 0 -1", andWaitFor: "100) \"100\"$")
        try shell.enter(":set pager off")
        try shell.enter("help ping", andWaitFor: "PING [message]")
        try shell.enter("LRANGE long 0 -1 | tail -n 1", andWaitFor: "\n100\n")
    }

    @Test("The pager shows the report of :diagnose too")
    func pagedDiagnosis() throws {
        let shell = try ShellOnTerminal(environment: ["PAGER": "sed 's/^/paged /'"])
        shell.terminal.resize(columns: 80, rows: 5)
        try shell.enter(":diagnose", andWaitFor: "paged Nothing to change.")
    }

    /// A program started from Python or as a service may have SIGPIPE ignored.
    @Test("Programs that slotline starts get normal signals, whichever it ignores, and leave nothing behind")
    func pagerWithIgnoredSignals() throws {
        let server = try RedisServer()
        _ = try server.send(["RPUSH", "long"] + (1...100).map { ByteString("\($0)") })
        let pager = "sed 's/^/paged /'; grep -E 'Sig(Ign|Blk)' /proc/self/status"
        let terminal = try PseudoTerminal(
            "/bin/sh",
            ["-c", ByteString("trap '' PIPE INT QUIT; exec \(BuiltProduct.slotline) -p \(server.port)")],
            environment: ["PAGER": pager])
        let prompt = "127.0.0.1:\(server.port)>"
        try terminal.wait(forCursorLine: prompt)
        let descriptors = "/proc/\(terminal.process.processIdentifier)/fd"
        let count = try FileManager.default.contentsOfDirectory(atPath: descriptors).count
        for command in ["LRANGE long 0 -1", "LRANGE long 0 -1 | \(pager)"] {
            for _ in 0..<3 {
                try terminal.type("clear" + Key.enter)
                try terminal.wait(for: "a clean screen") { $0.lines == [prompt] }
                try terminal.type(command + Key.enter)
                try terminal.wait(for: "the next prompt") { $0.cursorLine == prompt && $0.text.contains("SigIgn:") }
                let lines = terminal.screen.lines.dropLast()
                #expect(lines.contains { $0.hasPrefix("paged ") && $0.contains("100") })
                // Signals 32 and 33 belong to glibc.
                let masks = lines.suffix(2).map { UInt64($0.suffix(16), radix: 16).map { $0 & 0x7fff_ffff } }
                #expect(masks == [0, 0])
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: descriptors).count == count)
        let children = "/proc/\(terminal.process.processIdentifier)/task/\(terminal.process.processIdentifier)/children"
        #expect(try String(contentsOfFile: children, encoding: .utf8) == "")
    }

    @Test("A pager that ends early ends the output, and the shell continues")
    func pagerEndsEarly() throws {
        let shell = try ShellOnTerminal(environment: ["PAGER": "head -n 2"])
        for start in stride(from: 0, to: 20_000, by: 1000) {
            _ = try shell.server.send(["MSET"] + (start..<start + 1000).flatMap { [ByteString("k\($0)"), "v"] })
        }
        try shell.type("SCAN_ITER COUNT 1000" + Key.enter)
        try shell.terminal.wait(for: "two keys and the prompt") {
            $0.lines.count == 4 && $0.cursorLineAndHint.line == shell.prompt
        }
        try shell.enter("PING", andWaitFor: "PONG")
    }

    @Test("Ctrl-C in the pager leads back to the prompt, and text typed after it is kept")
    func pagerInterrupted() throws {
        // A single process, which shows that it runs and then only waits for the signal.
        let page = FileManager.default.temporaryDirectory.appending(path: "slotline-page-\(UUID())").path
        try "in the pager\n".write(toFile: page, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: page) }
        let shell = try ShellOnTerminal(environment: ["PAGER": "tail -f \(page)"])
        try shell.type("INFO" + Key.enter)
        try shell.terminal.wait(forText: "in the pager")
        try shell.enter(Key.control("c") + "PING", andWaitFor: "PONG")
    }

    @Test(":watch repeats a command on a clean screen until a key is pressed")
    func watch() throws {
        let shell = try ShellOnTerminal()
        let erasures = shell.terminal.screen.erasures
        try shell.type(":watch 0.05 INCR n" + Key.enter)
        try shell.terminal.wait(forText: "Every 0.05 s: INCR n (any key stops)\n(integer) 4")
        #expect(shell.terminal.screen.lines.count == 2)
        // Any more often, and terminals that keep erased text would fill up with it.
        #expect(shell.terminal.screen.erasures == erasures + 1)
        try shell.type("x")
        try shell.waitForLine("")
        let count = try shell.server.send("GET", "n").integer
        try shell.enter("PING", andWaitFor: "PONG")
        #expect(try shell.server.send("GET", "n").integer == count)
        _ = try shell.server.send("RPUSH", "l", "1", "2", "3")
        try shell.type(":watch 0.05 LPOP l" + Key.enter)
        try shell.terminal.wait(for: "the end of the list, and nothing else") {
            $0.lines == ["Every 0.05 s: LPOP l (any key stops)", "(nil)"]
        }
        try shell.type("x")
        try shell.waitForLine("")
        try shell.type(":watch 0.05 INFO" + Key.enter)
        try shell.terminal.wait(for: "the heading over a full screen") {
            $0.lines.first?.hasPrefix("Every 0.05 s: INFO (rows 1-23 of ") == true && $0.lines.count == 24
        }
        try shell.type(Key.down)
        try shell.terminal.wait(for: "the next row") { $0.lines.first?.contains("(rows 2-24 of ") == true }
        try shell.type(Key.control("c"))
        try shell.enter("PING", andWaitFor: "PONG")
        try shell.type(":watch dbsize" + Key.enter)
        try shell.terminal.wait(forText: "Every 2 s: dbsize (any key stops)\n(integer) 1")
        try shell.type("x")
        try shell.waitForLine("")
        try shell.enter(":watch 1 multi", andWaitFor: "a command that does not change the session")
        try shell.type("multi" + Key.enter + ":watch 1 incr n" + Key.enter)
        try shell.terminal.wait(forText: ":watch cannot run in a transaction")
        try shell.type("discard" + Key.enter)
        try shell.waitForLine("")
    }

    @Test(":watch ends when the user does not confirm its command", arguments: [Key.enter, Key.control("c")])
    func declinedWatch(answer: String) throws {
        let shell = try ShellOnTerminal()
        try shell.enter("SET k v", andWaitFor: "OK")
        try shell.type(":watch 0.05 FLUSHALL" + Key.enter)
        try shell.terminal.wait(
            forCursorLine: "FLUSHALL affects 127.0.0.1:\(shell.server.port) with 1 key. Continue? (y/N)")
        try shell.type(answer)
        try shell.waitForLine("")
        #expect(shell.terminal.screen.text.hasSuffix("FLUSHALL was not sent.\n\(shell.prompt)"))
        try shell.enter("GET k", andWaitFor: "\"v\"")
    }

    @Test("Colors and multi-byte characters take no extra room in the window")
    func room() throws {
        let shell = try ShellOnTerminal()
        let value = ByteString(String(repeating: "é", count: 60))
        _ = try shell.server.send(["RPUSH", "l"] + Array(repeating: value, count: 20))
        try shell.type(":watch 60 LRANGE l 0 -1" + Key.enter)
        try shell.terminal.wait(forText: "20) \"é")
        try shell.type("x")
        try shell.waitForLine("")
    }

    @Test("Keys that arrive together each scroll :watch")
    func keysTogether() throws {
        let shell = try ShellOnTerminal()
        _ = try shell.server.send(["RPUSH", "l"] + (1...60).map { ByteString("\($0)") })
        try shell.type(":watch 60 LRANGE l 0 -1" + Key.enter)
        try shell.terminal.wait(forText: "(rows 1-")
        try shell.type("\u{1b}[B\u{1b}OB \u{1b}[A")
        try shell.terminal.wait(forText: "(rows 25-")
        try shell.type("\u{1b}[Bx")
        try shell.waitForLine("")
    }

    @Test("Aliases stand for other words, even in the preferences file")
    func aliases() throws {
        let shell = try ShellOnTerminal(preferences: "alias speak ECHO\n")
        try shell.enter("speak hello", andWaitFor: "\"hello\"")
        try shell.enter(":unalias speak")
        try shell.enter(":alias", andWaitFor: "There are no aliases. :alias NAME COMMAND defines one.")
        try shell.enter(":alias speak ECHO")
        try shell.enter(":alias p :peek")
        try shell.enter("SET k v", andWaitFor: "OK")
        try shell.enter("p k", andWaitFor: "type     string, encoded as embstr")
        try shell.type("spea" + Key.tab)
        try shell.waitForLine("speak", hint: "message")
        try shell.type(Key.control("u"))
        try shell.enter(":alias", andWaitFor: ":alias p :peek\n:alias speak ECHO\n")
        try shell.enter(
            ":alias get :peek", andWaitFor: "\"get\" is also a command, which the alias hides: GET still runs it.")
        try shell.enter("GET k", andWaitFor: "\"v\"")
        try shell.enter("GET", andWaitFor: "(error) ERR wrong number of arguments for 'get' command\nUsage: GET key\n")
        try shell.enter(":alias two ECHO $1", andWaitFor: "Aliases take no parameters: \"$1\" is sent as it is")
        try shell.enter(":unalias get")
        let refusal = "would stand for itself, directly or by way of others."
        try shell.enter(":alias one one", andWaitFor: "The alias \"one\" \(refusal)")
        try shell.enter(":alias one other")
        try shell.enter(":alias other one", andWaitFor: "The alias \"other\" \(refusal)")
        try shell.enter("other a", andWaitFor: "unknown command 'other'")
        try shell.enter(":unalias two")
        try shell.enter(":alias sec AUTH")
        try shell.enter("sec hunter2", andWaitFor: "ERR")
        #expect(try !shell.historyFile.contains("hunter2"))
    }

    @Test("A mistake in the preferences file is reported with its line, and no option is blamed for typed commands")
    func mistakes() throws {
        let shell = try ShellOnTerminal(preferences: "# mine\nset hints maybe\nnosuch\n", columns: 200)
        let text = shell.terminal.screen.text
        #expect(text.contains(".slotlinerc:2: hints expects on or off, not \"maybe\"."))
        #expect(text.contains(".slotlinerc:3: Unknown shell command \":nosuch\"."))
        try shell.enter(":watch 0 PING", andWaitFor: ":watch expects a number of seconds above 0, not \"0\".")
        try shell.enter("connect localhost x", andWaitFor: "connect expects a port from 1 to 65535, not \"x\".")
        try shell.type("connect 127.0.0.1 1" + Key.enter)
        try shell.terminal.wait(forText: "The shell stays connected to 127.0.0.1:\(shell.server.port).")
    }

    @Test("A reply goes to one file; a name with blanks has quotes")
    func redirection() throws {
        let shell = try ShellOnTerminal()
        let file = "\(shell.home)/a file"
        try shell.enter("ECHO one > \"\(file)\"", andWaitFor: "a file\"\n")
        try shell.enter("ECHO two >> '~/a file'", andWaitFor: "a file'\n")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "one\ntwo\n")
        try shell.enter("ECHO three > \(file)", andWaitFor: "Usage: COMMAND > FILE (quote a name with")
        try shell.enter("ECHO three >", andWaitFor: "Usage: COMMAND > FILE ")
        try shell.enter("ECHO three | ", andWaitFor: "Usage: COMMAND | SHELL COMMAND")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "one\ntwo\n")
    }

    @Test("An error reply to a line whose reply goes to a file or a program is reported once, and is data in JSON")
    func redirectedError() throws {
        let shell = try ShellOnTerminal()
        try shell.enter("SET k v", andWaitFor: "OK")
        try shell.enter("LPUSH k x | cat", andWaitFor: "WRONGTYPE Operation")
        #expect(shell.terminal.screen.text.ranges(of: "WRONGTYPE").count == 1)
        let message = "ERR wrong number of arguments for 'get' command"
        try shell.enter("GET > ~/f", andWaitFor: "\(message)\nUsage: GET key\n")
        #expect(!FileManager.default.fileExists(atPath: "\(shell.home)/f"))
        try shell.enter("GET ;json > ~/f", andWaitFor: "\(message)\nUsage: GET key\n")
        #expect(try String(contentsOfFile: "\(shell.home)/f", encoding: .utf8) == "{\"error\":\"\(message)\"}\n")
    }

    @Test("A file keeps what it held when a line has nothing to put there")
    func nothingToRedirect() throws {
        let shell = try ShellOnTerminal()
        let file = "\(shell.home)/f"
        try "kept\n".write(toFile: file, atomically: true, encoding: .utf8)
        try shell.enter(":nods > ~/f", andWaitFor: "Did you mean :nodes?")
        try shell.enter("GET > ~/f", andWaitFor: "Usage: GET key\n")
        try shell.type("FLUSHALL > ~/f" + Key.enter)
        try shell.terminal.wait(forText: "Continue? (y/N)")
        try shell.enter("n", andWaitFor: "FLUSHALL was not sent.")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "kept\n")
        try shell.enter("ECHO 1 > ~/f", andWaitFor: "~/f\n\(shell.prompt)")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "1\n")
    }

    @Test("A format after SUBSCRIBE is that of its messages, until Ctrl-C")
    func formatOfStream() throws {
        let shell = try ShellOnTerminal()
        try shell.type("SUBSCRIBE c ;csv" + Key.enter)
        try shell.terminal.wait(forText: "\"subscribe\",\"c\",1")
        _ = try shell.server.client().send(["PUBLISH", "c", "hello"])
        try shell.terminal.wait(forText: "\"message\",\"c\",\"hello\"")
        try shell.type(Key.control("c"))
        try shell.waitForLine("")
        try shell.enter("ECHO a", andWaitFor: "\"a\"\n")
    }

    @Test("A format or a redirection that lacks a blank is an argument, which is said once of each")
    func glued() throws {
        let shell = try ShellOnTerminal()
        let note = "\"k;json\" is taken as one word."
        try shell.enter("GET k;json", andWaitFor: note)
        try shell.enter("GET l;json", andWaitFor: "(nil)")
        #expect(shell.terminal.screen.text.ranges(of: "is taken as one word").count == 1)
        let advice = "\">f\" is taken as an argument. To send the reply there, put a blank after >: > f"
        try shell.enter("MGET a >f", andWaitFor: advice)
        try shell.enter("MGET a >g", andWaitFor: "(nil)")
        #expect(shell.terminal.screen.text.ranges(of: "is taken as an argument").count == 1)
    }

    @Test("A failure in a file that is run from the shell is reported with its line")
    func source() throws {
        let shell = try ShellOnTerminal()
        try "SET k v\nLPUSH k x\nNOSUCH\nECHO \"open\nGET k\n".write(
            toFile: "\(shell.home)/f", atomically: true, encoding: .utf8)
        try shell.enter("SELECT 0", andWaitFor: "OK")
        try shell.enter(":source ~/f", andWaitFor: "\"v\"")
        let lines = shell.terminal.screen.lines.compactMap { $0.firstMatch(of: #/\/f:(\d)/#)?.1 }
        #expect(lines == ["2", "3", "4"])
    }

    @Test("A terminal that cannot move its cursor gets no pager")
    func dumbTerminal() throws {
        let shell = try ShellOnTerminal(environment: ["PAGER": "sed 's/^/paged /'", "TERM": "dumb"])
        _ = try shell.server.send(["RPUSH", "long"] + (1...100).map { ByteString("\($0)") })
        try shell.type("LRANGE long 0 -1" + Key.enter)
        try shell.terminal.wait(forText: "100) \"100\"")
        #expect(!shell.terminal.screen.text.contains("paged"))
    }

    @Test("Ctrl-Z leads to the shell that slotline was started from, and then back to the line")
    func suspension() throws {
        let server = try RedisServer()
        let environment = ["HOME": server.path("home"), "SLOTLINE_HISTFILE": "/dev/null"]
        let terminal = try PseudoTerminal("bash", ["--norc", "--noprofile"], environment: environment)
        try terminal.type("PS1='ready> '\r")
        try terminal.wait(forCursorLine: "ready>")
        try terminal.type("\(BuiltProduct.slotline) -p \(server.port)\r")
        try terminal.wait(forCursorLine: "127.0.0.1:\(server.port)>")
        try terminal.type("ECHO on" + Key.control("z"))
        try terminal.wait(forText: "Stopped")
        try terminal.type("echo $((6 * 7))\r")
        try terminal.wait(forText: "42\nready>")
        try terminal.type("fg\r")
        try terminal.wait(forCursorLine: "127.0.0.1:\(server.port)> ECHO on")
        try terminal.type("ce\r")
        try terminal.wait(forText: "\"once\"\n127.0.0.1:\(server.port)>")
        // So does the wait of :watch for a key.
        try terminal.type(":watch 0.05 PING\r")
        let isWatching = { (screen: VirtualScreen) in screen.lines == ["Every 0.05 s: PING (any key stops)", "PONG"] }
        try terminal.wait(for: "the reply", until: isWatching)
        try terminal.type(Key.control("z"))
        try terminal.wait(forCursorLine: "ready>")
        try terminal.type("fg\r")
        try terminal.wait(for: "the reply, once more", until: isWatching)
        try terminal.type("x")
        try terminal.wait(forCursorLine: "127.0.0.1:\(server.port)>")
        // The wait for messages can be suspended as well.
        try terminal.type("subscribe news\r")
        try terminal.wait(for: "messages are waited for") { $0.cursorLine.hasPrefix("Reading messages...") }
        try terminal.type(Key.control("z"))
        try terminal.wait(forCursorLine: "ready>")
        try terminal.type("fg\r")
        try terminal.wait(for: "messages are waited for") { $0.cursorLine.hasPrefix("Reading messages...") }
        try terminal.type("x")
        try terminal.wait(forCursorLine: "127.0.0.1:\(server.port)(subscribed mode)> x")
    }

    @Test(":edit opens the editor on the last line, and runs the result")
    func edit() throws {
        let shell = try ShellOnTerminal(environment: ["EDITOR": "sed -i s/one/two/", "VISUAL": ""])
        try shell.enter("ECHO one", andWaitFor: "\"one\"")
        try shell.enter(":edit", andWaitFor: "\(shell.prompt) ECHO two\n\"two\"")
        try shell.enter(":edit SET one 1", andWaitFor: "\(shell.prompt) SET two 1\nOK")
        try shell.type(Key.up)
        try shell.waitForLine("SET two 1")
    }

    @Test(":edit runs nothing when the editor has saved nothing")
    func editGivenUp() throws {
        let shell = try ShellOnTerminal(environment: ["EDITOR": "true", "VISUAL": ""])
        try shell.enter(":edit SET k v")
        #expect(try shell.server.send("EXISTS", "k").integer == 0)
    }

    @Test(":peek shows all about a key, whatever its type")
    func peek() throws {
        let shell = try ShellOnTerminal()
        _ = try shell.server.send("ZADD", "z", "1", "a", "2", "b")
        _ = try shell.server.send("EXPIRE", "z", "7300")
        try shell.enter(":peek z", andWaitFor: "2# \"b\" => \"2\"")
        let text = shell.terminal.screen.text
        for part in ["\"z\"", "zset, encoded as listpack", "in 2 h 1 min", "2 members, ", "8157 at 127.0.0.1:"] {
            #expect(text.contains(part), "\(part)")
        }
        try shell.enter(":peek nothing", andWaitFor: "There is no key \"nothing\".")
        try shell.enter(":format json")
        try shell.enter(":peek z", andWaitFor: "\"first\": {\n    \"a\":")
    }

    @Test(":timing shows the time, the network's share, and the node")
    func timing() throws {
        let shell = try ShellOnTerminal()
        try shell.enter(":timing on")
        try shell.enter("PING", andWaitFor: "PONG\n(")
        let line = try #require(shell.terminal.screen.lines.first { $0.hasPrefix("(") })
        #expect(line.contains(" ms: network ") && line.hasSuffix(" ms, 127.0.0.1:\(shell.server.port))"))
    }

    @Test("Names and values are shown as pairs")
    func pairs() throws {
        let shell = try ShellOnTerminal()
        _ = try shell.server.send("HSET", "h", "name", "ann")
        try shell.enter("HGETALL h", andWaitFor: "1# \"name\" => \"ann\"")
        try shell.enter("HGETALL h | cat", andWaitFor: "\nname\nann\n")
        try shell.enter("HSCAN_ITER h", andWaitFor: "\n\"name\" => \"ann\"\n")
        try shell.enter("HSCAN_ITER h | cat", andWaitFor: "| cat\nname\nann\n")
    }

    @Test("A very destructive command asks first and shows its scope; only yes lets it through")
    func confirmation() throws {
        let shell = try ShellOnTerminal()
        try shell.enter("SET k v", andWaitFor: "OK")
        for answer in [Key.enter, "n" + Key.enter, "yep" + Key.enter, Key.control("c"), Key.control("d")] {
            try shell.type("flushall" + Key.enter)
            try shell.terminal.wait(
                forCursorLine: "FLUSHALL affects 127.0.0.1:\(shell.server.port) with 1 key. Continue? (y/N)")
            try shell.type(answer)
            try shell.waitForLine("")
            #expect(try shell.server.send("EXISTS", "k").integer == 1)
        }
        try shell.type("flushall" + Key.enter)
        try shell.terminal.wait(
            forText: "Continue? (y/N)\nFLUSHALL was not sent.\n\(shell.prompt) flushall")
        try shell.terminal.wait(for: "the question") { $0.cursorLine.hasSuffix("Continue? (y/N)") }
        try shell.type("y" + Key.enter)
        try shell.waitForLine("")
        #expect(try shell.server.send("EXISTS", "k").integer == 0)
    }

    @Test("FLUSHALL asks with the number of keys in all databases, FLUSHDB with that of one")
    func databases() throws {
        let shell = try ShellOnTerminal()
        _ = try shell.server.send("SET", "k", "v")
        _ = try shell.server.send("SWAPDB", "0", "1")
        _ = try shell.server.send("SET", "k", "v")
        for (command, count) in [("FLUSHALL", "2 keys"), ("FLUSHDB", "1 key")] {
            try shell.type(command + Key.enter)
            try shell.terminal.wait(
                forCursorLine: "\(command) affects 127.0.0.1:\(shell.server.port) with \(count). Continue? (y/N)")
            try shell.type(Key.enter)
            try shell.waitForLine("")
        }
    }

    @Test("MONITOR is no way around a read-only session")
    func readOnlyMonitor() throws {
        let shell = try ShellOnTerminal()
        try shell.type(":set read-only on" + Key.enter + "MONITOR" + Key.enter)
        try shell.terminal.wait(forText: "Reading messages...")
        try shell.type("CONFIG SET maxmemory 100mb" + Key.enter)
        try shell.terminal.wait(forText: "CONFIG SET was not sent")
        let setting = try shell.server.send("CONFIG", "GET", "maxmemory")
        #expect(setting.pairs.first?.value.text == "0")
    }

    @Test(
        "No way of typing a secret puts it in the history file",
        arguments: [
            "2 :watch 9 AUTH hunter2", ":alias sec AUTH\n:watch 9 sec hunter2", ":alias sec AUTH\n:explain sec hunter2",
            ":alias sec AUTH\n3 sec hunter2", "AUTH  hunter2 | grep don't", "# AUTH hunter2", "@all AUTH hunter2",
            "COMMAND GETKEYS AUTH hunter2", "ACL DRYRUN default AUTH hunter2",
            "CONFIG SET requirepass hunter2 > /dev/null",
        ])
    func secrets(text: String) throws {
        let shell = try ShellOnTerminal()
        for line in text.split(separator: "\n") { try shell.type(line + Key.enter) }
        try shell.type(Key.control("c"))
        // Ended :watch and closed quotes each take an Enter.
        for _ in 0..<2 { try shell.type(Key.enter) }
        try shell.type("GET ended" + Key.enter)
        try shell.terminal.wait(for: "the end in the history") { _ in
            (try? shell.historyFile.contains("GET ended")) == true
        }
        #expect(try !shell.historyFile.contains("hunter2"))
    }

    @Test("A comment is not sent, XREADGROUP keeps its > after a number, and a full disk is reported")
    func linesApart() throws {
        let shell = try ShellOnTerminal()
        try shell.enter("# nothing")
        _ = try shell.server.send("XGROUP", "CREATE", "st", "g", "0", "MKSTREAM")
        try shell.enter("2 XREADGROUP GROUP g c STREAMS st >", andWaitFor: "(nil)\n(nil)")
        try shell.enter("ECHO one > /dev/full", andWaitFor: "No space left on device")
    }

    @Test("A read-only session says so, refuses writes, and can be left")
    func readOnly() throws {
        let shell = try ShellOnTerminal()
        try shell.type(":set read-only on" + Key.enter)
        let prompt = "127.0.0.1:\(shell.server.port)(read-only)>"
        try shell.terminal.wait(forCursorLine: prompt)
        try shell.type("SET k v" + Key.enter)
        try shell.terminal.wait(forText: "SET was not sent: it could modify data")
        try shell.terminal.wait(forCursorLine: prompt)
        try shell.type(":set read-only off" + Key.enter)
        try shell.waitForLine("")
        try shell.enter("SET k v", andWaitFor: "OK")
    }

    @Test("A load or a file that is typed begins with how to end it", arguments: ["--pipe", "--file -"])
    func typedCommands(options: String) throws {
        let server = try RedisServer()
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline,
            (["-p", "\(server.port)"] + options.split(separator: " ").map(String.init)).map { ByteString($0) },
            environment: ["SLOTLINE_RCFILE": "/dev/null"])
        try terminal.wait(forText: "Ctrl-D ends them.")
        try terminal.type("SET a 1" + Key.enter)
        while try server.send("EXISTS", "a") == .integer(0) { usleep(1000) }
        try terminal.type(Key.control("d"))
        #expect(try terminal.waitForEnd() == .exited(0))
        #expect(!terminal.screen.text.contains("0 commands"))
    }
}
