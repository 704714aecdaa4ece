import Commands
import RESP

// What to ask about a key, by its type.
extension KeyPreview {
    /// Replaces each string of a reply by its size and its start, and limits the number of elements.
    private static let script: ByteString = """
        local most, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
        local function cut(value)
          if type(value) == 'string' then return {#value, string.sub(value, 1, most)} end
          if type(value) ~= 'table' then return value end
          local list = {}
          for i = 1, math.min(#value, limit) do list[i] = cut(value[i]) end
          return list
        end
        return cut(redis.call(unpack(ARGV, 3)))
        """

    private func cutting(_ command: [ByteString], limit: Int = .max) -> [ByteString] {
        ["EVAL_RO", Self.script, "1", key, ByteString("\(Self.shownBytes)"), ByteString("\(limit)")] + command
    }

    var count: Int { max(1, Int(wanted.magnitude)) }

    /// The command that returns the elements, uncut.
    var elementCommand: [ByteString]? {
        let number = ByteString("\(count)")
        let range: [ByteString] = wanted < 0 ? [ByteString("-\(count)"), "-1"] : ["0", ByteString("\(count - 1)")]
        return switch type {
        case "list": ["LRANGE", key] + range
        case "set": ["SSCAN", key, "0", "COUNT", number]
        case "zset": ["ZRANGE", key] + range + ["WITHSCORES"]
        case "hash": ["HSCAN", key, "0", "COUNT", number]
        case "stream":
            wanted < 0 ? ["XREVRANGE", key, "+", "-", "COUNT", number] : ["XRANGE", key, "-", "+", "COUNT", number]
        case "vectorset": ["VRANDMEMBER", key, number]
        case "ReJSON-RL": ["JSON.GET", key]
        default: nil
        }
    }

    var firstQuestions: [Question] {
        var questions: [Question] = []
        func ask(_ subject: Question.Subject, _ command: [ByteString]) {
            questions.append(Question(subject: subject, command: command))
        }
        if let length = KeyType(rawValue: type)?.length { ask(.length, [length.command, key]) }
        switch type {
        case "string":
            ask(.plainElements, ["GETRANGE", key, "0", ByteString("\(Self.shownBytes - 1)")])
            ask(.bits, ["BITCOUNT", key, "0", ByteString("\(Self.countedBytes - 1)")])
            if encoding == "raw" { ask(.distinct, ["PFCOUNT", key]) }
        case "stream":
            ask(.groups, cutting(["XINFO", "GROUPS", key]))
            ask(.stream, cutting(["XINFO", "STREAM", key], limit: 40))
        case "vectorset":
            ask(.length, ["VCARD", key])
            ask(.dimensions, ["VDIM", key])
        default: break
        }
        guard let elementCommand else { return questions }
        // Entries come in the number requested, each with all its fields. A scan may find more, and a hash has two
        // strings for each element.
        ask(.elements, isStream ? cutting(elementCommand) : cutting(elementCommand, limit: 2 * count))
        return questions
    }
}
