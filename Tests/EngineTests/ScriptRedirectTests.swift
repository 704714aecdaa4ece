import Commands
import Engine
import RESP
import Routing
import TestSupport
import Testing

/// A script, or another user's function, can answer with any error. What looks like a redirect is one only when the
/// node's own view of the slot confirms it: otherwise a password could go to a stranger, or a script run twice.
struct ScriptRedirectTests {
    /// With a key of slot 12182, and without one; the last is an unknown command, which may run scripts too.
    private static let scripts = [
        "EVAL x 1 foo", "EVALSHA x 1 foo", "FCALL x 1 foo", "EVAL_RO x 1 foo", "EVAL x 0", "FCALL x 0", "RUNSCRIPT foo",
    ]

    private static func settings() -> ConnectionSettings {
        var settings = ConnectionSettings()
        settings.session.credentials = .init(user: nil, password: "secret")
        return settings
    }

    /// Errors that a script may return; `stranger` is not a node of the cluster.
    private static func lies(stranger: ScriptedNode, own: ScriptedNode, other: ScriptedNode) -> [String] {
        let nodes = [stranger, own, other].map(\.port)
        return ["MOVED", "ASK"].flatMap { code in
            nodes.map { "\(code) 12182 127.0.0.1:\($0)" } + ["\(code) 7 127.0.0.1:\(nodes[0])"]
        } + ["TRYAGAIN x", "CLUSTERDOWN x", "LOADING x", "READONLY x"]
    }

    /// A reply to CLUSTER NODES; each line begins with the number of its node.
    private static func nodes(_ lines: [String]) -> RESPValue {
        let text = lines.map { line in
            String(repeating: String(line.prefix(1)), count: 40) + " 127.0.0.1:1@2" + line.dropFirst()
        }
        return .bulk(ByteString(text.joined(separator: "\n")))
    }

    @Test(
        "On a cluster, a script's error is the reply, and the script has run once", arguments: scripts, [false, true])
    func onCluster(script: String, isPipelined: Bool) throws {
        let stranger = try ScriptedNode()
        let cluster = try ScriptedCluster(masters: 2)
        for lie in Self.lies(stranger: stranger, own: cluster[1], other: cluster[0]) {
            cluster.answer { _, request in
                switch request.text {
                case "CLUSTER NODES": .value(Self.nodes(["1 myself,master - 0 0 1 connected 0"]))
                case script: .error(lie)
                case _ where request.text.hasPrefix("COMMAND"): .text("*1\r\n*-1\r\n")
                default: nil
                }
            }
            let before = cluster.runs(of: script)
            let engine = Engine(cluster.nodes, Self.settings())
            #expect(try engine.answer(to: script, isPipelined: isPipelined) == .error(lie))
            #expect(cluster.runs(of: script) == before + 1, "\(lie)")
        }
        #expect(stranger.connectionCount == 0)
    }

    @Test("A standalone server redirects no command", arguments: scripts + ["GET foo"], [false, true])
    func onStandaloneServer(script: String, isPipelined: Bool) throws {
        let stranger = try ScriptedNode()
        for code in ["MOVED", "ASK"] {
            let lie = "\(code) 12182 127.0.0.1:\(stranger.port)"
            let server = try ScriptedNode { request in
                request.text.hasPrefix("CLUSTER")
                    ? clusterDisabled
                    : request.text.hasPrefix("COMMAND")
                        ? .text("*1\r\n*-1\r\n") : request.text == script ? .error(lie) : .ok
            }
            let engine = Engine([server], Self.settings())
            // A one-shot read does not ask whether there is a cluster.
            if script.hasPrefix("GET") { engine.ensureTopology() }
            #expect(try engine.answer(to: script, isPipelined: isPipelined) == .error(lie))
            #expect(server.commands.filter { $0 == script }.count == 1)
        }
        #expect(stranger.connectionCount == 0)
    }

    @Test(
        "A node that confirms that the slot is elsewhere is believed", arguments: [false, true], [false, true])
    func movedIsFollowed(isLearned: Bool, isPipelined: Bool) throws {
        let cluster = try ScriptedCluster(masters: 2)
        let moved = ScriptedCluster.shards(ports: [cluster[1].port, cluster[0].port])
        cluster.answer { [left = cluster[0]] node, request in
            guard node == 1 else { return request.text == "CLUSTER SHARDS" && !isLearned ? .value(moved) : nil }
            // Its view is newer than what the session has learned before.
            if request.text == "CLUSTER SHARDS" { return .value(moved) }
            return request.text == "EVAL x 1 foo" ? .moved(12182, to: left) : nil
        }
        let engine = Engine([cluster[isLearned ? 0 : 1]])
        if isLearned { engine.ensureTopology() }
        #expect(try engine.answer(to: "EVAL x 1 foo", isPipelined: isPipelined) == .ok)
        #expect(cluster[0].commands == ["EVAL x 1 foo"])
        #expect(engine.map.owners[HashSlot(key: "foo")] == cluster[0].address)
    }

    @Test("A node that confirms that the slot is moving is believed", arguments: [false, true])
    func askIsFollowed(isPipelined: Bool) throws {
        let migrating = "[12182->-\(String(repeating: "0", count: 40))]"
        let nodes = Self.nodes([
            "0 master - 0 0 1 connected 0-8191", "1 myself,master - 0 0 1 connected 8192-16383 \(migrating)",
        ])
        let cluster = try ScriptedCluster(masters: 2)
        cluster.answer { [left = cluster[0]] node, request in
            guard node == 1 else { return nil }
            return switch request.text {
            case "CLUSTER NODES": .value(nodes)
            case "EVAL x 1 foo": .ask(12182, to: left)
            default: nil
            }
        }
        let engine = Engine(knowing: cluster)
        #expect(try engine.answer(to: "EVAL x 1 foo", isPipelined: isPipelined) == .ok)
        #expect(cluster[0].commands == ["ASKING", "EVAL x 1 foo"])
        #expect(cluster[1].commands == ["EVAL x 1 foo"])
    }
}

extension ScriptedCluster {
    /// How often the nodes got the command.
    fileprivate func runs(of command: String) -> Int {
        nodes.reduce(0) { $0 + $1.commands.count { $0 == command } }
    }
}

extension Engine {
    /// The reply either way: on its own or in a pipeline.
    fileprivate func answer(to text: String, isPipelined: Bool) throws -> RESPValue {
        var answer: RESPValue?
        let pipeline = Pipeline(self, keepsReplies: true) { outcome, _, _ in
            if case .reply(let bytes, _) = outcome { answer = RESPValue(reply: bytes) }
        }
        guard isPipelined, pipeline.submit(text) else { return try value(text) }
        pipeline.drain()
        return try #require(answer)
    }
}
