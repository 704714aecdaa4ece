import Commands
import RESP
import Routing
import Testing

/// What is refused before anything is sent, and why.
struct RouterTests {
    private static let nodes = (0..<2).map { number in
        Node(
            address: NodeAddress(host: "127.0.0.1", port: 7000 + number), id: "", role: .master, isHealthy: true)
    }
    private static let topology = Topology(shards: [
        .init(slots: [0...8191], nodes: [nodes[0]]), .init(slots: [8192...16_383], nodes: [nodes[1]]),
    ])

    private func failure(
        _ line: String, row: CommandSpec? = nil, view: ClusterView = .cluster(topology),
        _ change: (inout Router) -> Void = { _ in }
    ) throws -> CommandFailure? {
        let command = try #require(try Command(words: Tokenizer.words(Array(line.utf8))))
        var router = Router()
        change(&router)
        do {
            let plan = try router.plan(
                for: command, row: row ?? CommandTable.row(for: command.arguments), view: view,
                owners: SlotMap(Self.topology), home: Self.nodes[0].address)
            #expect(plan != nil)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "A strict session refuses what a server may not check, and leaves the rest for the server to refuse",
        arguments: [("MSETEX 2 a 1 b 2", true), ("MSET a 1 b 2", false), ("MSETEX 2 {a}1 1 {a}2 2", false)])
    func strict(line: String, isRefused: Bool) throws {
        let failure = try failure(line) { $0.isStrict = true }
        if isRefused {
            guard case .crossSlot = failure else {
                Issue.record("\(line) was not refused")
                return
            }
        } else {
            #expect(failure == nil)
        }
    }

    @Test(
        "A client ID belongs to one node",
        arguments: [
            ("CLIENT KILL ID 5", "CLIENT KILL"), ("CLIENT KILL TYPE normal ID 5", "CLIENT KILL"),
            ("@all CLIENT KILL ID 5", "CLIENT KILL"), ("client unblock 5", "CLIENT UNBLOCK"),
            ("CLIENT KILL ADDR a:1", nil), ("CLIENT KILL a:1", nil), ("CLIENT KILL USER ID", nil),
            ("@127.0.0.1:7001 CLIENT KILL ID 5", nil), ("CLIENT UNBLOCK", nil),
            ("client tracking on bcast redirect 5", "CLIENT TRACKING"), ("CLIENT TRACKING ON REDIRECT 0", nil),
            ("CLIENT TRACKING ON BCAST PREFIX x", nil),
        ] as [(String, String?)])
    func clientIDs(line: String, command: String?) throws {
        let isOfSession = command == "CLIENT TRACKING"
        #expect(try failure(line) == command.map { .clientNeedsNode(command: $0, isOfSession: isOfSession) })
    }

    @Test(
        "On a standalone server a target is the server, or an error that says why not",
        arguments: [
            ("@replicas DBSIZE", "@replicas"), ("@7999 PING", "@7999"), ("@abc1 PING", "@abc1"),
            ("@masters DBSIZE", nil), ("@all PING", nil),
            ("@slot:5 PING", nil), ("@key:a GET a", nil), ("@random PING", nil), ("@7000 PING", nil),
        ] as [(String, String?)])
    func standaloneTargets(line: String, missing: String?) throws {
        let home = Self.nodes[0].address
        #expect(try failure(line, view: .standalone) == missing.map { .noSuchNode(target: $0, butServer: home) })
    }

    @Test("A server on its own is called neither master nor replica", arguments: ["@all PING", "@masters PING"])
    func standaloneRole(line: String) throws {
        let command = try #require(try Command(words: Tokenizer.words(Array(line.utf8))))
        let plan = try Router().plan(
            for: command, row: CommandTable.row(for: command.arguments), view: .standalone, owners: SlotMap(),
            home: Self.nodes[0].address)
        guard case .fanOut(let fanOut) = plan else {
            Issue.record("\(String(describing: plan))")
            return
        }
        #expect(fanOut.nodes.map(\.role.rawValue) == ["server"] && fanOut.nodes.allSatisfy(\.holdsKeys))
    }

    @Test("A command whose effect is one node's says so on a cluster, once it is known to be one")
    func sessionNode() throws {
        let row = try #require(CommandTable.row(for: ["ROLE"]))
        func plan(_ view: ClusterView) throws -> Plan? {
            try Router().plan(
                for: Command(["ROLE"]), row: row, view: view, owners: SlotMap(), home: Self.nodes[0].address)
        }
        #expect(try plan(.unknown) == nil)
        for (view, scope) in [(.cluster(Self.topology), .ofItself(nodes: 2)), (.standalone, .ofAll)]
            as [(ClusterView, SinglePlan.Scope)]
        {
            guard case .single(let single) = try plan(view) else {
                Issue.record("no single request")
                return
            }
            #expect(single.tells == scope && single.request.route == .home)
        }
    }

    @Test("A command that would silence its connection is refused by its full name")
    func silence() throws {
        #expect(try failure("client reply off") == .silencesReplies(command: "CLIENT REPLY"))
        #expect(try failure("@127.0.0.1:7001 psync a 1") == .silencesReplies(command: "PSYNC"))
    }

    @Test(
        "A block is lifted by a target of one place, and MOVE's by a cluster with several databases",
        arguments: [
            ("BITOP NOT {b}d {b}x", false), ("@key:{b} BITOP NOT {b}d {b}x", true), ("@slot:3300 RESTORE b 0 x", true),
            ("@random BITOP NOT {b}d {b}x", false), ("@masters WATCH b", false), ("databases MOVE b 1", true),
            ("MOVE b 1", false), ("databases SHUTDOWN", false),
        ])
    func blocks(line: String, isLifted: Bool) throws {
        let failure = try failure(line.replacing("databases ", with: "")) {
            $0.hasDatabases = line.hasPrefix("databases")
        }
        guard !isLifted else {
            #expect(failure == nil)
            return
        }
        guard case .blocked = failure else {
            Issue.record("\(line) was not blocked")
            return
        }
    }

    @Test("A read-only session names the command it refuses, even one that was learned")
    func readOnlyWord() throws {
        let info = RESPValue.array(
            [.bulk("vadd"), .integer(-2), .array([.status("write")])]
                + [1, 1, 1].map(RESPValue.integer))
        let row = try #require(CommandSpec(commandInfo: info))
        #expect(
            try failure("mod.add k", row: row) { $0.isReadOnly = true }
                == .readOnly(command: "MOD.ADD", alternative: nil))
    }

