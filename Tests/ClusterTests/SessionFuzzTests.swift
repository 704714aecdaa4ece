import Foundation
import RESP
import Synchronization
import TestSupport
import Testing

/// Whole sessions against a node that answers with random well-formed replies, in every mode and with every shell
/// command. The program may print anything, but it ends on its own, not by a signal, and on a terminal it passes
/// nothing on that would control it. `Scripts/fuzz sessions` runs it for longer.
struct SessionFuzzTests {
    private static let commands = [
        "GET a", "MGET a b", "MSET a 1 b 2", "MSETNX a 1 b 2", "DEL a b", "EXISTS a b", "RENAME a b", "RENAMENX a b",
        "COPY a b", "LMOVE a b LEFT LEFT", "BLMOVE a b LEFT LEFT 0.01", "SMOVE a b x", "SUNION a b", "SINTER a b",
        "SDIFF a b", "SUNIONSTORE d a b", "SINTERCARD 2 a b", "ZUNION 2 a b", "ZINTERSTORE d 2 a b",
        "ZRANGESTORE a b 0 1",
        "PFCOUNT a b", "PFMERGE a b", "LCS a b", "SORT a BY w_* GET x_*", "SORT a STORE b", "LMPOP 2 a b LEFT",
        "BLPOP a b 0.01", "ZMPOP 2 a b MIN", "XREAD STREAMS a b 0 0", "XREAD BLOCK 10 STREAMS a b $ $",
        "XREADGROUP GROUP g c STREAMS a b > >", "GEOSEARCHSTORE a b FROMLONLAT 1 1 BYBOX 1 1 m", "RANDOMKEY", "DBSIZE",
        "KEYS *", "SCAN 0", "SCAN_ITER", "HSCAN_ITER a", "INFO", "CLIENT LIST", "SLOWLOG GET", "CLUSTER NODES", "PING",
        "CONFIG GET *", "PUBSUB NUMSUB a", "SCRIPT EXISTS a", "PUBLISH a b", "EVAL x 1 a", "NOSUCHWORD a b",
        "CLIENT TRACKING ON", "SELECT 1", "HELLO 3", "AUTH a b", "RESET", "WATCH a", "MULTI", "EXEC", "DISCARD",
        "UNSUBSCRIBE a", "WAIT 1 1", "MEMORY USAGE a", "OBJECT FREQ a", "SHUTDOWN", "HGETALL a",
        "ZRANGE a 0 1 WITHSCORES",
        ":nodes", ":slots", ":peek a", ":recover", ":diagnose", ":explain SUNION a b", ":explain GET a", ":set",
        ":alias x PING",
        ":unblock bitop", ":format json", ":format pretty", ":timing on", ":connect 127.0.0.1 1", "help GET",
        "help @set",
        ":source /dev/null", ":edit", ":list", "@all GET a", "@replicas INFO", "@slot:1 GET a",
        "3 GET a",
    ]

    private static let modes = [
        "", "", "", "", "-3", "--json", "--quoted-json", "--csv", "--raw", "--no-raw", "--objects", "--aggregate",
        "--no-aggregate", "--strict", "--read-only", "-e", "--verbose", "-n 3", "-a secret", "--pipe", "--scan",
        "--bigkeys", "--memkeys", "--keystats", "--hotkeys", "--stat -i 0.001", "--lru-test 10", "--latency -i 0.05",
        "--latency-history -i 0.05", "--latency-dist -i 0.05", "--rdb -", "--functions-rdb -", "--replica", "--recover",
        "--eval /dev/null a , b", "--ldb --eval /dev/null", "-r 3 -i 0.001",
    ]

    private static let words = [
        "", "0", "OK", "QUEUED", "none", "string", "list", "a", "-1", "9223372036854775807", "inf",
        "a\u{1b}[31m\u{9b}\u{202e}\u{7f}b",
        "MOVED 1 127.0.0.1:1", "ERR no", "TRYAGAIN x", "LOADING x", "NOAUTH x", "slots", "nodes", "master", "1-1",
        "db0:keys=9223372036854775807,expires=1", "x 127.0.0.1:1@1 myself,master - 9 9 9 connected 0-16383 [5->-y]",
    ]

    private static let seconds = Double(ProcessInfo.processInfo.environment["SLOTLINE_FUZZ_SECONDS"] ?? "") ?? 2
    private static let firstSeed = UInt64(ProcessInfo.processInfo.environment["SLOTLINE_FUZZ_SEED"] ?? "")

    /// The replies of one session.
    private struct Replies {
        var random: SeededRandom
        let port: Int
        /// The percentage of right answers about the cluster.
        let honesty: Int
        var left = 200

        mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

        mutating func word() -> ByteString { ByteString(words.randomElement(using: &random) ?? "") }

        mutating func value(depth: Int = 4) -> RESPValue {
            switch Int.random(in: 0..<12, using: &random) {
            case 0: return RandomValue.make(depth: 2, using: &random)
            case 1: return .null
            case 2: return .scalar(.error, word().bytes)
            case 3: return .scalar(.simpleString, word().bytes)
            case 4, 5: return .bulk(word())
            case 6: return .integer([0, 1, -1, 16_383, .max, .min].randomElement(using: &random) ?? 0)
            case 7: return .integer(Int.random(in: 0..<20, using: &random))
            case _ where depth > 0:
                let kind =
                    [RESPValue.Kind.array, .array, .array, .map, .set, .push].randomElement(using: &random) ?? .array
                let count = [0, 1, 2, 3, 4, 20].randomElement(using: &random) ?? 0
                return .aggregate(kind, (0..<count * (kind == .map ? 2 : 1)).map { _ in value(depth: depth - 1) })
            default: return .bulk(word())
            }
        }

