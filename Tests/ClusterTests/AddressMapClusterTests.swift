import Foundation
import Glibc
import Options
import Playground
import RESP
import Routing
import Synchronization
import TestSupport
import Testing

/// Clusters whose nodes are not where they say they are, and one on IPv6.
struct AddressMapClusterTests {
    private class Servers: @unchecked Sendable {
        let nodes: [NodeAddress]
        private let playground: Mutex<Playground>

        init(_ shape: PlaygroundShape, options: String, host: String = "127.0.0.1") throws {
            let server = getenv("SLOTLINE_TEST_SERVER").map { String(cString: $0) }
            let playground = try Playground(shape, server: server, options: options, host: host)
            nodes = playground.nodes
            self.playground = Mutex(playground)
            AtExit.run { [weak self] in self?.playground.withLock { $0.stop() } }
        }
    }

    /// Nodes that announce 127.9.9.9, where they reach each other but clients cannot.
    private final class Hidden: Servers, @unchecked Sendable {
        init() throws {
            try super.init(
                .standard,
                options: "\(TestCluster.patient) --bind 127.0.0.1 127.9.9.9 --cluster-announce-ip 127.9.9.9")
            for node in nodes {
                #expect(try client(node).send("CONFIG", "SET", "bind", "127.0.0.1") == .ok)
            }
        }

        func client(_ node: NodeAddress) throws -> TestClient { try TestClient(port: node.port) }

        /// - Parameter command: its words contain no blanks.
        func run(_ options: [String], _ command: String, input: String = "") throws -> Subprocess.Result {
            let words =
                ["-p", "\(nodes[0].port)", "--retry-for", "0"] + options
                + command.split(separator: " ").map { String($0) }
            return try Slotline.run(words.map { ByteString($0) }, input: Array(input.utf8))
        }
    }

    private static let hidden = Result { try Hidden() }
    private static let map = ["--map", "127.9.9.9:*=127.0.0.1:*"]

    /// Keys on all three masters.
    private static let keys = ["a", "b", "c", "d", "e", "f"]
    /// More of the same, for tests that run in parallel.
    private static let otherKeys = ["u", "v", "w", "x", "y", "z"]

    @Test("All commands go through the map", arguments: [map, ["--map-to-seed"], ["--map", "*=127.0.0.1"]])
    func reachesAllNodes(options: [String]) throws {
        let hidden = try Self.hidden.get()
        #expect(try hidden.run(options, "MSET a 1 b 2 c 3 d 4 e 5 f 6").text == "OK")
        for (index, key) in Self.keys.enumerated() {
            #expect(try hidden.run(options, "GET \(key)").text == "\(index + 1)")
        }
        let sizes = try hidden.run(options, "DBSIZE").linesByNode()
        #expect(Set(sizes.keys) == Set(hidden.nodes.map(\.description)))
        let lines = Self.keys.map { "GET \($0)\n" }.joined()
        #expect(try hidden.run(options, "", input: lines).lines == ["1", "2", "3", "4", "5", "6"])
        let block = "MULTI\nSET {b}x 1\nGET b\nEXEC\n"
        #expect(try hidden.run(options, "", input: block).lines == ["OK", "QUEUED", "QUEUED", "OK", "2"])
        let load = Self.keys.enumerated().map { "SET \($1) \($0 + 1)\n" }.joined()
        #expect(try hidden.run(options, "--pipe", input: load).exitStatus == 0)
        #expect(try hidden.run(options, "MGET a b c d e f").lines == ["1", "2", "3", "4", "5", "6"])
        for node in hidden.nodes {
            #expect(try hidden.run(options, "@127.9.9.9:\(node.port) CLUSTER MYID").text.count == 40)
        }
    }

    /// A key that the seed does not own.
    private static func strangeKey(_ hidden: Hidden) throws -> String {
        try #require(try otherKeys.first { try hidden.client(hidden.nodes[0]).send("GET", ByteString($0)).isError })
    }

