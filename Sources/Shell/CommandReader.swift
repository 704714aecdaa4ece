import Clock
import Commands
import Engine
import Glibc
import RESP
import Transport

/// Reads commands from a file or a pipe, a block at a time: lines of any length, or commands in RESP.
final class CommandReader {
    enum Format {
        case lines, resp
    }

    enum Next {
        /// Words, which are ``CommandReader/words`` of ``CommandReader/bytes``; none for a line that holds no command.
        case words
        /// A line that has to be split into words, without its end.
        case text([UInt8])
    }

    private static let blockSize = 256 << 10

    let descriptor: Int32
    let format: Format
    private var queue = ByteQueue()
    private var lines = LineScanner()
    private var requests = RequestScanner()
    /// Bytes and lines of the last command, which are dropped when the next one is asked for.
    private var lastLength = 0
    private var lastLineCount = 0
    private var lineNumber = 1
    private var startOffset = 0
    private(set) var isAtEnd = false
    /// The `errno` of a read that failed; what came before it is still given.
    private(set) var failure: Int32?

    /// - Parameters:
    ///   - format: nil to tell it by the first byte, which is waited for: `*` is RESP.
    ///   - place: of the first byte that will be read.
    init(descriptor: Int32, format: Format? = .lines, from place: InputPlace = InputPlace(line: 1, offset: 0)) {
        self.descriptor = descriptor
        lineNumber = place.line
        startOffset = place.offset
        if let format {
            self.format = format
            return
        }
        var queue = ByteQueue()
        var end: Int32?
        while queue.isEmpty, end == nil { end = Self.read(descriptor, into: &queue) }
        self.format = queue.bytes.first == UInt8(ascii: "*") ? .resp : .lines
        self.queue = queue
        if let end { finish(end) }
    }

    /// The first bytes of an input, fewer if it is shorter.
    static func head(of descriptor: Int32, count: Int) -> [UInt8] {
        var queue = ByteQueue()
        while queue.count < count, read(descriptor, into: &queue, atMost: count - queue.count) == nil {}
        return Array(queue.bytes)
    }

    /// Goes on at a place in an input whose first bytes have been read.
    convenience init(descriptor: Int32, head: [UInt8], from place: InputPlace?) {
        let format = head.first == UInt8(ascii: "*") ? Format.resp : .lines
        self.init(descriptor: descriptor, format: format, from: place ?? InputPlace(line: 1, offset: 0))
        head.withUnsafeBytes { queue.append($0) }
        startOffset = 0
        while queue.droppedCount < place?.offset ?? 0, !isAtEnd {
            queue.removeFirst(min(queue.count, (place?.offset ?? 0) - queue.droppedCount))
            if queue.isEmpty { fill() }
        }
    }

    /// What the words of the last command are ranges of. Valid until the next command is asked for.
    var bytes: UnsafeRawBufferPointer { queue.bytes }

    var words: [Range<Int>] { format == .lines ? lines.words : requests.words }

    /// Where the last command stands; its line is the first of its lines.
    var place: InputPlace {
        InputPlace(line: format == .lines ? lineNumber : 0, offset: startOffset + queue.droppedCount)
    }

    /// Where the next command will stand.
    var nextPlace: InputPlace {
        InputPlace(
            line: format == .lines ? lineNumber + lastLineCount : 0,
            offset: startOffset + queue.droppedCount + lastLength)
    }

    /// The next command; nil when more has to be read, or there are no more.
    ///
    /// - Throws: ``ProtocolError`` for input in RESP that is none, behind the last command that could be read.
    func next() throws(ProtocolError) -> Next? {
        queue.removeFirst(lastLength)
        lineNumber += lastLineCount
        (lastLength, lastLineCount) = (0, 0)
        switch format {
        case .lines:
            guard let line = lines.next(queue.bytes.bytes, isAtEnd: isAtEnd) else { return nil }
            (lastLength, lastLineCount) = (line.length, line.lineCount)
            switch line.content {
            case .words: return .words
            case .text(let text): return .text(text)
            }
        case .resp:
            guard let length = try requests.next(queue.bytes.bytes) else {
                guard isAtEnd, !queue.isEmpty else { return nil }
                throw .malformed(ByteString(queue.bytes.prefix(64)))
            }
            lastLength = length
            return .words
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
