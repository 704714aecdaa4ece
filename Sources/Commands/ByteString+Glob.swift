package import RESP

extension ByteString {
    /// The pattern of all that begins with these bytes, as SCAN takes it. Source: Redis documentation, "KEYS".
    package var globOfPrefix: ByteString {
        let special = Array("\\*?[]^-".utf8)
        return ByteString(bytes.flatMap { special.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }) + "*"
    }
}
