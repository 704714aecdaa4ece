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

    /// The bytes in front of the 0 that ends a string of C.
    package init(cString: UnsafePointer<CChar>) {
        var bytes: [UInt8] = []
        var next = cString
        while next.pointee != 0 {
            bytes.append(UInt8(bitPattern: next.pointee))
            next += 1
        }
        self.bytes = bytes
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
    package var integer: Int? { Int(asciiDecimal: bytes) }

    /// True when both are the same word but for the case of ASCII letters.
    package func matches(_ word: StaticString) -> Bool {
        word.withUTF8Buffer { other in
            other.count == bytes.count
                && zip(other, bytes).allSatisfy { $0.asciiUppercased == $1.asciiUppercased }
        }
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
}

extension Int {
    /// Reads an optional sign and decimal digits that fill all of `bytes`; nil for anything else, overflow included.
    package init?(asciiDecimal bytes: some Collection<UInt8>) {
        var digits = bytes[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        guard !digits.isEmpty else { return nil }
        var value = 0
        for byte in digits {
            let digit = Int(byte) - 0x30
            guard 0...9 ~= digit else { return nil }
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                isNegative
                ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
            if overflow || carry { return nil }
            value = sum
        }
        self = value
    }
}
