import Commands
import Foundation
import RESP
import Routing
import Synchronization
import TestSupport
import Testing

/// MULTI blocks of a file and of a load, while slots move, replicas take over and connections end: each is carried out
/// whole, or not at all, or its outcome is reported as unknown. `Scripts/chaos --scenario random-blocks` does the same
/// for longer, and kills masters.
struct BlockMigrationTests {
    private static let blockCount = 200
    private static let tags = (0..<4).map { "{\($0)}" }

    private struct Block {
        let number: Int
        let tag: String
        let lines: [String]

        init(_ number: Int, _ random: inout SeededRandom) {
            self.number = number
            tag = BlockMigrationTests.tags.randomElement(using: &random) ?? ""
            var lines = ["RPUSH \(tag)first \(number)", "RPUSH \(tag)second \(number)"]
            for filler in ["PING", "GET \(tag)none"] where Bool.random(using: &random) {
                lines.insert(filler, at: Int.random(in: 0...lines.count, using: &random))
            }
            self.lines = ["MULTI"] + lines + ["EXEC"]
        }
    }

    @Test(
        "Every block is carried out whole, or not at all, or reported as unknown",
        arguments: [["--json", "-i", "0.004"], ["--pipe", "--rate", "300"]], [UInt64(3)])
    func everyBlockIsWholeOrNothing(_ options: [String], seed: UInt64) throws {
        let cluster = try TestCluster()
        defer { cluster.stop() }
        let folder = try TemporaryFolder()
        var random = SeededRandom(seed: seed)
        let blocks = (0..<Self.blockCount).map { Block($0, &random) }
        let disturber = Disturber(cluster, Self.tags, random)
        let rejects = options[0] == "--pipe" ? ["--reject", "\(folder.path)/rejects"] : []
        let input = blocks.flatMap(\.lines).joined(separator: "\n") + "\n"
        let result = try cluster.run(
            (options + rejects).joined(separator: " "), input: input, timeout: .seconds(300))
        let disturbances = try disturber.end()
        #expect(Set(disturbances) == ["move", "replace", "cut"], "\(disturbances)")

        var ends: [Int: String] = [:]
        if rejects.isEmpty {
            var replies = result.lines[...]
            #expect(replies.count == blocks.reduce(0) { $0 + $1.lines.count })
            for block in blocks {
                ends[block.number] = replies.prefix(block.lines.count).last
                replies = replies.dropFirst(block.lines.count)
            }
        } else {
            for (name, end) in [("rejects", "error"), ("rejects.unknown", "UNKNOWN")] {
                let text = (try? String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)) ?? ""
                for line in text.split(separator: "\n") where line.hasPrefix("RPUSH") {
                    line.split(separator: " ").last.flatMap { Int($0) }.map { ends[$0] = end }
                }
            }
        }
        for tag in Self.tags {
            let (first, second) = (try list("\(tag)first", on: cluster), try list("\(tag)second", on: cluster))
            #expect(first == second)
            #expect(Set(first).count == first.count)
            for block in blocks where block.tag == tag {
                let end = ends[block.number] ?? "[]"
                let isThere = first.contains(block.number)
                #expect(end.hasPrefix("[") == isThere || end.contains("UNKNOWN"), "\(block.lines): \(end)")
            }
        }
    }

    private func list(_ key: String, on cluster: TestCluster) throws -> [Int] {
        let result = try cluster.run(command: "LRANGE \(key) 0 -1")
        #expect(result.exitStatus == 0, "\(result.errorText)")
        return result.lines.compactMap { Int($0) }
    }
}

/// Moves slots, makes replicas take over cleanly and cuts connections, one after the other, until it is ended. In
/// between it waits until all nodes agree, as anyone who moves slots has to.
private final class Disturber: Sendable {
    private let cluster: TestCluster
    private let state = Mutex((isEnded: false, done: [String]()))
    private let result = Mutex<Result<Void, any Error>?>(nil)

