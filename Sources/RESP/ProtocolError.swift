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
}
