import Foundation
import RESP
import TestSupport
import Testing

/// Database 5 of a cluster whose nodes have several, as in Valkey 9 and later: all commands and messages are about that
/// one, or say which.
@Suite(.enabled(if: try TestCluster.hasDatabases)) struct DatabaseTests {
    private let cluster: TestCluster

    init() throws {
        cluster = try TestCluster(options: TestCluster.severalDatabases)
    }

    @Test("Every command does there what it does in database 0, by every way in, and nothing elsewhere")
    func everyCommand() throws {
        defer { cluster.stop() }
        let lines = Specification.WaysIn.sensible, text = lines.joined(separator: "\n")
        func emptied<Result>(_ body: () throws -> Result) throws -> Result {
            try #require(cluster.run(command: "FLUSHALL").exitStatus == 0)
            let result = try body()
            #expect(try cluster.run("--aggregate -n 0", command: "DBSIZE").text == "0")
            return result
        }
        let expected = try cluster.run("--json", file: text).lines
        try #require(expected.count == lines.count)
        let alone = try emptied { try lines.map { try cluster.run("--json -n 5", command: $0).text } }
        let file = try emptied { try cluster.run("--json", file: "SELECT 5\n" + text).lines }
        let load = try emptied { try cluster.run("--pipe -n 5", file: text).lines }
        for (number, line) in lines.enumerated() {
            #expect(alone[number] == expected[number], "\(line)")
            #expect(file[number + 1] == expected[number], "\(line), in a file")
        }
        let failures = expected.count { $0.contains("\"error\"") }
        #expect(load.last == "errors: \(failures), replies: \(lines.count)")
    }

    @Test("Commands about several databases reach the right one, or are refused by the server, and say so")
    func several() throws {
        defer { cluster.stop() }
        let keys = cluster.masters.map { cluster.key("k", on: $0) }
        for key in keys { #expect(try cluster.run("-n 5", command: "SET \(key) 5").text == "OK") }
        #expect(try cluster.run(command: "SET \(keys[0]) 0").text == "OK")
        func sorted(_ options: String, _ command: String) throws -> [String] {
            try cluster.run(options, command: command).lines.sorted()
        }
        for command in ["KEYS *", "SCAN_ITER"] {
            #expect(try sorted("-n 5", command) == keys.sorted())
            #expect(try sorted("-n 0", command) == [keys[0]])
        }
        #expect(try sorted("-n 5 --scan", "") == keys.sorted())
        #expect(try cluster.run("-n 5 --aggregate", command: "DBSIZE").text == "3")
        #expect(try cluster.run("-n 5", command: ":peek \(keys[0])").text.contains(", database 5"))
        #expect(try cluster.run("-n 5", command: ":nodes").text.contains("The keys are in databases 0 and 5."))
        #expect(try cluster.run("-n 5 --recover", command: "").errorText.contains("Only database 5 was searched"))
        #expect(try cluster.run("-n 5", command: "SWAPDB 0 5").text.contains("not allowed"))
        // Across slots, within one slot, and with a single key.
        #expect(try cluster.run("-n 5", command: "COPY \(keys[0]) \(keys[1]) DB 6").text == "1")
        #expect(try cluster.run("-n 6", command: "GET \(keys[1])").text == "5")
        #expect(try cluster.run("-n 5", command: "COPY \(keys[2]) \(keys[2]) DB 6").text == "1")
        #expect(try cluster.run("-n 5", command: "MOVE \(keys[0]) 0").text == "0")
        #expect(try cluster.run("-n 5", command: "MOVE \(keys[1]) 0").text == "1")
        #expect(try cluster.run("-n 5", command: "FLUSHDB").exitStatus == 0)
        #expect(try sorted("-n 0", "KEYS *") == keys.prefix(2).sorted())
        #expect(try sorted("-n 6", "KEYS *") == keys.suffix(2).sorted())
        #expect(try cluster.run("-n 99", command: "GET a").exitStatus == 1)
    }
}
