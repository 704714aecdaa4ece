import Terminal
import Testing

struct WindowTests {
    @Test(
        "A text is broken into rows of four columns by the width of its characters",
        arguments: [
            ("", []), ("abcd", ["abcd"]), ("abcdef", ["abcd", "ef"]), ("漢字", ["漢字"]), ("漢字漢x", ["漢字", "漢x"]),
            ("a漢字", ["a漢", "字"]), ("𝐀𝐀𝐀𝐀", ["𝐀𝐀𝐀𝐀"]), ("ｱｱｱｱ", ["ｱｱｱｱ"]),
            ("e\u{301}e\u{301}e\u{301}e\u{301}", ["e\u{301}e\u{301}e\u{301}e\u{301}"]),
            ("\u{1b}[31mabcd\u{1b}[0m", ["\u{1b}[31mabcd\u{1b}[0m"]), ("한국", ["한국"]),
            ("a\n\nb\n", ["a", "", "b"]), ("abcd\nef", ["abcd", "ef"]),
        ] as [(String, [String])])
    func rows(text: String, rows: [String]) {
        #expect(ScreenText(Array(text.utf8), columns: 4).rows.map { String(decoding: $0, as: UTF8.self) } == rows)
    }

    @Test(
        "On a terminal a message is wrapped between words, and keeps its indent",
        arguments: [
            ("one", "one"), ("a bc def", "a bc\ndef"),
            ("What.\n  a  b\n  c  d e f\nDo.", "What.\n  a  b\n  c  d\n  e f\nDo."),
            ("longest  word", "longest\n word"), ("a\nb", "a\nb"), ("", ""),
        ])
    func messages(text: String, wrapped: String) {
        #expect(ScreenText.wrapped(text, at: 6) == wrapped)
    }

    @Test("Captured output is not shown, and after a megabyte no more is wanted")
    func capture() {
        let output = Output()
        let (isWritable, bytes) = output.captured {
            output.write("reply\n")
            output.note("note")
            output.flush()
            return output.isWritable
        }
        #expect(String(decoding: bytes, as: UTF8.self) == "reply\nnote\n")
        #expect(isWritable)
        #expect(
            !output.captured { () -> Bool in
                output.write(String(repeating: "a", count: 2 << 20))
                return output.isWritable
            }.result)
        #expect(output.isWritable)
    }
}
