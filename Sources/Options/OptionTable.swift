import Commands
import Presentation
package import RESP
import Routing

/// The table of options, in the order of `--help`.
package enum OptionTable {
    package static let rows = Option.Category.allCases.flatMap { rows(under: $0) }

    package static func rows(under category: Option.Category) -> [Option] {
        var rows: [Option] =
            switch category {
            case .connection: connection()
            case .authentication: authentication()
            case .encryption: encryption()
            case .cluster: cluster()
            case .profiles: profiles()
            case .input: input()
            case .load: load()
            case .output: output()
            case .modes: modes()
            case .tools: tools()
            case .information: information()
            }
        for place in rows.indices { rows[place].category = category }
        return rows
    }

    /// The row of an option. Case matters: `-x` and `-X` are two options. Builds no more of the table than it takes to
    /// find the row, which keeps one-shot commands fast.
    package static func row(named name: ByteString) -> Option? {
        for category in Option.Category.allCases {
            for row in rows(under: category) where row.names.contains(where: { isName($0, name) }) { return row }
        }
        return nil
    }

    /// The long options whose names are closest to this one, however many dashes it has.
    static func suggestions(for name: ByteString) -> [String] {
        let word = ByteString(Array(name.bytes.drop { $0 == UInt8(ascii: "-") }))
        let names = rows.flatMap(\.spellings).filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2)) }
        let near = names.contains(word.text) ? [word.text] : Suggestions.near(word, of: names)
        return near.map { "--\($0)" }
    }

    private static func isName(_ name: StaticString, _ word: ByteString) -> Bool {
        name.withUTF8Buffer { word.bytes.elementsEqual($0) }
    }

    @inline(never)
    private static func connection() -> [Option] {
        [
            .value(
                "-h", name: "HOST", .host,
                help: "Server hostname or address (default 127.0.0.1)."
            ) { (draft, value) throws(OptionError) in draft.host = try value.host() }.inProfiles(as: "host"),
            .value(
                "-p", name: "PORT",
                help: "Server port (default 6379), also for -u addresses without a port."
            ) { (draft, value) throws(OptionError) in draft.port = try value.port() }.inProfiles(as: "port"),
            .value(
                "-s", name: "SOCKET", .file,
                help: "Server Unix socket, instead of host and port."
            ) { (draft, value) throws(OptionError) in draft.socketPath = value.bytes.text }.inProfiles(as: "socket"),
            .value(
                "-u", name: "URI", .uri,
                help: """
                    Server URI; more addresses, or another -u, add seeds. The form is \
                    redis://[USER:PASSWORD@]HOST[:PORT][,HOST...][/DB], or valkey://. The first seed that answers is used.
                    """
            ) { (draft, value) throws(OptionError) in try draft.add(try SeedURI(value), by: value.option) }
            .addingUp().inProfiles(as: "seeds"),
            .value("-n", name: "DB", help: "Database number (default 0).") { (draft, value) throws(OptionError) in
                draft.result.database = try value.integer(atLeast: 0, wanted: "a database number, 0 or more")
            }.inProfiles(as: "database"),
            .flag("-2", help: "Speak RESP2.") { (draft) throws(OptionError) in try draft.speak(protocolVersion: 2) },
            .flag("-3", help: "Speak RESP3.") { (draft) throws(OptionError) in try draft.speak(protocolVersion: 3) },
            .value(
                "-t", name: "SECONDS",
                help: "Connect timeout (default 2; 0 for none)."
            ) { (draft, value) throws(OptionError) in
                do {
                    let seconds = try value.seconds()
                    draft.result.connectTimeout = seconds == 0 ? OptionValue.longestTime : seconds
                } catch {
                    throw .badConnectTimeout(value.bytes)
                }
            }.inProfiles(as: "connect-timeout"),
            .flag("-4", help: "Try the IPv4 addresses of a hostname first.") { (draft) throws(OptionError) in
                try draft.prefer(.version4)
            },
            .flag("-6", help: "Try the IPv6 addresses of a hostname first.") { (draft) throws(OptionError) in
                try draft.prefer(.version6)
            },
            .value(
                "--retry-for", name: "SECONDS",
                help: """
                    How long to retry a command whose master is unreachable or not ready (default 30; 0 to never \
                    retry).
                    """
            ) { (draft, value) throws(OptionError) in draft.result.retryTime = try value.seconds() },
            .value(
                "--reply-timeout", name: "SECONDS",
                help: """
                    How long to wait for a reply (default 30, but no limit at the prompt or if called as redis-cli; 0 for \
                    no limit). A write without a reply by then has an unknown outcome. Commands that block, such as BLPOP, \
                    are not limited.
                    """
            ) { (draft, value) throws(OptionError) in
                let seconds = try value.seconds()
                draft.result.wantedReplyTimeout = seconds == 0 ? OptionValue.longestTime : seconds
            },
        ]
    }

    @inline(never)
    private static func cluster() -> [Option] {
        [
            .flag(
                "-c",
                help: """
                    Accepted for compatibility; clusters are detected automatically. When called as redis-cli or \
                    valkey-cli: use the whole cluster, not only the named node.
                    """
            ) { $0.result.isClusterFlagSet = true },
            .flag(
                "--aggregate",
                help: "Combine the replies of several nodes into one where possible: DBSIZE prints one number."
            ) { $0.result.aggregation = .always },
            .flag("--no-aggregate", help: "Never combine the replies of several nodes: show each node's own.") {
                $0.result.aggregation = .never
            },
            .value(
                "--map", name: "ANNOUNCED=REACHABLE",
                help: """
                    Connect to REACHABLE in place of the address ANNOUNCED by the cluster, as in \
                    '10.0.0.*:*=127.0.0.1:*' or '10.0.0.5:7000-7005=localhost:17000-17005'. Can be repeated; the first \
                    match is used.
                    """
            ) { (draft, value) throws(OptionError) in
                guard let rule = AddressMap.Rule(value.bytes.text) else {
                    throw value.rejected(
                        wanted: """
                            ANNOUNCED=REACHABLE, each HOST:PORT with * or port ranges of equal size on both sides, such as \
                            10.0.0.*:7000-7005=127.0.0.1:17000-17005
                            """)
                }
                draft.result.addresses.rules.append(rule)
            }.addingUp(),
            .flag(
                "--map-to-seed",
                help: "Connect to announced ports at the host of the first seed, where no --map says otherwise."
            ) { (draft) throws(OptionError) in try draft.reachOtherNodes(.atSeed) },
            .flag(
                "--one-endpoint",
                help: """
                    Send everything to the server that is named, such as a proxy or a single port-forward, and connect \
                    to no other node.
                    """
            ) { (draft) throws(OptionError) in try draft.reachOtherNodes(.unreachable) },
            .flag(
                "--strict",
                help: "Send cross-slot commands unchanged, so that the server refuses them with CROSSSLOT."
            ) { $0.result.isStrict = true },
            .value(
                "--unblock", name: "NAME[,NAME]", .blocked,
                help: "Allow commands that are blocked on a cluster by default but can work, such as WATCH."
            ) { (draft, value) throws(OptionError) in
                draft.result.unblocked.formUnion(try value.liftables())
            }.addingUp(),
            .value(
                "--read-from", name: "NODES", .choice(ReadPreference.forms.dropLast()),
                help: """
                    Which nodes answer reads of a single slot: master (default), prefer-replica (a replica, or the master if \
                    none answers), replica, or az:NAME (a node in that availability zone, or any). Replicas may be behind. \
                    Loads and cross-slot commands always use masters.
                    """
            ) { (draft, value) throws(OptionError) in draft.result.readFrom = try value.readPreference() },
            .value(
                "--key-prefix", name: "PREFIX",
                help: """
                    Prefix for temporary keys created by cross-slot commands (default slotline:). The user's ACL rules \
                    must allow them.
                    """
            ) { (draft, value) throws(OptionError) in
                draft.result.keyPrefix = try value.keyPrefix()
            },
            .flag(
                "--no-cache",
                help: """
                    Do not read or store the addresses of the cluster's nodes in ~/.cache/slotline ($XDG_CACHE_HOME). They \
                    let the next command that needs many nodes connect to all of them at once.
                    """
            ) { $0.result.keepsNodes = false },
            .flag("--read-only", help: "Refuse any command that could modify data, before sending it.") {
                $0.result.isReadOnly = true
            },
            .value(
                "--confirm", name: "LEVEL", .choice(["none", "ask", "name"]),
                help: """
                    How a destructive command is confirmed: not at all (none), with y/N (ask, the default), or by typing the \
                    name of the cluster (name), which is that of the profile or the first address.
                    """
            ) { (draft, value) throws(OptionError) in
                draft.result.confirmation = try value.choice(of: [("none", .none), ("ask", .ask), ("name", .name)])
            },
            .flag("--yes", help: "Answer yes to every confirmation, as --confirm none does.") {
                $0.result.confirmation = .none
            },
            .value(
                "--prompt-color", name: "COLOR", .choice(["red", "green", "yellow", "blue", "magenta", "cyan"]),
                help: "Color of the shell's prompt: red, green, yellow, blue, magenta or cyan."
            ) { (draft, value) throws(OptionError) in
                draft.result.promptColor = try value.choice(of: [
                    ("red", 31), ("green", 32), ("yellow", 33), ("blue", 34), ("magenta", 35), ("cyan", 36),
                ])
            },
        ]
    }

    @inline(never)
    private static func input() -> [Option] {
        [
            .flag("-x", help: "Read the last argument from stdin.") { (draft) throws(OptionError) in
                try draft.readStandardInput(as: .lastArgument)
            },
            .value("-X", name: "TAG", help: "Replace the first argument that equals TAG with the contents of stdin.") {
                (draft, value) throws(OptionError) in try draft.readStandardInput(as: .argument(tag: value.bytes))
            },
            .flag(
                "--quoted-input",
                help: "Treat every argument of the command as a quoted string: '\"\\x00\"' is a NUL byte."
            ) { $0.isInputQuoted = true },
            .value("-r", name: "COUNT", help: "Run the command COUNT times; forever if COUNT is negative.") {
                (draft, value) throws(OptionError) in
                let count = try value.integer(atLeast: .min, wanted: "an integer")
                draft.result.repeatCount = count < 0 ? nil : count
            },
            .value(
                "-i", name: "SECONDS",
                help: """
                    Pause after every run of -r, every line of a file, every SCAN of --scan and every 100 SCANs of \
                    --bigkeys and the like; the interval of --stat and --latency.
                    """
            ) { (draft, value) throws(OptionError) in draft.result.interval = try value.seconds() },
            .value("--file", name: "FILE", .file, help: "Read commands from FILE instead of stdin (- for stdin).") {
                (draft, value) throws(OptionError) in draft.result.inputFile = value.bytes
            },
            .flag(
                "-e",
                help: "Stop at the first error, and print error replies to stderr (as JSON and CSV also to stdout)."
            ) {
                $0.result.stopsAtError = true
            },
            .flag("--ignore-errors", help: "Exit with status 0 even if the server replied with errors.") {
                $0.result.ignoresErrors = true
            },
        ]
    }

    @inline(never)
    private static func load() -> [Option] {
        [
            .flag(
                "--pipe",
                help: """
                    Bulk load commands from stdin or --file, as lines, RESP or both. Replies are not printed; failed \
                    commands are reported on stderr, with a summary at the end.
                    """
            ) { (draft) throws(OptionError) in try draft.choose(.load(.init()), by: "--pipe") },
            .value(
                "--reject", name: "FILE", .file,
                help: """
                    Write failed commands to FILE, ready to be loaded again, and commands whose outcome is unknown to \
                    FILE.unknown.
                    """
            ) { (draft, value) throws(OptionError) in draft.load.reject = value.bytes },
            .value(
                "--max-errors", name: "COUNT",
                help: "Stop the load after COUNT failed commands. Those already sent still run, and may fail too."
            ) { (draft, value) throws(OptionError) in
                draft.load.maximumErrors = try value.integer(atLeast: 1, wanted: "a number, 1 or more")
            },
            .value("--rate", name: "COUNT", help: "Send at most COUNT commands per second.") {
                (draft, value) throws(OptionError) in
                draft.load.rate = try value.integer(atLeast: 1, wanted: "a number, 1 or more")
            },
            .value(
                "--pipe-timeout", name: "SECONDS",
                help: """
                    Once everything is sent, and for commands that run alone, wait at most this long for the next reply \
                    (default: --reply-timeout; 30 if called as redis-cli; 0 for no limit). Commands without a reply by \
                    then are reported as failed or unknown.
                    """
            ) { (draft, value) throws(OptionError) in
                let seconds = try value.seconds()
                draft.load.replyTimeout = seconds == 0 ? OptionValue.longestTime : seconds
            },
            .value(
                "--resume", name: "FILE", .file,
                help: """
                    Record progress in FILE every second; if FILE exists, continue where that load stopped. To load \
                    everything again, delete FILE.
                    """
            ) { (draft, value) throws(OptionError) in draft.load.resume = value.bytes },
        ]
    }

    @inline(never)
    private static func output() -> [Option] {
        Format.allCases.map { format in
            .flag(format.row.option, help: format.row.help) { $0.result.format = format }
        } + [
            .flag(
                "--objects",
                help: "Parse text replies such as INFO, CLIENT LIST and CLUSTER NODES into objects. Implies --json."
            ) { $0.result.readsObjects = true },
            .value(
                "--theme", name: "THEME", .choice(Theme.allCases.map(\.rawValue)),
                help: """
                    Colors on a terminal: auto (the default: none with NO_COLOR, else those that suit its background), \
                    dark, light or none.
                    """
            ) { (draft, value) throws(OptionError) in
                draft.result.theme = try value.choice(of: Theme.allCases.map { ($0.rawValue, $0) })
            },
            .value("-d", name: "TEXT", help: "Delimiter between the elements of a raw reply (default: newline).") {
                (draft, value) throws(OptionError) in draft.result.elementDelimiter = value.bytes
            },
            .value("-D", name: "TEXT", help: "Delimiter after every raw reply (default: newline).") {
                (draft, value) throws(OptionError) in draft.result.replyDelimiter = value.bytes
            },
            .value(
                "--show-pushes", name: "YES|NO", .choice(["yes", "no"]),
                help: "Print RESP3 push messages (default: yes if stdout is a terminal, or while subscribed)."
            ) { (draft, value) throws(OptionError) in
                switch value.bytes.bytes.first?.asciiUppercased {
                case UInt8(ascii: "Y"): draft.result.showsPushes = true
                case UInt8(ascii: "N"): draft.result.showsPushes = false
                default: draft.result.warnings.append(.unknownPushChoice(value.bytes))
                }
            },
            .flag(
                "--debug", optionally: "KIND,...",
                help: """
                    Trace internal steps on stderr, with timestamps: connect, tls, auth, topology, route, retry, plan \
                    (default: all of them). Only command names are shown, never secrets.
                    """
            ) { (draft, value) throws(OptionError) in
                let kinds =
                    value.bytes.isEmpty
                    ? TraceCategory.allCases.map(\.rawValue)
                    : value.bytes.text.split(
                        separator: ",", omittingEmptySubsequences: false
                    ).map(String.init)
                for kind in kinds {
                    let kind = OptionValue(option: value.option, bytes: ByteString(kind))
                    let categories = TraceCategory.allCases.map { ($0.rawValue, $0) }
                    draft.result.traced.insert(try kind.choice(of: categories))
                }
            },
            .flag("--verbose", help: "Report redirects on stderr.") {
                $0.result.isVerbose = true
            },
            .flag(
                "--quiet",
                help: "Do not print notes on stderr, such as that a command was not atomic. Errors are always printed."
            ) { $0.result.isQuiet = true },
            .flag("--no-banner", help: "Start the shell without the greeting.") {
                $0.result.showsBanner = false
            },
        ]
    }
}
