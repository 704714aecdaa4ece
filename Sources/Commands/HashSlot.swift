package import RESP

/// One of the 16,384 parts of a cluster's key space.
///
/// A key's slot is CRC16 of its hash tag, modulo 16,384. Source: cluster specification, "Key distribution model".
package struct HashSlot: Hashable, Comparable, Sendable {
    package static let count = 16_384

    package let number: Int

    /// Nil when `number` is not a slot.
    package init?(_ number: Int) {
        guard 0..<Self.count ~= number else { return nil }
        self.number = number
    }

    /// The slot that holds `key`.
    package init(key: ByteString) {
        number = Int(Self.crc16(Self.hashTag(of: key))) % Self.count
    }

    /// A range of slots as a server names it, by its ends; nil for any other numbers.
    package static func range(from first: Int?, to last: Int?) -> ClosedRange<Int>? {
        guard let first, let last, first <= last, 0..<count ~= first, 0..<count ~= last else { return nil }
        return first...last
    }

    package static func < (left: HashSlot, right: HashSlot) -> Bool { left.number < right.number }

    /// The bytes of a key that are hashed: those between the first `{` and the next `}` if there are any, else the
    /// whole key. Source: cluster specification, "Hash tags".
    package static func hashTag(of key: ByteString) -> ArraySlice<UInt8> {
        let bytes = key.bytes
        guard let open = bytes.firstIndex(of: UInt8(ascii: "{")),
            let close = bytes[(open + 1)...].firstIndex(of: UInt8(ascii: "}")),
            close > open + 1
        else { return bytes[...] }
        return bytes[(open + 1)..<close]
    }

    /// CRC16/XMODEM: polynomial 0x1021, start value 0. Source: cluster specification, appendix A.
    static func crc16(_ bytes: some Sequence<UInt8>) -> UInt16 {
        bytes.reduce(0) { crc16($0, then: $1) }
    }

    /// The CRC with one more byte.
    static func crc16(_ crc: UInt16, then byte: UInt8) -> UInt16 {
        var step = (crc >> 8) ^ UInt16(byte)
        step ^= step >> 4
        return (crc << 8) ^ (step << 12) ^ (step << 5) ^ step
    }
}