    private static func words(_ result: Subprocess.Result) -> [String] {
        result.errorText.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// The value of `--map` that an error advises.
    private static func advice(_ result: Subprocess.Result) -> String? {
        let words = words(result)
        return words.firstIndex(of: "--map").map { words[$0 + 1].trimmingCharacters(in: ["'"]) }
    }

    @Test("Without a map, the error names the address, the node that announced it, and a map that works")
    func advisesAMapThatWorks() throws {
        let hidden = try Self.hidden.get()
        let key = try Self.strangeKey(hidden)
        for command in ["SET \(key) 1", "PING", "RENAME \(key) other"] {
            let result = try hidden.run([], command)
            let words = Self.words(result).joined(separator: " ")
            #expect(result.exitStatus == (command == "PING" ? 4 : 3), "\(words)")
            #expect(command == "PING" || words.contains("127.9.9.9:"), "\(words)")
            #expect(words.contains("\(hidden.nodes[0]) announced 127.9.9.9:"), "\(words)")
            let rule = try #require(Self.advice(result), "\(words)")
            #expect(try hidden.run(["--map", rule], command).exitStatus <= 1, "\(rule)")
        }
    }

    @Test("Diagnosis finds a map that works") func diagnosisFindsAMapThatWorks() throws {
        let hidden = try Self.hidden.get()
        let result = try hidden.run([], "--json --diagnose")
        #expect(result.exitStatus == 1)
        let advice = (try JSON(result.text).members["advice"]?.elements ?? []).map { $0.members["options"]?.text ?? "" }
        #expect(advice == ["--map '127.9.9.9:*=127.0.0.1:*'"], "\(result.outputText)")
        let rule = advice[0].dropFirst("--map ".count).trimmingCharacters(in: ["'"])
        let better = try hidden.run(["--map", rule], "--diagnose")
        #expect(better.exitStatus == 0, "\(better.outputText)")
        #expect(better.text.hasSuffix("Nothing to change."))
    }

    @Test("A map that leads nowhere is named") func aMapThatLeadsNowhereIsNamed() throws {
        let hidden = try Self.hidden.get()
        let result = try hidden.run(["--map", "127.9.9.9:*=127.8.8.8:*"], "SET \(try Self.strangeKey(hidden)) 1")
        let words = Self.words(result).joined(separator: " ")
        #expect(words.contains("127.8.8.8:"), "\(words)")
        #expect(words.contains("\(hidden.nodes[0]) announced 127.9.9.9:"), "\(words)")
    }

    @Test("A single endpoint reaches only the seed") func aSingleEndpointReachesOnlyTheSeed() throws {
        let hidden = try Self.hidden.get()
        let strange = try Self.strangeKey(hidden)
        let own = try #require(
            try Self.otherKeys.first { try !hidden.client(hidden.nodes[0]).send("GET", ByteString($0)).isError })
        #expect(try hidden.run(["--one-endpoint"], "SET \(own) 1").text == "OK")
        #expect(try hidden.run(["--one-endpoint"], "PING").text == "PONG")
        for (command, input) in [
            ("SET \(strange) 1", ""), ("", "SET \(strange) 1\n"), ("--pipe", "SET \(strange) 1\n"),
        ] {
            let result = try hidden.run(["--one-endpoint"], command, input: input)
            let words = Self.words(result).joined(separator: " ")
            #expect(result.exitStatus == 1, "\(words)")
            #expect(words.contains("redirected to 127.9.9.9:"), "\(words)")
            #expect(words.contains("--one-endpoint"), "\(words)")
        }
    }

    // MARK: IPv6

    private static let version6 = Result { try Servers(.standard, options: TestCluster.patient, host: "::1") }

    private static func run(
        _ options: [String], _ command: String, input: String = ""
    ) throws -> Subprocess.Result {
        let port = "\(try version6.get().nodes[0].port)"
        let words =
            options.map { $0.replacingOccurrences(of: "PORT", with: port) }
            + command.split(separator: " ").map { String($0) }
        return try Slotline.run(words.map { ByteString($0) }, input: Array(input.utf8))
    }

    @Test(
        "A cluster on ::1 works",
        arguments: [["-h", "::1", "-p", "PORT"], ["-h", "[::1]", "-p", "PORT"], ["-u", "redis://[::1]:PORT"]])
    func servesOnVersion6(options: [String]) throws {
        let nodes = try Self.version6.get().nodes
        #expect(try Self.run(options, "MSET a 1 b 2 c 3 d 4").text == "OK")
        for (key, value) in ["a": "1", "b": "2", "c": "3", "d": "4"] {
            #expect(try Self.run(options, "GET \(key)").text == value)
        }
        #expect(try Self.run(options, "MGET a b c d").lines == ["1", "2", "3", "4"])
        #expect(Set(try Self.run(options, "DBSIZE").linesByNode().keys) == Set(nodes.map(\.description)))
        for node in nodes {
            #expect(node.description.hasPrefix("[::1]:"))
            #expect(try Self.run(options, "@\(node) CLUSTER MYID").text.count == 40)
        }
        let counter = "counter:\(UUID())"
        let block = "MULTI\nINCR \(counter)\nINCR \(counter)\nEXEC\n"
        #expect(try Self.run(options, "", input: block).lines.suffix(2) == ["1", "2"])
        #expect(try Self.run(options, "--pipe", input: "SET a 1\nSET b 2\nSET c 3\n").exitStatus == 0)
        #expect(try Self.run(options, "--bigkeys").exitStatus == 0)
        #expect(try Self.run(options, ":nodes").text.contains("[::1]:"))
        #expect(try Self.run([], "", input: "connect ::1 \(nodes[0].port)\nGET a\n").text == "1")
    }
}
