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
    /// True when the last word chooses a format, or may become one that does: no argument follows it.
    package let endsInFormat: Bool

    package init(_ text: ByteString, _ grammar: LineGrammar) {
        let bytes = grammar.lines(text.bytes).last?.bytes ?? []
        let offset = text.count - bytes.count
        guard !grammar.isComment(bytes), let (words, start) = Tokenizer.unfinished(bytes) else {
            (subject, whole, self.start, partial, endsInFormat) = (.nothing, .nothing, text.count, "", false)
            return
        }
        let partial = ByteString(bytes[start...])
        // As typed: a word in quotes is an argument.
        let last = Tokenizer.pieces(bytes).last.map { ByteString(bytes[$0.range]) } ?? ""
        endsInFormat = grammar.suffix(last) != nil || grammar.mayBecomeSuffix(last)
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
