package import RESP

/// Splits a line into words by redis-cli's rules.
///
/// Words end at space, tab, CR and LF; a NUL outside quotes ends the line. In double quotes `\n \r \t \b \a`, `\xHH`
/// and a backslash before any other byte are escapes; in single quotes only `\'` is one. A quote may begin inside a
/// word; a word ends after a closing quote.
package struct Tokenizer {
    private let line: [UInt8]
    private var position = 0

    private init(_ line: [UInt8]) {
        self.line = line
    }

    /// The words of `line`; none for a blank line.
    ///
    /// - Throws: ``TokenizerError`` for a quote that is left open or has text after it.
    package static func words(_ line: [UInt8]) throws(TokenizerError) -> [ByteString] {
        var tokenizer = Tokenizer(line)
        var words: [ByteString] = []
        while tokenizer.skipBlanks() {
            words.append(try tokenizer.word())
        }
        return words
    }

    /// The words of `line` up to an unquoted word that `isEnd` accepts, and the text after that word.
    ///
    /// - Returns: `rest` is nil when there is no such word.
    /// - Throws: ``TokenizerError`` for a quote in front of that word.
    package static func words(
        _ line: [UInt8], upTo isEnd: (_ words: [ByteString], _ word: ByteString) -> Bool
    ) throws(TokenizerError) -> (words: [ByteString], end: ByteString?, rest: ByteString) {
        var tokenizer = Tokenizer(line)
        var words: [ByteString] = []
        while tokenizer.skipBlanks() {
            let start = tokenizer.position
            let word = try tokenizer.word()
            if word.bytes[...] == line[start..<tokenizer.position], isEnd(words, word) {
                return (words, word, ByteString(line[tokenizer.position...]))
            }
            words.append(word)
        }
        return (words, nil, "")
    }

    /// The words of a line that is being typed: those that are complete, and where the last one begins that is not.
    /// That is the end of the line after a blank; an open quote belongs to the last word.
    ///
    /// - Returns: nil when a closing quote has text after it.
    package static func unfinished(_ line: [UInt8]) -> (words: [ByteString], start: Int)? {
        var tokenizer = Tokenizer(line)
        var words: [ByteString] = []
        while tokenizer.skipBlanks() {
            let start = tokenizer.position
            do {
                let word = try tokenizer.word()
                guard tokenizer.position < line.count else { return (words, start) }
                words.append(word)
            } catch {
                return error == .openQuote ? (words, start) : nil
            }
        }
        return (words, line.count)
    }

    /// Splits a text of several lines, as it was pasted, where a line ends outside of quotes.
    package static func lines(_ text: [UInt8]) -> [ByteString] {
        var lines: [ByteString] = []
        var start = 0
        var quote: UInt8?
        var position = 0
        while position < text.count {
            switch (quote, text[position]) {
            case (nil, 0x0a):
                lines.append(ByteString(text[start..<position]))
                start = position + 1
            case (nil, UInt8(ascii: "\"")), (nil, UInt8(ascii: "'")): quote = text[position]
            case (UInt8(ascii: "\""), UInt8(ascii: "\\")): position += 1
            case (UInt8(ascii: "'"), UInt8(ascii: "\\")) where text[(position + 1)...].first == UInt8(ascii: "'"):
                position += 1
            case (let open?, let byte) where open == byte: quote = nil
            default: break
            }
            position += 1
        }
        return lines + [ByteString(text[min(start, text.count)...])]
    }

    private var byte: UInt8? { position < line.count ? line[position] : nil }

    /// Goes to the next word; false at the end.
    private mutating func skipBlanks() -> Bool {
        while let byte, Self.isBlank(byte) { position += 1 }
        return byte != nil && byte != 0
    }

    /// Vertical tab and form feed are blank between words, but do not end a word.
    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0d ~= byte }

    private static func endsWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x09, 0x0d, 0x0a, 0x00: true
        default: false
        }
    }

    private mutating func word() throws(TokenizerError) -> ByteString {
        var word: [UInt8] = []
        while let byte, !Self.endsWord(byte) {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                try doubleQuoted(into: &word)
                return ByteString(word)
            case UInt8(ascii: "'"):
                try singleQuoted(into: &word)
                return ByteString(word)
            default: word.append(byte)
            }
        }
        return ByteString(word)
    }

    private mutating func doubleQuoted(into word: inout [UInt8]) throws(TokenizerError) {
        while let byte {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try endQuote()
            case UInt8(ascii: "\\"):
                guard let escaped = self.byte else { throw .openQuote }
                if escaped == UInt8(ascii: "x"), let value = hexPair(at: position + 1) {
                    word.append(value)
                    position += 3
                } else {
                    word.append(Self.unescape(escaped))
                    position += 1
                }
            default: word.append(byte)
            }
        }
        throw .openQuote
    }

    private mutating func singleQuoted(into word: inout [UInt8]) throws(TokenizerError) {
        while let byte {
            position += 1
            switch byte {
            case UInt8(ascii: "'"): return try endQuote()
            case UInt8(ascii: "\\") where self.byte == UInt8(ascii: "'"):
                word.append(UInt8(ascii: "'"))
                position += 1
            default: word.append(byte)
            }
        }
        throw .openQuote
    }

    private func endQuote() throws(TokenizerError) {
        if let byte, !Self.isBlank(byte), byte != 0 { throw .textBehindQuote }
    }

    private static func unescape(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "a"): 0x07
        default: byte
        }
    }

    private func hexPair(at index: Int) -> UInt8? {
        guard index + 1 < line.count, let high = Self.hexDigit(line[index]), let low = Self.hexDigit(line[index + 1])
        else { return nil }
        return high << 4 | low
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}

/// A line that is not a list of words.
package enum TokenizerError: Error, Hashable, Sendable {
    /// A quote is not closed; more text could close it.
    case openQuote
    /// A closing quote is followed by something other than a blank.
    case textBehindQuote
}
