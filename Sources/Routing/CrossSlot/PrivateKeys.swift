package import Commands
package import RESP

/// Names of keys that slotline creates for itself, in a slot of its choice: `PREFIX` `kind` `:{tag}:session-number`.
///
/// A name carries a hash tag that hashes to the slot, since `{key}` does not work for keys that are empty or contain
/// braces. The prefix is the user's, so that ACL rules can allow it.
package struct PrivateKeys: Sendable {
    package static let standardPrefix: ByteString = "slotline:"

    package let prefix: ByteString
    /// Tells the keys of one command from those of any other.
    package let session: String
    private var count = 0

    package init(prefix: ByteString, session: String) {
        self.prefix = prefix
        self.session = session
    }

    /// For one command, with a random session.
    package init(prefix: ByteString) {
        self.init(prefix: prefix, session: String(UInt64.random(in: 0...UInt64.max), radix: 36))
    }

    /// True for a prefix that does not interfere with a name's hash tag.
    package static func accepts(prefix: ByteString) -> Bool {
        !prefix.bytes.contains { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }
    }

    /// A name that no other key has.
    package mutating func next(_ kind: String, in slot: HashSlot) -> ByteString {
        name(kind, in: slot, id: nextID())
    }

    /// An ending that no other name has: `session-number`.
    mutating func nextID() -> String {
        count += 1
        return "\(session)-\(count)"
    }

    /// The name of the key of a kind that belongs to an ID, always the same.
    func name(_ kind: String, in slot: HashSlot, id: String) -> ByteString {
        ByteString(prefix.bytes + "\(kind):{\(Self.tag(of: slot))}:\(id)".utf8)
    }

    /// The pattern of all names with the prefix, as SCAN takes it.
    var pattern: ByteString { prefix.globOfPrefix }

    /// True for a key whose name has the form of those made here, whatever its session.
    func made(_ key: ByteString) -> Bool {
        guard key.bytes.starts(with: prefix.bytes) else { return false }
        let parts = key.dropFirst(prefix.count).bytes.split(separator: UInt8(ascii: ":"), maxSplits: 2)
        guard parts.count == 3, let dash = parts[2].lastIndex(of: UInt8(ascii: "-")) else { return false }
        let isNumbered = Int(asciiDecimal: parts[2][dash...].dropFirst()) != nil
        return isNumbered && parts[1].elementsEqual("{\(Self.tag(of: HashSlot(key: key)))}".utf8)
    }

    // MARK: Tags

    /// Four letters from `@` to `O` whose hash is the slot.
    ///
    /// CRC16 is linear over XOR, so what the last two letters add to a hash does not depend on the first two: 256
    /// hashes of each half are enough for 65,536 tags.
    package static func tag(of slot: HashSlot) -> String {
        let wanted = hash(zeros + zeros) ^ slot.number
        let tag = beginnings.lazy.compactMap { beginning in
            endings[beginning.hash ^ wanted].map { beginning.pair + $0 }
        }.first
        return ByteString(tag ?? []).text
    }

    private static let zeros: [UInt8] = [0x40, 0x40]
    private static let pairs = (0...255 as ClosedRange<UInt8>).map { [0x40 | $0 >> 4, 0x40 | $0 & 0xf] }
    private static let beginnings = pairs.map { (pair: $0, hash: hash($0 + zeros)) }
    private static let endings = Dictionary(pairs.map { (hash(zeros + $0), $0) }) { first, _ in first }

    private static func hash(_ letters: [UInt8]) -> Int { HashSlot(key: ByteString(letters)).number }
}
