import RESP
import Routing

// Aggregates of any depth become one list.
extension Renderer {
    /// Appends a value as comma-separated fields, without the line feed. Strings are escaped as on a terminal, not with
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

    func appendCSV(_ reply: NodeReply, to output: inout [UInt8]) {
        Quoting.ascii.append(reply.name[...], to: &output)
        output.append(UInt8(ascii: ","))
        appendCSV(reply.shownValue, to: &output)
        output.append(Self.lineFeed)
    }
}
