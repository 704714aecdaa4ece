import RESP

/// Finds the slots of keys in a block of input, eight bytes at a step: the same slots as ``HashSlot``, from tables.
package struct SlotHasher {
    /// For each of eight places, the CRC of a byte followed by as many zero bytes as follow it in the step.
    private let tables: [UInt16]

    package init() {
        var tables = (0..<256).map { HashSlot.crc16(CollectionOfOne(UInt8($0))) }
        for index in 256..<(8 * 256) { tables.append(HashSlot.crc16(tables[index - 256], then: 0)) }
        self.tables = tables
    }

    /// The number of the slot of a key.
    package func slot(ofKey key: Range<Int>, in bytes: RawSpan) -> Int {
        let whole = crc16(key, in: bytes)
        let crc = whole.hasBrace ? crc16(Self.hashTag(of: key, in: bytes), in: bytes).crc : whole.crc
        return Int(crc) % HashSlot.count
    }

    /// See ``HashSlot/hashTag(of:)``.
    private static func hashTag(of key: Range<Int>, in bytes: RawSpan) -> Range<Int> {
        guard let open = bytes.index(of: UInt8(ascii: "{"), in: key),
            let close = bytes.index(of: UInt8(ascii: "}"), in: (open + 1)..<key.upperBound), close > open + 1
        else { return key }
        return (open + 1)..<close
    }

    /// - Returns: also whether the bytes contain an opening brace, which may start a hash tag.
    private func crc16(_ range: Range<Int>, in bytes: RawSpan) -> (crc: UInt16, hasBrace: Bool) {
        let tables = tables.span
        // Leading zeros change nothing, so what does not fill a step goes first.
        let first = range.count % 8
        var chunk =
            first == 0 ? 0 : bytes.number(at: range.lowerBound, count: first).byteSwapped >> UInt64(64 - 8 * first)
        var offset = range.lowerBound + first
        var crc: UInt16 = 0
        var hasBrace = false
        while true {
            if chunk.contains(UInt8(ascii: "{")) { hasBrace = true }
            let step = chunk ^ UInt64(crc) << 48
            crc = 0
            for place in 0..<8 {
                // Every index is below 8 * 256.
                crc ^= tables[unchecked: place << 8 | Int(step >> UInt64(8 * place) & 0xff)]
            }
            guard offset < range.upperBound else { return (crc, hasBrace) }
            chunk = bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self).bigEndian
            offset += 8
        }
    }
}
