/// Members as RESTORE takes them.
///
/// A server creates a key from a payload in half the time it takes to add that many members. Source: the format of
/// Redis database files, part of which DUMP returns.
extension PickedMembers {
    /// What DUMP returns for a set of them, in a version of the format that all servers read.
    ///
    /// - Parameter limit: the most bytes that the payload may have.
    /// - Returns: nil if it would have more.
    package func payload(atMost limit: Int) -> ByteString? {
        let length = byteCount + 9 * count + 20
        guard length <= limit else { return nil }
        return ByteString(
            [UInt8](unsafeUninitializedCapacity: length) { buffer, end in
                var payload = Writer(buffer: UnsafeMutableRawBufferPointer(buffer))
                // The type: a set stored as a list of strings.
                payload.append(2)
                payload.append(length: count)
                forEach { member in
                    payload.append(length: member.count)
                    payload.append(member)
                }
                // The version, in two bytes.
                payload.append(6)
                payload.append(0)
                let checksum = CRC64.checksum(of: UnsafeRawBufferPointer(rebasing: payload.written))
                for byte in 0..<8 { payload.append(UInt8(checksum >> (8 * byte) & 0xff)) }
                end = payload.end
            })
    }

    /// Fills a buffer that is large enough.
    private struct Writer {
        let buffer: UnsafeMutableRawBufferPointer
        private(set) var end = 0

        init(buffer: UnsafeMutableRawBufferPointer) {
            self.buffer = buffer
        }

        var written: Slice<UnsafeRawBufferPointer> { UnsafeRawBufferPointer(buffer)[..<end] }

        mutating func append(_ byte: UInt8) {
            buffer[end] = byte
            end += 1
        }

        mutating func append(_ bytes: UnsafeRawBufferPointer) {
            UnsafeMutableRawBufferPointer(rebasing: buffer[end..<end + bytes.count]).copyMemory(from: bytes)
            end += bytes.count
        }

        /// As a number of 6, 14 or 64 bits.
        mutating func append(length: Int) {
            switch length {
            case ..<0x40: append(UInt8(length))
            case ..<0x4000:
                append(0x40 | UInt8(length >> 8))
                append(UInt8(length & 0xff))
            default:
                append(0x81)
                for byte in (0..<8).reversed() { append(UInt8(length >> (8 * byte) & 0xff)) }
            }
        }
    }
}

/// The checksum of payloads: CRC-64 with the Jones polynomial, bits reflected, starting from 0.
enum CRC64 {
    /// The checksum of a byte followed by a number of others: 256 entries for none, then 256 for one, up to seven.
    private static let tables: [UInt64] = {
        var tables: [UInt64] = []
        for byte in 0..<UInt64(256) {
            tables.append((0..<8).reduce(byte) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0x95ac_9329_ac4b_c9b5 : 0) })
        }
        for place in 256..<(8 * 256) {
            let before = tables[place - 256]
            tables.append(before >> 8 ^ tables[Int(before & 0xff)])
        }
        return tables
    }()

    /// Eight bytes at a time: byte by byte, a long payload would take as long to sum up as to send.
    static func checksum(of bytes: UnsafeRawBufferPointer) -> UInt64 {
        tables.withUnsafeBufferPointer { tables in
            var crc: UInt64 = 0
            var place = 0
            while place + 8 <= bytes.count {
                let word = crc ^ UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                crc = 0
                for byte in 0..<8 { crc ^= tables[(7 - byte) << 8 | Int(word >> (8 * byte) & 0xff)] }
                place += 8
            }
            for byte in bytes[place...] { crc = crc >> 8 ^ tables[Int((crc ^ UInt64(byte)) & 0xff)] }
            return crc
        }
    }
}
