import RESP
import TestSupport
import Testing

/// Words of the shell that look at the cluster, from a file of commands.
struct ShellWordTests {
    @Test(
        "What a command would do: its keys, slots and nodes, its steps, whether it is atomic",
        arguments: [
            ("SET a 1", ["\"a\" in slot 15495 at", "1 request", "atomic  yes"]),
            ("MGET a b", ["\"a\" in slot 15495", "\"b\" in slot 3300", "MGET in each of 2 slots", "atomic  no"]),
            ("DBSIZE", ["6 requests in parallel", "atomic  no"]),
            ("@masters DBSIZE", ["3 requests in parallel"]),
            ("RENAME a b", ["WATCH, DUMP", "MULTI and DEL", "MULTI, RESTORE, DUMP, EXEC", "atomic  no"]),
            ("RPOPLPUSH a b", ["LLEN", "RPOPLPUSH", "LPUSH", "DEL"]),
            ("SUNIONSTORE c a b", ["DUMP", "RESTORE", "SUNIONSTORE", "UNLINK"]),
            ("SCAN_ITER", ["one request per node", "until every cursor"]),
        ] as [(String, [String])])
    func explain(command: String, expected: [String]) throws {
        let cluster = try TestCluster.shared
        let result = try cluster.run(file: ":explain \(command)\n")
        #expect(result.exitStatus == 0)
        for part in expected { #expect(result.outputText.contains(part), "\(result.outputText)") }
    }

    @Test("What it would refuse", arguments: ["BITOP AND x a b", "", "GET a b c d @x", "@nosuch GET a"])
    func explainRefusal(command: String) throws {
        let result = try TestCluster.shared.run(file: ":explain \(command)\n")
        #expect(result.exitStatus == (command.hasPrefix("GET") ? 0 : 1))
        #expect(result.errorText.isEmpty == command.hasPrefix("GET"))
    }

    @Test(
        "A preference takes what its option takes, and else says what that is",
        arguments: [
            ("retry-for inf", "retry-for expects a number of seconds from 0 to 1000000, not \"inf\"."),
            ("key-prefix a{", "key-prefix expects text without braces, not \"a{\"."),
            ("format yaml", "format expects raw, pretty, csv, json or quoted-json, not \"yaml\"."),
            ("aggregate on", "aggregate expects table, always or never, not \"on\"."),
            ("strict 1", "strict expects on or off, not \"1\"."),
            ("unblock get", "(bitop, cluster_migration, restore, script_kill, unwatch or watch), not \"get\"."),
        ])
    func badPreference(words: String, expected: String) throws {
        let result = try TestCluster.shared.run(file: ":set \(words)\n")
        #expect(result.exitStatus == 1)
        #expect(result.errorText.replacing("\n", with: " ").contains(expected), "\(result.errorText)")
    }

    @Test("Redirects are named where the user asks for them, and nowhere else", arguments: ["", "--verbose"])
    func verbose(option: String) throws {
        let cluster = try TestCluster.shared
        let key = ByteString(cluster.key("verbose", on: cluster.masters[1]))
        let result = try cluster.run(option, ["EXISTS", key])
        #expect(result.outputText == "0\n")
        #expect(result.errorText.contains("\(cluster.masters[1])") == !option.isEmpty)
        #expect(result.errorText.isEmpty == option.isEmpty)
    }

    @Test("A cluster without anything half done has nothing to recover")
    func recover() throws {
        let result = try TestCluster(options: TestCluster.patient).run(file: ":recover\n")
        #expect(result.exitStatus == 0)
        #expect(result.errorText.isEmpty)
    }
}
