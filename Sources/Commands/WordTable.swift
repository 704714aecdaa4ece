import RESP

/// Remembers a value for each word met in a block of input, spelling by spelling, and finds it again without copying the
/// word. Words of more than sixteen bytes are not kept.
package struct WordTable<Value> {
    private struct Entry {
        let word: Word
        let value: Value
    }

    /// The bytes of a word in two numbers.
    private struct Word: Equatable {
        var low: UInt64 = 0
        var high: UInt64 = 0
        let count: Int
    }

    private static var size: Int { 256 }

    private var entries = [Entry?](repeating: nil, count: size)

    package init() {}

    package func value(of word: Range<Int>, in bytes: RawSpan) -> Value? {
        guard let key = Self.word(word, in: bytes), let entry = entries[Self.place(of: key)], entry.word == key
        else { return nil }
        return entry.value
    }

    /// Remembers a value. Another word that falls on the same place is forgotten.
    package mutating func remember(_ value: Value, for word: Range<Int>, in bytes: RawSpan) {
        guard let key = Self.word(word, in: bytes) else { return }
        entries[Self.place(of: key)] = Entry(word: key, value: value)
    }

    private static func word(_ range: Range<Int>, in bytes: RawSpan) -> Word? {
        guard range.count <= 16 else { return nil }
        var word = Word(count: range.count)
        var place: UInt64 = 0
        for offset in range {
            let byte = UInt64(bytes.byte(offset))
            if place < 8 { word.low |= byte << (8 * place) } else { word.high |= byte << (8 * (place - 8)) }
            place += 1
        }
        return word
    }

    private static func place(of word: Word) -> Int {
        let mixed = (word.low ^ word.high &* 31) &* 0x9e37_79b9_7f4a_7c15
        return Int(truncatingIfNeeded: mixed >> 56) ^ word.count & 0xff
    }
}
