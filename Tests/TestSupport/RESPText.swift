package import RESP

/// Values as bytes on the wire, and back, so that tests can write replies in the protocol's own text.
package enum RESPText {
    /// The bytes a RESP3 server would send for `value`. A verbatim string gets the format `txt`.
    package static func bytes(of value: RESPValue) -> [UInt8] {
        let payload = Array(value.payload)
        switch value.kind {
        case .simpleString: return line("+", payload)
        case .error:
            let fitsOnLine = !payload.contains(0x0d) && !payload.contains(0x0a)
            return fitsOnLine ? line("-", payload) : bulk("!", payload)
        case .integer: return line(":", payload)
        case .double: return line(",", payload)
        case .boolean: return line("#", payload)
        case .bigNumber: return line("(", payload)
        case .null: return line("_", [])
        case .bulkString: return bulk("$", payload)
        case .verbatimString: return bulk("=", Array("txt:".utf8) + payload)
        case .array: return aggregate("*", value, count: value.count)
        case .set: return aggregate("~", value, count: value.count)
        case .push: return aggregate(">", value, count: value.count)
        case .map: return aggregate("%", value, count: value.count / 2)
        }
    }

    /// The one value that `text` encodes.
    package static func value(_ text: String) throws -> RESPValue {
        var parser = RESPParser()
        Array(text.utf8).withUnsafeBytes { parser.append($0) }
        guard let value = try parser.next(), parser.isIdle else { throw NotOneValue(text: text) }
        return value
    }

    package struct NotOneValue: Error {
        package let text: String
    }

    private static func line(_ type: Character, _ body: [UInt8]) -> [UInt8] {
        Array(String(type).utf8) + body + [0x0d, 0x0a]
    }

    private static func bulk(_ type: Character, _ payload: [UInt8]) -> [UInt8] {
        line(type, Array(String(payload.count).utf8)) + payload + [0x0d, 0x0a]
    }

    private static func aggregate(_ type: Character, _ value: RESPValue, count: Int) -> [UInt8] {
        line(type, Array(String(count).utf8)) + value.elements.flatMap { bytes(of: $0) }
    }
}
