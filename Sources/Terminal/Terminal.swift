import Glibc

/// What is known about the terminal that the program runs on.
package enum Terminal {
    package static func isTerminal(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1
    }

    /// Discards what was typed but not read yet, so that it does not answer a question not seen yet.
    package static func discardInput() {
        tcflush(STDIN_FILENO, TCIFLUSH)
    }

    /// True where a person reads what is printed, or a test pretends so (FAKETTY).
    package static var isOutput: Bool { isTerminal(STDOUT_FILENO) || getenv("FAKETTY") != nil }

    /// Columns and rows of the window behind a descriptor; nil if there is none or it does not say.
    package static func size(of descriptor: Int32) -> (columns: Int, rows: Int)? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// The most cells of a window that libedit is to draw in: it keeps all of them in memory. No screen has that many.
    private static let mostCells = 4 << 20

    /// False for a window on stdin that is larger than any screen.
    static var hasDrawableWindow: Bool {
        size(of: STDIN_FILENO).map { $0.columns * $0.rows <= mostCells } ?? true
    }

    /// True when the user's locale says UTF-8: the first of LC_ALL, LC_CTYPE and LANG that is set counts (POSIX, "8.2
    /// Internationalization Variables"). The name is enough: many hosts are set to a locale that they do not have.
    package static var localeIsUTF8: Bool {
        let name = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.map(environment).first { !$0.isEmpty } ?? ""
        let charset = name.split(separator: ".").dropFirst().first?.prefix { $0 != "@" } ?? ""
        return ["utf-8", "utf8"].contains(charset.lowercased())
    }

    /// Runs `body` while the terminal delivers each key at once and shows none; Ctrl-C stays a signal.
    ///
    /// - Parameter body: calls `again` after the program was suspended, when another had the terminal.
    package static func withSingleKeys(_ body: (_ again: () -> Void) -> Void) {
        var saved = termios()
        guard tcgetattr(STDIN_FILENO, &saved) == 0 else { return body {} }
        var single = saved
        single.c_lflag &= ~tcflag_t(ICANON | ECHO)
        tcsetattr(STDIN_FILENO, TCSANOW, &single)
        body { tcsetattr(STDIN_FILENO, TCSANOW, &single) }
        tcsetattr(STDIN_FILENO, TCSANOW, &saved)
    }

    /// True for terminals that cannot move their cursor; redis-cli uses the same names.
    package static var isDumb: Bool {
        ["", "dumb", "cons25", "emacs"].contains(environment("TERM"))
    }

    /// True when the user wants no colors: NO_COLOR is set and not empty (no-color.org).
    package static var refusesColor: Bool { !environment("NO_COLOR").isEmpty }

    /// True for a terminal that reports a bright background: the last number of COLORFGBG is that color, and 7 and 9 to
    /// 15 are bright.
    package static var isLight: Bool {
        let color = environment("COLORFGBG").split(separator: ";").last.flatMap { Int($0) } ?? 0
        return color == 7 || 9...15 ~= color
    }

    private static func environment(_ variable: String) -> String {
        getenv(variable).map { String(cString: $0) } ?? ""
    }
}
