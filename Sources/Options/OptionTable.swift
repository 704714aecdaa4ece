import Presentation
import RESP
import Routing

/// The one table of options, in the order of `--help`.
package enum OptionTable {
    package static let rows: [Option] = {
        var rows: [Option] = []
        rows.reserveCapacity(64)
        func add(_ category: Option.Category, _ options: [Option]) {
            for var option in options {
                option.category = category
                rows.append(option)
            }
        }
        add(.connection, connection())
        add(.authentication, authentication())
        add(.cluster, cluster())
        add(.input, input())
        add(.load, load())
        add(.output, output())
        add(.modes, modes())
        add(.tools, tools())
        add(.information, information())
        return rows
    }()

    package static let keyPrefixWanted = "a text without braces"

    /// The row of an option. Case counts: `-x` and `-X` are two options.
    static func row(named name: ByteString) -> Option? {
        rows.first { row in
            row.names.contains { $0.withUTF8Buffer { name.bytes.elementsEqual($0) } }
        }
    }

    @inline(never)
    private static func connection() -> [Option] {
        [
            .value(
                "-h", name: "HOST", .host,
                help: "Server name or address (default 127.0.0.1). As the last word alone: this help."
            ) { (draft, value) throws(OptionError) in draft.host = value.bytes.text },
            .value(
                "-p", name: "PORT",
                help: "Server port (default 6379), also of the -u addresses that name none."
            ) { (draft, value) throws(OptionError) in draft.port = try value.port() },
            .value(
                "-s", name: "SOCKET", .file,
                help: "Unix socket of the server, in place of host and port."
            ) { (draft, value) throws(OptionError) in draft.socketPath = value.bytes.text },
            .value(
                "-u", name: "URI",
                help: """
                    Server URI; more addresses, or a further -u, are more seeds. The first seed that answers is used. \
                    The form is redis://[USER:PASSWORD@]HOST[:PORT][,HOST...][/DB], or valkey://.
                    """
            ) { (draft, value) throws(OptionError) in draft.add(try SeedURI(value)) },
            .value("-n", name: "DB", help: "Database number (default 0).") { (draft, value) throws(OptionError) in
                draft.result.database = try value.integer(atLeast: 0, wanted: "a database number, 0 or more")
            },
            .flag("-2", help: "Speak RESP2.") { (draft) throws(OptionError) in try draft.speak(protocolVersion: 2) },
            .flag("-3", help: "Speak RESP3.") { (draft) throws(OptionError) in try draft.speak(protocolVersion: 3) },
            .value(
                "-t", name: "SECONDS",
                help: "Time-out of a connect (default 2; 0 for none). A reply has no time-out."
            ) { (draft, value) throws(OptionError) in
                do {
                    let seconds = try value.seconds()
                    draft.result.connectTimeout = seconds == 0 ? OptionValue.longestTime : seconds
                } catch {
                    throw .badConnectTimeout(value.bytes)
                }
            },
            .flag("-4", help: "Try the IPv4 addresses of a name first.") { (draft) throws(OptionError) in
                try draft.prefer(.version4)
            },
            .flag("-6", help: "Try the IPv6 addresses of a name first.") { (draft) throws(OptionError) in
                try draft.prefer(.version6)
            },
            .value(
                "--retry-for", name: "SECONDS",
                help: """
                    How long a command is tried again while its master cannot be reached or is not ready (default 30; \
                    0 for not at all).
                    """
            ) { (draft, value) throws(OptionError) in draft.result.retryTime = try value.seconds() },
        ]
    }

    @inline(never)
    private static func authentication() -> [Option] {
        [
            .value("-a", "--pass", name: "PASSWORD", help: "Password. REDISCLI_AUTH in the environment is safer.") {
                (draft, value) throws(OptionError) in draft.giveVisiblePassword(value.bytes)
            },
            .value("--user", name: "NAME", help: "User whose password it is (default: the server's default user).") {
                (draft, value) throws(OptionError) in draft.result.user = value.bytes
            },
            .flag("--askpass", help: "Ask for the password. -a and REDISCLI_AUTH are not used then.") {
                $0.result.asksPassword = true
            },
            .flag("--no-auth-warning", help: "Do not warn of a password on the command line.") {
                $0.isAuthWarningWanted = false
            },
        ]
    }

    @inline(never)
    private static func cluster() -> [Option] {
        [
            .flag(
                "-c",
                help: """
                    Accepted and not needed: whether the server is a cluster is found out. Called as redis-cli or \
                    valkey-cli: use the whole cluster, not the named node alone.
                    """
            ) { $0.result.isClusterFlagSet = true },
            .flag(
                "--aggregate",
                help: "Reduce the replies of many nodes to one where the server says how: DBSIZE gives one number."
            ) { $0.result.aggregation = .always },
            .flag("--no-aggregate", help: "Never merge the replies of many nodes: show each node's own.") {
                $0.result.aggregation = .never
            },
            .flag(
                "--strict",
                help: "Send a command whose keys span slots as it is, so that the server refuses it with CROSSSLOT."
            ) { $0.result.isStrict = true },
            .value(
                "--unblock", name: "NAME[,NAME]",
                help: "Allow commands that are blocked on a cluster but can work, such as WATCH."
            ) { (draft, value) throws(OptionError) in
                for name in value.bytes.bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
                    draft.result.unblocked.insert(ByteString(name).uppercased)
                }
            },
            .value(
                "--key-prefix", name: "PREFIX",
                help: """
                    What the keys begin with that commands over several slots make for themselves (default slotline:); \
                    the user's ACL rules have to allow them.
                    """
            ) { (draft, value) throws(OptionError) in
                guard PrivateKeys.accepts(prefix: value.bytes) else { throw value.rejected(wanted: keyPrefixWanted) }
                draft.result.keyPrefix = value.bytes
            },
            .flag("--read-only", help: "Send reads only: whatever may change something is refused before it is sent.") {
                $0.result.isReadOnly = true
            },
            .flag("--yes", help: "Take every question of the shell as answered with yes.") {
                $0.result.assumesYes = true
            },
        ]
    }

    @inline(never)
    private static func input() -> [Option] {
        [
            .flag("-x", help: "Take the last argument from stdin, every byte of it.") { (draft) throws(OptionError) in
                try draft.readStandardInput(as: .lastArgument)
            },
            .value("-X", name: "TAG", help: "Put what stdin holds in place of the first argument that is TAG.") {
                (draft, value) throws(OptionError) in try draft.readStandardInput(as: .argument(tag: value.bytes))
            },
            .flag(
                "--quoted-input",
                help: "Read every word of the command as a quoted string: '\"\\x00\"' is a NUL byte."
            ) { $0.isInputQuoted = true },
            .value("-r", name: "COUNT", help: "Run the command COUNT times; a negative COUNT has no end.") {
                (draft, value) throws(OptionError) in
                let count = try value.integer(atLeast: .min, wanted: "a whole number")
                draft.result.repeatCount = count < 0 ? nil : count
            },
            .value(
                "-i", name: "SECONDS",
                help: """
                    Wait so long after every run of -r, every line of a file, every step of --scan and every 100 steps \
                    of --bigkeys and the like; the interval of --stat and --latency.
                    """
            ) { (draft, value) throws(OptionError) in draft.result.interval = try value.seconds() },
            .value("--file", name: "FILE", .file, help: "Read commands from FILE in place of stdin.") {
                (draft, value) throws(OptionError) in draft.result.inputFile = value.bytes
            },
            .flag("-e", help: "Stop at the first error, and show error replies on stderr.") {
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
                    Load what stdin or --file holds, lines and RESP in any order, without printing replies. Each failed \
                    command is told on stderr; a report ends the load.
                    """
            ) { (draft) throws(OptionError) in try draft.choose(.load(.init()), by: "--pipe") },
            .value(
                "--reject", name: "FILE", .file,
                help: """
                    Write failed commands to FILE, in a form that can be loaded again, and those of unknown outcome to \
                    FILE.unknown.
                    """
            ) { (draft, value) throws(OptionError) in draft.load.reject = value.bytes },
            .value("--max-errors", name: "COUNT", help: "Stop the load when COUNT commands have failed.") {
                (draft, value) throws(OptionError) in
                draft.load.maximumErrors = try value.integer(atLeast: 1, wanted: "a number, 1 or more")
            },
            .value("--rate", name: "COUNT", help: "Send at most COUNT commands a second.") {
                (draft, value) throws(OptionError) in
                draft.load.rate = try value.integer(atLeast: 1, wanted: "a number, 1 or more")
            },
            .value(
                "--pipe-timeout", name: "SECONDS",
                help: """
                    Once all is sent, wait so long for the next reply (default: for any time; 30 if called as \
                    redis-cli; 0 for any time). What has none then is told as failed or unknown.
                    """
            ) { (draft, value) throws(OptionError) in
                let seconds = try value.seconds()
                draft.load.replyTimeout = seconds == 0 ? OptionValue.longestTime : seconds
            },
            .value(
                "--resume", name: "FILE", .file,
                help: """
                    Note in FILE, every second, up to where all commands are done; if FILE is there, go on from there.
                    """
            ) { (draft, value) throws(OptionError) in draft.load.resume = value.bytes },
        ]
    }

    @inline(never)
    private static func output() -> [Option] {
        [
            .flag("--raw", help: "Show replies raw, as is done when stdout is not a terminal.") {
                $0.result.format = .raw
            },
            .flag("--no-raw", help: "Show replies formatted, as is done on a terminal.") {
                $0.result.format = .terminal
            },
            .flag("--csv", help: "Show replies as CSV.") { $0.result.format = .csv },
            .flag("--json", help: "Show every reply as one line of JSON. Speaks RESP3 unless -2 is given.") {
                $0.result.format = .json
            },
            .flag("--quoted-json", help: "As --json, with every byte outside of ASCII escaped.") {
                $0.result.format = .quotedJSON
            },
            .flag(
                "--objects",
                help: "Take texts apart: INFO, CLIENT LIST, CLUSTER NODES and the like become objects. Means --json."
            ) { $0.result.readsObjects = true },
            .value("-d", name: "TEXT", help: "What stands between the elements of a raw reply (default: a newline).") {
                (draft, value) throws(OptionError) in draft.result.elementDelimiter = value.bytes
            },
            .value("-D", name: "TEXT", help: "What stands behind every raw reply (default: a newline).") {
                (draft, value) throws(OptionError) in draft.result.replyDelimiter = value.bytes
            },
            .value(
                "--show-pushes", name: "YES|NO", .choice(["yes", "no"]),
                help: "Show RESP3 push messages (default: when stdout is a terminal)."
            ) { (draft, value) throws(OptionError) in
                switch value.bytes.bytes.first?.asciiUppercased {
                case UInt8(ascii: "Y"): draft.result.showsPushes = true
                case UInt8(ascii: "N"): draft.result.showsPushes = false
                default: draft.result.warnings.append(.unknownPushChoice(value.bytes))
                }
            },
            .flag("--verbose", help: "Tell of redirects on stderr.") {
                $0.result.isVerbose = true
            },
        ]
    }

    @inline(never)
    private static func modes() -> [Option] {
        [
            .value(
                "--eval", name: "FILE", .file, help: "Run the Lua script in FILE. Behind the options: KEY ... , ARG ..."
            ) {
                (draft, value) throws(OptionError) in try draft.choose(.eval(file: value.bytes), by: "--eval")
            },
            .flag(
                "--ldb",
                help: "With --eval: run the script step by step in the server's debugger; roll back at the end."
            ) {
                $0.debugsSynchronously = false
            },
            .flag(
                "--ldb-sync-mode", help: "As --ldb, but the server waits for the script and keeps what it has changed."
            ) {
                $0.debugsSynchronously = true
            },
            .flag("--scan", help: "List the keys of all masters, one a line.") {
                (draft) throws(OptionError) in try draft.choose(.scan, by: "--scan")
            },
            .value(
                "--pattern", name: "PATTERN",
                help: "With --scan, --bigkeys and the like: only keys that match, such as 'user:*'."
            ) {
                (draft, value) throws(OptionError) in draft.result.scan.pattern = value.bytes
            },
            .value("--quoted-pattern", name: "PATTERN", help: "As --pattern, read as a quoted string.") {
                (draft, value) throws(OptionError) in
                draft.result.scan.pattern = try OptionDraft.unquoted(value.bytes, for: "--quoted-pattern")
            },
            .value(
                "--type", name: "TYPE", .choice(["string", "list", "set", "zset", "hash", "stream"]),
                help: "With --scan and the like: only keys of this type."
            ) { (draft, value) throws(OptionError) in draft.result.scan.type = value.bytes },
            .value(
                "--count", name: "COUNT", help: "With --scan and the like: how many keys a step looks at (default 10)."
            ) {
                (draft, value) throws(OptionError) in
                draft.result.scan.count = try value.integer(atLeast: 1, wanted: "a number, 1 or more")
            },
            .flag(
                "--recover",
                help: """
                    Finish what commands over several slots have left behind when they were interrupted, and list it, \
                    one line each.
                    """
            ) { (draft) throws(OptionError) in try draft.choose(.recover, by: "--recover") },
            .flag(
                "--playground",
                help: """
                    Start a throw-away cluster with the redis-server or valkey-server on PATH, connect to it, and \
                    erase it at exit.
                    """
            ) { $0.isPlayground = true },
            .value(
                "--shape", name: "MxR",
                help: "With --playground: M masters with R replicas each (default 3x1)."
            ) { (draft, value) throws(OptionError) in
                guard let shape = PlaygroundShape(value.bytes) else {
                    throw value.rejected(wanted: "masters x replicas of each, such as 3x1, at most 100 nodes")
                }
                draft.shape = shape
            },
        ]
    }

    @inline(never)
    private static func information() -> [Option] {
        [
            .flag("--help", help: "Show this help.") { $0.result.mode = .help },
            .flag("--man", help: "Print the manual page, as man reads it.") { $0.result.mode = .manual },
            .flag("-v", "--version", help: "Show the version.") { $0.result.mode = .version },
            .value(
                "--completions", name: "SHELL", .choice(CompletionScript.allCases.map(\.rawValue)),
                help: "Print the completion script for bash, zsh or fish."
            ) { (draft, value) throws(OptionError) in
                guard let script = CompletionScript(rawValue: value.bytes.text) else {
                    throw value.rejected(wanted: "bash, zsh or fish")
                }
                draft.result.mode = .completions(script)
            },
        ]
    }
}
