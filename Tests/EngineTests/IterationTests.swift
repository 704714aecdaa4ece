import Commands
import Engine
import Glibc
import RESP
import Routing
import TestSupport
import Testing

/// SCAN_ITER and HSCAN_ITER.
struct IterationTests {
    private static func page(_ cursor: Int, _ elements: [String]) -> ScriptedNode.Answer {
        .value(.array([.bulk(ByteString(String(cursor))), .array(elements.map { .bulk(ByteString($0)) })]))
    }

    private static func run(_ command: String, _ engine: Engine) throws -> (found: [String], reply: Reply) {
        var found: [String] = []
        let reply = try engine.run(command) { found += $0.map(\.text) }
        return (found, reply)
    }

    @Test("SCAN_ITER runs every master's cursor to its end")
    func everyMaster() throws {
        let cluster = try ScriptedCluster(masters: 3) { node, request in
            switch request.text {
            case "SCAN 0 COUNT 2": node == 2 ? Self.page(0, ["c1"]) : Self.page(100 + node, ["\(node)-1", "\(node)-2"])
            case "SCAN 100 COUNT 2": Self.page(7, [])
            case "SCAN 7 COUNT 2", "SCAN 101 COUNT 2": Self.page(0, ["last of \(node)"])
            default: nil
            }
        }
        let (found, reply) = try Self.run("SCAN_ITER COUNT 2", Engine(cluster))
        #expect(Set(found) == ["c1", "0-1", "0-2", "1-1", "1-2", "last of 0", "last of 1"])
        #expect(found.count == 7)
        #expect(reply.outcome == .succeeded && reply.notes.isEmpty)
        #expect(cluster[0].commands == ["INFO server", "SCAN 0 COUNT 2", "SCAN 100 COUNT 2", "SCAN 7 COUNT 2"])
        #expect(cluster[1].commands == ["INFO server", "SCAN 0 COUNT 2", "SCAN 101 COUNT 2"])
        #expect(cluster[2].commands == ["INFO server", "SCAN 0 COUNT 2"])
    }

    @Test("A master that fails is noted beside the results of the others", arguments: ["error", "close", "dead"])
    func oneFails(way: String) throws {
        let cluster = try ScriptedCluster(masters: 3) { node, request in
            switch (node, request.text) {
            case (1, "SCAN 5 COUNT 1000") where way == "error": .error("ERR no")
            case (1, "SCAN 5 COUNT 1000") where way == "close": .close
            case (_, "SCAN 0 COUNT 1000"): Self.page(5, ["\(node)-1"])
            case (_, "SCAN 5 COUNT 1000"): Self.page(0, ["\(node)-2"])
            default: nil
            }
        }
        let engine = Engine(knowing: cluster, retryFor: 5)
        if way == "dead" { cluster[1].stop() }
        let (found, reply) = try Self.run("SCAN_ITER", engine)
        #expect(Set(found) == Set(["0-1", "0-2", "2-1", "2-2"] + (way == "dead" ? [] : ["1-1"])))
        #expect(reply.outcome == .partial)
        guard case .coverage(answered: 2, asked: 3, let failed) = reply.notes.first else {
            Issue.record("\(reply.notes)")
            return
        }
        #expect(failed.map(\.subject) == [cluster[1].address])
        #expect(failed[0].error == (way == "error" ? "ERR no" : nil))
    }

