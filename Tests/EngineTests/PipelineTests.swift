import Commands
import Engine
import RESP
import Routing
import Synchronization
import TestSupport
import Testing

/// The order of pipelined commands when slots have other owners than was known.
struct PipelineTests {
    /// What the nodes carried out, in the order of time.
    private final class Log: Sendable {
        private let carriedOut = Mutex<[String]>([])

        var commands: [String] { carriedOut.withLock { $0 } }

        func carryOut(_ request: ScriptedNode.Request) -> ScriptedNode.Answer {
            carriedOut.withLock { $0.append(request.text) }
            return .ok
        }
    }

    /// Submits commands of the slot of foo, and waits until all have their reply.
    private func send(_ commands: [String], through pipeline: Pipeline) {
        for (index, command) in commands.enumerated() {
            let bytes = Array(command.utf8)
            var words: [Range<Int>] = []
            for word in command.split(separator: " ") {
                let start = (words.last?.upperBound).map { $0 + 1 } ?? 0
                words.append(start..<(start + word.utf8.count))
            }
            #expect(pipeline.prepare())
            pipeline.submit(
                words, of: bytes.span.bytes, slot: HashSlot(key: "foo").number, isReadonly: false, isScript: false,
                at: InputPlace(line: index + 1, offset: index))
        }
        pipeline.drain()
    }

    private static let commands = (1...20).map { "RPUSH foo \($0)" }

    @Test("A node that gets the slot while commands are on their way to it carries out none before those it refused")
    func theFirstCommandGoesAloneToANewOwner() throws {
        let log = Log()
        let refusals = Countdown(3)
        let cluster = try ScriptedCluster(masters: 2)
        cluster.answer { [left = cluster[0], right = cluster[1]] node, request in
            guard request.text.hasPrefix("RPUSH") else { return nil }
            // The slot is on its way to the left node, which the right one believes to have it for a while already.
            if node == 1 { return .moved(12182, to: left) }
            return refusals.next() ? .moved(12182, to: right) : log.carryOut(request)
        }
        var replies = 0
        let pipeline = Pipeline(Engine([cluster[0]]), keepsReplies: true) { outcome, _, _ in
            if case .reply = outcome { replies += 1 }
        }
        send(Self.commands, through: pipeline)
        #expect(replies == 20)
        #expect(log.commands == Self.commands)
    }
}
