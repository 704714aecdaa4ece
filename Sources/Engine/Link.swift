import Clock
import RESP
import Routing
import Transport

/// The connection to one node: what was sent on it and has not been answered yet, what came back, and the session state
/// that it was brought to.
///
/// A command and its bytes are kept until its reply has arrived, so that it can be resent when that is proven safe. The
/// handshake is sent with the first command and costs no round trip. The steps that everything else depends on are
/// waited for: AUTH and SELECT, because a command must never run as another user or in another database than the one
/// asked for, and MULTI, because the commands that it protects must not run without it.
final class Link {
    /// Bytes to read at once: few for one reply, more when reads come back full.
    private static let readSizes = (smallest: 16 << 10, largest: 128 << 10)
    private var readSize = readSizes.smallest
    /// Bytes to read before looking at them: a long reply must not pile up in front of the parser.
    private static let readAhead = 256 << 10

    /// The address that was connected to.
    let dialed: NodeAddress
    /// The node's address; differs from ``dialed`` where the cluster knows the node by another one.
    var address: NodeAddress
    /// Distinguishes this connection from any other to the same node.
    let number: Int
    let settings: ConnectionSettings
    private let skippedCount: Int
    /// The earliest time at which to make the connection.
    private let opensAt: Instant
    /// Nil before that.
    private var socket: Socket?
    /// True when it was closed before it was made.
    private var isClosed = false
    /// The state that the connection was brought to, as far as the server accepts it.
    var state = SessionState()
    /// Provides the password when the session's credentials have none: a different one from the refused one, if there
    /// was one.
    var token: ((_ refused: ByteString?) throws(CommandFailure) -> ByteString?)?
    var authentication = Authentication()
    /// Set when the server refused the user or the database, when there is no password, or when retrying is pointless.
    var refusal: CommandFailure?
    /// True once READONLY was sent, so that a replica answers reads.
    private var readsReplica = false
    /// True until the first command.
    private(set) var isFresh = true
    /// True once anything has arrived from the node.
    var hasAnswered = false
    /// When something last arrived, or the first of the current commands was sent.
    private var lastSign = Instant.now
    /// The longest silence while the current replies were owed; nil while there was none, or none that matters.
    var silence: (end: Instant, seconds: Double)?

    /// Commands that have not been answered yet, sent or not, and their bytes.
    var entries = Fifo<Entry>()
    var outgoing = ByteQueue()
    /// How many bytes of ``outgoing`` the system has taken.
    var sentCount = 0
    /// How many bytes of ``outgoing`` may be sent before what is awaited has been accepted; nil for all.
    var gate: Int?
    var awaitedCount = 0

    /// What arrived for callers that want values; the bytes of a pipeline's replies stay in ``incoming``.
    var parser = RESPParser()
    /// What arrived and has not been given out yet; its first ``scannedCount`` bytes are whole replies.
    var incoming = ByteQueue()
    var scannedCount = 0
    var scanner = ReplyScanner()
    /// Commands of the session's settings whose replies are still to come. Kept out of the entries, which are copied
    /// for each command of a load and so hold nothing that is reference-counted.
    var sentSettings: [[ByteString]] = []

    /// - Parameters:
    ///   - opensAt: the earliest time to make the connection, after others to the node have failed.
    ///   - skippedCount: how many addresses of the node's name are tried only after all the others.
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

    // MARK: State

    /// Why the connection is no longer usable.
    var failure: TransportError? { isClosed ? .closed : socket?.failure }

    /// True while requests can still be made: false after a failure, or when the user or the database was refused.
    var isUsable: Bool { failure == nil && refusal == nil }

    /// How many addresses the node's name has.
    var addressCount: Int { socket?.addressCount ?? 0 }

    /// True when the connection was made, even if it has ended since.
    var wasOpen: Bool { socket?.wasOpen ?? false }

    /// True when no reply is owed and none has started to arrive.
    var isIdle: Bool { entries.isEmpty && incoming.isEmpty && parser.isIdle && !isFresh && !isLent }

    /// True while a pipeline uses it, keeping replies in ``incoming``.
    var isLent = false

    /// True while what arrives is a snapshot, which has no frames.
    var takesBytes = false

    var unsentCount: Int { outgoing.count - sentCount }

    /// Since when nothing has arrived although a reply is owed; nil while none is.
    var silentSince: Instant? { entries.isEmpty || sentCount == 0 ? nil : lastSign }

    /// What to poll for.
    ///
    /// - Parameter reads: false to leave replies waiting at the server.
    func interest(reads: Bool = true) -> Poller.Interest? {
        socket?.interest(reads: reads, writes: sentCount < (gate ?? outgoing.count))
    }

    /// When to carry on even if nothing has arrived.
    var connectDeadline: Instant { socket.map(\.connectDeadline) ?? opensAt }

