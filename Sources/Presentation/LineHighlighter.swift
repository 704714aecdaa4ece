package import Commands
package import RESP

/// Says what the parts of a line are while it is typed, by the tables and by what the server tells of its commands.
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
        ///   - isRefused: whether a command of this row, in these words, would be refused.
        ///   - hasTarget: whether the target leads anywhere.
        ///   - accepts: whether the last argument of a word of the shell is one that it takes.
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

    /// The parts that have a look of their own, in their order.
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
        /// The last piece in front of what leads the reply elsewhere.
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
                // What stands behind is a file's name, or the shell's.
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

        /// More may be typed behind the last character of this word.
        private func isUnfinished(_ place: Int) -> Bool {
            isLast && place == pieces.count - 1 && pieces[place].range.upperBound == line.count
        }

        // MARK: What stands in front

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
            // The piece that the first of the words is; less than 0 for those of an alias.
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
        ///   - first: the place of the command's word, were all words typed.
        ///   - visible: the place of the first word that is.
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
                // What does not fit says nothing of what comes behind it, unless nothing may.
                if syntax?.isEmpty == false { syntax = taken?.rest }
            }
        }

        /// Nil where nobody says what the command takes.
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

        /// True for a last word that chooses a format, that nearly does, or that may become one.
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

        // MARK: Words of the shell

        /// - Parameters:
        ///   - words: the word and its arguments.
        ///   - first: the place of the word, were all words typed.
        ///   - visible: the place of the first argument that is.
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

        /// The quote that nothing closes: the word's first.
        private func openQuote(in piece: Tokenizer.Piece) -> Int {
            piece.range.first { line[$0] == UInt8(ascii: "\"") || line[$0] == UInt8(ascii: "'") }
                ?? piece.range.lowerBound
        }
    }
}

extension ByteString {
    /// True for a number as servers read it.
    fileprivate var isNumber: Bool {
        guard let first = bytes.first, 0x30...0x39 ~= first || [0x2b, 0x2d, 0x2e].contains(first) else { return false }
        return Double(text) != nil
    }
}
