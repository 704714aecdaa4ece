import Commands
import RESP
import Testing

struct HashSlotTests {
    // As `CLUSTER KEYSLOT` of redis-server returns them.
    @Test(
        "A key has the same slot as on the server",
        arguments: [
            // The CRC16 of this is 0x31C3, the check value of the cluster specification.
            ("123456789", 0x31c3),
            ("", 0), ("foo", 12182), ("hello", 866), ("a", 15495), ("é", 10180), ("\0", 0),
            (ByteString(Array(repeating: UInt8(ascii: "x"), count: 1000)), 3195),
            (ByteString([0xff, 0x00, 0x80]), 7915),
            ("user1000", 3443), ("{user1000}.following", 3443),
            ("}{a}", 15495), ("{a}{b}", 15495), ("a}b{c}", 7365), ("c", 7365),
            ("foo{bar}{zap}", 5061), ("bar", 5061),
            ("foo{{bar}}zap", 4015), ("{bar", 4015),
            ("{}", 15257), ("{}x", 10595), ("{}{a}", 13650), ("foo{}{bar}", 8363),
            ("{", 4092), ("}", 12090), ("a{", 14311), ("{a", 10276),
            ("x{\0}y", 0),
        ] as [(ByteString, Int)])
    func hashesKeys(key: ByteString, slot: Int) {
        #expect(HashSlot(key: key).number == slot)
    }

    @Test(
        "A hash tag is what lies between the first brace and the next closing one, if not empty",
        arguments: [
            ("{user}.a", "user"), ("foo{{bar}}zap", "{bar"), ("foo{bar}{zap}", "bar"), ("}{a}", "a"),
            ("foo{}{bar}", "foo{}{bar}"), ("{}", "{}"), ("{}x", "{}x"), ("{x", "{x"), ("", ""), ("a}b", "a}b"),
        ] as [(ByteString, ByteString)])
    func findsHashTag(key: ByteString, tag: ByteString) {
        #expect(ByteString(HashSlot.hashTag(of: key)) == tag)
    }

    @Test("There are 16,384 slots", arguments: [(-1, false), (0, true), (16_383, true), (16_384, false)])
    func checksNumber(number: Int, isSlot: Bool) {
        #expect((HashSlot(number) != nil) == isSlot)
    }
}
