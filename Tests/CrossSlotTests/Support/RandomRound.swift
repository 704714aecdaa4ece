import Commands
import RESP
import TestSupport

/// A random command over several keys, and the data it will find. The same seed and number give the same round.
struct RandomRound: Sendable {
    /// How the elements of the reply are compared.
    enum ReplyOrder: Sendable {
        case exact
        /// The server gives them in any order.
        case any
        /// The reply is one of the keys, or null if there are none.
        case oneKey
    }

    let seed: UInt64
    let number: Int
    /// Commands that create the data; each has its one key as its first argument.
    let setup: [[ByteString]]
    let command: [ByteString]
    /// The keys that are compared afterwards.
    let keys: [ByteString]
    let order: ReplyOrder

    init(seed: UInt64, number: Int) {
        var draft = RoundDraft(SeededRandom(seed: seed &* 1_000_003 &+ UInt64(number)))
        let family = draft.pick(RoundDraft.families)
        let words = family.make(&draft)
        self.seed = seed
        self.number = number
        setup = draft.setup
        command = [draft.anyCase(family.name)] + words
        keys = draft.made.keys.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        order = draft.order
    }
}

extension [ByteString] {
    /// False when slotline refuses the command over several slots.
    var hasCrossSlotPlan: Bool {
        guard let row = CommandTable.row(for: self) else { return false }
        return row.crossSlot != .refuse || row.keys.isEmpty
    }

    /// The same, limited to commands that the server under test has.
    var runsOverSlots: Bool { hasCrossSlotPlan && (try? Environment.serverKnows(self[0])) ?? true }
}

/// A round while it is being drawn.
struct RoundDraft {
    enum ValueType: CaseIterable {
        case string, hyperLogLog, list, set, sortedSet, hash, stream, places
    }

    /// Keys with hash tags, with braces that do not make one, empty, binary; many slots, and a few keys in the same
    /// slot.
    static let names: [ByteString] = [
        "k1", "k2", "k3", "k4", "k5", "", "{t}1", "{t}2", "{t}3", "{}x", "{}", "}{", "foo{}{bar}", "foo{{bar}}zap",
        "x{y}z{w}", "a}b", "with space", "tab\tline\r\n", ByteString([0xff, 0x00, 0xfe]), ByteString([0x00]), "{k1}",
    ]

    static let elements: [ByteString] = [
        "0", "1", "2", "3", "5", "8", "-4", "10", "007", "1.5", "a", "b", "c", "ab", "abc", "hello world", "",
        ByteString([0xff, 0x00]), "inf", "é",
    ]

    static let integers: [ByteString] = ["0", "1", "2", "3", "4", "5", "8", "-4", "10", "100000"]

    static let scores: [ByteString] = [
        "0", "1", "2", "3", "-1", "0.5", "0.1", "0.2", "1e3", "-2.25", "inf", "-inf", "3.0000000000000004", "1e300",
    ]

    static let members: [ByteString] = [
        "a", "b", "c", "d", "e", "1", "2", "", ByteString([0xff, 0x00]), "Rome", "Pisa",
    ]

    var random: SeededRandom
    var setup: [[ByteString]] = []
    var order = RandomRound.ReplyOrder.exact
    /// The keys that the round has mentioned, and whether they hold anything.
    private(set) var made: [ByteString: Bool] = [:]
    private let names: [ByteString]

    init(_ random: SeededRandom) {
        self.random = random
        names = Array(Self.names.shuffled(using: &self.random).prefix(Int.random(in: 2...6, using: &self.random)))
    }

    // MARK: Chance

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func pick<T>(_ list: [T]) -> T { list[Int.random(in: 0..<list.count, using: &random)] }

    mutating func some(_ list: [ByteString], _ count: ClosedRange<Int>) -> [ByteString] {
        (0..<number(count)).map { _ in pick(list) }
    }

    /// One of the server's keywords, as written or in lower case.
    mutating func anyCase(_ word: String) -> ByteString { ByteString(chance(30) ? word.lowercased() : word) }

    /// One of the words, or now and then something that the server does not accept here.
    mutating func option(_ words: String..., bad: String = "NONSENSE") -> ByteString {
        chance(4) ? ByteString(bad) : anyCase(pick(words))
    }

    /// A whole number as an argument; now and then something else.
    mutating func count(_ range: ClosedRange<Int>) -> ByteString {
        chance(4) ? pick(["x", "-1", "0", "1.5", "", "99999999999999999999"]) : ByteString("\(number(range))")
    }

    // MARK: Keys

    /// A key that mostly holds a value of this type, and sometimes another type or nothing.
    mutating func key(_ type: ValueType, missing: Int = 14) -> ByteString {
        let name = pick(names)
        guard made[name] == nil else { return name }
        let lot = number(0...99)
        guard lot >= missing else {
            made[name] = false
            return name
        }
        fill(name, with: lot >= 94 ? pick(ValueType.allCases) : type)
        return name
    }

    /// A key that holds anything or nothing.
    mutating func key() -> ByteString { key(pick(ValueType.allCases), missing: 30) }

    mutating func keys(_ type: ValueType, _ count: ClosedRange<Int> = 1...4) -> [ByteString] {
        (0..<number(count)).map { _ in key(type) }
    }

    /// The number of keys and the keys; now and then the number is wrong.
    mutating func counted(_ keys: [ByteString]) -> [ByteString] {
        let count = chance(5) ? pick(["0", "-1", "x", "\(keys.count + 1)", "\(keys.count - 1)"]) : "\(keys.count)"
        return [ByteString(count)] + keys
    }

    /// Gives a name its value, and perhaps a time to live.
    mutating func fill(_ name: ByteString, with type: ValueType) {
        guard made[name] != true else { return }
        made[name] = true
        setup.append(value(name, type))
        // In steps so large that a few seconds of testing cannot blur them.
        if chance(35) { setup.append(["PEXPIRE", name, ByteString("\(number(1...9))0000000")]) }
    }

    /// The command that creates a value.
    private mutating func value(_ name: ByteString, _ type: ValueType) -> [ByteString] {
        let many = chance(2)
        let pool = chance(30) ? Self.integers : Self.elements
        func several(_ few: [ByteString]) -> [ByteString] {
            many ? few + (0..<200).map { ByteString("\($0)") } : few
        }
        switch type {
        case .string:
            return ["SET", name, chance(30) ? pick(["ohmytext", "mynewtext", "12", "\u{ff}\u{7}"]) : pick(pool)]
        case .hyperLogLog: return ["PFADD", name] + several(some(Self.elements, 0...6))
        case .list: return ["RPUSH", name] + several(some(pool, 1...6))
        case .set: return ["SADD", name] + several(some(pool, 1...8))
        case .sortedSet:
            return ["ZADD", name] + several(some(Self.members, 1...6)).flatMap { [pick(Self.scores), $0] }
        case .hash: return ["HSET", name] + some(Self.elements, 1...3).flatMap { [$0, pick(Self.elements)] }
        case .stream:
            return ["XADD", name, ByteString("\(number(1...3))-\(number(1...3))"), "field", pick(Self.elements)]
        case .places:
            return ["GEOADD", name]
                + some(Self.members, 3...8).flatMap {
                    [ByteString("1\(number(0...5)).5"), ByteString("4\(number(0...5)).25"), $0]
                }
        }
    }
}
