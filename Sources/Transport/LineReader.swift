import Clock
import Glibc

/// Reads lines of any length from a file or a pipe.
package struct LineReader {
    private static let blockSize = 64 << 10

    package let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0
    /// No line ends between `start` and here.
    private var searched = 0
    private var isAtEnd = false
    /// The `errno` of a failed read; what came before it is still returned.
    package private(set) var failure: Int32?

    package init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// The next line without its line end; nil when there are no more. The last one may have no line end.
    package mutating func next() -> [UInt8]? {
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0a) {
                defer { (start, searched) = (end + 1, end + 1) }
                return Array(buffer[start..<end])
            }
            searched = buffer.count
            if isAtEnd {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                return Array(buffer[start...])
            }
            fill()
        }
    }

    /// Everything to the end, byte for byte.
    package mutating func rest() -> [UInt8] {
        while !isAtEnd { fill() }
        defer { start = buffer.count }
        return Array(buffer[start...])
    }

    private mutating func fill() {
        buffer.removeFirst(start)
        searched -= start
        start = 0
        withUnsafeTemporaryAllocation(byteCount: Self.blockSize, alignment: 1) { block in
            let count = read(descriptor, block.baseAddress, block.count)
            if count > 0 {
                buffer.append(contentsOf: block[..<count])
            } else if count < 0, errno == EAGAIN {
                // The descriptor has been made non-blocking elsewhere.
                Poller.isReady(descriptor)
            } else if count == 0 || errno != EINTR {
                isAtEnd = true
                if count < 0 { failure = errno }
            }
        }
    }
}
