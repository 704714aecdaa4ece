import Commands
import Engine
import RESP
import Routing
import Synchronization
import TestSupport
import Testing

/// The order of pipelined commands when slots have other owners than expected.
struct PipelineTests {
    /// The commands that the nodes carried out, in order of time.
    private final class Log: Sendable {
        private let carriedOut = Mutex<[String]>([])

        var commands: [String] { carriedOut.withLock { $0 } }

        func carryOut(_ request: ScriptedNode.Request) -> ScriptedNode.Answer {
            carriedOut.withLock { $0.append(request.text) }
            return .ok
        }
    }

    /// Submits commands, and waits until all have an outcome.
    private func send(_ commands: [String], through pipeline: Pipeline) {
        for (index, command) in commands.enumerated() {
            #expect(pipeline.submit(command, line: index + 1))
        }
        pipeline.drain()
    }

    private static let commands = (1...20).map { "RPUSH foo \($0)" }

    @Test("A node that receives the slot while commands are in flight carries out none before those it refused")
    func theFirstCommandGoesAloneToANewOwner() throws {
        let log = Log()
        let refusals = Countdown(3)
        let cluster = try ScriptedCluster(masters: 2)
        cluster.answer { [left = cluster[0], right = cluster[1]] node, request in
            guard request.text.hasPrefix("RPUSH") else { return nil }
            // The slot is moving to the left node; the right one believes for a while that it already has it.
            if node == 1 { return .moved(12182, to: left) }
            return refusals.next() ? .moved(12182, to: right) : log.carryOut(request)
        }
        var replies = 0
        let engine = Engine([cluster[0]], retryFor: 20)
        let pipeline = Pipeline(engine, keepsReplies: true) { outcome, _, _ in
            if case .reply = outcome { replies += 1 }
        }
        send(Self.commands, through: pipeline)
        #expect(replies == 20)
        #expect(log.commands == Self.commands)
    }

    @Test("A server that closes the connection on every command is retried once, not over and over")
    func closingServer() throws {
        let server = try ScriptedNode { $0.text.hasPrefix("CLUSTER") ? clusterDisabled : .close }
        let engine = Engine([server], retryFor: 5)
        var failures: [CommandFailure] = []
        let pipeline = Pipeline(engine, keepsReplies: true) { outcome, _, _ in
            if case .failure(let failure) = outcome { failures.append(failure) }
        }
        send((1...50).map { "GET foo\($0)" }, through: pipeline)
        #expect(failures.count == 50)
        for failure in failures {
            switch failure {
            // In these cases, the connection had already ended when the command was sent.
            case .replyLost(server.address, _, _), .unreachable(server.address, _, _): continue
            default: Issue.record("\(failure)")
            }
        }
        #expect(server.connectionCount <= 4)
    }

    @Test(
        "A node that accepts and closes connections is given time, however many slots wait for it",
        arguments: ["GET", "SET"])
    func closingNode(word: String) throws {
        let cluster = try ScriptedCluster(masters: 2) { node, request in
            node == 1 && request.text.hasPrefix("CLUSTER") == false ? .close : nil
        }
        let engine = Engine(knowing: cluster, retryFor: 0.4)
        var failures = 0
        let pipeline = Pipeline(engine, keepsReplies: true) { outcome, _, _ in
            if case .failure = outcome { failures += 1 }
        }
        let commands = (1...400).map { word == "GET" ? "GET key\($0)" : "SET key\($0) x" }
        send(commands, through: pipeline)
        #expect(failures > 100)
        #expect(cluster[1].connectionCount < 40)
    }
}
