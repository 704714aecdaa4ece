import Engine
import RESP
import Routing
import TestSupport
import Testing

/// A command that changes keys of several slots, to be interrupted at every point.
struct Scenario: Sendable, CustomTestStringConvertible {
    /// Commands that create the data; each has its one key as its first argument.
    let setup: [[ByteString]]
    let command: [ByteString]
    /// True when a part of it makes no sense: after recovery, either all of it has happened or nothing.
    let isWhole: Bool
    /// True when the user can repeat the command, which then does all that it should.
    let canRepeat: Bool

    init(_ command: String, _ setup: String..., isWhole: Bool = false, canRepeat: Bool = false) {
        self.command = Self.words(command)
        self.setup = setup.map(Self.words)
        self.isWhole = isWhole
        self.canRepeat = canRepeat
    }

    static func words(_ text: String) -> [ByteString] {
        text.split(separator: " ").map { ByteString(String($0)) }
    }

    var testDescription: String { command.quoted }

    /// a, b and c are on three masters.
    static let all = [
        Scenario("MSET a 1 b 2 c 3", "SET a old", canRepeat: true),
        Scenario("MSETNX a 1 b 2 c 3"),
        Scenario("DEL a b c", "SET a 1", "RPUSH b x", "SADD c y", canRepeat: true),
        Scenario("UNLINK a b c", "SET a 1", "RPUSH b x", canRepeat: true),
        Scenario("RENAME a b", "RPUSH a x y z", "PEXPIRE a 50000000", "SET b old", canRepeat: true),
        Scenario("RENAMENX a b", "ZADD a 1 x 2 y"),
        Scenario("COPY a b REPLACE", "HSET a f v", "SET b old", canRepeat: true),
        Scenario("RPOPLPUSH a b", "RPUSH a x y z", "RPUSH b u", isWhole: true),
        Scenario("BRPOPLPUSH a b 1", "RPUSH a only", "PEXPIRE a 50000000", isWhole: true),
        Scenario("LMOVE a b LEFT RIGHT", "RPUSH a x y z", "RPUSH b u", "PEXPIRE b 50000000", isWhole: true),
        Scenario("BLMOVE a b RIGHT RIGHT 1", "RPUSH a x y z", isWhole: true),
        Scenario("SMOVE a b x", "SADD a x y", "SADD b z", isWhole: true),
        Scenario("LMOVEM a b LEFT LEFT COUNT 2 OBO", "RPUSH a x y z", "RPUSH b u", isWhole: true),
        Scenario("BLMOVEM a b RIGHT LEFT 1 EXACTLY 2 BULK", "RPUSH a x y", "PEXPIRE a 50000000", isWhole: true),
        Scenario("ZMOVE a b MAX COUNT 2", "ZADD a 1.5 x 2 y inf z", "ZADD b 7 y", isWhole: true),
        Scenario("BZMOVE a b MIN 1", "ZADD a 1 x", "PEXPIRE a 50000000", isWhole: true),
        Scenario("ZMOVEMEMBER a b NX MEMBERS 2 x y", "ZADD a 1 x 2 y", "ZADD b 7 y", isWhole: true),
        Scenario("LMPOP 2 a b LEFT COUNT 2", "RPUSH b x y z"),
        Scenario("BZPOPMIN a b 1", "ZADD b 1 x 2 y"),
        Scenario("SUNIONSTORE c a b", "SADD a x y", "SADD b z", "RPUSH c old older", canRepeat: true),
        Scenario("SINTERSTORE c a b", "SADD a x y", "SADD b y", "SET c old", canRepeat: true),
        Scenario("SDIFFSTORE a a b", "SADD a x y", "SADD b y", canRepeat: true),
        Scenario("ZUNIONSTORE c 2 a b", "ZADD a 1 x", "ZADD b 2 y", "ZADD c 3 old", canRepeat: true),
        Scenario("ZINTERSTORE c 2 a b", "ZADD a 1 x", "SADD b x", "SET c old", canRepeat: true),
        Scenario("ZDIFFSTORE c 2 a b", "ZADD a 1 x 2 y", "ZADD b 2 y", canRepeat: true),
        Scenario("ZRANGESTORE c a 0 1", "ZADD a 1 x 2 y 3 z", "SET c old", canRepeat: true),
        Scenario(
            "GEOSEARCHSTORE c a FROMLONLAT 12 43 BYRADIUS 900 km", "GEOADD a 12.5 41.9 Rome", "SET c old",
            canRepeat: true),
        Scenario("GEORADIUS a 12 43 900 km STORE c", "GEOADD a 12.5 41.9 Rome", canRepeat: true),
        Scenario("PFMERGE c a b", "PFADD a x y", "PFADD b z", "PFADD c u", "PEXPIRE c 50000000", canRepeat: true),
        Scenario("BITOP XOR c a b", "SET a abc", "SET b def", "SET c old", canRepeat: true),
        Scenario(
            "SORT a BY w_* GET # GET w_* STORE b", "RPUSH a 1 2", "SET w_1 7", "SET w_2 3", "SET b old", canRepeat: true
        ),
        Scenario("PFCOUNT a b c", "PFADD a x y", "PFADD b z", canRepeat: true),
        Scenario("ZUNION 2 a b", "ZADD a 1 x", "ZADD b 2 y", canRepeat: true),
    ].filter(\.command.runsOverSlots)

