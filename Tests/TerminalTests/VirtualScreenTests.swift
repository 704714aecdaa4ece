import TestSupport
import Testing

/// The terminal of these tests shows what a real one would.
struct VirtualScreenTests {
    @Test(
        "Bytes are shown as the standard says",
        arguments: [
            ("abc\rX\u{8}Y\n\tZ", ["Ybc", "        Z"]),
            ("ab日本c", ["ab日本c"]),
            ("0123456789", ["0123456789"]),
            ("0123456789a", ["0123456789", "a"]),
            ("012345678日", ["012345678", "日"]),
            ("0123456789\u{1b}[K", ["012345678"]),
            ("abcdef\u{1b}[4D\u{1b}[2PX", ["abXf"]),
            ("abcdef\r\u{1b}[2C\u{1b}[2@XY", ["abXYcdef"]),
            ("a\r\nb\r\nc\u{1b}[2A\u{1b}[Jx", ["ax"]),
            ("one\u{1b}7two\u{1b}8\u{1b}[KX", ["oneX"]),
            ("\u{1b}[31mred\u{1b}[0m\u{1b}[?2004h", ["red"]),
            ("1\r\n2\r\n3\r\n4\r\n5", ["2", "3", "4", "5"]),
            ("\u{1b}[5n", ["<CSI 5n>"]),
        ])
    func shows(_ bytes: String, _ lines: [String]) {
        var screen = VirtualScreen(columns: 10, rows: 4)
        screen.feed(bytes.utf8)
        #expect(screen.lines == lines)
    }

    @Test("A new width rewraps what was wrapped, and nothing else")
    func resize() {
        var screen = VirtualScreen(columns: 10, rows: 6)
        screen.feed("title\r\n0123456789abcde".utf8)
        screen.resize(columns: 6, rows: 6)
        #expect(screen.lines == ["title", "012345", "6789ab", "cde"])
        #expect((screen.row, screen.column) == (3, 3))
        screen.resize(columns: 20, rows: 6)
        #expect(screen.lines == ["title", "0123456789abcde"])
        #expect((screen.row, screen.column) == (1, 15))
    }
}
