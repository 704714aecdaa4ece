extension CompletionScript {
    var zshText: String {
        """
        #compdef slotline
        # zsh completion of slotline, made by Scripts/completions.

        _slotline() {
            local program=$words[1]
            _arguments -A '-*' \\
        \(zshOptions)\
                '*::command:_slotline_command'
        }

        _slotline_profiles() {
            compadd -- ${(f)"$(\(Self.listOfProfiles))"}
        }

        _slotline_command() {
            local -a candidates
            candidates=(${(f)"$(${~program} --candidates "${(@Q)words[1,CURRENT]}" 2>/dev/null)"})
            compadd -S '' -- ${(M)candidates:#*:}
            compadd -- ${candidates:#*:}
        }

        _slotline "$@"

        """
    }

    private var zshOptions: String {
        OptionTable.rows.reduce(into: "") { text, option in
            for name in option.spellings {
                var specification = "*\(name)"
                if option.value != nil, name.hasPrefix("--") { specification += "=" }
                specification += "[\(Self.escaped(option.summary, escaping: ["[", "]", ":", "\\"]))]"
                if let value = option.value {
                    let action =
                        switch value.kind {
                        case .text, .secret, .uri: " "
                        case .host: "_hosts"
                        case .file: "_files"
                        case .profile: "_slotline_profiles"
                        case .choice, .blocked: "(\(value.kind.words.joined(separator: " ")))"
                        }
                    specification += ":\(value.name):\(action)"
                }
                text += "        \(Self.shellQuoted(specification)) \\\n"
            }
        }
    }

    /// In single quotes, where a single quote is written as `'\''`.
    private static func shellQuoted(_ text: String) -> String {
        "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
    }
}
