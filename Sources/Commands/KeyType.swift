package import RESP

/// The types of values that every server has.
package enum KeyType: String, CaseIterable, Sendable {
    case list, hash, string, stream, set, zset

    /// The command that returns the length of a value, and what it counts.
    package var length: (command: ByteString, unit: String, units: String) {
        switch self {
        case .list: ("LLEN", "item", "items")
        case .hash: ("HLEN", "field", "fields")
        case .string: ("STRLEN", "byte", "bytes")
        case .stream: ("XLEN", "entry", "entries")
        case .set: ("SCARD", "member", "members")
        case .zset: ("ZCARD", "member", "members")
        }
    }
}
