import Testing

@testable import RESP

/// The payload that RESTORE is given for a set. `StoredSetTests` shows that servers accept it, and what they make of
/// it.
struct SetPayloadTests {
    private static func all(_ members: [RESPValue]) -> PickedMembers { .intersection(of: [.array(members)]) }

    @Test(
        "The checksum matches the published check values",
        arguments: [("", 0), ("123456789", 0xe9c6_d914_c4b8_d9ca), ("12345678", 0x49ec_20b3_15e8_6dc2)]
            as [(String, UInt64)])
    func checksum(text: String, sum: UInt64) {
        #expect(Array(text.utf8).withUnsafeBytes { CRC64.checksum(of: $0) } == sum)
    }

    @Test("Lengths take as many bytes as they need", arguments: [(0, 1), (63, 1), (64, 2), (16_383, 2), (16_384, 9)])
    func lengths(length: Int, size: Int) throws {
        let member = RESPValue.bulk(ByteString([UInt8](repeating: 0x78, count: length)))
        let payload = try #require(Self.all([member]).payload(atMost: 1 << 20))
        #expect(payload.count == 2 + size + length + 10)
        let empty = RESPValue.bulk("")
        let many = Self.all([RESPValue](repeating: empty, count: length))
        #expect(try #require(many.payload(atMost: 1 << 20)).count == 1 + size + length + 10)
    }

    @Test("A payload longer than it may be is not made")
    func limit() {
        #expect(Self.all([.bulk("abc")]).payload(atMost: 10) == nil)
    }
}
