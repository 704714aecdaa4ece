/// Bytes that are not RESP, or that exceed a limit of ``RESPParser``. The connection is unusable afterwards.
package enum ProtocolError: Error, Hashable, Sendable {
    /// The first byte of a reply is not one of the protocol's types.
    case unknownType(UInt8)
    /// A length, count or number that cannot be read, with the line it is on.
    case malformed(ByteString)
    /// A bulk string is not followed by CR LF.
    case missingTerminator
    /// More nested aggregates than ``RESPParser/maximumDepth``.
    case tooDeep
    /// A bulk string or aggregate announces more than its limit.
    case tooLong(announced: Int)
    /// The input ends inside a command.
    case cutOff
    /// The input begins as this compression does.
    case compressed(Compression)
}

/// How a file is compressed. Neither a line nor RESP begins as such a file does.
package enum Compression: CaseIterable, Sendable {
    case gzip, zstd, xz, bzip2

    /// The bytes that a file may begin with.
    package var beginnings: [[UInt8]] {
        switch self {
        case .gzip: [[0x1f, 0x8b]]
        case .zstd: [[0x28, 0xb5, 0x2f, 0xfd]]
        case .xz: [[0xfd] + Array("7zXZ".utf8)]
        // The size of the blocks, and what the first of them begins with.
        case .bzip2: (1...9).map { Array("BZh\($0)1AY&SY".utf8) }
        }
    }
}
