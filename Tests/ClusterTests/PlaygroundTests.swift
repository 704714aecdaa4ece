import Foundation
import RESP
import TestSupport
import Testing

/// The throwaway cluster leaves nothing behind.
struct PlaygroundTests {
    private let folder: TemporaryFolder
    private let environment: [String: String]

    init() throws {
        folder = try TemporaryFolder()
        environment = ["TMPDIR": folder.path]
    }

    private let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"

    /// Processes that belong to the folder: servers, which work in it, and their guard, whose arguments name it.
    private var processes: [String] {
        let files = FileManager.default
        return ((try? files.contentsOfDirectory(atPath: "/proc")) ?? []).filter { entry in
            guard Int(entry) != nil else { return false }
            let words = String(decoding: files.contents(atPath: "/proc/\(entry)/cmdline") ?? Data(), as: UTF8.self)
            let place = try? files.destinationOfSymbolicLink(atPath: "/proc/\(entry)/cwd")
            return words.contains(folder.path) || place?.hasPrefix(folder.path) == true
        }
    }

    @Test("A single command runs on its own cluster") func aSingleCommandRunsOnItsOwnCluster() throws {
        let result = try Slotline.run(["--playground", "PING"], environment: environment)
        #expect(result.exitStatus == 0)
        #expect(result.errorText == "")
        #expect(try result.linesByNode().values.map { $0 } == Array(repeating: ["PONG"], count: 6))
        let debug = try Slotline.run(["--playground", "@random", "DEBUG", "SLEEP", "0"], environment: environment)
        #expect(debug.text == "OK")
        #expect(processes == [])
        #expect(folder.contents == [])
    }

    @Test(
        "A playground whose server cannot be run is not started, and the reason is the system's",
        arguments: [
            ("nosuch-server", "The program \"nosuch-server\" was not found on PATH."),
            ("/dev/null", "Cannot run \"/dev/null\": Permission denied."),
            ("/dev/null/server", "Cannot run \"/dev/null/server\": Not a directory."),
            ("/dev", "Cannot run \"/dev\": Is a directory."),
            ("/nonexistent/server", "Cannot run \"/nonexistent/server\": No such file or directory."),
        ] as [(ByteString, String)])
    func unusableServer(name: ByteString, error: String) throws {
        let result = try Slotline.run(["--playground", "--server", name, "PING"], environment: environment)
        #expect(result.exitStatus == 2)
        #expect(result.errorText.contains(error), "\(result.errorText)")
    }

    @Test("For a folder, the server in it is suggested")
    func folderOfServer() throws {
        let programs = try TemporaryFolder()
        let program = try programs.write("", to: "valkey-server")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        for name in [programs.path, "\(programs.path)/"] {
            let result = try Slotline.run(
                ["--playground", "--server", ByteString(name), "PING"], environment: environment)
            #expect(result.exitStatus == 2)
            #expect(result.errorText.contains("Did you mean \(program)?"), "\(result.errorText)")
        }
    }

