import Options
import RESP
import Testing

@Suite("Option table")
struct OptionTableTests {
    @Test("Every spelling names one option, short ones of one letter, long ones with two dashes")
    func names() {
        let names = OptionTable.rows.flatMap { $0.names.map(\.description) }
        #expect(Set(names).count == names.count)
        for name in names {
            #expect(name.count == 2 ? name.hasPrefix("-") && !name.hasSuffix("-") : name.hasPrefix("--"), "\(name)")
        }
    }

    @Test("Every option of the interface exists")
    func interface() {
        let names = OptionTable.rows.flatMap { $0.names.map(\.description) }
        let expected = """
            -h -p -s -u -a --pass --pass-file --pass-command --pass-command-ttl --user --askpass -n -r -i -x -X -c -2 -3 -d -D -e -t -v --table --raw --no-raw --csv --json \
            --quoted-json --quoted-input --no-auth-warning --show-pushes --eval --scan --pattern --quoted-pattern --type \
            --count --verbose --help --version --no-aggregate --aggregate --unblock --strict --read-only --yes --ignore-errors \
            --retry-for --reply-timeout --objects --playground --shape --completions --candidates --recover --key-prefix \
            --stat --latency --latency-history --latency-dist --intrinsic-latency --bigkeys --memkeys --memkeys-samples \
            --hotkeys --lru-test --rdb --functions-rdb --replica --slave --pipe --file --reject --max-errors \
            --keystats --keystats-samples --top --cursor --rate --resume -4 -6 --ldb --ldb-sync-mode --man \
            --pipe-timeout --mono --hotkeys-count \
            --confirm --prompt-color --theme --profile --write-config --explain-config \
            --tls --sni --cacert --cacertdir --insecure --cert --key --tls-ciphers --tls-ciphersuites --tls-name \
            --map --map-to-seed --one-endpoint --diagnose --debug --read-from --quiet --no-banner --server --no-cache
            """
        #expect(Set(names) == Set(expected.split(separator: " ").map(String.init)))
    }

    @Test("Help begins with the usage, names every option, and fits in 80 columns")
    func help() throws {
        let text = UsageText.help(for: try parse(["--help"]))
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first == "Usage: slotline [OPTIONS] [@TARGET] [cmd [arg [arg ...]]]")
        #expect(lines.allSatisfy { $0.count <= 80 && !$0.hasSuffix(" ") })
        for option in OptionTable.rows {
            let entry = "  " + option.names.map(\.description).joined(separator: ", ")
            let value = option.value.map { " \($0.name)" } ?? option.optionalValue.map { "[=\($0)]" } ?? ""
            let whole = entry + value
            #expect(lines.contains { $0 == whole || $0.hasPrefix(whole + "  ") }, "\(whole)")
        }
    }

    @Test("A drop-in's help begins with redis-cli's version and usage")
    func dropInHelp() throws {
        let text = UsageText.help(for: try parse(as: "/usr/bin/redis-cli", ["--help"]))
        #expect(
            text.hasPrefix("redis-cli 7.0.15 (slotline 0.1.0)\n\nUsage: redis-cli [OPTIONS] [cmd [arg [arg ...]]]\n"))
    }
}
