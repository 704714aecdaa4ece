import Commands
import Options
import Presentation
import RESP
import Testing

@Suite("Wrong command lines")
struct OptionErrorTests {
    @Test(
        "Every mistake, and nothing else, gets one line that names the option",
        arguments: [
            (["--nosuch", "PING"], "Unrecognized option: '--nosuch'. Try slotline --help."),
            (["--nosuch=secret"], "Unrecognized option: '--nosuch'. Try slotline --help."),
            (["-cx"], "Unrecognized option: '-cx'. Try slotline --help."),
            (["-raw"], "Unrecognized option: '-raw'. Did you mean --raw?"),
            (["--", "PING"], "Unrecognized option: '--'. Try slotline --help."),
            (["-"], "Unrecognized option: '-'. Try slotline --help."),
            (["-a\n\u{1b}[2J"], "Unrecognized option: '-a\\n\\x1b[2J'. Try slotline --help."),
            (["--lru-test", "5", "--lru-test", "6"], nil),
            (["--eval", "a", "--eval", "b"], nil),
            (["-r", "2"], "Option -r requires a command."),
            (["-r", "2", "--stat"], "Options --stat and -r are mutually exclusive."),
            (["-r", "2", "--latency-history"], "Options --latency-history and -r are mutually exclusive."),
            (["-r", "2", "--pipe"], "Options --pipe and -r are mutually exclusive."),
            (["-r", "2", "--scan"], nil),
            (["-r", "-1", "PING"], nil),
            (["-n"], "Option -n requires a value. Try slotline --help."),
            (["--raw=1"], "Option --raw takes no value."),
            (["-n", "abc"], "Option -n expects a database number, 0 or more, not 'abc'."),
            (["-n", "-1"], "Option -n expects a database number, 0 or more, not '-1'."),
            (["-p", "70000"], "Option -p expects a port from 1 to 65535, not '70000'."),
            (["-h", "a:7000"], "Option -h expects a host without a port (use -p for the port), not 'a:7000'."),
            (["-p", "0"], "Option -p expects a port from 1 to 65535, not '0'."),
            (["-p", "6379x"], "Option -p expects a port from 1 to 65535, not '6379x'."),
            (["-r", "3x"], "Option -r expects an integer, not '3x'."),
            (["-i", "nan"], "Option -i expects a number of seconds from 0 to 1000000, not 'nan'."),
            (["-i", "-1"], "Option -i expects a number of seconds from 0 to 1000000, not '-1'."),
            (
                ["--retry-for", "1e300"],
                "Option --retry-for expects a number of seconds from 0 to 1000000, not '1e300'."
            ),
            (["-t", "abc"], "Option -t expects a number of seconds, not 'abc'."),
            (["--count", "0"], "Option --count expects a number, 1 or more, not '0'."),
            (["--completions", "tcsh"], "Option --completions expects bash, zsh or fish, not 'tcsh'."),
            (
                ["--theme", "lihgt"],
                "Option --theme expects auto, dark, light or none, not 'lihgt'. Did you mean light?"
            ),
            (["-2", "-3"], "Options -2 and -3 are mutually exclusive."),
            (["-x", "-X", "T", "GET"], "Options -x and -X are mutually exclusive."),
            (["-c", "-s", "/s"], "Options -c and -s are mutually exclusive."),
            (["--playground", "-p", "7000"], "Options --playground and -p are mutually exclusive."),
            (["--playground", "-u", "redis://a"], "Options --playground and -u are mutually exclusive."),
            (
                ["--playground", "--tls", "--insecure"],
                "Certificate and cipher options cannot be used with --playground, which creates its own certificates."
            ),
            (
                ["--pattern", "x", "PING"],
                "Option --pattern requires --scan, --bigkeys, --memkeys, --keystats or --hotkeys."
            ),
            (
                ["--quoted-pattern", "x", "PING"],
                "Option --quoted-pattern requires --scan, --bigkeys, --memkeys, --keystats or --hotkeys."
            ),
            (["--memkeys-samples", "3", "PING"], "Option --memkeys-samples takes neither a command nor a target."),
            (
                ["--scan", "--keystats-samples", "3"],
                "Options --scan and --keystats-samples are mutually exclusive."
            ),
            (["--hotkeys-count", "3", "PING"], "Option --hotkeys-count takes neither a command nor a target."),
            (
                ["--pass", "x", "--pass-file", "f", "PING"], "Options --pass and --pass-file are mutually exclusive."
            ),
            (
                ["-u", "redis://:x@h", "--pass-file", "f", "PING"],
                "Options -u and --pass-file are mutually exclusive."
            ),
            (["-u", "rediss://h", "-s", "a"], "Options -u and -s are mutually exclusive."),
            (["--shape", "3x1", "PING"], "Option --shape requires --playground."),
            (["--scan", "foo"], "Option --scan takes neither a command nor a target."),
            (["--recover", "foo"], "Option --recover takes neither a command nor a target."),
            (["--scan", "--recover"], "Options --scan and --recover are mutually exclusive."),
            (["--ldb", "GET", "k"], "Option --ldb requires --eval."),
            (["--map-to-seed", "--one-endpoint"], "Options --map-to-seed and --one-endpoint are mutually exclusive."),
            (["--map", "a:1=b:2", "--one-endpoint"], "Options --map and --one-endpoint are mutually exclusive."),
            (
                ["--map", "a:1-2=b:2"],
                "Option --map expects ANNOUNCED=REACHABLE, each HOST:PORT with * or port ranges of equal size on both "
                    + "sides, such as 10.0.0.*:7000-7005=127.0.0.1:17000-17005, not 'a:1-2=b:2'."
            ),
            (
                ["--debug=connect,all"],
                "Option --debug expects connect, tls, auth, topology, route, retry or plan, not 'all'."
            ),
            (["-4", "-6"], "Options -4 and -6 are mutually exclusive."),
            (["--stat", "foo"], "Option --stat takes neither a command nor a target."),
            (["@all", "--json", "PING"], "Options come before the target: put --json before @all."),
            (["-n", "0", "@7000", "-x"], "Options come before the target: put -x before @7000."),
            ([":nodes", "--json"], "Options come before the command: put --json before :nodes."),
            ([":NODES", "-p", "7000"], "Options come before the command: put -p before :NODES."),
            (["help", "get", "--json"], "Options come before the command: put --json before help."),
            ([":explain", "--json", "GET", "a"], "Options come before the command: put --json before :explain."),
            ([":explain", "GET", "a", "--json"], "Options come before the command: put --json before :explain."),
            ([":watch", "2", "--json", "GET", "a"], "Options come before the command: put --json before :watch."),
            // A command that takes any number of words gets them all, and a key has last elements.
            ([":explain", "DEL", "a", "--json"], nil), (["DEL", "a", "--json"], nil), ([":peek", "k", "-2"], nil),
            (["--bigkeys", "--json"], "Options --bigkeys and --json are mutually exclusive."),
            (["--csv", "--memkeys-samples", "3"], "Options --memkeys-samples and --csv are mutually exclusive."),
            (["--objects", "--stat"], "Options --stat and --json are mutually exclusive."),
            (["--json", "--slave"], "Options --slave and --json are mutually exclusive."),
            (["--quoted-json", "--pipe"], "Options --pipe and --quoted-json are mutually exclusive."),
            (["--json", "--latency"], nil), (["--csv", "--replica"], nil), (["--json", "--diagnose"], nil),
            (["--raw", "--bigkeys"], nil), (["--json", "--recover"], nil), (["--json", "--explain-config"], nil),
            (["--latency", "--stat"], "Options --latency and --stat are mutually exclusive."),
            (["--lru-test", "0"], "Option --lru-test expects a number of keys, 1 or more, not '0'."),
            (["--key-prefix", "a{b", "PING"], "Option --key-prefix expects text without braces, not 'a{b'."),
            (
                ["--unblock", "watch,get", "PING"],
                "Option --unblock expects bitop, cluster_migration, restore, script_kill, unwatch or watch, not 'get'."
            ),
            (["-x"], "Option -x requires a command."),
            (
                ["--user", "bob", "PING"],
                "Option --user requires a password: -a, --pass-file, --pass-command, --askpass or REDISCLI_AUTH."
            ),
            (["--pipe", "--scan"], "Options --pipe and --scan are mutually exclusive."),
            (["--bigkeys", "--pipe"], "Options --bigkeys and --pipe are mutually exclusive."),
            (["--pipe", "PING"], "Option --pipe takes neither a command nor a target."),
            (["--scan", "--top", "3"], "Option --top requires --keystats."),
            (["--keystats", "--cursor", "-1"], "Option --cursor expects a SCAN cursor, not '-1'."),
            (
                ["--cacert", "a"], "Certificate and cipher options require --tls, or a rediss:// URI."
            ),
            (["--tls", "--cert", "a"], "Option --cert requires --key."),
            (["--tls", "--key", "a"], "Option --key requires --cert."),
            (["--tls", "-s", "a"], "Options --tls and -s are mutually exclusive."),
        ] as [([ByteString], String?)])
    func message(words: [ByteString], expected: String?) {
        #expect(error(words)?.message(in: .slotline) == expected)
    }

