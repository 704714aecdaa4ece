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
            -h | -p | -s | -u | -n | -t | --retry-for | --reply-timeout | -a | --pass | --user | --pass-file | --pass-command | --pass-command-ttl | --cacert | --cacertdir | --cert | --key | --sni | --tls-name | --tls-ciphers | --tls-ciphersuites | --map | --unblock | --read-from | --key-prefix | --confirm | --prompt-color | --profile | -X | -r | -i | --file | --reject | --max-errors | --rate | --pipe-timeout | --resume | --theme | -d | -D | --show-pushes | --eval | --pattern | --quoted-pattern | --type | --count | --server | --shape | --intrinsic-latency | --memkeys-samples | --keystats-samples | --top | --cursor | --hotkeys-count | --lru-test | --rdb | --functions-rdb | --completions) ((index += 2)) ;;
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
        candidates='-h -p -s -u -n -2 -3 -t -4 -6 --retry-for --reply-timeout -a --pass --user --askpass --pass-file --pass-command --pass-command-ttl --no-auth-warning --tls --cacert --cacertdir --cert --key --sni --tls-name --insecure --tls-ciphers --tls-ciphersuites -c --aggregate --no-aggregate --map --map-to-seed --one-endpoint --strict --unblock --read-from --key-prefix --no-cache --read-only --confirm --yes --prompt-color --profile --write-config --explain-config -x -X --quoted-input -r -i --file -e --ignore-errors --pipe --reject --max-errors --rate --pipe-timeout --resume --table --raw --no-raw --csv --json --quoted-json --objects --theme -d -D --show-pushes --debug --verbose --quiet --no-banner --eval --ldb --ldb-sync-mode --scan --pattern --quoted-pattern --type --count --recover --diagnose --playground --server --shape --stat --latency --latency-history --latency-dist --mono --intrinsic-latency --bigkeys --memkeys --memkeys-samples --keystats --keystats-samples --top --cursor --hotkeys --hotkeys-count --lru-test --rdb --functions-rdb --replica --slave --help --man -v --version --completions --candidates'
    else
        mapfile -t COMPREPLY < <("${words[0]/#\~/$HOME}" --candidates "${words[@]:index}" 2>/dev/null)
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
        -h) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A hostname -- "${current#"$prefix"}") ;;
        -s) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --pass-file) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --cacert) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --cacertdir) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --cert) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --key) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --sni) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A hostname -- "${current#"$prefix"}") ;;
        --tls-name) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A hostname -- "${current#"$prefix"}") ;;
        --unblock) candidates='bitop cluster_migration restore script_kill unwatch watch' ;;
        --read-from) candidates='master prefer-replica replica' ;;
        --confirm) candidates='none ask name' ;;
        --prompt-color) candidates='red green yellow blue magenta cyan' ;;
        --profile) candidates=$(sed -n 's/^[[:blank:]]*\[\([^]"]*\)\].*/\1/p' "${XDG_CONFIG_HOME:-$HOME/.config}/slotline/config" 2>/dev/null) ;;
        --file) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --reject) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --resume) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --theme) candidates='auto dark light none' ;;
        --show-pushes) candidates='yes no' ;;
        --eval) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --type) candidates='list hash string stream set zset' ;;
        --server) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --rdb) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --functions-rdb) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --completions) candidates='bash zsh fish' ;;
    esac
}

complete -F _slotline slotline