        /// Any value; before it perhaps a push, which is not a reply.
        private mutating func reply() -> ScriptedNode.Answer {
            let value = value()
            return value.kind == .push ? .sequence([.value(value), .value(.integer(1))]) : .value(value)
        }

        mutating func answer(to request: ScriptedNode.Request) -> ScriptedNode.Answer {
            left -= 1
            guard left > 0, !chance(1) else { return .close }
            let name = request.arguments.first?.uppercased.text ?? ""
            if request.text == "CLUSTER SHARDS", chance(honesty) {
                return chance(70)
                    ? .value(ShardsReply.value([("localhost", port), ("127.0.0.1", port)]))
                    : .error("ERR This instance has cluster support disabled")
            }
            guard name == "REPLCONF" || chance(50) else { return reply() }
            switch name {
            case "MULTI", "WATCH", "AUTH", "SELECT", "READONLY", "ASKING", "SET", "MSET", "RESTORE": return .ok
            case "SCAN", "SSCAN", "HSCAN":
                let keys = RESPValue.array((0..<3).map { _ in .bulk(word()) })
                return .value(.array([.bulk(chance(80) ? "0" : word()), keys]))
            case "TYPE": return .value(.scalar(.simpleString, word().bytes))
            case "EXEC": return .value(.array((0..<3).map { _ in value(depth: 2) }))
            case "SMEMBERS", "MGET", "SUNION", "ZRANGE": return .value(.array((0..<3).map { _ in .bulk(word()) }))
            case "REPLCONF":
                // The client's next command is a plain line instead of RESP, so its answer is sent unasked.
                let snapshot = ["$3\r\nabc", "$-1\r\n", "$x\r\n", "-ERR no\r\n"].randomElement(using: &random) ?? ""
                let pause = Duration.milliseconds(50)
                return .sequence([.ok, .later(pause, .text(snapshot)), .later(pause, .close)])
            case "INFO": return .value(.bulk(ByteString("# Keyspace\r\n\(word().text)\r\nrole:\(word().text)\r\n")))
            default: return chance(30) ? .value(.integer(1)) : reply()
            }
        }
    }

    @Test("Sessions survive random replies")
    func sessions() throws {
        let end = ContinuousClock.now + .seconds(Self.seconds)
        var seed = Self.firstSeed ?? UInt64.random(in: 0..<1 << 32)
        var node = try ScriptedNode()
        defer { node.stop() }
        var count = 0
        repeat {
            // Each node uses a port that no other gets, and remembers every request.
            if count == Self.sessionsOfANode {
                node.stop()
                node = try ScriptedNode()
                count = 0
            }
            try session(seed: seed, node)
            seed += 1
            count += 1
        } while ContinuousClock.now < end && Self.firstSeed == nil
    }

    private static let sessionsOfANode = 100

    private func session(seed: UInt64, _ node: ScriptedNode) throws {
        var random = SeededRandom(seed: seed)
        let honesty = [0, 80, 100, 100].randomElement(using: &random) ?? 0
        let replies = Mutex(Replies(random: SeededRandom(seed: ~seed), port: node.port, honesty: honesty))
        node.answer { request in replies.withLock { $0.answer(to: request) } }
        let mode = Self.modes.randomElement(using: &random) ?? ""
        var lines = (0..<Int.random(in: 1...8, using: &random)).map { _ in
            Self.commands.randomElement(using: &random) ?? ""
        }
        var arguments =
            ["-p", "\(node.port)", "--retry-for", "0", "-t", "1"] + mode.split(separator: " ").map(String.init)
        let takesCommand =
            !mode.hasPrefix("--") || ["--json", "--csv", "--raw", "--no-raw", "--objects"].contains(mode)
        if takesCommand, Bool.random(using: &random) {
            arguments += lines[0].split(separator: " ").map(String.init)
            lines = []
        }
        let isOnTerminal = Bool.random(using: &random)
        let environment = isOnTerminal ? ["FAKETTY": "1", "NO_COLOR": "1"] : [:]
        let name = "seed \(seed): \(arguments.dropFirst(6).joined(separator: " ")) << \(lines)"
        let result: Subprocess.Result
        do {
            result = try Slotline.run(
                arguments.map { ByteString($0) }, input: Array(lines.map { "\($0)\n" }.joined().utf8),
                environment: environment)
        } catch {
            Issue.record("\(name): \(error)")
            return
        }
        guard case .exited = result.status else {
            Issue.record("\(name): \(result.status), \(result.errorText)")
            return
        }
        // Raw bytes that were asked for, and screens that are drawn.
        let isRaw = ["--raw", "--rdb", "--functions-rdb", "--latency", "--keystats"].contains { mode.hasPrefix($0) }
        if isOnTerminal, !isRaw {
            #expect(Self.isHarmless(result.outputText), "\(name)")
        }
    }

    private static func isHarmless(_ text: String) -> Bool {
        !text.unicodeScalars.contains { [0x1b, 0x7f, 0x9b, 0x202e].contains($0.value) }
    }
}
