import Commands
import Foundation
import RESP
import Synchronization
import TestSupport
import Testing

/// `--pipe`: MULTI blocks whose node is away for a while, or whose slot moves. Nothing of such a block has run, so it
/// is started over.
struct LoadBlockTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private static let block = ["MULTI", "SET {b}1 1", "SET {b}2 2", "EXEC"]
    private static let slot = HashSlot(key: "{b}").number

    /// A cluster of one node that supports blocks, and meets an obstacle a few times.
    private final class Cluster: Sendable {
        let node: ScriptedNode
        private let executed = Mutex(0)

        /// How many blocks have been carried out.
        var executedCount: Int { executed.withLock { $0 } }

        /// - Parameter obstacle: an error that the command gets; if empty, the connection ends instead.
        init(_ obstacle: String, at command: String, count: Int) throws {
            node = try ScriptedNode()
            let port = node.port
            let left = Mutex(count)
            node.answer { [weak self] request in
                if request.text == "CLUSTER SHARDS" { return .value(ShardsReply.value(ports: [port])) }
                let isMet =
                    request.text == command
                    && left.withLock { left in
                        left -= 1
                        return left >= 0
                    }
                if isMet {
                    return obstacle.isEmpty ? .close : .error(obstacle.replacing("PORT", with: "\(port)"))
                }
                switch request.arguments[0] {
                case "SET": return .text("+QUEUED\r\n")
                case "EXEC":
                    self?.executed.withLock { $0 += 1 }
                    return .text("*2\r\n+OK\r\n+OK\r\n")
                default: return .ok
                }
            }
        }

        func load(_ lines: [String], _ options: String) throws -> Subprocess.Result {
            let words = "-p \(node.port) --pipe \(options)".split(separator: " ").map {
                ByteString(String($0))
            }
            return try Slotline.run(words, input: Array((lines.joined(separator: "\n") + "\n").utf8))
        }
    }

    private var rejects: String {
        (try? String(contentsOfFile: "\(folder.path)/rejects", encoding: .utf8)) ?? "none"
    }

    private static let obstacles: [(command: String, error: String)] =
        ["MULTI", "SET {b}1 1", "SET {b}2 2"].flatMap { command in
            [(command, ""), (command, "LOADING Redis is loading the dataset in memory")]
        }
        + ["SET {b}1 1", "SET {b}2 2", "EXEC"].flatMap { command in
            [
                "CLUSTERDOWN The cluster is down",
                "TRYAGAIN Multiple keys request during rehashing of slot",
                "MASTERDOWN Link with MASTER is down", "MOVED \(slot) 127.0.0.1:PORT",
                "ASK \(slot) 127.0.0.1:PORT",
            ].map { (command, $0) }
        }

    @Test(
        "An interrupted block is started over",
        arguments: obstacles, [1, 3])
    func anInterruptedBlockIsStartedOver(_ obstacle: (command: String, error: String), count: Int) throws {
        let cluster = try Cluster(obstacle.error, at: obstacle.command, count: count)
        let result = try cluster.load(Self.block + Self.block, "--reject \(folder.path)/rejects")
        #expect(result.exitStatus == 0, "\(result.errorText)")
        #expect(result.lines[1].hasPrefix("commands: 8, ok: 8, failed: 0, "))
        #expect(cluster.executedCount == 2)
        #expect(rejects == "")
        #expect(!result.errorText.contains("stdin:"))
    }

    /// A block that may have run, that will be refused again, or that depends on other clients' changes in the
    /// meantime.
    @Test(
        "No other block is started over",
        arguments: [
            (block, "EXEC", "", 4), (["MULTI", "SET {b}1 1", "GET \"open", "EXEC"], "SET {b}1 1", "", 1),
            (["WATCH {b}1"] + block, "SET {b}2 2", "", 1),
            (["WATCH {b}1"] + block, "EXEC", "MOVED \(slot) 127.0.0.1:PORT", 1),
        ])
    func noOtherBlockIsStartedOver(_ lines: [String], command: String, error: String, status: Int32) throws {
        let cluster = try Cluster(error, at: command, count: 1)
        let result = try cluster.load(lines, "--reject \(folder.path)/rejects --retry-for 2 --unblock watch")
        #expect(result.exitStatus == status)
        #expect(cluster.executedCount == 0)
        let unknown =
            (try? String(contentsOfFile: "\(folder.path)/rejects.unknown", encoding: .utf8)) ?? ""
        // Loaded again, the block depends on the same keys.
        #expect((status == 4 ? unknown : rejects) == lines.joined(separator: "\n") + "\n")
        #expect(cluster.node.requests.count { $0.text == command } <= 2)
    }

    @Test("When the time is up, the load stops before the block, and resumes there")
    func aBlockIsGivenUp() throws {
        let cluster = try Cluster("CLUSTERDOWN The cluster is down", at: "SET {b}2 2", count: 1000)
        let options =
            "--reject \(folder.path)/rejects --resume \(folder.path)/checkpoint --retry-for 0.3"
        let comment = "#" + String(repeating: "-", count: 5000)
        let lines = [comment] + Self.block + ["SET {b}3 3"]
        let first = try cluster.load(lines, options)
        #expect(first.exitStatus == 3)
        #expect(first.errorText.contains(": transaction discarded: CLUSTERDOWN The cluster is down\n"))
        #expect(
            first.errorText.hasSuffix(
                """
                stdin:6: stopped; nothing from here on was loaded
                4 commands were not carried out: the same command line, run again, continues with them.

                """))
        #expect(rejects == "")
        let next = try Cluster("", at: "", count: 0)
        let second = try next.load(lines, options)
        #expect(second.exitStatus == 0)
        #expect(second.lines[1].hasPrefix("commands: 5, ok: 5, "))
        #expect(next.executedCount == 1)
        #expect(rejects == "")
    }
}
