import Clock
import RESP
import Routing
import Transport

/// The way to one node: commands that go there, kept until they are answered, and what comes back.
final class Lane {
    private static let readSize = 128 << 10

    let address: NodeAddress
    private unowned let engine: Engine
    /// Nil until something is to be sent, and between two uses of the pipeline.
    private(set) var connection: NodeConnection?
    /// True when the connection has answered its handshake.
    private var isOpen = false
    /// When the next connection may be made: at once after one that gave a reply, later after others.
    private var nextConnect = Deadline.now
    /// Seconds of the next pause.
    private var pause = 0.0

    /// Commands that were not answered yet, sent or not.
    var outgoing = ByteQueue()
    /// How many bytes of ``outgoing`` the system has taken.
    private(set) var sentCount = 0
    /// The commands in ``outgoing``.
    var entries = Fifo<PipelineEntry>()

    /// Replies that came and were not handed over yet; the first ``scannedCount`` bytes of it are whole replies.
    var incoming = ByteQueue()
    var scannedCount = 0
    /// Replies in ``incoming`` that wait for those of earlier commands.
    var heldCount = 0
    private var scanner = ReplyScanner()

    init(_ address: NodeAddress, _ engine: Engine) {
        self.address = address
        self.engine = engine
    }

    var isEmpty: Bool { entries.isEmpty }

    var unsentCount: Int { outgoing.count - sentCount }

    /// Adds a command of these words.
    ///
    /// - Returns: the bytes it takes.
    func append(_ words: [Range<Int>], of bytes: RawSpan) -> Int {
        outgoing.append(command: words, of: bytes)
    }

    func append(_ entry: PipelineEntry, _ command: [UInt8]) {
        command.withUnsafeBytes { outgoing.append($0) }
        entries.append(entry)
    }

    // MARK: The connection

    /// Makes the connection if there is none, and writes what can be written. False when the connection has failed.
    func send() -> Bool {
        if connection == nil {
            guard nextConnect.hasPassed else { return true }
            let connection = engine.pool.connection(to: address)
            connection.lend()
            self.connection = connection
            isOpen = false
        }
        guard let connection else { return false }
        if !isOpen { open(connection) }
        while isOpen, unsentCount > 0 {
            let count = connection.write(raw: UnsafeRawBufferPointer(rebasing: outgoing.bytes[sentCount...]))
            guard count > 0 else { break }
            sentCount += count
        }
        return connection.isUsable
    }

    private func open(_ connection: NodeConnection) {
        connection.progress()
        while let received = connection.receive() {
            switch received {
            case .push(let value): engine.onPush(value)
            case .note(let note): engine.onNote(note)
            case .reply: break
            }
        }
        isOpen = connection.isUsable && connection.isOpen
    }

    /// Reads what has come. False when the connection has failed; what came before is there all the same.
    func receive() -> Bool {
        guard let connection else { return true }
        guard isOpen else { return send() }
        while connection.isUsable {
            let space = incoming.space(Self.readSize)
            let count = connection.read(raw: space)
            incoming.commit(count)
            if count < Self.readSize { break }
        }
        return connection.isUsable
    }

    /// What to poll for.
    ///
    /// - Parameter reads: false when replies shall wait at the server.
    func interest(reads: Bool) -> Poller.Interest? {
        guard let interest = connection?.interest else { return nil }
        guard isOpen else { return interest }
        return Poller.Interest(descriptor: interest.descriptor, reads: reads, writes: unsentCount > 0)
    }

    /// When ``send()`` can go on, though nothing has come.
    var nextStep: Deadline {
        guard let connection else { return unsentCount > 0 ? nextConnect : .never }
        return isOpen ? .never : connection.connectDeadline
    }

    /// True when the connection had been made.
    var wasOpen: Bool { connection?.wasOpen ?? false }

    /// Gives the connection back, which owes nothing any more.
    func release() {
        connection?.takeBack()
        connection = nil
        isOpen = false
    }

    /// Closes the connection; bytes of a reply that is not whole are forgotten.
    func close() {
        if let connection {
            connection.takeBack()
            engine.pool.drop(connection)
        }
        connection = nil
        isOpen = false
        nextConnect = Deadline(seconds: pause)
        pause = min(max(0.05, pause * 2), 1)
        sentCount = 0
        incoming.removeLast(incoming.count - scannedCount)
        scanner = ReplyScanner()
    }

    // MARK: Replies

    /// The next whole reply, as a range of ``incoming``.
    func nextReply() -> Range<Int>? {
        let bytes = incoming.bytes.bytes
        guard scannedCount < bytes.byteCount else { return nil }
        do {
            guard let length = try scanner.next(bytes.extracting(scannedCount..<bytes.byteCount)) else { return nil }
            pause = 0
            return scannedCount..<(scannedCount + length)
        } catch {
            connection?.refuse(error)
            return nil
        }
    }

    /// Forgets the oldest command, which was answered.
    func removeFirst(_ entry: PipelineEntry) {
        entries.removeFirst()
        outgoing.removeFirst(entry.length)
        sentCount -= entry.length
    }

    /// Forgets replies up to an offset in ``incoming``.
    func dropReplies(upTo offset: Int) {
        incoming.removeFirst(offset)
        scannedCount -= offset
    }
}
