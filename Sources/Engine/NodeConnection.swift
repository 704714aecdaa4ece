import Commands
import RESP
import Routing
import Transport

/// A connection to one node with its handshake, and the requests whose replies it still owes, oldest first.
///
/// The handshake (AUTH, HELLO 3, SELECT, CLIENT SETNAME) goes out together with the first command, so it costs no round
/// trip; only a SELECT is waited for, because a command must never run in another database than the one asked for.
final class NodeConnection {
    /// What the next reply on the connection belongs to.
    private enum Expected {
        case authentication, hello, database, ignored
        /// A request, with the bytes that were queued before it.
        case ticket(Int, offset: Int)
    }

    enum Received {
        case reply(ticket: Int, RESPValue)
        case push(RESPValue)
        case note(Note)
    }

    let address: NodeAddress
    /// Tells this connection from any other to the same node.
    let number: Int
    private let connection: Connection
    private let database: Int
    private var expected: [Expected] = []
    private var expectedStart = 0
    /// Tickets that wait for the SELECT of the handshake.
    private var held: [(ticket: Int?, bytes: [UInt8])] = []
    private var waitsForDatabase = false
    /// Set when the server refused the database.
    private(set) var refusal: CommandFailure?
    /// True when READONLY was said, so that a replica answers reads.
    private(set) var readsReplica = false

    init(to address: NodeAddress, settings: ConnectionSettings, number: Int) {
        self.address = address
        self.number = number
        database = settings.database
        connection =
            address.isSocket
            ? Connection(socketPath: address.host, connectTimeout: settings.connectTimeout)
            : Connection(
                host: address.host, port: address.port, preferring: settings.addressFamily,
                connectTimeout: settings.connectTimeout)
        if let credentials = settings.credentials {
            expect(.authentication, ["AUTH"] + (credentials.user.map { [$0] } ?? []) + [credentials.password])
        }
        if settings.protocolVersion == 3 { expect(.hello, ["HELLO", "3"]) }
        if let name = settings.clientName { expect(.ignored, ["CLIENT", "SETNAME", name]) }
        if database != 0 {
            expect(.database, ["SELECT", ByteString(String(database))])
            waitsForDatabase = true
        }
    }

    // MARK: Sending

    /// Sends a request; its reply will carry the ticket.
    func send(_ arguments: [ByteString], ticket: Int) {
        enqueue(arguments, ticket: ticket)
    }

    /// Sends a command whose reply is of no interest (ASKING, READONLY).
    func sendIgnoringReply(_ arguments: [ByteString]) {
        enqueue(arguments, ticket: nil)
    }

    /// Makes a replica answer reads, once a connection. Source: Redis documentation, "READONLY".
    func readFromReplica() {
        guard !readsReplica else { return }
        readsReplica = true
        sendIgnoringReply(["READONLY"])
    }

    private func enqueue(_ arguments: [ByteString], ticket: Int?) {
        isFresh = false
        var bytes: [UInt8] = []
        RESPEncoder.append(arguments, to: &bytes)
        guard !waitsForDatabase else {
            held.append((ticket, bytes))
            return
        }
        send(bytes, ticket: ticket)
    }

    private func send(_ bytes: [UInt8], ticket: Int?) {
        expected.append(ticket.map { .ticket($0, offset: connection.queuedCount) } ?? .ignored)
        connection.send(bytes)
    }

    private func expect(_ step: Expected, _ arguments: [ByteString]) {
        var bytes: [UInt8] = []
        RESPEncoder.append(arguments, to: &bytes)
        expected.append(step)
        connection.send(bytes)
    }

    // MARK: Lending

    /// Lends the connection to a lane, which is to wait until the handshake ``isOpen``.
    func lend() {
        isLent = true
        isFresh = false
    }

    /// Takes it back. The lane owes no reply then.
    func takeBack() {
        isLent = false
    }

    /// True when the handshake has been answered and a lane can move its bytes.
    var isOpen: Bool { expectedStart == expected.count && held.isEmpty && !waitsForDatabase && connection.isOpen }

    func write(raw bytes: UnsafeRawBufferPointer) -> Int { connection.write(raw: bytes) }

    func read(raw buffer: UnsafeMutableRawBufferPointer) -> Int { connection.read(raw: buffer) }

