import Glibc
import RESP

extension Terminal {
    /// Asks for a password on stderr and shows a `*` for each character typed. Without a terminal on stdin it takes the
    /// next line of stdin and shows nothing.
    ///
    /// - Returns: the line without its end; `.canceled` also for Ctrl-D on an empty line.
    package static func readPassword(prompt: String) -> LineEditor.Line {
        var saved = termios()
        guard tcgetattr(STDIN_FILENO, &saved) == 0 else { return readLine().map { .text($0) } ?? .endOfInput }
        var quiet = saved
        quiet.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet)
        show(prompt)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved)
            show("\n")
        }
        return readHidden().map { .text($0) } ?? .canceled
    }

    private static func readHidden() -> ByteString? {
        var password: [UInt8] = []
        while let byte = readByte() {
            switch byte {
            case 0x0a, 0x0d: return ByteString(password)
            case control("c"): return nil
            case control("d"):
                if password.isEmpty { return nil }
            case control("u"):
                show(String(repeating: erasure, count: password.count { !$0.continuesCharacter }))
                password = []
            case control("h"), 0x7f:
                guard let start = password.lastIndex(where: { !$0.continuesCharacter }) else { break }
                password.removeSubrange(start...)
                show(erasure)
            default:
                password.append(byte)
                if !byte.continuesCharacter { show("*") }
            }
        }
        return nil
    }

    /// Removes the last `*` from the screen.
    private static let erasure = "\u{8} \u{8}"

    private static func control(_ letter: Unicode.Scalar) -> UInt8 {
        UInt8(ascii: letter) & 0x1f
    }

    private static func readLine() -> ByteString? {
        var line: [UInt8] = []
        while let byte = readByte() {
            if byte == 0x0a { return ByteString(line) }
            line.append(byte)
        }
        return line.isEmpty ? nil : ByteString(line)
    }

    /// The next byte of stdin, read alone: what follows belongs to another reader. Nil at the end.
    private static func readByte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = read(STDIN_FILENO, &byte, 1)
            if count == 1 { return byte }
            guard count < 0, errno == EINTR else { return nil }
        }
    }

    private static func show(_ text: String) {
        let bytes = Array(text.utf8)
        write(STDERR_FILENO, bytes, bytes.count)
    }
}
