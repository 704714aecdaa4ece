import RESP

/// Splits lines of commands inside the block they were read into, without copying them.
///
/// A line of plain words, and of quoted ones without escapes, becomes ranges of the block. Any other line (with
/// escapes, an open quote, or a backslash at the end that continues it) is returned whole, for ``Tokenizer`` to read.
/// Blank lines and lines that start with `#` are skipped; a CR before the end of a line is ignored.
package struct LineScanner {
    package enum Content {
        /// Words, found in ``LineScanner/words``; none for a blank line or a comment.
        case words
        /// The text of a line, with its continuations.
        case text([UInt8])
    }

    package struct Line {
        package let content: Content
        /// How many bytes the line and its end take.
        package let length: Int
        /// How many lines it spans: more than one with continuations.
        package let lineCount: Int

        package init(content: Content, length: Int, lineCount: Int) {
            self.content = content
            self.length = length
            self.lineCount = lineCount
        }
    }

    /// The words of the last line, as ranges of the bytes that it was found in.
    package private(set) var words: [Range<Int>] = []
    /// How many of ``words`` belong to the line being split: lines of a load tend to have as many words as the last.
    private var wordCount = 0
    /// No line ends before this offset, so a line that arrives in pieces is searched only once.
    private var searched = 0
    private let endsBeforeRequests: Bool

    /// - Parameter endsBeforeRequests: true where a line that starts with `*` can only be a command in RESP, which a
    ///   backslash does not turn into a continuation of the line before.
    package init(endsBeforeRequests: Bool = false) {
        self.endsBeforeRequests = endsBeforeRequests
    }

    /// Takes the first line of `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: from the same first byte on as in the last call, if that returned nil.
    ///   - isAtEnd: true when nothing comes after `bytes`: the last line may lack its end.
    /// - Returns: nil when the line's end has not arrived yet, or no line is left.
    package mutating func next(_ bytes: RawSpan, isAtEnd: Bool) -> Line? {
        wordCount = 0
        guard bytes.byteCount > 0 else { return nil }
        if searched > 0 {
            let end = bytes.index(of: 0x0a, in: searched..<bytes.byteCount)
            searched = end ?? bytes.byteCount
            guard end != nil || isAtEnd else { return nil }
        }
        if Self.isComment(bytes) { return comment(bytes, isAtEnd: isAtEnd) }
        switch split(bytes) {
        case .line(let end):
            // A backslash before the end continues the line.
            let isContinued =
                end > 0 && bytes.byte(end - (bytes.byte(end - 1) == 0x0d && end > 1 ? 2 : 1)) == Self.backslash
            guard !isContinued else { return text(bytes, isAtEnd: isAtEnd) }
            return taken(.words, end + 1)
        case .outOfBytes where !isAtEnd:
            searched = bytes.byteCount
            return nil
        case .outOfBytes, .notPlain: return text(bytes, isAtEnd: isAtEnd)
        }
    }

    private static let backslash = UInt8(ascii: "\\")

    private mutating func taken(_ content: Content, _ length: Int, lineCount: Int = 1) -> Line {
        searched = 0
        if words.count > wordCount { words.removeSubrange(wordCount...) }
        return Line(content: content, length: length, lineCount: lineCount)
    }

    private static func isComment(_ bytes: RawSpan) -> Bool {
        var start = 0
        while start < bytes.byteCount, bytes.byte(start) == 0x20 || bytes.byte(start) == 0x09 { start += 1 }
        return start < bytes.byteCount && bytes.byte(start) == UInt8(ascii: "#")
    }

    private mutating func comment(_ bytes: RawSpan, isAtEnd: Bool) -> Line? {
        guard let end = bytes.index(of: 0x0a, in: 0..<bytes.byteCount) else {
            searched = bytes.byteCount
            return isAtEnd ? taken(.words, bytes.byteCount) : nil
        }
        return taken(.words, end + 1)
    }

    @inline(__always)
    private mutating func add(_ word: Range<Int>) {
        if wordCount < words.count { words[wordCount] = word } else { words.append(word) }
        wordCount &+= 1
    }

    // MARK: Plain lines

    private enum Split {
        /// The offset of the line feed.
        case line(Int)
        case outOfBytes
        case notPlain
    }

    private mutating func split(_ bytes: RawSpan) -> Split {
        let count = bytes.byteCount
        // Where the word being read starts, or the next may start.
        var start = 0
        var offset = 0
        chunks: while offset < count {
            var marks = bytes.plainEnds(from: offset)
            while marks != 0 {
                let place = offset &+ marks.trailingZeroBitCount / 8
                marks &= marks &- 1
                guard place < count else { return .outOfBytes }
                let byte = bytes.byte(place)
                switch byte {
                case 0x20, 0x0a, 0x0d, 0x09:
                    if place > start { add(start..<place) }
                    if byte == 0x0a { return .line(place) }
                    start = place &+ 1
                case _ where place > start: return .notPlain
                case 0x0b, 0x0c: start += 1
                case UInt8(ascii: "\""), UInt8(ascii: "'"):
                    guard let end = Self.endOfQuote(bytes, from: place + 1, byte) else { return .notPlain }
                    guard end + 1 < count else { return .outOfBytes }
                    // A blank has to follow the quote.
                    guard bytes.byte(end + 1) == 0x20 || 0x09...0x0d ~= bytes.byte(end + 1) else { return .notPlain }
                    add(place + 1..<end)
                    (start, offset) = (end + 1, end + 1)
                    continue chunks
                default: return .notPlain
                }
            }
            offset &+= 8
        }
        return .outOfBytes
    }

    /// Where the closing quote is; nil when an escape or the end of the line comes first.
    private static func endOfQuote(_ bytes: RawSpan, from start: Int, _ quote: UInt8) -> Int? {
        var offset = start
        while offset < bytes.byteCount {
            switch bytes.byte(offset) {
            case quote: return offset
            case 0x0a, backslash: return nil
            default: offset += 1
            }
        }
        return nil
    }

    // MARK: Other lines

    /// The line with its continuations, unparsed.
    private mutating func text(_ bytes: RawSpan, isAtEnd: Bool) -> Line? {
        wordCount = 0
        var text: [UInt8] = []
        var quotes = QuoteRules()
        // What has been scanned is not scanned again when the line continues.
        var scanned = 0
        var start = 0
        var lineCount = 0
        while true {
            guard start < bytes.byteCount || lineCount == 0 else {
                return isAtEnd ? taken(.text(text), start, lineCount: lineCount) : nil
            }
            let end = bytes.index(of: 0x0a, in: start..<bytes.byteCount)
            guard end != nil || isAtEnd else {
                if start == 0 { searched = bytes.byteCount }
                return nil
            }
            lineCount += 1
            bytes.extracting(start..<(end ?? bytes.byteCount)).withUnsafeBytes { text += $0 }
            start = end.map { $0 + 1 } ?? bytes.byteCount
            if text.last == 0x0d { text.removeLast() }
            guard text.last == Self.backslash else { return taken(.text(text), start, lineCount: lineCount) }
            while scanned < text.count - 1 { _ = quotes.step(in: text, &scanned) }
            guard !quotes.isQuoted else { return taken(.text(text), start, lineCount: lineCount) }
            if endsBeforeRequests, start < bytes.byteCount, bytes.byte(start) == UInt8(ascii: "*") {
                return taken(.text(text), start, lineCount: lineCount)
            }
            text.removeLast()
        }
    }
}