    @Test("HSCAN_ITER starts over from 0 when another node answers")
    func restartsAtOtherNode() throws {
        let cluster = try ScriptedCluster(masters: 2)
        cluster.answer { [zero = cluster[0]] node, request in
            switch (node, request.text) {
            case (1, "HSCAN foo 0 COUNT 1000"): Self.page(9, ["a", "1"])
            case (1, "HSCAN foo 9 COUNT 1000"): .moved(12182, to: zero)
            // Another node's cursor means nothing here, so this reply must not be used.
            case (0, "HSCAN foo 9 COUNT 1000"): Self.page(33, ["wrong", "0"])
            case (0, "HSCAN foo 0 COUNT 1000"): Self.page(4, ["a", "1"])
            case (0, "HSCAN foo 4 COUNT 1000"): Self.page(0, ["b", "2"])
            default: nil
            }
        }
        let engine = Engine(knowing: cluster)
        let (found, reply) = try Self.run("HSCAN_ITER foo", engine)
        #expect(found == ["a", "1", "a", "1", "b", "2"])
        #expect(reply.outcome == .succeeded)
        #expect(
            cluster[0].commands == [
                "INFO server", "HSCAN foo 9 COUNT 1000", "HSCAN foo 0 COUNT 1000", "HSCAN foo 4 COUNT 1000",
            ])
    }

    /// What a node reports about its run when it is first asked, and after its connection was lost.
    enum Runs: CaseIterable {
        case same, restarted, secret

        func answer(isFirst: Bool) -> ScriptedNode.Answer {
            switch self {
            case .same: .value(.bulk("# Server\r\nrun_id:a\r\nport:1\r\n"))
            case .restarted: .value(.bulk(ByteString("# Server\r\nrun_id:\(isFirst ? "a" : "b")\r\n")))
            case .secret: .error("NOPERM no")
            }
        }
    }

    @Test(
        "When the connection is lost between pages, the cursor continues only if the server is known to be the same",
        arguments: Runs.allCases)
    func goesOnInSameRun(runs: Runs) throws {
        for command in ["SCAN_ITER", "HSCAN_ITER foo"] {
            let isFirst = Countdown(1)
            let cluster = try ScriptedCluster(masters: 2) { node, request in
                guard node == 1 else { return request.text == "SCAN 0 COUNT 1000" ? Self.page(0, []) : nil }
                return switch request.text {
                case "INFO server": runs.answer(isFirst: isFirst.next())
                case "SCAN 0 COUNT 1000", "HSCAN foo 0 COUNT 1000": Self.page(5, ["1"])
                case "SCAN 5 COUNT 1000", "HSCAN foo 5 COUNT 1000": Self.page(0, ["2"])
                default: nil
                }
            }
            var found: [String] = []
            let isToLose = Countdown(1)
            let engine = Engine(knowing: cluster)
            // Without a pause, the next page is under way when the first is delivered.
            engine.iterationInterval = 0.001
            let reply = try engine.run(command) { elements in
                found += elements.map(\.text)
                if isToLose.next() { cluster[1].dropConnections() }
            }
            #expect(reply.outcome == .succeeded)
            #expect(found == (runs == .same ? ["1", "2"] : ["1", "1", "2"]), "\(command)")
        }
    }

    @Test("A server that ends every connection after a page does not keep an iteration going forever")
    func endsBeginning() throws {
        let cluster = try ScriptedCluster(masters: 1)
        cluster.answer { _, request in request.text == "SCAN 0 COUNT 1000" ? Self.page(5, ["1"]) : nil }
        let reply = try Engine(knowing: cluster).run("SCAN_ITER") { _ in cluster[0].dropConnections() }
        #expect(reply.outcome == .failed)
    }

    @Test("Between pages, no node waits for another, or for the reader")
    func nobodyWaits() throws {
        let cluster = try ScriptedCluster(masters: 2)
        cluster.answer { [other = cluster[1]] node, request in
            // Node 0 answers only once the other has been asked for its last page, before the first is read.
            while node == 0, request.text == "SCAN 0 COUNT 1000", !other.commands.contains("SCAN 7 COUNT 1000") {
                usleep(1000)
            }
            return switch request.text {
            case "SCAN 0 COUNT 1000": Self.page(node == 0 ? 0 : 5, ["\(node)-1"])
            case "SCAN 5 COUNT 1000": Self.page(7, ["\(node)-2"])
            case "SCAN 7 COUNT 1000": Self.page(0, ["\(node)-3"])
            default: nil
            }
        }
        var found: [String] = []
        let reply = try Engine(cluster).run("SCAN_ITER") { elements in
            let next = ["1-1": "SCAN 5 COUNT 1000", "1-2": "SCAN 7 COUNT 1000"][elements[0].text]
            if let next { while !cluster[1].commands.contains(next) { usleep(1000) } }
            found += elements.map(\.text)
        }
        #expect(reply.outcome == .succeeded)
        #expect(found.filter { $0.hasPrefix("1") } == ["1-1", "1-2", "1-3"])
        #expect(Set(found) == ["0-1", "1-1", "1-2", "1-3"])
    }

    @Test("A node that falls silent between pages is noted once, and the time of a slow reader is not its silence")
    func silence() throws {
        let cluster = try ScriptedCluster(masters: 2) { node, request in
            switch (node, request.text) {
            case (_, "SCAN 0 COUNT 1000"): Self.page(1, ["0"])
            case (0, "SCAN 8 COUNT 1000"): Self.page(0, ["8"])
            case (0, _) where request.text.hasPrefix("SCAN"):
                .later(.milliseconds(100), Self.page((request.arguments[1].integer ?? 0) + 1, ["0"]))
            case (1, "SCAN 1 COUNT 1000"): .later(.milliseconds(600), Self.page(0, ["2"]))
            default: nil
            }
        }
        let engine = Engine(cluster)
        engine.patience = 0.3
        var notes: [Note] = []
        engine.onNote = { notes.append($0) }
        _ = try engine.run("SCAN_ITER") { _ in }
        #expect(notes == [.silent([cluster[1].address])])
        notes = []
        cluster.answer { _, request in
            switch request.text {
            case "SCAN 0 COUNT 1000": Self.page(1, ["first"])
            case "SCAN 1 COUNT 1000": .later(.milliseconds(500), Self.page(0, ["last"]))
            default: nil
            }
        }
        engine.patience = 0.4
        _ = try engine.run("SCAN_ITER") { elements in if elements[0].text == "first" { usleep(300_000) } }
        #expect(notes.isEmpty)
    }

    @Test("An iteration over the wrong type gets the server's error")
    func wrongType() throws {
        let error = "WRONGTYPE Operation against a key holding the wrong kind of value"
        let cluster = try ScriptedCluster(masters: 2) { _, request in
            request.text.hasPrefix("HSCAN") ? .error(error) : nil
        }
        #expect(try Engine(cluster).value("HSCAN_ITER foo") == .error(error))
    }

    @Test("Elements are delivered page by page")
    func streams() throws {
        let server = try ScriptedNode { request in
            if request.text.hasPrefix("CLUSTER") { return clusterDisabled }
            let cursor = request.arguments[1].integer ?? 0
            return Self.page(cursor < 9 ? cursor + 1 : 0, ["\(cursor)"])
        }
        var pages: [[String]] = []
        let reply = try Engine([server]).run("SCAN_ITER") { pages.append($0.map(\.text)) }
        #expect(pages == (0...9).map { ["\($0)"] })
        #expect(reply.outcome == .succeeded)
    }
}
