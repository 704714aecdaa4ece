import TestSupport
import Testing

@testable import RESP

/// The memory that a reply takes, counted: the multiple of the bytes received that ARCHITECTURE.md states.
struct ReplyMemoryTests {
    private static let multiple = 24
    /// The overhead of an allocation, however small.
    private static let overhead = 64

    private static func replies(to bytes: [UInt8], readSize: Int) throws -> [RESPValue] {
        var parser = RESPParser()
        var replies: [RESPValue] = []
        for start in stride(from: 0, to: bytes.count, by: readSize) {
            bytes[start..<min(start + readSize, bytes.count)].withUnsafeBytes { parser.append($0) }
            while let reply = try parser.next() { replies.append(reply) }
        }
        return replies
    }

    private static func size(_ reply: RESPValue) -> Int {
        reply.tape.bytes.capacity + reply.tape.nodes.capacity * MemoryLayout<RESPValue.Node>.stride
    }

    @Test(
        "A reply of any shape stays within it, however it is cut",
        arguments: ["_\r\n", ":0\r\n", "*0\r\n", "$0\r\n\r\n", "$-1\r\n", "+OK\r\n", "*1\r\n:1\r\n"])
    func bounded(element: String) throws {
        for count in element.hasPrefix("_") ? [1000, 1_100_000] : [1000, 20_000] {
            let bytes = Array(("*\(count)\r\n" + String(repeating: element, count: count)).utf8)
            for readSize in count > 100_000 ? [128 << 10] : [4096, 128 << 10] {
                let replies = try Self.replies(to: bytes, readSize: readSize)
                #expect(replies.count == 1)
                #expect(Self.size(replies[0]) <= Self.multiple * bytes.count, "\(element.debugDescription) \(count)")
            }
        }
    }

    @Test("Merged replies stay within it too") func merged() throws {
        let sets = try (0..<3).map { place in
            let members = (0..<20_000).map { ":\($0 * (place + 1))\r\n" }
            let bytes = Array(("*\(members.count)\r\n" + members.joined()).utf8)
            return (try Self.replies(to: bytes, readSize: 4096)[0], bytes.count)
        }
        let received = sets.reduce(0) { $0 + $1.1 }
        for merged in [
            PickedMembers.union(of: sets.map(\.0)).value, .array(sets.map(\.0)),
            PickedMembers.difference(of: sets.map(\.0)).value,
        ] {
            #expect(Self.size(merged) <= Self.multiple * received)
        }
    }

    @Test("A small reply that is kept does not hold on to the memory of a larger one before it")
    func small() throws {
        for count in [1, 100, 1000, 5000] {
            let large = Array(("*\(count)\r\n" + String(repeating: ":1\r\n", count: count)).utf8)
            let small = Array("$1\r\n1\r\n".utf8)
            let replies = try Self.replies(to: large + [[UInt8]](repeating: small, count: 100).joined(), readSize: 4096)
            #expect(replies.count == 101)
            for reply in replies.dropFirst() {
                #expect(Self.size(reply) <= Self.multiple * small.count + Self.overhead, "after one of \(count)")
            }
        }
    }
}
