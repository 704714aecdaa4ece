import RESP
import Routing

// Aggregates of any depth become one list.
extension Renderer {
    /// Appends the bytes of a value, without the delimiter after a reply. An error adds its own line feed, so that an
    /// empty line separates it from the next reply.
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

    /// Appends a whole reply straight from its bytes, without building a value. Returns false, with nothing appended,
    /// for anything but a string or an integer.
    package func appendRaw(reply bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
        guard let payload = bytes.bytes.payloadOfReply else { return false }
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[payload]))
        appendEnd(style.replyDelimiter, to: &output)
        return true
    }

    /// Appends each line as `host:port TAB line`. The CRs in INFO are dropped, since they would end up in the last
    /// field that `cut` or `awk` sees; the lines of a value keep all their bytes.
    func appendRaw(_ reply: NodeReply, isText: Bool, to output: inout [UInt8]) {
        let value = reply.shownValue
        let isPlainText = isText && value.kind.isText
        var text = value.payload
        if !isPlainText {
            var bytes: [UInt8] = []
            appendRaw(value, to: &bytes)
            text = bytes[...]
        }
        if isPlainText || value.isError, text.last == Self.lineFeed { text = text.dropLast() }
        let label = reply.name + [UInt8(ascii: "\t")]
        var start = text.startIndex
        repeat {
            let end = text[start...].firstIndex(of: Self.lineFeed) ?? text.endIndex
            if start > text.startIndex { output.append(Self.lineFeed) }
            let line = text[start..<end]
            output.append(contentsOf: label)
            output.append(contentsOf: isPlainText && line.last == 0x0d ? line.dropLast() : line)
            start = end + 1
        } while start <= text.endIndex
        output.append(contentsOf: style.replyDelimiter.bytes)
    }
}
