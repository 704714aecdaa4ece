import Foundation
import RESP
import TestSupport
import Testing

/// The shell's line editor, in the program, on a terminal.
struct LineEditorTests {
    @Test("Each key edits as users expect")
    func keys() throws {
        let shell = try ShellOnTerminal()
        let line = "alpha beta:gamma"
        for (keys, edited) in [
            (Key.control("a"), "|alpha beta:gamma"),
            (Key.home, "|alpha beta:gamma"),
            (Key.home + Key.control("e"), "alpha beta:gamma|"),
            ("\u{1b}[1~\u{1b}[5~", "|alpha beta:gamma"),
            (Key.home + "\u{1b}[4~\u{1b}[2~", "alpha beta:gamma|"),
            (Key.home + Key.end, "alpha beta:gamma|"),
            (Key.left + Key.control("b") + Key.right, "alpha beta:gamm|a"),
            (Key.home + Key.control("f"), "a|lpha beta:gamma"),
            (Key.controlLeft, "alpha beta:|gamma"),
            (Key.alt("b") + Key.alt("b"), "alpha |beta:gamma"),
            (Key.home + Key.controlRight, "alpha| beta:gamma"),
            (Key.home + Key.alt("f") + Key.alt("f"), "alpha beta|:gamma"),
            (Key.backspace + Key.control("h"), "alpha beta:gam|"),
            (Key.home + Key.delete + Key.control("d"), "|pha beta:gamma"),
            (Key.control("w"), "alpha |"),
            (Key.control("w") + Key.control("w"), "|"),
            (Key.alt(Key.backspace), "alpha beta:|"),
            (Key.controlLeft + Key.control("k"), "alpha beta:|"),
            (Key.controlLeft + Key.control("k") + Key.home + Key.control("y"), "gamma|alpha beta:"),
            (Key.left + Key.control("u"), "|"),
            (Key.control("t"), "alpha beta:gamam|"),
        ] {
            try shell.type(line + keys + "|")
            try shell.waitForLine(edited)
            try shell.type(Key.control("u"))
            try shell.waitForLine("")
        }
    }

