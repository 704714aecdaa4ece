import Glibc
import Transport

/// Standard output and standard error: the only place that prints. stdout carries data, stderr everything else.
package final class Output {
    private static let blockSize = 64 << 10

    /// Where data goes; `> file` and `| command` of the shell put another descriptor here for a while.
    package var descriptor: Int32 = STDOUT_FILENO {
        didSet { failure = nil }
    }
    private var buffer: [UInt8] = []
    /// Why nothing more can be written; nil while it can. Begins anew with another descriptor.
    package private(set) var failure: Int32?

    package var isWritable: Bool { failure == nil }

    package init() {}

    /// Lets `body` append data; goes out in blocks, and whole with ``flush()``.
    package func write(_ body: (inout [UInt8]) -> Void) {
        body(&buffer)
        if buffer.count >= Self.blockSize { flush() }
    }

    package func write(_ text: String) {
        write { $0 += text.utf8 }
    }

    package func flush() {
        guard !buffer.isEmpty else { return }
        if isWritable { failure = Self.writeAll(buffer, to: descriptor) }
        buffer.removeAll(keepingCapacity: buffer.count <= 2 * Self.blockSize)
    }

    /// A line for people, behind all data written before it.
    package func note(_ text: String) {
        flush()
        _ = Self.writeAll(Array((text + "\n").utf8), to: STDERR_FILENO)
    }

    /// Bytes as they are to stderr.
    package func noteBytes(_ bytes: [UInt8]) {
        flush()
        _ = Self.writeAll(bytes, to: STDERR_FILENO)
    }

    /// The `errno` of a write that failed.
    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        bytes.withUnsafeBytes { raw in
            var rest = raw[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    // Somebody made the descriptor non-blocking.
                    _ = Poller.wait([.init(descriptor: descriptor, reads: false, writes: true)], until: .never)
                } else if errno != EINTR {
                    return errno
                }
            }
            return nil
        }
    }
}
