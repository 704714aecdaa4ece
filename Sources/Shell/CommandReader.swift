import Clock
import Commands
import Engine
import Glibc
import RESP
import Transport

/// Reads commands from a file or a pipe, a block at a time: lines of any length, and commands in RESP where those may
/// stand among them.
final class CommandReader {
    enum Next {
        /// Words, which are ``CommandReader/words`` of ``CommandReader/bytes``; none for a line that holds no command.
        case words
        /// A line that has to be split into words, without its end.
        case text([UInt8])
    }

    private static let blockSize = 256 << 10

    let descriptor: Int32
    private var queue = ByteQueue()
    private var scanner: CommandScanner
    /// Bytes and lines of the last command, which are dropped when the next one is asked for.
    private var lastLength = 0
    private var lastLineCount = 0
    /// 0 from the first command in RESP on: such commands have no lines, so that what follows is named by its offset.
    private var lineNumber: Int
    private(set) var isAtEnd = false
    /// The `errno` of a read that failed; what came before it is still given.
    private(set) var failure: Int32?

    /// - Parameter takesRequests: true for an input that may hold commands in RESP.
    init(descriptor: Int32, takesRequests: Bool = false) {
        self.descriptor = descriptor
        scanner = CommandScanner(takesRequests: takesRequests, isAtStart: true)
        lineNumber = 1
    }

    /// The first bytes of an input, fewer if it is shorter.
    static func head(of descriptor: Int32, count: Int) -> [UInt8] {
        var queue = ByteQueue()
        while queue.count < count, read(descriptor, into: &queue, atMost: count - queue.count) == nil {}
        return Array(queue.bytes)
    }

    /// Goes on at a place in an input, which may hold commands in RESP and whose first bytes have been read.
    ///
    /// - Returns: nil when the input ends before that place.
    init?(descriptor: Int32, head: [UInt8], from place: InputPlace) {
        self.descriptor = descriptor
        scanner = CommandScanner(takesRequests: true, isAtStart: place.offset == 0)
        lineNumber = place.line
        head.withUnsafeBytes { queue.append($0) }
        while queue.droppedCount < place.offset {
            queue.removeFirst(min(queue.count, place.offset - queue.droppedCount))
            guard queue.droppedCount < place.offset else { break }
            guard !isAtEnd else { return nil }
            fill()
        }
    }

    /// What the words of the last command are ranges of. Valid until the next command is asked for.
    var bytes: UnsafeRawBufferPointer { queue.bytes }

    var words: [Range<Int>] { scanner.words }

    /// Where the last command stands; its line is the first of its lines.
    var place: InputPlace { InputPlace(line: lineNumber, offset: queue.droppedCount) }

    /// Where the next command will stand.
    var nextPlace: InputPlace {
        InputPlace(
            line: lineNumber > 0 ? lineNumber + lastLineCount : 0, offset: queue.droppedCount + lastLength)
    }

    /// The next command; nil when more has to be read, or there are no more.
    ///
    /// - Throws: ``ProtocolError`` for input that is no command, behind the last command that could be read.
    func next() throws(ProtocolError) -> Next? {
        queue.removeFirst(lastLength)
        if lineNumber > 0 { lineNumber += lastLineCount }
        (lastLength, lastLineCount) = (0, 0)
        guard let line = try scanner.next(queue.bytes.bytes, isAtEnd: isAtEnd) else { return nil }
        (lastLength, lastLineCount) = (line.length, line.lineCount)
        if scanner.isRequest { lineNumber = 0 }
        switch line.content {
        case .words: return .words
        case .text(let text): return .text(text)
        }
    }

    /// Reads a block, after waiting for it if the descriptor blocks; the larger, the more a command already takes.
    func fill() {
        if let end = Self.read(descriptor, into: &queue) { finish(end) }
    }

    private func finish(_ end: Int32) {
        isAtEnd = true
        if end != 0 { failure = end }
    }

    /// - Returns: nil, or 0 at the end, or the `errno` of a read that failed.
    private static func read(_ descriptor: Int32, into queue: inout ByteQueue, atMost limit: Int = .max) -> Int32? {
        let space = queue.space(min(limit, max(blockSize, queue.count)))
        let count = Glibc.read(descriptor, space.baseAddress, space.count)
        if count > 0 {
            queue.commit(count)
            return nil
        }
        guard count < 0 else { return 0 }
        switch errno {
        case EINTR: return nil
        case EAGAIN:
            // Somebody made the descriptor non-blocking.
            Poller.isReady(descriptor)
            return nil
        default: return errno
        }
    }
}
