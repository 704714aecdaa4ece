import Commands
import Engine
import RESP
import Routing
import TestSupport
import Testing

/// Replies that are given out while they come.
struct LongReplyTests {
    /// More than is kept before a part goes out.
    private static let members = (0..<200_000).map { "member:\($0)" }
    private static let bytes = Array(RESPText.bytes(of: .array(members.map { .bulk(ByteString($0)) })))

    @Test("A long reply goes out in parts, in order, to who wants it so")
    func goesOutInParts() throws {
        let server = try ScriptedNode { request in
            request.text.hasPrefix("CLUSTER") ? clusterDisabled : .bytes(Self.bytes)
        }
        let engine = Engine([server])
        var parts: [[String]] = []
        let reply = try engine.run(Command(["SMEMBERS", "s"]), inParts: true) { elements in
            parts.append(elements.map(\.text))
            return true
        }
        #expect(parts.count > 2)
        #expect(parts.flatMap(\.self) == Self.members)
        guard case .streamed = reply.body else { throw CommandFailure.interrupted }
        let whole = try engine.value("SMEMBERS s")
        #expect(whole.count == Self.members.count)
    }

    @Test("A reply that has begun to go out is not asked for again when its connection ends")
    func isNotAskedForAgain() throws {
        let server = try ScriptedNode { request in
            request.text.hasPrefix("CLUSTER")
                ? clusterDisabled : .sequence([.bytes(Array(Self.bytes.dropLast(100))), .close])
        }
        let engine = Engine([server])
        var found: [String] = []
        let error = #expect(throws: CommandFailure.self) {
            try engine.run(Command(["SMEMBERS", "s"]), inParts: true) { elements in
                found += elements.map(\.text)
                return true
            }
        }
        guard case .replyLost = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(!found.isEmpty && found == Array(Self.members.prefix(found.count)))
        #expect(server.commands.count { $0 == "SMEMBERS s" } == 1)
    }

    @Test("Nobody wants more: the rest of the reply is not waited for")
    func stops() throws {
        let server = try ScriptedNode { request in
            request.text.hasPrefix("CLUSTER")
                ? clusterDisabled : .sequence([.bytes(Array(Self.bytes.dropLast(100))), .silence])
        }
        let engine = Engine([server])
        var count = 0
        _ = try engine.run(Command(["SMEMBERS", "s"]), inParts: true) { _ in
            count += 1
            return false
        }
        #expect(count == 1)
    }
}
