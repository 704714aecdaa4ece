import Foundation
import RESP
import Routing
import TestSupport
import Testing

/// `--diagnose` on clusters and servers that work, and on some that do not.
struct DiagnosisTests {
    private static func words(_ text: String) -> [ByteString] {
        text.split(separator: " ").map { ByteString(String($0)) }
    }

    /// The contents of a report: "step result" for each step, and the options it advises.
    private static func report(_ result: Subprocess.Result) throws -> (steps: [String], advice: [String]) {
        let report = try JSON(result.text)
        func texts(_ list: String, _ fields: [String]) -> [String] {
            (report.members[list]?.elements ?? []).map { entry in
                fields.map { entry.members[$0]?.text ?? "" }.joined(separator: " ")
            }
        }
        return (texts("steps", ["step", "result"]), texts("advice", ["options"]))
    }

    @Test("A working cluster needs no change") func aWorkingClusterNeedsNoChange() throws {
        let cluster = try TestCluster.shared
        for command in ["--diagnose", ":diagnose"] {
            let result = try cluster.run(command)
            #expect(result.exitStatus == 0, "\(result.outputText)")
            #expect(result.text.hasSuffix("Nothing to change."))
            for node in cluster.nodes { #expect(result.lines.contains(node.description), "\(result.outputText)") }
        }
        let (steps, advice) = try Self.report(try cluster.run("--json --diagnose"))
        #expect(advice.isEmpty)
        #expect(steps.allSatisfy { $0.hasSuffix(" ok") }, "\(steps)")
        #expect(steps.count { $0 == "TCP ok" } == 6)
        #expect(
            try cluster.run("--diagnose").text.contains("3 masters and 3 replicas, according to \(cluster.nodes[0])"))
        #expect(
            Set(steps)
                == Set(["TCP", "user", "server", "clock", "rights", "topology", "views", "slots"].map { "\($0) ok" }))
    }

    @Test("A standalone server is recognized") func aStandaloneServerIsRecognized() throws {
        let server = try RedisServer()
        let result = try Slotline.run(["-p", ByteString("\(server.port)"), "--diagnose"])
        #expect(result.exitStatus == 0)
        #expect(result.text.contains("a standalone server"))
        #expect(result.text.hasSuffix("Nothing to change."))
    }

    @Test("A server that is not running is reported") func aServerThatIsNotRunningIsReported() throws {
        let port = ByteString("\(try Loopback.freePort())")
        let result = try Slotline.run(["-p", port, "--json", "--diagnose"])
        #expect(result.exitStatus == 3)
        #expect(try Self.report(result) == (["TCP failed"], ["-h HOST -p PORT"]))
        let unknown = try Slotline.run(["-h", "no.such.host.invalid", "--json", "--diagnose"])
        #expect(unknown.exitStatus == 3)
        #expect(try Self.report(unknown).steps == ["name failed"])
    }

    @Test("Missing rights of the user are reported") func missingRightsOfTheUserAreReported() throws {
        let server = try RedisServer()
        func acl(_ words: String) throws { #expect(try server.send(Self.words("ACL SETUSER \(words)")) == .ok) }
        try acl("joe on >sesame ~* &* +@all -restore -scan")
        try acl("poor on >sesame ~* +@read +@connection +acl|whoami")
        try acl("poorer on >sesame ~* +@read +@connection")
        try acl("app on >sesame ~app:* &* +@all")
        // Since Redis 7.
        let tellsRights = try !server.send(Self.words("ACL DRYRUN joe GET a")).isError
        try acl("default off")
        func diagnose(_ options: String) throws -> Subprocess.Result {
            try Slotline.run(["-p", ByteString("\(server.port)"), "--json"] + Self.words(options) + ["--diagnose"])
        }
        let nobody = try diagnose("")
        #expect(nobody.exitStatus == 1)
        #expect(try Self.report(nobody).steps.contains("user failed"))
        #expect(try Self.report(nobody).advice == ["--user NAME --askpass"])
        let refused = try diagnose("--user joe -a wrong --no-auth-warning")
        #expect(refused.exitStatus == 3)
        #expect(try Self.report(refused) == (["TCP ok", "user failed"], ["--user NAME --askpass"]))
        let joe = try diagnose("--user joe -a sesame --no-auth-warning")
        #expect(joe.exitStatus == 0, "\(joe.outputText)")
        if tellsRights {
            #expect(joe.text.contains("joe may not run RESTORE, for cross-slot commands"))
            #expect(joe.text.contains("joe may not run SCAN, for commands about all keys"))
            #expect(try Self.report(joe).advice == ["--user NAME"])
            let app = try diagnose("--user app -a sesame --no-auth-warning")
            #expect(app.text.contains("app may not use keys that begin with slotline:"))
            #expect(try Self.report(app).advice == ["--key-prefix PREFIX"])
        } else {
            #expect(joe.text.contains("ACL DRYRUN was refused"))
        }
        // In a session, the current user counts.
        let later = try Slotline.run(
            ["-p", ByteString("\(server.port)"), "--json"], input: Array("AUTH joe sesame\n:diagnose\n".utf8))
        #expect(later.text.contains(#""step":"topology","result":"ok""#), "\(later.outputText)")
        #expect(try diagnose("--user poor -a sesame --no-auth-warning").text.contains("ACL DRYRUN was refused"))
        #expect(try diagnose("--user poorer -a sesame --no-auth-warning").text.contains("ACL WHOAMI was refused"))
        for result in [nobody, refused, joe] { #expect(!result.outputText.contains("sesame")) }
    }

    @Test("A user who may not ask for the nodes needs another")
    func aUserWhoMayNotAskForTheNodesNeedsAnother() throws {
        let server = try RedisServer(["--cluster-enabled", "yes"])
        #expect(try server.send(Self.words("ACL SETUSER few on nopass ~* +get")) == .ok)
        let options = "-p \(server.port) --user few -a x --no-auth-warning --json --diagnose"
        let result = try Slotline.run(Self.words(options))
        #expect(result.exitStatus == 1)
        #expect(try Self.report(result).advice == ["--user NAME"], "\(result.outputText)")
    }

    @Test("A password for a server that has none is reported as such")
    func aPasswordForAServerThatHasNone() throws {
        let server = try RedisServer()
        let options = "-p \(server.port) -a x --no-auth-warning --json --diagnose"
        let result = try Slotline.run(Self.words(options))
        #expect(result.exitStatus == 3)
        #expect(try Self.report(result) == (["TCP ok", "user failed"], ["without a password"]))
    }

    /// As with Valkey 9.1.
    @Test("A database that the user may not use is reported, and the server is named by HELLO where INFO is refused")
    func aDatabaseThatTheUserMayNotUse() throws {
        let node = try ScriptedNode { request in
            switch request.text {
            case "ACL WHOAMI": .value(.bulk("dbu"))
            case "ACL GETUSER dbu":
                .value(.array([.bulk("commands"), .bulk("+@all"), .bulk("databases"), .bulk("db=1")]))
            case "ACL DRYRUN dbu DBSIZE", "ACL DRYRUN dbu SCAN 0":
                .value(.bulk("User dbu has no permissions to access database dbsize"))
            case _ where request.text.hasPrefix("ACL DRYRUN"): .ok
            case "HELLO": .value(.array([.bulk("server"), .bulk("valkey"), .bulk("version"), .bulk("9.1.2")]))
            case "INFO server": .error("NOPERM User dbu has no permissions to run the 'info' command")
            case _ where request.text.hasPrefix("CLUSTER"): .error("ERR This instance has cluster support disabled")
            default: .error("ERR unknown command")
            }
        }
        defer { node.stop() }
        let result = try Slotline.run(["-p", ByteString("\(node.port)"), "--json", "--diagnose"])
        #expect(result.exitStatus == 1)
        #expect(result.text.contains("dbu may not use database 0"), "\(result.outputText)")
        #expect(!result.text.contains("DBSIZE"))
        #expect(result.text.contains("valkey 9.1.2"))
        #expect(try Self.report(result).advice == ["-n NUMBER"])
    }

    @Test("The cluster is asked at a node that can describe it, and a node that runs no commands says why")
    func aBusyNode()
        throws
    {
        let nodes = try [ScriptedNode(), ScriptedNode()]
        defer { for node in nodes { node.stop() } }
        let ports = nodes.map(\.port)
        let gone = String(repeating: "0", count: 40)
        let own = String(repeating: "1", count: 40)
        nodes[0].answer { _ in .error("BUSY Redis is busy running a script.") }
        nodes[1].answer { request in
            switch request.text {
            case "CLUSTER SHARDS": .value(ShardsReply.value(ports: ports, health: ["fail", "online"]))
            case "CLUSTER MYID": .value(.bulk(ByteString(own)))
            case "CLUSTER NODES":
                .value(
                    .bulk(
                        ByteString(
                            """
                            \(gone) 127.0.0.1:\(ports[0])@1 master,fail - 0 0 1 connected 0-8191
                            \(own) 127.0.0.1:\(ports[1])@1 myself,master - 0 0 1 connected 8192-16383

                            """)))
            default: .error("ERR unknown command")
            }
        }
        let uri = "redis://127.0.0.1:\(ports[0]),127.0.0.1:\(ports[1])"
        let result = try Slotline.run(["-u", ByteString(uri), "--json", "--diagnose"])
        let (steps, advice) = try Self.report(result)
        #expect(steps.contains("commands failed") && steps.contains("topology ok"), "\(result.outputText)")
        #expect(result.text.contains("BUSY Redis is busy running a script."))
        #expect(steps.contains("slots failed"))
        #expect(result.text.contains("8192 not served, because their master has failed"), "\(result.outputText)")
        #expect(advice == ["restart 127.0.0.1:\(ports[0])"])
    }

    @Test(
        "A node that cannot be reached is looked for elsewhere, unless the other nodes have lost it as well",
        arguments: [
            ("master", "connected", "--map 127.0.0.1:%=HOST:PORT"), ("master", "disconnected", "restart 127.0.0.1:%"),
            ("master,fail?", "connected", "restart 127.0.0.1:%"),
        ])
    func aNodeOutOfReach(flags: String, link: String, expected: String) throws {
        let node = try ScriptedNode()
        defer { node.stop() }
        let ports = [try Loopback.freePort(), node.port]
        let ids = ["0", "1"].map { String(repeating: $0, count: 40) }
        node.answer { request in
            switch request.text {
            case "CLUSTER SHARDS": .value(ShardsReply.value(ports: ports))
            case "CLUSTER MYID": .value(.bulk(ByteString(ids[1])))
            case "CLUSTER NODES":
                .value(
                    .bulk(
                        ByteString(
                            """
                            \(ids[0]) 127.0.0.1:\(ports[0])@1 \(flags) - 0 0 1 \(link) 0-8191
                            \(ids[1]) 127.0.0.1:\(ports[1])@1 myself,master - 0 0 1 connected 8192-16383

                            """)))
            default: .error("ERR unknown command")
            }
        }
        // Whether it is a seed or not.
        for seeds in [ports.suffix(1), ports[...]] {
            let uri = "redis://" + seeds.map { "127.0.0.1:\($0)" }.joined(separator: ",")
            let advice = try Self.report(try Slotline.run(["-u", ByteString(uri), "--json", "--diagnose"])).advice
            #expect(advice == [expected.replacing("%", with: "\(ports[0])")])
        }
    }

    @Test("Slots that are unowned or moving are reported") func slotsThatAreUnownedOrMovingAreReported() throws {
        let cluster = try TestCluster()
        defer { cluster.stop() }
        let ids = try cluster.masters.map { try cluster.send("CLUSTER MYID", to: $0).text }
        try cluster.send("CLUSTER SETSLOT 100 MIGRATING \(ids[1])", to: cluster.masters[0])
        let moving = try cluster.run("--json --diagnose")
        #expect(moving.exitStatus == 0)
        #expect(try Self.report(moving).steps.contains("slots warning"))
        #expect(moving.text.contains("being moved: 100"))
        for node in cluster.nodes { try cluster.send("CLUSTER DELSLOTS 200", to: node) }
        let uncovered = try cluster.run("--json --diagnose")
        #expect(uncovered.exitStatus == 1)
        #expect(uncovered.text.contains("1 without an owner"), "\(uncovered.outputText)")
    }
}
