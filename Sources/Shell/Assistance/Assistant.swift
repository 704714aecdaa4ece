import Commands
import Engine
import Options
import Presentation
import RESP
import Routing
import Terminal

/// Colors, hints and completion at the prompt: knows the line, the tables, and the session.
final class Assistant: LineAssistant {
    let session: Session

    init(_ session: Session) {
        self.session = session
    }

    // MARK: Looks

    /// Faint without colors, so that a hint does not look like typed text.
    var hintStyle: String {
        let palette = session.style.palette ?? (session.dialect.alwaysHasGrayHints ? .dark : nil)
        return palette?.begin(.hint) ?? "\u{1b}[2m"
    }

    var promptStyle: String {
        guard session.style.palette != nil, let color = session.configuration.promptColor else { return "" }
        return "\u{1b}[\(color)m"
    }

    var selectionStyle: String { (session.style.palette ?? .dark).begin(.selection) }

    func looks(of line: ByteString) -> [LineLook] {
        guard let palette = session.style.palette else { return [] }
        let highlighter = LineHighlighter(
            session.grammar(.prompt), session.vocabulary,
            .init(
                isRefused: isRefused, hasTarget: { [session] in session.engine.map.topology?.has($0) ?? true },
                accepts: accepts))
        return highlighter.spans(of: line).map { LineLook($0.range, palette.begin($0.role)) }
    }

    /// True for a command that slotline or the server will refuse.
    private func isRefused(_ row: CommandSpec, _ words: [ByteString], _ hasTarget: Bool) -> Bool {
        let engine = session.engine
        let isCluster = engine.map.topology != nil
        if isCluster, session.hasOneDatabase, row.effect == .select, words.count > 1, words[1].integer ?? 0 != 0 {
            return true
        }
        return !engine.router.allows(row, words, isCluster: isCluster && !hasTarget)
    }

    /// True when the last argument of a word of the shell is valid, or may become valid.
    private func accepts(_ word: ShellWord, _ arguments: [ByteString], _ isUnfinished: Bool) -> Bool {
        guard let last = arguments.last else { return true }
        func isOne(of names: [String]) -> Bool {
            let word = last.uppercased.text
            return names.contains { isUnfinished ? $0.uppercased().hasPrefix(word) : $0.uppercased() == word }
        }
        let value = ByteString(Array(arguments.map(\.bytes).joined(separator: [0x20])))
        switch word.row.completion {
        case .values(let name):
            return Preferences.accepts(value, as: ByteString("\(name)"), isUnfinished: isUnfinished, in: session)
        case .preferences where arguments.count == 1: return isOne(of: Preferences.names)
        case .preferences:
            return Preferences.accepts(
                value.dropFirst(arguments[0].count + 1), as: arguments[0], isUnfinished: isUnfinished, in: session)
        case .alias: return isOne(of: session.aliases.keys.map(\.text))
        case .topic where arguments.count == 1:
            return isOne(of: session.vocabulary.firstWords + session.helpTopics)
        case .topic: return isOne(of: session.vocabulary.subcommands(of: arguments[0]))
        case .nothing, .file, .key, .command, .timedCommand: return true
        }
    }

    // MARK: Hints

    var suggestsLines: Bool { session.showsSuggestions }

    func hint(for line: ByteString) -> String {
        guard session.showsHints else { return "" }
        let typed = TypedLine(line, session.grammar(.prompt))
        guard !typed.endsInFormat else { return "" }
        let hint: String =
            switch typed.whole {
            case .command(let words): hint(forCommand: words, isUnfinished: !typed.partial.isEmpty)
            case .word(let word, let arguments): word.row(in: session.dialect).arguments(after: arguments.count)
            case .beginning, .file, .nothing: ""
            }
        return hint.isEmpty || typed.partial.isEmpty ? hint : "\(typed.missingQuote) \(hint)"
    }

    /// - Parameter isUnfinished: true when there is no blank after the last word yet.
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

    func explanation(of line: ByteString, columns: Int) -> String {
        switch TypedLine(line, session.grammar(.prompt)).whole {
        case .command(let words):
            let vocabulary = session.vocabulary
            let ofContainer = vocabulary.subcommands(of: words[0])
            if let entry = vocabulary.entry(for: words), entry.wordCount == 2 || ofContainer.isEmpty {
                return CommandHelp.entry(entry, width: columns)
            }
            return vocabulary.entries(about: [words[0]]).map { CommandHelp.line($0, width: columns) }.joined()
        case .word(let word, _):
            let row = word.row(in: session.dialect)
            return [row.usage, row.description].map {
                "  " + $0.wrapped(at: columns, indent: 2).joined(separator: "\n") + "\n"
            }.joined()
        case .beginning, .file, .nothing: return ""
        }
    }

    // MARK: Words of other lines, and other editors

    func lastWord(of line: ByteString) -> ByteString {
        ByteString(Array(Tokenizer.pieces(line.bytes).last.map { line.bytes[$0.range] } ?? []))
    }

    func edited(_ line: ByteString) -> ByteString? {
        try? ExternalEditor.edit(line)
    }
}