    @Test("A line of several rows is drawn correctly, whatever is inserted or deleted", arguments: [40, 80])
    func severalRows(columns: Int) throws {
        let shell = try ShellOnTerminal(columns: columns)
        var random = SeededRandom(seed: 1)
        var before: [Character] = []
        var behind: [Character] = []
        var killed: [Character] = []
        for round in 0..<80 {
            switch round < 12 ? 0 : Int.random(in: 0..<7, using: &random) {
            case 0, 1:
                let text = (0..<Int.random(in: 1...20, using: &random)).map { _ in
                    "abc xyz".randomElement(using: &random)!
                }
                try shell.type(String(text))
                before += text
            case 2:
                let count = Int.random(in: 0...before.count, using: &random)
                try shell.type(String(repeating: Key.left, count: count))
                behind = before.suffix(count) + behind
                before.removeLast(count)
            case 3:
                try shell.type(Key.home)
                (before, behind) = ([], before + behind)
            case 4:
                try shell.type(Key.control("k"))
                (behind, killed) = ([], behind)
            case 5 where before.count + behind.count + killed.count < columns * 15:
                try shell.type(Key.control("y"))
                before += killed
            default:
                try shell.type(Key.end + Key.backspace)
                (before, behind) = (before + behind, [])
                _ = before.popLast()
            }
            let line = Array("\(shell.prompt) ") + before + behind
            var rows = stride(from: 0, to: line.count, by: columns).map { start in
                String(line[start..<min(start + columns, line.count)]).replacing(#/ +$/#, with: "")
            }
            while rows.last == "" { rows.removeLast() }
            let place = shell.prompt.count + 1 + before.count
            try shell.terminal.wait(for: "\(place) in\n\(rows.joined(separator: "\n"))") {
                $0.lines == rows && ($0.row, $0.column) == (place / columns, place % columns)
            }
            if line.count > columns * 10 {
                try shell.type(Key.control("u"))
                (before, behind, killed) = ([], [], before + behind)
            }
        }
    }

    @Test("Characters of several bytes and columns are edited whole")
    func wideCharacters() throws {
        let shell = try ShellOnTerminal()
        try shell.type("SET k \"é日本語🎉\"")
        try shell.waitForLine("SET k \"é日本語🎉\"")
        try shell.terminal.wait(for: "the cursor") { $0.column == shell.prompt.count + 1 + 17 }
        try shell.type(String(repeating: Key.left, count: 3) + Key.backspace)
        try shell.waitForLine("SET k \"é日語🎉\"")
        try shell.type("x")
        try shell.waitForLine("SET k \"é日x語🎉\"")
        try shell.terminal.wait(for: "the cursor") { $0.column == shell.prompt.count + 1 + 11 }
        try shell.enter("", andWaitFor: "OK")
        #expect(try shell.server.send("GET", "k").byteString == "é日x語🎉")
    }

    @Test("Input is UTF-8 whatever the locale says")
    func asciiLocale() throws {
        let shell = try ShellOnTerminal(environment: ["LC_ALL": "C"])
        try shell.type("SET k é日")
        try shell.waitForLine("SET k é日")
        try shell.enter("", andWaitFor: "OK")
        #expect(try shell.server.send("GET", "k").byteString == "é日")
    }

    @Test("Bytes that are not UTF-8 reach the server as they are")
    func bytesThatAreNotUTF8() throws {
        let shell = try ShellOnTerminal()
        let value: [UInt8] = [0xff, 0x41, 0xe6, 0x97, 0x42, 0xc3]
        try shell.terminal.type(Array("SET k ".utf8) + value + Array(" ".utf8))
        try shell.enter("", andWaitFor: "OK")
        #expect(try shell.server.send("GET", "k").byteString == ByteString(value))
    }

    @Test("A line of many rows is not cut")
    func longLine() throws {
        let shell = try ShellOnTerminal()
        let value = String(repeating: "0123456789", count: 500)
        try shell.enter("SET k \(value)", andWaitFor: "OK")
        #expect(try shell.server.send("GET", "k").byteString == ByteString(value))
    }

    @Test("An open quote continues in the next line")
    func openQuote() throws {
        let shell = try ShellOnTerminal()
        try shell.type("SET k \"one\r")
        try shell.terminal.wait(for: "a second prompt") { $0.lines.count == 2 && $0.row == 1 && $0.column > 0 }
        try shell.enter("two\"", andWaitFor: "OK")
        #expect(try shell.server.send("GET", "k").byteString == "one\ntwo")
        try shell.type(Key.up)
        try shell.terminal.wait(forText: "\(shell.prompt) SET k \"one\ntwo\"")
    }

    // MARK: Ways out

    @Test("Ctrl-C gives up the line, and nothing is sent")
    func cancelByKey() throws {
        let shell = try ShellOnTerminal()
        try shell.type("SET k v")
        try shell.waitForLine("SET k v")
        try shell.type(Key.left + Key.control("c"))
        try shell.waitForLine("")
        #expect(shell.terminal.screen.text.contains("\(shell.prompt) SET k v^C\n\(shell.prompt)"))
        try shell.enter("EXISTS k", andWaitFor: "(integer) 0")
    }

    @Test("SIGINT gives up the line too")
    func cancelBySignal() throws {
        let shell = try ShellOnTerminal()
        try shell.type("SET k v")
        try shell.waitForLine("SET k v")
        shell.terminal.process.signal(SIGINT)
        try shell.waitForLine("")
        try shell.enter("EXISTS k", andWaitFor: "(integer) 0")
    }

    @Test("Ctrl-D leaves the program only from an empty line")
    func endOfInput() throws {
        let shell = try ShellOnTerminal()
        try shell.type("x" + Key.control("d") + Key.backspace)
        try shell.waitForLine("")
        try shell.enter("PING", andWaitFor: "PONG")
        try shell.type(Key.control("d"))
        #expect(try shell.terminal.waitForEnd() == .exited(0))
        #expect(!shell.terminal.screen.text.contains("^D"))
    }

    @Test("A line that was not entered is not run when the terminal goes away")
    func hangUp() throws {
        let shell = try ShellOnTerminal()
        try shell.enter("SET k v", andWaitFor: "OK")
        try shell.type("FLUSHALL")
        try shell.waitForLine("FLUSHALL")
        shell.terminal.hangUp()
        #expect(shell.terminal.process.wait(for: .seconds(10)) != nil)
        #expect(try shell.server.send("EXISTS", "k").integer == 1)
    }

    // MARK: The terminal

    @Test("Ctrl-D while a command runs does nothing to what is typed after it")
    func controlDAhead() throws {
        let shell = try ShellOnTerminal()
        try shell.type("BLPOP q 0" + Key.enter)
        while try !shell.server.send("INFO", "clients").byteString.text.contains("blocked_clients:1") { usleep(1000) }
        try shell.type("ECHO " + Key.control("d") + "a" + Key.enter)
        _ = try shell.server.send("RPUSH", "q", "x")
        try shell.terminal.wait(forText: "\(shell.prompt) ECHO a\n\"a\"\n\(shell.prompt)")
    }

    @Test("A new window width rewraps the line, even if keys arrive at the same time")
    func resize() throws {
        let shell = try ShellOnTerminal(columns: 40)
        let line = "ECHO " + String(repeating: "0123456789", count: 5)
        try shell.type(line)
        // Anything on its way to a terminal that changes at that moment is drawn for the old width; Ctrl-L fixes that.
        var lateCount = 0
        for columns in [40] + (0..<10).flatMap({ _ in [60, 30, 80, 37] }) {
            func wait(for typed: String, cursorBehind text: String) throws {
                let shown = "\(shell.prompt) \(typed)", place = "\(shell.prompt) \(text)".count
                let rows = stride(from: 0, to: shown.count, by: columns).map {
                    String(shown.dropFirst($0).prefix(columns))
                }
                try shell.terminal.wait(for: "\(rows)") {
                    $0.lines == rows && $0.row * columns + $0.column == place
                }
            }
            // Also between the bytes of a key.
            try shell.type(Key.escape)
            shell.terminal.resize(columns: columns, rows: 24)
            try shell.type(Key.home.dropFirst() + "x")
            do {
                try wait(for: "x\(line)", cursorBehind: "x")
            } catch {
                lateCount += 1
                try shell.type(Key.control("l"))
                try wait(for: "x\(line)", cursorBehind: "x")
            }
            try shell.type(Key.backspace + Key.end)
            try wait(for: line, cursorBehind: line)
        }
        #expect(lateCount <= 1)
    }

    @Test("On a terminal that cannot move its cursor the line is read plainly")
    func dumbTerminal() throws {
        let shell = try ShellOnTerminal(environment: ["TERM": "dumb"])
        try shell.enter("SET k é", andWaitFor: "OK")
        #expect(try shell.server.send("GET", "k").byteString == "é")
        try shell.type("DEL k")
        try shell.waitForLine("DEL k")
        try shell.type(Key.control("c"))
        try shell.waitForLine("")
        try shell.enter("EXISTS k", andWaitFor: "(integer) 1")
        try shell.enter("clear")
        try shell.type(Key.control("d"))
        #expect(try shell.terminal.waitForEnd() == .exited(0))
    }

    @Test("A window larger than any screen takes no memory to match; the line is read plainly")
    func absurdWindow() throws {
        let server = try RedisServer()
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline, ["-p", ByteString("\(server.port)")],
            environment: ["SLOTLINE_HISTFILE": "/dev/null", "SLOTLINE_RCFILE": "/dev/null", "PAGER": "cat"],
            window: (columns: 65535, rows: 65535))
        let prompt = "127.0.0.1:\(server.port)>"
        try terminal.wait(forCursorLine: prompt)
        try terminal.type("SET k v" + Key.enter)
        try terminal.wait(forText: "OK\n\(prompt)")
        #expect(try server.send("GET", "k").byteString == "v")
        let status = try String(contentsOfFile: "/proc/\(terminal.process.processIdentifier)/status", encoding: .utf8)
        let kilobytes = try #require(status.firstMatch(of: #/VmHWM:\s+(\d+) kB/#).flatMap { Int($0.1) })
        #expect(kilobytes < 200 << 10)
        try terminal.type(Key.control("d"))
        #expect(try terminal.waitForEnd() == .exited(0))
    }

