import Commands
import RESP

/// A number as SORT reads it. Servers agree on plain decimal numbers and on what is not a number; the rest depends on
/// which `strtod` a version uses.
struct SortNumber {
    /// What makes a text a number only for some servers.
    struct Oddity: OptionSet {
        let rawValue: Int

        /// Nothing, or nothing before the first NUL byte, meaning 0.
        static let empty = Oddity(rawValue: 1)
        /// Leading white space, or a hexadecimal number.
        static let notation = Oddity(rawValue: 2)
        /// Too large, or so small that it becomes 0.
        static let range = Oddity(rawValue: 4)
        /// So small that it loses digits.
        static let subnormal = Oddity(rawValue: 8)
    }

    let value: Double
    let oddities: Oddity

    /// The value of a missing weight.
    static let zero = SortNumber(value: 0, oddities: [])

    private init(value: Double, oddities: Oddity) {
        self.value = value
        self.oddities = oddities
    }

    /// Nil for what is not a number to any server.
    init?(_ bytes: ArraySlice<UInt8>) {
        // With this few digits, every integer is a number to all servers, and the same one.
        if bytes.count <= 15, let integer = Int(asciiDecimal: bytes) {
            self.init(value: Double(integer), oddities: [])
            return
        }
        let text = bytes.prefix { $0 != 0 }
        guard !text.isEmpty else {
            self.init(value: 0, oddities: .empty)
            return
        }
        let digits = text.drop { $0 == 0x20 || 0x09...0x0d ~= $0 }
        guard let value = Double(String(decoding: digits, as: UTF8.self)), !value.isNaN else { return nil }
        let isHexadecimal = digits.contains { $0 | 0x20 == UInt8(ascii: "x") }
        let exponent = UInt8(ascii: isHexadecimal ? "p" : "e")
        let isOfDigits = digits.contains { 0x30...0x39 ~= $0 }
        let isZero = !digits.prefix { $0 | 0x20 != exponent }.contains { 0x31...0x39 ~= $0 || 0x61...0x66 ~= $0 | 0x20 }
        var oddities: Oddity = isHexadecimal || digits.count < text.count ? .notation : []
        if value.isInfinite ? isOfDigits : value == 0 && !isZero { oddities.insert(.range) }
        if value.isSubnormal { oddities.insert(.subnormal) }
        self.init(value: value, oddities: oddities)
    }

    /// Oddities that a server accepts, according to its reply to HELLO, which every user may send; measured on Redis
    /// 6.2, 7.0 and 8.2 and on Valkey 9.1. Nil for versions in between, some of which depend on how they were built,
    /// and for newer ones.
    static func oddities(takenBy server: RESPValue) -> Oddity? {
        let version = server[field: "version"]?.text.split(separator: ".").prefix(2).compactMap { Int($0) } ?? []
        guard version.count == 2 else { return nil }
        switch (server[field: "server"]?.text, version[0], version[1]) {
        case ("redis", ..<8, _), ("valkey", ..<8, _), ("valkey", 8, 0): return [.empty, .notation]
        case ("redis", 8, 0...2): return [.empty, .range, .subnormal]
        case ("valkey", 9, 1): return .subnormal
        default: return nil
        }
    }

    /// Lua: lets the server sort its arguments, in a key that did not exist and is deleted at once. The reply is the
    /// server's error if one of them is not a number to it.
    static let trial: ByteString = """
        for i = 1, #ARGV, 1000 do redis.call('RPUSH', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV))) end
        local reply = redis.pcall('SORT', KEYS[1], 'LIMIT', 0, 0)
        redis.call('DEL', KEYS[1])
        return reply
        """
}
