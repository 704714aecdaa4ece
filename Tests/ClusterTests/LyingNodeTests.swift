import Foundation
import RESP
import Synchronization
import TestSupport
import Testing

/// The whole program against a cluster of two masters that say absurd things. It may print anything, but it ends on its
/// own.
struct LyingNodeTests {
    private static let runs = [
        "--bigkeys", "--memkeys", "--keystats", "--hotkeys", "--stat -i 0.001", "--lru-test 10", "--latency -i 0.1",
        ":nodes", ":slots", "RANDOMKEY", "DEL a b", "MSET a 1 b 2", "MGET a b", "SUNION a b", "SINTER a b",
        "SUNIONSTORE d a b", "PFCOUNT a b", "RENAME a b", "LMOVE a b LEFT LEFT", "SORT a BY w_* STORE b", ":peek a",
        "XREAD BLOCK 10 STREAMS a b $ $", "BLPOP a b 0.01", "DBSIZE", "--aggregate DBSIZE", "KEYS *", "SCAN_ITER",
        "--recover", "EXISTS a b", "NOSUCHWORD a", "--json :slots", "--json :nodes",
        "--objects CLUSTER NODES",
    ]

    private static let lies = [
        ":9223372036854775807\r\n", ":-9223372036854775808\r\n", ":-1\r\n", "*0\r\n", "+OK\r\n", "$-1\r\n",
        "*1\r\n*20\r\n" + String(repeating: ":0\r\n", count: 20), "*2\r\n$1\r\n0\r\n:1\r\n",
    ]

    @Test("The program ends, and not by a signal", arguments: runs)
    func ends(run: String) throws {
        for lie in Self.lies {
            for isSly in lie.hasPrefix(":") ? [false, true] : [false] {
                let node = try Self.node(lie, isSly: isSly)
                defer { node.stop() }
                var words = run.split(separator: " ").map { ByteString(String($0)) }
                var input = ""
                if run.contains(":") {
                    input = words.filter { $0.hasPrefix(":") || $0 == "a" }.map(\.text).joined(separator: " ") + "\n"
                    words.removeAll { $0.hasPrefix(":") || $0 == "a" }
                }
                let result = try Slotline.run(
                    ["-p", ByteString("\(node.port)"), "--retry-for", "0"] + words, input: Array(input.utf8))
                guard case .exited = result.status else {
                    Issue.record("\(result.status) after \(lie.debugDescription): \(result.errorText)")
                    continue
                }
            }
        }
    }

    @Test("A cluster of more masters than slots is not a problem")
    func manyMasters() throws {
        let node = try ScriptedNode()
        defer { node.stop() }
        let shards = (1...40_000).map { number in
            let slots = number == 40_000 ? "*2\r\n:0\r\n:16383\r\n" : "*2\r\n:0\r\n:0\r\n"
            let host = number == 40_000 ? "127.0.0.1" : "10.\(number / 65536).\(number / 256 % 256).\(number % 256)"
            return "*4\r\n+slots\r\n\(slots)+nodes\r\n*1\r\n*6\r\n+port\r\n:\(node.port)\r\n+endpoint\r\n+\(host)\r\n"
                + "+role\r\n+master\r\n"
        }
        let reply = Array("*\(shards.count)\r\n\(shards.joined())".utf8)
        node.answer { $0.text == "CLUSTER SHARDS" ? .bytes(reply) : .ok }
        let result = try Slotline.run(
            ["-p", ByteString("\(node.port)"), "--retry-for", "0"], input: Array("SET a 1\nSET b 2\n".utf8))
        #expect(result.outputText == "OK\nOK\n")
        #expect(result.exitStatus == 0)
    }

    /// A node that claims to be both masters of a cluster.
    ///
    /// - Parameters:
    ///   - lie: its reply to nearly everything.
    ///   - isSly: it reports keys and their type, and lies only in numbers.
    private static func node(_ lie: String, isSly: Bool) throws -> ScriptedNode {
        let node = try ScriptedNode()
        let port = node.port
        let number = lie.hasPrefix(":") ? String(lie.dropFirst().dropLast()) : "9223372036854775807"
        let count = Mutex(0)
        node.answer { request in
            // Anything endless ends when the connection does.
            let asked = count.withLock { count in
                count += 1
                return count
            }
            guard asked < 50 else { return .close }
            let answer = ScriptedNode.Answer.text(lie)
            switch request.arguments[0].uppercased.text {
            case "CLUSTER" where request.arguments.count > 1 && request.arguments[1] == "SHARDS":
                return .value(ShardsReply.value([("localhost", port), ("127.0.0.1", port)]))
            case "CLUSTER" where isSly:
                let line =
                    "x 127.0.0.1:\(port)@1 myself,master - \(number) \(number) \(number) connected 0-\(number)"
                    + " \(number)-\(number) [\(number)->-y]"
                return .value(.bulk(ByteString(line)))
            case "INFO" where isSly:
                let lines = [
                    "# Memory", "used_memory:\(number)", "# Replication", "master_repl_offset:\(number)",
                    "connected_clients:\(number)", "total_commands_processed:\(number)", "# Keyspace",
                    "db0:keys=\(number),expires=0", "db1:keys=\(number),expires=0",
                ]
                return .value(.bulk(ByteString(lines.joined(separator: "\r\n"))))
            case "SCAN" where isSly: return .text("*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n")
            case "TYPE" where isSly: return .text("+string\r\n")
            default: return answer
            }
        }
        return node
    }
}
