import Options
import Terminal
import Commands
import Engine
import Presentation
import RESP
import Routing
import Transport

/// Hints and completion at the prompt: knows the line, the tables, and the session.
final class Assistant: LineAssistant {
    let session: Session
    /// The names of the server's settings, asked for once.
    private var configurationNames: [String]?

    init(_ session: Session) {
        self.session = session
    }

    /// Without colors faint, so that it does not look like text.
    var hintStyle: String {
        let palette = session.style.palette ?? (session.dialect.alwaysHasGrayHints ? .dark : nil)
        return palette?.begin(.hint) ?? "\u{1b}[2m"
    }

    var promptStyle: String {
        guard session.style.palette != nil, let color = session.configuration.promptColor else { return "" }
        return "\u{1b}[\(color)m"
    }

    // MARK: Hints

    func hint(for line: ByteString) -> String {
        guard session.showsHints else { return "" }
        let typed = TypedLine(line, session.grammar(.prompt))
        let hint: String =
            switch typed.whole {
            case .command(let words): hint(forCommand: words, isUnfinished: !typed.partial.isEmpty)
            case .word(let word, let arguments):
                "\(word.row.arguments)".split(separator: " ").dropFirst(arguments.count).joined(separator: " ")
            case .beginning, .file, .nothing: ""
            }
        return hint.isEmpty || typed.partial.isEmpty ? hint : " " + hint
    }

    /// - Parameter isUnfinished: no blank stands behind the last word yet.
    private func hint(forCommand words: [ByteString], isUnfinished: Bool) -> String {
        let vocabulary = session.vocabulary
        if let entry = vocabulary.entry(for: words) {
            let arguments = words.dropFirst(entry.wordCount)
            if isUnfinished, !arguments.isEmpty,
                let syntax = entry.syntax.after(arguments.dropLast()), syntax.nextValueIsAmbiguous
            {
                return syntax.text
            }
            let rest = entry.syntax.after(arguments)?.text ?? ""
            if !rest.isEmpty || words.count > 1 { return rest }
        }
        guard words.count == 1 else { return "" }
        return vocabulary.subcommands(of: words[0]).joined(separator: "|")
    }

    // MARK: Completion

    func completions(of line: ByteString, isRepeated: Bool) -> Completions {
        let typed = TypedLine(line, session.grammar(.prompt))
        let candidates: [Completions.Candidate] =
            switch typed.subject {
            case .beginning: beginnings(typed)
            case .command(let words): arguments(of: words, typed, isRepeated: isRepeated)
            case .word(let word, let arguments): self.arguments(of: word, arguments, typed, isRepeated: isRepeated)
            case .file: Files.completions(of: typed.value)
            case .nothing: []
            }
        return Completions(start: typed.start, candidates: candidates)
    }

    private func beginnings(_ typed: TypedLine) -> [Completions.Candidate] {
        if typed.partial.hasPrefix("@") {
            let nodes = session.engine.map.topology?.nodes.map { "@\($0.address)" } ?? []
            return Self.matching(typed.partial, Target.words + nodes).map {
                .init($0.text, isWhole: $0.text.bytes.last != UInt8(ascii: ":"))
            }
        }
        let words = typed.start == 0 ? ShellWord.listed.map(\.name) + session.aliases.keys.map(\.text) : []
        return Self.matching(typed.partial, session.vocabulary.firstWords.sorted() + words)
    }

    private func arguments(
        of words: [ByteString], _ typed: TypedLine, isRepeated: Bool
    ) -> [Completions.Candidate] {
        let vocabulary = session.vocabulary
        let subcommands = words.count == 1 ? Self.matching(typed.partial, vocabulary.subcommands(of: words[0])) : []
        guard let entry = vocabulary.entry(for: words) else { return subcommands }
        let syntax = entry.syntax.after(words.dropFirst(entry.wordCount))
        var candidates = subcommands + Self.matching(typed.partial, syntax?.nextKeywords ?? [])
        if entry.row?.keys.mayHoldKey(behind: words) ?? syntax?.next.contains("key") ?? false {
            candidates += keys(typed, searches: isRepeated)
        }
        if entry.row?.flags.contains(.namesSettings) ?? false, syntax?.next.contains("parameter") ?? false {
            candidates += Self.matching(typed.partial, settings())
        }
        return candidates
    }

    private func arguments(
        of word: ShellWord, _ arguments: [ByteString], _ typed: TypedLine, isRepeated: Bool
    ) -> [Completions.Candidate] {
        switch word.row.completion {
        case .nothing: []
        case .command(let place): arguments.count == place ? beginnings(typed) : []
        case .values(let name):
            arguments.isEmpty ? Self.matching(typed.partial, Preferences.values(of: ByteString("\(name)"))) : []
        case .preferences:
            arguments.isEmpty
                ? Self.matching(typed.partial, Preferences.names)
                : arguments.count == 1 ? Self.matching(typed.partial, Preferences.values(of: arguments[0])) : []
        case .file: arguments.isEmpty ? Files.completions(of: typed.value) : []
        case .key: arguments.isEmpty ? keys(typed, searches: isRepeated) : []
        case .alias: arguments.isEmpty ? Self.matching(typed.partial, session.aliases.keys.map(\.text).sorted()) : []
        case .topic:
            arguments.isEmpty
                ? Self.matching(typed.partial, session.vocabulary.firstWords + HelpText.topics)
                : arguments.count == 1
                    ? Self.matching(typed.partial, session.vocabulary.subcommands(of: arguments[0])) : []
        }
    }

    private static func matching(_ typed: ByteString, _ candidates: [String]) -> [Completions.Candidate] {
        let prefix = typed.uppercased.bytes
        return candidates.map { ByteString($0) }
            .filter { $0.uppercased.bytes.starts(with: prefix) }
            .map { Completions.Candidate($0) }
    }

    // MARK: What the server knows

    /// The keys that the session has seen; when there are none, or Tab is pressed again, the server is looked through,
    /// for a short time.
    private func keys(_ typed: TypedLine, searches: Bool) -> [Completions.Candidate] {
        let prefix = typed.value
        var keys = session.presenter.knownKeys?.beginning(with: prefix) ?? []
        if searches || keys.isEmpty {
            keys = Array(Set(keys + session.engine.findKeys(beginningWith: prefix)))
        }
        let isQuoted = typed.partial.hasPrefix("\"")
        return keys.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
            .map { .init(ByteString(isQuoted ? Quoting.utf8.text($0) : Quoting.utf8.word($0))) }
    }

    private func settings() -> [String] {
        if let configurationNames { return configurationNames }
        let engine = session.engine
        guard case .success(let value) = engine.ask(engine.map.home, for: ["CONFIG", "GET", "*"]), !value.isError
        else { return [] }
        let names = value.pairs.map(\.key.text).sorted()
        configurationNames = names
        return names
    }
}

extension KeySpecs {
    /// True when the argument behind these words may be a key, whatever comes after it.
    fileprivate func mayHoldKey(behind words: [ByteString]) -> Bool {
        (1...Self.mostArgumentsToCome).contains { count in
            indexes(in: words + Array(repeating: "x", count: count)).contains(words.count)
        }
    }

    private static let mostArgumentsToCome = 8
}
