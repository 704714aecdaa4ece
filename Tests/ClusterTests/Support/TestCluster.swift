import Playground
import Options
import Commands
import Foundation
import Glibc
import RESP
import Routing
import Synchronization
import TestSupport

/// A cluster of three masters with a replica each: real servers, started by slotline's own playground.
final class TestCluster: Sendable {
    /// For suites that only read, or write keys of their own.
    static var shared: TestCluster { get throws { try started.get() } }

    private static let started = Result { try TestCluster() }

    /// Masters by slot, then their replicas in the same order.
    let nodes: [NodeAddress]
    private let playground: Mutex<Playground>

    /// For this long, a master that is only slow, since the machine is busy, is not replaced.
    static let patient = "--cluster-node-timeout 30000"

    static let severalDatabases = patient + " --cluster-databases 16"

    /// True where the nodes of a cluster can have several databases, as in Valkey 9 and later.
    static var hasDatabases: Bool {
        get throws {
            let cluster = try shared
            return try cluster.send("CONFIG GET cluster-databases", to: cluster.masters[0]).count == 2
        }
    }

    /// - Parameter options: further options of the servers, separated by spaces.
    init(options: String = patient) throws {
        let server = getenv("SLOTLINE_TEST_SERVER").map { String(cString: $0) }
        let playground = try Playground(
            PlaygroundShape(masters: 3, replicasPerMaster: 1), server: server, options: options)
        nodes = playground.nodes
        self.playground = Mutex(playground)
        AtExit.run { [weak self] in self?.stop() }
    }

    var masters: [NodeAddress] { Array(nodes.prefix(3)) }
    var replicas: [NodeAddress] { Array(nodes.suffix(3)) }

    func stop() {
        playground.withLock { $0.stop() }
    }

    /// Sends a signal to the server of a node.
    func signal(_ number: CInt, to node: NodeAddress) throws {
        let process = playground.withLock { $0.processIdentifier(of: node) }
        guard let process, Glibc.kill(process, number) == 0 else { throw NoProcess(node: node) }
    }

    /// Kills the server of a node, and waits until all its connections have ended: the system has closed them when
    /// nothing is left of the process but its exit status, and none of its threads.
    func kill(_ node: NodeAddress) throws {
        guard let process = playground.withLock({ $0.processIdentifier(of: node) }) else { throw NoProcess(node: node) }
        Self.kill(process)
    }

    static func kill(_ process: Int32) {
        Glibc.kill(process, SIGKILL)
        while let state = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let threads = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task"),
            threads.count > 1 || !state.contains(") Z ")
        {
            usleep(1000)
        }
    }

    struct NoProcess: Error {
        let node: NodeAddress
    }

    // MARK: Keys

    /// The master that owned the key's slot when the cluster was made.
    func owner(of key: ByteString) -> NodeAddress {
        let number = HashSlot(key: key).number
        return masters[(0..<3).first { number < HashSlot.count * ($0 + 1) / 3 } ?? 2]
    }

    /// A key that begins with `prefix`, on that master.
    func key(_ prefix: String, on master: NodeAddress) -> String {
        var number = 0
        while owner(of: ByteString("\(prefix)\(number)")) != master { number += 1 }
        return "\(prefix)\(number)"
    }

    // MARK: Behind slotline's back

    func client(_ node: NodeAddress) throws -> TestClient {
        try TestClient(port: node.port)
    }

    /// Sends a command, split at spaces, to one node on a separate connection.
    @discardableResult
    func send(_ command: String, to node: NodeAddress) throws -> RESPValue {
        try client(node).send(Self.words(command))
    }

    // MARK: Through slotline

    /// Runs slotline with the first master as its seed.
    ///
    /// - Parameters:
    ///   - options: separated by spaces.
    ///   - command: the words of a one-shot command.
    func run(
        _ options: String = "", _ command: [ByteString] = [], input: String = "", timeout: Duration = patience
    ) throws -> Subprocess.Result {
        try Slotline.run(seed + Self.words(options) + command, input: Array(input.utf8), timeout: timeout)
    }

    /// Runs a command written as in a file.
    func run(_ options: String = "", command: String) throws -> Subprocess.Result {
        try run(options, Tokenizer.words(Array(command.utf8)))
    }

    /// Runs a file of commands.
    func run(_ options: String = "", file: String) throws -> Subprocess.Result {
        try run(options, input: file)
    }

    /// slotline, waiting for lines.
    func session(_ options: String = "") throws -> PipedSession {
        try PipedSession(seed + Self.words(options))
    }

    /// The options that name the first master.
    var seed: [ByteString] { ["-p", ByteString("\(nodes[0].port)")] }

    private static func words(_ text: String) -> [ByteString] {
        text.split(separator: " ").map { ByteString(String($0)) }
    }
}

extension RESPValue {
    var list: [RESPValue] { Array(elements) }
}
