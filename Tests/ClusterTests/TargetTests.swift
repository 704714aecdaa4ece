import Commands
import RESP
import Routing
import TestSupport
import Testing

/// The word before a command that says where it goes, and keys that do not belong together.
struct TargetTests {
    private let cluster: TestCluster

    init() throws {
        cluster = try TestCluster.shared
    }

    // MARK: Targets of many nodes

    @Test("Targets of many nodes give a dictionary") func targetsOfManyNodesGiveADictionary() throws {
        let targets = [("@all", cluster.nodes), ("@masters", cluster.masters), ("@Replicas", cluster.replicas)]
        for (target, nodes) in targets {
            // Without a target, ROLE goes to one node, and the replies of KEYS are merged.
            for command in ["ROLE", "keys nothing:*", "PING"] {
                let json = try cluster.run("--json", command: "\(target) \(command)")
                #expect(json.exitStatus == 0)
                #expect(try JSON(json.text).members.keys.sorted() == nodes.map(\.description).sorted())
                let raw = try cluster.run(command: "\(target) \(command)")
                #expect(try raw.linesByNode().keys.sorted() == nodes.map(\.description).sorted())
            }
        }
    }

    @Test("Masters are in the order of their slots, with their replicas")
    func mastersAreInTheOrderOfTheirSlotsWithTheirReplicas() throws {
        let order = zip(cluster.masters, cluster.replicas).flatMap { [$0.description, $1.description] }
        #expect(try cluster.run(command: "PING").lines == order.map { "\($0)\tPONG" })
        #expect(try cluster.run("--csv", command: "PING").lines == order.map { "\"\($0)\",\"PONG\"" })
    }

    @Test("The terminal format names roles") func theTerminalFormatNamesRoles() throws {
        let lines = try cluster.run("--no-raw", command: "DBSIZE").lines
        #expect(lines.count == 7)
        #expect(lines.count { $0.contains("  master   (integer) ") } == 3)
        #expect(lines.count { $0.contains("  replica  (integer) ") } == 3)
        #expect(lines.last?.hasPrefix("total") == true)
        #expect(lines.last?.hasSuffix("over 3 masters") == true)
    }

    // MARK: Targets of one node

    @Test("A node is named by its address or ID") func aNodeIsNamedByItsAddressOrID() throws {
        for node in cluster.nodes {
            let id = try cluster.send("CLUSTER MYID", to: node).text
            #expect(try cluster.run(command: "@\(node) CLUSTER MYID").text == id)
            #expect(try cluster.run(command: "@\(id) CLUSTER MYID").text == id)
            #expect(try cluster.run(command: "@\(id.prefix(14).uppercased()) CLUSTER MYID").text == id)
            #expect(try cluster.run("--json", command: "@\(node) PING").text == "\"PONG\"")
        }
        #expect(try cluster.run(file: "@\(cluster.masters[2]) PING\n").text == "PONG")
    }

    @Test("A node is named by what it owns") func aNodeIsNamedByWhatItOwns() throws {
        let ids = try cluster.masters.map { try cluster.send("CLUSTER MYID", to: $0).text }
        for (slot, index) in [(0, 0), (5460, 0), (5461, 1), (10921, 1), (10922, 2), (16383, 2)] {
            #expect(try cluster.run(command: "@slot:\(slot) CLUSTER MYID").text == ids[index])
        }
        for (master, id) in zip(cluster.masters, ids) {
            let key = cluster.key("target:", on: master)
            #expect(try cluster.run(command: "@key:\(key) CLUSTER MYID").text == id)
        }
        let all = try cluster.nodes.map { try cluster.send("CLUSTER MYID", to: $0).text }
        #expect(all.contains(try cluster.run(command: "@random CLUSTER MYID").text))
    }

    @Test(
        "A target that is not a node is an error",
        arguments: [
            "@nowhere PING", "@slot:16384 PING", "@slot:x PING", "@slot: PING", "@127.0.0.1:99999 PING",
            "@127.0.0.1 PING",
            "@0000000000000000000000000000000000000000 PING",
        ])
    func aTargetThatIsNotANodeIsAnError(_ command: String) throws {
        try expectNoReply(to: command, code: "ERR", status: 1)
    }

    /// The cluster may not know a node by the name it has here, so any address is tried.
    @Test(
        "An address without a server is a failed connection",
        arguments: ["@127.0.0.1:1 GET a", "@127.0.0.1:1 DBSIZE", "@127.0.0.1:1 SHUTDOWN"])
    func anAddressWithoutAServerIsAFailedConnection(_ command: String) throws {
        try expectNoReply(to: command, code: "NOCONN", status: 3)
    }

