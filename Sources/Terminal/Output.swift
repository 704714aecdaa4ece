import Clock
import Glibc
import RESP
import Transport

/// Standard output and standard error: the only place that prints. stdout carries data, stderr everything else.
package final class Output {
    private static let blockSize = 64 << 10

    /// Where data goes; the shell's `> file` and `| command` put another descriptor here for a while.
    package var descriptor: Int32 = STDOUT_FILENO {
        didSet {
            failure = nil
            replacesFile = false
        }
    }
    /// True while the file of ``descriptor`` keeps what it held: the first byte that is written replaces that.
    package var replacesFile = false
    private var buffer: [UInt8] = []
    private var page: Page?
    /// Why nothing more can be written; nil while it can. Reset by another descriptor.
    package private(set) var failure: Int32?
    /// Runs what writes while a line may be typed on the screen; set in the shell.
    package var interject: (() -> Void) -> Void = { $0() }
    /// Asked when a signal has arrived while a reader keeps a write waiting; true to give up.
    package var givesUp: () -> Bool = { false }

    package var isWritable: Bool { failure == nil && !(isCaptured && buffer.count > Self.longestCapture) }
    /// True while output is captured instead of being shown.
    package private(set) var isCaptured = false
    private static let longestCapture = 1 << 20

    /// False where messages keep their lines in a log too, as another program's do.
    private let joinsNotes: Bool

    package init(joinsNotes: Bool = true) {
        self.joinsNotes = joinsNotes
    }

    /// Lets `body` append data; it is written in blocks, and completely by ``flush()``.
    package func write(_ body: (inout [UInt8]) -> Void) {
        let start = buffer.count
        body(&buffer)
        if page != nil, page?.fills(buffer[start...]) == true { turnPage() }
        if buffer.count >= Self.blockSize { flush() }
    }

    package func write(_ text: String) {
        write { $0 += text.utf8 }
    }

    package func flush() {
        if page?.isFull != false { sendBuffer() }
    }

    private func sendBuffer() {
        guard !buffer.isEmpty, !isCaptured else { return }
        if replacesFile {
            replacesFile = false
            ftruncate(descriptor, 0)
        }
        if isWritable { interject { failure = Self.writeAll(buffer, to: descriptor, givesUp) } }
        buffer.removeAll(keepingCapacity: buffer.count <= 2 * Self.blockSize)
    }

    /// A message for people, after all data written before it. On a terminal it may take several lines, no word runs
    /// over the edge, and what it quotes from servers and files has no control. In a log it is one line, so that
    /// a search for a part of it finds all of it.
    package func note(_ text: String) {
        guard notesToTerminal else {
            return noteBytes(Array(((joinsNotes ? MessageText.line(text) : text) + "\n").utf8))
        }
        let text = VisibleText.text(text)
        let columns = Terminal.size(of: STDERR_FILENO)?.columns ?? .max
        noteBytes(Array((ScreenText.wrapped(text, at: columns) + "\n").utf8))
    }

    private lazy var notesToTerminal = Terminal.isTerminal(STDERR_FILENO)

    /// Writes bytes to stderr as they are.
    package func noteBytes(_ bytes: [UInt8]) {
        if isCaptured {
            buffer += bytes
        } else if page?.reader != nil {
            page?.notes += bytes
        } else {
            sendBuffer()
            interject { _ = Self.writeAll(bytes, to: STDERR_FILENO) }
        }
    }

    // MARK: Pages

    /// Output that a window may be too small for.
    private struct Page {
        let columns: Int
        /// Rows that are left.
        var rows: Int
        /// The program for all of it when the rows are not enough: a command of `/bin/sh`.
        let pager: String
        /// Where the output goes when the rows were not enough.
        var reader: PagerProcess?
        /// What is written to stderr while that has the terminal.
        var notes: [UInt8] = []
        private(set) var isFull = false
        private var column = 0
        private var decoder = WideDecoder()
        /// Inside an escape sequence, which takes no room.
        private var isInSequence = false

        init(columns: Int, rows: Int, pager: String) {
            self.columns = columns
            self.rows = rows
            self.pager = pager
        }

        /// Counts the rows of further output. True once, when not all of it fits the window.
        mutating func fills(_ bytes: ArraySlice<UInt8>) -> Bool {
            guard !isFull else { return false }
            for byte in bytes {
                if isInSequence {
                    isInSequence = byte == UInt8(ascii: "[") || !(0x40...0x7e ~= byte)
                    continue
                }
                if rows <= 0, !byte.continuesCharacter {
                    isFull = true
                    return true
                }
                if byte == 0x1b {
                    isInSequence = true
                    continue
                }
                for character in decoder.feed(byte) {
                    let width = Terminal.columns(of: character)
                    column += width
                    if character == 0x0a || column > columns {
                        column = character == 0x0a ? 0 : width
                        rows -= 1
                    }
                }
            }
            return false
        }
    }

    /// Holds back what `body` writes until it is done, or until it is more than fits the window: then all of it goes
    /// through the pager.
    package func paged<Result>(columns: Int, rows: Int, pager: String, _ body: () -> Result) -> Result {
        sendBuffer()
        page = Page(columns: columns, rows: rows, pager: pager)
        let result = body()
        sendBuffer()
        let notes = page?.notes ?? []
        if let reader = page?.reader {
            reader.close()
            descriptor = STDOUT_FILENO
        }
        page = nil
        if !notes.isEmpty { noteBytes(notes) }
        return result
    }

    /// The window is full.
    private func turnPage() {
        guard let page, let reader = PagerProcess(page.pager) else { return }
        self.page?.reader = reader
        descriptor = reader.descriptor
    }

    /// Captures what `body` prints, notes included, instead of showing it. After a megabyte no more is wanted.
    package func captured<Result>(_ body: () -> Result) -> (result: Result, bytes: [UInt8]) {
        sendBuffer()
        isCaptured = true
        let result = body()
        isCaptured = false
        defer { buffer = [] }
        return (result, buffer)
    }

    /// The `errno` of a write that failed; EINTR for one that was given up.
    package static func writeAll(
        _ bytes: [UInt8], to descriptor: Int32, _ givesUp: () -> Bool = { false }
    ) -> Int32? {
        bytes.withUnsafeBytes { raw in
            var rest = raw[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                let number = errno
                if count > 0 {
                    rest = rest.dropFirst(count)
                    // A signal has cut it short, and the next write would not notice.
                    if !rest.isEmpty, givesUp() { return EINTR }
                } else if number == EAGAIN {
                    // The descriptor has been made non-blocking elsewhere.
                    Poller.isReady(descriptor, writes: true)
                } else if number != EINTR || givesUp() {
                    return number
                }
            }
            return nil
        }
    }
}
