import Commands
package import RESP

extension CompletionScript {
    /// The completions of the last of the words after the options, as far as the tables know.
    package static func candidates(for words: [ByteString]) -> [String] {
        let typed = words.last ?? ""
        let begin = typed.uppercased.text
        let (names, command) = candidates(behind: Array(words.dropLast()), isTarget: typed.hasPrefix("@"))
        return Set(names.filter { $0.uppercased().hasPrefix(begin) }.map { $0.inCase(of: typed, behind: command) })
            .sorted()
    }

    /// Also returns the command whose arguments they are.
    private static func candidates(
        behind words: [ByteString], isTarget: Bool
    ) -> (names: [String], command: ByteString?) {
        let vocabulary = Vocabulary()
        switch LineGrammar(.arguments).subject(of: words) {
        case .beginning where isTarget: return (words.isEmpty ? Target.words : [], nil)
        case .beginning:
            let own = ShellWord.listed.map(\.name).filter { $0.hasPrefix(":") }
            return (commands(vocabulary) + (words.isEmpty ? own : []), nil)
        case .command(let words): return (vocabulary.words(behind: words), words[0])
        case .word(.help, let arguments), .word(.list, let arguments), .word(.questionMark, let arguments):
            guard arguments.isEmpty else { return (vocabulary.subcommands(of: arguments[0]), "help") }
            return (vocabulary.firstWords + HelpTopic.names(vocabulary).map { $0.uppercased() }, "help")
        case .word(let word, let arguments)
        where word.row.completion.placeOfCommand(among: arguments) == arguments.count:
            return (commands(vocabulary), nil)
        case .word, .file, .nothing: return ([], nil)
        }
    }

    private static func commands(_ vocabulary: Vocabulary) -> [String] { vocabulary.firstWords + ["HELP"] }
}
