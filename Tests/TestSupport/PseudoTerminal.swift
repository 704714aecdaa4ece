import Glibc
package import RESP

/// A program on its own terminal: keys go in, and the screen shows what comes out.
///
/// The program leads a session, so that Ctrl-C and changes of the window's size reach it as they do on a real terminal
/// (`man 7 pty`). It is killed when the object goes away.
package final class PseudoTerminal {
    package private(set) var screen: VirtualScreen
    /// The program; it is started by `setsid`, which turns into it.
    package let process: ChildProcess
    private var master: CInt

    /// Something that did not come in time, and what the screen showed instead.
    package struct TimedOut: Error, CustomStringConvertible {
        package let description: String
    }

    package struct Failure: Error, CustomStringConvertible {
        let action: String
        let code: CInt

        package var description: String { "cannot \(action): \(String(cString: strerror(code)))" }
    }

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - program: a path, or a name to look up on `PATH`.
    ///   - environment: changes to the environment of the tests, in which TERM is xterm-256color, LANG is C.UTF-8, and
    ///     there is no home, so that the user's files are neither read nor written; an empty value removes a variable.
    ///   - window: the size that the program is told, if not that of the screen.
    package init(
        _ program: String, _ arguments: [ByteString] = [], environment: [String: String] = [:],
        columns: Int = 80, rows: Int = 24, window: (columns: Int, rows: Int)? = nil
    ) throws {
        screen = VirtualScreen(columns: columns, rows: rows)
        let (master, slave) = try Self.openPair()
        defer { close(slave) }
        self.master = master
        Self.setSize(of: master, window?.columns ?? columns, window?.rows ?? rows)

        let changes = [
            "TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "", "LC_CTYPE": "", "NO_COLOR": "",
            "HOME": "/dev/null", "SLOTLINE_HISTFILE": "", "SLOTLINE_RCFILE": "",
        ].merging(environment) { $1 }
        let kept = ChildProcess.ownEnvironment.filter { entry in
            !changes.keys.contains { entry.hasPrefix("\($0)=") }
        }
        let changed = changes.filter { !$0.value.isEmpty }.map { "\($0.key)=\($0.value)" }
        do {
            // Swift's Glibc does not have the flag of posix_spawn that starts a session.
            process = try ChildProcess(
                "setsid", ["--ctty", ByteString(program)] + arguments, environment: kept + changed,
                descriptors: (slave, slave, slave))
        } catch {
            close(master)
            throw error
        }
    }

    deinit {
        process.kill()
        hangUp()
    }

    /// Sends keys: text, control characters, and the escape sequences that the keyboard of an xterm sends.
    package func type(_ keys: String) throws {
        try type(Array(keys.utf8))
    }

    package func type(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                receive(within: 50)
            } else {
                throw Failure(action: "type", code: errno)
            }
        }
    }

    /// Changes the size of the window; the program gets SIGWINCH. What it has written so far should be on the screen.
    package func resize(columns: Int, rows: Int) {
        screen.resize(columns: columns, rows: rows)
        Self.setSize(of: master, columns, rows)
    }

    /// Takes the terminal away, as when its window is closed.
    package func hangUp() {
        if master >= 0 { close(master) }
        master = -1
    }

    /// Waits until the screen meets the condition.
    ///
    /// - Parameter what: what is waited for, for the error.
    package func wait(
        for what: String, timeout: Duration = patience, until condition: (VirtualScreen) -> Bool
    ) throws {
        let deadline = ContinuousClock.now + timeout
        while !condition(screen) {
            guard ContinuousClock.now < deadline else {
                let place = "row \(screen.row), column \(screen.column)"
                throw TimedOut(description: "waited \(timeout) for \(what); cursor in \(place) of\n\(screen.text)")
            }
            receive(within: 20)
        }
    }

    /// Waits until the text is somewhere on the screen; a line break in it is the end of a row.
    package func wait(forText text: String) throws {
        try wait(for: "\"\(text)\"") { $0.text.contains(text) }
    }

    /// Waits until the cursor's row holds just this text, apart from trailing blanks.
    package func wait(forCursorLine line: String) throws {
        try wait(for: "the line \"\(line)\"") { $0.cursorLine == line }
    }

    /// Waits until the program has read all keys.
    package func waitUntilRead() throws {
        let input = open("/proc/\(process.processIdentifier)/fd/0", O_RDONLY | O_NOCTTY | O_CLOEXEC)
        defer { close(input) }
        var count: CInt = 0
        try wait(for: "the keys to be read") { _ in ioctl(input, UInt(FIONREAD), &count) == 0 && count == 0 }
    }

    /// Waits until the program ends.
    package func waitForEnd() throws -> ChildProcess.Status? {
        try wait(for: "the end of the program") { _ in process.status != nil }
        return process.status
    }

    /// Feeds the screen whatever arrives within this many milliseconds.
    private func receive(within milliseconds: CInt) {
        var ask = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        guard poll(&ask, 1, milliseconds) > 0 else { return }
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = read(master, &chunk, chunk.count)
        if count > 0 {
            screen.feed(chunk.prefix(count))
        } else {
            // Nothing has the terminal open, so poll no longer waits.
            usleep(1000)
        }
    }

    /// The two ends of a new pseudo-terminal. Swift's Glibc lacks `posix_openpt` and its companions, and the names of
    /// the requests they make (`man 2 ioctl_tty`): TIOCSPTLCK and TIOCGPTN.
    private static func openPair() throws(Failure) -> (master: CInt, slave: CInt) {
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        var locked: CInt = 0
        var number: CInt = 0
        guard master >= 0, ioctl(master, 0x4004_5431, &locked) == 0, ioctl(master, 0x8004_5430, &number) == 0 else {
            throw Failure(action: "make a pseudo-terminal", code: errno)
        }
        let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard slave >= 0 else {
            let code = errno
            close(master)
            throw Failure(action: "open /dev/pts/\(number)", code: code)
        }
        return (master, slave)
    }

    private static func setSize(of master: CInt, _ columns: Int, _ rows: Int) {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }
}
