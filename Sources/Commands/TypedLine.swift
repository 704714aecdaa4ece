package import RESP

/// What a line being typed is about, so far.
package struct TypedLine {
    /// What the last word belongs to.
    package let subject: LineGrammar.Subject
    /// The same, including the last word.
    package let whole: LineGrammar.Subject
    /// Where the last word starts.
    package let start: Int
    /// The last word as typed; empty after a blank.
    package let partial: ByteString

    package init(_ text: ByteString, _ grammar: LineGrammar) {
        let bytes = grammar.lines(text.bytes).last?.bytes ?? []
        let offset = text.count - bytes.count
        guard !grammar.isComment(bytes), let (words, start) = Tokenizer.unfinished(bytes) else {
            (subject, whole, self.start, partial) = (.nothing, .nothing, text.count, "")
            return
        }
        let partial = ByteString(bytes[start...])
        self.start = offset + start
        self.partial = partial
        let split = try? Tokenizer.words(Array(bytes[..<start]), upTo: grammar.endsCommand)
        if let end = split?.end {
            let isName = Line.Redirection.Kind(end) != .pipe && (split?.rest.bytes ?? []).allSatisfy { $0 == 0x20 }
            subject = isName ? .file : .nothing
            whole = .nothing
        } else {
            subject = grammar.subject(of: words)
            whole = partial.isEmpty ? subject : grammar.subject(of: words + [Self.closed(partial).value])
        }
    }

    /// The last word's value.
    package var value: ByteString { Self.closed(partial).value }

    /// What the last word lacks at its end: a quote, or nothing.
    package var missingQuote: String { Self.closed(partial).quote }

    private static func closed(_ word: ByteString) -> (value: ByteString, quote: String) {
        for quote in ["", "\"", "'"] {
            if let value = try? Tokenizer.words(word.bytes + quote.utf8).first { return (value, quote) }
        }
        return (word, "")
    }
}
