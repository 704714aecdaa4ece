import RESP

// The flat formats: aggregates of any depth become one list.
extension Renderer {
    /// Appends the bytes of a value, without the delimiter after a reply. An error brings a line feed of its own, so
    /// that an empty line stands between it and the next reply.
    func appendRaw(_ value: RESPValue, to output: inout [UInt8]) {
        switch value.kind {
        case .null: break
        case .boolean: output.append(contentsOf: value.isTrue ? "(true)".utf8 : "(false)".utf8)
        case .error:
            output.append(contentsOf: value.payload)
            output.append(Self.lineFeed)
        case .simpleString, .bulkString, .verbatimString, .integer, .double, .bigNumber:
            output.append(contentsOf: value.payload)
        case .array, .set, .push, .map:
            let isMap = value.kind == .map
            var number = 0
            for element in value.elements {
                if isMap && number % 2 == 1 {
                    output.append(UInt8(ascii: " "))
                } else if number > 0 {
                    output.append(contentsOf: style.elementDelimiter.bytes)
                }
                number += 1
                appendRaw(element, to: &output)
            }
        }
    }

    /// Appends a value as fields between commas, without the line feed. Strings are escaped as on a terminal, never by
    /// doubled quotes: that is redis-cli's dialect.
    func appendCSV(_ value: RESPValue, to output: inout [UInt8]) {
        switch value.kind {
        case .null: output.append(contentsOf: "NULL".utf8)
        case .boolean: output.append(contentsOf: value.isTrue ? "true".utf8 : "false".utf8)
        case .error:
            output.append(contentsOf: "ERROR,".utf8)
            Quoting.ascii.append(value.payload, to: &output)
        case .simpleString, .bulkString, .verbatimString: Quoting.ascii.append(value.payload, to: &output)
        case .integer, .double, .bigNumber: output.append(contentsOf: value.payload)
        case .array, .set, .push, .map:
            var isFirst = true
            for element in value.elements {
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                appendCSV(element, to: &output)
            }
        }
    }
}