    @Test("The user's ~/.editrc selects vi keys, and the shell's own keys stay")
    func viKeys() throws {
        let shell = try ShellOnTerminal(editrc: "bind -v\n")
        try shell.type("GET foo bar" + Key.escape + "0wcwSET" + Key.escape + "x")
        try shell.waitForLine("GET SE bar")
        try shell.type(Key.escape)
        // Otherwise it would form one key with what follows.
        try shell.terminal.waitUntilRead()
        Thread.sleep(forTimeInterval: 0.1)
        try shell.type("0x")
        try shell.waitForLine("ET SE bar")
        try shell.type(Key.control("c"))
        try shell.waitForLine("")
        try shell.type("pin" + Key.tab)
        try shell.waitForLine("ping")
        try shell.enter("", andWaitFor: "PONG")
    }

    // MARK: Completion

    @Test("Tab completes the only candidate and adds a blank")
    func completeOne() throws {
        let shell = try ShellOnTerminal()
        try shell.type("pin" + Key.tab + "hello")
        try shell.waitForLine("ping hello")
    }

    @Test("Tab completes what the candidates have in common, then shows them")
    func completeSeveral() throws {
        let shell = try ShellOnTerminal()
        try shell.type("config r" + Key.tab)
        try shell.waitForLine("config re")
        try shell.type(Key.tab)
        try shell.terminal.wait(for: "the candidates") { screen in
            screen.lines.count == 3 && screen.lines[1].hasPrefix("resetstat  ")
                && screen.lines[2].hasPrefix("rewrite    ")
        }
        try shell.type("s" + Key.tab)
        try shell.waitForLine("config resetstat")
        #expect(shell.terminal.screen.lines.count == 1)
    }

    @Test("Tab rings the bell when nothing matches")
    func completeNothing() throws {
        let shell = try ShellOnTerminal()
        try shell.type("nosuchword" + Key.tab)
        try shell.terminal.wait(for: "the bell") { $0.bells == 1 }
        try shell.waitForLine("nosuchword")
    }
}
