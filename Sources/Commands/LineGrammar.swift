package import RESP

/// Says what a line is: takes a repeat count, an alias and a target off the front of a command or of a shell word, and
/// a format and a redirection off its end. The only place that does.
package struct LineGrammar: Sendable {
    /// Where a line comes from, which decides what it may contain.
    package enum Origin: Sendable {
        /// Typed at the prompt: there may be comments, and redirections after the command.
        case prompt
        /// A line of a file, in which comments have already been skipped.
        case file
        /// The words after the options on the command line, where numbers are data: as in redis-cli, `-r` repeats.
        case arguments
        /// A line that is loaded: only commands for servers.
        case load
    }

    private let origin: Origin
    let aliases: [ByteString: [ByteString]]
    private let dialect: Dialect

    /// - Parameters:
    ///   - aliases: words that stand for others, at the start of a line or after what may come before a command.
    package init(_ origin: Origin, aliases: [ByteString: [ByteString]] = [:], dialect: Dialect = .slotline) {
        self.origin = origin
        self.aliases = aliases
        self.dialect = dialect
    }

    private var takesComments: Bool { origin == .prompt && dialect.hasComments }
    private var takesRedirections: Bool { origin == .prompt && dialect.hasRedirections }
    private var takesFormats: Bool { origin == .prompt && dialect.hasFormatSuffixes }
    private var takesContinuations: Bool { origin == .prompt && dialect.continuesLines }
    private var takesCounts: Bool { origin == .prompt || origin == .file }

    // MARK: Lines to run

    /// Parses a line.
    ///
    /// - Returns: nil for a blank line and a comment.
    package func line(_ text: [UInt8]) throws(LineError) -> Line? {
        if isComment(text) { return nil }
        var split: (words: [ByteString], end: ByteString?, rest: ByteString)
        // A word in quotes is an argument, and so is one followed by others.
        var plain: (place: Int, word: ByteString)?
        var glued: Line.Glued?
        do {
            split = try Tokenizer.words(text) { words, word in
                if endsCommand(words, word) { return true }
                if takesRedirections, !words.isEmpty { glued = glued ?? Line.Glued(redirection: word) }
                plain = (words.count, word)
                return false
            }
        } catch {
            throw .invalid(error)
        }
        let last = plain.flatMap { $0.place == split.words.count - 1 ? $0.word : nil }
        var format: Format?
        if let last, split.words.count > 1, let suffix = suffix(last) {
            switch suffix {
            case .format(let chosen): format = chosen
            case .near(let names): throw .unknownFormat(last, near: names)
            }
            split.words.removeLast()
        }
        var line = try line(split.words)
        line?.format = format
        if takesFormats, let last { glued = glued ?? Line.Glued(format: last) }
        line?.glued = glued
        line?.redirection = split.end.flatMap(Line.Redirection.Kind.init).map { .init(kind: $0, text: split.rest) }
        // A definition prints nothing.
        if case .word(.alias, let arguments) = line?.content, arguments.count > 1,
            format != nil || line?.redirection != nil
        {
            throw .endingInAlias(arguments[0])
        }
        return line
    }

    /// The same for a line that has already been split.
    package func line(_ words: [ByteString]) throws(LineError) -> Line? {
        let front = front(of: words)
        var count = 1
        for number in front.counts {
            guard number > 0, number < .max else { throw .invalidCount(number) }
            let (product, isTooLarge) = count.multipliedReportingOverflow(by: number)
            count = isTooLarge ? .max : product
        }
        guard let first = front.words.first else { return nil }
        if let word = try word(first), try takes(word, argumentCount: front.words.count - 1) {
            return Line(content: .word(word, arguments: Array(front.words.dropFirst())), count: count)
        }
        return Line(content: .command(try command(front.words)), count: count)
    }

    /// A command with its target.
    ///
    /// - Parameter words: at least one.
    package func command(_ words: [ByteString]) throws(LineError) -> Command {
        let first = words.first ?? ""
        if first == "@", dialect.refusesMisusedWords { throw .invalidTarget(.unknown(first)) }
        let command: Command?
        do {
            command = try Command(words: words)
        } catch {
            throw .invalidTarget(error)
        }
        guard let command else { throw .commandMissing(target: first) }
        if command.target != nil {
            if Target.isTarget(command.name) { throw .secondTarget(command.name) }
            if let word = try word(command.name) { throw .targetOfWord(target: first, word) }
        }
        return command
    }

    /// The lines of a text, split at line ends that are outside quotes and not after a backslash, or in a comment.
    package func lines(_ text: [UInt8]) -> [ByteString] {
        Tokenizer.lines(text, commentSign: takesComments ? Self.commentSign : nil, joined: takesContinuations)
    }

    /// True when a line continues after the next line end: a quote is open, or an unquoted backslash is at the end.
    package func isOpen(_ text: [UInt8]) -> Bool {
        guard takesContinuations, let last = lines(text).last?.bytes, !isComment(last) else { return false }
        do {
            _ = try Tokenizer.words(last, upTo: endsCommand)
            return last.last == UInt8(ascii: "\\")
        } catch {
            return error == .openQuote
        }
    }

    /// True when a line that starts with this word may be more than a command for a server.
    package func mayBeMore(than word: ByteString) -> Bool {
        ShellWord(word) != nil || word.hasPrefix(":") || Target.isTarget(word) || Self.count(word) != nil
            || aliases[word] != nil
    }

    /// True for a line that only a shell can run: it starts with a repeat count or a shell word.
    package func needsShell(_ words: [ByteString]) -> Bool {
        let front = front(of: words)
        return !front.counts.isEmpty || front.words.first.map { $0.hasPrefix(":") || ShellWord($0) != nil } ?? false
    }

    /// True for an alias that is its own name and nothing else, perhaps by way of other aliases.
    package func isIdle(alias name: ByteString) -> Bool {
        let front = front(of: [name])
        return front.counts.isEmpty && front.words == [name]
    }

    /// The command in a line, without its target.
    package func commandWords(_ words: [ByteString]) -> [ByteString] {
        let words = front(of: words).words
        return words.first.map(Target.isTarget) == true ? Array(words.dropFirst()) : words
    }

    // MARK: Before the command

    /// What a word before a command is.
    package enum FrontWord: Equatable, Sendable { case count, alias, target }

    /// The parts of a line: what comes first, then a shell word or a command.
    package struct Reading {
        /// One for each word that was typed before the rest.
        package let front: [FrontWord]
        package let target: ByteString?
        /// The command and its arguments, or the shell word and what follows it.
        package let words: [ByteString]
        /// How many of these come from an alias.
        package let aliasCount: Int
        package let shellWord: ShellWord?
    }

    /// Takes apart the words of a line being typed.
    package func reading(of words: [ByteString]) -> Reading {
        let front = front(of: words, isUnfinished: true)
        let rest = front.target == nil ? front.words : Array(front.words.dropFirst())
        let word = front.target == nil ? rest.first.flatMap { ShellWord($0) } : nil
        return Reading(
            front: front.typed, target: front.target, words: rest,
            aliasCount: rest.count - (words.count - front.typed.count),
            shellWord: word.flatMap { answers($0) ? $0 : nil })
    }

    /// - Parameter isUnfinished: true if more words will follow.
    /// - Returns: the words with the target first; `typed` has one for each of `words` that was consumed.
    func front(
        of words: [ByteString], isUnfinished: Bool = false
    ) -> (counts: [Int], words: [ByteString], target: ByteString?, typed: [FrontWord]) {
        // How many of the words were typed and not consumed yet; an alias adds others.
        var typedCount = words.count
        var typed: [FrontWord] = []
        func take(_ word: FrontWord, of words: [ByteString]) {
            guard words.count == typedCount else { return }
            typedCount -= 1
            typed.append(word)
        }
        var words = words
        var counts: [Int] = []
        var target: ByteString?
        // An alias within its own definition stands for itself.
        var expanded: Set<ByteString> = []
        var mayCount = takesCounts
        while let first = words.first {
            if let alias = aliases[first], expanded.insert(first).inserted {
                take(.alias, of: words)
                words = alias + words.dropFirst()
                mayCount = takesCounts && target == nil
            } else if mayCount, words.count > 1 || isUnfinished, let count = Self.count(first) {
                counts.append(count)
                take(.count, of: words)
                words.removeFirst()
                mayCount = false
            } else if target == nil, Target.isTarget(first) {
                target = first
                take(.target, of: words)
                words.removeFirst()
                mayCount = false
            } else {
                break
            }
        }
        return (counts, (target.map { [$0] } ?? []) + words, target, typed)
    }

    /// The number that a word is, or the largest possible for one that is larger; nil for anything else.
    private static func count(_ word: ByteString) -> Int? {
        word.integer ?? (!word.isEmpty && word.bytes.allSatisfy { 0x30...0x39 ~= $0 } ? .max : nil)
    }

    /// The shell word of this name; nil for the name of a command.
    private func word(_ name: ByteString) throws(LineError) -> ShellWord? {
        if let word = ShellWord(name), answers(word) { return word }
        guard name.hasPrefix(":"), answersColonWords else { return nil }
        throw .unknownWord(name)
    }

    /// False for a word that is a command when it has this many arguments.
    private func takes(_ word: ShellWord, argumentCount: Int) throws(LineError) -> Bool {
        let counts = word == .connect && !dialect.connectsByURI ? 2...2 : word.row.counts
        if counts ~= argumentCount { return true }
        guard word.hasColon || dialect.refusesMisusedWords else { return false }
        throw .wrongArguments(word)
    }

    /// redis-cli has one such word, at its prompt and in files, and sends those on its command line.
    private var answersColonWords: Bool {
        switch origin {
        case .prompt, .file: true
        case .arguments: dialect.hasColonWords
        case .load: false
        }
    }

    /// The words that a line of this origin may start with, in the order of the help.
    package var words: [ShellWord] { ShellWord.listed.filter(answers) }

    /// True for a shell word that a line of this origin may start with.
    package func answers(_ word: ShellWord) -> Bool {
        switch (origin, word) {
        case (.load, _): false
        case (_, .restart): dialect.hasRestart && origin != .arguments
        case (.arguments, .help), (.arguments, .questionMark): true
        case (.arguments, _): word.hasColon && dialect.hasColonWords
        case (.prompt, .set), (.file, .set): true
        case (.prompt, _), (.file, _): !word.hasColon || dialect.hasColonWords
        }
    }

    // MARK: After the command

    private static let commentSign = UInt8(ascii: "#")

    package func isComment(_ line: [UInt8]) -> Bool {
        takesComments && line.first { $0 != 0x20 && $0 != 0x09 } == Self.commentSign
    }

    /// True for an unquoted word that ends the command: `|`, and `>` and `>>` if the command does not know them.
    package func endsCommand(_ words: [ByteString], _ word: ByteString) -> Bool {
        guard takesRedirections, !words.isEmpty, let kind = Line.Redirection.Kind(word) else { return false }
        guard kind != .pipe, case .command(let command) = subject(of: words) else { return true }
        return CommandTable.row(for: command)?.flags.contains(.greaterSign) != true
    }

    /// What an unquoted last word that starts with a semicolon is.
    package enum Suffix {
        case format(Format)
        /// It is close to these formats.
        case near([String])
    }

    /// Nil for a word that is an argument like any other.
    package func suffix(_ word: ByteString) -> Suffix? {
        guard takesFormats, word.hasPrefix(";") else { return nil }
        if let format = Format(suffix: word) { return .format(format) }
        let near = Suggestions.near(word.dropFirst(1), of: Format.allCases.map { "\($0.row.name)" })
        return near.isEmpty ? nil : .near(near.map { ";\($0)" })
    }

    /// True for the start of a word that chooses a format.
    package func mayBecomeSuffix(_ word: ByteString) -> Bool {
        let begin = word.uppercased.text
        return takesFormats && word.hasPrefix(";")
            && Format.suffixes.contains { $0.uppercased().hasPrefix(begin) && $0.utf8.count > word.count }
    }

    // MARK: The subject

    /// What the last word of a line belongs to.
    package enum Subject {
        /// A command, a target, or a shell word may come.
        case beginning
        /// The command word and the complete arguments; never empty.
        case command([ByteString])
        case word(ShellWord, arguments: [ByteString])
        /// The name of a file.
        case file
        case nothing
    }

    /// What comes after these words: an argument of a command, even of one within a shell word's arguments.
    package func subject(of words: [ByteString]) -> Subject {
        var words = front(of: words, isUnfinished: true).words
        let hasTarget = words.first.map(Target.isTarget) == true
        if hasTarget { words.removeFirst() }
        guard let first = words.first else { return .beginning }
        guard !hasTarget, let word = ShellWord(first), answers(word) else { return .command(words) }
        let arguments = Array(words.dropFirst())
        guard let place = word.row.completion.placeOfCommand(among: arguments), arguments.count > place else {
            return .word(word, arguments: arguments)
        }
        return subject(of: Array(arguments.dropFirst(place)))
    }
}
