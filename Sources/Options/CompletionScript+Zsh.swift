import Commands

extension CompletionScript {
    var zshText: String {
        """
        #compdef slotline
        # zsh completion of slotline, made by Scripts/completions.

        _slotline() {
            _arguments -A '-*' \\
        \(zshOptions)\
                '*::command:_slotline_command'
        }

        _slotline_profiles() {
            compadd -- ${(f)"$(\(Self.listOfProfiles))"}
        }

        _slotline_command() {
            local -a candidates
            if ((CURRENT > 1)) && [[ $words[1] == @* ]]; then
                shift words
                ((CURRENT -= 1))
            fi
            if ((CURRENT == 1)) && [[ $words[1] == @* ]]; then
                candidates=(\(Target.words.joined(separator: " ")))
                compadd -S '' -- ${(M)candidates:#*:}
                compadd -- ${candidates:#*:}
            elif ((CURRENT == 1)); then
                compadd -M 'm:{a-z}={A-Z}' -- \(Self.commands.joined(separator: " "))
            elif ((CURRENT == 2)); then
                case ${(U)words[1]} in
        \(zshSubcommands)\
                esac
                compadd -M 'm:{a-z}={A-Z}' -- $candidates
            fi
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
                        case .choice(let words): "(\(words.joined(separator: " ")))"
                        }
                    specification += ":\(value.name):\(action)"
                }
                text += "        \(Self.shellQuoted(specification)) \\\n"
            }
        }
    }

    private var zshSubcommands: String {
        Self.subcommands.reduce(into: "") { text, entry in
            text += "            \(entry.command)) candidates=(\(entry.words.joined(separator: " "))) ;;\n"
        }
    }

    /// In single quotes, where a single quote is written as `'\''`.
    private static func shellQuoted(_ text: String) -> String {
        "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
    }
}
