import Commands
import Presentation
import RESP
import Routing

// What runs instead of commands, and what slotline says about itself.

extension OptionTable {
    @inline(never)
    static func modes() -> [Option] {
        [
            .value(
                "--eval", name: "FILE", .file, help: "Run the Lua script in FILE. The arguments are: KEY ... , ARG ..."
            ) {
                (draft, value) throws(OptionError) in try draft.choose(.eval(file: value.bytes), by: "--eval")
            },
            .flag(
                "--ldb",
                help: "With --eval: step through the script in the server's debugger; roll back at the end."
            ) {
                $0.debugsSynchronously = false
            },
            .flag(
                "--ldb-sync-mode", help: "Like --ldb, but the server blocks while debugging and keeps the changes."
            ) {
                $0.debugsSynchronously = true
            },
            .flag("--scan", help: "List the keys of all masters, one per line.") {
                (draft) throws(OptionError) in try draft.choose(.scan, by: "--scan")
            },
            .value(
                "--pattern", name: "PATTERN",
                help: "With --scan, --bigkeys and the like: only keys that match, for example 'user:*'."
            ) {
                (draft, value) throws(OptionError) in
                draft.result.scan.pattern = value.bytes
                draft.keyOption = value.option.text
            },
            .value("--quoted-pattern", name: "PATTERN", help: "Like --pattern, but as a quoted string.") {
                (draft, value) throws(OptionError) in
                draft.result.scan.pattern = try OptionDraft.unquoted(value.bytes, for: "--quoted-pattern")
                draft.keyOption = value.option.text
            },
            .value(
                "--type", name: "TYPE", .choice(KeyType.allCases.map(\.rawValue)),
                help: "With --scan and the like: only keys of this type."
            ) { (draft, value) throws(OptionError) in
                draft.result.scan.type = value.bytes
                draft.keyOption = value.option.text
                // A module may have types of any name.
                let types = KeyType.allCases.map(\.rawValue)
                guard !types.contains(value.bytes.text.lowercased()) else { return }
                let near = Suggestions.near(value.bytes, of: types)
                if !near.isEmpty { draft.result.warnings.append(.unknownType(value.bytes, near: near)) }
            },
            .value(
                "--count", name: "COUNT", help: "With --scan and the like: the COUNT of each SCAN (default 1000)."
            ) {
                (draft, value) throws(OptionError) in
                draft.result.scan.count = try value.integer(atLeast: 1, wanted: "a number, 1 or more")
                draft.keyOption = value.option.text
            },
            .flag(
                "--recover",
                help: """
                    Finish what interrupted cross-slot commands left behind, and list it, one line each.
                    """
            ) { (draft) throws(OptionError) in try draft.choose(.recover, by: "--recover") },
            .flag(
                "--diagnose",
                help: """
                    Examine the connection step by step (names, TCP, TLS, user, topology, every node, slots, clocks, \
                    rights), and print the options that would fix what is wrong.
                    """
            ) { (draft) throws(OptionError) in try draft.choose(.tool(.diagnosis), by: "--diagnose") },
            .flag(
                "--playground",
                help: """
                    Start a throwaway cluster with the first redis-server or valkey-server on PATH, connect to it, and \
                    delete it at exit.
                    """
            ) { $0.isPlayground = true },
            .value(
                "--server", name: "PROGRAM", .file,
                help: "With --playground: the server to start, a name on PATH or a file, such as valkey-server."
            ) { (draft, value) throws(OptionError) in draft.playgroundServer = value.bytes },
            .value(
                "--shape", name: "MxR",
                help: "With --playground: M masters with R replicas each (default 3x1)."
            ) { (draft, value) throws(OptionError) in
                guard let shape = PlaygroundShape(value.bytes) else {
                    throw value.rejected(wanted: "MASTERSxREPLICAS, such as 3x1, with at most 100 nodes")
                }
                draft.shape = shape
            },
        ]
    }

    @inline(never)
    static func information() -> [Option] {
        [
            .flag(
                "--help", optionally: "GROUP",
                help: """
                    Show this help, or one group of options, such as --help=cluster. -h as the last argument does the same.
                    """
            ) { (draft, value) throws(OptionError) in
                let groups = Option.Category.allCases.map { (name: $0.name, value: Option.Category?.some($0)) }
                draft.result.mode = .help(value.bytes.isEmpty ? nil : try value.choice(of: groups))
            },
            .flag("--man", help: "Print the manual page in the format of man.") { $0.result.mode = .manual },
            .flag("-v", "--version", help: "Show the version, and the libraries it is built with.") {
                $0.result.mode = .version
            },
            .value(
                "--completions", name: "SHELL", .choice(CompletionScript.allCases.map(\.rawValue)),
                help: "Print the completion script for bash, zsh or fish."
            ) { (draft, value) throws(OptionError) in
                let scripts = CompletionScript.allCases.map { ($0.rawValue, $0) }
                draft.result.mode = .completions(try value.choice(of: scripts))
            },
            .flag(
                "--candidates",
                help: """
                    Print what could complete the last of the words that follow, one per line. The completion scripts use \
                    this.
                    """
            ) { $0.result.mode = .candidates },
        ]
    }
}
