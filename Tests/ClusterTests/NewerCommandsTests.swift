import Commands
import RESP
import TestSupport
import Testing

/// Commands of servers newer than Redis 7.0, by every way in. A server that lacks one says so, by every way in.
struct NewerCommandsTests {
    private let cluster: TestCluster

    init() throws {
        cluster = try TestCluster.shared
    }

    private func has(_ name: ByteString) throws -> Bool {
        try cluster.client(cluster.masters[0]).send("COMMAND", "INFO", name).elements.contains { $0.kind == .array }
    }

    /// Runs a line as a one-shot, from a file and in a strict file.
    private func runs(_ line: String) throws -> [Subprocess.Result] {
        [
            try cluster.run(command: line), try cluster.run(file: line + "\n"),
            try cluster.run("--strict", file: line + "\n"),
        ]
    }

    @Test("A key that another node owns is written and read there, by every way in")
    func msetex() throws {
        let key = cluster.key("newer:msetex", on: cluster.masters[1])
        let hasCommand = try has("msetex")
        let line = "MSETEX 1 \(key) value"
        for way in [
            { try cluster.run(command: line) }, { try cluster.run(file: line + "\n") },
            { try cluster.run("--strict", file: line + "\n") }, { try cluster.run("--strict", command: line) },
        ] as [() throws -> Subprocess.Result] {
            let run = try way()
            guard hasCommand else {
                #expect(run.text.contains("unknown command"))
                continue
            }
            #expect(run.text == "1")
            #expect(try cluster.send("GET \(key)", to: cluster.masters[1]).text == "value")
            try cluster.send("DEL \(key)", to: cluster.masters[1])
        }
    }

    @Test("MSETEX over several slots is split, rolled back with NX, and refused with XX and in a strict session")
    func msetexOverSlots() throws {
        let keys = cluster.masters.map { cluster.key("newer:over", on: $0) }
        let line = "MSETEX 3 " + keys.map { "\($0) 1" }.joined(separator: " ")
        guard try has("msetex") else {
            #expect(try cluster.run(command: line).text.contains("unknown command"))
            return
        }
        for file in [false, true] {
            func run(_ options: String = "", _ line: String) throws -> Subprocess.Result {
                file ? try cluster.run(options, file: line + "\n") : try cluster.run(options, command: line)
            }
            _ = try cluster.run("", ["DEL"] + keys.map { ByteString($0) })
            let strict = try run("--strict", line)
            #expect(strict.exitStatus == 1 && strict.errorText.contains("3 slots"))
            #expect(try run("", line + " XX").errorText.contains("XX a value"))
            #expect(try run("", "EXISTS " + keys.joined(separator: " ")).text == "0")
            #expect(try run("", line + " EX 100").text == "1")
            #expect(try run("", line + " NX").text == "0")
            for (key, master) in zip(keys, cluster.masters) {
                #expect(try cluster.send("GET \(key)", to: master).text == "1")
                #expect(try (1...100).contains(cluster.send("TTL \(key)", to: master).integer ?? 0))
            }
        }
    }

    @Test("A vector set is read in a read-only session, at its master and at a replica")
    func vectors() throws {
        let key = cluster.key("newer:vectors", on: cluster.masters[1])
        let lines = ["VCARD \(key)", "@\(cluster.replicas[1]) VCARD \(key)"]
        guard try has("vcard") else {
            for line in lines {
                for run in try runs(line) { #expect(run.text.contains("unknown command")) }
            }
            return
        }
        #expect(try cluster.run(command: "VADD \(key) VALUES 2 1 2 element").text == "1")
        #expect(try cluster.send("WAIT 1 5000", to: cluster.masters[1]).integer == 1)
        for line in lines {
            #expect(try cluster.run("--read-only", command: line).text == "1")
            #expect(try cluster.run("--read-only", file: line + "\n").text == "1")
            for run in try runs(line) { #expect(run.text == "1") }
        }
    }

    @Test("The command log is reset at every node")
    func commandLog() throws {
        guard try has("commandlog") else {
            #expect(try cluster.run(command: "COMMANDLOG RESET slow").text.contains("unknown command"))
            return
        }
        for run in try [cluster.run(command: "COMMANDLOG RESET slow"), cluster.run(file: "COMMANDLOG RESET slow\n")] {
            #expect(run.lines.count == cluster.nodes.count && run.lines.allSatisfy { $0.hasSuffix("OK") })
        }
    }

    @Test("A command about a slot that any node would answer goes to its owner")
    func slots() throws {
        let key = cluster.key("newer:slot", on: cluster.masters[1])
        let slot = HashSlot(key: ByteString(key)).number
        try cluster.send("SET \(key) value", to: cluster.masters[1])
        for run in try runs("CLUSTER COUNTKEYSINSLOT \(slot)") { #expect(run.text == "1") }
        for run in try runs("CLUSTER GETKEYSINSLOT \(slot) 10") { #expect(run.text == key) }
        let flush = try cluster.run(command: "CLUSTER FLUSHSLOT \(slot)")
        let hasFlush = try has("cluster|flushslot")
        #expect(hasFlush ? flush.text == "OK" : flush.text.lowercased().contains("unknown subcommand"), "\(flush.text)")
        #expect(try cluster.send("EXISTS \(key)", to: cluster.masters[1]) == .integer(hasFlush ? 0 : 1))
    }

    @Test("MOVE is left to the server where nodes have several databases")
    func move() throws {
        let key = cluster.key("newer:move", on: cluster.masters[1])
        let line = "MOVE \(key) 1"
        // On a server that cannot do it, MOVE stays blocked.
        guard try TestCluster.hasDatabases else {
            #expect(try cluster.run(command: line).errorText.contains("blocked"))
            return
        }
        let several = try TestCluster(options: TestCluster.severalDatabases)
        defer { several.stop() }
        for file in [false, true] {
            try several.send("SET \(key) value", to: several.masters[1])
            let run = file ? try several.run(file: line + "\n") : try several.run(command: line)
            #expect(run.text == "1")
            #expect(try several.run("-n 1", command: "GETDEL \(key)").text == "value")
        }
    }

    @Test("SUNIONCARD and SDIFFCARD over slots are counted here, or the server lacks them")
    func setCounts() throws {
        let keys = cluster.masters.map { cluster.key("newer:set", on: $0) }
        for (number, (key, master)) in zip(keys, cluster.masters).enumerated() {
            try cluster.send("SADD \(key) a b\(number)", to: master)
        }
        let line = "3 " + keys.joined(separator: " ")
        for (name, count) in [("SUNIONCARD", "4"), ("SDIFFCARD", "1"), ("SINTERCARD", "1")] {
            let text = try cluster.run(command: "\(name) \(line)").text
            #expect(
                try has(ByteString(name.lowercased())) ? text == count : text.contains("unknown command"), "\(name)")
        }
    }
}
