import Commands
import RESP
import Routing
import TestSupport

/// A server that lies: its replies are well-formed, and now and then not those of the command. They are right often
/// enough for plans to get far.
struct OddReplies {
    static let node = NodeAddress(host: "127.0.0.1", port: 7000)

    private static let numbers = [
        0, 1, -1, 2, -2, 20, 16_383, 65_535, 65_536, 1 << 31, 1 << 53, .max, .max - 1, .min, .min + 1,
    ]
    private static let strings = ["", "0", "OK", "QUEUED", "none", "string", "a", "-1", "9223372036854775807", "inf"]

    /// The percentage of replies that are right at first.
    private let honesty: Int
    /// Keys that SCAN finds.
    private let keys: [ByteString]
    private(set) var random: SeededRandom

    init(seed: UInt64, honesty: Int = 85, keys: [ByteString] = ["k"]) {
        random = SeededRandom(seed: seed)
        self.honesty = honesty
        self.keys = keys
    }

    mutating func chance(of percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    mutating func number() -> Int { pick(Self.numbers) }

    /// Anything at all.
    mutating func anything(depth: Int = 3) -> RESPValue {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return .null
        case 1: return .error(pick(["ERR no", "WRONGTYPE x", "TRYAGAIN x", "MOVED 1 127.0.0.1:7001", "BUSYKEY x"]))
        case 2: return .scalar(.double, Array(pick(["inf", "-inf", "nan", "1e308", "0.5"]).utf8))
        case 3: return .bulk(ByteString(pick(Self.strings)))
        case 4: return .status(pick(Self.strings))
        case 5: return .bulk(ByteString("\(number())"))
        case 6: return .scalar(.boolean, Array("t".utf8))
        case 7...9 where depth > 0:
            let kind = pick([RESPValue.Kind.array, .array, .set, .map, .push])
            let count = pick([0, 1, 2, 3, 4, 19])
            return .aggregate(kind, (0..<count).map { _ in anything(depth: depth - 1) })
        default: return .integer(number())
        }
    }

    mutating func outcome(of request: Request) -> RequestOutcome {
        if chance(of: 3) {
            return .failure(chance(of: 50) ? .lost : .unclear)
        }
        guard request.commands.count > 1 else { return .reply(reply(to: request.arguments), from: Self.node) }
        // As many replies as commands, which the engine ensures.
        var queued: [[ByteString]]?
        let replies = request.commands.map { command -> RESPValue in
            switch command[0] {
            case "MULTI":
                queued = []
                return odd(.ok)
            case "EXEC":
                defer { queued = nil }
                return odd(.array((queued ?? []).map { reply(to: $0) }))
            case _ where queued != nil:
                queued?.append(command)
                return odd(.status("QUEUED"))
            default: return reply(to: command)
            }
        }
        return .reply(.array(replies), from: Self.node)
    }

    private mutating func reply(to command: [ByteString]) -> RESPValue { odd(right(for: command)) }

    /// The value, or one with a part replaced.
    private mutating func odd(_ value: RESPValue) -> RESPValue {
        if chance(of: 1 + (100 - honesty) / 2) { return anything() }
        guard value.kind.isAggregate, !chance(of: honesty) else { return value }
        var elements = value.elements.map { odd($0) }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: elements.append(anything())
        case 1 where !elements.isEmpty: elements.removeLast()
        case 2: elements = []
        default: break
        }
        return .aggregate(value.kind, elements)
    }

    private mutating func right(for command: [ByteString]) -> RESPValue {
        let member = RESPValue.bulk(ByteString(pick(Self.strings)))
        switch command[0].uppercased.text {
        case "WATCH", "ASKING", "RESTORE", "RENAME", "SET", "MSET", "SELECT": return .ok
        case "DUMP", "GET", "HGET", "GETRANGE", "RPOPLPUSH", "LMOVE", "BLMOVE", "BRPOPLPUSH", "LCS", "RANDOMKEY":
            return chance(of: 80) ? member : .null
        case "TIME": return .array([.bulk("1700000000"), .bulk("1")])
        case "SMEMBERS", "SUNION", "SINTER", "SDIFF", "LRANGE", "SORT", "SORT_RO", "ZRANGE", "ZUNION", "ZINTER",
            "LMOVEM", "BLMOVEM", "ZMOVE", "BZMOVE", "ZMOVEMEMBER":
            return .array((0..<pick([0, 1, 3])).map { _ in .bulk(ByteString(pick(Self.strings))) })
        case "ZMSCORE": return .array(command.dropFirst(2).map { _ in chance(of: 50) ? .bulk("1.5") : .null })
        case "MGET": return .array(command.dropFirst().map { _ in member })
        case "SCAN", "HSCAN", "SSCAN":
            return .array([.bulk(pick(["0", "0", "17"])), .array(keys.map { .bulk($0) })])
        case "XREVRANGE", "XRANGE": return .array([.array([.bulk("1-1"), .array([.bulk("f"), member])])])
        case "XREAD": return chance(of: 50) ? .null : entries
        case "XREADGROUP":
            return command.last == "$" ? .error("ERR The $ ID is meaningless") : chance(of: 50) ? .null : entries
        case "TYPE": return .status(pick(["string", "list", "set", "zset", "hash", "stream", "none"]))
        case "OBJECT": return .bulk("raw")
        case "LMPOP", "ZMPOP", "BLPOP", "BZPOPMIN", "BLMPOP": return chance(of: 50) ? .null : .array([member, member])
        default: return .integer(pick([0, 1, 1]))
        }
    }

    private var entries: RESPValue {
        .array([.array([.bulk("k"), .array([.array([.bulk("1-1"), .array([.bulk("f"), .bulk("v")])])])])])
    }
}
