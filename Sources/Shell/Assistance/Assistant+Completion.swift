import Commands
import Engine
import Options
import Presentation
import RESP
import Routing
import Terminal

/// What Tab offers, depending on what the line is about.
extension Assistant {
    private typealias Candidate = Completions.Candidate

    func completions(of line: ByteString, isRepeated: Bool) -> Completions {
        let typed = TypedLine(line, session.grammar(.prompt))
        let candidates: [Candidate] =
            switch typed.subject {
            case .beginning: beginnings(typed)
            case .command where typed.partial.hasPrefix(";"), .word where typed.partial.hasPrefix(";"):
                Self.matching(typed.partial, Format.suffixes) { ($0, "") }
            case .command(let words): arguments(of: words, typed, isRepeated: isRepeated)
            case .word(let word, let arguments): self.arguments(of: word, arguments, typed, isRepeated: isRepeated)
            case .file: Files.completions(of: typed.value)
            case .nothing: []
            }
        var seen: Set<ByteString> = []
        return Completions(
            start: typed.start,
            candidates: candidates.filter { seen.insert($0.text).inserted }
                .sorted { $0.text.bytes.lexicographicallyPrecedes($1.text.bytes) })
    }

    private func beginnings(_ typed: TypedLine) -> [Candidate] {
        if typed.partial.hasPrefix("@") { return targets(typed) }
        var candidates = commands(session.vocabulary.firstWords, typed)
        if typed.start == 0 {
            candidates += Self.matching(typed.partial, session.grammar(.prompt).words) { ($0.name, "\($0.row.help)") }
            candidates += Self.matching(typed.partial, Array(session.aliases)) { alias in
                (alias.key.text, alias.value.map(\.text).joined(separator: " "))
            }
        }
        return candidates
    }

    private func targets(_ typed: TypedLine) -> [Candidate] {
        let nodes = session.engine.map.topology?.nodes.map { ("@\($0.address)", $0.role.rawValue) } ?? []
        return Self.matching(typed.partial, Target.completions.map { ($0.word, $0.meaning) } + nodes) { $0 }
            .map { .init($0.text, description: $0.description, isWhole: $0.text.bytes.last != UInt8(ascii: ":")) }
    }

    private func arguments(
        of words: [ByteString], _ typed: TypedLine, isRepeated: Bool
    ) -> [Candidate] {
        let vocabulary = session.vocabulary
        let subcommands =
            words.count == 1 ? commands(vocabulary.subcommands(of: words[0]), typed, behind: words[0]) : []
        guard let entry = vocabulary.entry(for: words) else { return subcommands }
        let syntax = entry.syntax.after(words.dropFirst(entry.wordCount))
        let keywords = (syntax?.nextKeywords ?? []).map { inCase(of: typed, behind: words[0], $0) }
        var candidates = subcommands + Self.matching(typed.partial, keywords) { ($0, "") }
        if entry.row?.keys.mayHoldKey(behind: words) ?? syntax?.next.contains("key") ?? false {
            candidates += keys(typed, type: entry.row?.typeOfKeys, searches: isRepeated)
        }
        for value in syntax?.next ?? [] {
            candidates += Self.quoted(names(of: value, entry, words), typed)
        }
        return candidates
    }

    /// The names that a value can be.
    private func names(
        of value: String, _ entry: Vocabulary.Entry, _ words: [ByteString]
    ) -> [ServerNames.Name] {
        switch value {
        case "command-name":
            return session.vocabulary.names.map { (ByteString($0.lowercased().replacing(" ", with: "|")), "") }
        case "command": return session.vocabulary.firstWords.map { (ByteString($0.lowercased()), "") }
        default: return ServerNames(session).names(of: value, entry, words)
        }
    }

