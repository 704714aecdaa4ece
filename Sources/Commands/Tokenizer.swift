package import RESP

/// Splits a line into words by redis-cli's rules.
///
/// Words end at space, tab, CR and LF. A quote may start inside a word; a closing quote ends the word. ``QuoteRules``
/// reads what is inside quotes. A NUL outside quotes is an error: redis-cli would ignore the rest of the line.
package struct Tokenizer {
    private let line: [UInt8]
    private var position = 0
    /// A backslash before a line feed, outside quotes, is skipped along with it, as in files. False if there is no line
    /// feed, so that nothing looks for it.
    private let joinsLines: Bool

    private init(_ line: [UInt8], joinsLines: Bool = true) {
        self.line = line
        self.joinsLines = joinsLines && line.contains(0x0a)
    }

    /// The words of `line`; none for a blank line.
    ///
    /// - Throws: ``TokenizerError`` for a quote that is left open or followed by text, and for a NUL.
    package static func words(_ line: [UInt8]) throws(TokenizerError) -> [ByteString] {
        var tokenizer = Tokenizer(line, joinsLines: false)
        var words: [ByteString] = []
        while tokenizer.skipBlanks() {
            words.append(try tokenizer.word())
        }
        if tokenizer.byte != nil { throw .nulByte }
        return words
    }

    /// The words of `line` up to an unquoted word that `isEnd` accepts, and the text after that word.
    ///
    /// - Returns: `end` is nil when there is no such word.
    /// - Throws: ``TokenizerError`` for a quote or a NUL before that word.
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
        if tokenizer.byte != nil { throw .nulByte }
        return (words, nil, "")
    }

    /// The words of a line being typed: the complete ones, and where the last one, which is not complete, starts. After
    /// a blank, that is the end of the line; an open quote belongs to the last word.
    ///
    /// - Returns: nil when a closing quote is followed by text.
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

    /// A word of a line that need not be valid.
    package struct Piece {
        package enum End { case blank, openQuote, textBehindQuote }

        /// What the word stands for.
        package let value: ByteString
        /// Where it is in the line.
        package let range: Range<Int>
        package let end: End
    }

    /// The words of a line being typed, which need not be valid.
    package static func pieces(_ line: [UInt8]) -> [Piece] {
        var tokenizer = Tokenizer(line)
        var pieces: [Piece] = []
        while tokenizer.skipBlanks() {
            let start = tokenizer.position
            do {
                let value = try tokenizer.word()
                pieces.append(Piece(value: value, range: start..<tokenizer.position, end: .blank))
            } catch {
                while let byte = tokenizer.byte, !isBlank(byte) { tokenizer.position += 1 }
                let range = start..<tokenizer.position
                let end: Piece.End = error == .openQuote ? .openQuote : .textBehindQuote
                pieces.append(Piece(value: ByteString(line[range]), range: range, end: end))
            }
        }
        return pieces
    }

    /// Splits a pasted text into lines, at line ends outside quotes.
    ///
    /// - Parameters:
    ///   - commentSign: what starts a line, after blanks, in which quotes mean nothing; nil for no such lines.
    ///   - joined: true when a line whose last byte is a backslash continues.
    package static func lines(_ text: [UInt8], commentSign: UInt8? = nil, joined: Bool = false) -> [ByteString] {
        var lines: [ByteString] = []
        var start = 0
        var quotes = QuoteRules()
        var position = 0
        while position < text.count {
            if text[position] == 0x0a, !quotes.isQuoted {
                lines.append(ByteString(text[start..<position]))
                position += 1
                start = position
            } else if text[position] == commentSign, text[start..<position].allSatisfy(isBlank) {
                position = text[position...].firstIndex(of: 0x0a) ?? text.count
            } else if joined, !quotes.isQuoted, isContinuation(text, at: position) {
                position += 2
            } else {
                _ = quotes.step(in: text, &position)
            }
        }
        return lines + [ByteString(text[start...])]
    }

    private static func isContinuation(_ text: [UInt8], at position: Int) -> Bool {
        text[position] == UInt8(ascii: "\\") && position + 1 < text.count && text[position + 1] == 0x0a
    }

    private var isAtContinuation: Bool { joinsLines && Self.isContinuation(line, at: position) }

    private var byte: UInt8? { position < line.count ? line[position] : nil }

    /// Moves to the next word; false at the end, and at a NUL.
    private mutating func skipBlanks() -> Bool {
        while let byte, Self.isBlank(byte) || isAtContinuation { position += Self.isBlank(byte) ? 1 : 2 }
        return byte != nil && byte != 0
    }

    /// Vertical tab and form feed are blanks between words, but do not end a word.
    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0d ~= byte }

    private static func endsWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x09, 0x0d, 0x0a, 0x00: true
        default: false
        }
    }

    private mutating func word() throws(TokenizerError) -> ByteString {
        var word: [UInt8] = []
        var quotes = QuoteRules()
        while let byte, quotes.isQuoted || !Self.endsWord(byte) {
            if !quotes.isQuoted, isAtContinuation {
                position += 2
                continue
            }
            switch quotes.step(in: line, &position) {
            case .byte(let byte): word.append(byte)
            case .openingQuote: break
            case .closingQuote:
                if let next = self.byte, !Self.isBlank(next), next != 0 { throw .textBehindQuote }
                return ByteString(word)
            }
        }
        if quotes.isQuoted { throw .openQuote }
        return ByteString(word)
    }
}

/// A line that is not a list of words.
package enum TokenizerError: Error, Hashable, Sendable {
    /// A quote is not closed; more text could close it.
    case openQuote
    /// A closing quote is followed by something other than a blank.
    case textBehindQuote
    /// A NUL byte outside quotes.
    case nulByte
}