    private func expectNoReply(to command: String, code: String, status: Int32) throws {
        let file = try cluster.run("--json", file: "DBSIZE\n\(command)\nECHO on\n")
        let replies = try file.json()
        #expect(replies.count == 3)
        #expect(replies[1].error?.hasPrefix("\(code) ") == true)
        #expect(file.exitStatus == status)
        let oneShot = try cluster.run(command: command)
        #expect(oneShot.outputText == "")
        #expect(oneShot.errorText != "")
        #expect(oneShot.exitStatus == status)
    }

    @Test("An ambiguous ID prefix is refused") func anAmbiguousIDPrefixIsRefused() throws {
        let ids = try cluster.nodes.map { try cluster.send("CLUSTER MYID", to: $0).text }
        let digits = Dictionary(grouping: ids) { String($0.prefix(1)) }
        for (digit, owners) in digits {
            let result = try cluster.run(command: "@\(digit) CLUSTER MYID")
            #expect(result.exitStatus == (owners.count == 1 ? 0 : 1))
            #expect(result.text == (owners.count == 1 ? owners[0] : ""))
            if owners.count > 1 { for id in owners { #expect(result.errorText.contains(id)) } }
        }
    }

    @Test("A target without a command is a usage error") func aTargetWithoutACommandIsAUsageError() throws {
        let result = try cluster.run(command: "@all")
        #expect(result.exitStatus == 2)
        #expect(result.errorText.contains("@all"))
    }

    // MARK: Keys at a named node

    @Test("A replica answers reads") func aReplicaAnswersReads() throws {
        for (master, replica) in zip(cluster.masters, cluster.replicas) {
            let key = cluster.key("replicated:", on: master)
            let client = try cluster.client(master)
            try client.send("SET", ByteString(key), "value")
            #expect(try client.send("WAIT", "1", "10000").integer == 1)
            #expect(try cluster.run(command: "@\(replica) GET \(key)").text == "value")
            let file = "DBSIZE\n@\(replica) GET \(key)\n@replicas GET \(key)\n"
            let replies = try cluster.run("--json", file: file).json()
            #expect(replies[1] == "value")
            #expect(replies[2][replica.description] == "value")
            #expect(replies[2].members.values.count { $0.error?.hasPrefix("MOVED ") == true } == 2)
        }
    }

    @Test("MOVED is shown when the node was named") func movedIsShownWhenTheNodeWasNamed() throws {
        let key = cluster.key("elsewhere:", on: cluster.masters[2])
        let slot = HashSlot(key: ByteString(key)).number
        let moved = "MOVED \(slot) \(cluster.masters[2])"
        let raw = try cluster.run(command: "@\(cluster.masters[0]) SET \(key) x")
        #expect(raw.text == moved + "\n")
        #expect(raw.exitStatus == 1)
        #expect(
            try cluster.run("--json", command: "@\(cluster.masters[0]) GET \(key)").text == "{\"error\":\"\(moved)\"}")
        #expect(try cluster.run(command: "@\(cluster.replicas[2]) SET \(key) x").text == moved + "\n")
        #expect(try cluster.run(command: "EXISTS \(key)").text == "0")
    }

    // MARK: Keys of several slots

    /// Commands over two slots that no plan can help: there is no telling what their code does with the keys.
    @Test(
        "Keys of several slots are listed with their slots and nodes",
        arguments: ["EVAL 'return 1' 2 a b", "EVALSHA abc 2 a b", "FCALL f 2 a b"])
    func keysOfSeveralSlotsAreListedWithTheirSlotsAndNodes(_ command: String) throws {
        let result = try cluster.run(command: command)
        #expect(result.exitStatus == 1)
        #expect(result.outputText == "")
        for key in ["a", "b"] {
            #expect(result.errorText.contains("\"\(key)\""))
            #expect(result.errorText.contains("slot \(HashSlot(key: ByteString(key)).number)"))
            #expect(result.errorText.contains(cluster.owner(of: ByteString(key)).description))
        }
        #expect(result.errorText.contains("{tag}"))
        let json = try cluster.run("--json", file: "\(command)\nECHO on\n").json()
        #expect(json.count == 2)
        #expect(json.first?.error?.hasPrefix("CROSSSLOT ") == true)
    }

    @Test(
        "A strict session asks the server",
        arguments: ["MGET a b", "EVAL 'return 1' 2 a b", "LCS a b"])
    func aStrictSessionAsksTheServer(_ command: String) throws {
        let result = try cluster.run("--strict", command: command)
        #expect(result.text == "CROSSSLOT Keys in request don't hash to the same slot\n")
        #expect(result.exitStatus == 1)
    }
}