    /// What the keys hold before and after the command on a standalone server.
    func expectation() throws -> Expectation {
        let server = try RedisServer()
        let client = try server.client()
        for command in setup { try client.send(command) }
        let before = try client.contents()
        try client.send(command)
        return Expectation(scenario: self, before: before, after: try client.contents())
    }
}

extension TestClient {
    /// Everything that the node holds.
    func contents() throws -> [ByteString: KeyState] {
        let keys = try send("KEYS", "*").elements.map(\.byteString)
        let states = try keys.map { try KeyState(send("EVAL", KeyState.script, "1", $0)) }
        return Dictionary(uniqueKeysWithValues: zip(keys, states))
    }
}

/// What the cluster may hold after a command was interrupted.
struct Expectation {
    let scenario: Scenario
    let before: [ByteString: KeyState]
    let after: [ByteString: KeyState]

    private static let privatePrefix = PrivateKeys.standardPrefix.bytes

    static func isPrivate(_ key: ByteString) -> Bool { key.bytes.starts(with: privatePrefix) }

    /// What the user's own keys hold.
    static func own(_ contents: [ByteString: KeyState]) -> [ByteString: KeyState] {
        contents.filter { !isPrivate($0.key) }
    }

    /// What is wrong with the data that an interrupted command left.
    func faults(in contents: [ByteString: KeyState]) -> [String] {
        let own = Self.own(contents)
        var faults = Set(own.keys).union(before.keys).union(after.keys).compactMap { key -> String? in
            if own[key] == before[key] || own[key] == after[key] { return nil }
            return
                "\(key.quoted) is half: \(Self.text(own[key])) instead of \(Self.text(before[key])) or \(Self.text(after[key]))"
        }
        let there = Self.elements(contents), then = Self.elements(before), now = Self.elements(after)
        for (element, count) in then where there[element, default: 0] < min(count, now[element, default: 0]) {
            faults.append("\(element.quoted) is lost")
        }
        return faults
    }

    /// What is wrong with the data after `--recover`.
    func faultsAfterRecovery(in contents: [ByteString: KeyState]) -> [String] {
        let own = Self.own(contents)
        var faults = faults(in: own)
        for (key, state) in contents where Self.isPrivate(key) && state.timeToLive == nil {
            faults.append("\(key.quoted) stays for ever: \(state)")
        }
        if scenario.isWhole, own != before, own != after { faults.append("neither moved nor unmoved: \(own.summary)") }
        return faults
    }

    private static func text(_ state: KeyState?) -> String { state?.description ?? "nothing" }

    /// How often each element is found in the keys.
    private static func elements(_ contents: [ByteString: KeyState]) -> [ByteString: Int] {
        contents.values.flatMap { $0.values.map { $0[0] } }.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
}

extension [ByteString: KeyState] {
    var summary: String { map { "\($0.quoted): \($1)" }.sorted().joined(separator: ", ") }
}
