import Playground
import Options
import Commands
import Engine
import Glibc
import RESP
import Routing
import Synchronization
import TestSupport

/// A cluster without replicas and a standalone server, side by side: both get the same data and the same command, one
/// through slotline's engine, the other through a plain connection.
final class TestBed {
    static let masterCount = 3

    let masters: [NodeAddress]
    let clients: [TestClient]
    /// In database 0, when the others are in another one.
    private let clientsOutside: [TestClient]
    private let playground: Playground
    private let standalone: RedisServer
    private let standaloneClient: TestClient
    private let standaloneCommands: [Int: TestClient]
    private let engines: [Int: Engine]
    private let watchdog: Watchdog
    /// Where moved slots are now.
    var movedSlots: [HashSlot: Int] = [:]

    private static let severalDatabases = "--cluster-databases 16"

    /// True where the nodes of a cluster can have several databases, as in Valkey 9 and later.
    static var hasDatabases: Bool {
        get throws {
            let server = try RedisServer()
            return try withExtendedLifetime(server) {
                try server.client().send("CONFIG", "GET", "cluster-databases").count == 2
            }
        }
    }

    /// How often a second a server looks at timeouts; with the default of 10, a round that blocks would take a tenth of
    /// a second.
    private static let quick = ["--hz", "500"]
    static let oneAtATime = Mutex(())

    /// - Parameter database: where all commands run; for any but 0, the cluster's nodes need to have several.
    init(database: Int = 0) throws {
        let server = getenv("SLOTLINE_TEST_SERVER").map { String(cString: $0) }
        let several = database == 0 ? [] : [Self.severalDatabases]
        playground = try Self.oneAtATime.withLock { _ in
            let shape = PlaygroundShape(masters: Self.masterCount, replicasPerMaster: 0)
            let options = ["--cluster-node-timeout 30000"] + Self.quick + several
            return try Playground(shape, server: server, options: options.joined(separator: " "))
        }
        masters = playground.nodes
        watchdog = Watchdog(
            seconds: 40, kills: masters.compactMap { [playground] in playground.processIdentifier(of: $0) })
        clients = try masters.map { try TestClient(port: $0.port) }
        let standalone = try RedisServer(Self.quick)
        self.standalone = standalone
        standaloneClient = try standalone.client()
        for client in clients + [standaloneClient] {
            try client.send("SCRIPT", "LOAD", KeyState.script)
            try client.send("SELECT", ByteString("\(database)"))
        }
        clientsOutside = database == 0 ? [] : try masters.map { try TestClient(port: $0.port) } + [standalone.client()]
        let addresses = masters
        engines = Dictionary(
            uniqueKeysWithValues: [2, 3].map { version in
                var settings = ConnectionSettings()
                settings.session.protocolVersion = version
                settings.session.database = database
                let engine = Engine(seeds: addresses, settings: settings)
                engine.router.unblocked = ["BITOP"]
                return (version, engine)
            })
        standaloneCommands = try Dictionary(
            uniqueKeysWithValues: [2, 3].map { version in
                let client = try standalone.client()
                try client.send("HELLO", ByteString("\(version)"))
                try client.send("SELECT", ByteString("\(database)"))
                return (version, client)
            })
    }

    /// An index into `masters`.
    func owner(of slot: HashSlot) -> Int {
        movedSlots[slot]
            ?? (0..<Self.masterCount).first { slot.number < HashSlot.count * ($0 + 1) / Self.masterCount } ?? 0
    }

    /// Assigns every moved slot to its owner once more. A server that has just got a slot can lose it again to what the
    /// old owner said shortly before; then no node claims it, and it has to be told again.
    func claimMovedSlots() throws {
        let ids = try clients.map { try $0.send("CLUSTER", "MYID").byteString }
        for (slot, owner) in movedSlots {
            for client in clients {
                try client.send("CLUSTER", "SETSLOT", ByteString("\(slot.number)"), "NODE", ids[owner])
            }
        }
    }

    /// A server accepts connections until the system says that there are no more.
    func makeSystemCallFail() throws {
        _ = try standalone.client().send("PING")
    }

    // MARK: Both sides

    /// Empties both sides and fills them again. Each command has its key as its first argument.
    func fill(_ setup: [[ByteString]]) throws {
        var commands = [[[ByteString]]](repeating: [["FLUSHALL"]], count: Self.masterCount + 1)
        for command in setup {
            commands[owner(of: HashSlot(key: command[1]))].append(command)
            commands[Self.masterCount].append(command)
        }
        for replies in try send(commands, to: clients + [standaloneClient]) {
            if let error = replies.first(where: \.isError) { throw BadSetup(error: error.text) }
        }
    }

    struct BadSetup: Error {
        let error: String
    }

    /// The reply to the command on each side.
    ///
    /// - Parameter protocolVersion: 2 or 3.
    func run(
        _ command: [ByteString], protocolVersion: Int
    ) throws -> (cluster: Result<RESPValue, CommandFailure>, standalone: RESPValue) {
        guard let engine = engines[protocolVersion], let client = standaloneCommands[protocolVersion] else {
            throw BadSetup(error: "no RESP\(protocolVersion)")
        }
        watchdog.begin()
        defer { watchdog.end() }
        let cluster = Result { () throws(CommandFailure) in
            guard case .value(let value) = try engine.run(Command(command)).body else { return RESPValue.null }
            return value
        }
        return (cluster, try client.send(command))
    }

    /// Keys on each side, and how many there are in all.
    typealias States = (cluster: [KeyState], standalone: [KeyState], clusterCount: Int, standaloneCount: Int)

    /// What the keys hold in the database in which commands run, and in database 0 if that is another.
    func states(of keys: [ByteString]) throws -> [States] {
        try [clients + [standaloneClient], clientsOutside].filter { !$0.isEmpty }.map { try states(of: keys, by: $0) }
    }

    private func states(of keys: [ByteString], by clients: [TestClient]) throws -> States {
        let digest = try self.digest
        var commands = [[[ByteString]]](repeating: [["DBSIZE"]], count: Self.masterCount + 1)
        let places = keys.map { owner(of: HashSlot(key: $0)) }
        for (key, place) in zip(keys, places) {
            commands[place].append(["EVALSHA", digest, "1", key])
            commands[Self.masterCount].append(["EVALSHA", digest, "1", key])
        }
        let replies = try send(commands, to: clients)
        var next = [Int](repeating: 1, count: Self.masterCount)
        let cluster = try places.map { place in
            defer { next[place] += 1 }
            return try KeyState(replies[place][next[place]])
        }
        return (
            cluster, try replies[Self.masterCount].dropFirst().map { try KeyState($0) },
            replies.dropLast().reduce(0) { $0 + ($1[0].integer ?? 0) }, replies[Self.masterCount][0].integer ?? 0
        )
    }

    /// All keys of the cluster.
    func allKeys() throws -> [ByteString] {
        try clients.flatMap { try $0.send("KEYS", "*").elements.map(\.byteString) }
    }

    private lazy var knownDigest = Result { try standaloneClient.send("SCRIPT", "LOAD", KeyState.script).byteString }

    private var digest: ByteString { get throws { try knownDigest.get() } }

    /// Sends everything at once; the replies, client by client.
    private func send(_ commands: [[[ByteString]]], to clients: [TestClient]) throws -> [[RESPValue]] {
        for (client, commands) in zip(clients, commands) { try client.sendAhead(commands) }
        return try zip(clients, commands).map { client, commands in try commands.map { _ in try client.nextReply() } }
    }
}
