/// Finds where replies end without looking into them: a load of millions of commands needs no values.
///
/// It resumes as the parser does: what has been skipped is not looked at again when a reply arrives in pieces. Source:
/// the Redis serialization protocol specification.
package struct ReplyScanner {
    private var position = 0
    /// Values that the reply still lacks.
    private var missing = 1

    package init() {}

    /// The length of the reply that `bytes` starts with, or nil when its end has not arrived yet.
    ///
    /// - Parameter bytes: starting at the same first byte as in the last call, if that returned nil.
    /// - Throws: ``ProtocolError`` when the bytes are not RESP.
    package mutating func next(_ bytes: RawSpan) throws(ProtocolError) -> Int? {
        if position == 0, bytes.byteCount >= 5, bytes.unsafeLoadUnaligned(as: UInt32.self).littleEndian == Self.ok,
            bytes.byte(4) == 0x0a
        {
            return 5
        }
        while missing > 0 {
            guard try skipValue(bytes) else { return nil }
        }
        defer { self = ReplyScanner() }
        return position
    }

    /// `+OK` and CR, the reply to nearly every command of a load.
    private static let ok: UInt32 = 0x0d4b_4f2b

    /// Skips one value, or the head of an aggregate. False when its end has not arrived yet.
    private mutating func skipValue(_ bytes: RawSpan) throws(ProtocolError) -> Bool {
        guard position < bytes.byteCount else { return false }
        let type = bytes.byte(position)
        switch type {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: ","),
            UInt8(ascii: "#"), UInt8(ascii: "("):
            guard let end = bytes.lineEnd(from: position + 1) else { return false }
            position = end + 2
            missing -= 1
        case UInt8(ascii: "$"), UInt8(ascii: "!"), UInt8(ascii: "="):
            guard let (count, body) = try bytes.header(at: position) else { return false }
            guard count <= RESPParser.maximumBulkLength else { throw .tooLong(announced: count) }
            let end = count < 0 ? body : body + count + 2
            guard end <= bytes.byteCount else { return false }
            guard count < 0 || bytes.byte(end - 2) == 0x0d && bytes.byte(end - 1) == 0x0a else {
                throw .missingTerminator
            }
            position = end
            missing -= 1
        case UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: ">"), UInt8(ascii: "%"), UInt8(ascii: "|"):
            guard let (count, body) = try bytes.header(at: position) else { return false }
            guard count <= RESPParser.maximumElements else { throw .tooLong(announced: count) }
            position = body
            missing += max(0, count) * (type == UInt8(ascii: "%") || type == UInt8(ascii: "|") ? 2 : 1)
            // An attribute comes before a value and is not one itself.
            if type != UInt8(ascii: "|") { missing -= 1 }
            guard missing <= RESPParser.maximumElements else { throw .tooLong(announced: missing) }
        default: throw .unknownType(type)
        }
        return true
    }
}

extension RawSpan {
    /// The range of the payload in a whole reply that is a string or an integer; nil for any other, and for null.
    package var payloadOfReply: Range<Int>? {
        guard byteCount >= 3 else { return nil }
        let line = 1..<byteCount - 2
        switch byte(0) {
        case UInt8(ascii: "+"): return line
        case UInt8(ascii: ":"):
            // Any other is left to the parser, which knows what is not an integer.
            return !line.isEmpty && line.count < 19 && line.allSatisfy { byte($0) &- 0x30 < 10 } ? line : nil
        case UInt8(ascii: "$"):
            guard let header = try? header(at: 0), header.number >= 0 else { return nil }
            return header.next..<header.next + header.number
        default: return nil
        }
    }

    /// The byte at an offset.
    @inlinable
    package func byte(_ offset: Int) -> UInt8 {
        unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Where the next CR LF begins; nil when there is none yet.
    func lineEnd(from start: Int) -> Int? {
        var end = start
        while end + 1 < byteCount {
            if byte(end) == 0x0d, byte(end + 1) == 0x0a { return end }
            end += 1
        }
        return nil
    }

    /// The number after a type byte, and the offset after its line; nil when the line's end has not arrived yet.
    func header(at start: Int) throws(ProtocolError) -> (number: Int, next: Int)? {
        var offset = start + 1
        let isNegative = offset < byteCount && byte(offset) == UInt8(ascii: "-")
        if isNegative || offset < byteCount && byte(offset) == UInt8(ascii: "+") { offset += 1 }
        let first = offset
        var number = 0
        while offset < byteCount, case let digit = Int(byte(offset)) - 0x30, 0...9 ~= digit {
            // More than any length.
            guard number < 1 << 40 else { throw malformed(at: start) }
            number = number * 10 + digit
            offset += 1
        }
        if offset == byteCount || offset + 1 == byteCount && byte(offset) == 0x0d { return nil }
        guard offset > first, byte(offset) == 0x0d, byte(offset + 1) == 0x0a, !isNegative || number <= 1 else {
            throw malformed(at: start)
        }
        return (isNegative ? -number : number, offset + 2)
    }

    func malformed(at start: Int) -> ProtocolError {
        .malformed(ByteString((start..<Swift.min(start + 64, byteCount)).map { byte($0) }))
    }
}
