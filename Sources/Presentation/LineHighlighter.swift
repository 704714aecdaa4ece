package import Commands
package import RESP

/// Says what the parts of a line are while it is being typed, based on the tables and on what the server says about its
/// commands.
package struct LineHighlighter {
    /// A part of the line, in bytes, and what it is.
    package struct Span: Equatable {
        package let range: Range<Int>
        package let role: TextRole

        package init(_ range: Range<Int>, _ role: TextRole) {
            self.range = range
            self.role = role
        }
    }

    private let grammar: LineGrammar
    private let vocabulary: Vocabulary
    private let knowledge: Knowledge

    /// What only the session knows.
    package struct Knowledge {
        let isRefused: (_ row: CommandSpec, _ words: [ByteString], _ hasTarget: Bool) -> Bool
        let hasTarget: (Target) -> Bool
        let accepts: (_ word: ShellWord, _ arguments: [ByteString], _ isUnfinished: Bool) -> Bool

        /// - Parameters:
        ///   - isRefused: whether a command with this row and these words would be refused.
        ///   - hasTarget: whether the target exists.
        ///   - accepts: whether a shell word accepts its last argument.
        package init(
            isRefused: @escaping (_ row: CommandSpec, _ words: [ByteString], _ hasTarget: Bool) -> Bool = { _, _, _ in
                false
            },
            hasTarget: @escaping (Target) -> Bool = { _ in true },
            accepts: @escaping (_ word: ShellWord, _ arguments: [ByteString], _ isUnfinished: Bool) -> Bool = {
                _, _, _ in true
            }
        ) {
            self.isRefused = isRefused
            self.hasTarget = hasTarget
            self.accepts = accepts
        }
    }

    package init(_ grammar: LineGrammar, _ vocabulary: Vocabulary, _ knowledge: Knowledge) {
        self.grammar = grammar
        self.vocabulary = vocabulary
        self.knowledge = knowledge
    }

    /// The parts that have their own look, in order.
    package func spans(of text: ByteString) -> [Span] {
        var spans: [Span] = []
        var offset = 0
        for line in grammar.lines(text.bytes) {
            var reader = LineReader(self, line.bytes, offset: offset, isLast: offset + line.count == text.count)
            reader.read()
            spans += reader.spans
            offset += line.count + 1
        }
        return spans
    }

    /// Goes through the words of one line.
    private struct LineReader {
        private let highlighter: LineHighlighter
        private let line: [UInt8]
        private let offset: Int
        private let isLast: Bool
        private var pieces: [Tokenizer.Piece] = []
        /// The last piece before a redirection.
        private var lastOfCommand = -1
        private(set) var spans: [Span] = []

        init(_ highlighter: LineHighlighter, _ line: [UInt8], offset: Int, isLast: Bool) {
            self.highlighter = highlighter
            self.line = line
            self.offset = offset
            self.isLast = isLast
        }

        private var grammar: LineGrammar { highlighter.grammar }
        private var vocabulary: Vocabulary { highlighter.vocabulary }

        mutating func read() {
            if grammar.isComment(line) { return add(0..<line.count, .comment) }
            pieces = Tokenizer.pieces(line)
            var words: [ByteString] = []
            for (place, piece) in pieces.enumerated() {
                guard !isQuoted(piece), grammar.endsCommand(words, piece.value) else {
                    words.append(piece.value)
                    continue
                }
                // The rest is a file name, or a command for the system's shell.
                pieces.removeSubrange((place + 1)...)
                lastOfCommand = place - 1
                readCommand(from: 0, to: place)
                return add(piece.range, .shellWord)
            }
            lastOfCommand = pieces.count - 1
            readCommand(from: 0, to: pieces.count)
        }

        private mutating func add(_ range: Range<Int>, _ role: TextRole) {
            spans.append(Span(range.lowerBound + offset..<range.upperBound + offset, role))
        }

        private mutating func add(_ place: Int, _ role: TextRole?) {
            if let role { add(pieces[place].range, role) }
        }

        private func isQuoted(_ piece: Tokenizer.Piece) -> Bool {
            let first = line[piece.range.lowerBound]
            return first == UInt8(ascii: "\"") || first == UInt8(ascii: "'")
        }

        /// True if this word is still being typed: more may follow its last character.
        private func isUnfinished(_ place: Int) -> Bool {
            isLast && place == pieces.count - 1 && pieces[place].range.upperBound == line.count
        }

        // MARK: Prefixes

        private mutating func readCommand(from start: Int, to end: Int) {
            guard start < end else { return }
            let reading = grammar.reading(of: pieces[start..<end].map(\.value))
            for (place, word) in zip(start..., reading.front) {
                switch word {
                case .count: add(place, .number)
                case .alias: add(place, .command)
                case .target: add(place, role(ofTarget: place))
                }
            }
            // The index of the first word, as if all words had been typed: the words of an alias count back from the
            // end of the prefixes, so it may be negative.
            let first = start + reading.front.count - reading.aliasCount
            if let word = reading.shellWord {
                if first >= start + reading.front.count { add(first, .shellWord) }
                let next = max(start + reading.front.count, first + 1)
                let arguments = next < end ? pieces[next..<end].map(\.value) : []
                guard let place = word.row.completion.placeOfCommand(among: arguments) else {
                    return readArguments(of: word, reading.words, from: first, visible: next)
                }
                readValues(from: next, to: min(end, first + 1 + place))
                readCommand(from: max(start, first + 1 + place), to: end)
            } else if !reading.words.isEmpty {
                readArguments(of: reading, from: first, visible: start + reading.front.count)
            }
        }

        private func role(ofTarget place: Int) -> TextRole? {
            guard let target = try? Target(parsing: pieces[place].value), highlighter.knowledge.hasTarget(target) else {
                return isUnfinished(place) ? nil : .unknownTarget
            }
            return .target
        }

        // MARK: Commands

        /// - Parameters:
        ///   - first: the index that the command's word would have if all words were typed.
        ///   - visible: the index of the first word that was.
        private mutating func readArguments(of reading: LineGrammar.Reading, from first: Int, visible: Int) {
            let words = reading.words
            let entry = vocabulary.entry(for: words)
            var role = TextRole.command
            if let row = entry?.row, highlighter.knowledge.isRefused(row, words, reading.target != nil) {
                role = .refusedCommand
            }
            var named = entry?.wordCount ?? 1
            var roles: [TextRole?] = Array(repeating: role, count: named)
            let subcommands = entry?.wordCount == 2 ? [] : vocabulary.subcommands(of: words[0])
            if entry == nil, subcommands.isEmpty {
                let mayBecome = words.count == 1 && isUnfinished(first) && vocabulary.hasWord(beginning: words[0])
                roles = [mayBecome ? nil : .unknownCommand]
            } else if !subcommands.isEmpty, words.count > 1 {
                let word = words[1].uppercased.text
                let mayBecome = isUnfinished(first + 1) && subcommands.contains { $0.hasPrefix(word) }
                roles = [.command, mayBecome ? nil : .unknownCommand]
                named = 2
            }
            for (place, role) in zip(first..., roles) where place >= visible { add(place, role) }
            let isKnown = roles.allSatisfy { $0 == role }
            var syntax = isKnown ? entry.flatMap(Self.syntax) : nil
            for place in named..<max(named, words.count) {
                let isVisible = first + place >= visible
                let taken = syntax?.taking(words[place], isUnfinished: isVisible && isUnfinished(first + place))
                if isVisible { readArgument(first + place, taken?.meaning) }
                // An argument that does not fit says nothing about those after it, unless there may be no arguments at
                // all.
                if syntax?.isEmpty == false { syntax = taken?.rest }
            }
        }

        /// Nil if nothing says what the command takes.
        private static func syntax(of entry: Vocabulary.Entry) -> CommandSyntax? {
            let syntax = entry.syntax
            return syntax.isEmpty && entry.arity != entry.wordCount ? nil : syntax
        }

        private mutating func readArgument(_ place: Int, _ meaning: CommandSyntax.Meaning?) {
            let piece = pieces[place]
            if readSuffix(place) { return }
            switch meaning {
            case .keyword: add(place, .option)
            case .misfit where piece.end == .blank: add(place, .wrongArgument)
            default: readValue(place)
            }
        }

        /// True for a last word that chooses a format, almost does, or may still become one that does.
        private mutating func readSuffix(_ place: Int) -> Bool {
            guard place == lastOfCommand, !isQuoted(pieces[place]) else { return false }
            let word = pieces[place].value
            if isUnfinished(place), grammar.mayBecomeSuffix(word) { return true }
            switch grammar.suffix(word) {
            case .format: add(place, .option)
            case .near: add(place, .wrongArgument)
            case nil: return false
            }
            return true
        }

        // MARK: Shell words

        /// - Parameters:
        ///   - words: the shell word and its arguments.
        ///   - first: the index that the shell word would have if all words were typed.
        ///   - visible: the index of the first argument that was.
        private mutating func readArguments(
            of word: ShellWord, _ words: [ByteString], from first: Int, visible: Int
        ) {
            for place in visible..<max(visible, first + words.count) {
                let arguments = Array(words[1...(place - first)])
                let isUnfinished = isUnfinished(place)
                let isRight =
                    word.fits(arguments, isUnfinished: isUnfinished)
                    && highlighter.knowledge.accepts(word, arguments, isUnfinished)
                if readSuffix(place) { continue }
                if !isRight, pieces[place].end == .blank {
                    add(place, .wrongArgument)
                } else {
                    readValue(place)
                }
            }
        }

        // MARK: Values

        private mutating func readValues(from start: Int, to end: Int) {
            for place in start..<max(start, end) { readValue(place) }
        }

        private mutating func readValue(_ place: Int) {
            let piece = pieces[place]
            switch piece.end {
            case .textBehindQuote: add(place, .wrongArgument)
            case .openQuote:
                let quote = openQuote(in: piece)
                if quote > piece.range.lowerBound { add(piece.range.lowerBound..<quote, .string) }
                add(quote..<quote + 1, .openQuote)
                add(quote + 1..<piece.range.upperBound, .string)
            case .blank where isQuoted(piece): add(place, .string)
            case .blank: add(place, piece.value.isNumber ? .number : nil)
            }
        }

        /// The unclosed quote: the first in the word.
        private func openQuote(in piece: Tokenizer.Piece) -> Int {
            piece.range.first { line[$0] == UInt8(ascii: "\"") || line[$0] == UInt8(ascii: "'") }
                ?? piece.range.lowerBound
        }
    }
}

extension ByteString {
    /// True for a number as servers parse it.
    fileprivate var isNumber: Bool {
        guard let first = bytes.first, 0x30...0x39 ~= first || [0x2b, 0x2d, 0x2e].contains(first) else { return false }
        return Double(text) != nil
    }
}
