import RESP

// Eight bytes at a step.

extension RawSpan {
    /// The first place of a byte in a range; nil when it is not there.
    func index(of byte: UInt8, in range: Range<Int>) -> Int? {
        var offset = range.lowerBound
        while offset < range.upperBound {
            if offset + 8 <= byteCount {
                // Includes what follows the range, which does not count.
                let chunk = unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
                let mark = (chunk ^ .each(UInt64(byte))).firstZeroMark
                let place = offset + mark.trailingZeroBitCount / 8
                if mark != 0 { return place < range.upperBound ? place : nil }
                offset += 8
            } else {
                if self.byte(offset) == byte { return offset }
                offset += 1
            }
        }
        return nil
    }

    /// Marks those of the eight bytes at an offset that may end a plain word, which are controls, spaces and quotes:
    /// the highest bit of each is set. After the last byte there are zeros.
    func plainEnds(from offset: Int) -> UInt64 {
        let chunk =
            byteCount &- offset >= 8
            ? unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
            : number(at: offset, count: byteCount - offset)
        // No sum of seven bits carries into the next byte, so every mark is reliable.
        let low = chunk & .each(0x7f)
        let controls = low &+ .each(0x80 - 0x21)
        let quotes = ((low ^ .each(0x22)) &+ .each(0x7f)) & ((low ^ .each(0x27)) &+ .each(0x7f))
        return ~((controls & quotes) | chunk) & .each(0x80)
    }

    /// Up to eight bytes as one number, the first byte lowest.
    func number(at offset: Int, count: Int) -> UInt64 {
        if count > 0, offset + 8 <= byteCount {
            let chunk = unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
            return chunk & UInt64.max >> UInt64(64 - 8 * count)
        }
        var number: UInt64 = 0
        for place in 0..<count { number |= UInt64(byte(offset + place)) << (8 * UInt64(place)) }
        return number
    }
}

// Eight bytes at a time. Only the lowest of the marks is reliable: a borrow can set those above it.
extension UInt64 {
    /// True when one of the eight bytes is this one.
    func contains(_ byte: UInt8) -> Bool { (self ^ .each(UInt64(byte))).firstZeroMark != 0 }

    /// This byte in every place.
    fileprivate static func each(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 }

    /// A bit in the place of the lowest zero byte, and perhaps in places above it; 0 when there is none.
    fileprivate var firstZeroMark: UInt64 { (self &- .each(0x01)) & ~self & .each(0x80) }
}