    @Test(
        "A drop-in says what redis-cli says",
        arguments: [
            (["--nosuch", "PING"], "Unrecognized option or bad number of args for: '--nosuch'"),
            (["-n"], "Unrecognized option or bad number of args for: '-n'"),
            (["-X"], "Unrecognized option or bad number of args for: '-X'"),
            (["-2", "-3"], "Options -2 and -3 are mutually exclusive."),
            (["-p", "70000"], "Invalid server port."),
            (["-u", "redis://127.0.0.1:70000"], "Invalid server port."),
            (["-t", "-1"], "Invalid connection timeout for -t."),
            (
                ["--ldb-sync-mode", "PING"],
                "Options --ldb and --ldb-sync-mode require --eval.\nTry redis-cli --help for more information."
            ),
            (["--memkeys-samples", "x"], "--memkeys-samples conversion error."),
            (["--keystats", "--top", "x"], "--top conversion error."),
            (["-u", "http://a"], "Invalid URI scheme"),
            (["-u", "redis://bob:p%4@a"], "Illegal character in URI encoding"),
            (["-u", "redis://bob:p%zz@a"], "Illegal character in URI encoding"),
            (["-u", "redis://bob:p%@a"], "Incomplete URI encoding"),
            (["--quoted-input", "GET", "a b"], "Invalid quoted string"),
            (
                ["--scan", "--quoted-pattern", "\"bin"],
                "Invalid quoted string specified for --quoted-pattern."
            ),
        ] as [([ByteString], String)])
    func dropInMessage(words: [ByteString], expected: String) {
        #expect(error(as: "redis-cli", words)?.message(in: .redisCLI) == expected)
    }

    @Test("redis-cli reports a bad --quoted-input, and only that, on stdout")
    func stream() {
        #expect(error(["--quoted-input", "a b"])?.isOnStandardOutput(in: .redisCLI) == true)
        #expect(error(["--scan", "--quoted-pattern", "a b"])?.isOnStandardOutput(in: .redisCLI) == false)
    }

    @Test(
        "A shape is masters x replicas, with at most 100 nodes",
        arguments: ["", "3", "0x1", "3x", "3x1x1", "51x1", "3X1"])
    func badShape(text: String) {
        let expected = "Option --shape expects MASTERSxREPLICAS, such as 3x1, with at most 100 nodes, not '\(text)'."
        #expect(error(["--playground", "--shape", ByteString(text)])?.message(in: .slotline) == expected)
    }

    private func error(as program: ByteString = "slotline", _ words: [ByteString]) -> OptionError? {
        do {
            _ = try parse(as: program, words)
            return nil
        } catch {
            return error
        }
    }
}
