import Clock
package import RESP
import Routing
import Transport

/// The connection to one node: what was sent on it and is not answered yet, what came back, and the state of the session
/// that it was brought to.
///
/// A command and its bytes are kept until the reply has come, so that it can be sent again when that is proved to be safe.
/// The handshake goes out with the first command and costs no round trip. What has to hold for all that follows is waited
/// for: AUTH and SELECT, because a command must never run as another user or in another database than the one asked for,
/// and MULTI, because what it is to protect must not run without it.
final class Link {
    private static let readSize = 128 << 10

    let address: NodeAddress
    /// Tells this connection from any other to the same node.
    let number: Int
    private let settings: ConnectionSettings
    private let syscalls: Syscalls
    /// When the connection may be made.
    private let opensAt: Instant
    /// Nil before that.
    private var socket: Socket?
    /// Why there is none any more, when it was closed before it was made.
    private var isClosed = false
    /// What the connection was brought to, as far as the server takes it.
    private var state = SessionState()
    /// Set when the server refused the user or the database.
    private(set) var refusal: CommandFailure?
    /// True when READONLY was said, so that a replica answers reads.
    private var readsReplica = false
    /// True until the first command.
    private(set) var isFresh = true
    /// True when anything has come from the node.
    private(set) var hasAnswered = false

    /// Commands that were not answered yet, sent or not, and their bytes.
    private(set) var entries = Fifo<Entry>()
    private(set) var outgoing = ByteQueue()
    /// How many bytes of ``outgoing`` the system has taken.
    private(set) var sentCount = 0
    /// How many bytes of ``outgoing`` may be sent before what is awaited has been taken; nil for all.
    private var gate: Int?
    private var awaitedCount = 0

    /// What came and was not given out yet; the first ``scannedCount`` bytes of it are whole replies.
    private(set) var incoming = ByteQueue()
    private(set) var scannedCount = 0
    private var scanner = ReplyScanner()
    /// Replies that the server will not give: those to the commands after a MULTI that it refused.
    private var refused: [(ticket: Int, error: RESPValue)] = []

    /// - Parameter opensAt: when the connection may be made, after others to the node have failed.
    init(
        to address: NodeAddress, number: Int, settings: ConnectionSettings, opensAt: Instant? = nil,
        syscalls: Syscalls = .system
    ) {
        self.address = address
        self.number = number
        self.settings = settings
        self.syscalls = syscalls
        self.opensAt = opensAt ?? .now
        if opensAt == nil { open() }
    }

    private func open() {
        socket =
            address.isSocket
            ? Socket(socketPath: address.host, connectTimeout: settings.connectTimeout, syscalls: syscalls)
            : Socket(
                host: address.host, port: address.port, preferring: settings.addressFamily,
                connectTimeout: settings.connectTimeout, syscalls: syscalls)
    }

    // MARK: What it is good for

    /// Why the connection is of no more use.
    var failure: TransportError? { isClosed ? .closed : socket?.failure }

    /// True when requests can still be made: false after a failure or when the user or the database was refused.
    var isUsable: Bool { failure == nil && refusal == nil }

    /// True when the connection had been made.
    var wasOpen: Bool { socket?.wasOpen ?? false }

    /// True when no reply is owed and none has begun to come.
    var isIdle: Bool { entries.isEmpty && refused.isEmpty && incoming.isEmpty && !isFresh && !isLent }

    /// True while a pipeline uses it, which keeps replies in ``incoming``.
    var isLent = false

    var unsentCount: Int { outgoing.count - sentCount }

    /// What to poll for.
    ///
    /// - Parameter reads: false when replies shall wait at the server.
    func interest(reads: Bool = true) -> Poller.Interest? {
        socket?.interest(reads: reads, writes: sentCount < (gate ?? outgoing.count))
    }

    var interest: Poller.Interest? { interest() }

    /// When to go on although nothing has come.
    var connectDeadline: Instant { socket.map(\.connectDeadline) ?? opensAt }

    func close() {
        if let socket { socket.fail(.closed) } else { isClosed = true }
    }

    /// What came was no reply.
    func refuse(_ error: ProtocolError) {
        socket?.fail(.violation(error))
    }

    // MARK: Sending

    /// Brings the connection to the state of the session. False when only a new one can have it.
    func bring(to session: SessionState) -> Bool {
        guard state != session else { return true }
        guard let steps = state.steps(to: session) else { return false }
        state = session
        for (step, command) in steps {
            let kind: Entry.Kind =
                switch step {
                case .user: .user
                case .version: .version
                case .name: .name
                case .database: .database
                }
            append(command, kind, ticket: -1)
        }
        return true
    }

