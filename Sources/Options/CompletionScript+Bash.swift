extension CompletionScript {
    /// bash splits words at `=` and `:` unless told otherwise, so the script splits the line itself, and strips the
    /// part of a word that bash does not replace.
    var bashText: String {
        """
        # bash completion of slotline, made by Scripts/completions.

        _slotline() {
            local line=${COMP_LINE:0:COMP_POINT} candidates='' prefix='' index=1 last current breaks
            local -a words
            read -ra words <<<"$line"
            [[ $line == *[[:blank:]] ]] && words+=('')
            last=$((${#words[@]} - 1))
            current=${words[last]}
            while ((index < last)); do
                case ${words[index]} in
                    \(Self.valuedNames.joined(separator: " | "))) ((index += 2)) ;;
                    -*) ((index += 1)) ;;
                    *) break ;;
                esac
            done
            COMPREPLY=()
            if ((index > last)); then
                _slotline_value "${words[last - 1]}"
            elif ((index == last)) && [[ $current == --*=* ]]; then
                prefix=${current%%=*}=
                _slotline_value "${current%%=*}"
            elif ((index == last)) && [[ $current == -* ]]; then
                candidates='\(OptionTable.rows.flatMap(\.spellings).joined(separator: " "))'
            else
                mapfile -t COMPREPLY < <("${words[0]/#\\~/$HOME}" --candidates "${words[@]:index}" 2>/dev/null)
            fi
            if [[ -n $candidates ]]; then
                mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$candidates" -- "${current#"$prefix"}")
            fi
            [[ ${COMPREPLY[0]} == *: ]] && compopt -o nospace
            breaks=${COMP_WORDBREAKS//[^=:]/}
            if [[ -n $breaks && $current == *[$breaks]* ]]; then
                COMPREPLY=("${COMPREPLY[@]#"${current%"${current##*["$breaks"]}"}"}")
            fi
        }

        _slotline_value() {
            case $1 in
        \(bashValues)\
            esac
        }

        complete -F _slotline slotline

        """
    }

    private var bashValues: String {
        OptionTable.rows.reduce(into: "") { text, option in
            guard let kind = option.value?.kind else { return }
            let pattern = option.spellings.joined(separator: " | ")
            let generate = { (action: String) in
                "mapfile -t COMPREPLY < <(compgen -P \"$prefix\" -A \(action) -- \"${current#\"$prefix\"}\")"
            }
            switch kind {
            case .text, .secret, .uri: return
            case .host: text += "        \(pattern)) \(generate("hostname")) ;;\n"
            case .file: text += "        \(pattern)) \(generate("file")) ;;\n"
            case .profile: text += "        \(pattern)) candidates=$(\(Self.listOfProfiles)) ;;\n"
            case .choice, .blocked:
                text += "        \(pattern)) candidates='\(kind.words.joined(separator: " "))' ;;\n"
            }
        }
    }
}
