# fish completion of slotline, made by Scripts/completions.

# Prints the words before the cursor that stand behind the options.
function __slotline_words
    set -l words (commandline -opc)[2..]
    while set -q words[1]
        switch $words[1]
            case -h -p -s -u -n -t --retry-for --reply-timeout -a --pass --user --pass-file --pass-command --pass-command-ttl --cacert --cacertdir --cert --key --sni --tls-name --tls-ciphers --tls-ciphersuites --map --unblock --read-from --key-prefix --confirm --prompt-color --profile -X -r -i --file --reject --max-errors --rate --pipe-timeout --resume --theme -d -D --show-pushes --eval --pattern --quoted-pattern --type --count --server --shape --intrinsic-latency --memkeys-samples --keystats-samples --top --cursor --hotkeys-count --lru-test --rdb --functions-rdb --completions
                set words $words[3..]
            case '-*'
                set words $words[2..]
            case '*'
                break
        end
    end
    string join \n -- $words
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
    sed -n 's/^[[:blank:]]*\[\([^]"]*\)\].*/\1/p' "$folder/slotline/config" 2>/dev/null
end

complete -c slotline -f
complete -c slotline -a '(__slotline_candidates)'
complete -c slotline -n __slotline_at_options -s h -x -a '(__fish_print_hostnames)' -d 'Server hostname or address (default 127.0.0.1)'
complete -c slotline -n __slotline_at_options -s p -x -d 'Server port (default 6379), also for -u addresses without a port'
complete -c slotline -n __slotline_at_options -s s -r -F -d 'Server Unix socket, instead of host and port'
complete -c slotline -n __slotline_at_options -s u -x -d 'Server URI; more addresses, or another -u, add seeds'
complete -c slotline -n __slotline_at_options -s n -x -d 'Database number (default 0)'
complete -c slotline -n __slotline_at_options -s 2 -d 'Speak RESP2'
complete -c slotline -n __slotline_at_options -s 3 -d 'Speak RESP3'
complete -c slotline -n __slotline_at_options -s t -x -d 'Connect timeout (default 2; 0 for none)'
complete -c slotline -n __slotline_at_options -s 4 -d 'Try the IPv4 addresses of a hostname first'
complete -c slotline -n __slotline_at_options -s 6 -d 'Try the IPv6 addresses of a hostname first'
complete -c slotline -n __slotline_at_options -l retry-for -x -d 'How long to retry a command whose master is unreachable or not ready (default 30; 0 to never retry)'
complete -c slotline -n __slotline_at_options -l reply-timeout -x -d 'How long to wait for a reply (default 30, but no limit at the prompt or if called as redis-cli; 0 for no limit)'
complete -c slotline -n __slotline_at_options -s a -l pass -x -d 'Password'
complete -c slotline -n __slotline_at_options -l user -x -d 'User to authenticate as (default: the server\'s default user)'
complete -c slotline -n __slotline_at_options -l askpass -d 'Prompt for the password, ignoring -a and REDISCLI_AUTH'
complete -c slotline -n __slotline_at_options -l pass-file -r -F -d 'Read the password from the first line of FILE, again for each connection'
complete -c slotline -n __slotline_at_options -l pass-command -x -d 'Use the first line that COMMAND prints as the password, for tokens that expire'
complete -c slotline -n __slotline_at_options -l pass-command-ttl -x -d 'How long to use the output of --pass-command for new connections (default 600; 0 to run it for each)'
complete -c slotline -n __slotline_at_options -l no-auth-warning -d 'Do not warn about a password on the command line'
complete -c slotline -n __slotline_at_options -l tls -d 'Encrypt connections with TLS, as rediss:// and valkeys:// URIs do'
complete -c slotline -n __slotline_at_options -l cacert -r -F -d 'Certificates of the authorities to trust (default: SSL_CERT_FILE and SSL_CERT_DIR, or those of the system)'
complete -c slotline -n __slotline_at_options -l cacertdir -r -F -d 'Directory of such certificates, named by their hashes'
complete -c slotline -n __slotline_at_options -l cert -r -F -d 'Client certificate to authenticate with'
complete -c slotline -n __slotline_at_options -l key -r -F -d 'Private key of the client certificate'
complete -c slotline -n __slotline_at_options -l sni -x -a '(__fish_print_hostnames)' -d 'Server name to request from every node (default: the hostname of each)'
complete -c slotline -n __slotline_at_options -l tls-name -x -a '(__fish_print_hostnames)' -d 'Also accept certificates for this name, for nodes that are announced by IP address; "seed" stands for the host of the first seed'
complete -c slotline -n __slotline_at_options -l insecure -d 'Accept any certificate'
complete -c slotline -n __slotline_at_options -l tls-ciphers -x -d 'Ciphers for TLS 1.2, as in ciphers(1)'
complete -c slotline -n __slotline_at_options -l tls-ciphersuites -x -d 'Cipher suites for TLS 1.3, as in ciphers(1)'
complete -c slotline -n __slotline_at_options -s c -d 'Accepted for compatibility; clusters are detected automatically'
complete -c slotline -n __slotline_at_options -l aggregate -d 'Combine the replies of several nodes into one where possible: DBSIZE prints one number'
complete -c slotline -n __slotline_at_options -l no-aggregate -d 'Never combine the replies of several nodes: show each node\'s own'
complete -c slotline -n __slotline_at_options -l map -x -d 'Connect to REACHABLE in place of the address ANNOUNCED by the cluster, as in \'10.0.0.*:*=127.0.0.1:*\' or \'10.0.0.5:7000-7005=localhost:17000-17005\''
complete -c slotline -n __slotline_at_options -l map-to-seed -d 'Connect to announced ports at the host of the first seed, where no --map says otherwise'
complete -c slotline -n __slotline_at_options -l one-endpoint -d 'Send everything to the server that is named, such as a proxy or a single port-forward, and connect to no other node'
complete -c slotline -n __slotline_at_options -l strict -d 'Send cross-slot commands unchanged, so that the server refuses them with CROSSSLOT'
complete -c slotline -n __slotline_at_options -l unblock -x -a 'bitop cluster_migration restore script_kill unwatch watch' -d 'Allow commands that are blocked on a cluster by default but can work, such as WATCH'
complete -c slotline -n __slotline_at_options -l read-from -x -a 'master prefer-replica replica' -d 'Which nodes answer reads of a single slot: master (default), prefer-replica (a replica, or the master if none answers), replica, or az:NAME (a node in that availability zone, or any)'
complete -c slotline -n __slotline_at_options -l key-prefix -x -d 'Prefix for temporary keys created by cross-slot commands (default slotline:)'
complete -c slotline -n __slotline_at_options -l no-cache -d 'Do not read or store the addresses of the cluster\'s nodes in ~/.cache/slotline ($XDG_CACHE_HOME)'
complete -c slotline -n __slotline_at_options -l read-only -d 'Refuse any command that could modify data, before sending it'
complete -c slotline -n __slotline_at_options -l confirm -x -a 'none ask name' -d 'How a destructive command is confirmed: not at all (none), with y/N (ask, the default), or by typing the name of the cluster (name), which is that of the profile or the first address'
complete -c slotline -n __slotline_at_options -l yes -d 'Answer yes to every confirmation, as --confirm none does'
complete -c slotline -n __slotline_at_options -l prompt-color -x -a 'red green yellow blue magenta cyan' -d 'Color of the shell\'s prompt: red, green, yellow, blue, magenta or cyan'
complete -c slotline -n __slotline_at_options -l profile -x -a '(__slotline_profiles)' -d 'Use the settings of the section [NAME] of ~/.config/slotline/config ($XDG_CONFIG_HOME)'
complete -c slotline -n __slotline_at_options -l write-config -d 'Write a commented sample of that file, if there is none yet'
complete -c slotline -n __slotline_at_options -l explain-config -d 'Show each setting that is given, and where it comes from'
complete -c slotline -n __slotline_at_options -s x -d 'Read the last argument from stdin'
complete -c slotline -n __slotline_at_options -s X -x -d 'Replace the first argument that equals TAG with the contents of stdin'
complete -c slotline -n __slotline_at_options -l quoted-input -d 'Treat every argument of the command as a quoted string: \'"\\x00"\' is a NUL byte'
complete -c slotline -n __slotline_at_options -s r -x -d 'Run the command COUNT times; forever if COUNT is negative'
complete -c slotline -n __slotline_at_options -s i -x -d 'Pause after every run of -r, every line of a file, every SCAN of --scan and every 100 SCANs of --bigkeys and the like; the interval of --stat and --latency'
complete -c slotline -n __slotline_at_options -l file -r -F -d 'Read commands from FILE instead of stdin (- for stdin)'
complete -c slotline -n __slotline_at_options -s e -d 'Stop at the first error, and print error replies to stderr (as JSON and CSV also to stdout)'
complete -c slotline -n __slotline_at_options -l ignore-errors -d 'Exit with status 0 even if the server replied with errors'
complete -c slotline -n __slotline_at_options -l pipe -d 'Bulk load commands from stdin or --file, as lines, RESP or both'
complete -c slotline -n __slotline_at_options -l reject -r -F -d 'Write failed commands to FILE, ready to be loaded again, and commands whose outcome is unknown to FILE.unknown'
complete -c slotline -n __slotline_at_options -l max-errors -x -d 'Stop the load after COUNT failed commands'
complete -c slotline -n __slotline_at_options -l rate -x -d 'Send at most COUNT commands per second'
complete -c slotline -n __slotline_at_options -l pipe-timeout -x -d 'Once everything is sent, and for commands that run alone, wait at most this long for the next reply (default: --reply-timeout; 30 if called as redis-cli; 0 for no limit)'
complete -c slotline -n __slotline_at_options -l resume -r -F -d 'Record progress in FILE every second; if FILE exists, continue where that load stopped'
complete -c slotline -n __slotline_at_options -l table -d 'Lay out replies for reading: tables, pairs, equal replies of nodes once (default on a terminal)'
complete -c slotline -n __slotline_at_options -l raw -d 'Print raw replies (default when stdout is not a terminal)'
complete -c slotline -n __slotline_at_options -l no-raw -d 'Print formatted replies, as redis-cli does on a terminal'
complete -c slotline -n __slotline_at_options -l csv -d 'Print replies as CSV'
complete -c slotline -n __slotline_at_options -l json -d 'Print every reply as JSON, in one line unless on a terminal'
complete -c slotline -n __slotline_at_options -l quoted-json -d 'Like --json, with all non-ASCII bytes escaped'
complete -c slotline -n __slotline_at_options -l objects -d 'Parse text replies such as INFO, CLIENT LIST and CLUSTER NODES into objects'
complete -c slotline -n __slotline_at_options -l theme -x -a 'auto dark light none' -d 'Colors on a terminal: auto (the default: none with NO_COLOR, else those that suit its background), dark, light or none'
complete -c slotline -n __slotline_at_options -s d -x -d 'Delimiter between the elements of a raw reply (default: newline)'
complete -c slotline -n __slotline_at_options -s D -x -d 'Delimiter after every raw reply (default: newline)'
complete -c slotline -n __slotline_at_options -l show-pushes -x -a 'yes no' -d 'Print RESP3 push messages (default: yes if stdout is a terminal, or while subscribed)'
complete -c slotline -n __slotline_at_options -l debug -d 'Trace internal steps on stderr, with timestamps: connect, tls, auth, topology, route, retry, plan (default: all of them)'
complete -c slotline -n __slotline_at_options -l verbose -d 'Report redirects on stderr'
complete -c slotline -n __slotline_at_options -l quiet -d 'Do not print notes on stderr, such as that a command was not atomic'
complete -c slotline -n __slotline_at_options -l no-banner -d 'Start the shell without the greeting'
complete -c slotline -n __slotline_at_options -l eval -r -F -d 'Run the Lua script in FILE'
complete -c slotline -n __slotline_at_options -l ldb -d 'With --eval: step through the script in the server\'s debugger; roll back at the end'
complete -c slotline -n __slotline_at_options -l ldb-sync-mode -d 'Like --ldb, but the server blocks while debugging and keeps the changes'
complete -c slotline -n __slotline_at_options -l scan -d 'List the keys of all masters, one per line'
complete -c slotline -n __slotline_at_options -l pattern -x -d 'With --scan, --bigkeys and the like: only keys that match, for example \'user:*\''
complete -c slotline -n __slotline_at_options -l quoted-pattern -x -d 'Like --pattern, but as a quoted string'
complete -c slotline -n __slotline_at_options -l type -x -a 'list hash string stream set zset' -d 'With --scan and the like: only keys of this type'
complete -c slotline -n __slotline_at_options -l count -x -d 'With --scan and the like: the COUNT of each SCAN (default 1000)'
complete -c slotline -n __slotline_at_options -l recover -d 'Finish what interrupted cross-slot commands left behind, and list it, one line each'
complete -c slotline -n __slotline_at_options -l diagnose -d 'Examine the connection step by step (names, TCP, TLS, user, topology, every node, slots, clocks, rights), and print the options that would fix what is wrong'
complete -c slotline -n __slotline_at_options -l playground -d 'Start a throwaway cluster with the first redis-server or valkey-server on PATH, connect to it, and delete it at exit'
complete -c slotline -n __slotline_at_options -l server -r -F -d 'With --playground: the server to start, a name on PATH or a file, such as valkey-server'
complete -c slotline -n __slotline_at_options -l shape -x -d 'With --playground: M masters with R replicas each (default 3x1)'
complete -c slotline -n __slotline_at_options -l stat -d 'Print server statistics every second, or at the interval of -i'
complete -c slotline -n __slotline_at_options -l latency -d 'Measure the latency of PING continuously; with --raw, --csv, --json or in a pipe, for one second or the time given with -i'
complete -c slotline -n __slotline_at_options -l latency-history -d 'Like --latency, with a new line every 15 seconds, or at the interval of -i'
complete -c slotline -n __slotline_at_options -l latency-dist -d 'Show latencies as a spectrum, one line per second'
complete -c slotline -n __slotline_at_options -l mono -d 'With --latency-dist: use shades of gray'
complete -c slotline -n __slotline_at_options -l intrinsic-latency -x -d 'Measure for this long how the machine delays a busy process'
complete -c slotline -n __slotline_at_options -l bigkeys -d 'Find the keys with the most elements, and report averages by type'
complete -c slotline -n __slotline_at_options -l memkeys -d 'Like --bigkeys, by memory usage'
complete -c slotline -n __slotline_at_options -l memkeys-samples -x -d 'Like --memkeys, sampling COUNT elements of each key (default: the server\'s default)'
complete -c slotline -n __slotline_at_options -l keystats -d 'Report memory, lengths and types of all keys: the biggest ones and the distribution'
complete -c slotline -n __slotline_at_options -l keystats-samples -x -d 'Like --keystats, sampling COUNT elements of each key (default: the server\'s default)'
complete -c slotline -n __slotline_at_options -l top -x -d 'With --keystats: how many of the biggest keys to list (default 10; 0 for all)'
complete -c slotline -n __slotline_at_options -l cursor -x -d 'With --keystats: continue an interrupted scan from the cursor it printed'
complete -c slotline -n __slotline_at_options -l hotkeys -d 'Find the most frequently used keys'
complete -c slotline -n __slotline_at_options -l hotkeys-count -x -d 'Like --hotkeys, listing COUNT keys (default 16)'
complete -c slotline -n __slotline_at_options -l lru-test -x -d 'Simulate a cache workload of KEYS keys, a few of them popular, and report hits and misses'
complete -c slotline -n __slotline_at_options -l rdb -r -F -d 'Save an RDB snapshot of the server to FILE, as a replica receives it; - for stdout'
complete -c slotline -n __slotline_at_options -l functions-rdb -r -F -d 'Like --rdb, with functions only'
complete -c slotline -n __slotline_at_options -l replica -l slave -d 'Print every write as it happens, as a replica receives it, in CSV'
complete -c slotline -n __slotline_at_options -l help -d 'Show this help, or one group of options, such as --help=cluster'
complete -c slotline -n __slotline_at_options -l man -d 'Print the manual page in the format of man'
complete -c slotline -n __slotline_at_options -s v -l version -d 'Show the version, and the libraries it is built with'
complete -c slotline -n __slotline_at_options -l completions -x -a 'bash zsh fish' -d 'Print the completion script for bash, zsh or fish'
complete -c slotline -n __slotline_at_options -l candidates -d 'Print what could complete the last of the words that follow, one per line'