    /// A command of the user has brought the connection to the state already.
    func hasReached(_ session: SessionState) {
        state = session
    }

    /// Sends a request; its reply will carry the ticket.
    func send(_ arguments: [ByteString], ticket: Int) {
        append(arguments, arguments.count == 1 && arguments[0].matches("MULTI") ? .opening : .command, ticket: ticket)
    }

    /// Sends a command whose reply is of no interest (ASKING, READONLY).
    func sendIgnoringReply(_ arguments: [ByteString]) {
        append(arguments, .ignored, ticket: -1)
    }

    /// Makes a replica answer reads, once a connection. Source: Redis documentation, "READONLY".
    func readFromReplica() {
        guard !readsReplica else { return }
        readsReplica = true
        sendIgnoringReply(["READONLY"])
    }

    /// Sends a line that is answered by bytes that are no reply.
    func sendLine(_ line: String) {
        isFresh = false
        Array("\(line)\r\n".utf8).withUnsafeBytes { outgoing.append($0) }
        flush()
    }

    private func append(_ arguments: [ByteString], _ kind: Entry.Kind, ticket: Int) {
        let length = outgoing.append(command: arguments)
        append(
            Entry(
                kind: kind, sequence: ticket, place: InputPlace(line: 0, offset: 0), length: length,
                slot: Pipeline.anySlot, isReadonly: false, isScript: false))
    }

    /// Sends a command of a pipeline.
    ///
    /// - Parameter words: ranges of `bytes`.
    /// - Returns: the bytes it takes.
    func append(_ words: [Range<Int>], of bytes: RawSpan) -> Int {
        outgoing.append(command: words, of: bytes)
    }

    func append(_ entry: Entry, _ command: [UInt8]) {
        command.withUnsafeBytes { outgoing.append($0) }
        append(entry)
    }

    /// The command whose bytes were appended last.
    func append(_ entry: Entry) {
        if entry.kind == .command || entry.kind == .opening { isFresh = false }
        if entry.kind.isAwaited {
            // The steps of a handshake go out together; a block waits for what is awaited before it.
            if gate == nil || entry.kind != .opening {
                awaitedCount += 1
                gate = outgoing.count
            }
        }
        entries.append(entry)
    }

    /// Writes what the system takes at once.
    func flush() {
        guard let socket else { return }
        let limit = gate ?? outgoing.count
        while sentCount < limit {
            let count = socket.write(UnsafeRawBufferPointer(rebasing: outgoing.bytes[sentCount..<limit]))
            guard count > 0 else { break }
            sentCount += count
        }
        if let failure = socket.writeFailure {
            read()
            socket.fail(failure)
        }
        // A line that gets no reply.
        if entries.isEmpty, sentCount == outgoing.count {
            outgoing.removeFirst(sentCount)
            sentCount = 0
        }
    }

    /// Goes on as far as possible without waiting.
    func progress() {
        if socket == nil, !isClosed, opensAt.hasPassed { open() }
        socket?.progress()
        flush()
        read()
    }

    private func read() {
        while let socket, socket.isOpen {
            let space = incoming.space(Self.readSize)
            let count = socket.read(space)
            incoming.commit(count)
            if count < Self.readSize { return }
        }
    }

    // MARK: Receiving

    enum Received {
        case reply(ticket: Int, RESPValue)
        case push(RESPValue)
        case note(Note)
    }

    /// The next thing that came in; nil when there is nothing more for now.
    func receive() -> Received? {
        if !refused.isEmpty {
            let next = refused.removeFirst()
            return .reply(ticket: next.ticket, next.error)
        }
        while refusal == nil, let range = nextReply() {
            guard let value = RESPValue(reply: UnsafeRawBufferPointer(rebasing: incoming.bytes[range])) else {
                refuse(.tooDeep)
                return nil
            }
            dropReplies(upTo: scannedCount)
            guard value.kind != .push, let entry = entries.first else { return .push(value) }
            removeFirst(entry)
            switch entry.kind {
            case .command: return .reply(ticket: entry.sequence, value)
            case .opening:
                if value.isError { refuseBlock(of: entry.sequence, value) }
                openGate()
                return .reply(ticket: entry.sequence, value)
            case .user, .version, .name, .database, .ignored:
                if let note = take(value, of: entry.kind) { return .note(note) }
            }
        }
        return nil
    }

    /// Takes the reply to a step of the handshake.
    ///
    /// - Returns: what the user should know.
    private func take(_ value: RESPValue, of step: Entry.Kind) -> Note? {
        var note: Note?
        if value.isError {
            switch step {
            case .user where settings.toleratesRefusedUser: note = .authenticationFailed(address, error: value.text)
            case .user: refusal = .userRefused(address, reason: value.text)
            case .database: refusal = .databaseRefused(address, database: state.database, reason: value.text)
            case .version: note = .helloFailed(address, error: value.text)
            case .name, .ignored, .command, .opening: break
            }
        }
        if step.isAwaited, refusal == nil { openGate() }
        return note
    }

