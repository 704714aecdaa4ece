import RESP
import TestSupport
import Testing

/// A set stored over slots is sent to its server as a payload made here. The server makes the same of it as of its own
/// command.
struct StoredSetTests {
    @Test("Sets of any size, with members of any length, get the encoding that the server gives them")
    func storesAnySet() throws {
        let bed = try TestBed()
        for (count, length) in [
            (1, 0), (2, 1), (63, 3), (64, 4), (200, 63), (600, 64), (16_383, 8), (16_384, 8), (3, 16_383), (3, 16_384),
            (3, 70_000),
        ] {
            // Numbers, other strings, and both.
            for padding in ["1", "x", "-"] {
                let members = (0..<count).map { number in
                    let digits = "\(number)"
                    guard padding != "-" || number == 0 else { return ByteString(digits) }
                    return ByteString(String(repeating: padding, count: max(0, length - digits.count)) + digits)
                }
                let (first, second) = (members.prefix(count / 2 + 1), members.suffix(count / 2 + 1))
                try bed.fill([["SADD", "a"] + first, ["SADD", "b"] + second, ["RPUSH", "d", "old"]])
                for command in ["SUNIONSTORE d a b", "OBJECT ENCODING d", "SINTERSTORE d d b", "SDIFFSTORE d a d"] {
                    let words = command.split(separator: " ").map { ByteString(String($0)) }
                    let replies = try bed.run(words, protocolVersion: 2)
                    #expect(try replies.cluster.get() == replies.standalone, "\(command) of \(count) of \(length)")
                    for states in try bed.states(of: ["a", "b", "d"]) {
                        #expect(states.cluster == states.standalone, "\(command) of \(count) of \(length)")
                        #expect(states.clusterCount == states.standaloneCount)
                    }
                }
            }
        }
    }
}