    private func arguments(
        of word: ShellWord, _ arguments: [ByteString], _ typed: TypedLine, isRepeated: Bool
    ) -> [Candidate] {
        func plain(_ words: [String]) -> [Candidate] { Self.matching(typed.partial, words) { ($0, "") } }
        switch word.row.completion {
        case .nothing: return []
        case .command, .timedCommand:
            return arguments.count == word.row.completion.placeOfCommand(among: arguments) ? beginnings(typed) : []
        case .values(let name):
            return arguments.isEmpty ? plain(Preferences.values(of: ByteString("\(name)"))) : []
        case .preferences:
            switch arguments.count {
            case 0: return Self.matching(typed.partial, Preferences.help) { ($0.name, $0.text) }
            case 1: return plain(Preferences.values(of: arguments[0]))
            default: return []
            }
        case .file: return arguments.isEmpty ? Files.completions(of: typed.value) : []
        case .key: return arguments.isEmpty ? keys(typed, searches: isRepeated) : []
        case .alias: return arguments.isEmpty ? plain(session.aliases.keys.map(\.text)) : []
        case .topic where arguments.isEmpty:
            return commands(session.vocabulary.firstWords, typed)
                + Self.matching(typed.partial, session.helpTopics) { topic in
                    (topic, ShellWord(ByteString(topic)).map { "\($0.row.help)" } ?? "")
                }
        case .topic:
            return arguments.count == 1
                ? commands(session.vocabulary.subcommands(of: arguments[0]), typed, behind: arguments[0]) : []
        }
    }

    // MARK: Words

    /// The names that begin with what is typed, with their summaries.
    ///
    /// - Parameter container: the word before subcommands.
    private func commands(
        _ names: [String], _ typed: TypedLine, behind container: ByteString? = nil
    ) -> [Candidate] {
        let vocabulary = session.vocabulary
        return Self.matching(typed.partial, names) { name in
            let words = (container.map { [$0] } ?? []) + [ByteString(name)]
            let summary = vocabulary.entry(for: words)?.summary ?? ""
            return (inCase(of: typed, behind: container, name), summary)
        }
    }

    /// The word in the case being typed.
    private func inCase(of typed: TypedLine, behind command: ByteString?, _ word: String) -> String {
        session.dialect.completesInTypedCase ? word.inCase(of: typed.partial, behind: command) : word
    }

    private static func matching<Item>(
        _ typed: ByteString, _ items: [Item], _ words: (Item) -> (name: String, meaning: String)
    ) -> [Candidate] {
        let prefix = typed.uppercased.bytes
        return items.compactMap { item in
            let (name, meaning) = words(item)
            let text = ByteString(name)
            return text.uppercased.bytes.starts(with: prefix) ? Candidate(text, description: meaning) : nil
        }
    }

    // MARK: Keys

    /// The keys that the session has seen and that still exist; when there are none, or Tab is pressed again, the
    /// server is searched for a short time.
    ///
    /// - Parameter type: of their values; nil for any.
    private func keys(_ typed: TypedLine, type: ByteString? = nil, searches: Bool) -> [Candidate] {
        let prefix = typed.value
        var keys = session.presenter.knownKeys?.beginning(with: prefix) ?? []
        if ServerNames(session).mayAsk {
            let types = session.engine.types(of: keys)
            keys.removeAll { key in types[key].map { $0 == "none" || type != nil && $0 != type } ?? false }
            if searches || keys.isEmpty {
                keys = Array(Set(keys + session.engine.findKeys(beginningWith: prefix, type: type)))
            }
        }
        return Self.quoted(keys.map { ($0, "") }, typed)
    }

    /// Names that may contain anything, quoted where needed.
    private static func quoted(_ names: [ServerNames.Name], _ typed: TypedLine) -> [Candidate] {
        let prefix = typed.value.uppercased.bytes
        let isQuoted = typed.partial.hasPrefix("\"")
        return names.filter { $0.name.uppercased.bytes.starts(with: prefix) }.map { name, meaning in
            let text = isQuoted ? Quoting.utf8.text(name) : Quoting.utf8.word(name)
            return Candidate(ByteString(text), description: meaning)
        }
    }
}

extension KeySpecs {
    /// True when the argument after these words can be a key, depending on how many follow.
    fileprivate func mayHoldKey(behind words: [ByteString]) -> Bool {
        (1...Self.mostArgumentsToCome).contains { count in
            indexes(in: words + Array(repeating: "x", count: count)).contains(words.count)
        }
    }

    private static let mostArgumentsToCome = 8
}

extension CommandSpec {
    /// ZUNION and the like accept sets as well.
    fileprivate var typeOfKeys: ByteString? { group == .sortedSet && keys.mayBeSeveral ? nil : group.typeOfKeys }
}