    /// The same for a reply that was not read yet.
    func takeStep(_ reply: UnsafeRawBufferPointer, of entry: Entry) -> Note? {
        removeFirst(entry)
        return RESPValue(reply: reply).flatMap { take($0, of: entry.kind) }
    }

    /// The next whole reply, as a range of ``incoming``, which ``dropReplies(upTo:)`` forgets.
    func nextReply() -> Range<Int>? {
        let bytes = incoming.bytes.bytes
        guard scannedCount < bytes.byteCount else { return nil }
        do {
            guard let length = try scanner.next(bytes.extracting(scannedCount..<bytes.byteCount)) else { return nil }
            hasAnswered = true
            let start = scannedCount
            scannedCount += length
            return start..<scannedCount
        } catch {
            refuse(error)
            return nil
        }
    }

    /// Forgets replies up to an offset in ``incoming``.
    func dropReplies(upTo offset: Int) {
        incoming.removeFirst(offset)
        scannedCount -= offset
    }

    /// Forgets the oldest command, which was answered.
    func removeFirst(_ entry: Entry) {
        entries.removeFirst()
        outgoing.removeFirst(entry.length)
        sentCount -= entry.length
        if let gate { self.gate = gate - entry.length }
    }

    /// What was awaited has been taken: lets out what waited for it, up to the next MULTI.
    private func openGate() {
        awaitedCount -= 1
        guard awaitedCount == 0, let gate else { return }
        self.gate = nil
        var offset = 0
        for entry in entries.all {
            offset += entry.length
            guard offset > gate, entry.kind == .opening else { continue }
            self.gate = offset
            awaitedCount = 1
            break
        }
        flush()
    }

    /// Sends nothing of a block whose MULTI was refused: its commands have the same reply.
    private func refuseBlock(of ticket: Int, _ error: RESPValue) {
        while let entry = entries.first, entry.kind == .command, entry.sequence == ticket {
            entries.removeFirst()
            outgoing.removeFirst(entry.length)
            refused.append((ticket, error))
        }
    }

    // MARK: The end

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
        takeEntries { entry, _, wasSent in
            switch entry.kind {
            case .command: abandoned.append(.init(ticket: entry.sequence, mayHaveRun: wasSent, refusal: refusal))
            // By itself it changes nothing.
            case .opening: abandoned.append(.init(ticket: entry.sequence, mayHaveRun: false, refusal: refusal))
            case .user, .version, .name, .database, .ignored: break
            }
        }
        return abandoned
    }

    /// Takes all commands off, oldest first, with their bytes and whether the system had taken any of those.
    func takeEntries(_ body: (Entry, _ command: UnsafeRawBufferPointer, _ wasSent: Bool) -> Void) {
        let taken = entries.all
        entries.removeAll()
        refused = []
        var offset = 0
        for entry in taken {
            let command = UnsafeRawBufferPointer(rebasing: outgoing.bytes[offset..<(offset + entry.length)])
            body(entry, command, offset < sentCount)
            offset += entry.length
        }
        outgoing.removeFirst(outgoing.count)
        sentCount = 0
        (gate, awaitedCount) = (nil, 0)
    }

    /// Why a connection that is of no more use gives no reply to what it was asked last; takes the requests off it.
    func endOfReplies() -> CommandFailure {
        let owed = abandon()
        if let refusal { return refusal }
        let failure = failure ?? .closed
        if case .violation(let violation) = failure { return .protocolViolation(address, violation) }
        let wasSent = owed.first?.mayHaveRun ?? true
        return wasSent ? .replyLost(address, reason: failure.reason) : .unreachable(address, reason: failure.reason)
    }

    // MARK: Bytes that are no replies

    /// Takes all bytes that have come and were not given out as replies.
    func takeBytes() -> [UInt8] {
        defer {
            incoming.removeFirst(incoming.count)
            scannedCount = 0
            scanner = ReplyScanner()
        }
        return Array(incoming.bytes[scannedCount...])
    }

    /// Gives back bytes that were taken too many: they are replies.
    func giveBack(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { incoming.append($0) }
    }
}

extension RESPValue {
    /// A whole reply; nil for what is none.
    package init?(reply bytes: UnsafeRawBufferPointer) {
        var parser = RESPParser()
        parser.append(bytes)
        guard let value = try? parser.next() else { return nil }
        self = value
    }
}
