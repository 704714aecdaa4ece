import Clock
import Commands
import RESP
import Routing
import Transport

/// A connection to one node with its handshake, and the requests whose replies it still owes, oldest first.
///
/// The handshake (AUTH, HELLO 3, SELECT, CLIENT SETNAME) goes out together with the first command, so it costs no round
/// trip. What has to hold for all that follows is waited for: AUTH and SELECT, because a command must never run as another
/// user or in another database than the one asked for, and MULTI, because what it is to protect must not run without it.
final class NodeConnection {
    /// What the next reply on the connection belongs to.
    private enum Expected {
        case authentication, hello, database, ignored
        /// A request, with the bytes that were queued before it.
        case ticket(Int, offset: Int)
        /// The MULTI of a request.
        case opening(Int)

        /// True when nothing may be sent before this has been taken.
        var isAwaited: Bool {
            switch self {
            case .authentication, .database, .opening: true
            case .hello, .ignored, .ticket: false
            }
        }
    }

    /// A command that waits for what was sent before it to be taken.
    private struct Held {
        /// Nil for one whose reply is of no interest.
        let ticket: Int?
        let opensBlock: Bool
        let bytes: [UInt8]
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
    private let settings: ConnectionSettings
    private var expected: [Expected] = []
    private var expectedStart = 0
    private var held: [Held] = []
    /// How many of ``expected`` have to be taken before anything else is sent.
    private var awaitedCount = 0
    /// Replies that the server will not give: those to the commands behind a MULTI that it refused.
    private var refused: [(ticket: Int, error: RESPValue)] = []
    /// Set when the server refused the user or the database.
    private(set) var refusal: CommandFailure?
    /// True when READONLY was said, so that a replica answers reads.
    private(set) var readsReplica = false

    init(to address: NodeAddress, settings: ConnectionSettings, number: Int) {
        self.address = address
        self.number = number
        self.settings = settings
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
        if settings.database != 0 { expect(.database, ["SELECT", ByteString(String(settings.database))]) }
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
        let command = Held(
            ticket: ticket, opensBlock: arguments.count == 1 && arguments[0].matches("MULTI"), bytes: bytes)
        if awaitedCount > 0 { held.append(command) } else { send(command) }
    }

    private func send(_ command: Held) {
        switch command.ticket {
        case let ticket? where command.opensBlock: expect(.opening(ticket), command.bytes)
        case let ticket?: expect(.ticket(ticket, offset: connection.queuedCount), command.bytes)
        case nil: expect(.ignored, command.bytes)
        }
    }

    private func expect(_ step: Expected, _ arguments: [ByteString]) {
        var bytes: [UInt8] = []
        RESPEncoder.append(arguments, to: &bytes)
        expect(step, bytes)
    }

    private func expect(_ step: Expected, _ bytes: [UInt8]) {
        if step.isAwaited { awaitedCount += 1 }
        expected.append(step)
        connection.send(bytes)
    }

    /// What was awaited has been taken: sends what waited for it, up to the next MULTI.
    private func goOn() {
        awaitedCount -= 1
        var count = 0
        while awaitedCount == 0, count < held.count {
            send(held[count])
            count += 1
        }
        held.removeFirst(count)
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
    var isOpen: Bool { expectedStart == expected.count && held.isEmpty && refusal == nil && connection.isOpen }

    func write(raw bytes: UnsafeRawBufferPointer) -> Int { connection.write(raw: bytes) }

    func read(raw buffer: UnsafeMutableRawBufferPointer) -> Int { connection.read(raw: buffer) }

    func refuse(_ error: ProtocolError) { connection.refuse(error) }

    // MARK: Receiving

    var interest: Poller.Interest? { connection.interest }

    var connectDeadline: Deadline { connection.connectDeadline }

    /// True when no reply is owed and nothing waits to go out.
    var isIdle: Bool {
        expectedStart == expected.count && held.isEmpty && refused.isEmpty && connection.isQuiet && !isFresh && !isLent
    }

    /// True while a ``Lane`` moves bytes on the connection itself.
    private(set) var isLent = false

    /// True when no request was made on the connection yet.
    private(set) var isFresh = true

    /// True when anything has come from the node.
    private(set) var hasAnswered = false

    /// True when the connection had been made.
    var wasOpen: Bool { connection.wasOpen }

    /// Why the connection is of no more use.
    var failure: TransportError? { connection.failure }

    /// True when requests can still be made: false after a failure or when the user or the database was refused.
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
        if !refused.isEmpty {
            let next = refused.removeFirst()
            return .reply(ticket: next.ticket, next.error)
        }
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
            case .opening(let ticket):
                if value.isError { refuseBlock(of: ticket, value) }
                goOn()
                return .reply(ticket: ticket, value)
            case .ignored: continue
            case .authentication:
                if value.isError {
                    guard settings.toleratesRefusedUser else {
                        refusal = .userRefused(address, reason: value.text)
                        return nil
                    }
                    goOn()
                    return .note(.authenticationFailed(address, error: value.text))
                }
                goOn()
            case .hello:
                if value.isError { return .note(.helloFailed(address, error: value.text)) }
            case .database:
                guard !value.isError else {
                    refusal = .databaseRefused(address, database: settings.database, reason: value.text)
                    return nil
                }
                goOn()
            }
        }
        return nil
    }

    /// Sends nothing of a block whose MULTI was refused: its commands have the same reply.
    private func refuseBlock(of ticket: Int, _ error: RESPValue) {
        let block = held.prefix { $0.ticket == ticket }
        held.removeFirst(block.count)
        refused += block.map { _ in (ticket, error) }
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
        /// Set when the server refused the user or the database, so that nothing was sent.
        let refusal: CommandFailure?
    }

    /// Takes the requests off a connection that is of no more use.
    func abandon() -> [Abandoned] {
        var abandoned: [Abandoned] = []
        for next in expected[expectedStart...] {
            switch next {
            case .ticket(let ticket, let offset):
                abandoned.append(Abandoned(ticket: ticket, mayHaveRun: connection.writtenCount > offset, refusal: nil))
            // By itself it changes nothing.
            case .opening(let ticket): abandoned.append(Abandoned(ticket: ticket, mayHaveRun: false, refusal: nil))
            case .authentication, .hello, .database, .ignored: continue
            }
        }
        for command in held {
            guard let ticket = command.ticket else { continue }
            abandoned.append(Abandoned(ticket: ticket, mayHaveRun: false, refusal: refusal))
        }
        expected = []
        expectedStart = 0
        held = []
        refused = []
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
