import Foundation
import RESP
import TestSupport

/// `slotline` on a terminal, with its own server and home folder.
final class ShellOnTerminal {
    let server: RedisServer
    let terminal: PseudoTerminal
    /// The user's home, which holds the history.
    let home: String

    /// Starts both and waits for the prompt.
    ///
    /// - Parameters:
    ///   - editrc: the contents of `~/.editrc`.
    ///   - preferences: the contents of `~/.slotlinerc`.
    ///   - history: the lines that the history holds at the start.
    init(
        environment: [String: String] = [:], editrc: String = "", history: String = "", preferences: String = "",
        columns: Int = 80
    ) throws {
        server = try RedisServer()
        home = server.path("home")
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        try editrc.write(toFile: "\(home)/.editrc", atomically: true, encoding: .utf8)
        try history.write(toFile: "\(home)/.slotline_history", atomically: true, encoding: .utf8)
        try preferences.write(toFile: "\(home)/.slotlinerc", atomically: true, encoding: .utf8)
        let own = ["HOME": home, "SLOTLINE_HISTFILE": "", "SLOTLINE_RCFILE": "", "EDITRC": "", "PAGER": "cat"]
        terminal = try PseudoTerminal(
            BuiltProduct.slotline, ["--no-banner", "-p", ByteString("\(server.port)")],
            environment: own.merging(environment) { $1 }, columns: columns)
        try waitForLine("")
    }

    /// The prompt, without the blank at its end.
    var prompt: String { "127.0.0.1:\(server.port)>" }

    /// Types keys without waiting for anything.
    func type(_ keys: String) throws {
        try terminal.type(keys)
    }

    /// Waits until the cursor's row holds the prompt and this line.
    func waitForLine(_ line: String) throws {
        let row = line.isEmpty ? prompt : "\(prompt) \(line)"
        try terminal.wait(for: "the line \"\(row)\"") { $0.cursorLineAndHint.line == row }
    }

    /// Waits until the cursor's row holds the prompt and this line, followed by this hint in gray.
    func waitForLine(_ line: String, hint: String) throws {
        let row = line.isEmpty ? prompt : "\(prompt) \(line)"
        try terminal.wait(for: "\"\(row)\" with the hint \"\(hint)\"") { $0.cursorLineAndHint == (row, hint) }
    }

    /// Enters a line that prints nothing, and waits for the next prompt.
    func enter(_ line: String) throws {
        try type(line + Key.enter)
        try terminal.wait(forText: "\(prompt) \(line)\n\(prompt)")
    }

    /// Types the rest of a line and Enter, and waits until a text has appeared once more and the next prompt is there.
    func enter(_ rest: String, andWaitFor text: String) throws {
        func occurrences(_ screen: VirtualScreen) -> Int { screen.text.ranges(of: text).count }
        let before = occurrences(terminal.screen)
        try type(rest + Key.enter)
        try terminal.wait(for: "another \(text)") { occurrences($0) > before }
        try waitForLine("")
    }

    var historyFile: String {
        get throws { try String(contentsOfFile: "\(home)/.slotline_history", encoding: .utf8) }
    }
}

/// The bytes that the keyboard of an xterm sends.
enum Key {
    static let up = "\u{1b}[A"
    static let down = "\u{1b}[B"
    static let pageUp = "\u{1b}[5~"
    static let pageDown = "\u{1b}[6~"
    static let right = "\u{1b}[C"
    static let left = "\u{1b}[D"
    static let home = "\u{1b}[H"
    static let end = "\u{1b}[F"
    static let delete = "\u{1b}[3~"
    static let controlLeft = "\u{1b}[1;5D"
    static let controlRight = "\u{1b}[1;5C"
    static let backspace = "\u{7f}"
    static let escape = "\u{1b}"
    static let tab = "\t"

    /// The bytes that a terminal sends for pasted text.
    static func paste(_ text: String) -> String {
        "\u{1b}[200~\(text.replacing("\n", with: "\r"))\u{1b}[201~"
    }

    static let enter = "\r"

    static func control(_ letter: Unicode.Scalar) -> String {
        String(UnicodeScalar(UInt8(ascii: letter) & 0x1f))
    }

    static func alt(_ key: String) -> String {
        escape + key
    }
}
