import Clock
import Glibc
import RESP
import Transport

/// Standard output and standard error: the only place that prints. stdout carries data, stderr everything else.
package final class Output {
    private static let blockSize = 64 << 10

    /// Where data goes; `> file` and `| command` of the shell put another descriptor here for a while.
    package var descriptor: Int32 = STDOUT_FILENO {
        didSet { failure = nil }
    }
    private var buffer: [UInt8] = []
    private var page: Page?
    /// Why nothing more can be written; nil while it can. Begins anew with another descriptor.
    package private(set) var failure: Int32?
    /// Runs what writes while a line may be typed on the screen; set in the shell.
    package var interject: (() -> Void) -> Void = { $0() }
    /// Asked when a signal has come while a reader keeps what is written waiting; true to give up.
    package var givesUp: () -> Bool = { false }

    package var isWritable: Bool { failure == nil && !(page?.isCut ?? false) }

    package init() {}

    /// Lets `body` append data; goes out in blocks, and whole with ``flush()``.
    package func write(_ body: (inout [UInt8]) -> Void) {
        let start = buffer.count
        body(&buffer)
        if page != nil, let end = page?.take(buffer[start...]) { turnOver(at: end) }
        if buffer.count >= Self.blockSize { flush() }
    }

    package func write(_ text: String) {
        write { $0 += text.utf8 }
    }

    package func flush() {
        if page?.isFull != false { sendBuffer() }
    }

    private func sendBuffer() {
        guard !buffer.isEmpty else { return }
        if isWritable { interject { failure = Self.writeAll(buffer, to: descriptor, givesUp) } }
        buffer.removeAll(keepingCapacity: buffer.count <= 2 * Self.blockSize)
    }

    /// A line for people, behind all data written before it. What servers and files are quoted with in it does not
    /// command the terminal.
    package func note(_ text: String) {
        noteBytes(Array(((notesToTerminal ? VisibleText.text(text) : text) + "\n").utf8))
    }

    private lazy var notesToTerminal = Terminal.isTerminal(STDERR_FILENO)

    /// Bytes as they are to stderr.
    package func noteBytes(_ bytes: [UInt8]) {
        if page?.reader != nil {
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
        let overflow: Overflow
        /// Where the output goes when the rows did not do.
        var reader: PagerProcess?
        /// What is said on stderr while that has the terminal.
        var notes: [UInt8] = []
        private(set) var isFull = false
        private var column = 0
        private var decoder = WideDecoder()
        /// Within an escape sequence, which takes no room.
        private var isInSequence = false

        init(columns: Int, rows: Int, overflow: Overflow) {
            self.columns = columns
            self.rows = rows
            self.overflow = overflow
        }

        var isCut: Bool {
            if case .cut = overflow { isFull } else { false }
        }

        /// Counts the rows of further output.
        ///
        /// - Returns: where the first byte stands that the window has no room for, once.
        mutating func take(_ bytes: ArraySlice<UInt8>) -> Int? {
            guard !isFull else { return nil }
            for index in bytes.indices {
                let byte = bytes[index]
                if isInSequence {
                    isInSequence = byte == UInt8(ascii: "[") || !(0x40...0x7e ~= byte)
                    continue
                }
                if rows <= 0, !byte.continuesCharacter {
                    isFull = true
                    return index
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
            return nil
        }
    }

    /// What is done with output that is taller than the window.
    package enum Overflow {
        /// All of it goes through this program, a command of `/bin/sh`.
        case pager(String)
        /// Only the first rows are shown.
        case cut
    }

    /// Holds back what `body` writes until it is done, or until it is more than the window holds.
    package func paged<Result>(columns: Int, rows: Int, _ overflow: Overflow, _ body: () -> Result) -> Result {
        sendBuffer()
        page = Page(columns: columns, rows: rows, overflow: overflow)
        let result = body()
        let isCut = page?.isCut ?? false
        if isCut { buffer = [] }
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

    /// The window is full: what stands in the buffer from `end` on does not fit.
    private func turnOver(at end: Int) {
        switch page?.overflow {
        case .pager(let command):
            guard let reader = PagerProcess(command) else { return }
            page?.reader = reader
            descriptor = reader.descriptor
        case .cut:
            buffer.removeSubrange(end...)
            if failure == nil { failure = Self.writeAll(buffer, to: descriptor) }
            buffer = []
        case nil: break
        }
    }

    /// The `errno` of a write that failed, EINTR for one that was given up.
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
                    // A signal has cut it short, and would not be noticed by the next write.
                    if !rest.isEmpty, givesUp() { return EINTR }
                } else if number == EAGAIN {
                    // Somebody made the descriptor non-blocking.
                    Poller.isReady(descriptor, writes: true)
                } else if number != EINTR || givesUp() {
                    return number
                }
            }
            return nil
        }
    }
}
