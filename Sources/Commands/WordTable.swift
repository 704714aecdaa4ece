import RESP

/// Remembers a number for each word in a block of input, exactly as spelled, and finds it again without copying the
/// word. Words of more than sixteen bytes are not kept.
package struct WordTable {
    /// The bytes of a word as two numbers.
    private struct Word: Equatable {
        var low: UInt64 = 0
        var high: UInt64 = 0
        let count: Int
    }

    private static let size = 256

    private var words = [Word](repeating: Word(count: -1), count: size)
    private var numbers = [Int](repeating: 0, count: size)

    package init() {}

    package func number(of word: Range<Int>, in bytes: RawSpan) -> Int? {
        guard let word = Self.word(word, in: bytes) else { return nil }
        let place = Self.place(of: word)
        return words[place] == word ? numbers[place] : nil
    }

    /// Remembers a number. Another word in the same place is forgotten.
    package mutating func remember(_ number: Int, for word: Range<Int>, in bytes: RawSpan) {
        guard let word = Self.word(word, in: bytes) else { return }
        let place = Self.place(of: word)
        words[place] = word
        numbers[place] = number
    }

    private static func word(_ range: Range<Int>, in bytes: RawSpan) -> Word? {
        guard range.count <= 16 else { return nil }
        return Word(
            low: bytes.number(at: range.lowerBound, count: min(8, range.count)),
            high: range.count > 8 ? bytes.number(at: range.lowerBound + 8, count: range.count - 8) : 0,
            count: range.count)
    }

    private static func place(of word: Word) -> Int {
        let mixed = (word.low ^ word.high &* 31 ^ UInt64(word.count)) &* 0x9e37_79b9_7f4a_7c15
        return Int(truncatingIfNeeded: mixed >> 56)
    }
}
