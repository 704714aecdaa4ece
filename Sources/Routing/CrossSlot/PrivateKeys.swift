package import Commands
package import RESP

/// Names of keys that slotline makes for itself, in a slot of its choice.
///
/// A name carries a hash tag that hits the slot, since `{key}` does not do for keys that are empty or hold braces. The
/// prefix is the user's, so that ACL rules can allow it.
package struct PrivateKeys: Sendable {
    package let prefix: ByteString
    /// Tells the keys of one session from those of another.
    package let session: String
    private var count = 0

    package init(prefix: ByteString, session: String) {
        self.prefix = prefix
        self.session = session
    }

    /// A name that nobody has, in a slot: `PREFIX` `kind` `:{tag}:session-number`.
    package mutating func next(_ kind: String, in slot: HashSlot) -> ByteString {
        count += 1
        return ByteString(prefix.bytes + "\(kind):{\(Self.tag(of: slot))}:\(session)-\(count)".utf8)
    }

    /// The shortest hexadecimal number whose hash is the slot. Five digits reach all 16,384 slots.
    static func tag(of slot: HashSlot) -> String {
        (0...).lazy.map { String($0, radix: 16) }.first { HashSlot(key: ByteString($0)) == slot } ?? ""
    }
}