    @Test("The first server on PATH is started, whichever it is")
    func firstServer() throws {
        let programs = try TemporaryFolder()
        let script = "#!/bin/sh\necho started by valkey-server\nexit 1\n"
        let program = "\(programs.path)/valkey-server"
        try script.write(toFile: program, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let result = try Slotline.run(
            ["--playground", "PING"], environment: ["TMPDIR": folder.path, "PATH": "\(programs.path):\(path)"])
        #expect(result.exitStatus == 3)
        #expect(result.errorText.replacing("\n", with: " ").contains("\(program): started by valkey-server"))
    }

    @Test("The user chooses the shape") func theUserChoosesTheShape() throws {
        let file = "@masters PING\n@replicas PING\nSET a b\nGET a\n"
        let result = try Slotline.run(
            ["--playground", "--shape", "4x0", "--aggregate"], input: Array(file.utf8), environment: environment)
        #expect(result.lines.count { $0.hasSuffix("\tPONG") } == 4)
        #expect(result.lines.suffix(2) == ["OK", "b"])
        #expect(folder.contents == [])
        #expect(processes == [])
    }

    @Test("A killed session takes its servers with it") func aKilledSessionTakesItsServersWithIt() throws {
        let session = try PipedSession(["--playground"], environment: environment)
        session.send("PING")
        for _ in 0..<6 { #expect(try session.nextLine().hasSuffix("\tPONG")) }
        #expect(folder.contents.count == 1)
        #expect(processes.count >= 7)
        session.kill()
        let deadline = ContinuousClock.now + patience
        while !(folder.contents.isEmpty && processes.isEmpty), ContinuousClock.now < deadline { usleep(20_000) }
        #expect(folder.contents == [])
        #expect(processes == [])
    }

    /// The first server to start finds its port taken, as happens when another program was faster.
    @Test("Other ports are used when one is no longer free") func otherPortsAreUsedWhenOneIsNoLongerFree() throws {
        let server = try folder.write(
            """
            #!/bin/sh
            mkdir '\(folder.path)/once' 2>/dev/null || exec /usr/bin/env PATH='\(path)' redis-server "$@"
            echo 'Failed listening on port 11000 (TCP), aborting.'
            exit 1

            """, to: "redis-server")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: server)
        let result = try Slotline.run(
            ["--playground", "PING"], environment: environment.merging(["PATH": "\(folder.path):\(path)"]) { $1 })
        #expect(result.errorText == "")
        #expect(try result.linesByNode().count == 6)
        #expect(folder.contents.sorted() == ["once", "redis-server"])
        #expect(processes == [])
    }

    /// The port of the first server to start is taken by a node of another cluster, which answers in its place.
    @Test("A server that answers on a port it has taken is not made a part of the playground")
    func aForeignServerIsNotMadeAPart() throws {
        let server = try folder.write(
            """
            #!/bin/sh
            PATH='\(path)'
            if [ "$1" = --port ] && mkdir '\(folder.path)/foreign' 2>/dev/null; then
                echo "$2" >'\(folder.path)/port'
                redis-server --port "$2" --cluster-enabled yes --dir '\(folder.path)/foreign' --save '' >/dev/null &
                until redis-cli -p "$2" PING; do sleep 0.01; done
            fi
            exec redis-server "$@"

            """, to: "redis-server")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: server)
        let result = try Slotline.run(
            ["--playground", "PING"], environment: environment.merging(["PATH": "\(folder.path):\(path)"]) { $1 })
        #expect(result.errorText == "")
        #expect(try result.linesByNode().count == 6)
        let port = try String(contentsOfFile: "\(folder.path)/port", encoding: .utf8)
        let foreign = try TestClient(port: try #require(Int(port.dropLast())))
        let info = try foreign.send("CLUSTER", "INFO").text
        for line in ["cluster_known_nodes:1", "cluster_slots_assigned:0", "cluster_stats_messages_received:0"] {
            #expect(info.contains("\(line)\r\n"), "\(info)")
        }
        _ = try? foreign.send("SHUTDOWN", "NOSAVE")
    }

    @Test("Without a server, the error says what is missing") func withoutAServerTheErrorSaysWhatIsMissing() throws {
        let result = try Slotline.run(
            ["--playground", "PING"], environment: environment.merging(["PATH": folder.path]) { $1 })
        #expect(result.exitStatus == 3)
        #expect(result.outputText == "")
        for name in ["redis-server", "valkey-server", "PATH"] { #expect(result.errorText.contains(name)) }
        #expect(folder.contents == [])
    }

    @Test("A server that does not start is reported") func aServerThatDoesNotStartIsReported() throws {
        let server = try folder.write("#!/bin/sh\necho no such luck\nexit 1\n", to: "redis-server")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: server)
        let result = try Slotline.run(
            ["--playground", "PING"], environment: environment.merging(["PATH": "\(folder.path):/usr/bin:/bin"]) { $1 })
        #expect(result.exitStatus == 3)
        #expect(result.errorText.replacing("\n", with: " ").contains("no such luck"))
        #expect(folder.contents == ["redis-server"])
    }
}
