import Clock
import RESP
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
    /// Bytes that are read at once: few for one reply, more where reads come back full.
    private static let readSizes = (smallest: 16 << 10, largest: 128 << 10)
    private var readSize = readSizes.smallest
    /// Bytes that are read before they are looked at: a long reply is not to pile up in front of the parser.
    private static let readAhead = 256 << 10

    /// Where it was connected to.
    let dialed: NodeAddress
    /// The node's address; not ``dialed`` where the cluster knows it by another one.
    var address: NodeAddress
    /// Tells this connection from any other to the same node.
    let number: Int
    let settings: ConnectionSettings
    private let skippedCount: Int
    /// When the connection may be made.
    private let opensAt: Instant
    /// Nil before that.
    private var socket: Socket?
    /// Why there is none any more, when it was closed before it was made.
    private var isClosed = false
    /// What the connection was brought to, as far as the server takes it.
    var state = SessionState()
    /// Gives the password where the session's credentials have none: another than the one that was refused, if there is one.
    var token: ((_ refused: ByteString?) throws(CommandFailure) -> ByteString?)?
    var authentication = Authentication()
    /// Set when the server refused the user or the database, or is not the one that it should be.
    var refusal: CommandFailure?
    /// True when READONLY was said, so that a replica answers reads.
    private var readsReplica = false
    /// True until the first command.
    private(set) var isFresh = true
    /// True when anything has come from the node.
    var hasAnswered = false
    /// When something came last, or the first of the present commands went out.
    private var lastSign = Instant.now
    /// The longest silence while the present replies were owed; nil while there was none, or none that matters.
    var silence: (end: Instant, seconds: Double)?

    /// Commands that were not answered yet, sent or not, and their bytes.
    var entries = Fifo<Entry>()
    var outgoing = ByteQueue()
    /// How many bytes of ``outgoing`` the system has taken.
    var sentCount = 0
    /// How many bytes of ``outgoing`` may be sent before what is awaited has been taken; nil for all.
    var gate: Int?
    var awaitedCount = 0

    /// What came for whoever wants values; the bytes of a pipeline's replies stay in ``incoming``.
    var parser = RESPParser()
    /// What came and was not given out yet; the first ``scannedCount`` bytes of it are whole replies.
    var incoming = ByteQueue()
    var scannedCount = 0
    var scanner = ReplyScanner()
    /// Commands of the session's settings whose replies are still to come. Not in the entries, which are copied for each
    /// command of a load and so hold nothing that is counted.
    var sentSettings: [[ByteString]] = []
    /// Replies that the server will not give: those to the commands behind a MULTI that it refused.
    var refused: [(ticket: Int, error: RESPValue)] = []

    /// - Parameters:
    ///   - opensAt: when the connection may be made, after others to the node have failed.
    ///   - skippedCount: so many addresses of the node's name are tried after all others.
    init(
        to address: NodeAddress, number: Int, settings: ConnectionSettings, opensAt: Instant? = nil,
        skipping skippedCount: Int = 0
    ) {
        self.skippedCount = skippedCount
        self.address = address
        dialed = address
        self.number = number
        self.settings = settings
        self.opensAt = opensAt ?? .now
        if opensAt == nil { open() }
    }

    private func open() {
        let onStep = settings.trace.map { [dialed] trace in { trace(.connection(dialed, $0)) } }
        socket =
            dialed.isSocket
            ? Socket(
                socketPath: dialed.host, connectTimeout: settings.connectTimeout, syscalls: settings.syscalls,
                onStep: onStep)
            : Socket(
                host: dialed.host, port: dialed.port, preferring: settings.addressFamily,
                connectTimeout: settings.connectTimeout, tls: settings.tls, skipping: skippedCount,
                syscalls: settings.syscalls,
                onStep: onStep)
        noteFailure()
    }

    // MARK: What it is good for

    /// Why the connection is of no more use.
    var failure: TransportError? { isClosed ? .closed : socket?.failure }

    /// True when requests can still be made: false after a failure or when the user or the database was refused.
    var isUsable: Bool { failure == nil && refusal == nil }

    /// How many addresses the node's name has.
    var addressCount: Int { socket?.addressCount ?? 0 }

    /// True when the connection had been made.
    var wasOpen: Bool { socket?.wasOpen ?? false }

    /// True when no reply is owed and none has begun to come.
    var isIdle: Bool { entries.isEmpty && refused.isEmpty && incoming.isEmpty && parser.isIdle && !isFresh && !isLent }

    /// True while a pipeline uses it, which keeps replies in ``incoming``.
    var isLent = false

    /// True while what comes is a snapshot, which has no frames.
    var takesBytes = false

    var unsentCount: Int { outgoing.count - sentCount }

    /// Since when nothing has come although a reply is owed; nil while none is.
    var silentSince: Instant? { entries.isEmpty || sentCount == 0 ? nil : lastSign }

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
        if session.credentials != state.credentials, session.credentials?.usesToken ?? false { takeToken() }
        guard let steps = state.steps(to: session, token: authentication.token ?? "") else { return false }
        state = session
        for (step, command) in steps {
            if step == .setting { sentSettings.append(command) }
            append(command, .step(step), ticket: -1)
        }
        return true
    }

    /// Sends a request; its reply will carry the ticket.
    func send(_ arguments: [ByteString], ticket: Int, as kind: Entry.Kind = .command) {
        append(arguments, kind, ticket: ticket)
    }

    /// Sends a command whose reply is of no interest (ASKING, READONLY).
    func sendIgnoringReply(_ arguments: [ByteString]) {
        append(arguments, .ignored, ticket: -1)
    }

    /// Sends a command among whose replies messages come, so that nobody can tell which is which: they all are pushes.
    func sendUnawaited(_ arguments: [ByteString]) {
        isFresh = false
        _ = outgoing.append(command: arguments)
        flush()
    }

    /// The address and port of this end, as servers name their clients; nil before the connection is made.
    var clientName: String? { socket?.clientName }

    /// Makes a replica answer reads, once a connection. Source: Redis documentation, "READONLY".
    func readFromReplica() {
        guard !readsReplica else { return }
        readsReplica = true
        sendIgnoringReply(["READONLY"])
    }

    /// What the node calls this connection; nil before ``learnIdentity()`` was answered.
    private(set) var clientID: Int?
    private(set) var awaitsIdentity = false

    /// Asks for the connection's number, which CLIENT UNBLOCK wants.
    func learnIdentity() {
        guard clientID == nil, !awaitsIdentity else { return }
        awaitsIdentity = true
        append(["CLIENT", "ID"], .identity, ticket: -1)
    }

    /// Sends a line that gets no reply.
    func sendLine(_ line: String) {
        isFresh = false
        Array("\(line)\r\n".utf8).withUnsafeBytes { outgoing.append($0) }
        flush()
    }

    private func append(_ arguments: [ByteString], _ kind: Entry.Kind, ticket: Int) {
        if ticket >= 0 { isFresh = false }
        let length = outgoing.append(command: arguments)
        // The steps of a handshake go out together; anything else waits for what is awaited before it.
        if kind.isAwaited, gate == nil || kind.isStep && entries.all.last?.kind.isStep == true {
            awaitedCount += 1
            gate = outgoing.count
        }
        entries.append(
            Entry(
                sequence: ticket, place: InputPlace(line: 0, offset: 0), length: length, slot: Pipeline.anySlot,
                isReadonly: false, isScript: false, kind: kind))
    }

    /// Sends a command of a pipeline.
    ///
    /// - Parameter words: ranges of `bytes`.
    /// - Returns: the bytes it takes.
    func append(_ words: [Range<Int>], of bytes: RawSpan) -> Int {
        outgoing.append(command: words, of: bytes)
    }

    /// The command whose bytes were appended last.
    func append(_ entry: Entry) {
        isFresh = false
        entries.append(entry)
    }

    func append(_ entry: Entry, _ command: [UInt8]) {
        command.withUnsafeBytes { outgoing.append($0) }
        append(entry)
    }

    /// Writes what the system takes at once.
    func flush() {
        guard let socket else { return }
        let limit = gate ?? outgoing.count
        while sentCount < limit {
            let count = socket.write(UnsafeRawBufferPointer(rebasing: outgoing.bytes[sentCount..<limit]))
            guard count > 0 else { break }
            if sentCount == 0 {
                lastSign = .now
                silence = nil
            }
            sentCount += count
        }
        if let failure = socket.writeFailure {
            read(atMost: .max)
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
        let wasOpen = socket?.isOpen ?? false
        socket?.progress()
        flush()
        // A node says nothing by itself.
        if wasOpen { read() }
        noteFailure()
    }

    private func noteFailure() {
        guard let failure = socket?.failure, failure.isPermanent else { return }
        refusal = .notConnectable(address, reason: failure.reason)
    }

    private func read(atMost limit: Int = readAhead) {
        var total = 0
        while let socket, socket.isOpen {
            // What was decrypted already must be taken: no poll tells of it.
            let size = total < limit ? readSize : socket.decryptedCount
            guard size > 0 else { return }
            let count = socket.read(incoming.space(size))
            incoming.commit(count)
            if count > 0 { takeSign() }
            if count < size { return }
            total += count
            readSize = Self.readSizes.largest
        }
    }

    /// Nobody has listened for so many seconds, so the node was not silent.
    func excuseSilence(of seconds: Double) { lastSign = lastSign.advanced(by: seconds) }

    /// The node is alive.
    private func takeSign() {
        let now = Instant.now
        if silentSince != nil, case let seconds = now.seconds(since: lastSign), seconds > silence?.seconds ?? 0 {
            silence = (now, seconds)
        }
        lastSign = now
    }

    // MARK: Receiving

    enum Received {
        case reply(ticket: Int, RESPValue)
        /// Elements of a reply that is still coming; the rest of it follows.
        case part(ticket: Int, RESPValue)
        case push(RESPValue)
        case note(Note)
        /// While ``takesBytes``: what has come, as it came.
        case bytes([UInt8])
    }

    /// The next thing that came in; nil when there is nothing more for now.
    func receive() -> Received? {
        if !refused.isEmpty {
            let next = refused.removeFirst()
            return .reply(ticket: next.ticket, next.error)
        }
        if takesBytes {
            defer { incoming.removeFirst(incoming.count) }
            let bytes = parser.takeBytes() + Array(incoming.bytes)
            return bytes.isEmpty ? nil : .bytes(bytes)
        }
        while refusal == nil, let value = nextValue() {
            hasAnswered = true
            guard value.kind != .push, let entry = entries.first else { return .push(value) }
            removeFirst(entry)
            switch entry.kind {
            case .command, .lengthy: return .reply(ticket: entry.sequence, value)
            case .opening:
                if value.isError { refuseBlock(of: entry.sequence, value) }
                openGate()
                return .reply(ticket: entry.sequence, value)
            case .ignored: continue
            case .identity:
                clientID = value.integer
                awaitsIdentity = false
            case .step(let step):
                if let note = take(value, of: step) { return .note(note) }
            }
        }
        if let entry = entries.first, entry.kind == .lengthy, let part = parser.nextPart() {
            hasAnswered = true
            return .part(ticket: entry.sequence, part)
        }
        return nil
    }

    /// The next whole reply, from the parser.
    func nextValue() -> RESPValue? {
        if !incoming.isEmpty {
            parser.append(incoming.bytes)
            incoming.removeFirst(incoming.count)
        }
        do {
            return try parser.next()
        } catch {
            refuse(error)
            return nil
        }
    }

    /// Forgets the oldest command, which was answered.
    func removeFirst(_ entry: Entry) {
        entries.removeFirst()
        outgoing.removeFirst(entry.length)
        sentCount -= entry.length
        if let gate { self.gate = gate - entry.length }
    }
}
