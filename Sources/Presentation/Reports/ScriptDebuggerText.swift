import RESP

/// What `--ldb` prints besides the script's reply.
package enum ScriptDebuggerText {
    package static let introduction = """
        Lua debugging session started, please use:
        quit    -- End the session.
        restart -- Restart the script in debug mode again.
        help    -- Show Lua script debugging commands.


        """

    package static let cannotStart = "Eval debugging session can't start:\n"

    /// The line with which the server reports the end of the script.
    package static let endMark = "<endsession>"

    package static func ended(keepsChanges: Bool) -> String {
        "\n(Lua debugging session ended\(keepsChanges ? "" : " -- dataset changes rolled back"))\n\n"
    }

    /// The debugger's lines, with newlines.
    package static func lines(_ lines: [String], in style: Style) -> String {
        lines.map { line in
            if line == endMark { return "\n" }
            let line = style.isOnTerminal ? VisibleText.text(line) : line
            return style.palette != nil ? "\u{1b}[0;\(color(line));49m\(line)\u{1b}[0m\n" : "\(line)\n"
        }.joined()
    }

    /// Calls are green, their replies cyan, the next line to run yellow, everything else white.
    private static func color(_ line: String) -> Int {
        if line.hasPrefix("<redis>") { return 32 }
        if line.hasPrefix("<reply>") { return 36 }
        return line.hasPrefix("->") ? 33 : 37
    }
}
