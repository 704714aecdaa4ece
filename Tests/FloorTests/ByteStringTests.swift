import RESP
import Testing

struct ByteStringTests {
    @Test(
        "Words match regardless of the case of their ASCII letters",
        arguments: [
            ("get", "GET", true), ("Get", "gEt", true), ("", "", true),
            ("get", "GETS", false), ("gets", "GET", false), ("a[", "A{", false), ("@", "`", false),
            ("é", "É", false),
        ] as [(ByteString, StaticString, Bool)])
    func matches(word: ByteString, other: StaticString, isMatch: Bool) {
        #expect(word.matches(other) == isMatch)
    }

    @Test("Only ASCII letters have an upper case")
    func uppercases() {
        let all = ByteString(Array(UInt8.min...UInt8.max))
        for (byte, upper) in zip(all.bytes, all.uppercased.bytes) {
            let isLower = UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
            #expect(upper == (isLower ? byte - 32 : byte))
        }
    }

    @Test(
        "A decimal integer takes up the whole word",
        arguments: [
            ("0", 0), ("12", 12), ("-3", -3), ("+4", 4), ("007", 7),
            ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("99999999999999999999", nil),
            ("", nil), ("-", nil), ("+", nil), ("+-1", nil), (" 1", nil), ("1 ", nil), ("1.0", nil), ("0x1", nil),
            ("１", nil),
        ] as [(ByteString, Int?)])
    func readsInteger(word: ByteString, number: Int?) {
        #expect(word.integer == number)
    }

    @Test("A prefix has the same bytes")
    func hasPrefix() {
        let word: ByteString = "slot:866"
        #expect(word.hasPrefix("slot:") && word.hasPrefix("") && word.hasPrefix("slot:866"))
        #expect(!word.hasPrefix("Slot:") && !word.hasPrefix("slot:8660"))
        #expect(word.dropFirst(5) == "866")
        #expect(word.dropFirst(99).isEmpty)
    }

    @Test("Bytes that are not UTF-8 are kept, and shown as U+FFFD")
    func keepsBytes() {
        let word = ByteString([0x61, 0xff, 0x00])
        #expect(word.bytes == [0x61, 0xff, 0x00])
        #expect(word.count == 3)
        #expect(word.text == "a\u{fffd}\0")
    }
}
