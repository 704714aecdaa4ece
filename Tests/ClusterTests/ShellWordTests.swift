import Commands
import Foundation
import RESP
import Routing
import TestSupport
import Testing

/// Shell commands about the cluster, from a file of commands.
struct ShellWordTests {
    @Test(
        ":explain shows what a command would do: its keys, slots and nodes, its steps, and whether it is atomic",
        arguments: [
            ("SET a 1", ["\"a\" in slot 15495 at", "1 request", "atomic  yes"]),
            ("MGET a b", ["\"a\" in slot 15495", "\"b\" in slot 3300", "MGET in each of 2 slots", "atomic  no"]),
            ("DBSIZE", ["6 requests in parallel", "atomic  no"]),
            ("@masters DBSIZE", ["3 requests in parallel"]),
            ("CLUSTERSCAN 0", ["cursor  \"0\" in slot 13907", "1 request"]),
            ("RENAME a b", ["WATCH, DUMP", "MULTI and DEL", "MULTI, RESTORE, DUMP, EXEC", "atomic  no"]),
            ("RPOPLPUSH a b", ["LLEN", "RPOPLPUSH", "LPUSH", "DEL"]),
            ("SUNIONSTORE c a b", ["SMEMBERS in each of 2 slots", "MULTI, RESTORE", "EXEC on the destination"]),
            ("ZUNIONSTORE c 2 a b", ["DUMP", "RESTORE", "ZUNIONSTORE", "UNLINK"]),
            ("SCAN_ITER", ["one request per node", "until every cursor"]),
            ("PUBLISH a b", ["any node", "subscribers of that node only"]),
            ("@key:a SET b 1", ["does not serve slot 3300", "MOVED", "not followed"]),
            ("@key:b SET b 1", ["atomic  yes"]), ("@masters GET a", ["2 of the nodes do not serve slot 15495"]),
            ("@key:a DEL a b", ["2 slots", "CROSSSLOT"]), ("MONITOR", ["listens to every master"]),
            ("SUBSCRIBE a", ["at any node", "at every master"]), ("@key:a MONITOR", ["1 request"]),
        ] as [(String, [String])])
    func explain(command: String, expected: [String]) throws {
        let cluster = try TestCluster.shared
        let result = try cluster.run(file: ":explain \(command)\n")
        #expect(result.exitStatus == 0)
        // Regardless of line breaks.
        func words(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        for part in expected { #expect(words(result.outputText).contains(words(part)), "\(result.outputText)") }
    }

    @Test(
        "A command that would be refused is not explained but refused",
        arguments: [
            ("BITOP AND x a b", "BITOP is blocked"), ("", "Usage: :explain"), ("GET a b", "Usage: GET key"),
            ("MSET a 1 b", "Usage: MSET key value"), ("MSETNX {a}1 1 {a}2", "Usage: MSETNX key value"),
            ("@nosuch GET a", "not a valid target"), ("gett a", "Did you mean GET?"),
            ("nosuchcommand a", "does not describe it"), (":nodes", "is a shell command"),
            (":peek", "is a shell command"), ("@all @masters PING", "takes one target"),
        ])
    func explainRefusal(command: String, expected: String) throws {
        let result = try TestCluster.shared.run(file: ":explain \(command)\n")
        #expect(result.exitStatus == 1)
        #expect(!result.outputText.contains("round trip"))
        #expect(result.errorText.replacing("\n", with: " ").contains(expected), "\(result.errorText)")
    }

    @Test("In a transaction, a command would be queued, or is refused as it would be there")
    func explainedInTransaction() throws {
        for command in ["GET b", "DBSIZE"] {
            let file = "MULTI\nSET a 1\n:explain \(command)\nDISCARD\n"
            let refused = try TestCluster.shared.run(file: file).errorText
            #expect(refused.contains("\(command.prefix { $0 != " " }) was not queued: "), "\(refused)")
        }
        let result = try TestCluster.shared.run(file: "MULTI\n:explain GET a\nDISCARD\n")
        #expect(result.outputText.contains("a transaction is open"), "\(result.outputText)")
    }

    @Test("A program gets the explanation as JSON")
    func explainedAsJSON() throws {
        let cluster = try TestCluster.shared
        let text = try cluster.run("--json", command: ":explain MGET a b").outputText
        for part in ["\"slot\":15495", "\"slot\":3300", "\"trips\":1", "\"atomic\":false", "\"warnings\":[]"] {
            #expect(text.contains(part), "\(text)")
        }
        for (command, keys) in [("MGET a b {a}c", ["a", "b"]), ("MSET b 1 a 2", ["b", "a"])] as [(String, [String])] {
            let plan = try JSON(try cluster.run("--json", command: ":explain \(command)").text)
            let nodes = plan.members.first { $0.key == "nodes" }?.value.elements.compactMap(\.text)
            #expect(nodes == keys.map { "\(cluster.owner(of: ByteString($0)))" })
        }
    }

    @Test("Programs get numbers in bytes and milliseconds, names without blanks, and no sums")
    func wordsAsJSON() throws {
        let cluster = try TestCluster.shared
        func json(_ word: String) throws -> Any {
            let text = try cluster.run("--json", file: word + "\n").outputText
            return try JSONSerialization.jsonObject(with: Data(text.utf8))
        }
        let nodes = try #require(try json(":nodes") as? [[String: Any]])
        #expect(nodes.count == cluster.nodes.count)
        for node in nodes {
            #expect(Set(node.keys) == ["node", "role", "slots", "keys", "memory", "lag", "health"])
            #expect((node["memory"] as? Int ?? 0) > 100_000 && node["keys"] is Int)
            #expect((node["slots"] is Int) == (node["role"] as? String == "master"))
            #expect((node["lag"] is Int) == (node["role"] as? String == "replica"))
        }
        let slots = try #require(try json(":slots") as? [[String: Any]])
        #expect(slots.compactMap { $0["count"] as? Int }.reduce(0, +) == HashSlot.count)
        #expect(slots.allSatisfy { Set($0.keys) == ["master", "health", "count", "slots", "moving_to"] })
        let plan = try #require(try json(":explain GET a") as? [String: Any])
        #expect(plan["nodes"] as? [String] == ["\(cluster.owner(of: "a"))"])
        let settings = try #require(try json(":set") as? [String: Any])
        #expect(settings["retry-for"] as? Int == 30 && settings["format"] as? String == "json")
        #expect(try json(":alias a b\n:alias") as? [String: [String]] == ["a": ["b"]])
        _ = try cluster.run(command: "RPUSH {peek}list 1 2 3")
        let key = try #require(try json(":peek {peek}list -2") as? [String: Any])
        #expect(key["memory"] is Int && key["first"] as? [String] == ["2", "3"] && key["ttl"] is NSNull)
    }

    @Test("In JSON and CSV, help is one string, a list of settings one value, and clear prints nothing")
    func wordsForPrograms() throws {
        let cluster = try TestCluster.shared
        let file = "EXISTS no\nhelp get\nclear\n:help keys\n? nosuch\n:alias a b c\n:alias\n:set timing\nEXISTS no\n"
        let values = try cluster.run("--json", file: file).lines
        #expect(values.count == 7 && values.allSatisfy { (try? JSON($0)) != nil }, "\(values)")
        #expect(values.count == 7 && values[1].hasPrefix("\"") && values[1].contains("GET key"), "\(values)")
        #expect(try JSON(try cluster.run("--json", command: "help get").text).text?.contains("GET key") == true)
        let records = try cluster.run("--csv", file: file).lines
        #expect(records.count == 7 && records[1].hasPrefix("\"") && records[1].hasSuffix("\""), "\(records)")
        #expect(records.suffix(3) == ["\"a\",\"b\",\"c\"", "\"timing\",\"off\"", "0"], "\(records)")
        #expect(try cluster.run("--csv", command: ":set").text.hasPrefix("\"format\",\"csv\",\"fold\",\"on\","))
        #expect(try cluster.run(file: "clear\n").outputText == "")
    }

    @Test("In a file, help for something unknown names the line, and what may have been meant, with or without a colon")
    func unknownHelp() throws {
        for (topic, meant) in [("nods", ":nodes"), ("node", ":nodes"), ("targts", "targets")] {
            let errors = try TestCluster.shared.run(file: "PING\n:help \(topic)\n").errorText
            #expect(errors == "stdin:2: No help for \"\(topic)\". Did you mean help \(meant)?\n")
        }
    }

    @Test("UNWATCH is allowed along with WATCH, which it undoes")
    func unwatch() throws {
        let cluster = try TestCluster.shared
        #expect(try cluster.run(file: "WATCH a\nUNWATCH\n").errorText.contains("UNWATCH is blocked"))
        let result = try cluster.run("--unblock watch", file: "WATCH a\nUNWATCH\n")
        #expect(result.outputText == "OK\nOK\n" && result.errorText.isEmpty)
    }

    @Test("An alias is shown by name and removed by :unalias; a setting goes back to what the session began with")
    func takesBack() throws {
        let lines = """
            :alias p ECHO 1
            :alias p
            :unalias p
            :alias p
            :set retry-for 7
            :set retry-for 8
            :unset retry-for
            :set retry-for
            :set unblock watch,bitop
            :set unblock
            :unset unblock
            BITOP NOT a b
            :unset nosuch
            """
        let result = try TestCluster.shared.run("--retry-for 5", file: lines + "\n")
        #expect(
            result.lines.filter { $0.hasPrefix(":") }
                == [":alias p ECHO 1", ":set retry-for 5", ":set unblock bitop,watch"])
        let errors = result.errorText.replacing("\n", with: " ")
        for part in ["no alias \"p\"", "BITOP is blocked", "Unknown setting \"nosuch\""] {
            #expect(errors.contains(part), "\(errors)")
        }
    }

    @Test(
        ":watch in a pipe separates replies with an empty line for people, and with nothing for programs",
        arguments: [
            ("--raw", "PONG\n\nPONG\n\n"), ("--no-raw", "PONG\n\nPONG\n\n"), ("--json", "\"PONG\"\n\"PONG\"\n"),
        ])
    func watchInAPipe(option: String, begin: String) throws {
        let node = try TestCluster.shared.masters[0]
        let command = "\(BuiltProduct.slotline) -p \(node.port) \(option) :watch 0.01 @\(node) PING | head -n 4"
        let result = try Subprocess.run("/bin/sh", ["-c", ByteString(command)])
        #expect(result.outputText.hasPrefix(begin), "\(result.outputText)")
    }

    @Test("A port names the node that listens there")
    func targetByPort() throws {
        let cluster = try TestCluster.shared
        for node in cluster.nodes {
            let result = try cluster.run(command: "@\(node.port) CONFIG GET port")
            #expect(result.lines == ["port", "\(node.port)"])
        }
        #expect(try cluster.run(command: "@10240 PING").errorText.contains("No node matches @10240."))
    }

    @Test(
        "A setting accepts what its option accepts, and otherwise says what that is",
        arguments: [
            ("retry-for inf", "retry-for expects a number of seconds from 0 to 1000000, not \"inf\"."),
            ("key-prefix a{", "key-prefix expects text without braces, not \"a{\"."),
            ("format yaml", "format expects table, raw, pretty, csv, json or quoted-json, not \"yaml\"."),
            ("aggregate on", "aggregate expects table, always or never, not \"on\"."),
            ("strict 1", "strict expects on or off, not \"1\"."),
            ("unblock none", "not \"none\". :unset unblock undoes what was set."),
            ("format=json", "Unknown setting \"format=json\". Did you mean :set format json?"),
            ("unblock get", "expects bitop, cluster_migration, restore, script_kill, unwatch or watch, not \"get\"."),
        ])
    func badPreference(words: String, expected: String) throws {
        let result = try TestCluster.shared.run(file: ":set \(words)\n")
        #expect(result.exitStatus == 1)
        #expect(result.errorText.replacing("\n", with: " ").contains(expected), "\(result.errorText)")
    }

    @Test("Redirects are shown where the user asks for them, and nowhere else", arguments: ["", "--verbose"])
    func verbose(option: String) throws {
        let cluster = try TestCluster.shared
        let key = ByteString(cluster.key("verbose", on: cluster.masters[1]))
        let result = try cluster.run(option, ["EXISTS", key])
        #expect(result.outputText == "0\n")
        #expect(result.errorText.contains("\(cluster.masters[1])") == !option.isEmpty)
        #expect(result.errorText.isEmpty == option.isEmpty)
    }

    @Test("A cluster with nothing left half done has nothing to recover")
    func recover() throws {
        let cluster = try TestCluster(options: TestCluster.patient)
        let result = try cluster.run(file: ":recover\n")
        #expect(result.exitStatus == 0)
        #expect(result.outputText.isEmpty && result.errorText == "There is nothing to recover.\n")
        let json = try cluster.run("--json", file: ":recover\n")
        #expect(json.outputText == "[]\n" && json.errorText.isEmpty)
    }
}
