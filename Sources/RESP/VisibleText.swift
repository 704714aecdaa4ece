/// Untrusted text on a terminal: what a terminal would obey instead of showing it becomes an escape, `\xNN` for each of
/// its bytes, and everything else stays as it is.
package enum VisibleText {
    package static func text(_ text: String) -> String {
        var output: [UInt8] = []
        append(Array(text.utf8)[...], to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// - Parameter isUTF8: false where the terminal shows only ASCII.
    package static func append(_ bytes: ArraySlice<UInt8>, isUTF8: Bool = true, to output: inout [UInt8]) {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if 0x20..<0x7f ~= byte || isLayout(bytes, at: index) {
                output.append(byte)
                index += 1
            } else if isUTF8, let (scalar, length) = bytes.utf8Character(at: index), !isObeyed(scalar) {
                output.append(contentsOf: bytes[index..<(index + length)])
                index += length
            } else {
                output += "\\x".utf8
                output += [hexDigit(byte >> 4), hexDigit(byte & 0xf)]
                index += 1
            }
        }
    }

    /// Line ends and tabs. A lone CR would let what follows hide what is already on the row.
    private static func isLayout(_ bytes: ArraySlice<UInt8>, at index: Int) -> Bool {
        switch bytes[index] {
        case 0x09, 0x0a: true
        case 0x0d: index + 1 < bytes.endIndex && bytes[index + 1] == 0x0a
        default: false
        }
    }

    /// True for a character that acts on the terminal: controls, DEL, C1, line separators, changes of direction.
    package static func isObeyed(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0..<0x20, 0x7f...0x9f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }

    package static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x61 + value - 10
    }
}

extension ArraySlice<UInt8> {
    /// The character of more than one byte that starts at `index`, or nil when the bytes there are not UTF-8: overlong,
    /// a surrogate, beyond U+10FFFF, or cut off. Source: RFC 3629, "Syntax of UTF-8 Byte Sequences".
    package func utf8Character(at index: Int) -> (scalar: UInt32, length: Int)? {
        let first = self[index]
        let length = first.characterLength
        guard length > 1, index + length <= endIndex else { return nil }
        var scalar = UInt32(first) & (0x7f >> UInt32(length))
        for next in self[(index + 1)..<(index + length)] {
            guard next.continuesCharacter else { return nil }
            scalar = scalar << 6 | UInt32(next & 0x3f)
        }
        return Unicode.Scalar(scalar)?.utf8.count == length ? (scalar, length) : nil
    }
}
