import Commands
import Engine
import Glibc
import RESP
import Routing
import TestSupport
import Testing

/// Replies that are delivered while they arrive.
struct LongReplyTests {
    /// More than is kept before a part is delivered.
    private static let members = (0..<30_000).map { "\($0):" + String(repeating: "m", count: 140) }
    private static let bytes = Array(RESPText.bytes(of: .array(members.map { .bulk(ByteString($0)) })))

    @Test("A long reply is delivered in parts, in order, to callers that want parts")
    func goesOutInParts() throws {
        let server = try ScriptedNode { request in
            request.text.hasPrefix("CLUSTER") ? clusterDisabled : .bytes(Self.bytes)
        }
        let engine = Engine([server])
        var parts: [[String]] = []
        let reply = try engine.run(Command(["SMEMBERS", "s"]), inParts: true) { elements, _ in
            parts.append(elements.map(\.text))
            return true
        }
        #expect(parts.count > 2)
        #expect(parts.flatMap(\.self) == Self.members)
        guard case .streamed = reply.body else { throw CommandFailure.interrupted }
        let whole = try engine.value("SMEMBERS s")
        #expect(whole.count == Self.members.count)
    }

    @Test("A reply that is partly delivered is not requested again when its connection ends")
    func isNotAskedForAgain() throws {
        let server = try ScriptedNode { request in
            request.text.hasPrefix("CLUSTER")
                ? clusterDisabled : .sequence([.bytes(Array(Self.bytes.dropLast(100))), .close])
        }
        let engine = Engine([server])
        var found: [String] = []
        let error = #expect(throws: CommandFailure.self) {
            try engine.run(Command(["SMEMBERS", "s"]), inParts: true) { elements, _ in
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

    @Test("The time that a slow reader takes for a part does not count as the server's silence")
    func slowReader() throws {
        let half = Self.bytes.count / 2
        let server = try ScriptedNode { request in
            request.text.hasPrefix("CLUSTER")
                ? clusterDisabled
                : .sequence([
                    .bytes(Array(Self.bytes[..<half])), .later(.milliseconds(600), .bytes(Array(Self.bytes[half...]))),
                ])
        }
        let engine = Engine([server])
        engine.replyTimeout = 0.5
        var count = 0
        _ = try engine.run(Command(["SMEMBERS", "s"]), inParts: true) { elements, _ in
            if count == 0 { usleep(550_000) }
            count += elements.count
            return true
        }
        #expect(count == Self.members.count)
    }

    @Test("When the reader wants no more, the rest of the reply is not waited for")
    func stops() throws {
        let server = try ScriptedNode { request in
            request.text.hasPrefix("CLUSTER")
                ? clusterDisabled : .sequence([.bytes(Array(Self.bytes.dropLast(100))), .silence])
        }
        let engine = Engine([server])
        var count = 0
        _ = try engine.run(Command(["SMEMBERS", "s"]), inParts: true) { _, _ in
            count += 1
            return false
        }
        #expect(count == 1)
    }

    @Test("A map is delivered in pairs, marked as a map")
    func goesOutInPairs() throws {
        let bytes = RESPText.bytes(of: .map(Self.members.flatMap { [.bulk(ByteString($0)), .integer(1)] }))
        let server = try ScriptedNode { request in
            request.text.hasPrefix("CLUSTER") ? clusterDisabled : .bytes(bytes)
        }
        var keys: [String] = []
        var sizes: [Int] = []
        _ = try Engine([server]).run(Command(["HGETALL", "h"]), inParts: true) { elements, isMap in
            #expect(isMap || sizes.count > 1)
            sizes.append(elements.count)
            keys += stride(from: 0, to: elements.count, by: 2).map { elements[$0].text }
            return true
        }
        #expect(sizes.count > 2 && sizes.allSatisfy { $0 % 2 == 0 })
        #expect(keys == Self.members)
    }

    // MARK: Files

    /// The pipeline's deliveries in order, one word for each part, reply and failure.
    private static func outcomes(
        of commands: [String], by engine: Engine, inParts: Bool = true
    ) -> (words: [String], elements: [String]) {
        var words: [String] = []
        var elements: [String] = []
        let pipeline = Pipeline(engine, keepsReplies: true, takesParts: { inParts }) { outcome, place, _ in
            switch outcome {
            case .reply(let bytes, _): words.append("\(place.line) reply of \(bytes.count)")
            case .part(let part, let isLast):
                let word = "\(place.line) \(isLast ? "rest" : "part")"
                if words.last != word { words.append(word) }
                elements += part.elements.map(\.text)
            case .failure(.replyLost): words.append("\(place.line) lost")
            case .failure(.protocolViolation): words.append("\(place.line) no reply")
            case .failure(let failure): words.append("\(place.line) \(failure)")
            }
        }
        for (index, command) in commands.enumerated() { #expect(pipeline.submit(command, line: index + 1)) }
        pipeline.drain()
        return (words, elements)
    }

    @Test("A long reply to a line of a file is delivered while it arrives, when it is its turn")
    func goesOutInAFile() throws {
        let cluster = try ScriptedCluster(masters: 2)
        cluster.answer { _, request in
            request.text.hasPrefix("SMEMBERS") || request.text.hasPrefix("SPOP") ? .bytes(Self.bytes) : nil
        }
        let small = ["GET foo", "GET a"]
        let (words, elements) = Self.outcomes(
            of: small + ["SMEMBERS foo"] + small + ["SMEMBERS foo", "SMEMBERS a"] + small + ["SPOP foo 200000"],
            by: Engine(cluster))
        #expect(
            words == [
                "1 reply of 5", "2 reply of 5", "3 part", "3 rest", "4 reply of 5", "5 reply of 5", "6 part", "6 rest",
                "7 part", "7 rest", "8 reply of 5", "9 reply of 5",
                // A write is delivered whole.
                "10 reply of \(Self.bytes.count)",
            ])
        #expect(elements == Self.members + Self.members + Self.members)
    }

    @Test("Replies are delivered whole to callers that want them so")
    func isWholeInAFile() throws {
        let server = try ScriptedNode { request in
            request.text.hasPrefix("CLUSTER") ? clusterDisabled : .bytes(Self.bytes)
        }
        let (words, _) = Self.outcomes(of: ["SMEMBERS s"], by: Engine([server]), inParts: false)
        #expect(words == ["1 reply of \(Self.bytes.count)"])
    }

    @Test("A line whose reply is partly delivered is not run again when its connection ends; later lines are")
    func isNotRunAgain() throws {
        let server = try ScriptedNode { request in
            if request.text.hasPrefix("CLUSTER") { return clusterDisabled }
            return request.text.hasPrefix("GET") ? .ok : .sequence([.bytes(Array(Self.bytes.dropLast(100))), .close])
        }
        let (words, elements) = Self.outcomes(of: ["SMEMBERS s", "GET x"], by: Engine([server], retryFor: 5))
        #expect(words == ["1 part", "1 lost", "2 reply of 5"])
        #expect(!elements.isEmpty && elements == Array(Self.members.prefix(elements.count)))
        #expect(server.commands.count { $0 == "SMEMBERS s" } == 1)
    }

    @Test("Bytes that are not a reply end one that is partly delivered")
    func isBroken() throws {
        // More of them than fit in the string that is cut.
        let broken = Array(Self.bytes.prefix(2_000_000)) + Array(String(repeating: "@\r\n", count: 100).utf8)
        let server = try ScriptedNode { request in
            request.text.hasPrefix("CLUSTER") ? clusterDisabled : .bytes(broken)
        }
        let (words, _) = Self.outcomes(of: ["SMEMBERS s"], by: Engine([server]))
        #expect(words == ["1 part", "1 no reply"])
    }
}
