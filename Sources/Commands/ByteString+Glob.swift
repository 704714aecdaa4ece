package import RESP

extension ByteString {
    /// The pattern for everything that starts with these bytes, as SCAN takes it. Source: Redis documentation, "KEYS".
    package var globOfPrefix: ByteString {
        let special = Array("\\*?[]^-".utf8)
        return ByteString(bytes.flatMap { special.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }) + "*"
    }

    /// True for what KEYS would find with the pattern: `*`, `?`, `[a-c]`, `[^a]`, and `\` before a literal byte.
    package func matches(glob pattern: ByteString) -> Bool { Self.matches(bytes[...], pattern.bytes[...]) }

    /// True for a pattern that matches some text that starts with these bytes.
    package func mayBegin(glob pattern: ByteString) -> Bool {
        var pattern = pattern.bytes[...]
        for byte in bytes {
            if pattern.first == UInt8(ascii: "*") { return true }
            guard let rest = Self.rest(of: pattern, matching: byte) else { return false }
            pattern = rest
        }
        return true
    }

    private static func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        var (text, pattern) = (text, pattern)
        // Where the last star started to match, and what comes after it.
        var star: (text: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>)?
        while true {
            if pattern.first == UInt8(ascii: "*") {
                pattern = pattern.dropFirst()
                star = (text, pattern)
            } else if let byte = text.first, let rest = rest(of: pattern, matching: byte) {
                text = text.dropFirst()
                pattern = rest
            } else if text.isEmpty, pattern.isEmpty {
                return true
            } else {
                // The star takes one more byte.
                guard let last = star, !last.text.isEmpty else { return false }
                text = last.text.dropFirst()
                pattern = last.pattern
                star = (text, pattern)
            }
        }
    }

    /// The pattern after its first element, if that matches a byte.
    private static func rest(of pattern: ArraySlice<UInt8>, matching byte: UInt8) -> ArraySlice<UInt8>? {
        guard let first = pattern.first else { return nil }
        var rest = pattern.dropFirst()
        switch first {
        case UInt8(ascii: "?"): return rest
        case UInt8(ascii: "["):
            let isNegated = rest.first == UInt8(ascii: "^")
            if isNegated { rest = rest.dropFirst() }
            var isFound = false
            while let low = takeLiteral(&rest, upTo: UInt8(ascii: "]")) {
                var high = low
                if rest.first == UInt8(ascii: "-"), rest.count > 1, rest.dropFirst().first != UInt8(ascii: "]") {
                    rest = rest.dropFirst()
                    high = takeLiteral(&rest, upTo: nil) ?? low
                }
                if min(low, high)...max(low, high) ~= byte { isFound = true }
            }
            return isFound != isNegated ? rest.dropFirst() : nil
        default:
            var rest = pattern
            return takeLiteral(&rest, upTo: nil) == byte ? rest : nil
        }
    }

    /// A literal byte, perhaps after a backslash; nil at the end.
    private static func takeLiteral(_ pattern: inout ArraySlice<UInt8>, upTo end: UInt8?) -> UInt8? {
        guard let first = pattern.first, first != end else { return nil }
        pattern = pattern.dropFirst()
        guard first == UInt8(ascii: "\\"), let next = pattern.first else { return first }
        pattern = pattern.dropFirst()
        return next
    }
}