    func close() {
        if let socket { socket.fail(.closed) } else { isClosed = true }
    }

    /// What arrived was not a reply.
    func refuse(_ error: ProtocolError) {
        socket?.fail(.violation(error))
    }

    // MARK: Sending

    /// Brings the connection to the session's state. False when only a new one can reach it.
    func bring(to session: SessionState) -> Bool {
        guard state != session else { return true }
        if session.credentials != state.credentials, session.credentials?.usesToken ?? false { takeToken() }
        guard let steps = state.steps(to: session, token: authentication.token ?? "") else { return false }
        state = session
        for (step, command) in steps {
            if step == .setting { sentSettings.append(command) }
            send(command, as: .step(step))
        }
        return true
    }

    /// Sends a command.
    ///
    /// - Parameter ticket: what the reply to a request will carry; -1 for what the link sends on its own account.
    func send(_ arguments: [ByteString], ticket: Int = -1, as kind: Entry.Kind = .command) {
        if ticket >= 0 { isFresh = false }
        let length = outgoing.append(command: arguments)
        // The steps of a handshake are sent together; anything else waits for what is awaited before it.
        if kind.isAwaited, gate == nil || kind.isStep && entries.all.last?.kind.isStep == true {
            awaitedCount += 1
            gate = outgoing.count
        }
        entries.append(
            Entry(
                sequence: ticket, place: InputPlace(line: 0, offset: 0), length: length, slot: Pipeline.anySlot,
                isReadonly: false, isScript: false, kind: kind))
    }

    /// Sends a command whose reply is of no interest (ASKING, READONLY).
    func sendIgnoringReply(_ arguments: [ByteString]) {
        send(arguments, as: .ignored)
    }

    /// Sends a command whose replies arrive among messages and cannot be told from them: all are treated as pushes.
    func sendUnawaited(_ arguments: [ByteString]) {
        isFresh = false
        _ = outgoing.append(command: arguments)
        flush()
    }

    /// The address and port of this end, as servers name their clients; nil before the connection is made.
    var clientName: String? { socket?.clientName }

    /// Makes a replica answer reads; sent once per connection. Source: Redis documentation, "READONLY".
    func readFromReplica() {
        guard !readsReplica else { return }
        readsReplica = true
        sendIgnoringReply(["READONLY"])
    }

    /// What the node calls this connection; nil until ``learnIdentity()`` has been answered.
    private(set) var clientID: Int?
    private(set) var awaitsIdentity = false

    /// Asks for the connection's ID, which CLIENT UNBLOCK needs.
    func learnIdentity() {
        guard clientID == nil, !awaitsIdentity else { return }
        awaitsIdentity = true
        send(["CLIENT", "ID"], as: .identity)
    }

    /// Sends a line that gets no reply.
    func sendLine(_ line: String) {
        isFresh = false
        Array("\(line)\r\n".utf8).withUnsafeBytes { outgoing.append($0) }
        flush()
    }

    /// Sends a command of a pipeline.
    ///
    /// - Parameter words: ranges of `bytes`.
    /// - Returns: the bytes it takes.
    func append(_ words: [Range<Int>], of bytes: RawSpan) -> Int {
        outgoing.append(command: words, of: bytes)
    }

    /// Appends the entry of the command whose bytes were appended last.
    func append(_ entry: Entry) {
        isFresh = false
        entries.append(entry)
    }

    func append(_ entry: Entry, _ command: [UInt8]) {
        command.withUnsafeBytes { outgoing.append($0) }
        append(entry)
    }

    /// Writes as much as the system takes without blocking.
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

    /// Gets as far as possible without waiting.
    func progress() {
        if socket == nil, !isClosed, opensAt.hasPassed { open() }
        let wasOpen = socket?.isOpen ?? false
        socket?.progress()
        flush()
        // A node does not speak first.
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
            // What is already decrypted must be taken: no poll reports it.
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

    /// Nothing was read for this many seconds, so the node was not silent.
    func excuseSilence(of seconds: Double) { lastSign = lastSign.advanced(by: seconds) }

    /// Notes a sign of life from the node.
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
        /// Elements of a reply that is still arriving; the rest of it follows.
        case part(ticket: Int, RESPValue)
        case push(RESPValue)
        case note(Note)
        /// While ``takesBytes``: what has arrived, as it arrived.
        case bytes([UInt8])
    }

    /// The next thing that arrived; nil when there is nothing more for now.
    func receive() -> Received? {
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
                if value.isError { answer(with: value) { $0.kind == .command && $0.sequence == entry.sequence } }
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

    /// Forgets the oldest command, which has been answered.
    func removeFirst(_ entry: Entry) {
        entries.removeFirst()
        outgoing.removeFirst(entry.length)
        sentCount -= entry.length
        if let gate { self.gate = gate - entry.length }
    }
}
