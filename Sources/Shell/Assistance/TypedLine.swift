import Commands
import RESP

/// What a line that is being typed is about, as far as it goes.
struct TypedLine {
    enum Subject {
        /// A command, a target, or a word of the shell may come.
        case beginning
        /// The command word and the arguments that are complete; never empty.
        case command([ByteString])
        case word(ShellWords.Row, arguments: [ByteString])
        /// The name of a file.
        case file
        case nothing
    }

    /// What the last word belongs to.
    let subject: Subject
    /// The same with the last word counted in.
    let whole: Subject
    /// Where the last word begins.
    let start: Int
    /// The last word as it is typed; empty behind a blank.
    let partial: ByteString

    /// - Parameter aliases: the words that stand for others.
    init(_ line: ByteString, aliases: [ByteString: [ByteString]]) {
        let bytes = Tokenizer.lines(line.bytes).last?.bytes ?? []
        let offset = line.count - bytes.count
        guard let (words, start) = Tokenizer.unfinished(bytes) else {
            (subject, whole, self.start, partial) = (.nothing, .nothing, line.count, "")
            return
        }
        let partial = ByteString(bytes[start...])
        self.start = offset + start
        self.partial = partial
        let split = try? Tokenizer.words(Array(bytes[..<start]), upTo: ShellPipe.isOperator)
        if let end = split?.end {
            subject = end != "|" && (split?.rest.bytes ?? []).allSatisfy { $0 == 0x20 } ? .file : .nothing
            whole = .nothing
        } else {
            subject = Self.subject(of: words, aliases)
            whole = partial.isEmpty ? subject : Self.subject(of: words + [Self.value(of: partial)], aliases)
        }
    }

    /// The last word's value.
    var value: ByteString { Self.value(of: partial) }

    private static func value(of word: ByteString) -> ByteString {
        let closing: [[UInt8]] = [[], [UInt8(ascii: "\"")], [UInt8(ascii: "'")]]
        return closing.lazy.compactMap { try? Tokenizer.words(word.bytes + $0).first }.first ?? word
    }

    /// Takes what may stand in front of a command off the words: a target, a number, a word of the shell, an alias.
    private static func subject(of words: [ByteString], _ aliases: [ByteString: [ByteString]]) -> Subject {
        var words = words[...]
        var isExpanded = false
        while let first = words.first {
            if let alias = aliases[first], !isExpanded {
                isExpanded = true
                words = alias + words.dropFirst()
            } else if Target.isTarget(first) || first.integer != nil {
                words = words.dropFirst()
            } else if let row = ShellWords.rows.first(where: { first.matches($0.name) }) {
                guard case .command(let place) = row.completes, words.count > place + 1 else {
                    return .word(row, arguments: Array(words.dropFirst()))
                }
                words = words.dropFirst(place + 1)
            } else {
                return .command(Array(words))
            }
            if words.isEmpty { break }
        }
        return .beginning
    }
}
