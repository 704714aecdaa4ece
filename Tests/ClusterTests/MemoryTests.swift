import RESP
import TestSupport
import Testing

/// What takes little memory however much there is.
struct MemoryTests {
    /// Kilobytes of address space: what the program takes anyway, and half of what is asked for.
    private static let limit = 120_000

    @Test(
        "A long reply runs through a pipe in little memory, to a one-shot as to a line of a file",
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
            environment: Slotline.environment(), timeout: .seconds(60))
        let count = Int(result.outputText.filter(\.isNumber)) ?? 0
        #expect(200_000_200...200_001_000 ~= count, "\(result.errorText)")
    }
}
