import Clock
import Commands
import Engine
import Glibc
import RESP
import Transport

/// Reads commands from a file or a pipe, a block at a time: lines of any length, and commands in RESP where the input
/// may contain them.
final class CommandReader {
    private static let blockSize = 256 << 10
    private static let (lineFeed, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))

    let descriptor: Int32
    private var queue = ByteQueue()
    private var scanner: CommandScanner
    /// Bytes and lines of the last command, which are dropped when the next one is requested.
    private var lastLength = 0
    private var lastLineCount = 0
    /// 0 from the first RESP command on: such commands have no lines, so what follows is identified by its offset.
    private var lineNumber: Int
    private(set) var isAtEnd = false
    /// True when text comes right before and after the place that it continues from.
    private(set) var startsWithinLine = false
    /// The `errno` of a failed read; what came before it is still returned.
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

    /// Continues from a place in an input that may hold commands in RESP and whose first bytes have been read.
    ///
    /// - Returns: nil when the input ends before that place.
    init?(descriptor: Int32, head: [UInt8], from place: InputPlace) {
        self.descriptor = descriptor
        scanner = CommandScanner(takesRequests: true, isAtStart: place.offset == 0)
        lineNumber = place.line
        head.withUnsafeBytes { queue.append($0) }
        while queue.droppedCount < place.offset {
            let count = min(queue.count, place.offset - queue.droppedCount)
            if count > 0 { startsWithinLine = queue.bytes[count - 1] != Self.lineFeed }
            queue.removeFirst(count)
            guard queue.droppedCount < place.offset else { break }
            guard !isAtEnd else { return nil }
            fill()
        }
        guard startsWithinLine else { return }
        while queue.count == 0, !isAtEnd { fill() }
        startsWithinLine = queue.count > 0 && ![Self.lineFeed, Self.carriageReturn].contains(queue.bytes[0])
    }

    /// The bytes that the words of the last command are ranges of. Valid until the next command is requested.
    var bytes: UnsafeRawBufferPointer { queue.bytes }

    var words: [Range<Int>] { scanner.words }

    /// The place of the last command; the line is its first.
    var place: InputPlace { InputPlace(line: lineNumber, offset: queue.droppedCount) }

    /// The place of the next command.
    var nextPlace: InputPlace {
        InputPlace(
            line: lineNumber > 0 ? lineNumber + lastLineCount : 0, offset: queue.droppedCount + lastLength)
    }

    /// The next command; nil when more has to be read, or none are left.
    ///
    /// - Throws: ``ProtocolError`` for input that is not a command, once all commands before it have been returned.
    func next() throws(ProtocolError) -> LineScanner.Content? {
        queue.removeFirst(lastLength)
        if lineNumber > 0 { lineNumber += lastLineCount }
        (lastLength, lastLineCount) = (0, 0)
        guard let line = try scanner.next(queue.bytes.bytes, isAtEnd: isAtEnd) else { return nil }
        (lastLength, lastLineCount) = (line.length, line.lineCount)
        if scanner.isRequest { lineNumber = 0 }
        return line.content
    }

    /// Reads a block, waiting for it if the descriptor blocks. The longer the command so far, the larger the block.
    func fill() {
        guard let end = Self.read(descriptor, into: &queue) else { return }
        isAtEnd = true
        if end != 0 { failure = end }
    }

    /// - Returns: nil, 0 at the end, or the `errno` of a failed read.
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
            // The descriptor has been made non-blocking.
            Poller.isReady(descriptor)
            return nil
        default: return errno
        }
    }
}
