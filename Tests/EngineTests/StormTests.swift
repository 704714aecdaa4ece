import Engine
import RESP
import Routing
import TestSupport
import Testing

/// Many nodes that fail at once.
struct StormTests {
    /// Masters that close the connection on each command they get, this many times.
    private static func cluster(of count: Int, failures: Int) throws -> ScriptedCluster {
        let failing = Countdown(failures)
        let cluster = try ScriptedCluster(masters: count)
        cluster.answer { _, request in
            guard !request.text.hasPrefix("CLUSTER") else { return nil }
            let values = [RESPValue](repeating: .bulk("v"), count: request.arguments.count - 1)
            return failing.next() ? .close : .value(.array(values))
        }
        return cluster
    }

    @Test("However many nodes fail at once, topology questions are spaced out", arguments: [false, true])
    func storm(isPipelined: Bool) throws {
        let cluster = try Self.cluster(of: 200, failures: 800)
        let engine = Engine(knowing: cluster, retryFor: 20)
        let before = cluster.nodes.flatMap(\.questions).count
        let keys = (0..<1000).map { "key:\($0)" }
        if isPipelined {
            var replies = 0
            let pipeline = Pipeline(engine, keepsReplies: true) { outcome, _, _ in
                if case .reply = outcome { replies += 1 }
            }
            for (number, key) in keys.enumerated() {
                while !pipeline.hasRoom { _ = pipeline.wait() }
                #expect(pipeline.submit("GET \(key)", line: number + 1))
            }
            pipeline.drain()
            #expect(replies == keys.count)
        } else {
            #expect(try engine.value("MGET " + keys.joined(separator: " ")).count == keys.count)
        }
        let questions = cluster.nodes.flatMap(\.questions).count - before
        #expect(1...12 ~= questions, "\(questions)")
    }

    @Test("With many silent nodes, a refresh asks a few of them, and the next one asks others")
    func silence() throws {
        let cluster = try ScriptedCluster(masters: 10)
        let engine = Engine(cluster.nodes, patience: 0.3)
        engine.ensureTopology()
        cluster.answer { node, request in node < 7 && request.text.hasPrefix("CLUSTER") ? .silence : nil }
        var asked = cluster.nodes.map(\.questions.count)
        var answers: [Bool] = []
        for _ in 0..<3 {
            answers.append(engine.refreshTopology())
            let now = cluster.nodes.map(\.questions.count)
            #expect(zip(now, asked).map { $0 - $1 }.reduce(0, +) <= 3)
            asked = now
        }
        #expect(answers == [false, false, true])
    }
}