    init(_ cluster: TestCluster, _ tags: [String], _ random: SeededRandom) {
        self.cluster = cluster
        Thread.detachNewThread { [self] in
            var random = random
            let outcome = Result {
                var round = 0
                while !state.withLock(\.isEnded) {
                    let kind = ["move", "cut", "move", "replace"][round % 4]
                    round += 1
                    try disturb(kind, tags.randomElement(using: &random) ?? "", &random)
                    state.withLock { $0.done.append(kind) }
                }
            }
            result.withLock { $0 = outcome }
        }
    }

    /// Everything that was done.
    func end() throws -> [String] {
        state.withLock { $0.isEnded = true }
        while result.withLock({ $0 == nil }) { usleep(5000) }
        try result.withLock { try $0?.get() }
        return state.withLock(\.done)
    }

    private func disturb(_ kind: String, _ tag: String, _ random: inout SeededRandom) throws {
        guard let view = try agreedView() else { return }
        switch kind {
        case "cut":
            for node in cluster.nodes { try cluster.send("CLIENT KILL TYPE normal SKIPME yes", to: node) }
        case "move":
            let slot = HashSlot(key: ByteString(tag)).number
            let masters = view.filter { !$0.slots.isEmpty }
            guard let source = masters.first(where: { $0.slots.contains(slot) }),
                let target = masters.filter({ $0.id != source.id }).randomElement(using: &random)
            else { return }
            try move(slot, from: source, to: target)
        default:
            guard let replica = view.filter({ $0.master != "-" }).randomElement(using: &random) else { return }
            while try !cluster.send("INFO replication", to: replica.node).text.contains("master_link_status:up") {
                usleep(5000)
            }
            try cluster.send("CLUSTER FAILOVER", to: replica.node)
            while try cluster.send("ROLE", to: replica.node).list[0].text != "master" { usleep(5000) }
        }
    }

    private func move(_ slot: Int, from source: View, to target: View) throws {
        try cluster.send("CLUSTER SETSLOT \(slot) IMPORTING \(source.id)", to: target.node)
        try cluster.send("CLUSTER SETSLOT \(slot) MIGRATING \(target.id)", to: source.node)
        while case let keys = try cluster.send("CLUSTER GETKEYSINSLOT \(slot) 1", to: source.node).list, !keys.isEmpty {
            usleep(20_000)
            let words = keys.map(\.text).joined(separator: " ")
            _ = try cluster.client(source.node).send(
                ["MIGRATE", "127.0.0.1", ByteString("\(target.node.port)"), "", "0", "5000", "KEYS", ByteString(words)])
        }
        for view in [target, source] {
            try cluster.send("CLUSTER SETSLOT \(slot) NODE \(target.id)", to: view.node)
        }
    }

    /// A node as every node sees it.
    private struct View: Hashable {
        let id: String
        let node: NodeAddress
        /// `-` for a master.
        let master: String
        let epoch: String
        let slots: Set<Int>
    }

    /// Nil when the disturber has been ended.
    private func agreedView() throws -> [View]? {
        while !state.withLock(\.isEnded) {
            let views = try cluster.nodes.map { Set(try view(of: $0)) }
            if Set(views).count == 1 { return views[0].sorted { $0.id < $1.id } }
            usleep(10_000)
        }
        return nil
    }

    private func view(of node: NodeAddress) throws -> [View] {
        try cluster.send("CLUSTER NODES", to: node).text.split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            let port = Int(words[1].split(separator: "@")[0].split(separator: ":").last ?? "") ?? 0
            var slots: Set<Int> = []
            for range in words.dropFirst(8) where !range.hasPrefix("[") {
                let ends = range.split(separator: "-").compactMap { Int($0) }
                slots.formUnion(ends[0]...ends[ends.count - 1])
            }
            return View(
                id: words[0], node: NodeAddress(host: "127.0.0.1", port: port), master: words[3], epoch: words[6],
                slots: slots)
        }
    }
}
