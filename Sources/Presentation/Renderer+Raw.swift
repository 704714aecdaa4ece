import RESP
import Routing

// Aggregates of any depth become one list.
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

    /// Appends a whole reply from where it lies, without making a value of it. False, with nothing appended, for one that is
    /// no string and no integer.
    package func appendRaw(reply bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
        guard let payload = bytes.bytes.payloadOfReply else { return false }
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[payload]))
        appendEnd(style.replyDelimiter, to: &output)
        return true
    }

    /// Every line as `host:port TAB line`. The CR before the line feeds of INFO goes, since it would end up in the last
    /// field that `cut` or `awk` sees; the lines of a value keep all their bytes.
    func appendRaw(_ reply: NodeReply, isText: Bool, to output: inout [UInt8]) {
        let value = reply.shownValue
        var text: [UInt8] = []
        appendRaw(value, to: &text)
        let isPlainText = isText && value.kind.isText
        if isPlainText || value.isError, text.last == Self.lineFeed { text.removeLast() }
        let name = reply.name
        var isFirst = true
        for line in text.split(separator: Self.lineFeed, omittingEmptySubsequences: false) {
            if !isFirst { output.append(Self.lineFeed) }
            isFirst = false
            output.append(contentsOf: name)
            output.append(UInt8(ascii: "\t"))
            output.append(contentsOf: isPlainText && line.last == 0x0d ? line.dropLast() : line)
        }
        output.append(contentsOf: style.replyDelimiter.bytes)
    }
}
