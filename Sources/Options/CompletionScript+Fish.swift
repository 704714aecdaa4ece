extension CompletionScript {
    var fishText: String {
        """
        # fish completion of slotline, made by Scripts/completions.

        # Prints the words before the cursor that stand behind the options.
        function __slotline_words
            set -l words (commandline -opc)[2..]
            while set -q words[1]
                switch $words[1]
                    case \(Self.valuedNames.joined(separator: " "))
                        set words $words[3..]
                    case '-*'
                        set words $words[2..]
                    case '*'
                        break
                end
            end
            string join \\n -- $words
        end

        function __slotline_at_options
            test (count (__slotline_words)) = 0
        end

        function __slotline_candidates
            set -l program (commandline -opc)[1]
            set -l words (__slotline_words)
            $program --candidates $words "$(commandline -ct)" 2>/dev/null
        end

        function __slotline_profiles
            set -l folder $HOME/.config
            set -q XDG_CONFIG_HOME; and set folder $XDG_CONFIG_HOME
            \(Self.listOfProfiles(in: "$folder"))
        end

        complete -c slotline -f
        complete -c slotline -a '(__slotline_candidates)'
        \(fishOptions)
        """
    }

    private var fishOptions: String {
        OptionTable.rows.reduce(into: "") { text, option in
            text += "complete -c slotline -n __slotline_at_options"
            for name in option.spellings {
                text += name.hasPrefix("--") ? " -l \(name.dropFirst(2))" : " -s \(name.dropFirst())"
            }
            if let kind = option.value?.kind {
                switch kind {
                case .text, .secret, .uri: text += " -x"
                case .host: text += " -x -a '(__fish_print_hostnames)'"
                case .file: text += " -r -F"
                case .profile: text += " -x -a '(__slotline_profiles)'"
                case .choice, .blocked: text += " -x -a '\(kind.words.joined(separator: " "))'"
                }
            }
            text += " -d \(Self.fishQuoted(option.summary))\n"
        }
    }

    private static func fishQuoted(_ text: String) -> String {
        "'\(escaped(text, escaping: ["'", "\\"]))'"
    }
}
