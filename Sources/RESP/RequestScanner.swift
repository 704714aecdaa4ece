/// Takes apart commands in RESP, as in a file for a bulk load: finds the ranges of their words. Source: the Redis
/// serialization protocol specification, "Sending commands to a Redis server".
package struct RequestScanner {
    /// The server's own limit.
    private static let maximumWords = 1 << 20

    /// The words of the last command, as ranges of the bytes it was found in.
    package private(set) var words: [Range<Int>] = []
    /// Bytes that must be there before it is worth looking again.
    private var needed = 1

    package init() {}

    /// Finds the words of the command that `bytes` starts with.
    ///
    /// - Returns: its length, or nil when its end has not arrived yet. There are no words between commands, where line
    ///   ends may appear, or in an empty array.
    /// - Throws: ``ProtocolError`` when the bytes are not a command.
    package mutating func next(_ bytes: RawSpan) throws(ProtocolError) -> Int? {
        guard bytes.byteCount >= needed else { return nil }
        words.removeAll(keepingCapacity: true)
        var blanks = 0
        while blanks < bytes.byteCount, bytes.byte(blanks) == 0x0d || bytes.byte(blanks) == 0x0a { blanks += 1 }
        if blanks > 0 { return blanks }
        guard let head = try header(bytes, at: 0, type: UInt8(ascii: "*")) else { return nil }
        guard head.number <= Self.maximumWords else { throw .tooLong(announced: head.number) }
        var position = head.next
        for _ in 0..<max(0, head.number) {
            guard let bulk = try header(bytes, at: position, type: UInt8(ascii: "$")) else { return nil }
            guard bulk.number >= 0 else { throw bytes.malformed(at: position) }
            guard bulk.number <= RESPParser.maximumBulkLength else { throw .tooLong(announced: bulk.number) }
            let end = bulk.next + bulk.number
            guard end + 2 <= bytes.byteCount else {
                needed = end + 2
                return nil
            }
            guard bytes.byte(end) == 0x0d, bytes.byte(end + 1) == 0x0a else { throw .missingTerminator }
            words.append(bulk.next..<end)
            position = end + 2
        }
        needed = 1
        return position
    }

    private mutating func header(
        _ bytes: RawSpan, at position: Int, type: UInt8
    ) throws(ProtocolError) -> (number: Int, next: Int)? {
        if position < bytes.byteCount {
            guard bytes.byte(position) == type else { throw bytes.malformed(at: position) }
            if let header = try bytes.header(at: position) { return header }
        }
        needed = bytes.byteCount + 1
        return nil
    }
}
