import Commands

/// The completion scripts of the shells, made from the option table and the command table. They know options and their
/// values, targets, commands and subcommands.
package enum CompletionScript: String, CaseIterable, Sendable {
    case bash, zsh, fish

    /// The whole script.
    package var text: String {
        switch self {
        case .bash: bashText
        case .zsh: zshText
        case .fish: fishText
        }
    }

    /// The first words of all commands, and the words of the shell that work here.
    static var commands: [String] {
        commandWords + ShellWord.listed.map(\.name).filter { $0.hasPrefix(":") }
    }

    private static var commandWords: [String] { Set(commandNames.map { $0[0] } + ["HELP"]).sorted() }

    /// For each command that has any, its subcommands.
    static var subcommands: [(command: String, words: [String])] {
        let subcommands = Dictionary(grouping: commandNames.filter { $0.count > 1 }) { $0[0] }
            .map { ($0.key, $0.value.map { $0[1] }.sorted()) }
        let topics = HelpTopic.allCases.map { $0.rawValue.uppercased() }
        return (subcommands + [("HELP", Set(commandWords + topics).sorted())]).sorted { $0.0 < $1.0 }
    }

    private static var commandNames: [[String]] {
        CommandTable.rows.map { $0.name.description.split(separator: " ").map(String.init) }
    }

    /// A command that prints the names of the profiles, for shells that know `${NAME:-DEFAULT}`.
    static let listOfProfiles = listOfProfiles(in: "${XDG_CONFIG_HOME:-$HOME/.config}")

    static func listOfProfiles(in folder: String) -> String {
        #"sed -n 's/^[[:blank:]]*\[\([^]"]*\)\].*/\1/p' "\#(folder)/slotline/config" 2>/dev/null"#
    }

    static var valuedNames: [String] {
        OptionTable.rows.filter { $0.value != nil }.flatMap(\.spellings)
    }

    /// The text with a backslash before each of the characters.
    static func escaped(_ text: String, escaping characters: Set<Character>) -> String {
        text.reduce(into: "") { result, character in
            if characters.contains(character) { result.append("\\") }
            result.append(character)
        }
    }
}

extension Option {
    var spellings: [String] { names.map(\.description) }

    /// The first sentence of the help, without the full stop.
    var summary: String {
        var sentence: [Substring] = []
        for word in help.description.split(separator: " ") {
            sentence.append(word)
            if word.hasSuffix(".") { break }
        }
        return String(sentence.joined(separator: " ").dropLast())
    }
}
