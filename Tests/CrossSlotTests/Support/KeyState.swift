import RESP

/// What a key holds, in a form that is equal for equal values: sets are sorted, times to live are in units of ten
/// thousand seconds, and encodings are ignored.
struct KeyState: Equatable {
    /// The server's name for it; `none` for a missing key.
    let type: String
    /// Nil without a time to live.
    let timeToLive: Int?
    /// A string; the elements of a list; the members of a set; members and scores, fields and values, ids and fields.
    let values: [[ByteString]]

    /// Reads a key in one round trip.
    static let script: ByteString = """
        local key, value = KEYS[1], {}
        local kind = redis.call('TYPE', key).ok
        if kind == 'string' then value = {redis.call('GET', key)}
        elseif kind == 'list' then value = redis.call('LRANGE', key, 0, -1)
        elseif kind == 'set' then value = redis.call('SMEMBERS', key)
        elseif kind == 'zset' then value = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
        elseif kind == 'hash' then value = redis.call('HGETALL', key)
        elseif kind == 'stream' then
            for _, entry in ipairs(redis.call('XRANGE', key, '-', '+')) do
                table.insert(value, entry[1])
                table.insert(value, table.concat(entry[2], ' '))
            end
        end
        return {kind, redis.call('PTTL', key), value}
        """

    /// - Parameter reply: the script's.
    init(_ reply: RESPValue) throws {
        let parts = Array(reply.elements)
        guard parts.count == 3, let milliseconds = parts[1].integer else { throw NoState(reply: reply.summary) }
        type = parts[0].text
        timeToLive = milliseconds < 0 ? nil : (milliseconds + 5_000_000) / 10_000_000
        let isPaired = ["zset", "hash", "stream"].contains(type)
        let values =
            isPaired
            ? parts[2].pairs.map { [$0.key.byteString, $0.value.byteString] }
            : parts[2].elements.map { [$0.byteString] }
        self.values =
            type == "set" || type == "hash"
            ? values.sorted { $0[0].bytes.lexicographicallyPrecedes($1[0].bytes) } : values
    }

    struct NoState: Error {
        let reply: String
    }
}

extension KeyState: CustomStringConvertible {
    var description: String {
        let shown = values.prefix(30).map { $0.map(\.quoted).joined(separator: "=") }.joined(separator: " ")
        let rest = values.count > 30 ? " ... (\(values.count))" : ""
        return "\(type) [\(shown)\(rest)]" + (timeToLive.map { " expires in \($0)0000 s" } ?? "")
    }
}

extension ByteString {
    /// As a word in a command file; long ones are cut.
    var quoted: String {
        let shown = bytes.prefix(200).map { byte -> String in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): "\\" + String(UnicodeScalar(byte))
            case 0x20...0x7e: String(UnicodeScalar(byte))
            default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return "\"" + shown.joined() + "\"" + (bytes.count > 200 ? "... (\(bytes.count))" : "")
    }
}

extension [ByteString] {
    var quoted: String { map(\.quoted).joined(separator: " ") }
}

extension RESPValue {
    /// The reply on one line, with its kind.
    var summary: String {
        switch kind {
        case .null: "null"
        case .error: "error \(byteString.quoted)"
        case .simpleString, .bulkString, .verbatimString: byteString.quoted
        case .integer, .double, .boolean, .bigNumber: "\(kind) \(text)"
        case .array, .set, .push, .map: "\(kind)(" + elements.map(\.summary).joined(separator: ", ") + ")"
        }
    }
}
