import Commands
import RESP
import Routing
import Testing

/// Commands that a read-only session refuses, before anything is sent.
struct ReadOnlyTests {
    private static let node = Node(
        address: NodeAddress(host: "127.0.0.1", port: 7000), id: "", role: .master, isHealthy: true)

    /// - Parameter isKnown: whether the cluster's topology is known.
    private func refusal(_ line: String, isKnown: Bool = true) throws -> CommandFailure? {
        let command = try #require(try Command(words: Tokenizer.words(Array(line.utf8))))
        let topology = Topology(shards: [.init(slots: [0...16_383], nodes: [Self.node])])
        var router = Router()
        router.isReadOnly = true
        do {
            _ = try router.plan(
                for: command, row: CommandTable.row(for: command.arguments),
                view: isKnown ? .cluster(topology) : .standalone, owners: SlotMap(topology), home: Self.node.address)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "Writes, scripts, administration and unknown words are refused, with any target, on any server",
        arguments: [
            "SET k v", "del k", "MSET a 1 b 2", "EVAL s 0", "FCALL f 0", "FUNCTION LOAD code", "FLUSHALL",
            "CONFIG SET a b", "SHUTDOWN", "@all SET k v", "@127.0.0.1:7000 SHUTDOWN", "PUBLISH c m",
            "CLUSTER FAILOVER", "SCRIPT FLUSH", "CLIENT KILL a:1", "DEBUG SLEEP 1", "JSON.SET k", "XREADGROUP",
            "SORT k LIMIT 0 1 store {k}2", "GETEX k EX 1", "getex k persist", "BITFIELD k GET u8 0 SET u8 0 1",
            "BITFIELD k INCRBY u8 0 1", "GEORADIUS k 0 0 1 m STORE {k}2", "GEORADIUSBYMEMBER k a 1 m STOREDIST {k}2",
            "ACL LOG RESET", "acl log reset", "@127.0.0.1:7000 CLUSTER MIGRATION IMPORT 0 1", "SENTINEL CONFIG SET a b",
        ])
    func refused(_ line: String) throws {
        for isKnown in [true, false] {
            guard case .readOnly = try refusal(line, isKnown: isKnown) else {
                Issue.record("\(line) was not refused")
                return
            }
        }
    }

    @Test(
        "Reads and commands about the session are sent",
        arguments: [
            "GET k", "MGET a b", "KEYS *", "SCAN_ITER", "INFO", "CONFIG GET *", "EVAL_RO s 0", "SINTER a b",
            "SORT_RO k",
            "PFCOUNT {a}1 {a}2", "SELECT 0", "AUTH x", "HELLO 3", "MULTI", "SUBSCRIBE c", "MONITOR", "CLIENT SETNAME x",
            "DBSIZE", "SLOWLOG GET", "CLUSTER NODES", "WAIT 1 0", "WAITAOF 1 0 0", "ASKING", "CLIENT CACHING YES",
            "CLIENT CAPA redirect", "QUIT", "SORT k", "SORT k BY w_* GET # ALPHA", "GETEX k", "BITFIELD k GET u8 0",
            "GEORADIUS k 0 0 1 m WITHDIST", "GEORADIUSBYMEMBER k a 1 m", "ACL LOG", "ACL LOG 3",
            "GETEX px", "SORT store", "BITFIELD set GET u8 0", "GEORADIUS STORE 0 0 1 m",
            "@127.0.0.1:7000 CLUSTER MIGRATION STATUS ALL", "@127.0.0.1:7000 SENTINEL CONFIG GET a",
            "@127.0.0.1:7000 DEBUG HELP", "@127.0.0.1:7000 DEBUG DIGEST",
        ])
    func sent(_ line: String) throws {
        #expect(try refusal(line) == nil)
    }

    @Test(
        "Reads that would copy keys to one slot are refused if the keys are in several",
        arguments: ["PFCOUNT a b", "ZUNION 2 a b", "ZINTERCARD 2 a b", "LCS a b", "ZDIFF 2 a b"])
    func gathering(_ line: String) throws {
        guard case .readOnlyAcrossSlots = try refusal(line) else {
            Issue.record("\(line) was not refused")
            return
        }
        #expect(try refusal(line, isKnown: false) == nil)
    }

    @Test("The read-only variant of a command is named, or the words without which it reads")
    func twin() throws {
        #expect(try refusal("SORT k STORE {k}2") == .readOnly(command: "SORT", alternative: "SORT_RO"))
        #expect(try refusal("ACL LOG RESET") == .readOnly(command: "ACL LOG", alternative: "ACL LOG without RESET"))
        #expect(try refusal("GETEX k ex 1") == .readOnly(command: "GETEX", alternative: "GETEX without EX"))
        #expect(try refusal("GETEX px ex 1") == .readOnly(command: "GETEX", alternative: "GETEX without EX"))
        #expect(try refusal("SET k v") == .readOnly(command: "SET", alternative: nil))
    }
}