    @Test(
        "A failed and replaced master is among the nodes, but no key is looked for or counted there",
        arguments: [
            ("DBSIZE", "abc"), ("KEYS *", "ac"), ("SCAN_ITER", "ac"), ("RANDOMKEY", "ac"), ("FLUSHALL", "ac"),
            ("@masters DBSIZE", "ac"), ("@all DBSIZE", "abcd"), ("PING", "abcd"), ("CONFIG SET a b", "abcd"),
        ])
    func replacedMaster(line: String, hosts: String) throws {
        func node(_ host: String, _ role: Role, isHealthy: Bool = true) -> Node {
            Node(address: NodeAddress(host: host, port: 7000), id: host, role: role, isHealthy: isHealthy)
        }
        let topology = Topology(shards: [
            Shard(slots: [0...8191], nodes: [node("a", .master), node("b", .replica)]),
            // No node has taken over from this one.
            Shard(slots: [8192...16_383], nodes: [node("c", .master, isHealthy: false)]),
            Shard(slots: [], nodes: [node("d", .master, isHealthy: false)]),
        ])
        let command = try #require(try Command(words: Tokenizer.words(Array(line.utf8))))
        let nodes = Router().firstNodes(of: command, row: CommandTable.row(for: command.arguments), in: topology)
        #expect(nodes.map(\.host).joined() == hosts)
    }

    @Test(
        "A kept topology shows where a command about many nodes will go",
        arguments: [
            ("DBSIZE", "abc"), ("FLUSHALL", "ac"), ("RANDOMKEY", "ac"), ("INFO", "abc"), ("@all GET k", "abc"),
            ("@replicas INFO", "b"), ("GET k", ""), ("MGET a b c", ""), ("NOSUCHWORD", ""),
        ])
    func firstNodes(line: String, hosts: String) throws {
        let hint = try #require(Topology(hint: "master a:7000\nreplica b:7000\nmaster c:7000\n"))
        let command = try #require(try Command(words: Tokenizer.words(Array(line.utf8))))
        let nodes = Router().firstNodes(of: command, row: CommandTable.row(for: command.arguments), in: hint)
        #expect(nodes.map(\.host).joined() == hosts)
    }
}
