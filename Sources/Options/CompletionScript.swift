import Commands

/// Shell completion scripts, made from the option table: they know options and their values. For what comes after the
/// options they ask the program itself.
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