    func refuse(_ error: ProtocolError) { connection.refuse(error) }

    // MARK: Receiving

    var interest: Poller.Interest? { connection.interest }

    var connectDeadline: Deadline { connection.connectDeadline }

    /// True when no reply is owed and nothing waits to go out.
    var isIdle: Bool {
        expectedStart == expected.count && held.isEmpty && connection.isQuiet && !isFresh && !isLent
    }

    /// True while a ``Lane`` moves bytes on the connection itself.
    private(set) var isLent = false

    /// True when no request was made on the connection yet.
    private(set) var isFresh = true

    /// True when anything has come from the node.
    private(set) var hasAnswered = false

    /// Why the connection is of no more use.
    var failure: TransportError? { connection.failure }

    /// True when requests can still be made: false after a failure or when the database was refused.
    var isUsable: Bool { connection.failure == nil && refusal == nil }

    /// Writes what has been sent, as far as the system takes it. ``progress()`` does so, too.
    func flush() {
        connection.flush()
    }

    /// Goes on as far as possible without waiting.
    func progress() {
        connection.progress()
    }

    /// The next thing that came in; nil when there is nothing more for now.
    func receive() -> Received? {
        while let value = connection.nextReply() {
            hasAnswered = true
            if value.kind == .push { return .push(value) }
            guard expectedStart < expected.count else { return .push(value) }
            let next = expected[expectedStart]
            expectedStart += 1
            if expectedStart == expected.count {
                expected.removeAll(keepingCapacity: true)
                expectedStart = 0
            }
            switch next {
            case .ticket(let ticket, _): return .reply(ticket: ticket, value)
            case .ignored: continue
            case .authentication:
                if value.isError { return .note(.authenticationFailed(address, error: value.text)) }
            case .hello:
                if value.isError { return .note(.helloFailed(address, error: value.text)) }
            case .database: databaseAnswered(value)
            }
        }
        return nil
    }

    private func databaseAnswered(_ value: RESPValue) {
        waitsForDatabase = false
        guard !value.isError else {
            refusal = .databaseRefused(address, database: database, reason: value.text)
            return
        }
        let waiting = held
        held = []
        for (ticket, bytes) in waiting { send(bytes, ticket: ticket) }
    }

    /// Closes the connection.
    func close() {
        connection.close()
    }

    /// A request that will get no reply from this connection.
    struct Abandoned {
        let ticket: Int
        /// False when it is certain that the server saw nothing of it.
        let mayHaveRun: Bool
        /// Set when the server refused the database, so that nothing was sent.
        let refusal: CommandFailure?
    }

    /// Takes the requests off a connection that is of no more use.
    func abandon() -> [Abandoned] {
        var abandoned: [Abandoned] = []
        for case .ticket(let ticket, let offset) in expected[expectedStart...] {
            abandoned.append(Abandoned(ticket: ticket, mayHaveRun: connection.writtenCount > offset, refusal: nil))
        }
        for case (let ticket?, _) in held {
            abandoned.append(Abandoned(ticket: ticket, mayHaveRun: false, refusal: refusal))
        }
        expected = []
        expectedStart = 0
        held = []
        return abandoned
    }

    /// Why a connection that is of no more use gives no reply to what it was asked last; takes the requests off it.
    func endOfReplies() -> CommandFailure {
        let owed = abandon()
        if let refusal = owed.lazy.compactMap(\.refusal).first ?? refusal { return refusal }
        let failure = connection.failure ?? .closed
        if case .violation(let violation) = failure { return .protocolViolation(address, violation) }
        let wasSent = owed.first?.mayHaveRun ?? true
        return wasSent ? .replyLost(address, reason: failure.reason) : .unreachable(address, reason: failure.reason)
    }

    // MARK: Bytes that are no replies

    /// Sends a line that is answered by bytes that are no reply.
    func sendLine(_ line: String) {
        isFresh = false
        connection.send(Array("\(line)\r\n".utf8))
    }

    /// Takes all bytes that have come and were not given out as replies.
    func takeBytes() -> [UInt8] { connection.takeBytes() }

    /// Gives back bytes that were taken too many: they are replies.
    func giveBack(_ bytes: ArraySlice<UInt8>) {
        connection.giveBack(bytes)
    }
}
