/// Immutable bytes: a command word, an argument, a key, a value. Redis data is bytes, so this is never a `String`.
package struct ByteString: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    /// The UTF-8 bytes of `text`.
    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// The bytes before the 0 that ends a C string.
    package init(cString: UnsafePointer<CChar>) {
        var count = 0
        while cString[count] != 0 { count += 1 }
        bytes = Array(UnsafeRawBufferPointer(start: cString, count: count))
    }

    package var count: Int { bytes.count }

    package var isEmpty: Bool { bytes.isEmpty }

    /// The bytes read as UTF-8; what is not UTF-8 becomes U+FFFD. For messages, never for data.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The bytes with ASCII letters in upper case, the spelling of the command table.
    package var uppercased: ByteString {
        ByteString(bytes.map(\.asciiUppercased))
    }

    /// A decimal integer that fills the whole word (`12`, `-3`, `+4`), or nil.
    package var integer: Int? { Int(asciiDecimal: bytes[...]) }

    /// True when both are the same word, ignoring the case of ASCII letters.
    package func matches(_ word: StaticString) -> Bool {
        bytes[...].matches(word)
    }

    package func hasPrefix(_ prefix: StaticString) -> Bool {
        prefix.withUTF8Buffer { bytes.starts(with: $0) }
    }

    package static func + (left: ByteString, right: ByteString) -> ByteString {
        ByteString(left.bytes + right.bytes)
    }

    package func dropFirst(_ count: Int) -> ByteString {
        ByteString(Array(bytes.dropFirst(count)))
    }
}

extension ByteString: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) {
        self.init(text)
    }
}

extension RawSpan {
    /// A copy of some of the bytes.
    package func byteString(_ range: Range<Int>) -> ByteString {
        ByteString(extracting(range).withUnsafeBytes { Array($0) })
    }
}

extension UInt8 {
    /// This byte with `a`...`z` mapped to `A`...`Z`; every other byte is itself.
    package var asciiUppercased: UInt8 {
        self &- 0x61 < 26 ? self & 0xdf : self
    }

    /// How many bytes the UTF-8 character that starts with this one has; 1 for ASCII and for a byte that starts none.
    package var characterLength: Int {
        switch self {
        case 0xc2...0xdf: 2
        case 0xe0...0xef: 3
        case 0xf0...0xf4: 4
        default: 1
        }
    }

    /// True for a UTF-8 byte inside a character.
    package var continuesCharacter: Bool { self & 0xc0 == 0x80 }
}

extension Int {
    /// Reads an optional sign and decimal digits that fill all of `bytes`; nil for anything else, overflow included.
    package init?(asciiDecimal bytes: ArraySlice<UInt8>) {
        guard let value = bytes.span.integer(in: 0..<bytes.count) else { return nil }
        self = value
    }
}

extension ArraySlice<UInt8> {
    /// True when both are the same word, ignoring the case of ASCII letters.
    func matches(_ word: StaticString) -> Bool {
        word.withUTF8Buffer { other in
            other.count == count && zip(other, self).allSatisfy { $0.asciiUppercased == $1.asciiUppercased }
        }
    }
}
