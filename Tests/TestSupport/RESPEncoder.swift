package import RESP

/// Writes commands as servers read them: an array of bulk strings. The product has its own encoder, in `ByteQueue`.
package enum RESPEncoder {
    /// Appends `*N CRLF` and, for each argument, `$length CRLF bytes CRLF`.
    package static func append(_ arguments: [ByteString], to buffer: inout [UInt8]) {
        appendHeader(UInt8(ascii: "*"), arguments.count, to: &buffer)
        for argument in arguments {
            appendHeader(UInt8(ascii: "$"), argument.count, to: &buffer)
            buffer += argument.bytes
            buffer.append(0x0d)
            buffer.append(0x0a)
        }
    }

    private static func appendHeader(_ type: UInt8, _ number: Int, to buffer: inout [UInt8]) {
        buffer.append(type)
        appendDecimal(number, to: &buffer)
        buffer.append(0x0d)
        buffer.append(0x0a)
    }

    private static func appendDecimal(_ number: Int, to buffer: inout [UInt8]) {
        if number > 9 { appendDecimal(number / 10, to: &buffer) }
        buffer.append(UInt8(ascii: "0") + UInt8(number % 10))
    }
}
