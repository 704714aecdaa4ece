import Commands
import RESP
import Routing
import Testing

struct PrivateKeysTests {
    // CRC16 is linear over XOR: where there is a tag for each slot of a single bit, there is one for all.
    @Test func aNameLiesInTheSlotThatItIsMadeFor() throws {
        var names = PrivateKeys(prefix: "app:", session: "s")
        for number in (0..<14).map({ 1 << $0 }) + stride(from: 0, to: HashSlot.count, by: 127) + [HashSlot.count - 1] {
            let slot = try #require(HashSlot(number))
            let name = names.next("copy", in: slot)
            guard HashSlot(key: name) == slot, name.bytes.starts(with: "app:copy:{".utf8) else {
                Issue.record("\(name) lies in slot \(HashSlot(key: name).number), not in \(number)")
                return
            }
        }
    }

    @Test func aPrefixThatWouldHideTheTagIsRefused() {
        #expect(PrivateKeys.accepts(prefix: "app:"))
        #expect(!PrivateKeys.accepts(prefix: "app{1}:"))
    }

    @Test func twoNamesDiffer() throws {
        let slot = try #require(HashSlot(7))
        var names = PrivateKeys(prefix: "app:", session: "s")
        #expect(names.next("copy", in: slot) != names.next("copy", in: slot))
    }
}
