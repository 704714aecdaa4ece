import Glibc
import Terminal
import Testing

struct WindowTests {
    @Test(
        "Output is cut where a window of four columns and one row ends, whatever columns its characters take",
        arguments: [
            ("abcd", false), ("abcdef", true), ("漢字", false), ("漢字漢x", true), ("𝐀𝐀𝐀𝐀", false), ("ｱｱｱｱ", false),
            ("e\u{301}e\u{301}e\u{301}e\u{301}", false), ("\u{1b}[31mabcd\u{1b}[0m", false), ("한국", false),
        ])
    func page(text: String, isCut: Bool) throws {
        let output = Output()
        output.descriptor = open("/dev/null", O_WRONLY)
        defer { close(output.descriptor) }
        let isWritable = output.paged(columns: 4, rows: 1, .cut) {
            output.write(text)
            return output.isWritable
        }
        #expect(isWritable != isCut)
    }
}
