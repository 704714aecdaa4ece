import RESP
import TestSupport
import Testing

/// Limits on memory and descriptors.
struct LimitTests {
    /// Kilobytes of address space: the program's usual need, plus half the size of the reply.
    private static let limit = 120_000

    @Test(
        "A long reply streams through a pipe in little memory, for a one-shot and for a line of a file",
        arguments: ["LRANGE list 0 -1", "-3 HGETALL hash", "--csv LRANGE list 0 -1"], [false, true])
    func longReply(command: String, isFile: Bool) throws {
        let server = try RedisServer()
        for (word, key, arguments) in [("RPUSH", "list", ""), ("HSET", "hash", "i,")] {
            let script = """
                for i = 1, 200 do redis.call('\(word)', KEYS[1], \(arguments) string.rep('x', 1000000)) end
                """
            try server.send("EVAL", ByteString(script), "1", ByteString(key))
        }
        let words = command.split(separator: " ").map(String.init)
        let options = words.prefix { $0.hasPrefix("-") }
        let rest = words.dropFirst(options.count).joined(separator: " ")
        let call = "\(BuiltProduct.slotline) -p \(server.port) \(options.joined(separator: " "))"
        let program = isFile ? "echo \(rest) | \(call)" : "\(call) \(rest)"
        let result = try Subprocess.run(
            "sh", ["-c", ByteString("ulimit -v \(Self.limit); \(program) | wc -c")],
            environment: Slotline.environment())
        let count = Int(result.outputText.filter(\.isNumber)) ?? 0
        #expect(200_000_200...200_001_000 ~= count, "\(result.errorText)")
    }

    // MARK: Descriptors

    /// Masters of one cluster, which answer every command with the number 1.
    private static func masters(_ count: Int) throws -> [ScriptedNode] {
        let nodes = try (0..<count).map { _ in try ScriptedNode() }
        let shards = ShardsReply.value(ports: nodes.map(\.port))
        for node in nodes {
            node.answer { $0.text == "CLUSTER SHARDS" ? .value(shards) : .value(.integer(1)) }
        }
        return nodes
    }

    private static func run(
        _ command: String, at node: ScriptedNode, limit: String, _ environment: [String: String] = [:]
    ) throws -> Subprocess.Result {
        let call = "\(BuiltProduct.slotline) -p \(node.port)"
        let program = command.hasPrefix("|") ? "\(command.dropFirst()) | \(call)" : "\(call) \(command)"
        return try Subprocess.run(
            "bash", ["-c", ByteString("ulimit \(limit); \(program)")],
            environment: Slotline.environment(environment))
    }

    @Test("A program that may raise its limit of open files opens as many as the cluster takes")
    func softLimit() throws {
        let nodes = try Self.masters(96)
        let result = try Self.run("DBSIZE", at: nodes[0], limit: "-Sn 64")
        #expect(result.lines.count == 96 && result.lines.allSatisfy { $0.hasSuffix("\t1") })
        #expect(result.exitStatus == 0 && result.errorText == "")
    }

    private static let reason = "Too many open files: raise the limit of 64 (ulimit -n)"

    @Test("Where it may not, the nodes out of reach say why, at once")
    func hardLimit() throws {
        let nodes = try Self.masters(96)
        let folder = try TemporaryFolder()
        // The second run already knows where the nodes are.
        for _ in 0..<2 {
            let result = try Self.run("DBSIZE", at: nodes[0], limit: "-n 64", ["XDG_CACHE_HOME": folder.path])
            #expect(result.lines.count { $0.hasSuffix("\t1") } > 50)
            #expect(result.lines.count { $0.hasSuffix("NOCONN \(Self.reason)") } > 30)
            #expect(result.errorText.contains(" of 96 nodes answered"))
            #expect(result.exitStatus == 4)
        }
    }

    @Test("Where it may not, the lines of a file that reach no node say why, at once")
    func hardLimitOfFile() throws {
        let nodes = try Self.masters(96)
        let result = try Self.run("|for i in $(seq 300); do echo GET key:$i; done", at: nodes[0], limit: "-n 64")
        #expect(result.lines.count { $0 == "1" } > 50)
        #expect(result.outputText.contains(Self.reason) && result.outputText.contains("NOCONN"))
        let error = result.errorText.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(error.contains(Self.reason) && !error.contains("retry"))
        #expect(result.exitStatus == 3)
    }
}
